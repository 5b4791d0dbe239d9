#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/spawn.h"

#include "fetch/request.h"
#include "fetch/video.h"

#define PROGRAM "yt-dlp"
#define SAID_BYTES 700
#define NO_SPACE "No space left"
#define MAX_TEXT_BYTES ((size_t)4 << 20)
#define MAX_ARGUMENTS 32
#define MAX_ID_BYTES 64
#define PAGE "https://www.youtube.com/watch?v="

/* What yt-dlp says of each; the first that is found counts. */
static const struct {
	const char *text;
	enum failure failure;
} sayings[] = {
	{ "HTTP Error 429", FAILURE_THROTTLED },
	{ "HTTP Error 503", FAILURE_THROTTLED },
	{ "Too Many Requests", FAILURE_THROTTLED },
	{ "rate-limit", FAILURE_THROTTLED },
	{ "not a bot", FAILURE_THROTTLED },
	{ "larger than max-filesize", FAILURE_TOO_LARGE },
	{ "private", FAILURE_REFUSED },
	{ "members-only", FAILURE_REFUSED },
	{ "available to this channel's members", FAILURE_REFUSED },
	{ "Sign in", FAILURE_REFUSED },
	{ "registered users", FAILURE_REFUSED },
	{ "confirm your age", FAILURE_REFUSED },
	{ "age-restricted", FAILURE_REFUSED },
	{ "in your country", FAILURE_REFUSED },
	{ "geo restriction", FAILURE_REFUSED },
	{ "geo-restrict", FAILURE_REFUSED },
	{ "requires payment", FAILURE_REFUSED },
	{ "DRM", FAILURE_REFUSED },
	{ "Premieres in", FAILURE_REFUSED },
	{ "live event will begin", FAILURE_REFUSED },
	{ "HTTP Error 401", FAILURE_REFUSED },
	{ "HTTP Error 403", FAILURE_REFUSED },
	{ "HTTP Error 404", FAILURE_GONE },
	{ "HTTP Error 410", FAILURE_GONE },
	{ "has been removed", FAILURE_GONE },
	{ "been terminated", FAILURE_GONE },
	{ "no longer available", FAILURE_GONE },
	{ "does not exist", FAILURE_GONE },
	{ "video unavailable", FAILURE_GONE },
	{ "video is not available", FAILURE_GONE },
	{ "video is unavailable", FAILURE_GONE },
	{ "Incomplete YouTube ID", FAILURE_GONE },
	{ NO_SPACE, FAILURE_LOCAL },
	{ "Unsupported URL", FAILURE_REFUSED },
	{ "format is not available", FAILURE_REFUSED },
	{ "No video formats", FAILURE_REFUSED },
	{ "HTTP Error 5", FAILURE_NETWORK },
	{ "timed out", FAILURE_NETWORK },
	{ "Connection re", FAILURE_NETWORK },
	{ "name resolution", FAILURE_NETWORK },
	{ "Name or service not known", FAILURE_NETWORK },
	{ "urlopen error", FAILURE_NETWORK },
	{ "Unable to download", FAILURE_NETWORK },
	{ "did not get any data", FAILURE_NETWORK },
	{ "fragment", FAILURE_NETWORK },
};

/* Where "part" begins in the text, in capitals or not, or NULL. */
static const char *
find(const char *text, const char *part)
{
	const size_t n = strlen(part);

	for (; *text != '\0'; text++)
		if (strncasecmp(text, part, n) == 0)
			return text;
	return NULL;
}

/* What follows the word for errors in the last line that begins with it. */
static void
take_last_error(const char *text, char *said, size_t said_bytes)
{
	static const char *const words[] = { "ERROR: ", PROGRAM ": error: " };

	said[0] = '\0';
	while (*text != '\0') {
		const size_t n = strcspn(text, "\r\n");

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strncmp(text, words[i], strlen(words[i])) == 0)
				(void)snprintf(said, said_bytes, "%.*s",
				    (int)(n - strlen(words[i])),
				    text + strlen(words[i]));
		text += n;
		text += strspn(text, "\r\n");
	}
}

enum failure
video_classify(int status, const char *text, char *said, size_t said_bytes)
{
	take_last_error(text, said, said_bytes);
	if (status == 0)
		return FAILURE_NONE;
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		if (find(said[0] != '\0' ? said : text, sayings[i].text) !=
		    NULL)
			return sayings[i].failure;
	/* 2: it does not know an option.  100: it wants to be run again. */
	return status == 2 || status > 100 ? FAILURE_LOCAL : status == 100 ?
	    FAILURE_NETWORK : FAILURE_REFUSED;
}

