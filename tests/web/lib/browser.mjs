/*
 * browser.mjs - Chromium for the tests of the page
 *
 * WEB_MODULES is the node_modules folder with playwright-core and axe-core,
 * BROWSER the browser, WEB_OUT the folder of the pictures.
 */

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const MODULES = process.env.WEB_MODULES;
const OUT = process.env.WEB_OUT;

export async function start_browser()
{
	const path = join(MODULES, "playwright-core", "index.mjs");
	const { chromium } = await import(pathToFileURL(path));

	return chromium.launch({
		executablePath: process.env.BROWSER ?? "/usr/bin/chromium",
		args: ["--no-sandbox"],
	});
}

/*
 * A page of its own cookies at a link. "faults" fills with what the page should
 * never do: exceptions, and what the content security policy refused.
 */
export async function open_page(browser, link, options = {})
{
	const context = await browser.newContext({
		viewport: { width: 1280, height: 800 }, ...options });
	const page = await context.newPage();
	const faults = [];

	page.on("pageerror", (fault) => faults.push(String(fault.stack)));
	page.on("console", (line) => {
		if (/Content.Security.Policy|Refused to/i.test(line.text()))
			faults.push(line.text());
	});
	await page.goto(link);
	return { page, faults, close: () => context.close() };
}

/* Until a fragment is on show, with its pictures; other than "before". */
export async function fragment_shown(page, before = null)
{
	await page.waitForFunction((last) => {
		const screen = window.chad_review?.reviewing?.screen;
		const item = screen?.placing && screen.work?.item;

		return item && screen.element.isConnected &&
			!document.querySelector(".stage.empty") &&
			`${item.g} ${item.f}` !== last;
	}, before, { timeout: 40000 });
	return fragment_of(page);
}

/* "group fragment" of the one on show. */
export function fragment_of(page)
{
	return page.evaluate(() => {
		const { item } = window.chad_review.reviewing.screen.work;

		return `${item.g} ${item.f}`;
	});
}

/* { original, other, is_playing, at }: position and time of one moment. */
export function position_of(page)
{
	return page.evaluate(() => ({
		...window.chad_review.reviewing.listening.position(),
		at: performance.now() / 1000,
	}));
}

/* What axe-core finds that is serious or worse, as text. */
export async function serious_faults(page)
{
	await page.evaluate(readFileSync(join(MODULES, "axe-core",
		"axe.min.js"), "utf8"));
	const violations = await page.evaluate(async () =>
		(await window.axe.run(document)).violations);

	return violations.filter((v) =>
		["serious", "critical"].includes(v.impact)).map((v) =>
		[v.id, ...v.nodes.map((n) => n.target.join(" "))].join(", "));
}

/* A picture for people to look at, where WEB_OUT is given. */
export async function picture(page, name)
{
	if (!OUT)
		return;
	mkdirSync(OUT, { recursive: true });
	await page.screenshot({ path: join(OUT, `${name}.png`) });
}
