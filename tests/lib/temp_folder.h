/*
 * temp_folder -- a folder of a group of tests, for cmocka_run_group_tests.
 */
#ifndef TESTS_LIB_TEMP_FOLDER_H
#define TESTS_LIB_TEMP_FOLDER_H

/* "/tmp/chad-test-XXXXXX" until it is made, then its path. */
extern char temp_folder[];

int temp_folder_set_up(void **state);
/* Removes it with all that is in it. */
int temp_folder_tear_down(void **state);

#endif
