/*
 * review.mjs - a review server of its own for a test
 *
 * WEB_CORPUS is a folder that corpus.sh made, BIN that of the commands. Each
 * server has a copy of the catalogue; all share the copies of the sounds.
 */

import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = { annotator: "Alice", other: "Bob", adjudicator: "Judge",
	admin: "Root" };
const ROLES = { annotator: "annotator", other: "annotator",
	adjudicator: "adjudicator", admin: "admin" };
const CORPUS = process.env.WEB_CORPUS;
const REVIEW = join(process.env.BIN ?? "", "chad-review");
const START_MS = 20000;

async function free_port()
{
	const server = createServer().listen(0, "127.0.0.1");

	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/* Paths in the catalogue are relative to the corpus. */
function start_server(port, catalogue)
{
	return spawn(REVIEW, ["--quiet", "--catalogue", catalogue, "--port",
		String(port), "--cache", join(CORPUS, "cache"), "serve"],
		{ cwd: CORPUS, stdio: ["ignore", "ignore", "inherit"] });
}

/* The link of a new account, as "chad-review invite" prints it. */
function invite(catalogue, port, who)
{
	const line = execFileSync(REVIEW, ["--catalogue", catalogue, "--port",
		String(port), "--role", ROLES[who], "invite", NAMES[who]],
		{ encoding: "utf8" });

	return line.trim().split("\t")[1];
}

async function until_alive(url)
{
	const end = Date.now() + START_MS;

	for (;;) {
		try {
			if ((await fetch(`${url}/healthz`)).ok)
				return;
		} catch {
			/* not yet */
		}
		if (Date.now() > end)
			throw new Error(`no server at ${url}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/*
 * { url, name(role), link(role), verdicts(), kill(), start(), stop() }: roles
 * are annotator, other (an annotator too), adjudicator, admin; verdicts() are
 * records as FORMAT.md "Reviews" has them; kill() is kill -9, start() goes on
 * with the same catalogue at the same port.
 */
export async function start_review()
{
	const folder = mkdtempSync(join(tmpdir(), "review-"));
	const catalogue = join(folder, "chad.sqlite");
	const port = await free_port();
	const url = `http://127.0.0.1:${port}`;
	const links = {};
	let server = null;

	copyFileSync(join(CORPUS, "chad.sqlite"), catalogue);
	for (const who of Object.keys(NAMES))
		links[who] = invite(catalogue, port, who);

	async function start()
	{
		server = start_server(port, catalogue);
		await until_alive(url);
	}

	async function kill()
	{
		if (server.exitCode !== null || server.signalCode !== null)
			return;
		const ended = new Promise((resolve) =>
			server.once("exit", resolve));

		server.kill("SIGKILL");
		await ended;
	}

	async function verdicts()
	{
		const entered = await fetch(links.admin,
			{ redirect: "manual" });
		const cookie = entered.headers.get("set-cookie").split(";")[0];
		const answer = await fetch(`${url}/api/export?format=jsonl`,
			{ headers: { cookie } });

		return (await answer.text()).split("\n").filter(Boolean)
			.map((line) => JSON.parse(line));
	}

	await start();
	return {
		url, verdicts, start, kill,
		name: (role) => NAMES[role],
		link: (role) => links[role],
		async stop()
		{
			await kill();
			rmSync(folder, { recursive: true });
		},
	};
}
