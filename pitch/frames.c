#include <math.h>
#include <string.h>

#include "dsp/track.h"

#include "pitch/frames.h"

#define CHUNK 8192		/* samples read at a time */
#define MAX_FRAME (1u << 16)

int
frames_array_get(void *array, float *samples, size_t n_max, size_t *n_read,
    struct error *err)
{
	struct frames_array *from = array;

	(void)err;
	*n_read = from->n_left < n_max ? from->n_left : n_max;
	memcpy(samples, from->samples, *n_read * sizeof(*samples));
	from->samples += *n_read;
	from->n_left -= *n_read;
	return 0;
}

int
frames_init(struct frames *f, const struct frames_source *source,
    size_t frame_samples, double hop_sec, bool is_left_aligned,
    struct arena *a, struct error *err)
{
	const double hop_samples = hop_sec * (double)source->rate_hz;

	if (frame_samples < 2 || frame_samples % 2 != 0 ||
	    frame_samples > MAX_FRAME || !(hop_samples >= 1.0))
		return error_set(err, ERROR_BUG,
		    "frames of %zu samples every %g s", frame_samples,
		    hop_sec);
	*f = (struct frames){ .source = *source, .hop_samples = hop_samples,
	    .frame_samples = frame_samples,
	    .is_left_aligned = is_left_aligned,
	    .n_room = frame_samples + CHUNK };
	f->buffer = arena_need(a, f->n_room, sizeof(*f->buffer), "samples",
	    err);
	return f->buffer == NULL ? -1 : 0;
}

/* Frames of a sound of n_samples; TRACK_MAX_FRAMES + 1 at most. */
static size_t
count_frames(const struct frames *f, uint64_t n_samples)
{
	const uint64_t n_first = f->is_left_aligned ? FRAMES_CREPE : 0;
	double n_hops;

	if (n_samples < n_first)
		return 0;
	n_hops = floor((double)(n_samples - n_first) / f->hop_samples + 1e-9);
	return n_hops < (double)TRACK_MAX_FRAMES ? 1 + (size_t)n_hops :
	    (size_t)TRACK_MAX_FRAMES + 1;
}

size_t
frames_expected(const struct frames *f)
{
	return count_frames(f, f->source.n_samples);
}

/* Forget what lies before "first" and read on until "end" is held. */
static int
hold(struct frames *f, uint64_t first, uint64_t end, struct error *err)
{
	while (!f->is_at_end && f->first_sample + f->n_held < end) {
		const size_t n_old = first <= f->first_sample ? 0 :
		    first - f->first_sample < f->n_held ?
		    (size_t)(first - f->first_sample) : f->n_held;
		size_t n_wanted, n_read;

		memmove(f->buffer, f->buffer + n_old,
		    (f->n_held - n_old) * sizeof(*f->buffer));
		f->first_sample += n_old;
		f->n_held -= n_old;
		n_wanted = f->n_room - f->n_held;
		if (f->source.get(f->source.context, f->buffer + f->n_held,
		    n_wanted, &n_read, err) != 0)
			return -1;
		f->n_held += n_read;
		f->is_at_end = n_read < n_wanted;
	}
	return 0;
}

int
frames_next(struct frames *f, float *frame, bool *has, struct error *err)
{
	const size_t half = f->frame_samples / 2;
	const uint64_t start =
	    (uint64_t)llround((double)f->next * f->hop_samples);
	const uint64_t centre = start +
	    (f->is_left_aligned ? FRAMES_CREPE / 2 : 0);
	const uint64_t first = centre > half ? centre - half : 0;
	const size_t n_before = centre < half ? half - (size_t)centre : 0;
	uint64_t end = centre + half, held_end;
	size_t n = f->frame_samples - n_before;

	/* So much must be seen to tell whether there is a frame. */
	if (f->is_left_aligned && end < start + FRAMES_CREPE)
		end = start + FRAMES_CREPE;
	if (hold(f, first, end, err) != 0)
		return -1;
	held_end = f->first_sample + f->n_held;
	*has = !f->is_at_end || f->next < count_frames(f, held_end);
	if (!*has)
		return 0;
	memset(frame, 0, f->frame_samples * sizeof(*frame));
	f->next++;
	if (first >= held_end)
		return 0;
	if (n > held_end - first)
		n = (size_t)(held_end - first);
	memcpy(frame + n_before, f->buffer + (first - f->first_sample),
	    n * sizeof(*frame));
	return 0;
}
