/*
 * chad-search -- which song is being hummed?
 *
 * Records of chad-embed --query come in, and leave with "search": the best
 * works of an index of chad-index, where in them the hum lies, and how sure
 * that is.
 *
 * Options: chad-search.1.  Members of a record: manifests/FORMAT.md.
 */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

#include "manifests/record.h"
#include "manifests/stream.h"

#include "embed/embedded.h"
#include "embed/match_cost.h"
#include "embed/melody_key.h"
#include "embed/song_search.h"

#define TOOL "chad-search"
#define MAX_ANSWERS 1000

/* What the user chose. */
struct settings {
	struct stream_options stream;
	const char *index_path;
	size_t n_answers, n_candidates, n_probed;
	bool wants_rescore, is_exact;
	double beginning;
};

/* What every worker shares. */
struct shared {
	const struct settings *set;
	const struct song_search *songs;
	struct song_search_options options;
	const char *folder;		/* of the manifest, or NULL */
};

/* What is said of one answer. */
static int
fill_answer(const struct shared *sh, const struct embedded_hum *hum,
    const struct retrieval_answer *answer, struct json *j, struct arena *a,
    struct error *err)
{
	const bool is_compared = answer->distance >= 0;
	struct melody_line line;
	double semitones = (double)NAN;

	song_search_line(sh->songs, answer->song, &line);
	if (is_compared && melody_key_find(&hum->e.line, &line,
	    answer->offset_sec, answer->time_scale, a, &semitones, err) != 0)
		return -1;
	if (json_put_string(j, "work", answer->work, err) != 0 ||
	    json_put_string(j, "id", answer->id, err) != 0 ||
	    json_put_rounded(j, "offset_sec", answer->offset_sec, 2,
	    err) != 0 ||
	    json_put_rounded(j, "time_scale", answer->time_scale, 3,
	    err) != 0 ||
	    (isfinite(semitones) && json_put_rounded(j,
	    "transposition_semitones", semitones, 1, err) != 0) ||
	    json_put_rounded(j, "score", answer->score, 4, err) != 0 ||
	    (is_compared && json_put_rounded(j, "distance", answer->distance,
	    4, err) != 0) ||
	    (answer->is_warped && (json_put_rounded(j, "drift", answer->drift,
	    4, err) != 0 || json_put_rounded(j, "motion", answer->motion, 4,
	    err) != 0)) ||
	    (is_compared && json_put_rounded(j, "log_prior",
	    answer->log_prior, 4, err) != 0))
		return -1;
	return json_put_rounded(j, "probability", answer->probability, 4,
	    err);
}

static int
put_answers(const struct shared *sh, const struct embedded_hum *hum,
    const struct retrieval_answer *answers, struct json *rec,
    struct arena *a, struct error *err)
{
	const size_t n_works = song_search_n_works(sh->songs);
	struct json *list = json_new_array(err);
	int status = list == NULL ? -1 : 0;

	for (size_t i = 0; i < n_works && i < sh->set->n_answers &&
	    status == 0; i++) {
		struct json *j;

		/* What the lookup did not find is no answer. */
		if (answers[i].song == SIZE_MAX)
			break;
		if ((j = json_new_object(err)) == NULL) {
			status = -1;
			break;
		}
		status = fill_answer(sh, hum, &answers[i], j, a, err) != 0 ?
		    -1 : json_append(list, "", j, err);
		json_free(j);
	}
	json_remove(rec, "search");
	if (status == 0)
		status = json_put(rec, "search.answers", list, err);
	json_free(list);
	return status;
}

static int
search_one(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *sh = shared;
	struct retrieval_answer *answers;
	struct embedded_hum hum;

	(void)local;
	if (embedded_read_hum(rec, sh->folder, sh->set->wants_rescore,
	    scratch, &hum, err) != 0 ||
	    song_search_run(sh->songs, &hum, &sh->options, scratch, &answers,
	    err) != 0)
		return -1;
	return put_answers(sh, &hum, answers, rec, scratch, err);
}

/* Fill what the workers share; 0, or -1 with an error. */
static int
prepare(struct shared *sh, struct song_search **songs, char **folder,
    struct error *err)
{
	const struct settings *set = sh->set;

	song_search_options_init(&sh->options, set->wants_rescore);
	sh->options.is_exact = set->is_exact;
	sh->options.n_probed = set->n_probed;
	sh->options.retrieval.beginning = set->beginning;
	if (set->n_candidates > 0)
		sh->options.n_candidates = set->n_candidates;
	if (stream_folder(set->stream.in_path, folder, err) != 0)
		return -1;
	sh->folder = *folder;
	*songs = song_search_open(set->index_path, set->stream.n_threads,
	    err);
	sh->songs = *songs;
	return *songs == NULL ? -1 : 0;
}

int
main(int argc, char *argv[])
{
	struct settings set = { .index_path = "songs.chad", .n_answers = 10,
	    .wants_rescore = true,
	    .beginning = MATCH_COST_BEGINNING };
	const struct cli_option options[] = {
		{ CLI_STRING, "index", &set.index_path, 0, 0, "FILE",
		    "the songs, as chad-index made it" },
		{ CLI_SIZE, "answers", &set.n_answers, 1, MAX_ANSWERS, "N",
		    "works named for each hum" },
		{ CLI_FLAG, "rescore", &set.wants_rescore, 0, 0, NULL,
		    "compare the best works again by pitch" },
		{ CLI_DOUBLE, "beginning", &set.beginning, 0, 1, "SHARE",
		    "of hums that begin where the melody does" },
		{ CLI_FLAG, "exact", &set.is_exact, 0, 0, NULL,
		    "search the whole index, not only what its lists find" },
		{ CLI_SIZE, "probes", &set.n_probed, 0, NEIGHBOURS_MAX_LISTS,
		    "N", "lists looked through (0: by their number)" },
		{ CLI_SIZE, "candidates", &set.n_candidates, 0, 1e6, "N",
		    "songs searched after the lookup (0: 600)" },
		STREAM_OPTIONS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL, "which song is being hummed?",
	    "[options] [manifest] > manifest", options };
	struct shared shared = { .set = &set };
	struct song_search *songs = NULL;
	struct error err = { ERROR_NONE, "" };
	char *folder = NULL;
	int i, status = CLI_FATAL;

	stream_options_init(&set.stream);
	i = cli_parse(&tool, argc, argv);
	if (stream_take_manifest(&set.stream, argc, argv, i, &err) != 0 ||
	    prepare(&shared, &songs, &folder, &err) != 0) {
		cli_warn(&err, "cannot start");
	} else {
		const struct stream_stage stage = { TOOL,
		    song_search_facts(songs)->model_sha256, &shared, NULL,
		    NULL, search_one };

		status = stream_main(&stage, &set.stream);
	}
	song_search_free(songs);
	memory_free(folder);
	return cli_finish(status);
}
