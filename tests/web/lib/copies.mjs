/*
 * copies.mjs - sounds made up for the tests, and copies of them in links of Ogg
 * Opus as the server makes them
 */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

export const RATE = 48000;
const LINK_SEC = 5;
const LEAD = 3840;

/*
 * Resolves with {copy, bytes}: samples, a Float32Array of 48 kHz, in links made
 * by ffmpeg's libopus, to be served as /media/NAME.
 */
export async function make_copy(name, samples)
{
	const folder = await mkdtemp(path.join(tmpdir(), "copies-"));
	const offsets = [0];
	const parts = [];

	try {
		const files = await encode(samples, folder);

		for (const file of files) {
			parts.push(await readFile(file));
			offsets.push(offsets.at(-1) + parts.at(-1).length);
		}
	} finally {
		await rm(folder, { recursive: true });
	}
	return { bytes: Buffer.concat(parts),
		 copy: { url: `/media/${name}`, rate: RATE, lead: LEAD,
			 link_sec: LINK_SEC, n_samples: samples.length,
			 offsets } };
}

/* The links' files in folder, in order, of one run of ffmpeg. */
function encode(samples, folder)
{
	const n_link = LINK_SEC * RATE;
	const files = [];
	const outputs = [];

	for (let k = 0; k * n_link < samples.length; k++) {
		files.push(path.join(folder, `${k}.opus`));
		outputs.push("-af", "atrim=" +
			`start_sample=${Math.max(k * n_link - LEAD, 0)}:` +
			`end_sample=${(k + 1) * n_link},` +
			"asetpts=PTS-STARTPTS", "-c:a", "libopus", "-b:a",
			"64k", files[k]);
	}
	const ffmpeg = spawn("ffmpeg", ["-v", "error", "-f", "f32le",
		"-ar", String(RATE), "-ac", "1", "-i", "pipe:0", ...outputs],
		{ stdio: ["pipe", "ignore", "inherit"] });
	ffmpeg.stdin.end(Buffer.from(samples.buffer, samples.byteOffset,
				     samples.byteLength));
	return new Promise((done, fail) => {
		ffmpeg.on("error", fail);
		ffmpeg.on("close", code => code === 0 ? done(files) :
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
