/*
 * weights_h5 -- weights out of an HDF5 file, as Keras writes them.
 *
 * Tensors are called by their path in the file: "conv1/conv1_3/kernel:0".
 * The file is read from memory by libhdf5 and nothing else is opened on its
 * behalf: links to other files are not followed, data in other files and
 * virtual data are refused, and no filter is loaded from disk.  libhdf5 is
 * told to keep its messages to itself, for good.  One call at a time.
 */
#ifndef NN_WEIGHTS_H5_H
#define NN_WEIGHTS_H5_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "nn/weights.h"

/* Of a file, expanded; the largest one of CREPE has 89 MB. */
#define WEIGHTS_H5_MAX_BYTES ((size_t)1 << 29)

/* The first bytes of a file that weights_h5_load reads. */
#define WEIGHTS_H5_MAGIC_BYTES 8
bool weights_h5_is_magic(const unsigned char magic[WEIGHTS_H5_MAGIC_BYTES]);

/*
 * All floating point tensors of the file, which may be compressed by bzip2,
 * without metadata; other tensors (counters, texts) are left out.  Free with
 * weights_free.  NULL with an error.
 */
struct weights *weights_h5_load(const char *path, struct error *err)
    MUST_CHECK;

/* The same of a file's bytes in memory. */
struct weights *weights_h5_parse(const void *bytes, size_t n_bytes,
    struct error *err) MUST_CHECK;

#endif
