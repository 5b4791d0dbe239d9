/*
 * round_options -- what the user chose for the rounds.
 */
#ifndef MINE_ROUND_OPTIONS_H
#define MINE_ROUND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Thresholds of chad-align's decision. */
struct round_thresholds {
	double keep, flag;		/* correlation */
	double min_agreement;		/* for keeping */
	double repeat_agreement;	/* for keeping repeats */
	double flag_agreement;
};

/* Paths may be NULL where the text says so; all are borrowed. */
struct round_options {
	const char *hums_path;		/* labelled hums, or NULL */
	/* Hums to measure on, songs to find them in: evaluation_set.h. */
	const char *held_out_path, *database_path;
	const char *truth_path;		/* covers of known truth, or NULL */
	const char *recipe_path;	/* of chad-train */
	const char *model_path;		/* the first model; NULL: trained */
	const char *f0_model;		/* of chad-f0; NULL: its default */
	const char *f0_method;		/* "crepe" or "yin"; NULL: default */
	const char *voice_model;	/* of chad-separate; NULL: default */
	bool separate;			/* false: recordings are voices */
	bool wants_cqt;			/* of a model or of the recipe */
	const char *calibration_path;	/* of chad-align; NULL: none */
	const char *calibration_sha256;	/* of that file, "" then */
	double same_work;		/* less is not kept: mine/decide.h */
	struct round_thresholds thresholds;
	double precision;		/* wanted, with truth */
	size_t top;			/* hit rate that decides, e.g. 10 */
	size_t n_distorted;		/* copies of each labelled hum */
	uint64_t seed;
};

#endif
