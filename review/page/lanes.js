/*
 * lanes.js - a lane: the waveform of one recording with the fragment marked
 *
 * Below it a ruler, and the two ends as sliders for fingers and keys. The
 * waveform and the marked region are wavesurfer.js', which gets peaks and has
 * no sound of its own.
 */

import WaveSurfer from "./wavesurfer.esm.js";
import RegionsPlugin from "./regions.esm.js";
import { h, clock, colour, canvas_context } from "./dom.js";
import { Cursor } from "./cursor.js";
import { peaks_of } from "./alignment.js";

const END_NAMES = ["start", "end"];
const STEP_SEC = 0.05, LARGE_STEP_SEC = 0.5;

/* Round distances of a ruler's marks, seconds. */
const RULER_STEPS = [1, 2, 5, 10, 20, 30, 60, 120];
const MARK_PX = 56;

/*
 * wavesurfer puts a style element into its shadow root, which our content
 * security policy refuses. While its place is not in the page yet the policy
 * is not asked: there the element is changed for a sheet made by script.
 */
function adopt_styles(wavesurfer)
{
	const root = wavesurfer.getWrapper().getRootNode();
	const sheet = new CSSStyleSheet();

	for (const style of root.querySelectorAll("style")) {
		sheet.replaceSync(style.textContent);
		style.remove();
	}
	root.adoptedStyleSheets = [sheet];
}

export class Lane {
	/*
	 * "wants": is_together(event) says whether an end takes its partner
	 * with it, seek(side, t) is a click into the waveform.
	 */
	constructor(side, title, wants) {
		this.side = side;
		this.wants = wants;
		this.name = h("span", { class: "lane-name", text: title });
		this.place = h("span", { class: "lane-place" });
		this.why = h("span", { class: "why" });
		this.wave = h("div", { class: "wave",
			onclick: (event) => this.seek_to(event) });
		this.cursor = new Cursor();
		this.ruler = h("canvas", { class: "ruler",
			"aria-hidden": "true" });
		this.thumbs = END_NAMES.map((name, end) =>
			this.thumb(`${title}: ${name} of the fragment`, end));
		this.element = h("section", { class: `lane ${side}`,
			"aria-label": title },
		h("p", { class: "lane-head" }, this.name, this.place,
			this.why),
		h("div", { class: "lane-body" }, this.wave, this.ruler,
			this.cursor.element, ...this.thumbs));
		this.wave.addEventListener("pointermove", (event) => {
			this.last_event = event;
		}, { capture: true });
	}

	thumb(label, end) {
		const thumb = h("div", { class: "thumb", role: "slider",
			tabindex: "0", "aria-label": label });

		thumb.addEventListener("keydown", (event) =>
			this.thumb_key(event, end));
		thumb.addEventListener("focus", () => {
			if (this.placing)
				this.placing.active = { side: this.side, end };
		});
		thumb.addEventListener("pointerdown", (event) => {
			thumb.setPointerCapture(event.pointerId);
			event.preventDefault();
		});
		thumb.addEventListener("pointermove", (event) => {
			if (thumb.hasPointerCapture(event.pointerId))
				this.move_end(end, this.time_at(event), event);
		});
		return thumb;
	}

	thumb_key(event, end) {
		const [low, high] = this.window;
		const now = this.placing.ends[this.side][end];
		const to = {
			ArrowLeft: now - STEP_SEC, ArrowDown: now - STEP_SEC,
			ArrowRight: now + STEP_SEC, ArrowUp: now + STEP_SEC,
			PageDown: now - LARGE_STEP_SEC,
			PageUp: now + LARGE_STEP_SEC, Home: low, End: high,
		}[event.key];

		if (to === undefined || event.ctrlKey || event.metaKey ||
		    event.altKey)
			return;
		event.preventDefault();
		event.stopPropagation();
		this.move_end(end, to, event);
	}

	move_end(end, t, event) {
		this.placing.move_end(this.side, end, t,
			this.wants.is_together(event));
	}

	time_at(event) {
		const { left, width } = this.wave.getBoundingClientRect();
		const [a, b] = this.window;

		return a + (b - a) * (event.clientX - left) / width;
	}

