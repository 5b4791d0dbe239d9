/*
 * keys.js - which key does what on the screen of a fragment
 *
 * The table is also what the help overlay shows. Keys do nothing while a field
 * has the focus, with Ctrl or Meta held, or when they have been switched off in
 * the settings.
 */

import { setting } from "./settings.js";

/*
 * key: as KeyboardEvent.key has it; code: the place on the keyboard, for
 * signs that other layouts have elsewhere; show: what the help says.
 */
export const KEYS = [
	{ group: "Listen", rows: [
		{ act: "toggle", key: " ", show: "Space", does:
			"Play or pause" },
		{ act: "original", key: "1", does: "Play the original" },
		{ act: "other", key: "2", does: "Play the cover" },
		{ act: "ears", key: "3", does:
			"Play both: original left, cover right" },
		{ act: "turns", key: "4", does:
			"Play both in turns, switched every beat" },
		{ act: "loop", key: "l", show: "L", does: "Loop the fragment" },
		{ act: "slower", key: ",", does: "Slower" },
		{ act: "faster", key: ".", does: "Faster" },
		{ act: "speed", key: "s", show: "S", does:
			"Next of three speeds: 1, 0.75, 0.5" },
		{ act: "source", key: "v", show: "V", does:
			"Separated voice or full mix" },
		{ act: "back", key: "ArrowLeft", show: "←", does:
			"Back a second (Shift: five)" },
		{ act: "ahead", key: "ArrowRight", show: "→", does:
			"Ahead a second (Shift: five)" },
		{ act: "home", key: "Home", does: "To the fragment's start" },
	] },
	{ group: "Judge", rows: [
		{ act: "accept", key: "j", show: "J or Enter", does:
			"Same passage" },
		{ act: "accept", key: "Enter" },
		{ act: "reject", key: "k", show: "K", does: "Different" },
		{ act: "unsure", key: "u", show: "U", does: "Unsure" },
		{ act: "reasons", key: "r", show: "R", does:
			"Reasons: then 1 to 9, 0, - (R or Esc ends)" },
		{ act: "comment", key: "c", show: "C", does:
			"Write a comment (Esc ends)" },
		{ act: "undo", key: "z", show: "Z", does:
			"Take back the last verdict" },
		{ act: "skip", key: "g", show: "G", does:
			"Give this fragment back unjudged" },
	] },
	{ group: "Place", rows: [
		{ act: "start_back", key: "[", code: "BracketLeft", does:
			"Start earlier (Alt: in the cover)" },
		{ act: "start_ahead", key: "]", code: "BracketRight", does:
			"Start later (Alt: in the cover)" },
		{ act: "end_back", key: "{", code: "BracketLeft", shift: true,
			does: "End earlier (Alt: in the cover)" },
		{ act: "end_ahead", key: "}", code: "BracketRight", shift: true,
			does: "End later (Alt: in the cover)" },
		{ act: "offset_back", key: "<", does:
			"Move the cover's passage earlier" },
		{ act: "offset_ahead", key: ">", does:
			"Move the cover's passage later" },
		{ act: "snap", key: "n", show: "N", does:
			"End last moved to the next zero of the drift " +
			"(Shift: the one before)" },
		{ act: "lock", key: "b", show: "B", does:
			"Move both recordings together, or one alone" },
		{ act: "reset", key: "0", does:
			"Everything back to where it lay" },
	] },
	{ group: "Page", rows: [
		{ act: "help", key: "?", does: "This help" },
	] },
];

const ROWS = KEYS.flatMap((group) => group.rows);
function is_field(element)
{
	return element.closest("input, textarea, select, [contenteditable]");
}

/* What an element with the focus does with the key itself. */
function is_taken(event)
{
	const { target, key } = event;

	if (key === "Enter" || key === " ")
		return target.closest("button, a, summary, [role=slider]");
	return key === "Home" && target.closest("[role=slider]");
}

/* The row of a key: by its sign, or by its place where layouts differ. */
function row_of(event)
{
	const key = event.key.length === 1 ? event.key.toLowerCase() :
		event.key;
	const by_sign = ROWS.find((row) => row.key === key);
	const by_place = ROWS.find((row) => row.code === event.code &&
		row.code && Boolean(row.shift) === event.shiftKey);

	return event.altKey ? by_place : by_sign ?? by_place;
}

/*
 * Calls actions[act](event) for each key that means something; "reason"
 * (k) instead of a digit while is_choosing() says that reasons are chosen.
 * Returns what ends it.
 */
export function listen_to_keys(actions, is_choosing)
{
	function pressed(event)
	{
		if (event.ctrlKey || event.metaKey || event.defaultPrevented ||
		    document.querySelector("dialog[open]"))
			return;
		if (event.key === "Escape")
			return actions.escape(event);
		if (!setting("keys") || is_field(event.target) ||
		    is_taken(event))
			return;
		const reason = "1234567890-".indexOf(event.key);
		if (is_choosing() && reason >= 0 && event.key.length === 1) {
			event.preventDefault();
			return actions.reason(reason);
		}
		const row = row_of(event);
		if (row) {
			event.preventDefault();
			actions[row.act](event);
		}
	}

	document.addEventListener("keydown", pressed);
	return () => document.removeEventListener("keydown", pressed);
}
