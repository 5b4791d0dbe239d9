/*
 * settings.js - what a person has chosen about the page, kept in this browser
 */

const PLACE = "chad-review.settings";
const FIRST = {
	theme: "auto", autoplay: true, keys: true, lock: true, mode: "ears",
	loop: true, speed: 1, source: "mix",
};

let kept = null;

function all()
{
	if (kept === null) {
		try {
			kept = JSON.parse(localStorage.getItem(PLACE)) ?? {};
		} catch {
			kept = {};
		}
	}
	return kept;
}

export function setting(name)
{
	return all()[name] ?? FIRST[name];
}

export function set_setting(name, value)
{
	all()[name] = value;
	try {
		localStorage.setItem(PLACE, JSON.stringify(kept));
	} catch {
		/* refused in private: it then lasts as long as the page */
	}
	if (name === "theme")
		show_theme();
}

export function show_theme()
{
	const theme = setting("theme");

	if (theme === "auto")
		delete document.documentElement.dataset.theme;
	else
		document.documentElement.dataset.theme = theme;
}
