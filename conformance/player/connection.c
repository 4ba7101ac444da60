#include <stdlib.h>
#include <string.h>

#include "server.h"

#define SETTLE_MS 600u /* as long as it plays before something goes wrong */
#define SETTLE_QUERIES 3u

void connection_note(struct player_server *server, const struct connection *c, enum exchange_kind kind, const char *note) {
    case_record(
        server->run,
        (struct exchange){.session = c != NULL ? c->number : 0, .kind = kind, .semantics = server->semantics, .note = note});
}

void connection_send(struct player_server *server, struct connection *c, const struct server_answer *answer) {
    uint8_t bytes[PACKETS_HEADER + sizeof answer->body];
    packets_put(bytes, answer->version);
    packets_put(bytes + 4, answer->type);
    packets_put(bytes + 8, answer->status);
    memcpy(bytes + PACKETS_HEADER, answer->body, answer->size);
    if (!channel_send(c->channel, bytes, PACKETS_HEADER + answer->size))
        connection_end(server, c);
}

void connection_end(struct player_server *server, struct connection *c) {
    if (c->channel == NULL)
        return;
    copp_device_close(&c->device);
    channel_close(&c->channel);
    if (c->seen != NULL) {
        connection_note(server, c, EXCHANGE_CLOSE, "");
        c->seen->ended_ms = server->now_ms;
    }
    free(c->late);
    free(c->asked);
    *c = (struct connection){.channel = NULL};
}

void connection_disconnect(struct player_server *server, struct connection *c, uint32_t reason) {
    server->answer.version = PACKETS_VERSION;
    server->answer.type = PACKETS_DISCONNECT;
    server->answer.status = reason;
    server->answer.size = 4;
    packets_put(server->answer.body, PACKETS_VERSION);
    connection_send(server, c, &server->answer);
    connection_end(server, c);
}

bool server_plays(const struct player_server *server, const struct session_seen *seen) {
    return seen->confirmed_ms != 0 && seen->released_ms == 0 && server->now_ms >= seen->confirmed_ms + SETTLE_MS &&
           seen->level_queries >= SETTLE_QUERIES;
}
