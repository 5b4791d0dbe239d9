/* What a file says of itself: chapters and tags. */
#include <assert.h>

#include "audio/media.h"
#include "audio/media_state.h"

void
media_chapter(const struct media *m, size_t k, struct media_chapter *chapter)
{
	const AVChapter *c;
	const AVDictionaryEntry *e;

	assert(k < m->facts.n_chapters);
	c = m->container->chapters[k];
	e = av_dict_get(c->metadata, "title", NULL, 0);
	chapter->start_sec = (double)c->start * av_q2d(c->time_base);
	chapter->end_sec = (double)c->end * av_q2d(c->time_base);
	chapter->title = e == NULL ? "" : e->value;
}

int
media_each_tag(const struct media *m,
    int (*call)(void *shared, const char *name, const char *text,
    struct error *err), void *shared, struct error *err)
{
	const AVDictionary *const lists[] = { m->container->metadata,
		m->stream->metadata };

	for (size_t i = 0; i < 2; i++) {
		const AVDictionaryEntry *tag = NULL;

		while ((tag = av_dict_get(lists[i], "", tag,
		    AV_DICT_IGNORE_SUFFIX)) != NULL)
			if (call(shared, tag->key, tag->value, err) != 0)
				return -1;
	}
	return 0;
}
