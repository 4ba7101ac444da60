/* Recording coppd's sessions: the application's end of the packet record. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"

static enum copp_result record_refusal(uint32_t hresult) {
    switch (hresult) {
    case COPP_HR_NOTIMPL: /* a coppd from before that */
        return COPP_E_UNSUPPORTED;
    case COPP_HR_OUTOFMEMORY:
        return COPP_E_MEMORY;
    default:
        return COPP_E_REFUSED;
    }
}

static enum copp_result ask_to_record(struct copp_socket *s, uint32_t flags, int fd) {
    const struct packet_record wanted = {.flags = flags};
    uint8_t body[PACKET_RECORD_SIZE];
    uint8_t answer[PACKET_GROWING_BOUND];
    copp_packet_record_encode(&wanted, body);
    struct socket_call call = {.type = PACKET_RECORD,
                               .deadline_ms = COPP_NO_DEADLINE,
                               .body = body,
                               .size = sizeof body,
                               .fds = &fd,
                               .fd_count = 1,
                               .answer = {{answer, sizeof answer}},
                               .answer_size = sizeof answer,
                               .bounded = true};
    uint32_t hresult = COPP_HR_UNEXPECTED;
    enum copp_result result = copp_socket_ask(s, &call, &hresult);
    if (result)
        return s->disconnect == DISCONNECT_MALFORMED ? COPP_E_UNSUPPORTED : result;
    if (hresult != COPP_HR_OK)
        return record_refusal(hresult);
    s->broken = !copp_packet_recorded_decode(answer, call.got);
    return s->broken ? COPP_E_TRANSPORT : COPP_OK;
}

enum copp_result copp_socket_record(struct copp_socket *connection, uint32_t flags, int *fd) {
    int ends[2];
    if (fd)
        *fd = -1;
    if (!connection || !fd || (flags & ~COPP_SOCKET_RECORD_ALL))
        return COPP_E_ARGUMENT;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return COPP_E_IO;
    enum copp_result result = ask_to_record(connection, flags, ends[1]);
    (void)close(ends[1]);
    if (result)
        (void)close(ends[0]);
    else
        *fd = ends[0];
    return result;
}
