/*
 * sound_source.js - any span of a compressed copy, to the sample
 *
 * A copy (COPY of /api/view: url, rate, lead, link_sec, n_samples, offsets) is
 * a file of Ogg Opus streams, "links", one after the other. Link k lies at
 * the bytes offsets[k] to offsets[k + 1] - 1 and holds the samples from
 * k * link_sec * rate, after lead samples that end link k - 1 (none before
 * link 0) and let the decoder settle. So any five seconds are one Range
 * request and one call of the browser's decoder. Two links are coded apart and
 * their errors differ; the last 10 ms of one are faded into the next one's
 * lead, so that there is no step.
 *
 * Frames are samples of 48 kHz, mono; times are seconds of the recording.
 */

import { exact_samples, pre_skip } from "./opus_link.js";

export const RATE = 48000;

const N_CACHED = 64;
/* What is kept of the lead, to fade into. */
const N_JOIN = 480;
/* Links in one request: 40 s, 320 KB. */
const N_TOGETHER = 8;
const N_RETRIES = 3;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10000;
const TIME_OUT_MS = 20000;

/*
 * Decoded links by name, the last used of them kept; one link of 5 s takes
 * 0.96 MB. Several sources may share one. What is cached are promises, so that
 * a link on its way is not asked for again.
 */
export class LinkCache {
	#links = new Map();
	#n_most;

	constructor(n_most = N_CACHED) {
		this.#n_most = n_most;
	}

	get(name) {
		const link = this.#links.get(name);

		if (link !== undefined) {
			this.#links.delete(name);
			this.#links.set(name, link);
		}
		return link;
	}

	/* A link that fails is forgotten, so that it can be tried again. */
	set(name, link) {
		this.#links.set(name, link);
		link.catch(() => {
			if (this.#links.get(name) === link)
				this.#links.delete(name);
		});
		while (this.#links.size > this.#n_most)
			this.#links.delete(this.#links.keys().next().value);
	}
}

export class SoundSource {
	#copy;
	#fetch;
	#cache;
	#decode;

	/*
	 * fetch: as the window's. cache: a LinkCache to share. decode: an
	 * ArrayBuffer to a promise of its samples at 48 kHz.
	 */
	constructor(copy, fetch = (url, how) => globalThis.fetch(url, how),
		    { cache = new LinkCache(), decode = decode_opus } = {}) {
		if (copy.rate !== RATE)
			throw new Error(`The sound ${copy.url} has ` +
				`${copy.rate} Hz instead of ${RATE}; ` +
				"make its copies again.");
		this.#copy = copy;
		this.#fetch = fetch;
		this.#cache = cache;
		this.#decode = decode;
	}

	get duration_sec() {
		return this.#copy.n_samples / RATE;
	}

	/*
	 * The samples from round(a_sec * 48000) to before round(b_sec * 48000);
	 * zeros outside the recording. Rejects with a sentence.
	 */
	range(a_sec, b_sec) {
		return this.frames(Math.round(a_sec * RATE),
				   Math.round(b_sec * RATE));
	}

	/* The same of the frames [from, to); the array is the caller's. */
	async frames(from, to) {
		const out = new Float32Array(Math.max(to - from, 0));
		const low = Math.max(from, 0);
		const high = Math.min(to, this.#copy.n_samples);

		if (low >= high)
			return out;
		const first = this.#link_of(low);
		const links = await Promise.all(
			this.#links(first, this.#last_of(high)));
		for (const [i, link] of links.entries()) {
			const start = this.#start(first + i);
			const a = Math.max(low, start);
			const b = Math.min(high, this.#start(first + i + 1));

			if (i > 0)
				join(link, out.subarray(
					Math.max(start - N_JOIN, low) - from,
					Math.min(start, high) - from),
				     Math.max(low - start + N_JOIN, 0));
			if (a < b)
				out.set(link.subarray(N_JOIN + a - start,
						      N_JOIN + b - start),
					a - from);
		}
		return out;
	}

	/*
	 * Fetches what of [from, to) is not there yet and waits for nothing; a
	 * failure shows when the samples are asked for.
	 */
	fetch_ahead(from, to) {
		const low = Math.max(from, 0);
		const high = Math.min(to, this.#copy.n_samples);

		if (low < high)
			this.#links(this.#link_of(low), this.#last_of(high));
	}

	get #n_link() {
		return this.#copy.link_sec * RATE;
	}

	#link_of(frame) {
		return Math.floor(frame / this.#n_link);
	}

	/* The last link needed for what is before end: near a join the next. */
	#last_of(end) {
		return this.#link_of(Math.min(end - 1 + N_JOIN,
					      this.#copy.n_samples - 1));
	}

	#start(k) {
		return k * this.#n_link;
	}

	/* Promises of the links first to last; asks for those not cached. */
	#links(first, last) {
		const links = [];
		let n_missing = 0;

		for (let k = first; k <= last + 1; k++) {
			const link = k > last ? null :
				this.#cache.get(this.#name(k));
			const is_missing = link === undefined;

			if (n_missing > 0 &&
			    (!is_missing || n_missing === N_TOGETHER)) {
				links.push(...this.#ask(k - n_missing, k));
				n_missing = 0;
			}
			if (is_missing)
				n_missing++;
			else if (link !== null)
				links.push(link);
		}
		return links;
	}

	#name(k) {
		return `${k} ${this.#copy.url}`;
	}

	/* One request for the links from first to before end. */
	#ask(first, end) {
		const { offsets, url } = this.#copy;
		const body = fetch_bytes(this.#fetch, url, offsets[first],
					 offsets[end]);
		const links = [];

		for (let k = first; k < end; k++) {
			const link = body.then(bytes => this.#samples(k,
				bytes.slice(offsets[k] - offsets[first],
					    offsets[k + 1] - offsets[first])));
			this.#cache.set(this.#name(k), link);
			links.push(link);
		}
		return links;
	}

