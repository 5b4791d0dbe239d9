/*
 * tap_worklet.js - hands what passes to the page, with the frame of the
 * context's clock that it begins at
 */

class Tap extends AudioWorkletProcessor {
	process([input]) {
		const sides = input.length > 0 ?
			input.map(side => side.slice()) :
			[new Float32Array(128)];	/* nothing plays */

		this.port.postMessage({ frame: currentFrame, sides });
		return true;
	}
}

registerProcessor("tap", Tap);
