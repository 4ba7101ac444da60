/* One message of a session and its answer: what a failed case shows, a recording holds and a page draws. */
#ifndef COPP_CONFORMANCE_EXCHANGE_H
#define COPP_CONFORMANCE_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "copp/handshake.h"
#include "copp/transport.h"

enum exchange_kind {
    EXCHANGE_OPEN = 1, /* a device is opened; note is the connector's name */
    EXCHANGE_KEY_EXCHANGE = 2, /* the answer: the driver's random number (16 bytes) and its certificate chain */
    EXCHANGE_SEQUENCE_START = 3, /* the request: 256 bytes (WIRE-1, OPM-WIRE-5) */
    EXCHANGE_COMMAND = 4, /* the request: 4096 bytes (WIRE-2); additional: what OPM sends beside it */
    EXCHANGE_STATUS = 5, /* the request: 4096 bytes (WIRE-3); additional: OPM's MAC; the answer: 4096 bytes (WIRE-4) */
    EXCHANGE_CLOSE = 6,
    EXCHANGE_EVENT = 7, /* something happened to the output; note says what */
    EXCHANGE_NOTE = 8 /* a remark of the suite's own */
};

struct exchange {
    uint64_t time_us; /* since the run began */
    uint64_t delay_us; /* from the request to its answer, if that is known to have taken long */
    uint32_t session; /* from 1; 0: of no session */
    enum exchange_kind kind;
    enum copp_semantics semantics;
    enum copp_result result; /* anything but COPP_OK: the driver did not answer */
    uint32_t hresult; /* what the driver answered */
    const uint8_t *request; /* NULL and 0 where there is none, as the two below */
    size_t request_size;
    const uint8_t *additional;
    size_t additional_size;
    const uint8_t *answer; /* only if hresult is 0 */
    size_t answer_size;
    const char *note; /* never NULL */
    bool wrong; /* the suite has answered something wrong, as the case wants it */
    bool keyed; /* a SequenceStart after which both sides have this key, so that a report can check MACs: */
    struct copp_handshake key; /* of a test's own session: not secret once it has ended */
};

/* A list that owns copies of everything in it. Zeroed, it is empty. */
struct exchange_list {
    struct exchange *items;
    size_t count;
};

/* Appends a copy. False without memory; the list is then as before. */
bool exchange_add(struct exchange_list *list, const struct exchange *exchange);
void exchange_list_free(struct exchange_list *list);

/* "KeyExchange" and so on. Static. */
const char *exchange_kind_name(enum exchange_kind kind);

#endif
