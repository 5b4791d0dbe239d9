/*
 * item.js - the screen of one fragment
 *
 * What it looks like (lanes, curves, matrix), how it is heard and what is said
 * of it. Which fragment comes is session.js'.
 */

import { h, say, message, figure, clock } from "./dom.js";
import { Lane } from "./lanes.js";
import { Curves } from "./curves.js";
import { Matrix } from "./matrix.js";
import { Transport } from "./transport.js";
import { Judging, VERDICT_TEXTS } from "./judging.js";
import { Placing } from "./placing.js";
import { MODES } from "./listening.js";
import { listen_to_keys } from "./keys.js";
import { show_help } from "./help.js";
import { setting, set_setting } from "./settings.js";
import { kept_draft, keep_draft, drop_draft } from "./draft.js";

const STEP_SEC = 0.05;
const AGAIN_MS = 3000;
const SEEK_SEC = 1, LONG_SEEK_SEC = 5;

export class ItemScreen {
	/*
	 * "wants": verdict(body), undo(), skip(), leave(). codes: the reasons
	 * there are.
	 */
	constructor(codes, listening, wants) {
		this.listening = listening;
		this.wants = wants;
		this.actions = this.make_actions();
		this.transport = new Transport(this.actions);
		this.judging = new Judging(codes, this.actions);
		this.lanes = {
			original: this.lane("original", "Original"),
			other: this.lane("other", "Cover"),
		};
		this.curves = new Curves();
		this.matrix = new Matrix();
		this.make_element();
		this.judging.addEventListener("change", () => this.keep());
		listening.addEventListener("state", () => this.show_state());
		listening.addEventListener("error", (event) => {
			if (this.is_open)
				message(event.detail, { bad: true });
		});
		this.work = null;
	}

	lane(side, title) {
		return new Lane(side, title, {
			is_together: (event) =>
				setting("lock") !== Boolean(event.shiftKey),
			seek: (of, t) => this.listening.seek(of === "original" ?
				t : this.placing.map.to_original(t)),
		});
	}

	make_element() {
		this.title = h("h1", { tabindex: "-1" });
		this.facts = h("p", { class: "facts" });
		this.wait = h("p", { class: "wait" });
		this.stage = h("div", { class: "stage" },
			h("div", { class: "lanes" }, this.transport.tools,
				this.lanes.original.element,
				this.lanes.other.element, this.curves.element),
			h("div", { class: "beside" }, this.judging.element,
				this.matrix.element));
		this.element = h("div", { class: "item" },
			h("div", { class: "item-head" }, this.title,
				this.facts),
			this.wait, this.stage,
			h("div", { class: "controls" }, this.transport.element,
				this.judging.verdicts, this.judging.after));
	}

	make_actions() {
		const sound = this.listening;
		const moves = (side, end, by) => (event) => this.move_end(
			event.altKey ? "other" : side, end, by);
		const seeks = (direction) => (event) => this.seek_by(direction *
			(event.shiftKey ? LONG_SEEK_SEC : SEEK_SEC));
		const judges = (verdict) => () => this.judge(verdict);

		return {
			toggle: () => sound.toggle(),
			...Object.fromEntries(MODES.map((mode) =>
				[mode, () => sound.play(mode)])),
			loop: () => sound.toggle_loop(),
			slower: () => this.change_speed(-1),
			faster: () => this.change_speed(1),
			speed: () => this.change_speed(0),
			source: () => this.toggle_source(),
			back: seeks(-1), ahead: seeks(1),
			home: () => this.placing &&
				sound.seek(this.placing.ends.original[0]),
			accept: judges("accept"), reject: judges("reject"),
			unsure: judges("unsure"),
			reasons: () => this.choose_reasons(),
			reason: (k) => this.judging.toggle(k),
			comment: () => this.judging.note.focus(),
			escape: () => this.escape(),
			undo: () => this.wants.undo(),
			skip: () => this.work && this.wants.skip(),
			start_back: moves("original", 0, -STEP_SEC),
			start_ahead: moves("original", 0, STEP_SEC),
			end_back: moves("original", 1, -STEP_SEC),
			end_ahead: moves("original", 1, STEP_SEC),
			offset_back: () => this.move_offset(-STEP_SEC),
			offset_ahead: () => this.move_offset(STEP_SEC),
			snap: (event) => this.snap(event.shiftKey ? -1 : 1),
			lock: () => this.toggle_lock(),
			reset: () => this.placing?.reset(),
			help: () => show_help(this.wants.leave),
		};
	}