	seek_to(event) {
		if (this.placing && performance.now() - this.dragged_at > 50)
			this.wants.seek(this.side, this.time_at(event));
	}

	/* Another fragment; "source" is "mix" or "voice". */
	show(placing, view_side, source) {
		this.placing = placing;
		this.window = view_side.window;
		this.view_side = view_side;
		this.why.textContent = view_side.why ?? "";
		this.dragged_at = -Infinity;
		this.draw_wave(source);
		this.draw_ends();
		this.draw_ruler();
	}

	draw_wave(source) {
		const { peaks } = this.view_side;
		const { low, high } = peaks_of(
			peaks[source] ?? peaks.mix ?? "");
		const shade = colour(this.side);
		const box = h("div");

		this.wavesurfer?.destroy();
		this.regions = RegionsPlugin.create();
		this.wavesurfer = WaveSurfer.create({
			container: box, height: this.wave.clientHeight || 80,
			waveColor: shade, progressColor: shade, cursorWidth: 0,
			interact: false, hideScrollbar: true, autoScroll: false,
			normalize: true, peaks: [high, low],
			duration: this.window[1] - this.window[0],
			plugins: [this.regions],
		});
		adopt_styles(this.wavesurfer);
		this.wave.replaceChildren(box);
		this.region = null;
		this.wavesurfer.on("ready", () => this.mark());
	}

	mark() {
		const shade = colour("mark");
		const [a, b] = this.placing.ends[this.side];
		const t0 = this.window[0];

		this.regions.clearRegions();
		this.region = this.regions.addRegion({ start: a - t0,
			end: b - t0, color: shade, drag: true, resize: true,
			minLength: 0.5 });
		this.region.on("update", (end) => this.region_moves(end));
		this.region.on("update-end", () => {
			this.dragged_at = performance.now();
			this.draw_ends();
		});
	}

	/* The region under the pointer has moved: so does the placing. */
	region_moves(end) {
		const t0 = this.window[0];
		const ends = [this.region.start + t0, this.region.end + t0];
		const at = end === "end" ? 1 : 0;
		const is_together = this.wants.is_together(
			this.last_event ?? {});

		this.dragged_at = performance.now();
		this.is_dragging = true;
		if (end === undefined)
			this.placing.move_whole(this.side,
				ends[0] - this.placing.ends[this.side][0],
				is_together);
		else
			this.placing.move_end(this.side, at, ends[at],
				is_together);
		this.is_dragging = false;
	}

	/* The marked part and the sliders as the placing has them. */
	draw_ends() {
		const ends = this.placing.ends[this.side];
		const [t0, t1] = this.window;

		if (this.region && !this.is_dragging)
			this.region.setOptions({ start: ends[0] - t0,
				end: ends[1] - t0 });
		this.thumbs.forEach((thumb, end) => {
			thumb.style.left =
				`${100 * (ends[end] - t0) / (t1 - t0)}%`;
			thumb.setAttribute("aria-valuemin", t0.toFixed(2));
			thumb.setAttribute("aria-valuemax", t1.toFixed(2));
			thumb.setAttribute("aria-valuenow",
				ends[end].toFixed(2));
			thumb.setAttribute("aria-valuetext", clock(ends[end]));
		});
		const whole = clock(this.view_side.duration, 0);

		this.place.textContent =
			`${clock(ends[0])} to ${clock(ends[1])} of ${whole}`;
	}

	draw_ruler() {
		const { context, width, height } = canvas_context(this.ruler);
		const [t0, t1] = this.window;
		const step = RULER_STEPS.find((s) =>
			s * width / (t1 - t0) >= MARK_PX) ?? RULER_STEPS.at(-1);

		context.fillStyle = colour("muted");
		context.font = "11px system-ui, sans-serif";
		context.textAlign = "center";
		for (let t = Math.ceil(t0 / step) * step; t <= t1; t += step) {
			const x = width * (t - t0) / (t1 - t0);

			context.fillRect(x, 0, 1, 4);
			if (x > 14 && x < width - 14)
				context.fillText(clock(t, 0), x, height - 3);
		}
	}

	/* The place of the sound. */
	draw_cursor(t) {
		this.cursor.move(t, this.window);
	}
}
