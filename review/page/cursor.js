/*
 * cursor.js - the line that shows the place of the sound
 *
 * It is moved by a transform of its own layer, so that sixty times a second
 * cost no layout.
 */

import { h } from "./dom.js";

export class Cursor {
	/* "way": "across" is a line that moves to the right, else "down". */
	constructor(way = "across") {
		this.way = way;
		this.line = h("div", { class: `cursor ${way}` });
		this.element = h("div", { class: "cursor-box",
			"aria-hidden": "true" }, this.line);
		this.share = null;
	}

	/* At t of a window of [from, to]; not seen outside. */
	move(t, [from, to]) {
		const share = (t - from) / (to - from);

		if (share === this.share)
			return;
		this.share = share;
		this.line.hidden = !(share >= 0 && share <= 1);
		this.line.style.transform = this.way === "across" ?
			`translateX(${100 * share}%)` :
			`translateY(${100 * share}%)`;
	}
}
