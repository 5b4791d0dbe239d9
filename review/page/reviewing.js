/*
 * reviewing.js - the course of a sitting
 *
 * Fragments come, verdicts go, the last ones are taken back. Joins the session,
 * the outbox, the sound and the screen.
 */

import { get, post } from "./api.js";
import { h, button, message, say } from "./dom.js";
import { Session } from "./session.js";
import { Listening } from "./listening.js";
import { ItemScreen } from "./item.js";
import { setting } from "./settings.js";
import { drop_draft, forget_given, last_given, remember_given }
	from "./draft.js";

const SPENT_MAX_SEC = 3600;
const AGAIN_MS = 3000;

/* crypto.randomUUID exists on https and the local machine only. */
function uuid()
{
	const b = crypto.getRandomValues(new Uint8Array(16));

	b[6] = 0x40 | (b[6] & 0x0f);
	b[8] = 0x80 | (b[8] & 0x3f);
	const hex = Array.from(b, (v) => v.toString(16).padStart(2, "0"))
		.join("");
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16),
		hex.slice(16, 20), hex.slice(20)].join("-");
}

export class Reviewing {
	/* leave(): signs out. */
	constructor(me, outbox, leave) {
		this.outbox = outbox;
		this.session = new Session((work) => work.view.then((view) =>
			this.listening.preload(view), () => {}),
		() => outbox.waiting().map(({ g, f }) => ({ g, f })));
		this.listening = new Listening();
		this.screen = new ItemScreen(me.reasons, this.listening, {
			verdict: (body) => this.give(body),
			undo: () => this.undo(),
			skip: () => this.skip(),
			leave,
		});
		this.element = h("div", { class: "reviewing" });
		this.is_busy = false;
		outbox.addEventListener("refused", (event) =>
			this.refused(event.detail));
	}

	/* Goes on where this tab was, or with the fragment of a link. */
	async open(linked) {
		this.screen.open();
		this.is_open = true;
		await this.alone(async () => {
			if (linked) {
				const item = await get("/api/item", linked);

				this.show(await this.session.put_in_front(item),
					false);
				return;
			}
			await this.session.resume();
			this.show(this.session.current ??
				await this.session.next(), false);
		});
	}

	close() {
		this.is_open = false;
		clearTimeout(this.waiting);
		this.screen.close();
	}

	/*
	 * Runs one thing that changes the fragment on show, never two at
	 * once; a fault is told, with a way to try again.
	 */
	async alone(act) {
		if (this.is_busy)
			return;
		this.is_busy = true;
		try {
			await act();
		} catch (fault) {
			this.show_fault(fault);
		} finally {
			this.is_busy = false;
		}
	}

	show_fault(fault) {
		this.screen.work = null;
		const n = this.outbox.waiting().length;
		const kept = n > 0 ? ` ${n} of your verdicts are kept in ` +
			"this browser and will be sent." : "";

		this.show_panel("No fragment", fault.message + kept,
			button("Try again", () => this.go_on()));
		if (fault.is_passing)
			this.waiting = setTimeout(() => this.go_on(), AGAIN_MS);
	}

	/* After a fault: the fragment of before, or the next one. */
	go_on() {
		clearTimeout(this.waiting);
		if (!this.is_open)
			return;
		this.alone(async () => this.show(this.session.current ??
			await this.session.next(), setting("autoplay")));
	}

	show(work, plays) {
		if (!work)
			return this.show_end();
		if (!this.screen.element.isConnected)
			this.element.replaceChildren(this.screen.element);
		this.shown_at = performance.now();
		this.screen.show(work, plays);
		this.session.load_ahead();
	}

	show_end() {
		this.screen.work = null;
		this.listening.player.stop();
		const { is_filtered } = this.session;

		this.show_panel("Nothing left to judge",
			(is_filtered ? "By the filter of the queue there" :
				"There") + " is no fragment for you now: all " +
			"are judged, or others have them on show.",
			is_filtered ? button("Judge without the filter",
				() => this.drop_filter()) : null,
			button("Look again", () => this.go_on()),
			button("Undo the last verdict", () => this.undo(),
				{ key: "Z" }));
	}

	async drop_filter() {
		await this.session.set_filter({});
		this.go_on();
	}

	/* Words instead of a fragment. */
	show_panel(head, text, ...buttons) {
		this.element.replaceChildren(
			h("div", { class: "panel nothing" },
				h("h1", { text: head }), h("p", { text }),
				...buttons.filter(Boolean)));
		say(`${head}. ${text}`);
	}

	async next() {
		this.show(await this.session.next(), setting("autoplay"));
	}

	give(body) {
		this.alone(async () => {
			const verdict = { request_id: uuid(), ...body,
				spent_sec: this.spent_sec() };

			this.outbox.add(verdict);
			remember_given(verdict.request_id);
			this.session.forget();
			this.leave_link();
			await this.next();
		});
	}

	/* Since the fragment came on show, to a tenth. */
	spent_sec() {
		const sec = (performance.now() - this.shown_at) / 1000;

		return Math.round(10 * Math.min(sec, SPENT_MAX_SEC)) / 10;
	}

	/* What a link led to is done: no link any more. */
	leave_link() {
		if (location.hash.startsWith("#/item"))
			history.replaceState(null, "", "#/");
	}

	skip() {
		this.alone(async () => {
			const { name } = this.session.current;

			drop_draft();
			this.leave_link();
			this.show(await this.session.skip(name),
				setting("autoplay"));
		});
	}

	undo() {
		this.alone(async () => {
			const request_id = last_given();

			if (!request_id)
				return message("There is no verdict of this " +
					"sitting to take back.");
			if (!await this.outbox.send())
				return message("The verdict is still on its " +
					"way; it can be taken back when the " +
					"server is reached again.",
				{ bad: true });
			await this.take_back(request_id);
		});
	}

	async take_back(request_id) {
		try {
			const { item } = await post("/api/undo",
				{ request_id });

			forget_given(request_id);
			drop_draft();
			this.show(await this.session.put_in_front(item), false);
			message("Taken back.");
		} catch (fault) {
			if (!fault.is_passing)
				forget_given(request_id);
			message(fault.message, { bad: true });
		}
	}

	refused({ verdict, fault }) {
		forget_given(verdict.request_id);
		message(`Your verdict on ${verdict.f} was not taken: ` +
			fault.message, { bad: true, stay: true });
	}
}
