/* No exception of FAISS or of the library of C++ leaves this file. */

#include <climits>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <vector>

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/distances.h>
#include <omp.h>

extern "C" {
#include "ann/neighbours.h"
#include "base/pool.h"
}

#define N_ITERATIONS 10
#define ROWS_PER_LIST 64	/* of the training */
#define ROWS_PER_CODE 256
#define CODE_BITS 8
#define BLOCK 4096		/* rows assigned by one task */

namespace {

/* Sums of several threads would depend on their number. */
class one_thread {
public:
	one_thread() : n_before(omp_get_max_threads())
	{
		omp_set_num_threads(1);
	}
	~one_thread()
	{
		omp_set_num_threads(n_before);
	}

private:
	const int n_before;
};

int
say(struct error *err, const std::exception &e)
{
	return error_set(err, ERROR_BUG, "FAISS: %.200s", e.what());
}

/* The centres, and the quantiser or NULL. */
struct book {
	faiss::IndexFlatIP centres;
	std::unique_ptr<faiss::IndexIVFPQ> parts;

	explicit book(const struct neighbours_shape &s) :
	    centres(static_cast<faiss::Index::idx_t>(s.dimension))
	{
		if (s.n_parts == 0)
			return;
		parts.reset(new faiss::IndexIVFPQ(&centres, s.dimension,
		    s.n_lists, s.n_parts, CODE_BITS,
		    faiss::METRIC_INNER_PRODUCT));
	}

	explicit book(const struct neighbours_book &b) : book(b.shape)
	{
		centres.add(static_cast<faiss::Index::idx_t>(b.shape.n_lists),
		    b.centres);
		if (!parts)
			return;
		std::memcpy(parts->pq.centroids.data(), b.parts,
		    parts->pq.centroids.size() * sizeof(float));
		parts->is_trained = true;
	}
};

int
check_shape(const struct neighbours_shape *s, struct error *err)
{
	if (s->dimension == 0 || s->dimension > NEIGHBOURS_MAX_DIMENSION ||
	    s->n_lists == 0 || s->n_lists > NEIGHBOURS_MAX_LISTS ||
	    s->n_parts > s->dimension ||
	    (s->n_parts > 0 && s->dimension % s->n_parts != 0))
		return error_set(err, ERROR_LIMIT, "%zu lists of rows of %zu "
		    "values in %zu parts", s->n_lists, s->dimension,
		    s->n_parts);
	return 0;
}

void
train(const struct neighbours_shape &s, const float *rows, size_t n_rows,
    uint64_t seed, float *centres, float *parts)
{
	const one_thread only;
	book b(s);
	faiss::ClusteringParameters p;
	const int n_dimensions = static_cast<int>(s.dimension);
	const auto n = static_cast<faiss::Index::idx_t>(n_rows);

	p.niter = N_ITERATIONS;
	p.spherical = true;
	p.min_points_per_centroid = 1;
	p.max_points_per_centroid = ROWS_PER_LIST;
	p.seed = static_cast<int>(seed & INT_MAX);
	faiss::Clustering means(n_dimensions, static_cast<int>(s.n_lists), p);
	means.train(n, rows, b.centres);
	std::memcpy(centres, means.centroids.data(),
	    means.centroids.size() * sizeof(float));
	if (!b.parts)
		return;
	b.parts->pq.cp = p;
	b.parts->pq.cp.spherical = false;
	b.parts->pq.cp.max_points_per_centroid = ROWS_PER_CODE;
	b.parts->train_residual(n, rows);
	std::memcpy(parts, b.parts->pq.centroids.data(),
	    b.parts->pq.centroids.size() * sizeof(float));
}

/* What the threads of an assignment share. */
struct assignment {
	const book *with;
	struct neighbours_shape shape;
	const float *rows;
	size_t n_rows;
	uint32_t *lists;
	uint8_t *codes;
};

void
assign_block(const struct assignment &job, size_t first, size_t n)
{
	const one_thread only;
	const float *rows = job.rows + first * job.shape.dimension;
	const auto n_signed = static_cast<faiss::Index::idx_t>(n);
	std::vector<faiss::Index::idx_t> lists(n);
	std::vector<float> likeness(n);

	job.with->centres.search(n_signed, rows, 1, likeness.data(),
	    lists.data());
	/* A row that is like no centre, as one of NaN, must be somewhere. */
	for (size_t i = 0; i < n; i++) {
		if (lists[i] < 0)
			lists[i] = 0;
		job.lists[first + i] = static_cast<uint32_t>(lists[i]);
	}
	if (job.with->parts)
		job.with->parts->encode_vectors(n_signed, rows, lists.data(),
		    job.codes + first * job.shape.n_parts);
}

int
assign_task(void *shared, size_t task, struct arena *, struct error *err)
{
	const auto &job = *static_cast<const struct assignment *>(shared);
	const size_t first = task * BLOCK;
	const size_t n = job.n_rows - first < BLOCK ? job.n_rows - first :
	    BLOCK;

	try {
		assign_block(job, first, n);
	} catch (const std::bad_alloc &) {
		return error_set(err, ERROR_NOMEM, "out of memory");
	} catch (const std::exception &e) {
		return say(err, e);
	}
	return 0;
}

typedef faiss::CMin<float, int64_t> worst_first;

} /* namespace */

