/*
 * overview.js - the state of the dataset at a glance
 *
 * What is in it, how the rounds went, how scores lie, and some fragments to
 * listen to.
 */

import { get, get_view } from "./api.js";
import { h, button, figure, whole, message } from "./dom.js";
import { histogram, intervals } from "./charts.js";
import { item_link } from "./queue.js";
import { Placing } from "./placing.js";

const DECISIONS = ["keep", "flag", "drop"];

function counts(overview)
{
	const { recordings: r, fragments: f } = overview;
	const facts = [
		["Works", overview.works], ["Originals", r.original],
		["Covers", r.cover], ["Hummings", r.humming],
		["Failed", r.failed], ["Quarantined", r.quarantined],
		["Kept", f.keep], ["For people", f.flag], ["Dropped", f.drop],
		["Hours kept", overview.hours_kept],
	];

	return h("dl", { class: "counts" }, ...facts.map(([name, value]) =>
		h("div", {}, h("dt", { text: name }), h("dd", { text:
			Number.isInteger(value) ? whole(value) :
				figure(value, 1) }))));
}

const ROUND_HEADS = ["Round", "Model", "Measured on", "Value", "95 %", "n",
	"Promoted"];

function measured({ subject, measure })
{
	return [subject, measure].filter(Boolean).join(", ");
}

function rounds_table(rounds)
{
	return h("div", { class: "scroll", tabindex: "0", role: "region",
		"aria-label": "Rounds" },
	h("table", { class: "list" }, h("thead", {}, h("tr", {},
		...ROUND_HEADS.map((text) => h("th", { scope: "col", text })))),
	h("tbody", {}, ...rounds.map((r) => h("tr", {},
		h("td", { class: "number", text: r.number }),
		h("td", { text: r.name }),
		h("td", { text: measured(r) }),
		h("td", { class: "number", text: figure(r.value, 3) }),
		h("td", { class: "number", text:
			`${figure(r.low, 3)} to ${figure(r.high, 3)}` }),
		h("td", { class: "number", text: whole(r.n) }),
		h("td", { text: [r.promoted ? "yes" : "no", r.reason]
			.filter(Boolean).join(": ") }))))));
}

/* One chart for each thing that was measured. */
function rounds_charts(rounds)
{
	const valued = rounds.filter((r) => Number.isFinite(r.value));
	const names = new Set(valued.map(measured));

	return [...names].map((name) => h("figure", {},
		h("figcaption", { text: `${name}, with its 95 % interval` }),
		intervals(`${name} by round; the table below has the numbers`,
			valued.filter((r) => measured(r) === name))));
}

function scores({ edges, ...parts })
{
	const named = DECISIONS.map((name) => ({ name, counts: parts[name] }));
	const sum = (list) => list.reduce((a, b) => a + b, 0);

	return h("figure", {},
		h("figcaption", {}, "Scores of fragments: ",
			...DECISIONS.map((name) =>
				h("span", { class: `key ${name}`,
					text: name }))),
		histogram("Histogram of scores: " + named.map((part) =>
			`${whole(sum(part.counts))} ${part.name}`).join(", "),
		edges, named));
}

export class OverviewScreen {
	constructor(listening) {
		this.listening = listening;
		this.body = h("div");
		this.element = h("div", { class: "screen" },
			h("h1", { text: "Overview" }), this.body);
		listening.addEventListener("state", () => this.show_playing());
	}

	async open() {
		this.is_open = true;
		try {
			this.show(await get("/api/overview"));
		} catch (fault) {
			message(fault.message, { bad: true });
		}
	}

	close() {
		this.is_open = false;
		this.listening.player.stop();
	}

	show(overview) {
		this.buttons = [];
		const parts = [h("h2", { text: "Listen" }),
			this.samples(overview.samples)];

		if (overview.histogram)
			parts.unshift(h("h2", { text: "Scores" }),
				scores(overview.histogram));
		if (overview.rounds.length > 0)
			parts.unshift(h("h2", { text: "Rounds" }),
				h("div", { class: "charts" },
					...rounds_charts(overview.rounds)),
				rounds_table(overview.rounds));
		this.body.replaceChildren(counts(overview), ...parts);
	}

	samples(samples) {
		if (samples.length === 0)
			return h("p", { text: "There are no fragments yet." });
		return h("ul", { class: "samples" },
			...samples.map((sample) => this.sample(sample)));
	}

	sample(sample) {
		const { f, decision } = sample;
		const play = button("Play", () => this.toggle(sample, play),
			{ "aria-label": `Play ${f}` });

		this.buttons.push(play);
		return h("li", {}, play,
			h("span", { class: `key ${decision}`, text: decision }),
			h("a", { href: item_link(sample), text: f }));
	}

	async toggle(sample, play) {
		const was_on = this.playing === play &&
			this.listening.is_playing;

		this.listening.player.stop();
		this.playing = play;
		if (was_on)
			return;
		play.disabled = true;
		try {
			const [item, view] = await Promise.all([
				get("/api/item", { g: sample.g, f: sample.f }),
				get_view(sample)]);

			if (this.is_open && this.playing === play) {
				this.listening.show(view,
					new Placing(item, view, null));
				this.listening.play();
			}
		} catch (fault) {
			message(fault.message, { bad: true });
		} finally {
			play.disabled = false;
		}
	}

	show_playing() {
		for (const play of this.buttons ?? []) {
			const is_on = play === this.playing &&
				this.listening.is_playing;

			play.firstChild.textContent = is_on ? "Stop" : "Play";
		}
	}
}
