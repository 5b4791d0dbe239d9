/*
 * run.js - one uninterrupted stretch of playing: a program's chunks handed to
 * an AudioContext of 48 kHz, each from the sample after the last one's
 *
 * Chunks are AudioBufferSourceNodes ahead of the clock. An AudioWorklet would
 * need no timer, but browsers have it on https and the local machine only, and
 * the page may be served as http on an internal network.
 *
 * Sound begins and ends in fades of 5 ms. The last 5 ms of what was handed over
 * lie in a node of their own, faded out; when the next chunk comes in time it
 * is taken back and the chunk begins with them. So when the network or the page
 * is too slow, sound stops and goes on without clicks, and in place.
 */

import { heard_time } from "./audio_clock.js";
import { FADE_FRAMES } from "./program.js";
import { RATE } from "./sound_source.js";

const FADE_SEC = FADE_FRAMES / RATE;
/* Enough for a page that draws or collects garbage in between. */
const AHEAD_SEC = 0.8;
const TICK_MS = 50;
/* The first chunk is small: it needs one link, and sound starts sooner. */
const N_FIRST = RATE / 10;
const N_CHUNK = RATE / 4;
/* 16 s of chunks: what may still be heard. */
const N_REMEMBERED = 64;
/* Between a start asked for and the clock: the browser's own buffer. */
const LEAD_SEC = 0.02;

export class Run {
	#context;
	#output;
	#gain;
	#program;
	#first;			/* promise of the first chunk */
	#on_end;
	#on_error;
	#chunks = [];		/* {at, end: of the clock, from, to} */
	#nodes = new Set();
	#tail = null;		/* {at, sides, node}: the end, faded out */
	#end = -Infinity;
	#is_told = false;	/* program: no more chunks */
	#stop_at = Infinity;

	/* on_end(): all was heard; on_error(error): and it has stopped. */
	constructor(context, output, program, on_end, on_error) {
		this.#context = context;
		this.#program = program;
		this.#on_end = on_end;
		this.#on_error = on_error;
		this.#output = output;
		this.#gain = new GainNode(context);
	}

	/* Resolves when the first chunk is there; rejects with a sentence. */
	async prepare() {
		this.#first = await this.#program.next(N_FIRST);
	}

	/* The soonest that a sound can start, on the clock. */
	static soonest(context) {
		return context.currentTime + LEAD_SEC +
			(context.baseLatency || 0);
	}

	/* After prepare(): starts at this time of the clock or soon after. */
	start(at) {
		const frame = Math.ceil(Math.max(at,
			Run.soonest(this.#context)) * RATE);

		this.#gain.connect(this.#output);
		if (this.#first)
			this.#append(this.#first, frame / RATE);
		this.#is_told = !this.#first;
		this.#first = null;
		this.#go_on();
	}

	/* Fades out from this time of the clock; nothing is told any more. */
	stop(at) {
		const { gain } = this.#gain;

		if (this.#stop_at < Infinity)
			return;
		this.#stop_at = Math.max(at, this.#context.currentTime);
		gain.setValueAtTime(1, this.#stop_at);
		gain.linearRampToValueAtTime(0, this.#stop_at + FADE_SEC);
		for (const node of this.#nodes)
			node.stop(this.#stop_at + FADE_SEC);
		setTimeout(() => this.#gain.disconnect(), 1000 *
			(this.#stop_at + 1 - this.#context.currentTime));
	}

	/* Whether this run is what the moment of the clock belongs to. */
	has(clock) {
		return this.#chunks.length > 0 &&
			clock >= this.#chunks[0].at && clock < this.#stop_at;
	}

	/* The program's time at a moment of the clock. */
	time_at(clock) {
		const chunk = this.#chunks.findLast(c => c.at <= clock) ??
			this.#chunks[0];
		const share = (clock - chunk.at) / (chunk.end - chunk.at);

		return chunk.from + (chunk.to - chunk.from) *
			Math.min(Math.max(share, 0), 1);
	}

	async #go_on() {
		try {
			while (this.#stop_at === Infinity && !this.#is_told &&
			       this.#end < this.#context.currentTime +
					AHEAD_SEC) {
				const chunk = await this.#program.next(N_CHUNK);

				if (chunk && this.#stop_at === Infinity)
					this.#append(chunk, this.#end);
				this.#is_told = !chunk;
			}
		} catch (error) {
			if (this.#stop_at === Infinity)
				this.#on_error(error);
			return;
		}
		if (this.#stop_at < Infinity)
			return;
		if (this.#is_told && heard_time(this.#context) >= this.#end)
			this.#on_end();
		else
			setTimeout(() => this.#go_on(), TICK_MS);
	}

	/* Hands a chunk over for this time of the clock, later if past. */
	#append({ left, right, from, to }, at) {
		const soonest = Run.soonest(this.#context);
		let sides = left === right ? [left] : [left, right];
		let start = at;

		if (this.#tail?.at > soonest) {
			const { node, sides: before } = this.#tail;

			node.disconnect();
			sides = sides.map((side, i) => joined(before[i], side));
			start = this.#tail.at;
		} else {
			at = Math.max(at, Math.ceil(soonest * RATE) / RATE);
			start = at;
			for (const side of sides)
				fade(side, 0, 1);
		}
		this.#end = later(at, left.length);
		this.#chunks.push({ at, end: this.#end, from, to });
		if (this.#chunks.length > N_REMEMBERED)
			this.#chunks.shift();
		this.#play(sides, start);
	}

	/* The sides at this time, the last 5 ms of them as the tail. */
	#play(sides, at) {
		const n = Math.max(sides[0].length - FADE_FRAMES, 0);
		const kept = sides.map(side => side.slice(n));
		const faded = kept.map(side => side.slice());

		for (const side of faded)
			fade(side, 1, 0);
		if (n > 0)
			this.#hand_over(sides.map(side => side.subarray(0, n)),
					at);
		this.#tail = { at: later(at, n), sides: kept,
			       node: this.#hand_over(faded, later(at, n)) };
	}

	#hand_over(sides, at) {
		const buffer = new AudioBuffer({ length: sides[0].length,
			numberOfChannels: sides.length, sampleRate: RATE });
		const node = new AudioBufferSourceNode(this.#context,
						       { buffer });

		for (const [i, side] of sides.entries())
			buffer.copyToChannel(side, i);
		node.connect(this.#gain);
		node.start(at);
		node.onended = () => {
			node.disconnect();
			this.#nodes.delete(node);
		};
		this.#nodes.add(node);
		return node;
	}
}

/* The time n frames after at, which is that of a frame. */
function later(at, n)
{
	return (Math.round(at * RATE) + n) / RATE;
}

function joined(a, b)
{
	const both = new Float32Array(a.length + b.length);

	both.set(a);
	both.set(b, a.length);
	return both;
}

/* From one gain to another over the first 5 ms. */
function fade(samples, from, to)
{
	const n = Math.min(FADE_FRAMES, samples.length);

	for (let i = 0; i < n; i++)
		samples[i] *= from + (to - from) * (i + 0.5) / n;
}
