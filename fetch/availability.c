#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/table.h"

#include "fetch/availability.h"

struct row {
	char host[AVAILABILITY_HOST_BYTES];
	struct availability_counts counts;
};

struct availability {
	pthread_mutex_t lock;
	struct row *rows;	/* by name */
	size_t n_rows, capacity;
};

struct availability *
availability_new(struct error *err)
{
	struct availability *v = memory_new(1, sizeof(*v), "counts", err);

	if (v != NULL)
		(void)pthread_mutex_init(&v->lock, NULL);
	return v;
}

void
availability_free(struct availability *v)
{
	if (v == NULL)
		return;
	(void)pthread_mutex_destroy(&v->lock);
	memory_free(v->rows);
	memory_free(v);
}

const char *
availability_state(enum failure f, bool is_changed)
{
	if (f == FAILURE_NONE)
		return is_changed ? "changed" : "alive";
	return f == FAILURE_GONE || f == FAILURE_REFUSED ? "dead" : "unknown";
}

void
availability_host(const char *url, char host[AVAILABILITY_HOST_BYTES])
{
	const char *colon = strstr(url, "://");
	const char *name = colon != NULL ? colon + 3 : url;
	size_t n = strcspn(name, "/?#");
	size_t n_scheme = 0;

	for (const char *at; (at = memchr(name, '@', n)) != NULL;
	    name = at + 1)
		n -= (size_t)(at + 1 - name);
	if (colon != NULL && strncasecmp(url, "http://", 7) != 0 &&
	    strncasecmp(url, "https://", 8) != 0)
		n_scheme = (size_t)(colon + 3 - url);
	(void)snprintf(host, AVAILABILITY_HOST_BYTES, "%.*s%.*s",
	    n_scheme > 8 ? 8 : (int)n_scheme, url,
	    n > 60 ? 60 : (int)n, name);
	for (char *p = host; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
		if (*p <= ' ' || *p > '~')
			*p = '?';
	}
}

/* The row of the host, made when there is none.  Lock held. */
static struct row *
find_row(struct availability *v, const char *host, struct error *err)
{
	size_t low = 0, high = v->n_rows;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = strcmp(host, v->rows[middle].host);

		if (order == 0)
			return &v->rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	if (memory_grow(&v->rows, &v->capacity, v->n_rows + 1,
	    sizeof(*v->rows), "hosts", err) != 0)
		return NULL;
	memmove(v->rows + low + 1, v->rows + low,
	    (v->n_rows - low) * sizeof(*v->rows));
	v->n_rows++;
	memset(&v->rows[low], 0, sizeof(v->rows[low]));
	memcpy(v->rows[low].host, host, strlen(host) + 1);
	return &v->rows[low];
}

static void
count(struct availability_counts *c, enum failure f, bool is_changed,
    const char *was)
{
	const bool was_there = strcmp(was, "alive") == 0 ||
	    strcmp(was, "changed") == 0;
	const bool is_there = f == FAILURE_NONE;
	const bool is_dead = f == FAILURE_GONE || f == FAILURE_REFUSED;

	c->n_asked++;
	c->n_alive += is_there && !is_changed;
	c->n_changed += is_there && is_changed;
	c->n_gone += f == FAILURE_GONE;
	c->n_refused += f == FAILURE_REFUSED;
	c->n_unknown += !is_there && !is_dead;
	c->n_died += is_dead && was_there;
	c->n_revived += is_there && strcmp(was, "dead") == 0;
}

int
availability_add(struct availability *v, const char *url, enum failure f,
    bool is_changed, const char *was, struct error *err)
{
	char host[AVAILABILITY_HOST_BYTES];
	struct row *row;

	availability_host(url, host);
	(void)pthread_mutex_lock(&v->lock);
	row = find_row(v, host, err);
	if (row != NULL)
		count(&row->counts, f, is_changed, was);
	(void)pthread_mutex_unlock(&v->lock);
	return row == NULL ? -1 : 0;
}

static void
sum(struct availability_counts *to, const struct availability_counts *c)
{
	to->n_asked += c->n_asked;
	to->n_alive += c->n_alive;
	to->n_changed += c->n_changed;
	to->n_gone += c->n_gone;
	to->n_refused += c->n_refused;
	to->n_unknown += c->n_unknown;
	to->n_died += c->n_died;
	to->n_revived += c->n_revived;
}

struct availability_counts
availability_total(const struct availability *v)
{
	struct availability_counts total = { 0 };

	for (size_t i = 0; i < v->n_rows; i++)
		sum(&total, &v->rows[i].counts);
	return total;
}

/* qsort: the most asked first. */
static int
compare_rows(const void *x, const void *y)
{
	const struct row *a = x, *b = y;

	if (a->counts.n_asked != b->counts.n_asked)
		return a->counts.n_asked > b->counts.n_asked ? -1 : 1;
	return strcmp(a->host, b->host);
}

/* One more line. */
static int
append(struct json *lines, const char *host,
    const struct availability_counts *c, struct error *err)
{
	const struct {
		const char *name;
		size_t n;
	} columns[] = {
		{ "asked", c->n_asked }, { "alive", c->n_alive },
		{ "changed", c->n_changed }, { "gone", c->n_gone },
		{ "refused", c->n_refused }, { "unknown", c->n_unknown },
		{ "died", c->n_died }, { "back", c->n_revived },
	};
	struct json *line = json_new_object(err);
	int status = line == NULL ? -1 : json_put_string(line, "host", host,
	    err);

	for (size_t i = 0; status == 0 &&
	    i < sizeof(columns) / sizeof(columns[0]); i++)
		status = json_put_size(line, columns[i].name, columns[i].n,
		    err);
	if (status == 0)
		status = json_append(lines, "", line, err);
	json_free(line);
	return status;
}

const char *
availability_table(struct availability *v, size_t max_hosts, struct arena *a,
    struct error *err)
{
	const size_t n = v->n_rows <= max_hosts ? v->n_rows : max_hosts;
	struct json *lines = json_new_array(err);
	struct availability_counts rest = { 0 };
	const char *text = NULL;
	char name[40];
	int status = lines == NULL ? -1 : 0;

	if (v->n_rows > 0)
		qsort(v->rows, v->n_rows, sizeof(*v->rows), compare_rows);
	for (size_t i = 0; status == 0 && i < n; i++)
		status = append(lines, v->rows[i].host, &v->rows[i].counts,
		    err);
	for (size_t i = n; i < v->n_rows; i++)
		sum(&rest, &v->rows[i].counts);
	(void)snprintf(name, sizeof(name), "%zu others", v->n_rows - n);
	if (status == 0 && rest.n_asked > 0)
		status = append(lines, name, &rest, err);
	if (status == 0)
		text = table_text(lines, a, err);
	json_free(lines);
	return text;
}
