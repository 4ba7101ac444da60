#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DESCRIPTION_SIZE 1024u

static void accept_one(struct player_server *server) {
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
        if (server->connections[i].fd < 0) {
            server->connections[i].fd = fd;
            return;
        }
    }
    (void)close(fd);
}

/* What a watcher is told: the one output as it is, and that this is all. Of later changes it hears nothing. */
static void tell_news(struct player_server *server, struct connection *c) {
    struct server_answer *packet = &server->answer;
    packet->type = PACKETS_NEWS | PACKETS_NEWS_CONNECTOR;
    request_list(server, packet);
    memmove(packet->body + PACKETS_NEWS_AHEAD, packet->body + 4, PACKETS_LISTED - 4);
    memset(packet->body, 0, PACKETS_NEWS_AHEAD);
    packet->size = PACKETS_NEWS_AHEAD + PACKETS_LISTED - 4;
    packets_put(packet->body, (uint32_t)packet->size);
    connection_send(server, c, packet);
    packet->type = PACKETS_NEWS | PACKETS_NEWS_COMPLETE;
    packet->size = 0;
    if (c->fd >= 0)
        connection_send(server, c, packet);
}

static void answer(struct player_server *server, struct connection *c, const struct question *q) {
    enum wrong_answer what = wrong_after(server, c, q);
    if (c->fd < 0)
        return;
    request_answered(server, c, q, what == ANSWER_RIGHT);
    if (what == ANSWER_WRONG && server->plan->wrong.kind == WRONG_EDIT && server->run->outcome->mark_count == 0)
        case_mark(server->run, true, server->plan->wrong.offset, server->plan->wrong.size);
    if (what != ANSWER_LATER)
        connection_send(server, c, &server->answer);
    if (q->type == PACKETS_WATCH && c->fd >= 0 && server->answer.status == COPP_HR_OK)
        tell_news(server, c);
}

static void take_packet(struct player_server *server, struct connection *c) {
    struct question q;
    if (!request_read(server, c, &q)) {
        connection_note(server, c, EXCHANGE_NOTE, "a packet that is malformed: the connection is ended");
        connection_disconnect(server, c, PACKETS_MALFORMED);
        return;
    }
    server->seen->connected = true;
    server->answer.version = PACKETS_VERSION;
    server->answer.type = q.type | PACKETS_ANSWER;
    server->answer.status = COPP_HR_OK;
    server->answer.size = 0;
    server->answer.due_ms = 0;
    server->answer_wrong = false;
    c->woken = false;
    enum wrong_way way = c->silent ? WAY_NONE : wrong_before(server, c, &q);
    if (way == WAY_NONE || c->fd < 0)
        return;
    if (way == WAY_ANSWER || request_carry_out(server, c, &q))
        answer(server, c, &q);
}

static void receive(struct player_server *server, struct connection *c) {
    ssize_t got = recv(c->fd, server->packet, sizeof server->packet, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        if (c->seen != NULL && c->seen->released_ms == 0)
            c->seen->released_ms = server->now_ms;
        connection_end(server, c);
        return;
    }
    server->packet_size = (size_t)got;
    take_packet(server, c);
}

/* A command that was under way may have ended; an answer that was held back may be due. */
static void look(struct player_server *server, struct connection *c) {
    struct question q;
    if (request_has_ended(server, c, &q))
        answer(server, c, &q);
    if (c->fd >= 0 && c->late != NULL && c->late->due_ms <= server->now_ms) {
        connection_send(server, c, c->late);
        free(c->late);
        c->late = NULL;
    }
}

size_t server_fds(const struct player_server *server, struct pollfd fds[SERVER_FDS]) {
    size_t count = 0;
    fds[count++] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
        if (server->connections[i].fd >= 0)
            fds[count++] = (struct pollfd){.fd = server->connections[i].fd, .events = POLLIN};
    }
    return count;
}

uint64_t server_deadline_ms(const struct player_server *server) {
    uint64_t deadline_ms = copp_sim_deadline_ms(server->sim);
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
        const struct connection *c = &server->connections[i];
        if (c->fd >= 0 && c->late != NULL && c->late->due_ms < deadline_ms)
            deadline_ms = c->late->due_ms;
    }
    return deadline_ms;
}

