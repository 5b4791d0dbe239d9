/*
 * overview.js - the state of the dataset at a glance
 *
 * What is in it, how the rounds went, how scores lie, and some fragments to
 * listen to.
 */

import { get, get_view } from "./api.js";
import { h, button, figure, table, whole, message } from "./dom.js";
import { histogram, intervals } from "./charts.js";
import { item_link } from "./queue.js";
import { Placing } from "./placing.js";

const DECISIONS = ["keep", "flag", "drop"];

function counts(overview)
{
	const { recordings: r, fragments: f } = overview;
	const facts = [
		["Works", overview.works], ["Originals", r.original ?? 0],
		["Covers", r.cover ?? 0], ["Hummings", r.humming ?? 0],
		["Failed", r.failed ?? 0], ["Quarantined", r.quarantined ?? 0],
		["Kept", f.keep ?? 0], ["For people", f.flag ?? 0],
		["Dropped", f.drop ?? 0], ["Verdicts", overview.reviews ?? 0],
		["Hours kept", overview.hours_kept],
	];

	return h("dl", { class: "counts" }, ...facts.map(([name, value]) =>
		h("div", {}, h("dt", { text: name }), h("dd", { text:
			Number.isInteger(value) ? whole(value) :
				figure(value, 1) }))));
}

/* Hit rates on held-out hums, as chad-eval names them. */
const RATES = { top1: "Top-1", top10: "Top-10", mrr: "MRR" };
/* What else is measured of a round, of its fragments and of its corpus. */
const YIELDS = { keep: "Kept", flag: "For people", drop: "Dropped",
	precision: "Precision", recall: "Recall", hours: "Hours" };

/* [{round, its scores by measure}] of what has such measures. */
function by_subject(scores, measures, name_of)
{
	const rows = new Map();

	for (const s of scores.filter(({ measure }) => measure in measures)) {
		const name = name_of(s);

		rows.set(name, { ...rows.get(name), round: s.number,
			[s.measure]: s });
	}
	return [...rows.values()];
}

function with_interval(score)
{
	if (!score)
		return "–";
	const { value, low, high } = score;

	if (Number.isFinite(low) && Number.isFinite(high))
		return `${figure(value, 3)} (${figure(low, 3)} to ` +
			`${figure(high, 3)})`;
	return Number.isInteger(value) ? whole(value) : figure(value, 3);
}

function rates_table(scores)
{
	const rows = by_subject(scores, RATES, (s) => `${s.number} ${s.name}`);

	return table("Hit rates on held-out hums, with 95 % intervals",
		["Round", "Model", ...Object.values(RATES), "Hums"],
		rows.map((row) => {
			const some = row.top1 ?? row.top10 ?? row.mrr;

			return [whole(row.round), some.name +
				(some.is_new ? " (new)" : ""),
			...Object.keys(RATES).map((measure) =>
				with_interval(row[measure])), whole(some.n)];
		}));
}

function yields_table(scores)
{
	return table("Fragments by round",
		["Round", ...Object.values(YIELDS)],
		by_subject(scores, YIELDS, (s) => s.number).map((row) =>
			[whole(row.round), ...Object.keys(YIELDS).map((measure) =>
				with_interval(row[measure]))]));
}

/* What was decided of each round, once. */
function decisions(scores)
{
	const said = new Map(scores.map((s) => [s.number, s.reason ||
		(s.promoted ? "promoted" : "not promoted")]));

	return h("ul", { class: "decisions" }, ...[...said].map(
		([number, reason]) => h("li", {},
			h("b", { text: `Round ${number}` }), `: ${reason}`)));
}

function rates_charts(scores)
{
	return Object.entries(RATES).map(([measure, name]) => {
		const of = scores.filter((s) => s.measure === measure &&
			Number.isFinite(s.value));

		return of.length === 0 ? null : h("figure", {},
			h("figcaption", { text: `${name}; filled: a round's ` +
				"new model" }),
			intervals(`${name} by round; the table below has ` +
				"the numbers", of));
	});
}

function rounds(scores)
{
	return [h("h2", { text: "Rounds" }), decisions(scores),
		h("div", { class: "charts" }, ...rates_charts(scores)),
		rates_table(scores), yields_table(scores)];
}

function scores({ of, edges, ...parts })
{
	const named = DECISIONS.map((name) => ({ name, counts: parts[name] }));
	const sum = (list) => list.reduce((a, b) => a + b, 0);

	return h("figure", {},
		h("figcaption", {}, `Fragments by their ${of}: `,
			...DECISIONS.map((name) =>
				h("span", { class: `key ${name}`,
					text: name }))),
		histogram(`Histogram of the ${of}: ` + named.map((part) =>
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
			parts.unshift(...rounds(overview.rounds));
		this.body.replaceChildren(counts(overview), ...parts);
	}

	samples(samples) {
		if (samples.length === 0)
			return h("p", { text: "There are no fragments yet." });
		return h("ul", { class: "samples" },
			...samples.map((sample) => this.sample(sample)));
	}

	sample(sample) {
		const { g, f, title, decision } = sample;
		const play = button("Play", () => this.toggle(sample, play),
			{ "aria-label": `Play ${title || g}, ${f}` });

		this.buttons.push(play);
		return h("li", {}, play,
			h("span", { class: `key ${decision}`, text: decision }),
			h("div", {}, h("a", { href: item_link(sample),
				text: title || g }), h("small", { text: f })));
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
