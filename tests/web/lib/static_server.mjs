/*
 * static_server.mjs - serves the page's files, those of the tests and copies of
 * sounds, with Range and the real server's content-security policy
 */

import { readFile } from "node:fs/promises";
import http from "node:http";

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data: blob:; connect-src 'self'; " +
	"media-src 'self' blob:; form-action 'self'; base-uri 'none'; " +
	"frame-ancestors 'none'";
const PAGE = new URL("../../../review/page/", import.meta.url);
const LIB = new URL("./", import.meta.url);
const INDEX = "<!doctype html><html lang=en><title>test</title>" +
	"<button id=go>go</button></html>";

/*
 * media: a Map of a name to bytes, served as /media/NAME. Returns {url, asked:
 * [{name, range}], trouble, close()}; trouble(name, range) may return {status,
 * headers} instead of the bytes, {drop: true} for a broken connection, or
 * {wait_ms}, each after a moment.
 */
export async function start_server(media)
{
	const self = { asked: [], trouble: () => null };
	const server = http.createServer((request, answer) => {
		serve(self, media, request, answer).catch(error => {
			answer.statusCode = 500;
			answer.end(String(error));
		});
	});

	await new Promise(done => server.listen(0, "127.0.0.1", done));
	self.url = `http://127.0.0.1:${server.address().port}`;
	self.close = () => {
		server.closeAllConnections();
		return new Promise(done => server.close(done));
	};
	return self;
}

async function serve(self, media, request, answer)
{
	const [, folder, name] = request.url.split("?")[0].split("/");

	answer.setHeader("Content-Security-Policy", POLICY);
	if (folder === "media" && media.has(name)) {
		await serve_media(self, name, media.get(name), request, answer);
	} else if (request.url === "/") {
		answer.setHeader("Content-Type", "text/html");
		answer.end(INDEX);
	} else if (/^[a-z_]+\.js$/.test(name ?? "") &&
		   (folder === "page" || folder === "test")) {
		answer.setHeader("Content-Type", "text/javascript");
		answer.end(await readFile(
			new URL(name, folder === "page" ? PAGE : LIB)));
	} else {
		answer.statusCode = 404;
		answer.end();
	}
}

async function serve_media(self, name, bytes, request, answer)
{
	const range = request.headers.range;
	const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? "");
	const from = match ? Number(match[1]) : 0;
	const end = match ? Number(match[2]) + 1 : bytes.length;

	self.asked.push({ name, range });
	const trouble = self.trouble(name, range) ?? {};
	if (trouble.wait_ms)
		await new Promise(done => setTimeout(done, trouble.wait_ms));
	if (trouble.drop)
		return request.socket.destroy();
	if (trouble.status) {
		answer.writeHead(trouble.status, trouble.headers);
		return answer.end();
	}
	answer.writeHead(match ? 206 : 200, {
		"Content-Type": "audio/ogg",
		...match && { "Content-Range":
			`bytes ${from}-${end - 1}/${bytes.length}` },
	});
	return answer.end(bytes.subarray(from, end));
}
