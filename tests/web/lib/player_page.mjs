/*
 * player_page.mjs - a page with a player and a tap at its output, for the tests
 * of the player
 *
 * WEB_MODULES names the node_modules that holds playwright-core; BROWSER the
 * browser, /usr/bin/chromium unless told.
 */

import { createRequire } from "node:module";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { RATE, made_up, make_copy } from "./copies.mjs";
import { start_server } from "./static_server.mjs";

const { chromium } = createRequire(
	path.resolve(process.env.WEB_MODULES ?? "node_modules", "_"))(
	"playwright-core");

/* The other recording is a tenth slower at first, then a tenth faster. */
const alignment = [[2, 1], [13, 11], [31, 31]];
const LONG_SEC = 300;

const media = new Map();
const copies = {};
let browser;
export let server;
export let page;

/* The tune's time at t seconds of the other recording, as TimeMap has it. */
export function tune_time(t)
{
	const [[a, x], [b, y], [c, z]] = alignment;

	if (t < a)
		return x + t - a;
	if (t < b)
		return x + (t - a) * (y - x) / (b - a);
	return t < c ? y + (t - b) * (z - y) / (c - b) : z + t - c;
}

async function add(name, samples)
{
	const { copy, bytes } = await make_copy(`${name}.opus`, samples);

	media.set(`${name}.opus`, bytes);
	copies[name] = copy;
}

/* Five minutes of the same: the second link again and again. */
function add_long()
{
	const { copy, bytes } = { copy: copies.original_mix,
				  bytes: media.get("original_mix.opus") };
	const [, from, to] = copy.offsets;
	const n_links = LONG_SEC / copy.link_sec;
	const offsets = Array.from({ length: n_links + 1 },
		(_, k) => k * (to - from));

	media.set("long.opus", Buffer.concat(Array.from({ length: n_links },
		() => bytes.subarray(from, to))));
	copies.long = { ...copy, url: "/media/long.opus", offsets,
			n_samples: LONG_SEC * RATE };
}

before(async () => {
	server = await start_server(media);
	await add("original_mix", made_up(31));
	await add("original_voice", made_up(31, { hz: 330, level: 0.04 }));
	await add("other_mix", made_up(31, { tune_time, hz: 260 }));
	await add("plain", made_up(12, { click: 0 }));
	add_long();
	browser = await chromium.launch({
		executablePath: process.env.BROWSER ?? "/usr/bin/chromium",
		args: ["--no-sandbox"] });
	page = await browser.newPage();
	page.on("pageerror", error => { throw error; });
	await page.goto(server.url);
	await page.evaluate(async copies => {
		globalThis.lab_js = await import("/test/lab.js");
		globalThis.ready = new Promise(done => {
			document.getElementById("go").onclick = () =>
				done(lab_js.Lab.open());
		});
		globalThis.copies = copies;
	}, copies);
	await page.click("#go");
	await page.evaluate(async alignment => {
		globalThis.lab = await ready;
		globalThis.player = lab.player;
		globalThis.item = { alignment,
			original: { mix: copies.original_mix,
				    voice: copies.original_voice },
			other: { mix: copies.other_mix, voice: null },
			window_original: [0, 31], window_other: [0, 31] };
	}, alignment);
});
after(async () => {
	await browser?.close();
	await server?.close();
});
/*
 * A machine that is busy with other things makes any player late; so a test of
 * time has three attempts, one of which must do.
 */
export function timed_test(name, body)
{
	test(name, async () => {
		for (let n_left = 2; ; n_left--) {
			try {
				return await body();
			} catch (error) {
				if (n_left === 0)
					throw error;
				console.log(`# once more: ${error.message}`);
				await settle();
			}
		}
	});
}

beforeEach(settle);

async function settle()
{
	server.trouble = () => null;
	server.asked.length = 0;
	await page.evaluate(async () => {
		player.stop();
		player.speed = 1;
		player.source = "mix";
		player.load(item);
		await lab_js.sleep(150);
		lab.clear();
	});
}