struct neighbours {
	struct neighbours_store store;
	book with;

	explicit neighbours(const struct neighbours_store &s) :
	    store(s), with(s.book) {}
};

namespace {

/* Look through one list by the rows themselves. */
void
scan_rows(const struct neighbours_store &s, const float *query, size_t list,
    size_t n_found, int64_t *found, float *likeness)
{
	const size_t d = s.book.shape.dimension;

	for (uint64_t i = s.starts[list]; i < s.starts[list + 1]; i++) {
		const int64_t row = s.members[i];
		const float alike = faiss::fvec_inner_product(query,
		    s.rows + static_cast<size_t>(row) * d, d);

		if (alike > likeness[0])
			faiss::heap_replace_top<worst_first>(n_found, likeness,
			    found, alike, row);
	}
}

/* Put what was found by codes in the order of the rows themselves. */
void
compare_again(const struct neighbours_store &s, const float *query,
    size_t n_found, int64_t *found, float *likeness)
{
	const size_t d = s.book.shape.dimension;
	std::vector<int64_t> rows(found, found + n_found);

	faiss::heap_heapify<worst_first>(n_found, likeness, found);
	for (const int64_t row : rows) {
		if (row < 0)
			continue;
		const float alike = faiss::fvec_inner_product(query,
		    s.rows + static_cast<size_t>(row) * d, d);

		if (alike > likeness[0])
			faiss::heap_replace_top<worst_first>(n_found, likeness,
			    found, alike, row);
	}
}

void
find_one(const struct neighbours &n, const float *query,
    const faiss::Index::idx_t *lists, const float *nearness, size_t n_probed,
    size_t n_found, int64_t *found, float *likeness)
{
	const struct neighbours_store &s = n.store;
	std::unique_ptr<faiss::InvertedListScanner> scanner;

	if (n.with.parts) {
		scanner.reset(n.with.parts->get_InvertedListScanner(false,
		    nullptr));
		scanner->set_query(query);
	}
	faiss::heap_heapify<worst_first>(n_found, likeness, found);
	for (size_t p = 0; p < n_probed; p++) {
		if (lists[p] < 0)
			continue;
		const auto list = static_cast<size_t>(lists[p]);

		if (!scanner) {
			scan_rows(s, query, list, n_found, found, likeness);
			continue;
		}
		scanner->set_list(lists[p], nearness[p]);
		scanner->scan_codes(s.starts[list + 1] - s.starts[list],
		    s.codes + s.starts[list] * s.book.shape.n_parts,
		    s.members + s.starts[list], likeness, found, n_found);
	}
	if (scanner)
		compare_again(s, query, n_found, found, likeness);
	faiss::heap_reorder<worst_first>(n_found, likeness, found);
	for (size_t i = 0; i < n_found; i++)
		if (found[i] < 0)
			likeness[i] = 0;
}

void
find(const struct neighbours &n, const float *queries, size_t n_queries,
    size_t n_probed, size_t n_found, int64_t *found, float *likeness)
{
	const one_thread only;
	std::vector<faiss::Index::idx_t> lists(n_queries * n_probed);
	std::vector<float> nearness(n_queries * n_probed);

	n.with.centres.search(static_cast<faiss::Index::idx_t>(n_queries),
	    queries, static_cast<faiss::Index::idx_t>(n_probed),
	    nearness.data(), lists.data());
	for (size_t q = 0; q < n_queries; q++)
		find_one(n, queries + q * n.store.book.shape.dimension,
		    lists.data() + q * n_probed,
		    nearness.data() + q * n_probed, n_probed, n_found,
		    found + q * n_found, likeness + q * n_found);
}

} /* namespace */

