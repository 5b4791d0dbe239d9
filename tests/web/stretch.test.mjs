/*
 * stretch.test.mjs - stretched sound keeps its pitch and its places, and the
 * map between two recordings runs both ways
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Stretch } from "../../review/page/stretch.js";
import { TimeMap } from "../../review/page/time_map.js";

const RATE = 48000;

/* All n frames of output, in chunks of the sizes given in turn. */
function stretch(input, map, n, sizes = [12000])
{
	const s = new Stretch(map);
	const out = new Float32Array(n);

	for (let done = 0, i = 0; done < n; i++) {
		const take = Math.min(sizes[i % sizes.length], n - done);
		const [from, to] = s.span(take);
		const part = Float32Array.from({ length: to - from },
			(_, j) => input[from + j] ?? 0);

		out.set(s.next(take, part), done);
		done += take;
	}
	return out;
}

function sine(hz, n)
{
	return Float32Array.from({ length: n },
		(_, i) => 0.5 * Math.sin(2 * Math.PI * hz * i / RATE));
}

/* A voice: harmonics of a gliding pitch, with a syllable every 0.3 s. */
function voice(n, seed = 1)
{
	const out = new Float32Array(n);
	let phase = 0;
	let x = seed;

	for (let i = 0; i < n; i++) {
		const t = i / RATE;

		phase += 2 * Math.PI * (180 + 60 * Math.sin(1.7 * t)) / RATE;
		x = (x * 1103515245 + 12345) % 2147483648;
		out[i] = 0.01 * (x / 1073741824 - 1);
		for (let h = 1; h < 9; h++)
			out[i] += 0.3 / h * Math.sin(h * phase) *
				Math.max(Math.sin(2 * Math.PI * t / 0.3), 0);
	}
	return out;
}

/* Frequency by the phase that the sound has gained over its whole length. */
function frequency(x, near)
{
	const n = 4800;
	let last = null;

	for (let start = RATE / 10; start + n < x.length - RATE / 10;
	     start += n / 2) {
		let re = 0;
		let im = 0;

		for (let i = 0; i < n; i++) {
			const w = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / n);
			const p = 2 * Math.PI * near * (start + i) / RATE;

			re += w * x[start + i] * Math.cos(p);
			im -= w * x[start + i] * Math.sin(p);
		}
		const phase = Math.atan2(im, re);
		if (last !== null) {
			const d = phase - last.phase;

			last.gain += d - 2 * Math.PI *
				Math.round(d / (2 * Math.PI));
			last.n++;
			last.phase = phase;
		} else {
			last = { phase, gain: 0, n: 0 };
		}
	}
	return near + last.gain / last.n / (n / 2) * RATE / (2 * Math.PI);
}

test("speed 1 is the identity, whatever the chunks", () => {
	const x = voice(3 * RATE);
	const y = stretch(x, i => i + 1000, 2 * RATE, [1, 577, 12000, 300]);

	assert.deepEqual(y, x.slice(1000, 1000 + 2 * RATE));
});

test("chunks of any size give the same samples", () => {
	const x = voice(4 * RATE);
	const map = i => 0.83 * i + 2000 * Math.sin(i / 30000);
	const whole = stretch(x, map, 3 * RATE, [3 * RATE]);

	assert.deepEqual(stretch(x, map, 3 * RATE, [12000]), whole);
	assert.deepEqual(stretch(x, map, 3 * RATE, [7, 576, 4801]), whole);
});

test("a sine keeps its frequency within 0.3 % and its level", () => {
	for (const hz of [90, 196.3, 440, 1234.5, 3100])
		for (const speed of [0.5, 0.8, 0.97, 1.013, 1.25, 1.5]) {
			const y = stretch(sine(hz, 4 * RATE),
				i => speed * i + 100, 2 * RATE);
			const got = frequency(y, hz);
			const power = y.slice(RATE / 2)
				.reduce((a, v) => a + v * v, 0) / (1.5 * RATE);

			assert.ok(Math.abs(got / hz - 1) < 0.003,
				`${hz} Hz at ${speed}: ${got}`);
			/* joined in phase: no hop loses a tenth */
			assert.ok(Math.abs(power / 0.125 - 1) < 0.1,
				`${hz} Hz at ${speed}: power ${power}`);
		}
});

