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
    size_t frame_samples, double hop_sec, struct arena *a,
    struct error *err)
{
	const double hop_samples = hop_sec * (double)source->rate_hz;
	const double n_hops = floor((double)source->n_samples / hop_samples +
	    1e-9);

	if (frame_samples < 2 || frame_samples % 2 != 0 ||
	    frame_samples > MAX_FRAME || !(hop_samples >= 1.0))
		return error_set(err, ERROR_BUG,
		    "frames of %zu samples every %g s", frame_samples,
		    hop_sec);
	if (!(n_hops < (double)TRACK_MAX_FRAMES))
		return error_set(err, ERROR_LIMIT, "a sound of more than %u "
		    "frames of %g s", TRACK_MAX_FRAMES, hop_sec);
	*f = (struct frames){ .source = *source, .hop_samples = hop_samples,
	    .n_frames = 1 + (size_t)n_hops, .frame_samples = frame_samples,
	    .n_room = frame_samples + CHUNK };
	f->buffer = arena_need(a, f->n_room, sizeof(*f->buffer), "samples",
	    err);
	return f->buffer == NULL ? -1 : 0;
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
frames_next(struct frames *f, float *frame, struct error *err)
{
	const size_t half = f->frame_samples / 2;
	const uint64_t centre =
	    (uint64_t)llround((double)f->next * f->hop_samples);
	const uint64_t first = centre > half ? centre - half : 0;
	const size_t n_before = centre < half ? half - (size_t)centre : 0;
	uint64_t held_end;
	size_t n = f->frame_samples - n_before;

	if (hold(f, first, first + n, err) != 0)
		return -1;
	memset(frame, 0, f->frame_samples * sizeof(*frame));
	f->next++;
	held_end = f->first_sample + f->n_held;
	if (first >= held_end)
		return 0;
	if (n > held_end - first)
		n = (size_t)(held_end - first);
	memcpy(frame + n_before, f->buffer + (first - f->first_sample),
	    n * sizeof(*frame));
	return 0;
}
