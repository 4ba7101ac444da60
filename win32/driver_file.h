/* The files of a driver's directory, and what is said of them. Paths are UTF-8. */
#ifndef COPP_WIN32_DRIVER_FILE_H
#define COPP_WIN32_DRIVER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

#define FILE_SIZE_MAX 65536u
#define PATH_SIZE 4096u /* bytes of UTF-8 */

/* A debugger and Wine's debug channels show it: a DLL has no other place to say why there is no driver. */
void explain(const char *file, const char *why);
void explain_file(HMODULE module, const char *name, const char *why);

/* An environment variable; "" if it is not set. False: it is too long. */
bool variable(const WCHAR *name, char *text, size_t size);

/* A file of the driver's directory: %COPP_DRIVER%, else copp-driver beside the DLL that module is. False: its name is too long. */
bool driver_file(HMODULE module, const char *name, char *path, size_t size);

/* *bytes, with a NUL beyond them, are the file's, or NULL if there is no such file; free with copp_release. False, said why,
 * if it is there and not to be used. */
bool read_driver_file(HMODULE module, const char *name, char **bytes, size_t *size);

#endif
