/* What a transport makes of a struct copp_call. */
#ifndef COPP_COMMON_CALL_H
#define COPP_COMMON_CALL_H

#include "common/sized.h"
#include "copp/transport.h"

/* COPP_OK, and all of the call; else what to answer before anything is sent. */
static inline enum copp_result copp_call_take(const struct copp_call *given, struct copp_call *call) {
    bool taken = given && copp_sized_read(given, call, sizeof *call) && (call->additional || !call->additional_size);
    return taken ? COPP_OK : COPP_E_ARGUMENT;
}

/* The same under COPP semantics, which have nothing beside a message: when the call must have returned. */
static inline enum copp_result copp_call_read(const struct copp_call *given, uint64_t *deadline_ms) {
    struct copp_call call;
    if (!given || !copp_sized_read(given, &call, sizeof call))
        return COPP_E_ARGUMENT;
    *deadline_ms = call.deadline_ms;
    return call.additional_size ? COPP_E_UNSUPPORTED : COPP_OK;
}

#endif