int
neighbours_train(const struct neighbours_shape *shape, const float *rows,
    size_t n_rows, uint64_t seed, float *centres, float *parts,
    struct error *err)
{
	if (check_shape(shape, err) != 0)
		return -1;
	if (n_rows < shape->n_lists ||
	    (shape->n_parts > 0 && n_rows < NEIGHBOURS_N_CODES))
		return error_set(err, ERROR_LIMIT, "%zu rows are too few for "
		    "%zu lists", n_rows, shape->n_lists);
	try {
		train(*shape, rows, n_rows, seed, centres, parts);
	} catch (const std::bad_alloc &) {
		return error_set(err, ERROR_NOMEM, "out of memory");
	} catch (const std::exception &e) {
		return say(err, e);
	}
	return 0;
}

int
neighbours_assign(const struct neighbours_book *with, const float *rows,
    size_t n_rows, size_t n_threads, uint32_t *lists, uint8_t *codes,
    struct error *err)
{
	if (check_shape(&with->shape, err) != 0)
		return -1;
	try {
		const book b(*with);
		struct assignment job = { &b, with->shape, rows, n_rows,
		    lists, codes };

		return pool_run_arenas(n_threads, (n_rows + BLOCK - 1) / BLOCK,
		    assign_task, &job, err);
	} catch (const std::bad_alloc &) {
		return error_set(err, ERROR_NOMEM, "out of memory");
	} catch (const std::exception &e) {
		return say(err, e);
	}
}

struct neighbours *
neighbours_new(const struct neighbours_store *store, struct error *err)
{
	if (check_shape(&store->book.shape, err) != 0)
		return NULL;
	try {
		return new neighbours(*store);
	} catch (const std::bad_alloc &) {
		error_set(err, ERROR_NOMEM, "out of memory");
	} catch (const std::exception &e) {
		say(err, e);
	}
	return NULL;
}

void
neighbours_free(struct neighbours *n)
{
	delete n;
}

int
neighbours_find(const struct neighbours *n, const float *queries,
    size_t n_queries, size_t n_probed, size_t n_found, int64_t *found,
    float *likeness, struct error *err)
{
	const size_t n_lists = n->store.book.shape.n_lists;

	if (n_found == 0 || n_found > NEIGHBOURS_MAX_FOUND || n_probed == 0)
		return error_set(err, ERROR_LIMIT, "%zu rows of %zu lists are "
		    "wanted", n_found, n_probed);
	if (n_queries == 0)
		return 0;
	if (n_probed > n_lists)
		n_probed = n_lists;
	try {
		find(*n, queries, n_queries, n_probed, n_found, found,
		    likeness);
	} catch (const std::bad_alloc &) {
		return error_set(err, ERROR_NOMEM, "out of memory");
	} catch (const std::exception &e) {
		return say(err, e);
	}
	return 0;
}
