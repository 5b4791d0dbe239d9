#include <limits.h>
#include <string.h>

#include <expat.h>

#include "formats/xml.h"

struct walk {
	XML_Parser parser;
	int (*element)(void *shared, const char *name,
	    const char *const *attributes, size_t line, struct error *err);
	void *shared;
	struct error *err;
	int result;
};

static void
start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct walk *w = context;

	if (w->result != 0)
		return;
	w->result = w->element(w->shared, name,
	    (const char *const *)attributes,
	    (size_t)XML_GetCurrentLineNumber(w->parser), w->err);
	if (w->result != 0)
		(void)XML_StopParser(w->parser, XML_FALSE);
}

static void
refuse_entity(void *context, const XML_Char *name, int is_parameter,
    const XML_Char *value, int n_value, const XML_Char *base,
    const XML_Char *system, const XML_Char *public, const XML_Char *notation)
{
	struct walk *w = context;

	(void)name;
	(void)is_parameter;
	(void)value;
	(void)n_value;
	(void)base;
	(void)system;
	(void)public;
	(void)notation;
	if (w->result == 0)
		w->result = error_set(w->err, ERROR_FORMAT, "line %zu: "
		    "declared entities are not read",
		    (size_t)XML_GetCurrentLineNumber(w->parser));
	(void)XML_StopParser(w->parser, XML_FALSE);
}

int
xml_each(const char *text, size_t n_bytes,
    int (*element)(void *shared, const char *name,
    const char *const *attributes, size_t line, struct error *err),
    void *shared, struct error *err)
{
	struct walk w = { XML_ParserCreate(NULL), element, shared, err, 0 };
	enum XML_Status status;

	if (w.parser == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for XML");
	if (n_bytes > INT_MAX) {
		XML_ParserFree(w.parser);
		return error_set(err, ERROR_LIMIT, "larger than 2 GiB");
	}
	XML_SetUserData(w.parser, &w);
	XML_SetStartElementHandler(w.parser, start);
	XML_SetEntityDeclHandler(w.parser, refuse_entity);
	status = XML_Parse(w.parser, text, (int)n_bytes, 1);
	if (status != XML_STATUS_OK && w.result == 0)
		w.result = error_set(err, XML_GetErrorCode(w.parser) ==
		    XML_ERROR_NO_MEMORY ? ERROR_NOMEM : ERROR_FORMAT,
		    "line %zu: %s",
		    (size_t)XML_GetCurrentLineNumber(w.parser),
		    XML_ErrorString(XML_GetErrorCode(w.parser)));
	XML_ParserFree(w.parser);
	return w.result;
}

const char *
xml_attribute(const char *const *attributes, const char *name)
{
	for (; *attributes != NULL; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}
