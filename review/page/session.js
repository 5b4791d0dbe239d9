/*
 * session.js - the fragments that this person has claimed
 *
 * The one on show and the one loaded ahead, so that the next is there at once.
 *
 * Event "left": how many remain (detail), as the server last said.
 */

import { get, post, get_view, ApiError } from "./api.js";

const RENEW_MS = 4 * 60 * 1000;
const IN_USE_MS = 10 * 60 * 1000;
const PLACE = "chad-review.current";
const HAVE_MAX = 8;		/* names in a claim */
const SKIPPED_AGAIN_MAX = 4;

/* A fragment and its view, which is on its way. */
export class Work {
	constructor(item) {
		this.item = item;
		this.load();
	}

	/* Asks for the view; once more where that failed. */
	load() {
		this.view = get_view(this.item);
		this.view.catch(() => {});	/* told when it is shown */
	}

	get name() {
		return { g: this.item.g, f: this.item.f };
	}
}

function key_of({ g, f })
{
	return JSON.stringify([g, f]);
}

export class Session extends EventTarget {
	/*
	 * prepare(work): loads its sounds. pending(): fragments whose verdicts
	 * have not been answered yet, so that they are not given again.
	 */
	constructor(prepare, pending) {
		super();
		this.prepare = prepare;
		this.pending = pending;
		this.skipped = new Set();
		this.filter = {};
		this.current = null;
		this.ahead = null;
		this.coming = null;
		this.used_at = Date.now();
		setInterval(() => this.renew(), RENEW_MS);
	}

	/* The fragments that the page holds. */
	have() {
		return [this.current, this.ahead].filter(Boolean)
			.map((work) => work.name);
	}

	get is_filtered() {
		const { group, status, model, low = 0, high = 1 } = this.filter;

		return Boolean(group || status || model || low > 0 || high < 1);
	}

	async claim_one(have, renew = false) {
		const { item, left } = await post("/api/claim", { renew,
			filter: this.filter, have: have.slice(0, HAVE_MAX) });

		this.dispatchEvent(new CustomEvent("left", { detail: left }));
		return item;
	}

	/* What was skipped is the queue's first again: then one behind it. */
	async claim() {
		const have = [...this.have(), ...this.pending()];
		const again = [];
		let item = await this.claim_one(have);

		while (item && this.skipped.has(key_of(item)) &&
		    again.length < SKIPPED_AGAIN_MAX) {
			again.push({ g: item.g, f: item.f });
			item = await this.claim_one([...again, ...have]);
		}
		for (const name of again)
			this.give_back(name);
		return item;
	}

	/* Another filter: what was loaded ahead may not fit it. */
	async set_filter(filter) {
		this.filter = filter;
		await this.coming;
		for (const name of this.have())
			this.give_back(name);
		this.current = this.ahead = null;
	}

	/* The fragment that was on show before the page was loaded again. */
	async resume() {
		const kept = sessionStorage.getItem(PLACE);

		if (!kept || this.current)
			return;
		try {
			this.show(new Work(await get("/api/item",
				JSON.parse(kept))));
		} catch (fault) {
			if (fault instanceof ApiError && fault.is_passing)
				throw fault;
			sessionStorage.removeItem(PLACE);
		}
	}

	show(work) {
		this.current = work;
		sessionStorage.setItem(PLACE, JSON.stringify(work.name));
	}

	/* Waits for the one ahead, or asks for one. */
	async want_ahead() {
		await this.coming;
		if (this.ahead)
			return;
		const item = await this.claim();

		this.ahead = item && new Work(item);
	}

	/* The next fragment, or null when there is none for this person. */
	async next() {
		this.used_at = Date.now();
		await this.want_ahead();
		const work = this.ahead;

		this.ahead = null;
		if (work)
			this.show(work);
		else
			this.forget();
		return work;
	}

	/*
	 * The next one, and the one on show back to others; claimed before the
	 * release, or we would be given it again.
	 */
	async skip(name) {
		this.skipped.add(key_of(name));
		await this.want_ahead();
		this.give_back(name);
		return this.next();
	}

	/* The one on show is done with. */
	forget() {
		this.current = null;
		sessionStorage.removeItem(PLACE);
	}

	/* Claims one more and begins to load it. */
	load_ahead() {
		if (this.ahead || this.coming)
			return;
		this.coming = this.claim().then((item) => {
			if (!item)
				return;
			this.ahead = new Work(item);
			this.prepare(this.ahead);
		}).catch(() => {
			/* next() asks again and tells what is wrong */
		}).finally(() => { this.coming = null; });
	}

	/* A fragment from elsewhere (undo, a link); the one on show waits. */
	async put_in_front(item) {
		await this.coming;
		const before = this.current;

		if (before && key_of(before.item) !== key_of(item)) {
			if (this.ahead)
				this.give_back(this.ahead.name);
			this.ahead = before;
		}
		this.show(new Work(item));
		return this.current;
	}

	give_back(name) {
		post("/api/release", name).catch(() => {
			/* the claim ends by itself */
		});
	}

	/* Claims last for minutes; while the page is in use they hold on. */
	async renew() {
		const is_used = document.visibilityState === "visible" &&
			Date.now() - this.used_at < IN_USE_MS;

		if (!is_used || !this.current)
			return;
		try {
			await this.claim_one(this.have(), true);
		} catch {
			/* the next verdict tells when the server is away */
		}
	}
}
