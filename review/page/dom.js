/*
 * dom.js - small things that every screen makes its elements with
 *
 * Elements by one call, times in words, the messages above the page and the
 * line that a screen reader reads out.
 */

const MESSAGE_MS = 8000;

/*
 * An element with attributes and children. A name that begins with "on" is
 * an event, "text" is its text; false and null leave an attribute out.
 */
export function h(tag, attributes = {}, ...children)
{
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(attributes)) {
		if (value === null || value === undefined || value === false)
			continue;
		if (name.startsWith("on"))
			element.addEventListener(name.slice(2), value);
		else if (name === "text")
			element.textContent = value;
		else
			element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...children.flat().filter((c) => c !== null));
	return element;
}

const SVG = "http://www.w3.org/2000/svg";

/* The same in a picture. */
export function svg(tag, attributes = {}, ...children)
{
	const element = document.createElementNS(SVG, tag);

	for (const [name, value] of Object.entries(attributes)) {
		if (name === "text")
			element.textContent = value;
		else
			element.setAttribute(name, value);
	}
	element.append(...children);
	return element;
}

/*
 * A button: what it does, and the key that does the same, shown on it and
 * told to a screen reader ("keys" where that has another name for it). A
 * click of the mouse leaves no focus behind, so that Space still plays.
 */
export function button(text, on_press, { key, keys, ...more } = {})
{
	const cap = key ? h("kbd", { "aria-hidden": "true", text: key }) : null;

	return h("button", {
		type: "button", "aria-keyshortcuts": keys ?? key,
		onclick(event) {
			if (event.detail > 0)
				event.currentTarget.blur();
			on_press(event);
		},
		...more,
	}, h("span", { text }), cap);
}

/* Minutes and seconds, to the hundredth. */
export function clock(sec, digits = 2)
{
	const unit = 10 ** digits;
	const rounded = Math.round(Math.max(0, sec) * unit) / unit;
	const minutes = Math.floor(rounded / 60);
	const rest = (rounded - 60 * minutes).toFixed(digits);

	return `${minutes}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}

/* A table of texts that scrolls by itself where the screen is too narrow. */
export function table(name, heads, rows)
{
	const none = [h("tr", {}, h("td", { colspan: heads.length,
		text: "none yet" }))];

	return h("div", { class: "scroll", tabindex: "0", role: "region",
		"aria-label": name },
	h("table", { class: "list" }, h("caption", { text: name }),
		h("thead", {}, h("tr", {}, ...heads.map((text) =>
			h("th", { scope: "col", text })))),
		h("tbody", {}, ...rows.length === 0 ? none :
			rows.map((cells) => h("tr", {},
				...cells.map((text) => h("td", { text, class:
					/^[\d–]/.test(text) ? "number" :
						null })))))));
}

/* A number of two digits, or a dash where there is none. */
export function figure(value, digits = 2)
{
	return Number.isFinite(value) ? value.toFixed(digits) : "–";
}

export function whole(value)
{
	return Number.isFinite(value) ? value.toLocaleString("en") : "–";
}

/* Tells a screen reader. */
export function say(text)
{
	const line = document.getElementById("said");

	line.textContent = "";
	requestAnimationFrame(() => { line.textContent = text; });
}

/* A message above the page; goes by itself unless it is asked to stay. */
export function message(text, { stay = false, bad = false } = {})
{
	const notes = document.getElementById("notes");
	const close = () => note.remove();
	const note = h("div", { class: bad ? "note bad" : "note",
		role: bad ? "alert" : "status" }, h("p", { text }));

	note.append(button("Close", close, { class: "plain" }));
	notes.append(note);
	while (notes.children.length > 3)
		notes.firstElementChild.remove();
	if (!stay)
		setTimeout(close, MESSAGE_MS);
}

/* A colour of style.css as the canvas wants it. */
export function colour(name)
{
	const probe = h("i");

	probe.style.color = `var(--${name})`;
	document.body.append(probe);
	const value = getComputedStyle(probe).color;
	probe.remove();
	return value;
}

/*
 * A canvas as large as its place in real pixels. Returns the context with
 * CSS pixels as its unit, and the place's width and height.
 */
export function canvas_context(canvas)
{
	const scale = window.devicePixelRatio || 1;
	const { width, height } = canvas.getBoundingClientRect();
	const context = canvas.getContext("2d");

	canvas.width = Math.max(1, Math.round(width * scale));
	canvas.height = Math.max(1, Math.round(height * scale));
	context.scale(scale, scale);
	return { context, width, height };
}
