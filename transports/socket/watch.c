/* Watching coppd: the application's end of its news. */
#include <errno.h>
#include <string.h>

#include "common/sized.h"
#include "connection.h"

enum copp_result copp_socket_watch(struct copp_socket *connection) {
    struct socket_call call = {.type = PACKET_WATCH, .deadline_ms = COPP_NO_DEADLINE};
    uint32_t hresult = COPP_HR_UNEXPECTED;
    if (!connection)
        return COPP_E_ARGUMENT;
    enum copp_result result = copp_socket_ask(connection, &call, &hresult);
    if (result)
        return connection->disconnect == DISCONNECT_MALFORMED ? COPP_E_UNSUPPORTED : result; /* before there was such a request */
    return hresult == COPP_HR_OK ? COPP_OK : COPP_E_REFUSED;
}

/* Requests by the names that protocol.md has for them. */
static const char *request_name(uint32_t request) {
    static const char *const names[PACKET_TYPE_COUNT] = {
        [0] = "",
        [PACKET_LIST] = "list",
        [PACKET_OPEN] = "open",
        [PACKET_KEY_EXCHANGE] = "KeyExchange",
        [PACKET_SEQUENCE_START] = "SessionSequenceStart",
        [PACKET_COMMAND] = "ProtectionCommand",
        [PACKET_STATUS] = "ProtectionStatus",
        [PACKET_WATCH] = "watch",
        [PACKET_ADOPT] = "adopt",
        [PACKET_RECORD] = "record",
        [PACKET_OPM_INFORMATION] = "GetInformation",
        [PACKET_OPM_CONFIGURE] = "Configure",
    };
    return names[request]; /* decoded: within the table */
}

static const char *cause_text(uint32_t disconnect) {
    const char *text = copp_packet_disconnect_text(disconnect);
    return text ? text : "the daemon gives a reason that this library does not know";
}

static void put_in_words(const struct packet_news *told, struct copp_socket_news *news) {
    news->kind = told->kind;
    switch (told->kind) {
    case COPP_SOCKET_CONNECTOR:
        news->u.connector = told->u.connector;
        break;
    case COPP_SOCKET_SESSION:
        news->u.session = told->u.session;
        break;
    case COPP_SOCKET_ENDED:
        news->u.ended = (struct copp_socket_ended_news){
            .id = told->u.ended.id, .cause = told->u.ended.disconnect ? cause_text(told->u.ended.disconnect) : ""};
        break;
    case COPP_SOCKET_REFUSED:
        news->u.refused =
            (struct copp_socket_refused_news){.id = told->u.refused.id,
                                              .uid = told->u.refused.uid,
                                              .pid = told->u.refused.pid,
                                              .request = request_name(told->u.refused.request),
                                              .hresult = told->u.refused.request ? told->u.refused.status : 0,
                                              .cause = told->u.refused.request ? "" : cause_text(told->u.refused.status),
                                              .count = told->u.refused.count};
        break;
    case COPP_SOCKET_COMPLETE:
        break;
    }
}

enum copp_result copp_socket_news(struct copp_socket *connection, struct copp_socket_news *news) {
    uint8_t body[PACKET_GROWING_BOUND];
    struct packet_header header;
    struct packet_news told;
    struct copp_socket_news words = {.kind = COPP_SOCKET_COMPLETE};
    if (!connection || !news || !copp_sized_room(news))
        return COPP_E_ARGUMENT;
    if (!copp_socket_usable(connection))
        return COPP_E_TRANSPORT;
    for (;;) {
        struct socket_call call = {.answer = {{body, sizeof body}}};
        errno = 0;
        if (!copp_socket_receive(connection, &call, MSG_DONTWAIT, &header)) {
            if (errno == EAGAIN)
                return COPP_E_PENDING;
            break;
        }
        uint32_t kind = header.type & ~PACKET_NEWS;
        if (header.type == PACKET_DISCONNECT)
            connection->disconnect = header.status;
        if (!(header.type & PACKET_NEWS) || kind & PACKET_ANSWER || header.status)
            break;
        if (kind > COPP_SOCKET_COMPLETE)
            continue; /* a younger daemon has more to tell */
        if (call.got > sizeof body || !copp_packet_news_decode(body, call.got, kind, &told))
            break;
        put_in_words(&told, &words);
        copp_sized_write(news, &words, sizeof words);
        return COPP_OK;
    }
    connection->broken = true;
    return COPP_E_TRANSPORT;
}
