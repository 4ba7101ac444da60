/* Text that came from outside, made fit for a terminal. */
#ifndef COPP_CLI_PRINTABLE_H
#define COPP_CLI_PRINTABLE_H

#include <stddef.h>

/* Copies text, cut off at size. What is not a character of the locale, or does not take a place of its own on a screen (control
 * characters, those that turn the direction of writing, what combines with others), becomes '?'. */
void printable(const char *text, char *clean, size_t size);

/* The bytes at the beginning of text, which is printable, that fill at most *width columns; *width becomes what they fill. */
size_t printable_fit(const char *text, int *width);

#endif
