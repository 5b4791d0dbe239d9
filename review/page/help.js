/*
 * help.js - the overlay of "?": all keys, and the settings of the page
 */

import { h, button } from "./dom.js";
import { KEYS } from "./keys.js";
import { setting, set_setting } from "./settings.js";

function key_table({ group, rows })
{
	const lines = rows.filter((row) => row.does).map((row) => h("tr", {},
		h("td", {}, h("kbd", { text: row.show ?? row.key })),
		h("td", { text: row.does })));

	return h("table", {}, h("caption", { text: group }),
		h("tbody", {}, ...lines));
}

function tick(name, text)
{
	const box = h("input", { type: "checkbox", checked: setting(name),
		onchange: () => set_setting(name, box.checked) });

	return h("label", { class: "tick" }, box, h("span", { text }));
}

function theme_choice()
{
	const select = h("select", {
		onchange: () => set_setting("theme", select.value),
	}, ...["auto", "light", "dark"].map((name) => h("option", {
		value: name, selected: setting("theme") === name,
		text: name === "auto" ? "as the system" : name,
	})));

	return h("label", { class: "tick" }, h("span", { text: "Colours" }),
		select);
}

/* leave(): ends the sitting of this browser. */
export function show_help(leave)
{
	const dialog = h("dialog", { "aria-label": "Help and settings",
		onclose: () => dialog.remove() },
	h("header", {}, h("h2", { text: "Keys" }),
		button("Close", () => dialog.close(), { key: "Esc",
			keys: "Escape" })),
	h("p", { text: "Listen to both recordings. Is the marked part the " +
		"same passage of the same song? Where it is, but lies " +
		"badly, move its ends before you say so." }),
	h("div", { class: "columns" }, ...KEYS.map(key_table)),
	h("p", { text: "Holding Shift while dragging moves one recording " +
		"alone when both move together, and the other way round." }),
	h("h2", { text: "Settings" }),
	theme_choice(),
	tick("autoplay", "The next fragment plays by itself"),
	tick("keys", "Keys (off for speech control and some screen readers)"),
	h("footer", {}, button("Leave: sign out of this browser", () => {
		dialog.close();
		leave();
	})));

	document.body.append(dialog);
	dialog.showModal();
}
