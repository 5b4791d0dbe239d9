/*
 * player.test.mjs - the player in Chromium: what is really played, recorded at
 * its output, held against the recordings and the alignment
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RATE, made_up } from "./lib/copies.mjs";
import { page, timed_test } from "./lib/player_page.mjs";

test("copies decode to the samples they were made of", async () => {
	const got = await page.evaluate(async () => Array.from(
		await lab_js.source_of(copies.original_mix).range(0, 31)));
	const made = made_up(31);
	let noise = 0;
	let power = 0;

	assert.equal(got.length, made.length);
	for (let i = 0; i < made.length; i++) {
		noise += (got[i] - made[i]) ** 2;
		power += made[i] ** 2;
	}
	/* one sample of shift alone costs this tone 25 dB of 40 */
	assert.ok(10 * Math.log10(power / noise) > 20,
		  `${10 * Math.log10(power / noise)} dB`);
});

test("links join without a step", async () => {
	const steps = await page.evaluate(async () => {
		const source = lab_js.source_of(copies.plain);

		return Promise.all([[4.99, 5.01], [9.99, 10.01], [6, 9]].map(
			async span => lab_js.steepest(
				await source.range(...span))));
	});

	assert.ok(steps[0] < 1.1 * steps[2], `${steps}`);
	assert.ok(steps[1] < 1.1 * steps[2], `${steps}`);
});

timed_test("alone at speed 1 every sample is the recording's", async () => {
	for (const mode of ["original", "other"]) {
		const got = await page.evaluate(async mode => {
			const { first_sound, n_different, sleep } = lab_js;
			lab.clear();
			player.play(mode, 3.5);
			await sleep(2600);	/* over a link's end */
			await lab.finish();
			const { left, right } = lab.recorded();
			const truth = await lab_js.source_of(
				copies[`${mode}_mix`]).range(3.5, 8);
			const start = first_sound(left);
			return { steep: lab_js.steepest(left) /
					lab_js.steepest(truth),
				 left: n_different(left, start + 240, truth,
						   240, 110000),
				 right: n_different(right, start + 240, truth,
						    240, 110000),
				 at: player.position()[mode],
				 silent: first_sound(left, left.length - 500) };
		}, mode);

		assert.equal(got.left, 0);
		assert.equal(got.right, 0);
		assert.ok(got.steep <= 1, "a click at the start or the end");
		assert.equal(got.silent, -1);
		assert.ok(got.at > 5.9 && got.at < 6.3, `${got.at}`);
	}
});

timed_test("both ears go together along the alignment", async () => {
	const got = await page.evaluate(async () => {
		const { clicks, first_sound, n_different, sleep } = lab_js;
		player.play("ears", 9);
		await sleep(5200);		/* over the bend at 11 */
		await lab.finish();
		const { left, right } = lab.recorded();
		const truth = await lab_js.source_of(copies.original_mix)
			.range(9, 14);
		const start = first_sound(left);
		return { left: clicks(left, 0.3), right: clicks(right, 0.3),
			 start, n_bad: n_different(left, start + 240, truth,
						   240, 200000) };
	});

	assert.equal(got.n_bad, 0);
	assert.ok(got.left.length >= 9, `${got.left.length} clicks`);
	for (const a of got.left) {
		const off = Math.min(...got.right.map(b => Math.abs(a - b)));

		assert.ok(off < 0.01 * RATE, `${off / RATE} s apart`);
	}
	for (const b of got.right)
		assert.ok(Math.abs((b - got.start) / RATE * 2 -
			Math.round((b - got.start) / RATE * 2)) < 0.02);
});

timed_test("turns change at the beats, in place", async () => {
	const got = await page.evaluate(async () => {
		const { first_sound, n_different, sleep } = lab_js;
		player.load({ ...item, alignment: [[0, 0], [31, 31]],
			      tempo_bpm: 80 });
		player.play("turns", 1.5);
		await sleep(3400);
		await lab.finish();
		const { left } = lab.recorded();
		const start = first_sound(left);
		const [a, b] = await Promise.all(["original_mix", "other_mix"]
			.map(name => lab_js.source_of(copies[name])
				.range(1.5, 4.5)));
		const turn = 0.75 * lab_js.RATE;
		return [0, 1, 2, 3].map(k => n_different(left,
			start + k * turn + 240, k % 2 ? b : a,
			k * turn + 240, turn - 240));
	});

	assert.deepEqual(got, [0, 0, 0, 0]);
});

timed_test("a loop repeats every sample, without clicks", async () => {
	const got = await page.evaluate(async () => {
		const { first_sound, n_different, sleep, steepest } = lab_js;
		player.loop = { from: 4.6, to: 5.4 };
		player.play("original", 4.6);
		await Promise.all([sleep(3400), lab.watch(3300)]);
		await lab.finish();
		const { left } = lab.recorded();
		const truth = await lab_js.source_of(copies.original_mix)
			.range(4.6, 5.4);
		const start = first_sound(left);
		const places = lab.cursor.map(c => c.original);
		return { steep: steepest(left) / steepest(truth),
			 low: Math.min(...places), high: Math.max(...places),
			 n_bad: [0, 1, 2].map(k => n_different(left,
				start + k * truth.length + 240, truth, 240,
				truth.length - 240)) };
	});

	assert.deepEqual(got.n_bad, [0, 0, 0]);
	assert.ok(got.steep <= 1.01, `${got.steep}`);
	assert.ok(got.low >= 4.6 && got.high <= 5.4);
	assert.ok(got.high - got.low > 0.7);
});

