/*
 * draft.js - what a person has done and not yet said
 *
 * It is kept in this tab, so that loading the page again loses nothing; and so
 * are the verdicts that can be taken back.
 */

const DRAFT = "chad-review.draft";
const GIVEN = "chad-review.given";
const N_GIVEN = 50;

function read(place, otherwise)
{
	try {
		return JSON.parse(sessionStorage.getItem(place)) ?? otherwise;
	} catch {
		return otherwise;
	}
}

function write(place, value)
{
	try {
		sessionStorage.setItem(place, JSON.stringify(value));
	} catch {
		/* full or refused: then it lives as long as the page */
	}
}

/* { original, other, reasons, note } of this fragment, or null. */
export function kept_draft({ g, f })
{
	const draft = read(DRAFT, null);

	return draft && draft.g === g && draft.f === f ? draft : null;
}

export function keep_draft({ g, f }, draft)
{
	write(DRAFT, { g, f, ...draft });
}

export function drop_draft()
{
	sessionStorage.removeItem(DRAFT);
}

/* request_id of verdicts, the last one last. */
export function remember_given(request_id)
{
	write(GIVEN, [...read(GIVEN, []), request_id].slice(-N_GIVEN));
}

export function last_given()
{
	return read(GIVEN, []).at(-1) ?? null;
}

export function forget_given(request_id)
{
	write(GIVEN, read(GIVEN, []).filter((id) => id !== request_id));
}
