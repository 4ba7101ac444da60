#ifndef COPP_UTF8_H
#define COPP_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True for well-formed UTF-8 without a NUL (which XML has no place for, and which UTF-16 is full of). */
bool copp_utf8_valid(const uint8_t *bytes, size_t size);

#endif
