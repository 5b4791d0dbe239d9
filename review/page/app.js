/*
 * app.js - the page: who we are, the bar at the top, the screens
 *
 * The address says which screen: #/ a fragment, #/item?g=&f= a certain one,
 * #/queue, #/overview, #/people.
 */

import { sign_in, post } from "./api.js";
import { h, button, message, say, whole } from "./dom.js";
import { Outbox } from "./outbox.js";
import { Reviewing } from "./reviewing.js";
import { QueueScreen } from "./queue.js";
import { OverviewScreen } from "./overview.js";
import { PeopleScreen } from "./people.js";
import { show_help } from "./help.js";
import { setting, set_setting, show_theme } from "./settings.js";

const SCREENS = [["#/", "Review"], ["#/queue", "Queue"],
	["#/overview", "Overview"], ["#/people", "People"]];
const NEXT_THEME = { auto: "light", light: "dark", dark: "auto" };
const THEME_TEXTS = { auto: "Colours: system", light: "Colours: light",
	dark: "Colours: dark" };

class Page {
	constructor(me) {
		this.me = me;
		this.outbox = new Outbox(me.name);
		this.reviewing = new Reviewing(me, this.outbox,
			() => this.leave());
		this.screens = {
			"#/": this.reviewing, "#/item": this.reviewing,
			"#/queue": new QueueScreen(me, this.reviewing),
			"#/overview":
				new OverviewScreen(this.reviewing.listening),
			"#/people": new PeopleScreen(me),
		};
		this.open = null;
		this.make_bar();
		this.outbox.addEventListener("change",
			() => this.show_waiting());
		this.outbox.addEventListener("sent", (event) =>
			this.show_sent(event.detail.answer));
		this.reviewing.session.addEventListener("left", (event) =>
			this.show_left({ left: event.detail }));
		window.addEventListener("hashchange", () => this.go());
		matchMedia("(prefers-color-scheme: dark)").addEventListener(
			"change", () => this.draw_anew());
		this.show_waiting();
		this.outbox.send();
		this.go();
	}

	make_bar() {
		this.links = SCREENS.map(([hash, text]) =>
			h("a", { href: hash, text }));
		this.left = h("span", { class: "left" });
		this.waiting = h("span", { class: "waiting", hidden: true });
		this.theme = button(THEME_TEXTS[setting("theme")], () => {
			set_setting("theme", NEXT_THEME[setting("theme")]);
			this.theme.firstChild.textContent =
				THEME_TEXTS[setting("theme")];
			this.draw_anew();
		}, { class: "plain theme" });
		document.getElementById("bar").replaceChildren(
			h("nav", { "aria-label": "Screens" }, ...this.links),
			this.left, this.waiting,
			h("span", { class: "who", text: this.me.name }),
			this.theme,
			button("Help", () => show_help(() => this.leave()),
				{ class: "plain", key: "?" }));
	}

	draw_anew() {
		this.reviewing.screen.draw_anew();
	}

	/* What is left of all says nothing of what is left by the filter. */
	show_sent({ left, done }) {
		this.show_left(this.reviewing.session.is_filtered ?
			{ done } : { left, done });
	}

	show_left({ left, done }) {
		this.n_left = left ?? this.n_left;
		this.n_done = done ?? this.n_done;
		this.left.textContent = [
			Number.isFinite(this.n_left) ?
				`${whole(this.n_left)} left` +
				(this.reviewing.session.is_filtered ?
					" by the filter" : "") : "",
			this.n_done > 0 ? `${whole(this.n_done)} today` : "",
		].filter(Boolean).join(" · ");
	}

	show_waiting() {
		const n = this.outbox.waiting().length;

		clearTimeout(this.waiting_timer);
		this.waiting.hidden = true;
		if (n === 0)
			return;
		/* not for the moment that every verdict takes */
		this.waiting_timer = setTimeout(() => {
			const { fault } = this.outbox;

			this.waiting.hidden = false;
			this.waiting.textContent = fault?.status === 401 ?
				`${n} not sent: open your link again` :
				`${n} waiting to be sent`;
			say(this.waiting.textContent);
		}, 1500);
	}

	/* The screen of the address. */
	go() {
		const [path, query] = (location.hash || "#/").split("?");
		const screen = this.screens[path] ?? this.reviewing;
		const asked = new URLSearchParams(query);
		const main = document.getElementById("main");

		this.open?.close();
		this.open = screen;
		this.links.forEach((link) => {
			const is_here = link.hash === path ||
				(screen === this.reviewing &&
				link.hash === "#/");

			if (is_here)
				link.setAttribute("aria-current", "page");
			else
				link.removeAttribute("aria-current");
		});
		main.className = path.slice(2) || "review";
		main.replaceChildren(screen.element);
		screen.open(path !== "#/item" ? null :
			{ g: asked.get("g") ?? "", f: asked.get("f") ?? "" });
	}

	async leave() {
		if (!await this.outbox.send())
			return message("Some verdicts are not sent yet; stay " +
				"until the server is reached.", { bad: true });
		await post("/api/leave", {});
		this.open?.close();
		document.getElementById("bar").replaceChildren();
		document.getElementById("main").replaceChildren(h("p",
			{ class: "wait", text: "You have left. Open your " +
				"link to come back." }));
	}
}

async function begin()
{
	show_theme();
	try {
		window.chad_review = new Page(await sign_in());
	} catch (fault) {
		document.getElementById("main").replaceChildren(
			h("p", { class: "wait", text: fault.message }),
			button("Try again", begin));
	}
}

begin();
