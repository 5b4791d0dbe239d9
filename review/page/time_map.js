/*
 * time_map.js - which moment of the other recording is which of the original
 *
 * An alignment is a list of points [t_other, t_original] in seconds, as
 * /api/view gives it. Between points the map is straight; before the first
 * and after the last both recordings run at the same speed. Points that do
 * not lie after the point before them in both recordings are left out, so
 * that the map is strictly increasing both ways.
 */

const MIN_STEP_SEC = 1e-4;

export class TimeMap {
	#other = [];
	#original = [];

	/* No points at all: both recordings have the same times. */
	constructor(points) {
		for (const [other, original] of points ?? []) {
			if (!Number.isFinite(other) ||
			    !Number.isFinite(original))
				continue;
			if (this.#other.length > 0 &&
			    (other < this.#other.at(-1) + MIN_STEP_SEC ||
			     original < this.#original.at(-1) + MIN_STEP_SEC))
				continue;
			this.#other.push(other);
			this.#original.push(original);
		}
		if (this.#other.length === 0) {
			this.#other.push(0);
			this.#original.push(0);
		}
	}

	/* Seconds of the original to seconds of the other recording. */
	to_other(t) {
		return interpolate(this.#original, this.#other, t);
	}

	/* Seconds of the other recording to seconds of the original. */
	to_original(t) {
		return interpolate(this.#other, this.#original, t);
	}
}

function interpolate(from, to, t)
{
	let low = 0;
	let high = from.length - 1;

	if (t <= from[0])
		return to[0] + (t - from[0]);
	if (t >= from[high])
		return to[high] + (t - from[high]);
	while (high - low > 1) {
		const middle = (low + high) >> 1;

		if (from[middle] <= t)
			low = middle;
		else
			high = middle;
	}
	return to[low] + (t - from[low]) *
		(to[high] - to[low]) / (from[high] - from[low]);
}
