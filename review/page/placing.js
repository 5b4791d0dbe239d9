/*
 * placing.js - where the fragment lies while a person moves it
 *
 * The two recordings are called "original" and "other" (the cover or hum). Ends
 * that are moved together stay the same moment of the music: the other
 * recording's end follows along the alignment. An end moved alone changes what
 * goes with what, so the alignment follows: it is bent by a straight line until
 * it leads from end to end again (alignment.js).
 *
 * Event "change": something was moved.
 */

import { corrected, drift_now, drift_zeros } from "./alignment.js";
import { TimeMap } from "./time_map.js";

const SHORTEST_SEC = 0.5;
const SAME_SEC = 0.002;

export const PARTNER = { original: "other", other: "original" };

function is_same(a, b)
{
	return Math.abs(a[0] - b[0]) < SAME_SEC &&
		Math.abs(a[1] - b[1]) < SAME_SEC;
}

export class Placing extends EventTarget {
	/* "kept": what was moved before the page was loaded again, or null. */
	constructor(item, view, kept) {
		super();
		this.first = { original: item.original_interval,
			other: item.interval };
		this.limits = {
			original: view.original.window,
			other: view.other.window,
		};
		this.first_points = view.alignment;
		this.first_map = new TimeMap(view.alignment);
		this.points = this.first_points;
		this.map = this.first_map;
		this.first_drift = view.drift;
		this.ends = {
			original: [...kept?.original ?? this.first.original],
			other: [...kept?.other ?? this.first.other],
		};
		this.active = { side: "original", end: 0 };
		this.realign();
	}

	get is_changed() {
		return this.is_moved("original") || this.is_moved("other");
	}

	/* How both go together now; the same where the ends still do. */
	realign() {
		const { original, other } = this.ends;
		const is_kept = [0, 1].every((end) => Math.abs(original[end] -
			this.map.to_original(other[end])) < SAME_SEC);

		if (is_kept)
			return;
		this.points = this.is_changed ? corrected(this.first_points,
			this.ends.other, this.ends.original) :
			this.first_points;
		this.map = new TimeMap(this.points);
	}

	is_moved(side) {
		return !is_same(this.ends[side], this.first[side]);
	}

	/* What a verdict says of a side: null where it lies as it lay. */
	moved_interval(side) {
		return this.is_moved(side) ? [...this.ends[side]] : null;
	}

	partner_time(side, t) {
		return side === "original" ? this.map.to_other(t) :
			this.map.to_original(t);
	}

	/* The drift along the alignment as it now is. */
	drift() {
		return drift_now(this.first_drift, this.first_map, this.map);
	}

	/* t, but inside the window and not past the other end. */
	allowed(side, end, t) {
		const [low, high] = this.limits[side];
		const [start, stop] = this.ends[side];

		if (end === 0)
			return Math.max(low, Math.min(t, stop - SHORTEST_SEC));
		return Math.min(high, Math.max(t, start + SHORTEST_SEC));
	}

	/* End 0 (start) or 1 of a side to t; its partner with it or not. */
	move_end(side, end, t, is_together) {
		const partner = PARTNER[side];
		const to = this.allowed(side, end, t);

		if (is_together) {
			this.ends[partner][end] = this.allowed(partner, end,
				this.partner_time(side, to));
		}
		this.ends[side][end] = to;
		this.active = { side, end };
		this.moved();
	}

	/* The whole of a side by some seconds. */
	move_whole(side, by, is_together) {
		const [start, stop] = this.ends[side];
		const [low, high] = this.limits[side];
		const step = Math.max(low - start, Math.min(by, high - stop));

		this.set_side(side, [start + step, stop + step], is_together);
	}

	set_side(side, ends, is_together) {
		const partner = PARTNER[side];

		if (is_together) {
			this.ends[partner] = [0, 1].map((end) =>
				this.limited(partner,
					this.partner_time(side, ends[end])));
		}
		this.ends[side] = [...ends];
		this.moved();
	}

	limited(side, t) {
		const [low, high] = this.limits[side];

		return Math.min(high, Math.max(low, t));
	}

	/*
	 * The end last moved to the next zero of the drift, later (direction 1)
	 * or earlier (-1), in both recordings. False when there is none.
	 */
	snap(direction) {
		const { side, end } = this.active;
		const now = this.ends.other[end];
		const ahead = drift_zeros(this.drift()).filter((t) =>
			direction * (t - now) > 0.01);
		const zero = direction > 0 ? ahead[0] : ahead.at(-1);

		if (zero === undefined ||
		    this.allowed("other", end, zero) !== zero)
			return false;
		this.move_end("other", end, zero, true);
		this.active = { side, end };
		return true;
	}

	/* Everything back to where it lay. */
	reset() {
		this.ends = { original: [...this.first.original],
			other: [...this.first.other] };
		this.moved();
	}

	moved() {
		this.realign();
		this.dispatchEvent(new Event("change"));
	}
}
