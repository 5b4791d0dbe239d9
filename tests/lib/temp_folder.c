#include <stdlib.h>

#include "base/spawn.h"

#include "tests/lib/temp_folder.h"

char temp_folder[] = "/tmp/chad-test-XXXXXX";

int
temp_folder_set_up(void **state)
{
	(void)state;
	return mkdtemp(temp_folder) == NULL ? -1 : 0;
}

int
temp_folder_tear_down(void **state)
{
	const char *argv[] = { "rm", "-rf", temp_folder, NULL };
	struct spawn_command command = { argv };
	int status;

	(void)state;
	return spawn_pipeline(&command, 1, NULL, NULL, &status, NULL);
}
