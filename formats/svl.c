/*
 * Layers of Sonic Visualiser (the .svl that version 4 exports): <sv> <data>
 * <model sampleRate= type="sparse" dimensions= .../> <dataset> <point frame=
 * value= duration= level= label=/> ... .  A point is a label; a time is its
 * frame over sampleRate, and value, level and label are kept, so that instants,
 * values, notes, regions and boxes come through.  Written are regions.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/format_list.h"
#include "formats/intake.h"
#include "formats/labels.h"
#include "formats/xml.h"
#include "manifests/record.h"

#define MAX_RATE_HZ 1e6
#define RATE_HZ 48000		/* of layers of records without a rate */

bool
svl_fits(const char *path, const char *text, size_t n_bytes)
{
	(void)path;
	return n_bytes > 0 && text[strspn(text, " \t\r\n\xEF\xBB\xBF")] ==
	    '<' && strstr(text, "<sv") != NULL;
}

struct reading {
	const struct format_input *in;
	double rate_hz;		/* 0 before the model */
	size_t n_points;
};

/* The attribute as a number; 1, 0 when it is not there, or -1. */
static int
get_number(const char *const *attributes, const char *name, double *value,
    struct error *err)
{
	const char *text = xml_attribute(attributes, name);
	char *end;

	if (text == NULL)
		return 0;
	*value = strtod(text, &end);
	if (end != text && *end == '\0' && isfinite(*value))
		return 1;
	return error_set(err, ERROR_FORMAT, "%s=\"%.40s\" is no number", name,
	    text);
}

static int
take_model(struct reading *r, const char *const *attributes,
    struct error *err)
{
	const char *type = xml_attribute(attributes, "type");
	double rate_hz;

	/* Sessions have models of the sound itself, too. */
	if (type == NULL || strcmp(type, "sparse") != 0)
		return 0;
	if (get_number(attributes, "sampleRate", &rate_hz, err) < 0)
		return -1;
	if (r->rate_hz > 0.0)
		return error_set(err, ERROR_FORMAT, "more than one layer: "
		    "export each by itself");
	if (get_number(attributes, "sampleRate", &rate_hz, err) == 0 ||
	    !(rate_hz > 0.0 && rate_hz <= MAX_RATE_HZ))
		return error_set(err, ERROR_FORMAT,
		    "the model has no sampleRate");
	r->rate_hz = rate_hz;
	return 0;
}

/* value, level and extent as they are, below "svl". */
static int
put_own(struct json *own, const char *const *attributes, struct error *err)
{
	static const char *const names[] = { "value", "level", "extent" };
	char path[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		double value;
		const int has = get_number(attributes, names[i], &value, err);

		(void)snprintf(path, sizeof(path), "svl.%s", names[i]);
		if (has < 0 || (has > 0 && json_put_number(own, path, value,
		    err) != 0))
			return -1;
	}
	return 0;
}

static int
parse_point(struct reading *r, const char *const *attributes,
    struct json *own, struct labels_item *item, struct error *err)
{
	double frame, duration = 0.0;
	int has = get_number(attributes, "frame", &frame, err);

	if (has == 0)
		return error_set(err, ERROR_FORMAT, "a point has no frame");
	if (has < 0 || get_number(attributes, "duration", &duration, err) < 0)
		return -1;
	if (frame < 0.0 || duration < 0.0)
		return error_set(err, ERROR_FORMAT,
		    "a point lies before the beginning");
	if ((frame + duration) / r->rate_hz > LABELS_MAX_SEC)
		return error_set(err, ERROR_LIMIT, "a point lies %g s behind "
		    "the beginning", frame / r->rate_hz);
	item->start_sec = frame / r->rate_hz;
	item->end_sec = (frame + duration) / r->rate_hz;
	item->text = xml_attribute(attributes, "label");
	if (item->text != NULL && item->text[0] == '\0')
		item->text = NULL;
	return put_own(own, attributes, err);
}

static int
take_point(struct reading *r, const char *const *attributes, size_t line,
    struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	struct labels_item item;
	struct json *own;
	int result;

	if (r->rate_hz <= 0.0)
		return error_set(err, ERROR_FORMAT,
		    "line %zu: a point before the model", line);
	if ((own = json_new_object(err)) == NULL)
		return -1;
	if (parse_point(r, attributes, own, &item, &why) != 0)
		result = intake_bad(r->in, line, "point", 5, &why, err);
	else
		result = labels_take(r->in, ++r->n_points, &item, own, err);
	json_free(own);
	return result;
}

