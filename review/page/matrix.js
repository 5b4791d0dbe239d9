/*
 * matrix.js - how alike all moments of both recordings are
 *
 * The original runs across, the other downwards, with the alignment as a line
 * and the place of the sound as a cross.
 */

import { h, colour, canvas_context } from "./dom.js";
import { Cursor } from "./cursor.js";
import { bytes_of } from "./alignment.js";

/* From unlike to alike, dark to light; as viridis runs. */
const SHADES = [[13, 8, 46], [59, 28, 110], [49, 104, 142], [53, 183, 121],
	[253, 231, 37]];

function shade(value)
{
	const place = value / 255 * (SHADES.length - 1);
	const k = Math.min(SHADES.length - 2, Math.floor(place));

	return SHADES[k].map((c, i) =>
		c + (place - k) * (SHADES[k + 1][i] - c));
}

const TABLE = Array.from({ length: 256 }, (_, value) => shade(value));

function picture_of(similarity)
{
	const { n_rows, n_cols } = similarity;
	const values = bytes_of(similarity.values);
	const canvas = h("canvas", { width: n_cols, height: n_rows });
	const context = canvas.getContext("2d");
	const image = context.createImageData(n_cols, n_rows);

	for (let k = 0; k < n_rows * n_cols; k++) {
		const [r, g, b] = TABLE[values[k]];

		image.data.set([r, g, b, 255], 4 * k);
	}
	context.putImageData(image, 0, 0);
	return canvas;
}

export class Matrix {
	constructor() {
		this.canvas = h("canvas", { class: "matrix", role: "img",
			"aria-label": "Similarity of all moments, original " +
			"across, cover downwards, with the alignment" });
		this.across = new Cursor("across");
		this.down = new Cursor("down");
		this.none = h("p", { class: "wait", hidden: true, text:
			"There is no similarity matrix: the fingerprints of " +
			"these recordings are gone." });
		this.body = h("div", { class: "matrix-body" }, this.canvas,
			this.across.element, this.down.element);
		this.element = h("section", { class: "panel",
			"aria-label": "Similarity" },
		h("h2", { text: "Similarity" }),
		h("p", { class: "axes", text: "original →, cover ↓" }),
		this.body, this.none);
	}

	show(view, placing) {
		this.view = view;
		this.placing = placing;
		this.picture = view.similarity ?
			picture_of(view.similarity) : null;
		this.body.hidden = this.picture === null;
		this.none.hidden = this.picture !== null;
		this.draw();
	}

	draw() {
		if (!this.picture)
			return;
		const { context, width, height } = canvas_context(this.canvas);
		const s = this.view.similarity;
		const [x0, x1] = this.view.original.window;
		const [y0, y1] = this.view.other.window;
		const x = (t) => width * (t - x0) / (x1 - x0);
		const y = (t) => height * (t - y0) / (y1 - y0);
		const col_end = s.col_start + s.n_cols * s.col_step;
		const row_end = s.row_start + s.n_rows * s.row_step;

		context.imageSmoothingEnabled = false;
		context.drawImage(this.picture, x(s.col_start), y(s.row_start),
			x(col_end) - x(s.col_start),
			y(row_end) - y(s.row_start));
		this.draw_path(context, x, y);
	}

	draw_path(context, x, y) {
		const { points, ends } = this.placing;
		const [a, b] = ends.original, [c, d] = ends.other;

		context.strokeStyle = colour("path");
		context.lineWidth = 1.5;
		context.beginPath();
		context.setLineDash([4, 4]);
		for (const [t, u] of points)
			context.lineTo(x(u), y(t));
		context.stroke();
		context.setLineDash([]);
		context.lineWidth = 2;
		context.strokeRect(x(a), y(c), x(b) - x(a), y(d) - y(c));
	}

	draw_cursor(t_original) {
		this.across.move(t_original, this.view.original.window);
		this.down.move(this.placing.map.to_other(t_original),
			this.view.other.window);
	}
}