const char *
video_url(const char *id, struct arena *a, struct error *err)
{
	const size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-");
	const char *url;

	if (n == 0 || n > MAX_ID_BYTES || id[n] != '\0') {
		error_set(err, ERROR_FORMAT, "\"%.80s\" is no YouTube id: give "
		    "the letters behind \"v=\" of its address", id);
		return NULL;
	}
	url = arena_printf(a, PAGE "%s", id);
	if (url == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for an address");
	return url;
}

bool
video_is_page(const char *url, const char *hosts)
{
	const char *host = request_is_http(url) ? strstr(url, "://") : NULL;
	size_t n_host;

	if (host == NULL)
		return false;
	host += strlen("://");
	n_host = strcspn(host, "/?#:");
	while (*hosts != '\0') {
		const size_t n = strcspn(hosts, ",");

		if (n > 0 && n_host >= n && strncasecmp(host + n_host - n,
		    hosts, n) == 0 && (n_host == n ||
		    host[n_host - n - 1] == '.'))
			return true;
		hosts += n + (hosts[n] == ',');
	}
	return false;
}

void
video_remove_folder(const char *folder)
{
	struct arena *a = arena_new();
	const char **names;
	size_t n_names;

	if (a != NULL && folder_names(folder, a, &names, &n_names, NULL) == 0)
		for (size_t i = 0; i < n_names; i++) {
			const char *path = folder_join(folder, names[i], a,
			    NULL);

			if (path != NULL)
				(void)unlink(path);
		}
	arena_free(a);
	(void)rmdir(folder);
}

/* The program's arguments and where it speaks. */
struct run {
	const char *argv[MAX_ARGUMENTS];
	size_t n;
	const char *out_path, *err_path;
	bool is_short;		/* of memory */
};

static void
add(struct run *r, const char *argument)
{
	if (argument == NULL)
		r->is_short = true;
	else
		r->argv[r->n++] = argument;
}

static void
add_number(struct run *r, const char *option, size_t n, struct arena *a)
{
	add(r, option);
	add(r, arena_printf(a, "%zu", n));
}

/* The folder as a template, in which a percent sign is written twice. */
static const char *
template_of(const char *folder, struct arena *a)
{
	char *text = arena_alloc(a, 2 * strlen(folder) + 32, 1);
	char *out = text;

	if (text == NULL)
		return NULL;
	for (; *folder != '\0'; folder++) {
		if (*folder == '%')
			*out++ = '%';
		*out++ = *folder;
	}
	memcpy(out, "/%(id)s.%(ext)s", sizeof("/%(id)s.%(ext)s"));
	return text;
}

/* The argument vector. */
static int
prepare(const struct video *v, bool with_archive, struct run *r,
    struct arena *a, struct error *err)
{
	memset(r, 0, sizeof(*r));
	r->out_path = arena_printf(a, "%s.out", v->folder);
	r->err_path = arena_printf(a, "%s.err", v->folder);
	add(r, PROGRAM);
	add(r, "--ignore-config");
	add(r, "--no-playlist");
	add(r, "--no-progress");
	add(r, "--format");
	add(r, "bestaudio/best");
	add_number(r, "--socket-timeout", v->stall_sec, a);
	add_number(r, "--max-filesize", v->max_bytes, a);
	if (v->bytes_per_sec > 0)
		add_number(r, "--limit-rate", v->bytes_per_sec, a);
	if (v->is_check) {
		add(r, "--simulate");
	} else {
		add(r, "--write-info-json");
		add(r, "--no-mtime");
		add(r, "--output");
		add(r, template_of(v->folder, a));
	}
	if (with_archive && !v->is_check) {
		add(r, "--download-archive");
		add(r, v->archive);
	}
	add(r, "--");
	add(r, v->url);
	r->argv[r->n] = NULL;
	if (r->is_short || r->out_path == NULL || r->err_path == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory to run "
		    PROGRAM);
	return 0;
}

static bool
ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), n_end = strlen(end);

	return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* What lies in the folder: the sound, if whole, and what is told of it. */
static int
find_files(const struct video *v, struct video_result *result,
    struct arena *a, struct error *err)
{
	const char **names;
	size_t n_names;

