#include "store/models.h"
#include "store/sql.h"

int
models_put(struct catalogue *c, const struct models_entry *m,
    struct error *err)
{
	return sql_run(c, err, "INSERT INTO models VALUES (?1, ?2, ?3, ?4,"
	    " ?5, ?6) ON CONFLICT DO NOTHING", "tttttI", m->sha256, m->name,
	    m->path, m->recipe_sha256, m->manifest_sha256, m->seed);
}
