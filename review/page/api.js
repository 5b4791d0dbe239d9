/*
 * api.js - requests to the server
 *
 * A fault is an ApiError with the server's sentence. "503" (the catalogue is
 * locked, or a sound is being made) and "429" are asked again after the time
 * that the server gives.
 */

const TRIES = 6;
const VIEW_TRIES = 120;
const WAIT_MAX_SEC = 10;

/* status 0: the server was not reached. */
export class ApiError extends Error {
	constructor(status, sentence) {
		super(sentence);
		this.name = "ApiError";
		this.status = status;
	}

	/* Whether asking again later may help. */
	get is_passing() {
		return this.status === 0 || this.status === 429 ||
			this.status >= 500;
	}
}

let csrf = "";

function wait(sec)
{
	return new Promise((resolve) => {
		setTimeout(resolve, 1000 * sec);
	});
}

function retry_after_sec(response)
{
	const sec = Number(response.headers.get("Retry-After"));

	return sec > 0 ? Math.min(sec, WAIT_MAX_SEC) : 1;
}

async function failure(response)
{
	let sentence = `The server answered ${response.status}.`;

	try {
		sentence = (await response.json()).error || sentence;
	} catch {
		/* not ours: a proxy's page */
	}
	return new ApiError(response.status, sentence);
}

async function ask(path, options, n_tries)
{
	for (let n_asked = 1; ; n_asked++) {
		let response;

		try {
			response = await fetch(path, options);
		} catch (fault) {
			if (fault.name === "AbortError")
				throw fault;
			throw new ApiError(0, "The server cannot be reached.");
		}
		const is_busy = response.status === 503 ||
			response.status === 429;
		if (response.ok)
			return response.json();
		if (!is_busy || n_asked >= n_tries)
			throw await failure(response);
		await wait(retry_after_sec(response));
	}
}

/* The answer to GET path with the members of "query" that are not empty. */
export function get(path, query = {}, { signal, n_tries = TRIES } = {})
{
	const given = Object.entries(query).filter(([, value]) =>
		value !== "" && value !== null && value !== undefined);
	const text = new URLSearchParams(given).toString();

	return ask(text ? `${path}?${text}` : path,
		{ signal, credentials: "same-origin" }, n_tries);
}

/* A server that was started anew may want another X-Csrf: once more with it. */
export async function post(path, body, { n_tries = TRIES } = {})
{
	const send = () => ask(path, {
		method: "POST", credentials: "same-origin",
		headers: { "Content-Type": "application/json", "X-Csrf": csrf },
		body: JSON.stringify(body),
	}, n_tries);

	try {
		return await send();
	} catch (fault) {
		if (fault.status !== 403)
			throw fault;
		await sign_in();
		return send();
	}
}

/* Who we are; posts are possible after it. */
export async function sign_in()
{
	const me = await get("/api/me");

	csrf = me.csrf;
	return me;
}

/* The view of a fragment; making one may take a while. */
export function get_view({ g, f })
{
	return get("/api/view", { g, f }, { n_tries: VIEW_TRIES });
}
