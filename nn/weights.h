/*
 * weights -- named float tensors and the facts about them, as a safetensors
 * file (https://github.com/huggingface/safetensors: 8 bytes of header length,
 * a JSON header, the tensors' bytes).
 *
 * Written: F32.  Read: F32, F16, BF16, F64, given as float; tensors of other
 * types, holes, overlaps and values that are not finite are refused.
 *
 * The metadata is one JSON object whose members are texts, objects or arrays;
 * in the file each is a text, as safetensors wants, objects and arrays as
 * their JSON text.  Members that every model of ours has:
 *
 *	format        "chad-model 1"
 *	network       {"architecture": "crepe", ...arguments of the function}
 *	features      what the input is: rate, hop, bins, window
 *	provenance    recipe, seed, steps, sha256 of the training manifest
 *	licence       of the weights
 */
#ifndef NN_WEIGHTS_H
#define NN_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

#include "nn/graph.h"

#define WEIGHTS_MAX_RANK 6
#define WEIGHTS_MAX_TENSORS 8192
#define WEIGHTS_MAX_NAME 200		/* letters */
#define WEIGHTS_MAX_BYTES ((size_t)2 << 30)

struct weights_tensor {
	const char *name;
	size_t rank;
	size_t shape[WEIGHTS_MAX_RANK];
	size_t n_values;
	float *values;
};

struct weights;

/* Empty; free with weights_free. */
struct weights *weights_new(struct error *err) MUST_CHECK;
void weights_free(struct weights *w);

/*
 * What a graph needs, freshly drawn: conv and dense weights from a normal
 * distribution of variance 2 / fan_in (He et al. 2015), biases 0, norms 1 and
 * 0, running mean 0 and variance 1.
 */
struct weights *weights_for(const struct graph *g, uint64_t seed,
    struct error *err) MUST_CHECK;

/*
 * 0 when every parameter of the graph is there in its shape and no running
 * variance is below 0.
 */
int weights_check(const struct weights *w, const struct graph *g,
    struct error *err) MUST_CHECK;

struct weights *weights_load(const char *path, struct error *err) MUST_CHECK;
/* The same of a file's bytes in memory. */
struct weights *weights_parse(const void *bytes, size_t n_bytes,
    struct error *err) MUST_CHECK;
int weights_save(const char *path, const struct weights *w,
    struct error *err) MUST_CHECK;
struct weights *weights_copy(const struct weights *w, struct error *err)
    MUST_CHECK;

/* SHA-256 of the file it was loaded from; "" for others. */
const char *weights_sha256(const struct weights *w);

/* The metadata, borrowed; change it with json_put_*. */
struct json *weights_metadata(struct weights *w);
const struct json *weights_metadata_const(const struct weights *w);

size_t weights_n_tensors(const struct weights *w);
const struct weights_tensor *weights_tensor(const struct weights *w, size_t i);
/* NULL when there is none of that name. */
const struct weights_tensor *weights_find(const struct weights *w,
    const char *name);
/*
 * Add a tensor of zeros; *values (values may be NULL) is where to put its
 * values.  Names are printable ASCII without quotes and backslashes; a second
 * tensor of a name is refused.
 */
int weights_add(struct weights *w, const char *name, size_t rank,
    const size_t *shape, float **values, struct error *err) MUST_CHECK;

#endif
