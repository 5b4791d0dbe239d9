/*
 * chad-fetch -- bring the recordings of a manifest here from their addresses,
 * or tell which of them can still be had.
 *
 * For each record the file behind "url" (http, https, ftp, file, s3), or the
 * sound of the video behind "youtube_id", is fetched under --work; the record
 * gets "audio_filepath", "fetch.path" and what else FORMAT.md lists.  A file
 * that was fetched before is not fetched again; one that was broken off is gone
 * on with.
 *
 * Options: chad-fetch.1.  Members of a record: manifests/FORMAT.md.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include "fetch/availability.h"
#include "fetch/claims.h"
#include "fetch/download.h"
#include "fetch/facts.h"
#include "fetch/probe.h"
#include "fetch/video.h"
#include "manifests/artefact.h"
#include "manifests/stream.h"

#define THREADS_PER_TRANSFER 4	/* so that who waits keeps nobody from work */
#define MAX_THREADS 256
#define BUSY_NSEC 200000000
#define MAX_HOSTS 50		/* in the table of a check */

/* What the user chose. */
struct settings {
	struct stream_options stream;
	size_t n_parallel, max_per_host, rate, n_tries, timeout_sec, max_bytes;
	double pause_sec, backoff_sec, max_wait_sec, max_sec;
	const char *pages;
	bool is_check;
};

/* What every worker shares. */
struct shared {
	const struct settings *set;
	struct transfers *transfers;
	struct claims *claims;
	struct availability *found;	/* by a check */
	atomic_bool *has_told_terms;
};

/* One thing to fetch, and where it goes. */
struct item {
	const char *url;
	bool is_video;
	const char *sha256;	/* that the record states, or NULL */
	size_t n_bytes;		/* the same, or 0 */
	char key[HASH_HEX_BYTES];
	const char *facts_path;	/* written last: then all is done */
	const char *part_path;
	const char *folder;	/* of a video */
	const char *check_path;	/* what the last check found */
};

static const struct artefact_recipe recipe = { "chad-fetch", "1", "", "" };

/* A path of the item. */
static const char *
path_of(const struct shared *s, const char *key, const char *suffix,
    struct arena *a, struct error *err)
{
	return artefact_path(s->set->stream.work_folder, &recipe, key, suffix,
	    a, err);
}

/* The address, and whether it is one for yt-dlp. */
static int
find_address(const struct shared *s, const struct json *rec,
    struct item *item, struct arena *a, struct error *err)
{
	const char *id;

	if (json_get_string(rec, "url", NULL, &item->url, err) != 0 ||
	    json_get_string(rec, "youtube_id", NULL, &id, err) != 0)
		return -1;
	if (item->url != NULL && item->url[0] != '\0') {
		item->is_video = video_is_page(item->url, s->set->pages);
		return 0;
	}
	if (id == NULL || id[0] == '\0')
		return error_set(err, ERROR_FORMAT, "no \"url\" and no "
		    "\"youtube_id\": give one of them");
	item->is_video = true;
	item->url = video_url(id, a, err);
	return item->url == NULL ? -1 : 0;
}

/* What the record wants, and its names. */
static int
find_item(const struct shared *s, const struct json *rec, struct item *item,
    struct arena *a, struct error *err)
{
	char input_key[HASH_HEX_BYTES];

	if (find_address(s, rec, item, a, err) != 0 ||
	    json_get_string(rec, "sha256", NULL, &item->sha256, err) != 0 ||
	    json_get_size(rec, "n_bytes", 0, &item->n_bytes, err) != 0)
		return -1;
	if (item->sha256 != NULL && !download_is_pin(item->sha256))
		return error_set(err, ERROR_FORMAT, "\"sha256\" is \"%.80s\": "
		    "give its 64 hex digits, or at least the first %d",
		    item->sha256, DOWNLOAD_MIN_PIN);
	hash_texts(input_key, item->url,
	    item->sha256 != NULL ? item->sha256 : "", (const char *)NULL);
	artefact_key(&recipe, input_key, item->key);
	item->facts_path = path_of(s, item->key, "json", a, err);
	item->part_path = path_of(s, item->key, "part", a, err);
	item->folder = path_of(s, item->key, "video", a, err);
	item->check_path = path_of(s, item->key, "check.json", a, err);
	return item->facts_path == NULL || item->part_path == NULL ||
	    item->folder == NULL || item->check_path == NULL ? -1 : 0;
}

