/*
 * player.js - two aligned recordings played against each other
 *
 * An item is {original, other: {mix, voice}, alignment, window_original,
 * window_other, beats, tempo_bpm}. mix and voice are COPYs of /api/view or
 * SoundSources, null where there is none; a SoundSource in place of the pair
 * is both. alignment: [[t_other, t_original], ...] (time_map.js). The windows
 * [from, to] in seconds are what can be played; without them all of it can.
 *
 * Modes (program.js): "original", "other", "ears", "turns". Times are seconds
 * of the original, in mode "other" of the other recording; what is set in one
 * is carried over to the other along the alignment. Speed, loop, source and
 * mode may change while playing: sound goes on in place. Only "seek" and
 * "play" with a time leave it.
 *
 * position() is what is heard now, by the audio clock.
 *
 * Events: "state" (playing or not, mode, loop, speed, source, waiting for a
 * gesture), "end" (the window's end was heard), "error" (its message is a
 * sentence; nothing plays any more).
 *
 * Browsers let a page sound only after a key or a click: call play(), toggle()
 * or wake() from such a handler once. Until then the clock stands still and
 * is_blocked is true. The same holds after an interruption, such as a call on
 * a phone, where the system does not go on by itself.
 */

import { heard_time } from "./audio_clock.js";
import { Program } from "./program.js";
import { Run } from "./run.js";
import { LinkCache, RATE, SoundSource } from "./sound_source.js";
import { TimeMap } from "./time_map.js";

const MODES = ["original", "other", "ears", "turns"];
const MIN_SPEED = 0.5;
const MAX_SPEED = 1.5;
/* A change while playing is made ready in this time. */
const CHANGE_SEC = 0.06;
const N_CHANGE_TRIES = 3;
/* Nearer to the end than this play() begins anew. */
const AT_END_SEC = 0.05;
const VOLUME_FADE_SEC = 0.01;

export class Player extends EventTarget {
	#cache = new LinkCache();
	#context;
	#output = null;
	#item = null;
	#runs = [];		/* {run, mode} whose sound may still be heard */
	#run = null;		/* the last of them, while it plays */
	#is_playing = false;
	#n_orders = 0;
	#mode = "original";
	/* where it is or will begin, while no run says so */
	#place = { time: 0, mode: "original" };
	#speed = 1;
	#volume = 1;
	#source = "mix";
	#loop = null;		/* in the time of the original */

	/* context: an AudioContext of 48 kHz; else one is made when needed. */
	constructor({ context = null } = {}) {
		super();
		this.#context = context;
	}

	/* Stops, and goes to the beginning of the item's window. */
	load(item) {
		const ready = this.#ready(item);

		this.#silence();
		this.#item = ready;
		this.#loop = null;
		this.#rest_at(this.#window()[0]);
	}

	/*
	 * Fetches and decodes what an item needs, ahead of its show, and waits
	 * for nothing.
	 */
	preload(item) {
		const ready = this.#ready(item);

		for (const which of ["mix", "voice"])
			for (const side of ["original", "other"]) {
				const [from, to] = ready.windows[side];

				ready.sounds[side][which]?.fetch_ahead(
					Math.floor(from * RATE),
					Math.ceil(to * RATE));
			}
	}

