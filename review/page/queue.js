/*
 * queue.js - what waits for people, filtered and by pages
 *
 * A page of rows is asked for at a time, so that the number of fragments does
 * not matter.
 */

import { get } from "./api.js";
import { h, button, figure, whole, message } from "./dom.js";

const N_PAGE = 50;
const TYPING_MS = 300;
const STATUSES = [["", "to be judged"], ["disagreement", "people differ"],
	["keep", "kept"], ["drop", "dropped"], ["any", "all"]];
const HEADS = ["Song", "Probability", "Correlation", "Decision", "Verdicts"];

export function item_link({ g, f })
{
	return `#/item?${new URLSearchParams({ g, f })}`;
}

function row({ g, f, title, id, original_id, ...item })
{
	return h("tr", {},
		h("td", {}, h("a", { href: item_link({ g, f }),
			text: title || g }), h("small", { text:
			`${f}: ${original_id} – ${id}` })),
		h("td", { class: "number", text: figure(item.probability) }),
		h("td", { class: "number", text: figure(item.correlation) }),
		h("td", { text: item.decision }),
		h("td", { class: "number", text: item.n_verdicts +
			(item.is_claimed ? " (on show)" : "") }));
}

export class QueueScreen {
	constructor(me, reviewing) {
		this.reviewing = reviewing;
		this.offset = 0;
		this.fields = {
			group: this.field("Work", { type: "search" }),
			status: this.choice(me.role === "annotator" ? STATUSES
				.filter(([code]) => code !== "disagreement") :
				STATUSES),
			low: this.field("Probability from", { type: "number",
				min: 0, max: 1, step: 0.05, value: 0 }),
			high: this.field("to", { type: "number", min: 0, max: 1,
				step: 0.05, value: 1 }),
			model: this.field("Model", { type: "search" }),
		};
		this.count = h("p", { role: "status" });
		this.rows = h("tbody");
		this.before = button("Earlier", () => this.turn(-1));
		this.after = button("Later", () => this.turn(1));
		this.element = h("div", { class: "screen" },
			h("h1", { text: "Queue" }), this.form(),
			h("div", { class: "paging" }, this.before, this.count,
				this.after),
			this.table());
	}

	table() {
		const heads = HEADS.map((text) =>
			h("th", { scope: "col", text }));

		return h("div", { class: "scroll", tabindex: "0",
			role: "region", "aria-label": "Fragments" },
		h("table", { class: "list" },
			h("thead", {}, h("tr", {}, ...heads)), this.rows));
	}

	field(text, attributes) {
		const input = h("input", { ...attributes,
			oninput: () => this.changed() });

		return { input, element: h("label", {}, h("span", { text }),
			input) };
	}

	choice(choices) {
		const input = h("select", { onchange: () => this.changed() },
			...choices.map(([value, text]) =>
				h("option", { value, text })));

		return { input, element: h("label", {},
			h("span", { text: "Status" }), input) };
	}

	form() {
		return h("form", { class: "filters",
			onsubmit: (event) => event.preventDefault() },
		...Object.values(this.fields).map((field) => field.element),
		button("Judge these", () => this.judge_these()));
	}

	filter() {
		const filter = {};

		for (const [name, { input }] of Object.entries(this.fields))
			filter[name] = input.type === "number" ?
				Number(input.value || (name === "high")) :
				input.value.trim();
		return filter;
	}

	/* Claims follow this filter from now on. */
	async judge_these() {
		await this.reviewing.session.set_filter(this.filter());
		location.hash = "#/";
	}

	changed() {
		clearTimeout(this.typing);
		this.typing = setTimeout(() => {
			this.offset = 0;
			this.load();
		}, TYPING_MS);
	}

	turn(direction) {
		this.offset += direction * N_PAGE;
		this.load();
	}

	open() {
		this.load();
	}

	close() {
		clearTimeout(this.typing);
		this.asking?.abort();
	}

	async load() {
		this.asking?.abort();
		this.asking = new AbortController();
		try {
			this.show(await get("/api/queue", { ...this.filter(),
				offset: this.offset, limit: N_PAGE },
			{ signal: this.asking.signal }));
		} catch (fault) {
			if (fault.name !== "AbortError")
				message(fault.message, { bad: true });
		}
	}

	show({ n, items }) {
		const last = this.offset + items.length;

		this.rows.replaceChildren(...items.map(row));
		this.count.textContent = n === 0 ? "No fragment is like that." :
			`${whole(this.offset + 1)} to ${whole(last)} ` +
			`of ${whole(n)}`;
		this.before.disabled = this.offset === 0;
		this.after.disabled = last >= n;
	}
}