/* Put what is known of the file on the record. */
static int
put_facts(const struct shared *s, const struct item *item,
    const struct json *facts, const char *path, struct json *rec,
    struct arena *a, struct error *err)
{
	json_remove(rec, "fetch");
	if (json_put(rec, "fetch", facts, err) != 0 ||
	    json_put_string(rec, "fetch.path", path, err) != 0 ||
	    json_put_string(rec, "fetch.key", item->key, err) != 0)
		return -1;
	json_remove(rec, "fetch.suffix");
	json_remove(rec, "fetch.has_info");
	if (json_has(facts, "has_info")) {
		const char *info = path_of(s, item->key, "info.json", a, err);

		if (info == NULL || json_put_string(rec, "fetch.info_path",
		    info, err) != 0)
			return -1;
	}
	return json_put_string(rec, "audio_filepath", path, err);
}

/* Take what an earlier run has fetched.  1: nothing is there. */
static int
take_fetched(const struct shared *s, const struct item *item,
    struct json *rec, struct arena *a, struct error *err)
{
	struct json *facts = json_load(item->facts_path, NULL);
	const char *suffix, *path;
	struct stat st;
	size_t n_bytes;
	int result = 1;

	if (facts == NULL)
		return 1;
	if (json_want_string(facts, "suffix", &suffix, NULL) == 0 &&
	    json_want_size(facts, "n_bytes", &n_bytes, NULL) == 0) {
		path = path_of(s, item->key, suffix, a, err);
		result = path == NULL ? -1 : stat(path, &st) != 0 ||
		    (size_t)st.st_size != n_bytes ? 1 :
		    put_facts(s, item, facts, path, rec, a, err);
	}
	json_free(facts);
	return result;
}

/* What is known of a file that came. */
static struct json *
describe(const struct item *item, const char *suffix, const char *sha256,
    size_t n_bytes, struct error *err)
{
	struct json *facts = json_new_object(err);

	if (facts != NULL && json_put_string(facts, "url", item->url,
	    err) == 0 && json_put_string(facts, "suffix", suffix, err) == 0 &&
	    json_put_string(facts, "sha256", sha256, err) == 0 &&
	    json_put_size(facts, "n_bytes", n_bytes, err) == 0)
		return facts;
	json_free(facts);
	return NULL;
}

/* Say so in the record, and let the loop know when a signal came. */
static int
fail(enum failure f, bool is_stopped, struct error *err)
{
	if (is_stopped)
		return error_set(err, ERROR_BUSY, "stopped: run the same "
		    "command again");
	return error_add(err, "%s", failure_name(f));
}

/* Fetch a file; others that have it come first. */
static int
fetch_file(const struct shared *s, const struct item *item, struct json *rec,
    struct arena *a, struct error *err)
{
	const struct settings *set = s->set;
	const char *suffix = facts_suffix(item->url, a, err);
	const struct download d = {
		.url = item->url,
		.path = item->part_path,
		.final_path = suffix == NULL ? NULL :
		    path_of(s, item->key, suffix, a, err),
		.sha256 = item->sha256,
		.n_bytes = item->n_bytes,
		.max_bytes = set->max_bytes,
		.stall_sec = set->timeout_sec,
		.max_sec = set->max_sec,
		.n_tries = set->n_tries,
		.refuse_pages = item->sha256 == NULL,
		.transfers = s->transfers
	};
	struct download_result got;
	struct json *facts;
	int result = -1;

	if (d.final_path == NULL)
		return -1;
	if (download_file(&d, &got, err) != 0) {
		if (err->code == ERROR_BUSY && got.failure == FAILURE_LOCAL)
			return 1;
		return fail(got.failure, got.is_stopped, err);
	}
	facts = describe(item, suffix, got.sha256, got.n_bytes, err);
	if (facts != NULL && (got.last_url[0] == '\0' ||
	    strcmp(got.last_url, item->url) == 0 || json_put_bytes(facts,
	    "final_url", got.last_url, strlen(got.last_url), err) == 0) &&
	    facts_put_answer(facts, &got.answer, err) == 0 &&
	    facts_save(item->facts_path, facts, a, err) == 0)
		result = put_facts(s, item, facts, d.final_path, rec, a, err);
	json_free(facts);
	return result;
}

