/* What tests need of the system: system_kit_posix.c or system_kit_windows.c. */
#ifndef COPP_TEST_SYSTEM_KIT_H
#define COPP_TEST_SYSTEM_KIT_H

#include <stdbool.h>

/* A new, empty directory's path; test_directory_remove frees it, and fails the test unless the directory is empty again. */
char *test_directory_new(void);
void test_directory_remove(char *path);

bool test_make_directory(const char *path);
bool test_remove_directory(const char *path);

/*
 * Runs work(0), work(1), ... at once, in processes of their own, or on Windows in threads: the store's lock keeps those
 * apart as well. True if all return 0.
 */
bool test_run_at_once(int (*work)(unsigned), unsigned count);

#endif
