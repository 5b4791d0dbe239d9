/*
 * program.js - what is heard: the samples of a mode of playing, chunk by chunk
 *
 * Four modes: "original" and "other" play one recording on both sides; "ears"
 * plays the original left and the other right, the other stretched along the
 * alignment so that both go together; "turns" plays that same pair one after
 * the other on both sides. Times are seconds of the original, in mode "other"
 * seconds of the other recording. Speed 1 without an alignment gives the
 * recording's own samples. Nothing here knows of the browser.
 */

import { RATE } from "./sound_source.js";
import { Stretch } from "./stretch.js";

/* Fade at a loop's seam and where the turn changes. */
export const FADE_FRAMES = 240;
const SHORTEST_LOOP_SEC = 0.1;
const SHORTEST_TURN_SEC = 0.4;
const TURN_SEC = 1.5;
/* How far ahead of what is heard links are fetched. */
const AHEAD_FRAMES = 10 * RATE;

/* One recording, at its own times or along a map. */
class Track {
	#source;
	#stretch = null;
	#next;

	/*
	 * time_at(i): seconds of the recording at output frame i; null: its
	 * own samples from from_sec on.
	 */
	constructor(source, from_sec, time_at) {
		this.#source = source;
		this.#next = Math.round(from_sec * RATE);
		if (time_at)
			this.#stretch = new Stretch(i => time_at(i) * RATE);
	}

	async next(n) {
		let from = this.#next;
		let to = from + n;

		if (this.#stretch)
			[from, to] = this.#stretch.span(n);
		this.#next = to;
		const input = await this.#source.frames(from, to);
		this.#source.fetch_ahead(to, to + AHEAD_FRAMES);
		return this.#stretch ? this.#stretch.next(n, input) : input;
	}
}

/* Whose turn it is at a time of the original. */
class Turns {
	#beats;
	#turn_sec;

	/*
	 * beats: increasing times at which the turn changes, or none; else
	 * every beat of tempo_bpm, or every 1.5 s. Beats faster than people
	 * can tell two voices apart are taken two by two.
	 */
	constructor(beats, tempo_bpm) {
		this.#beats = beats?.length ? beats : null;
		this.#turn_sec = tempo_bpm > 0 ? 60 / tempo_bpm : TURN_SEC;
		while (this.#turn_sec < SHORTEST_TURN_SEC)
			this.#turn_sec *= 2;
	}

	/* {is_other, from, to}: the turn at t. */
	at(t) {
		if (!this.#beats) {
			const k = Math.floor(t / this.#turn_sec);

			return { is_other: k % 2 !== 0,
				 from: k * this.#turn_sec,
				 to: (k + 1) * this.#turn_sec };
		}
		let k = this.#beats.findIndex(beat => beat > t);

		if (k < 0)
			k = this.#beats.length;
		return { is_other: k % 2 !== 0,
			 from: this.#beats[k - 1] ?? -Infinity,
			 to: this.#beats[k] ?? Infinity };
	}
}

export class Program {
	#how;
	#turns;
	#start;
	#n_done = 0;
	#tracks;

	/*
	 * how: {mode, original, other: SoundSource or null where the mode does
	 * not need it, map: TimeMap, speed, from, end: seconds, loop: {from,
	 * to} or null, beats, tempo_bpm}. A loop plays from before its start
	 * into it; from behind its end it begins at its start.
	 */
	constructor(how) {
		const loop = how.loop && how.loop.to - how.loop.from >=
			SHORTEST_LOOP_SEC ? how.loop : null;

		this.#how = { ...how, loop };
		this.#turns = new Turns(how.beats, how.tempo_bpm);
		this.#begin(loop && how.from >= loop.to ? loop.from : how.from);
	}

	/*
	 * {left, right, from, to}: up to n frames and the times of the first
	 * and behind the last; left and right are one array when alike. null
	 * at the end. Rejects with a sentence.
	 */
	async next(n) {
		let before = null;

		if (this.#n_left() <= 0) {
			if (!this.#how.loop)
				return null;
			before = await this.#render(FADE_FRAMES);
			this.#begin(this.#how.loop.from);
		}
		const n_frames = Math.min(n, this.#n_left());
		const from = this.#time();
		const chunk = await this.#render(n_frames);
		if (before)
			join(before, chunk);
		return { ...chunk, from, to: this.#time() };
	}

	/* Seconds a frame of output. */
	get #step() {
		return this.#how.speed / RATE;
	}

	#time() {
		return this.#start + this.#n_done * this.#step;
	}

	#n_left() {
		const { loop, end } = this.#how;

		return Math.round(((loop ? loop.to : end) - this.#start) /
				  this.#step) - this.#n_done;
	}

	#begin(from) {
		const { mode, original, other, map, speed } = this.#how;
		const step = this.#step;
		const straight = speed === 1 ? null : i => from + i * step;

		this.#start = from;
		this.#n_done = 0;
		this.#tracks = [];
		if (mode !== "other")
			this.#tracks.push(new Track(original, from, straight));
		if (mode === "other")
			this.#tracks.push(new Track(other, from, straight));
		else if (mode !== "original")
			this.#tracks.push(new Track(other, 0,
				i => map.to_other(from + i * step)));
	}

	async #render(n) {
		const from = this.#time();
		const [left, right = left] = await Promise.all(
			this.#tracks.map(track => track.next(n)));

		this.#n_done += n;
		if (this.#how.mode !== "turns")
			return { left, right };
		this.#take_turns(left, right, from);
		return { left, right: left };
	}

	/* Puts the other's turns into original; from: time of frame 0. */
	#take_turns(original, other, from) {
		const fade = FADE_FRAMES * this.#step;
		let turn = this.#turns.at(from);

		for (let i = 0; i < original.length; i++) {
			const t = from + i * this.#step;

			if (t >= turn.to)
				turn = this.#turns.at(t);
			const rise = Math.min((t - turn.from) / fade, 1);
			const share = turn.is_other ? rise : 1 - rise;
			original[i] += share * (other[i] - original[i]);
		}
	}
}

/* Fades from what went on before into the beginning of chunk, in place. */
function join(before, { left, right })
{
	const sides = left === right ? [[before.left, left]] :
		[[before.left, left], [before.right, right]];

	for (const [old, side] of sides)
		for (let i = 0; i < Math.min(FADE_FRAMES, side.length); i++)
			side[i] = old[i] + (i + 1) / FADE_FRAMES *
				(side[i] - old[i]);
}