/* How yt-dlp is to be asked. */
static struct video
video_of(const struct shared *s, const struct item *item,
    const char *archive)
{
	const struct settings *set = s->set;

	if (!atomic_exchange(s->has_told_terms, true))
		cli_note("yt-dlp is asked; keeping to the terms of service of "
		    "the sites is yours");
	return (struct video){ .url = item->url, .folder = item->folder,
		.archive = archive, .max_bytes = set->max_bytes,
		.bytes_per_sec = set->rate, .stall_sec = set->timeout_sec,
		.n_tries = set->n_tries, .is_check = set->is_check,
		.transfers = s->transfers };
}

/* Name what yt-dlp has left in its folder, and note what it is. */
static int
keep_video(const struct shared *s, const struct item *item,
    const struct video_result *got, struct json *rec, struct arena *a,
    struct error *err)
{
	const char *suffix = facts_suffix(got->path, a, err);
	const char *path = suffix == NULL ? NULL :
	    path_of(s, item->key, suffix, a, err);
	const char *info = path_of(s, item->key, "info.json", a, err);
	char sha256[HASH_HEX_BYTES];
	struct json *facts = NULL;
	struct stat st;
	int result = -1;

	if (path == NULL || info == NULL ||
	    hash_file(got->path, sha256, err) != 0)
		return -1;
	if (stat(got->path, &st) != 0)
		return error_set_errno(err, "%s", got->path);
	if (item->sha256 != NULL && strncasecmp(item->sha256, sha256,
	    strlen(item->sha256)) != 0) {
		error_set(err, ERROR_FORMAT, "%s: the SHA-256 of its sound is "
		    "%s and should be %s", item->url, sha256, item->sha256);
		video_remove_folder(item->folder);
		return fail(FAILURE_CORRUPT, false, err);
	}
	facts = describe(item, suffix, sha256, (size_t)st.st_size, err);
	if (facts != NULL && (got->info_path == NULL ||
	    (json_put_bool(facts, "has_info", true, err) == 0 &&
	    file_place(got->info_path, info, err) == 0)) &&
	    file_place(got->path, path, err) == 0 &&
	    facts_save(item->facts_path, facts, a, err) == 0)
		result = put_facts(s, item, facts, path, rec, a, err);
	json_free(facts);
	if (result == 0)
		video_remove_folder(item->folder);
	return result;
}

static int
fetch_video(const struct shared *s, const struct item *item,
    struct json *rec, struct arena *a, struct error *err)
{
	const char *archive = arena_printf(a, "%s/chad-fetch/yt-dlp.archive",
	    s->set->stream.work_folder);
	const struct video v = video_of(s, item, archive);
	struct video_result got;

	if (archive == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a path");
	if (video_fetch(&v, &got, a, err) != 0)
		return fail(got.failure, got.is_stopped, err);
	return keep_video(s, item, &got, rec, a, err);
}

/* Have the file here.  While another program fetches it, wait. */
static int
fetch(const struct shared *s, const struct item *item, struct json *rec,
    struct arena *a, struct error *err)
{
	const struct timespec nap = { 0, BUSY_NSEC };
	int result;

	for (;;) {
		result = take_fetched(s, item, rec, a, err);
		if (result <= 0)
			return result;
		if (item->is_video)
			return fetch_video(s, item, rec, a, err);
		result = fetch_file(s, item, rec, a, err);
		if (result <= 0)
			return result;
		if (stream_must_stop())
			return fail(FAILURE_NONE, true, err);
		(void)nanosleep(&nap, NULL);
	}
}

/* Ask whether it is there. */
static int
probe(const struct shared *s, const struct item *item,
    struct probe_result *got, struct arena *a, struct error *err)
{
	const struct settings *set = s->set;
	const struct probe p = { item->url, set->timeout_sec, set->n_tries,
		s->transfers };
	struct video_result seen;
	struct video v;
	int result;

