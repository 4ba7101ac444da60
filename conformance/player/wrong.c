/* What the driver of a case does wrong, and nothing else. */
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define GUID_AT 16u

static bool is_due(const struct player_server *server, const struct connection *c, const struct question *q) {
    const struct player_wrong *w = &server->plan->wrong;
    const struct player_seen *seen = server->seen;
    if ((q->on & w->on) == 0 || (w->once && server->delivered))
        return false;
    if (!w->playing)
        return true;
    return c->seen != NULL && (seen->wrong == c->seen || (seen->wrong == NULL && server_plays(server, c->seen)));
}

static void deliver(struct player_server *server, struct connection *c) {
    server->delivered = true;
    if (c->seen != NULL)
        seen_wrong(server->seen, c->seen, server->now_ms);
}

/* Somebody between the two exchanges one question for another: the answer is right, and bound to the question that was put (BIND-4). */
static void answer_other_question(struct player_server *server, struct connection *c, const struct question *q) {
    const enum copp_request other = q->on == ON_LOCAL ? COPP_QUERY_GLOBAL_PROTECTION_LEVEL : COPP_QUERY_LOCAL_PROTECTION_LEVEL;
    struct copp_status_output output;
    uint8_t message[COPP_MESSAGE_SIZE];
    memcpy(message, q->message, sizeof message);
    memcpy(message + GUID_AT, copp_opm_request_guid(other), COPP_GUID_SIZE);
    server->answer.status = request_ask(server, c, q, message, &output);
    if (server->answer.status != COPP_HR_OK)
        return;
    memcpy(server->answer.body, output.bytes, sizeof output.bytes);
    server->answer.size = sizeof output.bytes;
}

enum wrong_way wrong_before(struct player_server *server, struct connection *c, const struct question *q) {
    const struct player_wrong *w = &server->plan->wrong;
    if (!is_due(server, c, q))
        return WAY_RIGHT;
    switch (w->kind) {
    case WRONG_STATUS:
        server->answer.status = w->value;
        break;
    case WRONG_SWALLOW:
        break;
    case WRONG_QUESTION:
        answer_other_question(server, c, q);
        break;
    case WRONG_SILENCE:
        deliver(server, c);
        request_unanswered(server, c, q);
        c->silent = true;
        connection_note(server, c, EXCHANGE_NOTE, "from here on nothing is answered");
        return WAY_NONE;
    case WRONG_CLOSE:
        deliver(server, c);
        request_unanswered(server, c, q);
        connection_end(server, c);
        return WAY_NONE;
    case WRONG_DISCONNECT:
        deliver(server, c);
        request_unanswered(server, c, q);
        connection_disconnect(server, c, w->value);
        return WAY_NONE;
    default:
        return WAY_RIGHT;
    }
    deliver(server, c);
    server->answer_wrong = true;
    return WAY_ANSWER;
}

/* QRY-2: over all behind it. */
static void seal(struct player_server *server, const struct connection *c, uint8_t change) {
    uint8_t key[COPP_KEY_SIZE];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = c->seen->key[i] ^ change;
    if (copp_omac_set_key(server->omac, key) != COPP_OK ||
        copp_omac_tag(server->omac, server->answer.body + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, server->answer.body) != COPP_OK)
        server->failed = true;
}

static void edit(struct player_server *server, const struct connection *c) {
    const struct player_wrong *w = &server->plan->wrong;
    uint8_t *at = server->answer.body + w->offset;
    for (size_t i = 0; w->edit == EDIT_XOR && i < w->size; i++)
        at[i] ^= (uint8_t)w->value;
    if (w->edit == EDIT_WORD)
        packets_put(at, w->value);
    if (w->edit == EDIT_ZERO)
        memset(at, 0, w->size);
    if (w->edit == EDIT_KEY)
        seal(server, c, 0x55);
    else if (w->sealed)
        seal(server, c, 0);
}

