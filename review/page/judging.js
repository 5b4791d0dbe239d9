/*
 * judging.js - what a person says of a fragment
 *
 * Verdict buttons, reasons, a comment; and for adjudicators what others have
 * said.
 */

import { h, button } from "./dom.js";

const REASON_TEXTS = {
	"wrong-passage": "Other passage", offset: "Offset",
	boundaries: "Bad ends", "no-voice": "No voice",
	"bad-separation": "Voice badly separated", "other-song": "Other song",
	instrumental: "Instrumental", noise: "Noise", key: "Key",
	tempo: "Tempo", other: "Other",
};
const DIGITS = "1234567890-";

export const VERDICT_TEXTS = { accept: "Same", reject: "Different",
	unsure: "Unsure" };

const SAID_TEXTS = { accept: "same", reject: "different", unsure: "unsure" };

export function reason_text(code)
{
	return REASON_TEXTS[code] ?? code;
}

/* What people said of a fragment, as a list. */
export function said_list(said)
{
	return h("ul", { class: "said" }, ...said.map((s) => h("li", {},
		h("b", { text: s.who }), ` said ${SAID_TEXTS[s.verdict]}`,
		s.reasons?.length ?
			`: ${s.reasons.map(reason_text).join(", ")}` : "",
		s.note ? h("q", { text: s.note }) : "")));
}

export class Judging extends EventTarget {
	/* Event "change": reasons or comment. */
	constructor(codes, actions) {
		super();
		this.codes = codes;
		this.is_choosing = false;
		this.verdicts = h("div", { class: "verdicts", role: "group",
			"aria-label": "Verdict" },
		button(VERDICT_TEXTS.accept, actions.accept,
			{ key: "J", keys: "J Enter", class: "accept" }),
		button(VERDICT_TEXTS.reject, actions.reject,
			{ key: "K", class: "reject" }),
		button(VERDICT_TEXTS.unsure, actions.unsure,
			{ key: "U", class: "unsure" }));
		this.after = h("div", { class: "after" },
			button("Undo", actions.undo, { key: "Z" }),
			button("Skip", actions.skip, { key: "G" }));
		this.reasons = codes.map((code, k) => button(reason_text(code),
			() => this.toggle(k), { key: DIGITS[k], keys: false,
				"aria-pressed": "false" }));
		this.note = h("textarea", { rows: "2", maxlength: "4000",
			id: "note", oninput: () => this.changed() });
		this.others = h("div", { class: "others" });
		this.box = h("div", { class: "reasons", role: "group",
			"aria-label": "Reasons" }, ...this.reasons);
		this.element = h("section", { class: "panel judging",
			"aria-label": "Reasons and comment" },
		this.others,
		h("h2", {}, "Reasons ", h("kbd", { text: "R",
			"aria-hidden": "true" })), this.box,
		h("label", { for: "note", class: "note-name" }, "Comment ",
			h("kbd", { text: "C", "aria-hidden": "true" })),
		this.note);
	}

	show(item, kept) {
		const own = kept ?? item.own ?? {};

		this.note.value = own.note ?? "";
		this.set_reasons(own.reasons ?? []);
		this.choose(false);
		this.others.replaceChildren();
		if (item.said?.length)
			this.others.append(h("h2", { text: "Said before" }),
				said_list(item.said));
	}

	set_reasons(codes) {
		this.reasons.forEach((element, k) => element.setAttribute(
			"aria-pressed", String(codes.includes(this.codes[k]))));
	}

	/* Whether digits are reasons now. */
	choose(is_choosing) {
		this.is_choosing = is_choosing;
		this.box.classList.toggle("choosing", is_choosing);
	}

	toggle(k) {
		const element = this.reasons[k];

		if (!element)
			return;
		element.setAttribute("aria-pressed", String(
			element.getAttribute("aria-pressed") !== "true"));
		this.changed();
	}

	changed() {
		this.dispatchEvent(new Event("change"));
	}

	said() {
		return {
			reasons: this.codes.filter((code, k) =>
				this.reasons[k].getAttribute("aria-pressed") ===
					"true"),
			note: this.note.value.trim(),
		};
	}
}
