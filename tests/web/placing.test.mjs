/*
 * placing.test.mjs - moving a fragment's ends, without a browser
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
	bytes_of, corrected, drift_now, drift_zeros, peaks_of
} from "../../review/page/alignment.js";
import { Placing } from "../../review/page/placing.js";
import { TimeMap } from "../../review/page/time_map.js";

/* The other is played at 0.8 of the tempo and begins 5 s later. */
const POINTS = [[5, 0], [55, 40]];
const ITEM = { original_interval: [16, 24], interval: [25, 35] };
const VIEW = {
	alignment: POINTS,
	original: { window: [6, 34] }, other: { window: [15, 45] },
	drift: { times: [20, 25, 30, 35, 40],
		sec: [0.2, 0.1, -0.1, null, 0.3] },
};

function close(a, b, tolerance = 1e-9)
{
	assert.equal(a.length, b.length);
	a.forEach((value, k) => assert.ok(
		Math.abs(value - b[k]) <= tolerance, `${a} is not ${b}`));
}

function placing(kept = null)
{
	return new Placing(ITEM, VIEW, kept);
}

describe("an alignment that is corrected", () => {
	it("leads from end to end, and is bent by a straight line", () => {
		const bent = [[0, 0], [10, 11], [20, 20], [30, 31]];
		const now = corrected(bent, [10, 30], [12, 30]);
		const map = new TimeMap(now);

		close([map.to_original(10), map.to_original(30)], [12, 30]);
		close([map.to_original(20)], [20 + (1 - 1) / 2]);
	});

	it("is the straight line where bending would turn it back", () => {
		const steep = [[0, 0], [1, 9], [10, 10]];
		const now = corrected(steep, [0, 10], [0, 1]);

		assert.deepEqual(now, [[0, 0], [10, 1]]);
	});
});

describe("the drift", () => {
	it("follows the alignment", () => {
		const before = new TimeMap(POINTS);
		const later = new TimeMap(POINTS.map(([t, u]) => [t, u + 0.1]));
		const now = drift_now(VIEW.drift, before, later);

		assert.equal(now.sec[3], null);
		close(now.sec.filter((s) => s !== null), [0.1, 0, -0.2, 0.2],
			1e-9);
	});

	it("is zero between values of other signs, not over a gap", () => {
		close(drift_zeros(VIEW.drift), [27.5]);
		close(drift_zeros({ times: [1, 2], sec: [0, 1] }), [1]);
	});
});

describe("ends", () => {
	it("moved together stay the same moment", () => {
		const p = placing();

		p.move_end("original", 0, 18, true);
		close(p.ends.other, [27.5, 35]);
		assert.equal(p.points, POINTS, "the alignment is as it was");
		close(p.moved_interval("original"), [18, 24]);
		close(p.moved_interval("other"), [27.5, 35]);
	});

	it("moved alone bend the alignment", () => {
		const p = placing();

		p.move_end("other", 1, 36, false);
		assert.equal(p.moved_interval("original"), null);
		close(p.moved_interval("other"), [25, 36]);
		close([p.map.to_original(25), p.map.to_original(36)], [16, 24]);
	});

	it("stay in the window and half a second apart", () => {
		const p = placing();

		p.move_end("original", 0, -5, false);
		p.move_end("original", 1, 1, false);
		close(p.ends.original, [6, 6.5]);
		p.move_whole("other", 100, false);
		close(p.ends.other, [35, 45]);
	});

	it("move as a whole", () => {
		const p = placing();

		p.move_whole("original", 2, true);
		close(p.ends.original, [18, 26]);
		close(p.ends.other, [27.5, 37.5]);
		p.reset();
		assert.equal(p.is_changed, false);
		assert.equal(p.points, POINTS);
	});

	it("snap to a zero of the drift in both recordings", () => {
		const p = placing();

		p.active = { side: "original", end: 0 };
		assert.equal(p.snap(1), true);
		close([p.ends.other[0], p.ends.original[0]], [27.5, 18]);
		assert.deepEqual(p.active, { side: "original", end: 0 });
		assert.equal(p.snap(1), false);
	});

	it("are those that were kept", () => {
		const p = placing({ original: [17, 23], other: [26, 34] });

		close(p.ends.original, [17, 23]);
		close([p.map.to_original(26), p.map.to_original(34)], [17, 23]);
	});
});

describe("numbers of a view", () => {
	it("are bytes, and peaks from -1 to 1", () => {
		const text = Buffer.from([0x81, 0x7f, 0, 1]).toString("base64");
		const { low, high } = peaks_of(text);

		close([...bytes_of(text)], [129, 127, 0, 1]);
		close([...low], [-1, 0]);
		close([...high], [1, 1 / 127], 1e-7);
	});
});
