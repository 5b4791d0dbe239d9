/*
 * alignment.js - what a person corrects of an alignment, and numbers of a view
 *
 * An alignment is a list of points [t_other, t_original], seconds, increasing
 * in both; time_map.js tells the times between them.
 */

import { TimeMap } from "./time_map.js";

/*
 * The points that lead from the ends of "interval" (other) to those of
 * "original_interval", and are in between as "points" are but for a straight
 * line. When they would not increase, the straight line alone.
 */
export function corrected(points, interval, original_interval)
{
	const map = new TimeMap(points);
	const [a, b] = interval;
	const off = [original_interval[0] - map.to_original(a),
		original_interval[1] - map.to_original(b)];
	const slope = (off[1] - off[0]) / (b - a);
	const bent = points.map(([t, u]) => [t, u + off[0] + slope * (t - a)]);

	for (let k = 1; k < bent.length; k++) {
		if (bent[k][1] <= bent[k - 1][1])
			return [[a, original_interval[0]],
				[b, original_interval[1]]];
	}
	return bent;
}

/* The drift, were "now" (TimeMap) the alignment instead of "before". */
export function drift_now(drift, before, now)
{
	const sec = drift.sec.map((value, k) => {
		const t = drift.times[k];

		return value === null ? null : value +
			before.to_original(t) - now.to_original(t);
	});

	return { times: drift.times, sec };
}

/* Times (of the other) at which the drift is zero, ascending. */
export function drift_zeros({ times, sec })
{
	const zeros = [];

	for (let k = 0; k < sec.length; k++) {
		if (sec[k] === 0)
			zeros.push(times[k]);
		else if (k > 0 && sec[k - 1] * sec[k] < 0)
			zeros.push(times[k - 1] + (times[k] - times[k - 1]) *
				sec[k - 1] / (sec[k - 1] - sec[k]));
	}
	return zeros;
}

/* The bytes of base64 text. */
export function bytes_of(base64)
{
	return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/* Pairs of int8 (lowest, highest) as two lists of -1..1. */
export function peaks_of(base64)
{
	const pairs = new Int8Array(bytes_of(base64).buffer);
	const n = pairs.length >> 1;
	const low = new Float32Array(n), high = new Float32Array(n);

	for (let k = 0; k < n; k++) {
		low[k] = pairs[2 * k] / 127;
		high[k] = pairs[2 * k + 1] / 127;
	}
	return { low, high };
}
