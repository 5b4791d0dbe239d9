/*
 * player_time.test.mjs - the player in Chromium: how soon there is sound, where
 * the cursor is, and what a slow network, an end and an interruption do
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RATE } from "./lib/copies.mjs";
import { page, server, timed_test, tune_time } from "./lib/player_page.mjs";

for (const is_playing of [false, true])
	timed_test("a place not there yet sounds within 150 ms" +
		   (is_playing ? ", when sought while playing" : ""),
		   () => sound_at_once(is_playing));

async function sound_at_once(is_playing)
{
	const got = await page.evaluate(async is_playing => {
		const { n_different, first_sound, sleep } = lab_js;
		player.load({ original: { mix: copies.long },
			      other: {}, alignment: [] });
		player.play("original", 20);
		await sleep(500);
		if (!is_playing)
			player.pause();
		await sleep(200);
		globalThis.n_far = (globalThis.n_far ?? 0) + 1;
		const to = 141.3 + 20 * n_far;
		const by_hand = performance.now();
		await lab_js.source_of(copies.long).range(to - 9, to - 8.9);
		const hand_sec = (performance.now() - by_hand) / 1000;
		lab.clear();
		const asked = lab.context.currentTime;
		if (is_playing)
			player.seek(to);
		else
			player.play("original", to);
		await sleep(600);
		const { start, left } = lab.recorded();
		const truth = await lab_js.source_of(copies.long)
			.range(to, to + 0.2);
		let n = -1;
		/* of the old sound at most the fade's end goes on */
		do
			n = first_sound(left, n + 1);
		while (n >= 0 && n_different(left, n + 240, truth, 240,
					     2000) > 0);
		return { found: n, hand_sec,
			 latency: (n + start) / lab_js.RATE - asked +
				lab.context.outputLatency };
	}, is_playing);
	const [ms, hand_ms] = [got.latency, got.hand_sec].map(
		sec => Math.round(1000 * sec));

	assert.ok(got.found >= 0, "the place was not played");
	/* where fetching and decoding alone take long: 100 ms more */
	assert.ok(ms < Math.max(150, hand_ms + 100),
		  `${ms} ms, ${hand_ms} of it to fetch and decode`);
	console.log(`# sound ${ms} ms after the order; to fetch and decode ` +
		    `a link takes ${hand_ms} ms`);
}

timed_test("decoded ahead it sounds sooner, without a request", async () => {
	server.asked.length = 0;
	const got = await page.evaluate(async () => {
		const { first_sound, sleep } = lab_js;
		player.preload({ ...item, window_original: [20, 30] });
		await sleep(1000);
		lab.clear();
		const asked = lab.context.currentTime;
		player.play("original", 21);
		await sleep(400);
		const { start, left } = lab.recorded();
		return (first_sound(left) + start) / lab_js.RATE - asked +
			lab.context.outputLatency;
	});

	assert.ok(got < 0.15, `${got} s`);
	console.log(`# decoded ahead: ${Math.round(got * 1000)} ms`);
	assert.ok(server.asked.every(({ name }, i) => server.asked
		.findIndex(q => q.name === name &&
			   q.range === server.asked[i].range) === i),
		  "a link was fetched twice");
});

timed_test("the cursor is within 30 ms of what is heard", async () => {
	for (const [mode, speed, side, from] of [
		["original", 1, "original", 3], ["other", 1, "other", 3],
		["ears", 1, "original", 9], ["ears", 0.7, "other", 9],
		["original", 1.4, "original", 3]]) {
		const got = await page.evaluate(async args => {
			const { clicks, RATE, sleep } = lab_js;
			const [mode, speed, side, from] = args;
			lab.clear();
			player.speed = speed;
			player.play(mode, from);
			await lab.watch(3000);
			await lab.finish();
			const { start, left, right } = lab.recorded();
			return clicks(side === "other" ? right : left, 0.25)
				.map(c => lab.cursor_at((start + c) / RATE,
							side))
				.filter(at => at !== null);
		}, [mode, speed, side, from]);

		assert.ok(got.length >= 3, `${mode}: ${got}`);
		for (const at of got) {
			const tune = 2 *
				(side === "other" ? tune_time(at) : at);
			const off = Math.abs(tune - Math.round(tune)) / 2;

			assert.ok(off < 0.03, `${mode} at ${speed}: ${off} s`);
		}
	}
});

