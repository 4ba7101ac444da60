/* Lending coppd a graphics card: the application's end of the packet adopt. */
#include <errno.h>
#include <string.h>

#include "common/sized.h"
#include "connection.h"

static enum copp_result lend_refusal(uint32_t hresult) {
    switch (hresult) {
    case COPP_HR_NOTIMPL:
        return COPP_E_UNSUPPORTED;
    case COPP_HR_INVALIDARG:
        return COPP_E_NOT_FOUND;
    case COPP_HR_NOEXCLUSIVEMODE:
        return COPP_E_STATE;
    case COPP_HR_EXCLUSIVEMODEALREADYSET:
        return COPP_E_PENDING;
    default:
        return COPP_E_REFUSED;
    }
}

static enum copp_result ask_to_adopt(struct copp_socket *s, const struct copp_socket_lend *lend, struct packet_adopted *adopted) {
    struct packet_adopt wanted = {.flags = 0};
    const int fds[PACKET_ADOPT_FDS] = {lend->card_fd, lend->owner_fd ? *lend->owner_fd : -1};
    uint8_t body[PACKET_ADOPT_SIZE];
    uint8_t answer[PACKET_GROWING_BOUND];
    for (size_t i = 0; lend->owner_name && lend->owner_name[i] && i < sizeof wanted.owner - 1; i++)
        wanted.owner[i] = lend->owner_name[i];
    copp_packet_adopt_encode(&wanted, body);
    struct socket_call call = {.type = PACKET_ADOPT,
                               .deadline_ms = COPP_NO_DEADLINE,
                               .body = body,
                               .size = sizeof body,
                               .fds = fds,
                               .fd_count = lend->owner_fd ? 2 : 1,
                               .answer = {{answer, sizeof answer}},
                               .answer_size = sizeof answer,
                               .bounded = true};
    uint32_t hresult = COPP_HR_UNEXPECTED;
    enum copp_result result = copp_socket_ask(s, &call, &hresult);
    if (result) /* a coppd from before these bodies may grow knows no such packet */
        return s->disconnect == DISCONNECT_MALFORMED ? COPP_E_UNSUPPORTED : result;
    if (hresult != COPP_HR_OK)
        return lend_refusal(hresult);
    s->broken = !copp_packet_adopted_decode(answer, call.got, adopted) || adopted->flags;
    s->lends = !s->broken;
    return s->broken ? COPP_E_TRANSPORT : COPP_OK;
}

enum copp_result copp_socket_adopt(struct copp_socket *connection, const struct copp_socket_lend *lend,
                                   struct copp_socket_loan *loan) {
    struct copp_socket_lend own = {.card_fd = -1};
    struct copp_socket_loan told = {.connectors = 0};
    struct packet_adopted adopted;
    if (!connection || !lend || (loan && !copp_sized_room(loan)) || !copp_sized_read(lend, &own, sizeof own) || own.card_fd < 0 ||
        (own.owner_fd && *own.owner_fd < 0))
        return COPP_E_ARGUMENT;
    enum copp_result result = ask_to_adopt(connection, &own, &adopted);
    if (result || !loan)
        return result;
    memcpy(told.card, adopted.card, sizeof told.card);
    told.connectors = adopted.connectors;
    copp_sized_write(loan, &told, sizeof told);
    return COPP_OK;
}

/* By coppd's last word. */
static enum copp_result end_of_loan(uint32_t disconnect) {
    switch (disconnect) {
    case DISCONNECT_OWNER_ENDED:
    case DISCONNECT_CARD_GONE:
        return COPP_E_NOT_FOUND;
    case DISCONNECT_OVERWRITTEN:
        return COPP_E_FAILED;
    default:
        return COPP_E_TRANSPORT;
    }
}

enum copp_result copp_socket_adopted(struct copp_socket *connection) {
    struct packet_header header;
    struct socket_call call = {.size = 0};
    if (!connection)
        return COPP_E_ARGUMENT;
    if (!connection->lends)
        return COPP_E_STATE;
    if (!copp_socket_usable(connection))
        return end_of_loan(connection->disconnect);
    errno = 0;
    bool heard = copp_socket_receive(connection, &call, MSG_DONTWAIT, &header);
    if (!heard && errno == EAGAIN)
        return COPP_OK;
    if (heard && header.type == PACKET_DISCONNECT)
        connection->disconnect = header.status;
    connection->broken = true;
    return end_of_loan(connection->disconnect);
}