void server_serve(struct player_server *server, uint64_t now_ms) {
    server->now_ms = now_ms;
    copp_sim_dispatch(server->sim, now_ms);
    wrong_dispatch(server);
    accept_one(server);
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
        if (server->connections[i].fd >= 0)
            look(server, &server->connections[i]);
        if (server->connections[i].fd >= 0 && server->connections[i].waiting == 0)
            receive(server, &server->connections[i]);
    }
}

/* --- its beginning and end --- */

static enum copp_result make_adapter(struct player_server *server) {
    char text[DESCRIPTION_SIZE];
    struct copp_sim_error error;
    const char *more = server->plan->output;
    (void)snprintf(text, sizeof text, "[output " PLAN_OUTPUT "]\n%s\n",
                   more != NULL ? more
                                : "type = hdmi\nprotections = hdcp\nmodes = 1080p60 720p60\nksv = b70361f714\nopm = type1");
    const struct copp_sim_config config = {.size = sizeof config,
                                           .description = text,
                                           .chain_bytes = server->chain.bytes,
                                           .chain_size = server->chain.size,
                                           .key = server->trust->keys[TRUST_LEAF],
                                           .now_ms = server->now_ms};
    enum copp_result result = copp_sim_new(&config, &server->sim, &error);
    if (result != COPP_OK)
        return result;
    const struct copp_adapter_config both = {.size = sizeof both,
                                             .chain_bytes = server->chain.bytes,
                                             .chain_size = server->chain.size,
                                             .key = server->trust->keys[TRUST_LEAF],
                                             .opm_chain_bytes = server->opm_chain.bytes,
                                             .opm_chain_size = server->opm_chain.size,
                                             .opm_key = server->trust->keys[TRUST_OPM_LEAF]};
    result = copp_adapter_renew_all(copp_sim_adapter(server->sim), &both);
    const struct copp_srm_key key = {.size = sizeof key, .kind = COPP_SRM_KEY_FACSIMILE};
    return result == COPP_OK ? copp_adapter_keep_srms(copp_sim_adapter(server->sim), &key, 1) : result;
}

static enum copp_result listen_at(struct player_server *server, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return COPP_E_TOO_LARGE;
    strcpy(address.sun_path, path);
    server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listener < 0 || bind(server->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, (int)SERVER_CONNECTIONS) != 0)
        return COPP_E_IO;
    return COPP_OK;
}

enum copp_result server_open(struct player_server *server, const char *path, struct case_run *run,
                             const struct player_trust *trust, struct player_seen *seen) {
    const struct player_plan *plan = run->test->with;
    *server = (struct player_server){.plan = plan,
                                     .semantics = run->test->semantics,
                                     .run = run,
                                     .seen = seen,
                                     .trust = trust,
                                     .listener = -1,
                                     .now_ms = seen->started_ms};
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
        server->connections[i].fd = -1;
    enum copp_result result = trust_chain(trust, COPP_SEMANTICS_COPP, CHAIN_GOOD, &server->chain);
    if (result == COPP_OK)
        result = trust_chain(trust, COPP_SEMANTICS_OPM, CHAIN_GOOD, &server->opm_chain);
    if (result == COPP_OK)
        result = trust_chain(trust, server->semantics, plan->chain, &server->shown_chain);
    if (result == COPP_OK && plan->later_chain != CHAIN_GOOD)
        result = trust_chain(trust, server->semantics, plan->later_chain, &server->later_chain);
    if (result == COPP_OK)
        result = copp_omac_new(&server->omac);
    if (result == COPP_OK)
        result = make_adapter(server);
    return result == COPP_OK ? listen_at(server, path) : result;
}

void server_close(struct player_server *server) {
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
        connection_end(server, &server->connections[i]);
    if (server->listener >= 0)
        (void)close(server->listener);
    server->listener = -1;
    copp_sim_free(&server->sim);
    copp_omac_free(&server->omac);
    trust_bytes_free(&server->shown_chain);
    trust_bytes_free(&server->later_chain);
    trust_bytes_free(&server->chain);
    trust_bytes_free(&server->opm_chain);
}
