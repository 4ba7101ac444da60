/*
 * The key log beside a recording, a line for each session that has ended:
 *
 *   COPP_SESSION <driver's random number> <session key> <first status sequence number> <first command sequence number>
 *
 * in hexadecimal, 32, 32, 8 and 8 digits. The driver's random number, which KeyExchange answers, says whose key it is. Lines that begin with
 * '#' and empty lines mean nothing.
 */
#ifndef COPP_CONFORMANCE_KEY_LOG_H
#define COPP_CONFORMANCE_KEY_LOG_H

#include "copp.h"

#define KEY_SECRETS_SIZE 24u /* what a session draws at once: key and sequence numbers (SES-4) */
#define KEY_LINE_SIZE 98u /* with its newline and a NUL */

/* The secrets as a session has drawn them, into all of *session but its random number. */
void key_log_take(const uint8_t *secrets, struct copp_handshake *session);
/* Writes a line into KEY_LINE_SIZE bytes, and returns how long it is. */
size_t key_log_print(const struct copp_handshake *session, char *line);

/* All keys of a log. */
struct key_log {
    struct copp_handshake *entries;
    size_t count;
};
/* COPP_OK; COPP_E_INVALID: *line, from 1, is not one of a key log; COPP_E_MEMORY. Free it in any case. */
enum copp_result key_log_read(const uint8_t *text, size_t size, struct key_log *log, unsigned *line);
/* Wipes. */
void key_log_free(struct key_log *log);
/* NULL: it is not in the log, which may be NULL. */
const struct copp_handshake *key_log_find(const struct key_log *log, const uint8_t *random);

#endif
