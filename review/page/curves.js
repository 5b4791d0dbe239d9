/*
 * curves.js - the melodies of both recordings over one another, and the drift
 *
 * Both are drawn in the original's time. The other's melody is moved by the
 * difference of key and along the alignment, so that the same passage lies on
 * itself.
 */

import { h, colour, canvas_context } from "./dom.js";
import { Cursor } from "./cursor.js";

const DRIFT_MAX_SEC = 0.5;
const MARGIN_CENTS = 200;
const GAP_SEC = 0.07;		/* a longer gap lifts the pen */
const OCTAVE_CENTS = 1200;

/* [t in the original, cents] of the voiced frames of both. */
function melodies(view, map)
{
	const shift = 100 * view.transposition_semitones;
	const points = (f0, time, cents) => f0.cents.flatMap((value, k) =>
		value === null ? [] :
			[[time(f0.start + k * f0.step), cents(value)]]);

	return {
		original: points(view.original.f0, (t) => t, (c) => c),
		other: points(view.other.f0, (t) => map.to_original(t),
			(c) => c - shift),
	};
}

function draw_line(context, points, x, y)
{
	let last = -Infinity;

	context.beginPath();
	for (const [t, value] of points) {
		if (t - last > GAP_SEC)
			context.moveTo(x(t), y(value));
		else
			context.lineTo(x(t), y(value));
		last = t;
	}
	context.stroke();
}

/* The cents that hold nearly all of both melodies. */
function range_of(lines)
{
	const all = [...lines.original, ...lines.other].map(([, c]) => c)
		.sort((a, b) => a - b);

	if (all.length === 0)
		return [0, OCTAVE_CENTS];
	const at = (share) => all[Math.floor(share * (all.length - 1))];
	return [at(0.01) - MARGIN_CENTS, at(0.99) + MARGIN_CENTS];
}

export class Curves {
	constructor() {
		this.melody = h("canvas", { class: "melody", role: "img",
			"aria-label": "Melodies of both recordings" });
		this.drift = h("canvas", { class: "drift", role: "img",
			"aria-label": "Drift" });
		this.cursor = new Cursor();
		this.summary = h("span", { class: "lane-place" });
		this.element = h("section", { class: "lane curves",
			"aria-label": "Melodies and drift" },
		h("p", { class: "lane-head" },
			h("span", { class: "lane-name", text: "Melody" }),
			h("span", { class: "key original", text: "original" }),
			h("span", { class: "key other", text: "cover" }),
			this.summary),
		h("div", { class: "lane-body" }, this.melody,
			h("p", { class: "drift-name",
				text: "Drift, ±0.5 s: up is late" }),
			this.drift, this.cursor.element));
	}

	show(view, placing) {
		this.view = view;
		this.placing = placing;
		this.draw();
	}

	draw() {
		const semitones = this.view.transposition_semitones;

		this.draw_melody();
		this.draw_drift();
		const n = Math.abs(semitones).toFixed(0);
		const way = semitones > 0 ? "higher" : "lower";

		this.summary.textContent = n === "0" ? "same key" :
			`the cover's key is ${n} semitones ${way} (removed)`;
	}

	/* The x of a time of the original in a plot so wide. */
	scale_x(width) {
		const [t0, t1] = this.view.original.window;

		return (t) => width * (t - t0) / (t1 - t0);
	}

	draw_fragment(context, x, height) {
		const [a, b] = this.placing.ends.original;

		context.fillStyle = colour("mark");
		context.fillRect(x(a), 0, x(b) - x(a), height);
	}

	draw_melody() {
		const { context, width, height } = canvas_context(this.melody);
		const lines = melodies(this.view, this.placing.map);
		const [low, high] = range_of(lines);
		const x = this.scale_x(width);
		const y = (c) => height * (1 - (c - low) / (high - low));

		this.draw_fragment(context, x, height);
		context.font = "11px system-ui, sans-serif";
		for (let c = Math.ceil(low / OCTAVE_CENTS) * OCTAVE_CENTS;
			c <= high; c += OCTAVE_CENTS) {
			context.fillStyle = colour("line");
			context.fillRect(0, y(c), width, 1);
			context.fillStyle = colour("muted");
			context.fillText(`C${c / OCTAVE_CENTS}`, 3, y(c) - 3);
		}
		context.lineWidth = 2;
		context.lineJoin = "round";
		for (const side of ["original", "other"]) {
			context.strokeStyle = colour(side);
			draw_line(context, lines[side], x, y);
		}
	}

	draw_drift() {
		const { context, width, height } = canvas_context(this.drift);
		const { times, sec } = this.placing.drift();
		const x = this.scale_x(width);
		const y = (s) => height / 2 * (1 - Math.max(-1,
			Math.min(1, s / DRIFT_MAX_SEC)));

		this.draw_fragment(context, x, height);
		context.fillStyle = colour("line");
		context.fillRect(0, height / 2, width, 1);
		context.strokeStyle = colour("text");
		context.lineWidth = 1.5;
		context.beginPath();
		let is_down = false;
		times.forEach((t, k) => {
			const at = x(this.placing.map.to_original(t));

			if (sec[k] === null)
				is_down = false;
			else if (is_down)
				context.lineTo(at, y(sec[k]));
			else
				context.moveTo(at, y(sec[k]));
			is_down = sec[k] !== null;
		});
		context.stroke();
		this.name_drift(sec);
	}

	name_drift(sec) {
		const heard = sec.filter((s) => s !== null)
			.sort((a, b) => a - b);
		const middle = heard[heard.length >> 1];

		this.drift.setAttribute("aria-label", heard.length === 0 ?
			"Drift: too little voice to tell" :
			`Drift: ${middle.toFixed(2)} seconds in the middle, ` +
			`from ${heard[0].toFixed(2)} to ` +
			heard.at(-1).toFixed(2));
	}

	draw_cursor(t_original) {
		this.cursor.move(t_original, this.view.original.window);
	}
}
