/*
 * copies.mjs - sounds made up for the tests, and copies of them in links of Ogg
 * Opus as the server makes them
 */

import { spawn } from "node:child_process";

export const RATE = 48000;
const LINK_SEC = 5;
const LEAD = 3840;

/*
 * Resolves with {copy, bytes}: samples, a Float32Array of 48 kHz, in links made
 * by ffmpeg's libopus, to be served as /media/NAME.
 */
export async function make_copy(name, samples)
{
	const links = [];

	for (let start = 0; start < samples.length; start += LINK_SEC * RATE)
		links.push(start);
	const parts = new Array(links.length);
	const work = async () => {
		while (links.length > 0) {
			const start = links.pop();

			parts[start / LINK_SEC / RATE] = await encode(
				samples.subarray(Math.max(start - LEAD, 0),
						 start + LINK_SEC * RATE));
		}
	};
	await Promise.all([work(), work()]);
	const offsets = [0];
	for (const part of parts)
		offsets.push(offsets.at(-1) + part.length);
	return { bytes: Buffer.concat(parts),
		 copy: { url: `/media/${name}`, rate: RATE, lead: LEAD,
			 link_sec: LINK_SEC, n_samples: samples.length,
			 offsets } };
}

function encode(samples)
{
	const ffmpeg = spawn("ffmpeg", ["-v", "error", "-f", "f32le",
		"-ar", String(RATE), "-ac", "1", "-i", "pipe:0", "-c:a",
		"libopus", "-b:a", "64k", "-f", "ogg", "pipe:1"]);
	const got = [];

	ffmpeg.stdout.on("data", data => got.push(data));
	ffmpeg.stderr.pipe(process.stderr);
	ffmpeg.stdin.end(Buffer.from(samples.buffer, samples.byteOffset,
				     samples.byteLength));
	return new Promise((done, fail) => {
		ffmpeg.on("error", fail);
		ffmpeg.on("close", code => code === 0 ?
			done(Buffer.concat(got)) :
			fail(new Error(`ffmpeg ended with ${code}`)));
	});
}

/*
 * A tone that glides with the time of the tune, and a click at every half
 * second of it. tune_time(t): the tune's time at t seconds of the recording,
 * increasing.
 */
export function made_up(n_sec, { tune_time = t => t, hz = 220, click = 0.6,
	level = 0.08 } = {})
{
	const out = new Float32Array(Math.round(n_sec * RATE));
	let phase = 0;
	let last = tune_time(-1 / RATE);

	for (let i = 0; i < out.length; i++) {
		const tune = tune_time(i / RATE);

		phase += 2 * Math.PI / RATE * hz *
			(1 + 0.3 * Math.sin(0.9 * tune));
		out[i] += level * (Math.sin(phase) + 0.5 * Math.sin(2 * phase));
		if (Math.floor(2 * tune) > Math.floor(2 * last))
			for (let k = 0; k < 3 && i + k < out.length; k++)
				out[i + k] += click;
		last = tune;
	}
	return out;
}