timed_test("a slow network makes a pause, not a leap", async () => {
	server.trouble = (name, range) =>
		range.startsWith("bytes=0-") ? null : { wait_ms: 1500 };
	const got = await page.evaluate(async () => {
		const { first_sound, n_different, sleep, steepest } = lab_js;
		const mix = { ...copies.plain, url: copies.plain.url +
			"?" + performance.now() };	/* not decoded yet */
		player.load({ original: { mix }, other: {}, alignment: [] });
		player.play("original", 4.5);
		await sleep(2800);
		await lab.finish();
		const { left } = lab.recorded();
		const truth = await lab_js.source_of(copies.plain)
			.range(4.5, 7);
		const start = first_sound(left);
		let gap = start;
		while (left[gap] !== 0 || left[gap + 1] !== 0 ||
		       left[gap + 500] !== 0)
			gap++;
		const again = first_sound(left, gap);
		return { pause: (again - gap) / lab_js.RATE,
			 steep: steepest(left) / steepest(truth),
			 n_bad: n_different(left, again + 240, truth,
					    gap - start + 240, 20000) };
	});

	assert.ok(got.pause > 0.5 && got.pause < 2, `${got.pause} s`);
	assert.equal(got.n_bad, 0);
	assert.ok(got.steep <= 1.01, `${got.steep}`);
});

timed_test("the end is told once heard, and play begins anew", async () => {
	const got = await page.evaluate(async () => {
		const { sleep } = lab_js;
		player.load({ ...item, window_original: [6, 8] });
		player.play("original", 7.2);
		await sleep(1200);
		const end = { ...player.position(), events: lab.events
			.filter(event => event.name === "end").length };
		player.play();
		await sleep(400);
		return { end, again: player.position() };
	});

	assert.equal(got.end.original, 8);
	assert.equal(got.end.events, 1);
	assert.equal(got.end.is_playing, false);
	assert.ok(got.again.original > 6 && got.again.original < 6.5);
	assert.equal(got.again.is_playing, true);
});

test("what cannot be fetched or is not there is told", async () => {
	server.trouble = () => ({ status: 410 });
	const got = await page.evaluate(async () => {
		const { sleep } = lab_js;
		const mix = { ...copies.original_mix,
			      url: "/media/gone.opus" };
		player.load({ ...item, original: { mix } });
		player.play("original", 1);
		await sleep(300);
		player.load({ ...item, other: {} });
		player.play("ears", 1);
		await sleep(300);
		return { errors: lab.events.filter(e => e.name === "error"),
			 is_playing: player.position().is_playing };
	});

	assert.equal(got.errors.length, 2);
	assert.match(got.errors[0].message, /gone\.opus .* answered 404/);
	assert.match(got.errors[1].message, /no sound of the other recording/);
	assert.equal(got.is_playing, false);
});

timed_test("an interruption is survived in place", async () => {
	const got = await page.evaluate(async () => {
		const { clicks, sleep } = lab_js;
		player.play("original", 2);
		await sleep(700);
		await lab.context.suspend();
		const at = player.position();
		await sleep(500);
		const is_blocked = player.is_blocked;
		const later = player.position();
		player.toggle();	/* a gesture: sounds again, not pause */
		await sleep(1500);
		await lab.finish();
		return { at, later, is_blocked,
			 now: player.position().original,
			 clicks: clicks(lab.recorded().left, 0.3) };
	});

	assert.equal(got.is_blocked, true);
	assert.ok(Math.abs(got.at.original - got.later.original) < 0.05);
	assert.ok(got.now > 3.9 && got.now < 4.4, `${got.now}`);
	for (let i = 1; i < got.clicks.length; i++)
		assert.ok(Math.abs(got.clicks[i] - got.clicks[i - 1] -
				   RATE / 2) < 3);
});