	/*
	 * Plays; from the time given, else from where it is. While playing
	 * without a time it changes the mode and goes on in place.
	 */
	play(mode = this.#mode, from = null) {
		if (!MODES.includes(mode))
			throw new Error(`no mode "${mode}"`);
		if (!this.#item)
			return;
		this.wake();
		this.#mode = mode;
		if (this.#is_playing && from === null)
			this.#change();
		else
			this.#begin(from ?? this.#convert(this.#place, mode));
	}

	pause() {
		const { time, mode } = this.#now();

		this.#silence();
		this.#rest_at(time, mode);
	}

	/* Pauses or plays; while the browser blocks sound, asks it again. */
	toggle() {
		if (this.is_blocked)
			this.wake();
		else if (this.#is_playing)
			this.pause();
		else
			this.play();
	}

	/* Goes to a time of the mode, playing on if it plays. */
	seek(t) {
		if (this.#is_playing)
			this.#begin(t);
		else
			this.#rest_at(this.#clamp(t));
	}

	/* Pauses, and goes back to the beginning of the window. */
	stop() {
		this.#silence();
		this.#rest_at(this.#item ? this.#window()[0] : 0);
	}

	/* Makes or resumes the AudioContext; to be called from a gesture. */
	wake() {
		this.#open();
		if (this.#context.state !== "running")
			this.#context.resume().catch(() => {});
	}

	/* Playing, but the browser lets nothing be heard before a gesture. */
	get is_blocked() {
		return this.#is_playing && this.#context.state !== "running";
	}

	get is_playing() {
		return this.#is_playing;
	}

	get mode() {
		return this.#mode;
	}

	/*
	 * {from, to} or null. When set it may say of: "original" or "other",
	 * whose times they are; else they are of the mode. Read, of the mode.
	 */
	get loop() {
		if (!this.#loop || this.#mode !== "other")
			return this.#loop;
		return { from: this.#item.map.to_other(this.#loop.from),
			 to: this.#item.map.to_other(this.#loop.to) };
	}

	set loop(loop) {
		const of = loop?.of ?? (this.#mode === "other" ? "other" :
					"original");

		this.#loop = loop && this.#item ? {
			from: of === "other" ?
				this.#item.map.to_original(loop.from) :
				loop.from,
			to: of === "other" ?
				this.#item.map.to_original(loop.to) : loop.to,
		} : null;
		this.#change();
	}

	get speed() {
		return this.#speed;
	}

	/* 0.5 to 1.5 times; keeps the pitch. */
	set speed(speed) {
		this.#speed = Math.min(Math.max(speed || 1, MIN_SPEED),
				       MAX_SPEED);
		this.#change();
	}

	get source() {
		return this.#source;
	}

	/* "mix" or "voice"; what an item lacks is the other of the two. */
	set source(source) {
		this.#source = source === "voice" ? "voice" : "mix";
		this.#change();
	}

	get volume() {
		return this.#volume;
	}

	/* 0 to 1. */
	set volume(volume) {
		this.#volume = Math.min(Math.max(volume, 0), 1);
		if (this.#output)
			this.#output.gain.setTargetAtTime(this.#volume,
				this.#context.currentTime, VOLUME_FADE_SEC);
	}

	/*
	 * {original, other: seconds of each recording, mode, is_playing}: what
	 * is heard now, as far as the browser knows it.
	 */
	position() {
		const { time, mode } = this.#heard();
		const map = this.#item?.map ?? new TimeMap();
		const is_other = mode === "other";

		return { original: is_other ? map.to_original(time) : time,
			 other: is_other ? time : map.to_other(time),
			 mode, is_playing: this.#is_playing };
	}

	/* The node that all sound goes through; null before the first play. */
	get output() {
		return this.#output;
	}

	#open() {
		if (this.#context === null ||
		    this.#context.state === "closed") {
			this.#context = new AudioContext({ sampleRate: RATE,
				latencyHint: "interactive" });
			this.#output = null;
		}
		if (this.#output)
			return;
		this.#output = new GainNode(this.#context,
					    { gain: this.#volume });
		this.#output.connect(this.#context.destination);
		this.#context.addEventListener("statechange",
			() => this.#tell("state"));
	}

	/* The item with its sounds, windows and map. */
	#ready(item) {
		const sounds = {};
		const windows = {};

		for (const side of ["original", "other"]) {
			const given = item[side] ?? {};
			const pair = given instanceof SoundSource ?
				{ mix: given, voice: given } : given;
			const mix = this.#sound(pair.mix);
			const voice = this.#sound(pair.voice);

			sounds[side] = { mix, voice };
			windows[side] = item[`window_${side}`] ??
				[0, (mix ?? voice)?.duration_sec ?? 0];
		}
		return { sounds, windows, map: new TimeMap(item.alignment),
			 beats: item.beats, tempo_bpm: item.tempo_bpm };
	}

	#sound(copy) {
		if (!copy || copy instanceof SoundSource)
			return copy ?? null;
		return new SoundSource(copy, undefined, { cache: this.#cache });
	}

	#window(mode = this.#mode) {
		return this.#item.windows[mode === "other" ? mode : "original"];
	}

	#clamp(t) {
		const [from, to] = this.#item ? this.#window() : [0, 0];

		return Math.min(Math.max(t, from), to);
	}

	/* The time in another mode. */
	#convert({ time, mode }, to_mode) {
		if ((mode === "other") === (to_mode === "other"))
			return time;
		return to_mode === "other" ? this.#item.map.to_other(time) :
			this.#item.map.to_original(time);
	}

	/* {time, mode} of what is heard. */
	#heard() {
		if (this.#runs.length > 0) {
			const clock = heard_time(this.#context);
			const i = this.#runs.findLastIndex(
				({ run }) => run.has(clock));

			if (i >= 0) {
				this.#runs.splice(0, i);
				return place_of(this.#runs[0], clock);
			}
		}
		return this.#place;
	}

	/* {time, mode} of what the context is given now, to go on from. */
	#now() {
		const clock = this.#context?.currentTime;

		return this.#run?.run.has(clock) ?
			place_of(this.#run, Run.soonest(this.#context)) :
			this.#place;
	}

	#tell(name, more = {}) {
		this.dispatchEvent(Object.assign(new Event(name), more));
	}

	/* Ends what plays or is about to. */
	#silence() {
		this.#n_orders++;
		this.#is_playing = false;
		this.#run?.run.stop(Run.soonest(this.#context));
		this.#run = null;
	}

	#rest_at(time, mode = this.#mode) {
		this.#place = { time, mode };
		this.#tell("state");
	}

