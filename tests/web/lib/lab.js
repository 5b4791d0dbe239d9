/*
 * lab.js - in the page under test: a player with a tap at its output, and what
 * the tests ask of the recorded sound
 */

import { heard_time } from "/page/audio_clock.js";
import { Player } from "/page/player.js";
import { SoundSource } from "/page/sound_source.js";

export const RATE = 48000;
const QUANTUM = 128;	/* frames of a block, by the Web Audio standard */
export const sleep = ms => new Promise(done => setTimeout(done, ms));

export class Lab {
	blocks = [];
	events = [];
	cursor = [];	/* {at: of the clock, ...position()} */

	/* To be called once a gesture has been made. */
	static async open() {
		const lab = new Lab();

		lab.context = new AudioContext({ sampleRate: RATE });
		lab.player = new Player({ context: lab.context });
		await lab.context.audioWorklet.addModule(
			"/test/tap_worklet.js");
		lab.player.wake();
		const tap = new AudioWorkletNode(lab.context, "tap",
			{ numberOfOutputs: 1, outputChannelCount: [2] });
		lab.player.output.connect(tap);
		tap.connect(lab.context.destination);
		tap.port.onmessage = ({ data }) => lab.blocks.push(data);
		for (const name of ["state", "end", "error"])
			lab.player.addEventListener(name, event =>
				lab.events.push({ name,
						  message: event.message }));
		while (lab.context.state !== "running")
			await sleep(5);
		return lab;
	}

	/* Forgets what was recorded. */
	clear() {
		this.blocks = [];
		this.events.length = 0;
		this.cursor = [];
	}

	/* Pauses, and waits until all of what was played is recorded. */
	async finish() {
		const end = (this.context.currentTime + 0.1) * RATE;

		this.player.pause();
		while (!(this.blocks.at(-1)?.frame > end))
			await sleep(10);
	}

	/*
	 * {start: frame of the clock, left, right}: what was recorded; NaN
	 * where a busy machine rendered nothing.
	 */
	recorded() {
		const frames = frames_of(this.blocks);
		const start = frames[0];
		const n = frames.at(-1) + QUANTUM - start;
		const left = new Float32Array(n).fill(NaN);
		const right = new Float32Array(n).fill(NaN);

		this.blocks.forEach(({ sides }, k) => {
			left.set(sides[0], frames[k] - start);
			right.set(sides[1] ?? sides[0], frames[k] - start);
		});
		return { start, left, right };
	}

	/* Notes the cursor for ms milliseconds. */
	async watch(ms) {
		const end = performance.now() + ms;

		while (performance.now() < end) {
			this.cursor.push({ at: heard_time(this.context),
					   ...this.player.position() });
			await sleep(8);
		}
	}

	/* The cursor at a moment of the clock, between those noted. */
	cursor_at(clock, side) {
		const i = this.cursor.findIndex(c => c.at > clock);
		const a = this.cursor[i - 1];
		const b = this.cursor[i];

		if (!a || !b)
			return null;
		return a[side] + (b[side] - a[side]) * (clock - a.at) /
			(b.at - a.at);
	}
}

/*
 * The frame of each block. On a busy machine one may bear that of its
 * neighbour, and leave a hole at its own.
 */
function frames_of(blocks)
{
	const frames = blocks.map(({ frame }) => frame);

	for (let k = 1; k < frames.length; k++) {
		if (frames[k] !== frames[k - 1])
			continue;
		if (frames[k + 1] > frames[k] + QUANTUM)
			frames[k] += QUANTUM;
		else if (frames[k - 2] < frames[k] - QUANTUM)
			frames[k - 1] -= QUANTUM;
	}
	return frames;
}

/* Frames at which clicks of at least this height peak, 20 ms apart or more. */
export function clicks(samples, height)
{
	const found = [];

	for (let i = 0; i < samples.length; i++) {
		const v = Math.abs(samples[i]);

		if (!(v >= height))
			continue;
		if (found.length > 0 && i - found.at(-1) < 960) {
			if (v > Math.abs(samples[found.at(-1)]))
				found[found.length - 1] = i;
		} else {
			found.push(i);
		}
	}
	return found;
}

/* First frame that is not silent, from a frame on; -1: none. */
export function first_sound(samples, from = 0)
{
	for (let i = from; i < samples.length; i++)
		if (Math.abs(samples[i]) > 0)
			return i;
	return -1;
}

/* The longest step from a sample to the next. */
export function steepest(samples)
{
	let most = 0;

	for (let i = 1; i < samples.length; i++)
		most = Math.max(most,
				Math.abs(samples[i] - samples[i - 1]) || 0);
	return most;
}

/*
 * How many samples of a from frame i are not those of b from frame j. Chromium
 * interpolates with a fraction of 1e-12 where a time in seconds is no whole
 * frame as a double, which may change the last bit.
 */
export function n_different(a, i, b, j, n)
{
	let n_bad = 0;
	let n_missing = 0;

	for (let k = 0; k < n; k++) {
		const difference = Math.abs(a[i + k] - b[j + k]);

		n_bad += difference > 1e-6;
		n_missing += !(difference >= 0);
	}
	return n_missing > n / 10 ? n : n_bad;
}

export const source_of = copy => new SoundSource(copy);
