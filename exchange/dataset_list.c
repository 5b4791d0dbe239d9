#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "manifests/stream.h"
#include "store/chad_table.h"

#include "exchange/dataset_list.h"
#include "exchange/label_task.h"
#include "exchange/tar_file.h"

#define MAX_SOUND_BYTES ((size_t)2 << 30)

struct dataset_list {
	const struct dataset_options *options;
	struct file_new *file;		/* the list; NULL of shards */
	size_t n_items;
	struct label_task *task;	/* Label Studio's */
	struct tar_file *shard;		/* WebDataset's */
	size_t n_shards;
	uint64_t n_bytes;		/* in the shard */
};

/* What is done at the beginning, for each item and at the end. */
struct kind {
	const char *name;		/* of the list's file, or NULL */
	int (*begin)(struct dataset_list *l, FILE *out, struct error *err);
	int (*put)(struct dataset_list *l, const struct dataset_item *item,
	    FILE *out, struct arena *a, struct error *err);
	int (*end)(struct dataset_list *l, FILE *out, struct error *err);
};

static int
write_failed(struct error *err)
{
	return error_set_errno(err, "writing the list of the dataset");
}

static int
begin_nothing(struct dataset_list *l, FILE *out, struct error *err)
{
	(void)l;
	(void)out;
	(void)err;
	return 0;
}

static int
begin_table(struct dataset_list *l, FILE *out, struct error *err)
{
	(void)l;
	return chad_table_write_header(out, NULL, err);
}

static int
put_table(struct dataset_list *l, const struct dataset_item *item, FILE *out,
    struct arena *a, struct error *err)
{
	(void)l;
	return chad_table_write_row(out, item->row, NULL, a, err);
}

static int
put_metadata(struct dataset_list *l, const struct dataset_item *item,
    FILE *out, struct arena *a, struct error *err)
{
	struct json *rec = json_new_object(err);
	int status = -1;

	(void)l;
	if (rec == NULL)
		return -1;
	if (json_put_string(rec, "file_name", item->file_name, err) == 0) {
		status = 0;
		for (size_t i = 0; i < json_count(item->row) && status == 0;
		    i++)
			status = json_put(rec, json_member_name(item->row, i),
			    json_item(item->row, i), err);
	}
	if (status == 0)
		status = stream_write(out, rec, a, err);
	json_free(rec);
	return status;
}

static const char *
shard_path(const struct dataset_list *l, size_t number, struct arena *a,
    struct error *err)
{
	const char *path = arena_printf(a, "%s/fragments-%06zu.tar",
	    l->options->folder, number);

	if (path == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	return path;
}

/* End the shard in hand, if there is one. */
static int
end_shard(struct dataset_list *l, struct error *err)
{
	struct tar_file *shard = l->shard;

	l->shard = NULL;
	l->n_bytes = 0;
	return shard == NULL ? 0 : tar_file_commit(shard, err);
}

/* Put the sample's two files into a shard; "a" is for this sample alone. */
static int
put_files(struct dataset_list *l, const struct dataset_item *item,
    struct arena *a, struct error *err)
{
	const char *sound_name = arena_printf(a, "%s.flac", item->key);
	const char *text_name = arena_printf(a, "%s.json", item->key);
	const char *text = json_text(item->row, a, err);
	const char *path;
	size_t n_bytes;
	void *sound;

	if (sound_name == NULL || text_name == NULL || text == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	sound = file_read(item->path, MAX_SOUND_BYTES, a, &n_bytes, err);
	if (sound == NULL)
		return -1;
	(void)unlink(item->path);
	if (l->n_bytes > 0 && l->n_bytes + n_bytes + strlen(text) >
	    l->options->shard_bytes && end_shard(l, err) != 0)
		return -1;
	if (l->shard == NULL) {
		if ((path = shard_path(l, l->n_shards, a, err)) == NULL ||
		    (l->shard = tar_file_open(path, err)) == NULL)
			return -1;
		l->n_shards++;
	}
	l->n_bytes += n_bytes + strlen(text);
	if (tar_file_put(l->shard, sound_name, sound, n_bytes, err) != 0)
		return -1;
	return tar_file_put(l->shard, text_name, text, strlen(text), err);
}

/* The sounds of a whole batch would need much memory. */
static int
put_sample(struct dataset_list *l, const struct dataset_item *item, FILE *out,
    struct arena *batch, struct error *err)
{
	struct arena *a = arena_new();
	int status;