/* The answer to the same question before this one; NULL: none is kept. */
static struct kept_answer *kept(struct connection *c, const struct question *q, bool make) {
    for (size_t i = 0; i < SERVER_ANSWERS; i++) {
        struct kept_answer *k = &c->kept[i];
        if (k->has && k->on == q->on && k->type == q->protection)
            return k;
        if (!k->has)
            return make ? k : NULL;
    }
    return NULL;
}

static void keep(struct player_server *server, struct connection *c, const struct question *q) {
    struct kept_answer *k = kept(c, q, true);
    if (k == NULL || (q->on & ON_QUERIES) == 0 || server->answer.size != COPP_MESSAGE_SIZE)
        return;
    k->has = true;
    k->on = q->on;
    k->type = q->protection;
    memcpy(k->answer.bytes, server->answer.body, sizeof k->answer.bytes);
}

static bool send_later(struct player_server *server, struct connection *c) {
    c->late = malloc(sizeof *c->late);
    if (c->late == NULL)
        return false;
    *c->late = server->answer;
    c->late->due_ms = server->now_ms + server->plan->wrong.value;
    return true;
}

/* False: nothing could be changed about it. */
static bool change(struct player_server *server, struct connection *c, const struct question *q) {
    const struct player_wrong *w = &server->plan->wrong;
    const struct kept_answer *before = kept(c, q, false);
    bool answered = server->answer.status == COPP_HR_OK && server->answer.size == COPP_MESSAGE_SIZE && c->seen != NULL;
    switch (w->kind) {
    case WRONG_EDIT:
        if (answered)
            edit(server, c);
        return answered;
    case WRONG_REPLAY:
        if (answered && before != NULL)
            memcpy(server->answer.body, before->answer.bytes, COPP_MESSAGE_SIZE);
        return answered && before != NULL;
    case WRONG_DONE_STATUS:
        server->answer.status = w->value;
        server->answer.size = 0;
        return true;
    case WRONG_SIZE:
        server->answer.size = w->value;
        return true;
    case WRONG_TYPE:
        server->answer.type = w->value;
        return true;
    case WRONG_VERSION:
        server->answer.version = w->value;
        return true;
    case WRONG_LATE:
        return c->late == NULL && send_later(server, c);
    default:
        return false;
    }
}

enum wrong_answer wrong_after(struct player_server *server, struct connection *c, const struct question *q) {
    if (server->answer_wrong)
        return ANSWER_WRONG;
    if (is_due(server, c, q) && change(server, c, q)) {
        deliver(server, c);
        return server->plan->wrong.kind == WRONG_LATE ? ANSWER_LATER : ANSWER_WRONG;
    }
    keep(server, c, q);
    return ANSWER_RIGHT;
}

/* --- what happens by itself --- */

static void happen(struct player_server *server) {
    struct copp_sim_error error;
    bool plays = false;
    for (size_t i = 0; i < server->seen->count; i++)
        plays = plays || (server->seen->sessions[i].ended_ms == 0 && server_plays(server, &server->seen->sessions[i]));
    if (!plays)
        return;
    server->happened = true;
    if (copp_sim_event(server->sim, server->plan->wrong.event, &error) != COPP_OK) {
        server->failed = true;
        return;
    }
    connection_note(server, NULL, EXCHANGE_EVENT, server->plan->wrong.event);
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
        struct connection *c = &server->connections[i];
        if (c->channel != NULL && c->seen != NULL && c->seen->active)
            deliver(server, c);
    }
}

/* One at most before each answer, as a daemon has it. */
static void wake(struct player_server *server) {
    struct server_answer packet = {.version = PACKETS_VERSION, .type = PACKETS_WAKE};
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
        struct connection *c = &server->connections[i];
        if (c->channel == NULL || !c->wakes || c->woken || c->waiting != 0 || c->seen == NULL || !c->seen->active)
            continue;
        c->woken = true;
        connection_send(server, c, &packet);
    }
}

void wrong_dispatch(struct player_server *server) {
    if (server->plan->wrong.kind == WRONG_EVENT && !server->happened)
        happen(server);
    if (server->plan->wrong.kind == WRONG_WAKES)
        wake(server);
}