timed_test("a change of speed goes on in place", async () => {
	const got = await page.evaluate(async () => {
		const { clicks, sleep } = lab_js;
		player.play("original", 2);
		await sleep(1100);
		player.speed = 0.5;
		await sleep(2200);
		player.speed = 1;
		await sleep(1100);
		await lab.finish();
		return { clicks: clicks(lab.recorded().left, 0.25),
			 at: player.position().original };
	});
	const gaps = got.clicks.slice(1).map(
		(c, i) => (c - got.clicks[i]) / RATE);

	/* 0.5 s at speed 1, a second at half; those where it changed between */
	assert.ok(gaps.every(gap => gap > 0.49 && gap < 1.02), `${gaps}`);
	assert.ok(gaps.filter(gap => Math.abs(gap - 1) < 0.02).length >= 1);
	assert.ok(gaps.filter(gap => Math.abs(gap - 0.5) < 0.001).length >= 2);
	assert.ok(Math.abs(got.at - 5.3) < 0.3, `${got.at}`);
});

timed_test("voice and mix change over while playing, in place", async () => {
	const got = await page.evaluate(async () => {
		const { clicks, first_sound, n_different, sleep } = lab_js;
		player.play("original", 1.9);
		await sleep(1000);
		player.source = "voice";
		await sleep(1000);
		player.source = "mix";
		await sleep(1000);
		await lab.finish();
		const { left } = lab.recorded();
		const start = first_sound(left);
		const [mix, voice] = await Promise.all(
			["original_mix", "original_voice"].map(name =>
				lab_js.source_of(copies[name]).range(1.9, 5)));
		const at = sec => Math.round(sec * lab_js.RATE);
		const same = (x, sec) => n_different(left, start + at(sec), x,
			at(sec), at(0.4));
		return { n_bad: [same(mix, 0.3), same(voice, 1.4),
				 same(mix, 2.4)],
			 clicks: clicks(left, 0.3), start };
	});

	assert.deepEqual(got.n_bad, [0, 0, 0]);
	for (const c of got.clicks)	/* from 1.9: clicks at 0.1, 0.6 ... */
		assert.ok(Math.abs((c - got.start - 0.1 * RATE) % (RATE / 2)) <
			  5);
	assert.equal(got.clicks.length, 6);
});

timed_test("modes change while playing, in place", async () => {
	const got = await page.evaluate(async () => {
		const { sleep } = lab_js;
		const places = [];
		player.play("original", 8);
		for (const mode of ["ears", "other", "turns", "original"]) {
			await sleep(500);
			const before = player.position();
			const t = performance.now();
			player.play(mode);
			await sleep(250);
			const { original, mode: is } = player.position();
			const speed = mode === "other" ? 10 / 11 : 1;
			places.push({ mode, is, off: original -
				before.original - speed *
				(performance.now() - t) / 1000 });
		}
		return places;
	});

	for (const { mode, is, off } of got) {
		assert.equal(is, mode);
		assert.ok(Math.abs(off) < 0.05, `${mode}: ${off} s`);
	}
});

timed_test("orders in any haste leave one thing playing", async () => {
	const got = await page.evaluate(async () => {
		const { first_sound, n_different, sleep } = lab_js;
		const modes = ["original", "ears", "turns", "other"];
		for (let i = 0; i < 40; i++) {
			player.play(modes[i % 4], i % 3 ? null : i / 2);
			player.speed = 0.5 + i % 10 / 10;
			player.seek(i % 25);
			player.source = i % 2 ? "mix" : "voice";
			player.loop = i % 5 ? null : { from: 3, to: 4 };
			if (i % 7 === 0)
				player.toggle();
			if (i % 4 === 0)
				await sleep(15);
		}
		player.loop = null;
		player.source = "mix";
		player.speed = 1;
		player.play("original", 12);
		await sleep(400);
		lab.clear();
		await sleep(500);
		await lab.finish();
		const { left } = lab.recorded();
		const truth = await lab_js.source_of(copies.original_mix)
			.range(12, 14);
		const i = truth.findIndex((_, i) => n_different(left, 0, truth,
			i, 50) === 0);
		await sleep(1200);
		return { i, n_bad: n_different(left, 0, truth, i, 15000),
			 errors: lab.events.filter(e => e.name === "error"),
			 silent: first_sound(left, left.length - 500) };
	});

	assert.ok(got.i > 0);
	assert.equal(got.n_bad, 0);
	assert.deepEqual(got.errors, []);
	assert.equal(got.silent, -1);
});
