#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/error.h"

#include "manifests/ring.h"

#define N_SLOTS 4
#define N_JOBS 20000

/* A job is its number; what leaves must be 0, 1, 2 ... */
struct shared {
	struct ring *ring;
	atomic_bool is_stopped;
	atomic_int n_in_order;
	atomic_int n_pauses;
	atomic_int n_released, sum_released;
};

static void
leave(void *arg, void *job)
{
	struct shared *s = arg;

	if (*(int *)job == atomic_load(&s->n_in_order))
		atomic_fetch_add(&s->n_in_order, 1);
}

static void
pause_leaving(void *arg)
{
	struct shared *s = arg;

	atomic_fetch_add(&s->n_pauses, 1);
}

static bool
must_stop(void *arg)
{
	const struct shared *s = arg;

	return atomic_load(&s->is_stopped);
}

/* What lies in the ring when it is freed, added up. */
static void
release(void *arg, void *job)
{
	struct shared *s = arg;

	atomic_fetch_add(&s->n_released, 1);
	atomic_fetch_add(&s->sum_released, *(int *)job);
}

static void
make_ring(struct shared *s)
{
	const struct ring_calls calls = { leave, pause_leaving, must_stop,
	    release, s };

	atomic_init(&s->is_stopped, false);
	atomic_init(&s->n_in_order, 0);
	atomic_init(&s->n_pauses, 0);
	atomic_init(&s->n_released, 0);
	atomic_init(&s->sum_released, 0);
	s->ring = ring_new(N_SLOTS, sizeof(int), &calls, NULL);
	assert_non_null(s->ring);
}

static void *
work(void *arg)
{
	struct shared *s = arg;
	int *job;

	while ((job = ring_take(s->ring)) != NULL)
		ring_finish(s->ring, job);
	return NULL;
}

/* Put jobs until there are enough or the ring says stop. */
static void *
put_jobs(void *arg)
{
	struct shared *s = arg;

	for (int n = 0; n < N_JOBS; n++) {
		int *job = ring_put(s->ring);

		if (job == NULL)
			break;
		*job = n;
		ring_filled(s->ring);
	}
	ring_close(s->ring);
	return NULL;
}

static void
jobs_leave_in_order(void **state)
{
	struct shared s;
	pthread_t threads[8];

	(void)state;
	make_ring(&s);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &s),
		    0);
	(void)put_jobs(&s);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&s.n_in_order), N_JOBS);
	assert_true(atomic_load(&s.n_pauses) >= 1);
	assert_int_equal(ring_n_left(s.ring), 0);
	ring_free(s.ring);
}

/* The ring is full, its filler waits, and all workers see the stop first. */
static void
a_stop_reaches_who_waits_to_put(void **state)
{
	const struct timespec nap = { 0, 2000000 };
	pthread_t filler;
	struct shared s;

	(void)state;
	make_ring(&s);
	assert_int_equal(pthread_create(&filler, NULL, put_jobs, &s), 0);
	while (ring_n_left(s.ring) < N_SLOTS)
		(void)nanosleep(&nap, NULL);
	(void)nanosleep(&nap, NULL);
	atomic_store(&s.is_stopped, true);
	assert_null(ring_take(s.ring));
	assert_int_equal(pthread_join(filler, NULL), 0);
	assert_int_equal(ring_n_left(s.ring), N_SLOTS);
	assert_int_equal(atomic_load(&s.n_in_order), 0);
	/* What was put and not taken is released: 0 + 1 + 2 + 3. */
	ring_free(s.ring);
	assert_int_equal(atomic_load(&s.n_released), N_SLOTS);
	assert_int_equal(atomic_load(&s.sum_released), 6);
}

/* A job may leave things in its place for the job that comes there next. */
static void
places_are_left_as_they_were(void **state)
{
	struct shared s;

	(void)state;
	make_ring(&s);
	for (int i = 0; i < 3 * N_SLOTS; i++) {
		int *job = ring_put(s.ring);

		assert_non_null(job);
		assert_int_equal(*job, i < N_SLOTS ? 0 : i - N_SLOTS);
		*job = i;
		ring_filled(s.ring);
		assert_ptr_equal(ring_take(s.ring), job);
		ring_finish(s.ring, job);
	}
	assert_int_equal(atomic_load(&s.n_released), 0);
	ring_free(s.ring);
	/* The last four: 8 + 9 + 10 + 11. */
	assert_int_equal(atomic_load(&s.n_released), N_SLOTS);
	assert_int_equal(atomic_load(&s.sum_released), 38);
}

/* Finished out of order: the first one's end lets all of them go. */
static void
later_jobs_wait_for_the_first(void **state)
{
	struct shared s;
	int *jobs[3];

	(void)state;
	make_ring(&s);
	for (int i = 0; i < 3; i++) {
		int *job = ring_put(s.ring);

		assert_non_null(job);
		*job = i;
		ring_filled(s.ring);
		jobs[i] = ring_take(s.ring);
		assert_ptr_equal(jobs[i], job);
	}
	ring_finish(s.ring, jobs[2]);
	ring_finish(s.ring, jobs[1]);
	assert_int_equal(atomic_load(&s.n_in_order), 0);
	ring_finish(s.ring, jobs[0]);
	assert_int_equal(atomic_load(&s.n_in_order), 3);
	assert_int_equal(atomic_load(&s.n_pauses), 1);
	ring_close(s.ring);
	assert_null(ring_take(s.ring));
	ring_free(s.ring);
	ring_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_leave_in_order),
		cmocka_unit_test(a_stop_reaches_who_waits_to_put),
		cmocka_unit_test(places_are_left_as_they_were),
		cmocka_unit_test(later_jobs_wait_for_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
