/*
 * format_list -- the readers and writers that formats/format.c has in its
 * table; their files say what version of each format was followed.
 */
#ifndef FORMATS_FORMAT_LIST_H
#define FORMATS_FORMAT_LIST_H

#include "formats/format.h"

bool chad_csv_fits(const char *path, const char *text, size_t n_bytes);
int chad_csv_read(const struct format_input *in, struct error *err)
    MUST_CHECK;
int chad_csv_write(const struct format_output *out, struct error *err)
    MUST_CHECK;

bool nemo_fits(const char *path, const char *text, size_t n_bytes);
int nemo_read(const struct format_input *in, struct error *err) MUST_CHECK;
int nemo_write(const struct format_output *out, struct error *err) MUST_CHECK;

bool lhotse_fits(const char *path, const char *text, size_t n_bytes);
int lhotse_read(const struct format_input *in, struct error *err) MUST_CHECK;
int lhotse_write_recordings(const struct format_output *out,
    struct error *err) MUST_CHECK;
int lhotse_write_supervisions(const struct format_output *out,
    struct error *err) MUST_CHECK;
int lhotse_write_cuts(const struct format_output *out, struct error *err)
    MUST_CHECK;

bool shs100k_fits(const char *path, const char *text, size_t n_bytes);
int shs100k_read(const struct format_input *in, struct error *err)
    MUST_CHECK;
int shs100k_write(const struct format_output *out, struct error *err)
    MUST_CHECK;

bool cliques_fits_da_tacos(const char *path, const char *text,
    size_t n_bytes);
int cliques_read_da_tacos(const struct format_input *in, struct error *err)
    MUST_CHECK;
int cliques_write_da_tacos(const struct format_output *out,
    struct error *err) MUST_CHECK;
bool cliques_fits_discogs(const char *path, const char *text, size_t n_bytes);
int cliques_read_discogs(const struct format_input *in, struct error *err)
    MUST_CHECK;
int cliques_write_discogs(const struct format_output *out, struct error *err)
    MUST_CHECK;

int corpora_read_humtrans(const struct format_input *in, struct error *err)
    MUST_CHECK;
int corpora_read_qbsh(const struct format_input *in, struct error *err)
    MUST_CHECK;
int corpora_read_pop909(const struct format_input *in, struct error *err)
    MUST_CHECK;
int corpora_read_midi(const struct format_input *in, struct error *err)
    MUST_CHECK;

bool audacity_fits(const char *path, const char *text, size_t n_bytes);
int audacity_read(const struct format_input *in, struct error *err)
    MUST_CHECK;
int audacity_write(const struct format_output *out, struct error *err)
    MUST_CHECK;

bool svl_fits(const char *path, const char *text, size_t n_bytes);
int svl_read(const struct format_input *in, struct error *err) MUST_CHECK;
int svl_write(const struct format_output *out, struct error *err) MUST_CHECK;

int jams_write(const struct format_output *out, struct error *err)
    MUST_CHECK;

#endif
