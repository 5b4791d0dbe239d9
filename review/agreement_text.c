#include "review/agreement_text.h"

/* "Cohen's kappa   0.712  120 items, ann and bob" */
static void
write_line(const struct json *from, const char *value_name, const char *what,
    FILE *out)
{
	double value;
	size_t n = 0;

	if (json_get_size(from, "n", 0, &n, NULL) != 0)
		n = 0;
	if (json_want_number(from, value_name, &value, NULL) == 0)
		(void)fprintf(out, "%-22s %6.3f  %zu items", what, value, n);
	else
		(void)fprintf(out, "%-22s      -  %zu items", what, n);
}

static const char *
name_of(const struct json *from, const char *member)
{
	const char *name;

	return json_get_string(from, member, "", &name, NULL) == 0 ? name :
	    "";
}

static void
write_gold(const struct json *person, FILE *out)
{
	size_t n, n_right;

	if (json_want_size(person, "n", &n, NULL) == 0 && n > 0 &&
	    json_want_size(person, "right", &n_right, NULL) == 0)
		(void)fprintf(out, "%-22s %6.3f  %zu of %zu items, %s\n",
		    "right on gold", (double)n_right / (double)n, n_right, n,
		    name_of(person, "name"));
}

void
agreement_text_write(const struct json *report, FILE *out)
{
	const struct json *pairs = json_at(report, "cohen");
	const struct json *people = json_at(report, "gold");

	write_line(json_at(report, "krippendorff"), "alpha",
	    "Krippendorff's alpha", out);
	(void)fputc('\n', out);
	write_line(json_at(report, "fleiss"), "kappa", "Fleiss' kappa", out);
	(void)fputc('\n', out);
	for (size_t i = 0; pairs != NULL && i < json_count(pairs); i++) {
		const struct json *pair = json_item(pairs, i);

		write_line(pair, "kappa", "Cohen's kappa", out);
		(void)fprintf(out, ", %s and %s\n", name_of(pair, "a"),
		    name_of(pair, "b"));
	}
	for (size_t i = 0; people != NULL && i < json_count(people); i++)
		write_gold(json_item(people, i), out);
}
