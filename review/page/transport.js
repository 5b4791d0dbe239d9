/*
 * transport.js - the buttons of playing and placing
 *
 * What is pressed all the time (playing and the modes) stays in reach at the
 * foot of the screen, the rest stands above the lanes.
 */

import { h, button } from "./dom.js";
import { MODES } from "./listening.js";

const MODE_TEXTS = { original: "Original", other: "Cover",
	ears: "Both ears", turns: "In turns" };

function press(element, is_on)
{
	element.setAttribute("aria-pressed", String(is_on));
}

function group(name, ...children)
{
	return h("div", { class: "together", role: "group",
		"aria-label": name }, ...children);
}

export class Transport {
	constructor(actions) {
		this.play = button("Play", actions.toggle, { key: "Space",
			keys: "Space", class: "play" });
		this.modes = MODES.map((mode, k) => button(MODE_TEXTS[mode],
			actions[mode], { key: String(k + 1), class: mode }));
		this.loop = button("Loop", actions.loop, { key: "L" });
		this.source = button("Voice only", actions.source,
			{ key: "V" });
		this.speed = h("output", { class: "speed" });
		this.lock = button("Move both", actions.lock, { key: "B" });
		this.reset = button("Put back", actions.reset, { key: "0" });
		this.element = group("Playing", this.play, ...this.modes);
		this.tools = h("div", { class: "tools" },
			group("How it is played", this.loop, this.source),
			group("Speed",
				button("Slower", actions.slower, { key: "," }),
				this.speed,
				button("Faster", actions.faster, { key: "." })),
			group("Place",
				button("Back", actions.back, { key: "←",
					keys: "ArrowLeft" }),
				button("Ahead", actions.ahead, { key: "→",
					keys: "ArrowRight" })),
			group("Ends", this.lock, ...this.end_buttons(actions),
				this.reset));
	}

	/* The ends themselves are sliders in the lanes. */
	end_buttons(actions) {
		return [
			button("Cover earlier", actions.offset_back,
				{ key: "<" }),
			button("Cover later", actions.offset_ahead,
				{ key: ">" }),
			button("End to zero drift", actions.snap, { key: "N" }),
		];
	}

	show(listening, is_locked, is_moved) {
		const { is_playing } = listening;

		this.play.firstChild.textContent =
			is_playing ? "Pause" : "Play";
		this.modes.forEach((element, k) =>
			press(element, listening.mode === MODES[k]));
		press(this.loop, listening.is_looping);
		press(this.source, listening.source === "voice");
		this.source.disabled = !listening.has_voice;
		this.speed.textContent = `${listening.speed.toFixed(2)}×`;
		press(this.lock, is_locked);
		this.reset.disabled = !is_moved;
	}
}