	/* The item's sound of a side, as wanted. */
	#wanted(side) {
		const { mix, voice } = this.#item.sounds[side];
		const sound = this.#source === "voice" ? voice ?? mix :
			mix ?? voice;

		if (!sound)
			throw new Error("There is no sound of the " +
				(side === "other" ? "other recording" : side) +
				" of this item; skip it.");
		return sound;
	}

	/* {run, mode} from a time of the mode; throws a sentence. */
	#new_run(from) {
		const { map, beats, tempo_bpm } = this.#item;
		const mode = this.#mode;
		const made = { mode, run: null };
		const program = new Program({ mode, map, beats, tempo_bpm, from,
			original: mode === "other" ? null :
				this.#wanted("original"),
			other: mode === "original" ? null :
				this.#wanted("other"),
			end: this.#window()[1],
			speed: this.#speed, loop: this.loop });

		made.run = new Run(this.#context, this.#output, program,
			() => this.#ended(made),
			error => this.#failed(error));
		return made;
	}

	/* Plays from a time of the mode; what played before ends now. */
	async #begin(time) {
		const [start, end] = this.#window();
		const from = !this.#loop && time > end - AT_END_SEC ? start :
			this.#clamp(time);

		this.#silence();
		this.#is_playing = true;
		this.#rest_at(from);
		const order = this.#n_orders;
		try {
			const next = this.#new_run(from);

			await next.run.prepare();
			if (order === this.#n_orders)
				this.#start(next, Run.soonest(this.#context));
		} catch (error) {
			if (order === this.#n_orders)
				this.#failed(error);
		}
	}

	/* Plays on in place, as mode, speed, loop and source now say. */
	async #change() {
		const old = this.#run;

		this.#tell("state");
		if (!this.#is_playing)
			return;
		if (!old?.run.has(this.#context.currentTime)) {
			this.#begin(this.#convert(this.#place, this.#mode));
			return;
		}
		const order = ++this.#n_orders;
		try {
			await this.#take_over(old, order);
		} catch (error) {
			if (order === this.#n_orders)
				this.#failed(error);
		}
	}

	/*
	 * The new run must be ready when the old one reaches the place where
	 * it begins; if links had to be fetched first, it is tried again.
	 */
	async #take_over(old, order) {
		for (let n_left = N_CHANGE_TRIES; ; n_left--) {
			const at = this.#context.currentTime + CHANGE_SEC;
			const time = this.#convert(place_of(old, at),
						   this.#mode);
			const next = this.#new_run(time);

			await next.run.prepare();
			if (order !== this.#n_orders)
				return;
			if (n_left > 1 && Run.soonest(this.#context) > at)
				continue;
			this.#place = { time, mode: this.#mode };
			old.run.stop(at);
			this.#start(next, at);
			return;
		}
	}

	#start(next, at) {
		this.#run = next;
		this.#runs.push(next);
		next.run.start(at);
	}

	#ended(made) {
		if (made !== this.#run)
			return;
		this.#silence();
		this.#rest_at(this.#window(made.mode)[1], made.mode);
		this.#tell("end");
	}

	#failed(error) {
		this.pause();
		this.#tell("error", { message: error.message });
	}
}

/* {time, mode} that {run, mode} has at a moment of the clock. */
function place_of({ run, mode }, clock)
{
	return { time: run.time_at(clock), mode };
}
