/* Moments on the caller's and the transport's clock. */
#include "session/look.h"

uint64_t copp_session_plus(uint64_t ms, uint64_t more) {
    return ms > UINT64_MAX - more ? UINT64_MAX : ms + more;
}

struct moment copp_session_expiry(const struct moment *moment) {
    return (struct moment){copp_session_plus(moment->caller_ms, COPP_POLL_MS),
                           copp_session_plus(moment->transport_ms, COPP_POLL_MS)};
}

struct moment copp_session_since(const struct copp_session *session, const struct moment *begin) {
    uint64_t clock_ms = copp_session_clock_ms(session);
    uint64_t elapsed_ms = clock_ms > begin->transport_ms ? clock_ms - begin->transport_ms : 0;
    return (struct moment){copp_session_plus(begin->caller_ms, elapsed_ms), clock_ms};
}
