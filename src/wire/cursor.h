/*
 * The one bounded reader and writer of bytes. Every byte from outside goes through it: a read or write that would
 * leave the buffer answers false and moves nothing.
 */
#ifndef COPP_CURSOR_H
#define COPP_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copp_reader {
    const uint8_t *next;
    size_t left;
};

struct copp_writer {
    uint8_t *next;
    size_t left;
};

bool copp_read_u8(struct copp_reader *in, uint8_t *value);
bool copp_read_u16be(struct copp_reader *in, uint32_t *value);
bool copp_read_u24be(struct copp_reader *in, uint32_t *value);
bool copp_read_u32be(struct copp_reader *in, uint32_t *value);
bool copp_read_u32le(struct copp_reader *in, uint32_t *value);
bool copp_read_bytes(struct copp_reader *in, uint8_t *bytes, size_t size);
/* *bytes points into the buffer. */
bool copp_read_view(struct copp_reader *in, const uint8_t **bytes, size_t size);

bool copp_write_u8(struct copp_writer *out, uint8_t value);
bool copp_write_u16be(struct copp_writer *out, uint32_t value);
bool copp_write_u32be(struct copp_writer *out, uint32_t value);
bool copp_write_u32le(struct copp_writer *out, uint32_t value);
bool copp_write_bytes(struct copp_writer *out, const uint8_t *bytes, size_t size);

#endif