	result->path = result->info_path = NULL;
	if (folder_names(v->folder, a, &names, &n_names, err) != 0)
		return -1;
	for (size_t i = 0; i < n_names; i++) {
		const char *path = folder_join(v->folder, names[i], a, err);

		if (path == NULL)
			return -1;
		if (ends_with(path, ".info.json"))
			result->info_path = path;
		else if (!ends_with(path, ".part") && strstr(names[i],
		    ".part-Frag") == NULL && !ends_with(path, ".ytdl") &&
		    !ends_with(path, ".tmp") &&
		    strstr(names[i], ".temp.") == NULL)
			result->path = path;
	}
	return 0;
}

static bool
must_stop(void *shared)
{
	return transfers_must_stop(shared);
}

/* Run the program once, and tell what became of it. */
static int
run_once(const struct video *v, bool with_archive,
    struct video_result *result, struct arena *a, struct error *err)
{
	char said[SAID_BYTES];
	size_t n_bytes;
	const char *text;
	struct run r;
	int status;

	result->failure = FAILURE_LOCAL;
	if (prepare(v, with_archive, &r, a, err) != 0)
		return -1;
	if (spawn_program(r.argv, r.out_path, r.err_path, must_stop,
	    v->transfers, &status, err) != 0) {
		result->is_stopped = err != NULL && err->code == ERROR_BUSY;
		if (!result->is_stopped)
			error_add(err, "%s: install " PROGRAM, v->url);
		return -1;
	}
	text = file_read(r.err_path, MAX_TEXT_BYTES, a, &n_bytes, err);
	if (text == NULL)
		return -1;
	result->failure = video_classify(status, text, said, sizeof(said));
	/* It ends well and without a file; the reason is on its output. */
	if (result->failure == FAILURE_NONE && !v->is_check &&
	    find_files(v, result, a, err) == 0 && result->path == NULL) {
		text = file_read(r.out_path, MAX_TEXT_BYTES, a, &n_bytes, err);
		if (text != NULL && strstr(text, "max-filesize") != NULL) {
			result->failure = FAILURE_TOO_LARGE;
			(void)snprintf(said, sizeof(said), "longer than the "
			    "%zu bytes that it may have", v->max_bytes);
		}
	}
	(void)unlink(r.out_path);
	(void)unlink(r.err_path);
	if (result->failure == FAILURE_NONE)
		return 0;
	return error_set(err, find(said, NO_SPACE) != NULL ? ERROR_OUTPUT :
	    failure_code(result->failure), "%s: " PROGRAM " ends "
	    "with status %d: %s", v->url, status, said[0] != '\0' ? said :
	    "it does not say why");
}

/* Wait for a turn and run it; again without the list when that hinders. */
static int
attempt(const struct video *v, double not_before_sec,
    struct video_result *result, struct arena *a, struct error *err)
{
	struct turn *turn;
	int status;

	result->failure = FAILURE_LOCAL;
	turn = transfers_take_turn(v->transfers, v->url, not_before_sec, err);
	if (turn == NULL) {
		result->is_stopped = transfers_must_stop(v->transfers);
		return -1;
	}
	status = run_once(v, true, result, a, err);
	/* It is in the list of an earlier run, whose file is lost. */
	if (status == 0 && !v->is_check && result->path == NULL)
		status = run_once(v, false, result, a, err);
	if (status == 0 && !v->is_check && result->path == NULL) {
		result->failure = FAILURE_REFUSED;
		status = error_set(err, ERROR_FORMAT, "%s: " PROGRAM " ends "
		    "well, but without a file", v->url);
	}
	transfers_end_turn(v->transfers, turn, result->failure);
	return status;
}

int
video_fetch(const struct video *v, struct video_result *result,
    struct arena *a, struct error *err)
{
	double not_before_sec = 0.0;

	memset(result, 0, sizeof(*result));
	if (file_make_parent(v->folder, err) != 0 ||
	    (!v->is_check && file_make_folder(v->folder, err) != 0)) {
		result->failure = FAILURE_LOCAL;
		return -1;
	}
	for (size_t n = 1; attempt(v, not_before_sec, result, a, err) != 0;
	    n++) {
		if (result->is_stopped)
			result->failure = FAILURE_NONE;
		if (!failure_may_pass(result->failure) || n >= v->n_tries) {
			/* What was broken off stays. */
			(void)rmdir(v->folder);
			return -1;
		}
		not_before_sec = transfers_next_try(v->transfers,
		    result->failure, -1.0, n + 1);
	}
	return 0;
}