/*
 * In silence clicks of one sample; in a voice, where going faster leaves out
 * some milliseconds at a time, attacks of 15 ms.
 */
test("clicks land within 8 ms of where the map says, none lost", () => {
	for (const speed of [0.5, 0.8, 0.93, 1.07, 1.25, 1.5])
		for (const n_click of [1, 720]) {
			const x = n_click === 1 ? new Float32Array(22 * RATE) :
				voice(22 * RATE).map(v => 0.2 * v);

			for (let s = 0; s < 30; s++)
				for (let i = 0; i < n_click; i++)
					x[click_frame(s) + i] =
						i % 5 < 2 ? 1 : -1;
			const y = stretch(x, i => speed * i,
				Math.floor(20.5 * RATE / speed));
			for (let s = 0; s < 30; s++)
				check_click(y, click_frame(s), n_click, speed);
		}
});

function click_frame(s)
{
	return Math.round((0.2 + 0.677 * s) * RATE);
}

function check_click(y, frame, n_click, speed)
{
	const at = Math.round(frame / speed);
	const what = `click at ${frame} of ${n_click} frames, ${speed}`;
	let n_found = 0;

	for (let i = Math.max(at - 6000, 0); i < at + 6000; i++) {
		if (Math.abs(y[i]) < 0.45)
			continue;
		const off_sec = (i * speed - frame) / RATE;
		assert.ok(off_sec > -0.008 &&
			  off_sec < 0.008 + n_click / RATE * Math.max(speed, 1),
			  `${what}: ${off_sec} s off`);
		n_found++;
	}
	assert.ok(n_found > 0, `${what}: lost`);
	if (n_click === 1 && speed > 0.75)
		assert.ok(n_found < 3, `${what}: ${n_found} of it`);
}

test("silence, ends and maps that stand still or leap are survived", () => {
	const quiet = stretch(new Float32Array(RATE), i => 0.7 * i, RATE);
	assert.ok(quiet.every(v => v === 0));

	const ends = stretch(voice(RATE), i => 0.9 * i - RATE, 4 * RATE);
	assert.ok(ends.every(Number.isFinite));
	assert.ok(ends.subarray(0, RATE).every(v => v === 0));
	assert.ok(ends.subarray(3 * RATE).every(v => v === 0));

	const leap = stretch(voice(9 * RATE),
		i => i < RATE ? 0 : i < 2 * RATE ? i : i + 5 * RATE, 3 * RATE);
	assert.ok(leap.every(v => Math.abs(v) < 2));
});

test("a voice is stretched without bumps at the joins", () => {
	const x = voice(6 * RATE);
	const step = v => v.reduce((most, s, i) =>
		Math.max(most, i ? Math.abs(s - v[i - 1]) : 0), 0);

	for (const speed of [0.5, 0.9, 1.1, 1.5])
		assert.ok(step(stretch(x, i => speed * i, 3 * RATE)) <
			  1.3 * step(x), `${speed}`);
});

/* `make bench` has no place for it: the limit is that of the page itself. */
test("a chunk of 0.25 s takes less than 8 ms", () => {
	const x = voice(20 * RATE);
	const s = new Stretch(i => 0.6 * i);
	const times = [];

	for (let k = 0; k < 60; k++) {
		const [from, to] = s.span(12000);
		const part = Float32Array.from({ length: to - from },
			(_, j) => x[from + j] ?? 0);
		const start = process.cpuUsage().user;

		s.next(12000, part);
		times.push((process.cpuUsage().user - start) / 1000);
	}
	times.sort((a, b) => a - b);
	assert.ok(times[30] < 8, `median ${times[30]} ms`);
	console.log(`# chunk of 0.25 s at 0.6: median ${times[30]} ms, ` +
		    `longest ${times.at(-1)} ms`);
});

test("a time map runs both ways, and on at speed 1 outside", () => {
	const map = new TimeMap([[10, 20], [12, 24], [12, 25], [13, 23],
				 [NaN, 30], [16, 26]]);

	assert.equal(map.to_original(11), 22);
	assert.equal(map.to_original(14), 25);
	assert.equal(map.to_original(9), 19);
	assert.equal(map.to_original(18), 28);
	for (let t = 0; t < 40; t += 0.37)
		assert.ok(Math.abs(map.to_original(map.to_other(t)) - t) <
			  1e-9);
	assert.equal(new TimeMap([]).to_other(7), 7);
});
