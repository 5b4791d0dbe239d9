#include <string.h>

#include "base/json_path.h"

size_t
json_path_part(const char **path, char part[JSON_PART_BYTES])
{
	const size_t n = strcspn(*path, ".");

	if (n == 0 || n >= JSON_PART_BYTES)
		return 0;
	memcpy(part, *path, n);
	part[n] = '\0';
	*path += n;
	if (**path == '.')
		(*path)++;
	return n;
}
