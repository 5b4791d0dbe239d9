/*
 * sound_source.test.mjs - spans, requests, retries and lengths of copies; the
 * server is real, the codec made up: a sample is a 16-bit number
 */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { exact_samples, pre_skip } from "../../review/page/opus_link.js";
import { LinkCache, RATE, SoundSource }
	from "../../review/page/sound_source.js";
import { make_copy } from "./lib/copies.mjs";
import { start_server } from "./lib/static_server.mjs";

const LINK = 5 * RATE;
const LEAD = 3840;
const N_LINKS = 12;
const N = 11 * LINK + 1234;

const truth = Float32Array.from({ length: N }, (_, i) => (i * 7919) % 30011);
const media = new Map();
let server;
let copy;

const decode = async bytes => Float32Array.from(new Int16Array(bytes));

before(async () => {
	const parts = [];
	const offsets = [0];

	server = await start_server(media);
	for (let k = 0; k < N_LINKS; k++) {
		const part = Buffer.from(Int16Array.from(truth.subarray(
			Math.max(k * LINK - LEAD, 0), (k + 1) * LINK)).buffer);

		parts.push(part);
		offsets.push(offsets.at(-1) + part.length);
	}
	media.set("a.opus", Buffer.concat(parts));
	copy = { url: `${server.url}/media/a.opus`, rate: RATE, lead: LEAD,
		 link_sec: 5, n_samples: N, offsets };
});
after(() => server.close());
beforeEach(() => {
	server.asked.length = 0;
	server.trouble = () => null;
});

function open(options)
{
	return new SoundSource(copy, undefined, { decode, ...options });
}

test("any span is exact, and zeros lie around the recording", async () => {
	const source = open();
	const spans = [[0, 1], [LINK - 1, LINK + 1], [3, 3 * LINK + 7],
		       [-500, 500], [N - 10, N + 10], [N + 5, N + 9],
		       [-9, -4], [5, 5], [7, 3], [-2, N + 2]];

	for (const [from, to] of spans)
		assert.deepEqual(await source.frames(from, to),
			Float32Array.from({ length: Math.max(to - from, 0) },
				(_, i) => truth[from + i] ?? 0));
	assert.deepEqual(await source.range(4.9, 5.1),
			 truth.slice(235200, 244800));
	assert.equal(source.duration_sec, N / RATE);
});

test("links are cross-faded before they meet", async () => {
	let n_decoded = 0;
	const source = open({ decode: async bytes => Float32Array.from(
		new Int16Array(bytes).fill(n_decoded++ % 2)) });
	const got = await source.frames(LINK - 1000, LINK + 1000);

	assert.equal(got[0], 0);
	assert.equal(got[1000], 1);
	for (let i = 1; i < got.length; i++)
		assert.ok(got[i] >= got[i - 1] && got[i] < got[i - 1] + 0.01);
	assert.deepEqual(await source.frames(LINK - 1000, LINK - 200),
			 got.slice(0, 800));
});

test("missing links that adjoin are one request, others none", async () => {
	const source = open();

	await source.frames(3 * LINK, 3 * LINK + 1);
	await source.frames(LINK, 6 * LINK - 480);
	await source.frames(LINK, 6 * LINK - 480);
	const [a, b, c] = [1, 3, 4].map(k => copy.offsets[k]);
	assert.deepEqual(server.asked.map(q => q.range),
		[`bytes=${b}-${c - 1}`, `bytes=${a}-${b - 1}`,
		 `bytes=${c}-${copy.offsets[6] - 1}`]);
	server.asked.length = 0;
	await open().frames(0, N);
	assert.equal(server.asked.length, 2);	/* 8 links and 4 */
});

test("a link on its way is not asked for again", async () => {
	const source = open();

	source.fetch_ahead(-10, 2 * LINK);
	await Promise.all([source.frames(0, 10), source.frames(5, LINK + 9)]);
	assert.equal(server.asked.length, 1);
	source.fetch_ahead(N, N + 10);
	assert.equal(server.asked.length, 1);
});

test("the cache is bounded and keeps what was used last", async () => {
	const cache = new LinkCache(3);
	const source = open({ cache });

	for (const k of [0, 1, 2, 0, 3, 0])
		await source.frames(k * LINK, k * LINK + 1);
	assert.equal(server.asked.length, 4);
	await source.frames(LINK, LINK + 1);	/* was dropped for 3 */
	assert.equal(server.asked.length, 5);
	assert.deepEqual(await source.frames(0, N), truth);
});

test("a busy server is asked again after what it said", async () => {
	const start = performance.now();

	server.trouble = () => server.asked.length < 2 ?
		{ status: 503, headers: { "Retry-After": "1" } } : null;
	await open().frames(0, 9);
	assert.equal(server.asked.length, 2);
	assert.ok(performance.now() - start >= 990);
});

test("a broken connection is tried three times more, then told",
     async () => {
	const source = open();

	server.trouble = () => server.asked.length < 4 ? { drop: true } : null;
	assert.deepEqual(await source.frames(0, 9), truth.slice(0, 9));
	server.asked.length = 0;
	server.trouble = () => ({ drop: true });
	await assert.rejects(source.frames(LINK, LINK + 9),
			     /a\.opus cannot be fetched: .*reached\.$/);
	assert.equal(server.asked.length, 4);
	server.trouble = () => null;	/* and is not lost for good */
	assert.equal((await source.frames(LINK, LINK + 9))[0], truth[LINK]);
});

test("what is refused is told at once", async () => {
	server.trouble = () => ({ status: 404 });
	await assert.rejects(open().frames(0, 9), /answered 404/);
	assert.equal(server.asked.length, 1);
	open().fetch_ahead(0, 9);	/* fails unseen */
	await new Promise(done => setTimeout(done, 50));
});

test("a server without Range and a codec unknown", async () => {
	const whole = (url, { signal }) => fetch(url, { signal });

	assert.deepEqual(await new SoundSource(copy, whole, { decode })
		.frames(LINK, LINK + 99), truth.slice(LINK, LINK + 99));
	await assert.rejects(open({ decode: async () => {
		throw new Error("EncodingError");
	} }).frames(0, 9), /cannot decode the sound .*Safari 18\.4/);
	assert.throws(() => new SoundSource({ ...copy, rate: 44100 }),
		      /44100 Hz instead of 48000/);
});

test("a decoder that trims nothing is put right", async () => {
	const sound = Float32Array.from({ length: 7000 }, (_, i) => i + 1);
	const skip = 312;
	const pad = (960 - (7000 + skip) % 960) % 960;
	const before = new Float32Array(skip).fill(-1);
	const behind = new Float32Array(pad).fill(-2);
	const all = (...parts) => Float32Array.from(
		parts.flatMap(part => [...part]));

	for (const decoded of [sound, all(before, sound), all(sound, behind),
			       all(before, sound, behind)])
		assert.deepEqual(exact_samples(decoded, 7000, skip).slice(),
				 sound);
	const short = exact_samples(sound.subarray(0, 6990), 7000, skip);
	assert.equal(short.length, 7000);
	assert.equal(short[6989], 6990);
	assert.equal(short[6990], 0);
});

test("the delay stands in the header of what libopus made", async () => {
	const made = await make_copy("b", new Float32Array(RATE));

	assert.equal(pre_skip(made.bytes), 312);
	assert.equal(pre_skip(new Uint8Array(10)), 0);
	assert.equal(pre_skip(new Uint8Array(400)), 0);
	assert.equal(pre_skip(new Uint8Array(0)), 0);
});
