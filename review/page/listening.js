/*
 * listening.js - playing a fragment: what of player.js the page uses
 *
 * Keeps how a person listens (mode, loop, speed, source) from one fragment to
 * the next and over reloads, and the place of the sound in the original's time
 * while nothing plays.
 *
 * Events: "state" (how is played, or whether), "error" (detail: a sentence).
 */

import { Player } from "./player.js";
import { setting, set_setting } from "./settings.js";

export const MODES = ["original", "other", "ears", "turns"];

const SPEED_MIN = 0.5, SPEED_MAX = 1.5, SPEED_STEP = 0.1;
const SPEEDS = [1, 0.75, 0.5];

/* What Player.load wants of a view. */
function sounds_of(view)
{
	return {
		original: view.original, other: view.other,
		alignment: view.alignment,
		window_original: view.original.window,
		window_other: view.other.window,
		tempo_bpm: view.tempo_bpm,
	};
}

export class Listening extends EventTarget {
	constructor() {
		super();
		this.player = new Player();
		this.placing = null;
		this.at = 0;
		for (const type of ["state", "end"])
			this.player.addEventListener(type, () => this.tell());
		this.player.addEventListener("error", (event) => {
			this.dispatchEvent(new CustomEvent("error",
				{ detail: event.message }));
		});
	}

	tell() {
		this.dispatchEvent(new Event("state"));
	}

	get mode() { return setting("mode"); }
	get speed() { return setting("speed"); }
	get is_looping() { return setting("loop"); }
	get is_playing() { return this.player.is_playing; }
	/* Playing, but the browser waits for a key or a click. */
	get is_blocked() { return this.player.is_blocked; }

	/* "voice" only where both were separated. */
	get source() {
		return this.has_voice ? setting("source") : "mix";
	}

	get has_voice() {
		return Boolean(this.view?.original.voice &&
			this.view?.other.voice);
	}

	/* Decodes what a fragment needs, ahead of its show. */
	preload(view) {
		this.player.preload(sounds_of(view));
	}

	/* No fragment, until the next one is shown. */
	clear() {
		this.player.stop();
		this.view = this.placing = null;
	}

	/* Another fragment: silent, at its start. */
	show(view, placing) {
		this.player.stop();
		this.view = view;
		this.placing = placing;
		this.at = placing.ends.original[0];
		this.load();
	}

	load() {
		this.player.load({ ...sounds_of(this.view),
			alignment: this.placing.points });
		this.player.source = this.source;
		this.player.speed = this.speed;
		this.set_loop();
	}

	/* The ends or the alignment were moved; sound goes on in place. */
	placing_moved(is_realigned) {
		const { is_playing } = this;

		this.at = this.position().original;
		if (!is_realigned)
			return this.set_loop();
		this.load();
		if (is_playing)
			this.play();
	}

	/* The player's own time in a mode, of a time of the original. */
	own_time(t, mode = this.mode) {
		return mode === "other" ? this.placing.map.to_other(t) : t;
	}

	set_loop() {
		if (!this.placing)
			return;
		const [from, to] = this.placing.ends.original;

		this.player.loop = this.is_looping ?
			{ of: "original", from, to } : null;
	}

	/* Where the sound is: { original, other, is_playing }. */
	position() {
		const now = this.player.position();

		if (now.is_playing)
			this.at = now.original;
		return {
			original: this.at,
			other: this.placing.map.to_other(this.at),
			is_playing: now.is_playing,
		};
	}

	/* Plays; while it plays already, in another mode and in place. */
	play(mode = this.mode) {
		if (!this.placing)
			return;
		const from = this.is_playing ? null :
			this.own_time(this.at, mode);

		set_setting("mode", mode);
		this.player.play(mode, from);
	}

	pause() {
		if (!this.placing)
			return;
		this.at = this.position().original;
		this.player.pause();
	}

	toggle() {
		if (!this.placing)
			return;
		if (this.is_blocked)
			return this.player.wake();
		if (this.is_playing)
			return this.pause();
		const [start, end] = this.placing.ends.original;
		const is_outside = this.at >= end - 0.05;

		if (this.is_looping && is_outside)
			this.at = start;
		this.play();
	}

	seek(t_original) {
		if (!this.placing)
			return;
		const [low, high] = this.view.original.window;

		this.at = Math.max(low, Math.min(high - 0.05, t_original));
		if (this.is_playing)
			this.player.seek(this.own_time(this.at));
		this.tell();
	}

	toggle_loop() {
		set_setting("loop", !this.is_looping);
		this.set_loop();
		this.tell();
	}

	change_speed(direction) {
		this.set_speed(Math.round(10 * this.speed) / 10 +
			direction * SPEED_STEP);
	}

	next_speed() {
		const k = SPEEDS.indexOf(this.speed);

		this.set_speed(SPEEDS[(k + 1) % SPEEDS.length]);
	}

	set_speed(speed) {
		const rounded = Math.round(100 * speed) / 100;

		set_setting("speed",
			Math.max(SPEED_MIN, Math.min(SPEED_MAX, rounded)));
		this.player.speed = this.speed;
		this.tell();
	}

	toggle_source() {
		if (!this.has_voice)
			return;
		set_setting("source", this.source === "mix" ? "voice" : "mix");
		this.player.source = this.source;
		this.tell();
	}
}
