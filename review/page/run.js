/*
 * run.js - one uninterrupted stretch of playing: a program's chunks handed to
 * an AudioContext of 48 kHz, each from the sample after the last one's
 *
 * Chunks are AudioBufferSourceNodes ahead of the clock. An AudioWorklet would
 * need no timer, but browsers have it on https and the local machine only, and
 * the page may be served as http on an internal network.
 *
 * Sound begins and ends in fades of 5 ms. The end of the last chunk handed over
 * always fades, and the fade is taken back when the next one follows in time:
 * when the network is too slow, sound stops and goes on without clicks, and in
 * place.
 */

import { heard_time } from "./audio_clock.js";
import { FADE_FRAMES } from "./program.js";
import { RATE } from "./sound_source.js";

const FADE_SEC = FADE_FRAMES / RATE;
const AHEAD_SEC = 0.3;
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
		gain.cancelScheduledValues(this.#stop_at);
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

	/* Hands a chunk over for this time of the clock, later if it is past. */
	#append(chunk, at) {
		const { gain } = this.#gain;
		const fade_out = this.#end - FADE_SEC;
		const soonest = Run.soonest(this.#context);

		if (this.#chunks.length > 0 && fade_out > soonest) {
			gain.cancelScheduledValues(fade_out);
		} else {
			at = Math.max(at, Math.ceil(soonest * RATE) / RATE);
			fade_in(chunk.left);
			if (chunk.right !== chunk.left)
				fade_in(chunk.right);
			gain.setValueAtTime(1, at);
		}
		const end = (Math.round(at * RATE) + chunk.left.length) / RATE;
		this.#play(chunk, at);
		gain.setValueAtTime(1, end - FADE_SEC);
		gain.linearRampToValueAtTime(0, end);
		this.#chunks.push({ at, end, from: chunk.from, to: chunk.to });
		if (this.#chunks.length > N_REMEMBERED)
			this.#chunks.shift();
		this.#end = end;
	}

	#play({ left, right }, at) {
		const is_mono = left === right;
		const buffer = new AudioBuffer({ length: left.length,
			numberOfChannels: is_mono ? 1 : 2, sampleRate: RATE });
		const node = new AudioBufferSourceNode(this.#context, { buffer });

		buffer.copyToChannel(left, 0);
		if (!is_mono)
			buffer.copyToChannel(right, 1);
		node.connect(this.#gain);
		node.start(at);
		node.onended = () => {
			node.disconnect();
			this.#nodes.delete(node);
		};
		this.#nodes.add(node);
	}
}

function fade_in(samples)
{
	for (let i = 0; i < Math.min(FADE_FRAMES, samples.length); i++)
		samples[i] *= (i + 1) / FADE_FRAMES;
}
