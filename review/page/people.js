/*
 * people.js - who has done how much, how people agree, what they differ on
 */

import { get } from "./api.js";
import { h, button, figure, table, whole, message } from "./dom.js";
import { item_link } from "./queue.js";
import { said_list } from "./judging.js";

const N_SHOWN = 50;
const FORMATS = { jsonl: "JSON Lines", csv: "CSV",
	labelstudio: "Label Studio JSON" };

function progress_table(progress)
{
	return table("Progress", ["Name", "Verdicts", "Today", "An hour"],
		progress.people.map((p) => [p.name, whole(p.done),
			whole(p.today), figure(p.per_hour, 0)]));
}

function pace(progress)
{
	const hours = Number.isFinite(progress.eta_hours) ?
		`, ${figure(progress.eta_hours, 1)} hours at this pace` : "";

	return h("p", { text: `${whole(progress.done)} verdicts given, ` +
		`${whole(progress.left)} to give: ` +
		`${figure(progress.per_hour, 0)} an hour${hours}.` });
}

function agreement_parts(agreement)
{
	const { cohen, fleiss, krippendorff, gold } = agreement;

	return [
		h("p", { text: `Fleiss' kappa ${figure(fleiss?.kappa)} ` +
			`(${whole(fleiss?.n)} fragments), Krippendorff's ` +
			`alpha ${figure(krippendorff?.alpha)} ` +
			`(${whole(krippendorff?.n)}).` }),
		table("Cohen's kappa", ["Person", "and", "Kappa", "Fragments"],
			cohen.map((c) => [c.a, c.b, figure(c.kappa),
				whole(c.n)])),
		table("Known answers", ["Name", "Right", "Of"],
			gold.map((p) => [p.name, whole(p.right), whole(p.n)])),
	];
}

/* A disagreement: what each said is asked for when it is opened. */
function dispute(item)
{
	const name = `${item.title || item.g}, ${item.f} ` +
		`(${item.n_verdicts})`;
	const said = h("div", {}, h("p", { text: "Loading…" }));
	const details = h("details", {
		ontoggle: () => details.open && show_said(item, said),
	}, h("summary", { text: name }), said, h("p", {},
		h("a", { href: item_link(item), text: "Listen and decide" })));

	return details;
}

async function show_said({ g, f }, place)
{
	try {
		const item = await get("/api/item", { g, f });

		place.replaceChildren(said_list(item.said ?? []));
	} catch (fault) {
		place.replaceChildren(h("p", { text: fault.message }));
	}
}

export class PeopleScreen {
	constructor(me) {
		this.me = me;
		this.body = h("div");
		this.element = h("div", { class: "screen" },
			h("h1", { text: "People" }), this.body);
	}

	get sees_all() {
		return this.me.role !== "annotator";
	}

	close() {}

	async open() {
		try {
			const progress = await get("/api/progress");

			this.body.replaceChildren(pace(progress),
				progress_table(progress));
			if (this.sees_all)
				await this.show_others();
			if (this.me.role === "admin")
				this.show_export();
		} catch (fault) {
			message(fault.message, { bad: true });
		}
	}

	async show_others() {
		const [agreement, differ] = await Promise.all([
			get("/api/agreement"),
			get("/api/queue", { status: "disagreement",
				limit: N_SHOWN })]);

		this.body.append(h("h2", { text: "Agreement" }),
			...agreement_parts(agreement),
			h("h2", { text: `Disagreements (${whole(differ.n)})` }),
			...differ.items.map(dispute));
		if (differ.n > differ.items.length)
			this.body.append(button("More, in the queue", () => {
				location.hash = "#/queue";
			}));
	}

	show_export() {
		this.body.append(h("h2", { text: "Export" }),
			h("p", { class: "exports" }, ...Object.entries(FORMATS)
				.map(([format, text]) => h("a", { text,
					href: `/api/export?format=${format}`,
					download: "" }))));
	}
}
