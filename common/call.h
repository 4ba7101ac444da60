/* What a transport under COPP semantics makes of a struct copp_call. */
#ifndef COPP_COMMON_CALL_H
#define COPP_COMMON_CALL_H

#include "common/sized.h"
#include "copp/transport.h"

/* COPP_OK, and when the call must have returned; else what to answer before anything is sent. */
static inline enum copp_result copp_call_read(const struct copp_call *given, uint64_t *deadline_ms) {
    struct copp_call call;
    if (!given || !copp_sized_read(given, &call, sizeof call))
        return COPP_E_ARGUMENT;
    *deadline_ms = call.deadline_ms;
    return call.additional_size ? COPP_E_UNSUPPORTED : COPP_OK;
}

#endif
