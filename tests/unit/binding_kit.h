/*
 * What a bound answer ends in, put together byte by byte from the table of docs/protocol.md (BIND-1, BIND-3): for the driver's
 * side of tests and for the application's. Nothing of libcopp's own binding is here.
 */
#ifndef COPP_TEST_BINDING_KIT_H
#define COPP_TEST_BINDING_KIT_H

#include "crypto_kit.h"

#define KIT_BINDING_AT 3968u
#define KIT_BINDING_SIZE 128u
enum { KIT_COMMAND = 4, KIT_STATUS = 5 };

/* What one side knows beside the request itself. At first all zero. */
struct kit_binding {
    uint32_t command_sequence; /* expected next */
    uint32_t refused;
    uint8_t record[16];
    uint32_t flags;
    const char *connector; /* NULL: "" */
};

/* A command (4096 bytes) has ended, or a status request was refused, with hresult. */
void kit_note(struct kit_binding *binding, const uint8_t *session_key, uint32_t kind, const uint8_t *message, uint32_t hresult);

/* The binding of an answer to request (4096 bytes). */
void kit_bind(const struct kit_binding *binding, const uint8_t *request, uint8_t *bytes);

#endif
