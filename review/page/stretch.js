/*
 * stretch.js - sound at another speed and the same pitch, along any increasing
 * map of output time to input time
 *
 * WSOLA: W. Verhelst and M. Roelands, "An overlap-add technique based on
 * waveform similarity (WSOLA) for high quality time-scale modification of
 * speech", ICASSP 1993. The output is made in hops of 12 ms. At the end of a
 * hop the map names a place of the input; within 6 ms around it is chosen the
 * place before which the input is most like what would have followed the last
 * one, and the two are cross-faded over the hop. While what follows is itself
 * within 3 ms of the place named, it is taken without a search and without a
 * fade: speed 1 gives back the input's own samples, and speeds near 1 are
 * joined seldom.
 *
 * Frames are samples of 48 kHz, mono. Nothing here waits or fetches: span()
 * says what input the next frames need, next() is given it.
 */

const HOP = 576;
const TOLERANCE = 288;
const UNSEARCHED = 144;
/* The search goes in steps of COARSE frames first, then of one. */
const COARSE = 4;
const N_COARSE_LAGS = 2 * TOLERANCE / COARSE + 1;
const N_COARSE_HOP = HOP / COARSE;
/* Of places alike the nearest to the map's; 0.05 less at the tolerance. */
const DISTANCE_COST = 0.05;
/* Energy of a hop below which it is silent: -90 dB of full scale. */
const SILENCE = HOP * 1e-9;

const FADE = Float32Array.from({ length: HOP },
	(_, i) => 0.5 - 0.5 * Math.cos(Math.PI * (i + 0.5) / HOP));

export class Stretch {
	#map;
	#n_hops = 0;
	#place;
	#hop = new Float32Array(HOP);
	#n_left = 0;
	#template = new Float32Array(N_COARSE_HOP);
	#region = new Float32Array(N_COARSE_HOP + N_COARSE_LAGS - 1);

	/*
	 * map(i): the input frame (any number, also negative) that belongs at
	 * output frame i = 0, 1, ...; it must not decrease.
	 */
	constructor(map) {
		this.#map = map;
		this.#place = Math.round(map(0));
	}

	#named(n_hops) {
		return Math.round(this.#map(n_hops * HOP));
	}

	/* [from, to): the input frames that next(n) will need. */
	span(n) {
		const n_hops = Math.ceil((n - this.#n_left) / HOP);

		if (n_hops <= 0)
			return [this.#place, this.#place];
		const first = this.#n_hops + 1;
		const last = this.#n_hops + n_hops;
		return [Math.min(this.#place,
				 this.#named(first) - HOP - TOLERANCE),
			Math.max(this.#place + HOP,
				 this.#named(last - 1) + TOLERANCE + HOP,
				 this.#named(last) + TOLERANCE)];
	}

	/*
	 * The next n frames of output, a Float32Array of the caller's.
	 * input: the samples of span(n), zeros where the recording has none.
	 */
	next(n, input) {
		const out = new Float32Array(n);
		const [from] = this.span(n);
		let done = 0;

		while (done < n) {
			if (this.#n_left === 0)
				this.#make_hop(input, from);
			const start = HOP - this.#n_left;
			const take = Math.min(n - done, this.#n_left);
			out.set(this.#hop.subarray(start, start + take), done);
			this.#n_left -= take;
			done += take;
		}
		return out;
	}

	#make_hop(input, from) {
		const named = this.#named(this.#n_hops + 1);
		const natural = this.#place + HOP;
		let place = natural;

		if (Math.abs(natural - named) > UNSEARCHED)
			place = named +
				this.#best_lag(input, this.#place - from,
					       named - HOP - from);
		const a = this.#place - from;
		const b = place - HOP - from;
		if (place === natural)
			this.#hop.set(input.subarray(a, a + HOP));
		else
			for (let i = 0; i < HOP; i++)
				this.#hop[i] = input[a + i] +
					FADE[i] * (input[b + i] - input[a + i]);
		this.#place = place;
		this.#n_hops++;
		this.#n_left = HOP;
	}

	/*
	 * The lag in [-TOLERANCE, TOLERANCE] at which the hop from input[b +
	 * lag] is most like that from input[a]: by the share of their energy
	 * that is no difference, 2 <x, y> / (<x, x> + <y, y>).
	 */
	#best_lag(input, a, b) {
		const near = this.#coarse_lag(input, a, b);
		const low = Math.max(near - COARSE + 1, -TOLERANCE);
		const high = Math.min(near + COARSE - 1, TOLERANCE);
		let best = near;
		let best_likeness = -Infinity;

		for (let lag = low; lag <= high; lag++) {
			let product = 0;
			let energy = SILENCE;

			for (let i = 0; i < HOP; i++) {
				const x = input[a + i];
				const y = input[b + lag + i];

				product += x * y;
				energy += x * x + y * y;
			}
			const likeness = (2 * product + SILENCE) / energy;
			if (likeness > best_likeness ||
			    (likeness === best_likeness &&
			     Math.abs(lag) < Math.abs(best))) {
				best = lag;
				best_likeness = likeness;
			}
		}
		return best;
	}

	#coarse_lag(input, a, b) {
		const template = this.#template;
		const region = this.#region;
		let energy = SILENCE / COARSE;
		let best = 0;
		let best_likeness = -Infinity;

		decimate(input, a, template);
		decimate(input, b - TOLERANCE, region);
		for (let i = 0; i < N_COARSE_HOP; i++)
			energy += template[i] * template[i] +
				region[i] * region[i];
		for (let k = 0; k < N_COARSE_LAGS; k++) {
			const lag = k * COARSE - TOLERANCE;
			const away = lag / TOLERANCE;
			let product = 0;

			for (let i = 0; i < N_COARSE_HOP; i++)
				product += template[i] * region[k + i];
			const likeness = (2 * product + SILENCE / COARSE) /
				energy - DISTANCE_COST * away * away;
			if (likeness > best_likeness) {
				best = lag;
				best_likeness = likeness;
			}
			if (k + 1 < N_COARSE_LAGS)
				energy += region[k + N_COARSE_HOP] ** 2 -
					region[k] ** 2;
		}
		return best;
	}
}

/* out[i]: the mean of COARSE frames of input from frame from + i * COARSE. */
function decimate(input, from, out)
{
	for (let i = 0; i < out.length; i++) {
		const at = from + i * COARSE;

		out[i] = (input[at] + input[at + 1] +
			  input[at + 2] + input[at + 3]) / COARSE;
	}
}
