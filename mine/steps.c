#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "store/rounds.h"

#include "mine/steps.h"

#define MAX_COMMANDS 8

int
steps_begin(const struct steps *s, struct steps_file *f, const char *name,
    const char *key, const char *suffix, bool *done, struct error *err)
{
	f->name = name;
	f->sha256[0] = '\0';
	memcpy(f->key, key, sizeof(f->key));
	f->path = arena_printf(s->a, "%s/chad-mine/%.2s/%s.%s",
	    s->work_folder, key, key, suffix);
	if (f->path == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	*done = file_exists(f->path);
	return file_make_parent(f->path, err);
}

/* Tell what is being run: "align: chad-align". */
static void
tell(const struct steps *s, const char *name,
    const struct spawn_command *commands, size_t n_commands)
{
	char text[256];
	size_t used;

	if (s->note == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%s:", name);
	for (size_t i = 0; i < n_commands; i++) {
		used = strlen(text);
		(void)snprintf(text + used, sizeof(text) - used, "%s %s",
		    i == 0 ? "" : " |", commands[i].argv[0]);
	}
	s->note(s->context, text);
}

static int
check_status(const char *tool, int status, struct error *err)
{
	if (status == 0 || status == 1)
		return 0;
	if (status == 75)
		return error_set(err, ERROR_BUSY,
		    "%s stopped before its end: run the same command again",
		    tool);
	if (status == 128 + SIGTERM || status == 128 + SIGINT ||
	    status == 128 + SIGHUP || status == 128 + SIGKILL)
		return error_set(err, ERROR_BUSY, "%s was ended by signal "
		    "%d: run the same command again", tool, status - 128);
	if (status >= 128)
		return error_set(err, ERROR_BUG, "%s crashed (signal %d)",
		    tool, status - 128);
	return error_set(err, ERROR_IO, "%s could not do its work (status "
	    "%d); its message stands above", tool, status);
}

/*
 * A command that ends makes those before it end by a broken pipe, so the last
 * one that failed is the one to name.
 */
static int
check_all(const struct spawn_command *commands, size_t n_commands,
    const int *status, struct error *err)
{
	for (size_t i = n_commands; i-- > 0;)
		if (check_status(commands[i].argv[0], status[i], err) != 0)
			return -1;
	return 0;
}

int
steps_pipe(const struct steps *s, const struct steps_file *f,
    const char *in_path, const struct spawn_command *commands,
    size_t n_commands, struct error *err)
{
	int status[MAX_COMMANDS] = { 0 };
	struct file_new *out;

	if (n_commands > MAX_COMMANDS)
		return error_set(err, ERROR_BUG, "too many commands");
	tell(s, f->name, commands, n_commands);
	if ((out = file_create(f->path, err)) == NULL)
		return -1;
	if (spawn_pipeline(commands, n_commands, in_path,
	    file_temporary_path(out), status, err) != 0 ||
	    check_all(commands, n_commands, status, err) != 0) {
		file_abandon(out);
		return error_add(err, "step \"%s\"", f->name);
	}
	return file_commit(out, err);
}

int
steps_command(const struct steps *s, const struct steps_file *f,
    const char *const *argv, struct error *err)
{
	const struct spawn_command command = { argv };
	int status = 0;

	tell(s, f->name, &command, 1);
	if (spawn_pipeline(&command, 1, NULL, "/dev/null", &status,
	    err) != 0 ||
	    check_all(&command, 1, &status, err) != 0)
		return error_add(err, "step \"%s\"", f->name);
	if (!file_exists(f->path))
		return error_set(err, ERROR_BUG, "step \"%s\": %s ended well "
		    "without making %s", f->name, argv[0], f->path);
	return 0;
}

static int
put_step(const struct steps *s, const struct steps_file *f, struct error *err)
{
	const struct rounds_step step = { f->name, f->key, f->path,
	    f->sha256 };

	return rounds_put_step(s->catalogue, s->round_key, &step, err);
}

int
steps_end(const struct steps *s, struct steps_file *f, struct error *err)
{
	if (hash_file(f->path, f->sha256, err) != 0)
		return -1;
	if (s->round_key[0] == '\0')
		return 0;
	if (catalogue_begin(s->catalogue, err) != 0)
		return -1;
	if (put_step(s, f, err) != 0) {
		catalogue_rollback(s->catalogue);
		return -1;
	}
	return catalogue_commit(s->catalogue, err);
}
