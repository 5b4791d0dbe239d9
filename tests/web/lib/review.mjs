/*
 * review.mjs - a review server of its own for a test
 *
 * Needs REVIEW_SERVER: a command that serves a made-up catalogue at the port
 * that it is given, keeps verdicts in the file that it is given, and knows the
 * people below by their tokens. Only start_server() knows it.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TOKENS = { annotator: "tokA", other: "tokB", adjudicator: "tokJ",
	admin: "tokR" };
const NAMES = { annotator: "Alice", other: "Bob", adjudicator: "Judge",
	admin: "Root" };
const START_MS = 20000;

async function free_port()
{
	const server = createServer().listen(0, "127.0.0.1");

	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

function start_server(port, folder)
{
	const [command, ...words] = process.env.REVIEW_SERVER.split(" ");

	return spawn(command, [...words, String(port),
		join(folder, "state.json")], { stdio: ["ignore", "ignore",
		"inherit"] });
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
	const port = await free_port();
	const url = `http://127.0.0.1:${port}`;
	let server = null;

	async function start()
	{
		server = start_server(port, folder);
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
		const entered = await fetch(`${url}/enter/${TOKENS.admin}`,
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
		link: (role) => `${url}/enter/${TOKENS[role]}`,
		async stop()
		{
			await kill();
			rmSync(folder, { recursive: true });
		},
	};
}