	/* The samples of link k, and N_JOIN of its lead (zeros in link 0). */
	async #samples(k, bytes) {
		const lead = k > 0 ? this.#copy.lead : 0;
		const end = Math.min(this.#start(k + 1), this.#copy.n_samples);
		const n_skipped = pre_skip(new Uint8Array(bytes));
		let decoded;

		try {
			decoded = await this.#decode(bytes);
		} catch {
			throw new Error("This browser cannot decode the " +
				`sound ${this.#copy.url}; it needs Ogg ` +
				"Opus, which Chromium, Firefox and Safari " +
				"18.4 have.");
		}
		const n_samples = end - this.#start(k);
		const exact = exact_samples(decoded, lead + n_samples,
					    n_skipped);
		const link = new Float32Array(N_JOIN + n_samples);
		const n_kept = Math.min(lead, N_JOIN);

		link.set(exact.subarray(lead - n_kept), N_JOIN - n_kept);
		return link;
	}
}

/* Fades out, N_JOIN frames before a link or a part from at on, into it. */
function join(link, out, at)
{
	for (let i = 0; i < out.length; i++)
		out[i] += (at + i + 0.5) / N_JOIN * (link[at + i] - out[i]);
}

let decoder = null;

async function decode_opus(bytes)
{
	decoder ??= new OfflineAudioContext(1, 1, RATE);
	return (await decoder.decodeAudioData(bytes)).getChannelData(0);
}

/* The bytes from to before end of the file at url, an ArrayBuffer. */
async function fetch_bytes(fetch, url, from, end)
{
	for (let n_waits = 0; ; n_waits++) {
		const { bytes, why, wait_ms } =
			await fetch_once(fetch, url, from, end);

		if (bytes)
			return bytes;
		if (wait_ms === undefined || n_waits === N_RETRIES)
			throw new Error(`The sound ${url} cannot be fetched: ` +
					`${why}.`);
		await new Promise(done => setTimeout(done,
			Math.min(wait_ms || FIRST_WAIT_MS << n_waits,
				 LONGEST_WAIT_MS)));
	}
}

/*
 * {bytes}, or {why, wait_ms}: what to wait before the next attempt, 0 when the
 * server named no time, undefined when another attempt is of no use.
 */
async function fetch_once(fetch, url, from, end)
{
	let answer;
	let bytes;

	try {
		answer = await fetch(url, {
			headers: { Range: `bytes=${from}-${end - 1}` },
			signal: AbortSignal.timeout(TIME_OUT_MS),
		});
		bytes = await answer.arrayBuffer();
	} catch {
		return { why: "the server cannot be reached", wait_ms: 0 };
	}
	if (answer.status === 503 || answer.status === 429) {
		const sec = Number(answer.headers.get("Retry-After"));

		return { why: "the server is busy, try again later",
			 wait_ms: sec > 0 ? sec * 1000 : 0 };
	}
	if (answer.status === 200)	/* the whole file, without Range */
		bytes = bytes.slice(from, end);
	else if (answer.status !== 206)
		return { why: `the server answered ${answer.status}, ` +
			 "load the page again" };
	if (bytes.byteLength !== end - from)
		return { why: "it ended early", wait_ms: 0 };
	return { bytes };
}