	/* Takes the keys, and draws anew when its size changes. */
	open() {
		this.is_open = true;
		this.end_keys = listen_to_keys(this.actions,
			() => this.judging.is_choosing);
		this.resizing = new ResizeObserver(() => this.draw());
		this.resizing.observe(this.stage);
	}

	close() {
		this.is_open = false;
		this.end_keys();
		this.resizing.disconnect();
		this.listening.pause();
	}

	/* Shows a fragment, and plays it when told to. */
	async show(work, plays) {
		this.work = work;
		this.placing = null;
		this.listening.clear();
		this.show_facts(work.item);
		this.judging.show(work.item, kept_draft(work.item));
		this.stage.classList.add("empty");
		this.wait.textContent =
			"The sound and the pictures are being made…";
		this.wait.hidden = false;
		let view;

		try {
			view = await work.view;
		} catch (fault) {
			if (this.work === work)
				this.show_fault(fault, work, plays);
			return;
		}
		if (this.work !== work)
			return;
		this.wait.hidden = true;
		this.stage.classList.remove("empty");
		this.show_view(view, work.item);
		if (plays && this.is_open)
			this.listening.play();
	}

	/* A fault that may pass is waited for; the rest people skip. */
	show_fault(fault, work, plays) {
		this.wait.textContent = fault.is_passing ?
			`${fault.message} Trying again…` :
			`${fault.message} Skip this fragment.`;
		if (!fault.is_passing)
			return;
		setTimeout(() => {
			if (this.work !== work || !this.is_open)
				return;
			work.load();
			this.show(work, plays);
		}, AGAIN_MS);
	}

	show_facts(item) {
		const is_hum = item.audio_type === "humming";
		const fact = (name, value) => Number.isFinite(value) ?
			`${name} ${figure(value)}` : "";
		const facts = [item.artist, is_hum ? "humming" : "cover",
			fact("probability", item.probability),
			fact("correlation", item.correlation),
			fact("tempo ×", item.tempo_ratio)];

		this.title.textContent = item.title || item.g;
		this.title.title = this.title.textContent;
		say(`${this.last_said ?? ""}${this.title.textContent}`);
		this.last_said = "";
		this.facts.textContent = facts.filter(Boolean).join(" · ");
		this.lanes.original.name.textContent =
			`Original ${item.original_id}`;
		this.lanes.other.name.textContent =
			`${is_hum ? "Humming" : "Cover"} ${item.id}`;
	}

	show_view(view, item) {
		const placing = new Placing(item, view, this.kept_ends(item));

		this.points = placing.points;
		placing.addEventListener("change", () => this.moved());
		this.listening.show(view, placing);
		this.shown_source = this.listening.source;
		for (const side of ["original", "other"]) {
			this.lanes[side].show(placing, view[side],
				this.shown_source);
		}
		this.curves.show(view, placing);
		this.matrix.show(view, placing);
		this.placing = placing;
		this.show_state();
	}

	/* Ends that were moved before a reload, or by a verdict taken back. */
	kept_ends(item) {
		const { own } = item;

		return kept_draft(item) ?? (own ? {
			original: own.original_interval ??
				item.original_interval,
			other: own.interval ?? item.interval,
		} : null);
	}

	draw() {
		if (!this.placing)
			return;
		this.curves.draw();
		this.matrix.draw();
		for (const lane of Object.values(this.lanes))
			lane.draw_ruler();
	}

	/* After another theme, too. */
	draw_anew() {
		if (this.placing)
			this.show_waves();
		this.draw();
	}

