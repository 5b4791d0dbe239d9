/*
 * video -- the sound behind a page of YouTube and the like, by the program
 * yt-dlp, which is looked for on PATH.
 *
 * It is run from an argument vector, with a folder of its own for each page in
 * which it goes on where it was broken off, and without the user's
 * configuration.  What became of it is told from its exit status and what it
 * says on standard error.
 */
#ifndef FETCH_VIDEO_H
#define FETCH_VIDEO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "fetch/failure.h"
#include "fetch/transfers.h"

struct video {
	const char *url;	/* of the page */
	const char *folder;	/* of its own; made when missing */
	const char *archive;	/* yt-dlp's list of what was downloaded */
	size_t max_bytes;
	size_t bytes_per_sec;	/* 0: any */
	size_t stall_sec;
	size_t n_tries;		/* where trying again can help; 0: 1 */
	bool is_check;		/* ask whether it is there, fetch nothing */
	struct transfers *transfers;	/* whose turn it is */
};

struct video_result {
	/* In the folder, arena memory; NULL after a check. */
	const char *path;
	const char *info_path;	/* .info.json, or NULL */
	enum failure failure;	/* NONE after a success and when stopped */
	bool is_stopped;
};

/* 0, or -1 with an error; what was broken off stays in the folder. */
int video_fetch(const struct video *v, struct video_result *result,
    struct arena *a, struct error *err) MUST_CHECK;

/* Remove the folder with all that lies in it. */
void video_remove_folder(const char *folder);

/*
 * The page of a YouTube id, arena memory; NULL with an error when it holds
 * anything but 1 to 64 letters, digits, "-" and "_".
 */
const char *video_url(const char *id, struct arena *a, struct error *err)
    MUST_CHECK;

/*
 * Is the address http or https and of one of the hosts, or of one below it?
 * "hosts" are names with commas between them.
 */
bool video_is_page(const char *url, const char *hosts);

/*
 * The class that yt-dlp's exit status and its standard error tell, FAILURE_NONE
 * for 0.  "said" is its last line that begins with "ERROR:", without that word,
 * or "".
 */
enum failure video_classify(int status, const char *text, char *said,
    size_t said_bytes);

#endif
