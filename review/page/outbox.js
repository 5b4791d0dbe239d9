/*
 * outbox.js - verdicts on their way
 *
 * A verdict is written down in this browser before it is sent, and struck out
 * when the server has answered; so none is lost when the server, the network or
 * the page goes away in between. The server takes a request_id once, so sending
 * it again does no harm.
 *
 * Events: "change" (the number that waits), "sent" (detail: the verdict and
 * the answer), "refused" (detail: the verdict and the fault; it is struck out).
 */

import { post, ApiError } from "./api.js";

const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 15000;

export class Outbox extends EventTarget {
	constructor(name) {
		super();
		this.place = `chad-review.outbox.${name}`;
		this.wait_ms = FIRST_WAIT_MS;
		this.timer = 0;
		this.sending = null;
		this.in_memory = [];
		window.addEventListener("online", () => this.send());
		window.addEventListener("storage", (event) => {
			if (event.key === this.place)
				this.dispatchEvent(new Event("change"));
		});
	}

	waiting() {
		try {
			const text = localStorage.getItem(this.place);

			return [...JSON.parse(text) ?? [], ...this.in_memory];
		} catch {
			return this.in_memory;
		}
	}

	/* Other windows of this person may have written meanwhile. */
	keep(list) {
		try {
			localStorage.setItem(this.place, JSON.stringify(list));
			this.in_memory = [];
		} catch {
			this.in_memory = list;
		}
		this.dispatchEvent(new Event("change"));
	}

	add(verdict) {
		this.keep([...this.waiting(), verdict]);
		this.send();
	}

	strike_out(request_id) {
		this.keep(this.waiting().filter((v) =>
			v.request_id !== request_id));
	}

	/* Sends what waits; true when nothing waits any more. */
	send() {
		clearTimeout(this.timer);
		this.sending ??= this.send_all().finally(() => {
			this.sending = null;
			if (this.waiting().length > 0)
				this.later();
		});
		return this.sending;
	}

	later() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.send(), this.wait_ms);
		this.wait_ms = Math.min(2 * this.wait_ms, LAST_WAIT_MS);
	}

	async send_all() {
		for (;;) {
			const [verdict] = this.waiting();

			if (!verdict)
				return true;
			if (!await this.send_one(verdict))
				return false;
		}
	}

	async send_one(verdict) {
		try {
			const answer = await post("/api/verdict", verdict,
				{ n_tries: 1 });

			this.wait_ms = FIRST_WAIT_MS;
			this.strike_out(verdict.request_id);
			this.tell("sent", { verdict, answer });
			return true;
		} catch (fault) {
			if (!(fault instanceof ApiError))
				throw fault;
			this.fault = fault;
			if (fault.is_passing || fault.status === 401)
				return false;
			this.strike_out(verdict.request_id);
			this.tell("refused", { verdict, fault });
			return true;
		}
	}

	tell(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}
}