	(void)out;
	(void)batch;
	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = put_files(l, item, a, err);
	arena_free(a);
	return status;
}

/* Shards of an earlier, larger dataset in the folder are none of this one. */
static int
end_samples(struct dataset_list *l, FILE *out, struct error *err)
{
	struct arena *a;
	const char *path;

	(void)out;
	if (end_shard(l, err) != 0)
		return -1;
	if ((a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	for (size_t i = l->n_shards; (path = shard_path(l, i, a, err)) !=
	    NULL && unlink(path) == 0; i++)
		;
	arena_free(a);
	return path == NULL ? -1 : 0;
}

static int
begin_tasks(struct dataset_list *l, FILE *out, struct error *err)
{
	if ((l->task = label_task_new(l->options, err)) == NULL)
		return -1;
	return putc('[', out) == EOF ? write_failed(err) : 0;
}

static int
put_task(struct dataset_list *l, const struct dataset_item *item, FILE *out,
    struct arena *a, struct error *err)
{
	struct json *task;
	int status = 0;

	if (label_task_take(l->task, item, &task, err) != 0)
		return -1;
	if (task == NULL)
		return 0;
	if (fputs(l->n_items++ == 0 ? "\n" : ",\n", out) == EOF)
		status = write_failed(err);
	if (status == 0) {
		const char *text = json_text(task, a, err);

		if (text == NULL)
			status = -1;
		else if (fputs(text, out) == EOF)
			status = write_failed(err);
	}
	json_free(task);
	return status;
}

static int
end_tasks(struct dataset_list *l, FILE *out, struct error *err)
{
	if (fputs("\n]\n", out) == EOF)
		return write_failed(err);
	return label_task_write_config(l->options->folder, err);
}

static const struct kind kinds[] = {
	[DATASET_TREE] = { "dataset.csv", begin_table, put_table,
	    begin_nothing },
	[DATASET_AUDIOFOLDER] = { "metadata.jsonl", begin_nothing,
	    put_metadata, begin_nothing },
	[DATASET_WEBDATASET] = { NULL, begin_nothing, put_sample,
	    end_samples },
	[DATASET_LABEL_STUDIO] = { "tasks.json", begin_tasks, put_task,
	    end_tasks },
};

static FILE *
stream_of(struct dataset_list *l)
{
	return l->file == NULL ? NULL : file_stream(l->file);
}

struct dataset_list *
dataset_list_open(const struct dataset_options *options, struct error *err)
{
	const struct kind *kind = &kinds[options->kind];
	struct dataset_list *l = memory_new(1, sizeof(*l), "list", err);
	struct arena *a = arena_new();
	const char *path;

	if (l != NULL)
		l->options = options;
	if (l == NULL || a == NULL)
		goto fail;
	if (kind->name != NULL) {
		path = arena_printf(a, "%s/%s", options->folder, kind->name);
		if (path == NULL || (l->file = file_create(path, err)) == NULL)
			goto fail;
	}
	if (kind->begin(l, stream_of(l), err) != 0)
		goto fail;
	arena_free(a);
	return l;
fail:
	if (a == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	arena_free(a);
	dataset_list_abandon(l);
	return NULL;
}

int
dataset_list_put(struct dataset_list *l, const struct dataset_item *item,
    struct arena *a, struct error *err)
{
	return kinds[l->options->kind].put(l, item, stream_of(l), a, err);
}

int
dataset_list_commit(struct dataset_list *l, struct error *err)
{
	struct file_new *file = l->file;

	if (kinds[l->options->kind].end(l, stream_of(l), err) != 0) {
		dataset_list_abandon(l);
		return -1;
	}
	l->file = NULL;
	dataset_list_abandon(l);
	return file == NULL ? 0 : file_commit(file, err);
}

void
dataset_list_abandon(struct dataset_list *l)
{
	if (l == NULL)
		return;
	tar_file_abandon(l->shard);
	label_task_free(l->task);
	file_abandon(l->file);
	memory_free(l);
}
