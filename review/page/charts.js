/*
 * charts.js - pictures of the overview as SVG
 */

import { svg } from "./dom.js";

const WIDTH = 440, HEIGHT = 200;
const LEFT = 44, RIGHT = 18, TOP = 10, BOTTOM = 30;

const INNER_WIDTH = WIDTH - LEFT - RIGHT;
const INNER_HEIGHT = HEIGHT - TOP - BOTTOM;

function frame(name)
{
	return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
		"aria-label": name, class: "chart" });
}

function text(x, y, words, anchor = "middle")
{
	return svg("text", { x, y, "text-anchor": anchor, text: words });
}

function lines_across(picture, y, marks, words)
{
	for (const mark of marks) {
		picture.append(svg("line", { x1: LEFT, x2: WIDTH - RIGHT,
			y1: y(mark), y2: y(mark), class: "grid" }),
		text(LEFT - 6, y(mark) + 4, words(mark), "end"));
	}
}

/* parts: [{ name, counts }], stacked from the first upwards. */
export function histogram(name, edges, parts)
{
	const picture = frame(name);
	const sums = parts[0].counts.map((_, k) =>
		parts.reduce((sum, part) => sum + part.counts[k], 0));
	const most = Math.max(1, ...sums);
	const low = edges[0], high = edges.at(-1);
	const x = (v) => LEFT + INNER_WIDTH * (v - low) / (high - low);
	const y = (n) => TOP + INNER_HEIGHT * (1 - n / most);
	const below = sums.map(() => 0);

	lines_across(picture, y, [0, Math.round(most / 2), most], String);
	for (const { name: part, counts } of parts) {
		counts.forEach((n, k) => {
			const top = y(below[k] + n);

			picture.append(svg("rect", {
				x: x(edges[k]) + 0.5, y: top,
				width: x(edges[k + 1]) - x(edges[k]) - 1,
				height: y(below[k]) - top, class: part }));
			below[k] += n;
		});
	}
	for (let v = 0; v <= 4; v++) {
		const at = low + (high - low) * v / 4;

		picture.append(text(x(at), HEIGHT - 10, at.toFixed(2)));
	}
	return picture;
}

const N_NAMES_MAX = 5;		/* that stand beside one another */
const NAME_MAX = 12;

function cut(words)
{
	return words.length > NAME_MAX ? `${words.slice(0, NAME_MAX - 1)}…` :
		words;
}

/* scores: [{ number, name, is_new, value, low, high }] of one measure. */
export function intervals(name, scores)
{
	const picture = frame(name);
	const rounds = scores.map((s) => ({ ...s, low: s.low ?? s.value,
		high: s.high ?? s.value }));
	const top = Math.max(...rounds.map((r) => r.high), 0.1);
	const nth = Math.ceil(rounds.length / N_NAMES_MAX);
	const high = Math.ceil(10 * top) / 10;
	const step = INNER_WIDTH / rounds.length;
	const x = (k) => LEFT + step * (k + 0.5);
	const y = (v) => TOP + INNER_HEIGHT * (1 - v / high);

	lines_across(picture, y, [0, high / 2, high], (v) => v.toFixed(2));
	rounds.forEach((r, k) => {
		picture.append(svg("line", { x1: x(k), x2: x(k), y1: y(r.low),
			y2: y(r.high), class: "bar" }),
		svg("circle", { cx: x(k), cy: y(r.value), r: 6,
			class: r.is_new ? "new" : "old" }));
		if (k % nth === 0)
			picture.append(text(x(k), HEIGHT - 10,
				`${r.number}: ${cut(r.name)}`));
	});
	return picture;
}