	show_waves() {
		for (const lane of Object.values(this.lanes))
			lane.draw_wave(this.listening.source);
		this.shown_source = this.listening.source;
	}

	show_state() {
		const { listening, placing } = this;

		if (!this.is_open)
			return;
		this.transport.show(listening, setting("lock"),
			placing?.is_changed ?? false);
		if (!placing)
			return;
		if (this.shown_source !== listening.source)
			this.show_waves();
		this.element.classList.toggle("blocked", listening.is_blocked);
		this.move_cursor();
	}

	/* The fragment's ends were moved. */
	moved() {
		for (const lane of Object.values(this.lanes))
			lane.draw_ends();
		this.keep();
		cancelAnimationFrame(this.drawing);
		this.drawing = requestAnimationFrame(() => {
			this.curves.draw();
			this.matrix.draw();
			this.show_state();
		});
		clearTimeout(this.settling);
		this.settling = setTimeout(() => this.moved_sound(), 200);
	}

	/* What is heard follows when the ends stand still. */
	moved_sound() {
		const is_realigned = this.points !== this.placing.points;

		this.points = this.placing.points;
		this.listening.placing_moved(is_realigned);
	}

	keep() {
		if (this.placing)
			keep_draft(this.work.item, { ...this.placing.ends,
				...this.judging.said() });
	}

	move_end(side, end, by) {
		if (!this.placing)
			return;
		const now = this.placing.ends[side][end];

		this.placing.move_end(side, end, now + by, setting("lock"));
		say(`${end === 0 ? "Start" : "End"} ` +
			clock(this.placing.ends[side][end]));
	}

	move_offset(by) {
		if (!this.placing)
			return;
		this.placing.move_whole("other", by, false);
		say(`Cover from ${clock(this.placing.ends.other[0])}`);
	}

	snap(direction) {
		if (!this.placing)
			return;
		if (this.placing.snap(direction))
			say("Moved to a zero of the drift.");
		else
			message("The drift has no further zero there.");
	}

	toggle_lock() {
		set_setting("lock", !setting("lock"));
		say(setting("lock") ? "Both recordings move together." :
			"Each recording moves alone.");
		this.show_state();
	}

	toggle_source() {
		if (this.placing && !this.listening.has_voice)
			return message("The voice was not separated in both " +
				"recordings.");
		this.listening.toggle_source();
		say(this.listening.source === "voice" ? "Voice only." :
			"Full mix.");
	}

	seek_by(sec) {
		if (this.placing)
			this.listening.seek(
				this.listening.position().original + sec);
	}

	change_speed(direction) {
		if (direction === 0)
			this.listening.next_speed();
		else
			this.listening.change_speed(direction);
		say(`Speed ${this.listening.speed}`);
	}

	choose_reasons() {
		this.judging.choose(!this.judging.is_choosing);
		say(this.judging.is_choosing ? "Digits choose reasons." :
			"Digits choose what is played.");
	}

	escape() {
		this.judging.choose(false);
		document.activeElement.blur();
	}

	/* Says what the person thinks, and hands it on. */
	judge(verdict) {
		if (!this.work || !this.placing)
			return;
		const moved = (side) => verdict === "accept" ?
			this.placing.moved_interval(side) : null;
		const { g, f } = this.work.item;

		clearTimeout(this.settling);
		this.last_said = `${VERDICT_TEXTS[verdict]}. Next: `;
		this.wants.verdict({
			g, f, verdict, interval: moved("other"),
			original_interval: moved("original"),
			...this.judging.said(),
		});
		drop_draft();
	}

	draw_cursor() {
		const now = this.listening.position();

		this.lanes.original.draw_cursor(now.original);
		this.lanes.other.draw_cursor(now.other);
		this.curves.draw_cursor(now.original);
		this.matrix.draw_cursor(now.original);
	}

	/* With the sound, every frame while there is some. */
	move_cursor() {
		cancelAnimationFrame(this.next_move);
		if (!this.is_open || !this.placing)
			return;
		this.draw_cursor();
		if (this.listening.is_playing)
			this.next_move = requestAnimationFrame(
				() => this.move_cursor());
	}
}