static int
take_element(void *shared, const char *name, const char *const *attributes,
    size_t line, struct error *err)
{
	struct reading *r = shared;

	if (strcmp(name, "model") == 0 && take_model(r, attributes, err) != 0)
		return error_add(err, "line %zu", line);
	return strcmp(name, "point") == 0 ? take_point(r, attributes, line,
	    err) : 0;
}

int
svl_read(const struct format_input *in, struct error *err)
{
	struct reading r = { .in = in };

	if (xml_each(in->text, in->n_bytes, take_element, &r, err) != 0)
		return -1;
	return r.rate_hz > 0.0 ? 0 : error_set(err, ERROR_FORMAT,
	    "there is no layer of points in it");
}

/* Text as an attribute's value; control characters become spaces. */
static int
put_escaped(FILE *f, const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text;
	    *s != '\0'; s++)
		if ((*s == '&' ? fputs("&amp;", f) : *s == '<' ?
		    fputs("&lt;", f) : *s == '"' ? fputs("&quot;", f) :
		    putc(*s < 32 ? ' ' : *s, f)) == EOF)
			return -1;
	return 0;
}

static int
write_point(FILE *f, const struct json *rec, const struct labels_item *item,
    double rate_hz)
{
	const double start = round(item->start_sec * rate_hz);
	double value, level;

	if (json_get_number(rec, "svl.value", 0.0, &value, NULL) != 0)
		value = 0.0;
	if (fprintf(f, "    <point frame=\"%.0f\" value=\"%.9g\" "
	    "duration=\"%.0f\" ", start, value, round(item->end_sec *
	    rate_hz) - start) < 0)
		return -1;
	if (json_want_number(rec, "svl.level", &level, NULL) == 0 &&
	    fprintf(f, "level=\"%.9g\" ", level) < 0)
		return -1;
	if (fputs("label=\"", f) == EOF || put_escaped(f, item->text != NULL ?
	    item->text : "") != 0 || fputs("\" />\n", f) == EOF)
		return -1;
	return 0;
}

static int
write_layer(const struct format_output *out,
    const struct labels_item *items, const bool *has, double rate_hz,
    struct error *err)
{
	double end_sec = 0.0;
	FILE *f = out->out;

	for (size_t i = 0; i < out->n_records; i++)
		if (has[i] && items[i].end_sec > end_sec)
			end_sec = items[i].end_sec;
	if (fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!DOCTYPE sonic-visualiser>\n<sv>\n<data>\n"
	    "  <model id=\"1\" name=\"\" sampleRate=\"%.0f\" start=\"0\" "
	    "end=\"%.0f\" type=\"sparse\" dimensions=\"3\" resolution=\"1\" "
	    "notifyOnAdd=\"true\" dataset=\"0\" subtype=\"region\" "
	    "valueQuantization=\"0\" minimum=\"0\" maximum=\"0\" units=\"\" />"
	    "\n  <dataset id=\"0\" dimensions=\"3\">\n", rate_hz,
	    ceil(end_sec * rate_hz)) < 0)
		return error_set_errno(err, "cannot write the layer");
	for (size_t i = 0; i < out->n_records; i++)
		if (has[i] && write_point(f, out->records[i], &items[i],
		    rate_hz) != 0)
			return error_set_errno(err, "cannot write the layer");
	if (fputs("  </dataset>\n</data>\n<display>\n  <layer id=\"2\" "
	    "type=\"regions\" name=\"Regions\" model=\"1\" />\n</display>\n"
	    "</sv>\n", f) == EOF)
		return error_set_errno(err, "cannot write the layer");
	return 0;
}

int
svl_write(const struct format_output *out, struct error *err)
{
	struct labels_item *items = arena_need(out->a, out->n_records,
	    sizeof(*items), "labels", err);
	bool *has = arena_need(out->a, out->n_records, sizeof(*has), "labels",
	    err);
	double rate_hz = RATE_HZ, known;

	if (items == NULL || has == NULL)
		return -1;
	for (size_t i = 0; i < out->n_records; i++) {
		const struct json *rec = out->records[i];
		const int status = record_has_failed(rec) ? 0 :
		    labels_find(out, i, &items[i], err);

		if (status < 0)
			return -1;
		has[i] = status > 0;
		if (json_want_number(rec, "decode.source_rate_hz", &known,
		    NULL) == 0 && known > 0.0 && known <= MAX_RATE_HZ)
			rate_hz = known;
	}
	return write_layer(out, items, has, rate_hz, err);
}
