#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIPTION_SIZE 1024u

static void accept_one(struct player_server *server) {
    struct channel *channel = channel_accept(server->listener);
    for (size_t i = 0; channel != NULL && i < SERVER_CONNECTIONS; i++) {
        if (server->connections[i].channel == NULL) {
            server->connections[i].channel = channel;
            return;
        }
    }
    channel_close(&channel);
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
    if (c->channel != NULL)
        connection_send(server, c, packet);
}

static void answer(struct player_server *server, struct connection *c, const struct question *q) {
    enum wrong_answer what = wrong_after(server, c, q);
    if (c->channel == NULL)
        return;
    request_answered(server, c, q, what == ANSWER_RIGHT);
    if (what == ANSWER_WRONG && server->plan->wrong.kind == WRONG_EDIT && server->run->outcome->mark_count == 0)
        case_mark(server->run, true, server->plan->wrong.offset, server->plan->wrong.size);
    if (what != ANSWER_LATER)
        connection_send(server, c, &server->answer);
    if (q->type == PACKETS_WATCH && c->channel != NULL && server->answer.status == COPP_HR_OK)
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
    if (way == WAY_NONE || c->channel == NULL)
        return;
    if (way == WAY_ANSWER || request_carry_out(server, c, &q))
        answer(server, c, &q);
}

static void receive(struct player_server *server, struct connection *c) {
    enum channel_state state = channel_receive(c->channel, server->packet, sizeof server->packet, &server->packet_size);
    if (state == CHANNEL_QUIET)
        return;
    if (state == CHANNEL_ENDED) {
        if (c->seen != NULL && c->seen->released_ms == 0)
            c->seen->released_ms = server->now_ms;
        connection_end(server, c);
        return;
    }
    take_packet(server, c);
}

/* A command that was under way may have ended; an answer that was held back may be due. */
static void look(struct player_server *server, struct connection *c) {
    struct question q;
    if (request_has_ended(server, c, &q))
        answer(server, c, &q);
    if (c->channel != NULL && c->late != NULL && c->late->due_ms <= server->now_ms) {
        connection_send(server, c, c->late);
        free(c->late);
        c->late = NULL;
    }
}

void server_waits(const struct player_server *server, struct wait_list *list) {
    if (server->listener != NULL)
        wait_add(list, channel_listener_object(server->listener));
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
        if (server->connections[i].channel != NULL)
            wait_add(list, channel_object(server->connections[i].channel));
    }
}

uint64_t server_deadline_ms(const struct player_server *server) {
    uint64_t deadline_ms = copp_sim_deadline_ms(server->sim);
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
        const struct connection *c = &server->connections[i];
        if (c->channel != NULL && c->late != NULL && c->late->due_ms < deadline_ms)
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
        if (server->connections[i].channel != NULL)
            look(server, &server->connections[i]);
        if (server->connections[i].channel != NULL && server->connections[i].waiting == 0)
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
                                           .now_ms = server->now_ms,
                                           .unbound = !channel_binds()};
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

enum copp_result server_open(struct player_server *server, const char *name, struct case_run *run,
                             const struct player_trust *trust, struct player_seen *seen) {
    const struct player_plan *plan = run->test->with;
    *server = (struct player_server){
        .plan = plan, .semantics = run->test->semantics, .run = run, .seen = seen, .trust = trust, .now_ms = seen->started_ms};
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
    return result == COPP_OK ? channel_listen(name, &server->listener) : result;
}

void server_close(struct player_server *server) {
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
        connection_end(server, &server->connections[i]);
    channel_listener_free(&server->listener);
    copp_sim_free(&server->sim);
    copp_omac_free(&server->omac);
    trust_bytes_free(&server->shown_chain);
    trust_bytes_free(&server->later_chain);
    trust_bytes_free(&server->chain);
    trust_bytes_free(&server->opm_chain);
}