	if (!item->is_video)
		return probe_run(&p, got, err);
	v = video_of(s, item, NULL);
	result = video_fetch(&v, &seen, a, err);
	*got = (struct probe_result){ .failure = seen.failure,
		.is_stopped = seen.is_stopped };
	return result;
}

/* Note a check's result beside the file and on the record. */
static int
put_check(const struct shared *s, const struct item *item,
    const struct probe_result *got, const struct error *why,
    struct json *now, struct json *rec, struct arena *a,
    struct error *err)
{
	struct json *fetched = json_load(item->facts_path, NULL);
	struct json *last = json_load(item->check_path, NULL);
	const struct json *before = fetched != NULL ? fetched : last;
	const bool is_changed = got->failure == FAILURE_NONE &&
	    before != NULL && facts_differ(before, now);
	const char *state = availability_state(got->failure, is_changed);
	const char *was = "";
	int result = -1;

	if (last != NULL && json_get_string(last, "state", "", &was,
	    NULL) != 0)
		was = "";
	if (json_put_string(now, "state", state, err) != 0 ||
	    (was[0] != '\0' && json_put_string(now, "was", was, err) != 0))
		goto done;
	if (got->failure != FAILURE_NONE && (json_put_string(now, "failure",
	    failure_name(got->failure), err) != 0 || json_put_bytes(now,
	    "why", why->text, strlen(why->text), err) != 0))
		goto done;
	if (availability_add(s->found, item->url, got->failure, is_changed,
	    was, err) != 0)
		goto done;
	/* What is not known says nothing of the time before. */
	if (strcmp(state, "unknown") == 0 ||
	    facts_save(item->check_path, now, a, err) == 0)
		result = json_put(rec, "fetch.check", now, err);
done:
	json_free(fetched);
	json_free(last);
	return result;
}

static int
check(const struct shared *s, const struct item *item, struct json *rec,
    struct arena *a, struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	struct probe_result got;
	struct json *now;
	int result = -1;

	(void)memset(&got, 0, sizeof(got));
	if (probe(s, item, &got, a, &why) != 0 && got.is_stopped)
		return fail(got.failure, true, err);
	now = json_new_object(err);
	if (now != NULL &&
	    (got.answer.status == 0 || json_put_size(now, "status",
	    (size_t)got.answer.status, err) == 0) &&
	    (got.failure != FAILURE_NONE ||
	    facts_put_answer(now, &got.answer, err) == 0) &&
	    (!got.answer.has_length || got.failure != FAILURE_NONE ||
	    json_put_size(now, "n_bytes", got.answer.n_bytes, err) == 0))
		result = put_check(s, item, &got, &why, now, rec, a, err);
	json_free(now);
	return result;
}

/* Does the record name a sound that is none of ours? */
static bool
has_sound(const struct json *rec)
{
	return json_has(rec, "audio_filepath") && !json_has(rec, "fetch.path");
}

static int
work(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *s = shared;
	struct item item = { 0 };
	struct claim claim;
	int result;

	(void)local;
	if (has_sound(rec) && (!s->set->is_check || (!json_has(rec, "url") &&
	    !json_has(rec, "youtube_id"))))
		return 0;
	if (find_item(s, rec, &item, scratch, err) != 0)
		return -1;
	claims_take(s->claims, &claim, item.key);
	result = s->set->is_check ? check(s, &item, rec, scratch, err) :
	    fetch(s, &item, rec, scratch, err);
	claims_drop(s->claims, &claim);
	return result;
}

/* The table and the sum of a check, on standard error. */
static void
report(struct availability *found)
{
	const struct availability_counts n = availability_total(found);
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	const char *table = NULL;

	if (a == NULL)
		error_set(&err, ERROR_NOMEM, "out of memory");
	else
		table = availability_table(found, MAX_HOSTS, a, &err);
	if (table == NULL)
		cli_warn(&err, "no table of hosts");
	else if (!cli_is_quiet())
		(void)fputs(table, stderr);
	arena_free(a);
	cli_note("%zu alive, %zu dead, %zu changed, %zu unknown; since the "
	    "last time %zu died and %zu came back", n.n_alive,
	    n.n_gone + n.n_refused, n.n_changed, n.n_unknown, n.n_died,
	    n.n_revived);
}

static bool
must_stop(void *shared)
{
	(void)shared;
	return stream_must_stop();
}

/* Fetch, or check, and the exit status. */
static int
run(struct settings *set)
{
	const struct transfers_options o = { .rules = { set->n_parallel,
		set->max_per_host, set->pause_sec, set->backoff_sec,
		set->max_wait_sec, (uint64_t)getpid() },
		.bytes_per_sec = set->rate, .must_stop = must_stop };
	struct error err = { ERROR_NONE, "" };
	atomic_bool has_told_terms = false;
	struct shared shared = { set, transfers_new(&o, &err), NULL, NULL,
		&has_told_terms };
	const struct stream_stage stage = { "chad-fetch", NULL, &shared, NULL,
	    NULL, work };
	const size_t n_threads = THREADS_PER_TRANSFER * set->n_parallel;
	int status = CLI_FATAL;

	if (shared.transfers != NULL)
		shared.claims = claims_new(&err);
	if (shared.claims != NULL)
		shared.found = availability_new(&err);
	if (shared.found == NULL) {
		cli_warn(&err, "cannot start");
	} else {
		set->stream.n_threads = n_threads < MAX_THREADS ? n_threads :
		    MAX_THREADS;
		status = stream_main(&stage, &set->stream);
		if (set->is_check)
			report(shared.found);
	}
	availability_free(shared.found);
	claims_free(shared.claims);
	transfers_free(shared.transfers);
	return status;
}

int
main(int argc, char *argv[])
{
	struct settings set = { .n_parallel = 16, .max_per_host = 4,
		.n_tries = 5, .timeout_sec = 30,
		.max_bytes = (size_t)2 << 30, .backoff_sec = 1.0,
		.max_wait_sec = 300.0, .pages = "youtube.com,youtu.be" };
	const struct cli_option options[] = {
		{ CLI_FLAG, "check", &set.is_check, 0, 0, NULL,
		    "fetch nothing; tell what is alive, dead, changed" },
		{ CLI_SIZE, "parallel", &set.n_parallel, 1, MAX_THREADS, "N",
		    "transfers at a time" },
		{ CLI_SIZE, "max-per-host", &set.max_per_host, 1, MAX_THREADS,
		    "N", "of these at one host" },
		{ CLI_DOUBLE, "pause", &set.pause_sec, 0, 3600, "SEC",
		    "between two requests to one host" },
		{ CLI_SIZE, "rate", &set.rate, 0, 1e12, "N",
		    "bytes a second, all together; 0: any" },
		{ CLI_SIZE, "tries", &set.n_tries, 1, 100, "N",
		    "tries in a row without progress, where it can help" },
		{ CLI_DOUBLE, "backoff", &set.backoff_sec, 0.001, 60, "SEC",
		    "wait after the first failure, then doubled" },
		{ CLI_DOUBLE, "max-wait", &set.max_wait_sec, 0, 86400, "SEC",
		    "give up when a host asks for longer" },
		{ CLI_SIZE, "timeout", &set.timeout_sec, 1, 3600, "SEC",
		    "give up a transfer with no answer, or less than 1 kB/s" },
		{ CLI_DOUBLE, "max-time", &set.max_sec, 0, 1e6, "SEC",
		    "for one file with all tries; 0: any" },
		{ CLI_SIZE, "max-bytes", &set.max_bytes, 1, 1e15, "N",
		    "refuse files that are longer" },
		{ CLI_STRING, "pages", &set.pages, 0, 0, "HOSTS",
		    "whose addresses go to yt-dlp" },
		STREAM_OPTIONS_BUT_THREADS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-fetch",
	    "bring recordings here from their addresses, or tell which "
	    "are left",
	    "[options] [manifest] > manifest", options };
	struct error err = { ERROR_NONE, "" };
	int i;

	stream_options_init(&set.stream);
	i = cli_parse(&tool, argc, argv);
	if (stream_take_manifest(&set.stream, argc, argv, i, &err) != 0) {
		cli_warn(&err, "cannot start");
		return cli_finish(CLI_FATAL);
	}
	return cli_finish(run(&set));
}
