#include "notify.h"

#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "clock.h"
#include "log.h"
#include "news.h"

#define AGE_SIZE 8u /* behind the rest of a session's news */

static void publish(struct server *server, const struct packet_news *news, const struct user *owner) {
    uint8_t body[PACKET_NEWS_SIZE_MAX];
    if (!server->subscribers)
        return;
    copp_packet_news_encode(news, body);
    news_publish(server, news->kind, body, owner);
}

static void count(struct server *server, enum disconnect_reason why) {
    static const enum failure failures[DISCONNECT_COUNT] = {
        [DISCONNECT_MALFORMED] = FAILURE_MALFORMED, [DISCONNECT_VERSION] = FAILURE_VERSION,
        [DISCONNECT_FULL] = FAILURE_FULL,           [DISCONNECT_USER_LIMIT] = FAILURE_USER_LIMIT,
        [DISCONNECT_RATE] = FAILURE_RATE,           [DISCONNECT_UNREAD] = FAILURE_UNREAD};
    server->metrics.failures[failures[why]]++;
}

static void refused(struct client *client, enum packet_type type, uint32_t status, enum failure failure) {
    const struct packet_news news = {COPP_SOCKET_REFUSED,
                                     {.refused = {client->id, (uint32_t)client->user->uid, (uint32_t)client->pid, type, status}}};
    client->server->metrics.failures[failure]++;
    publish(client->server, &news, client->user);
}

void notify_request(struct client *client, enum packet_type type, uint32_t status) {
    static const enum failure failures[PACKET_TYPE_COUNT] = {[PACKET_OPEN] = FAILURE_OPEN,
                                                             [PACKET_KEY_EXCHANGE] = FAILURE_HANDSHAKE,
                                                             [PACKET_SEQUENCE_START] = FAILURE_HANDSHAKE,
                                                             [PACKET_COMMAND] = FAILURE_COMMAND,
                                                             [PACKET_STATUS] = FAILURE_QUERY,
                                                             [PACKET_WATCH] = FAILURE_OPEN};
    struct metrics *metrics = &client->server->metrics;
    bool good = status == COPP_HR_OK;
    metrics->handshakes += good && type == PACKET_SEQUENCE_START;
    metrics->commands += good && type == PACKET_COMMAND;
    if (!good && type != PACKET_LIST) /* which ends by a refusal */
        refused(client, type, status, failures[type]);
}

void notify_late_answer(struct client *client, uint32_t status) {
    if (status == COPP_HR_OK)
        notify_request(client, PACKET_COMMAND, status);
    else
        refused(client, PACKET_COMMAND, status, FAILURE_PENDING);
}

void notify_session(struct client *client) {
    uint8_t old[sizeof client->told];
    uint8_t body[PACKET_NEWS_SIZE_MAX];
    if (!client->server->subscribers || !client->device)
        return;
    memcpy(old, client->told, sizeof old);
    news_session_body(client, body);
    if (memcmp(old, client->told, sizeof old - AGE_SIZE) != 0)
        news_publish(client->server, COPP_SOCKET_SESSION, body, client->user);
}

void notify_end(struct client *client, enum disconnect_reason why) {
    const struct packet_news news = {COPP_SOCKET_ENDED, {.ended = {client->id, why}}};
    if (why)
        count(client->server, why);
    if (client->device)
        publish(client->server, &news, client->user);
}

void notify_refusal(struct server *server, const struct user *user, pid_t pid, enum disconnect_reason why) {
    static const struct user nobody = {.uid = (uid_t)-1};
    user = user ? user : &nobody;
    const struct packet_news news = {COPP_SOCKET_REFUSED, {.refused = {0, (uint32_t)user->uid, (uint32_t)pid, 0, why}}};
    count(server, why);
    publish(server, &news, user);
}

/* How a connector is now. */
static void look(const struct server *server, size_t index, struct copp_socket_connector_news *news) {
    struct copp_connector_view view = {.size = sizeof view};
    copp_connector_inspect(copp_outputs_connector(server->outputs, index), &view);
    *news = (struct copp_socket_connector_news){
        .index = (uint32_t)index, .losses = view.losses, .reconfigurations = view.reconfigurations};
    backend_look(server->outputs, index, &news->now);
}

static bool same(const struct copp_socket_connector_news *a, const struct copp_socket_connector_news *b) {
    return a->now.plugged == b->now.plugged && a->now.hdcp == b->now.hdcp && a->now.acp == b->now.acp &&
           a->now.cgmsa == b->now.cgmsa && a->now.devices == b->now.devices && a->losses == b->losses &&
           a->reconfigurations == b->reconfigurations;
}

/* Behind a connector's name: what is said of it is said of nothing real. */
static const char *mark(const struct copp_socket_connector_news *connector) {
    return connector->now.real ? "" : " (simulated)";
}

static void notify_sessions_on(struct server *server, uint32_t connector) {
    for (struct client *client = server->clients; client && server->subscribers; client = client->next) {
        if (client->connector == connector)
            notify_session(client);
    }
}

/* What was raised on a connector reaches all its sessions (EVT-1); any other change is one player's doing. */
static void notify_connector(struct server *server, uint32_t index) {
    struct copp_socket_connector_news *told = &server->connectors[index];
    struct copp_socket_connector_news old = *told;
    look(server, index, told);
    if (same(&old, told))
        return;
    if (told->now.plugged != old.now.plugged)
        log_info("%s%s: %s", told->now.name, mark(told), told->now.plugged ? "a display is plugged in" : "nothing is plugged in");
    if (told->losses != old.losses)
        log_warning("%s%s: the link to the display or its protection was lost; sessions: %u", told->now.name, mark(told),
                    (unsigned)told->now.devices);
    if (told->reconfigurations != old.reconfigurations)
        log_info("%s%s: reconfigured; sessions: %u", told->now.name, mark(told), (unsigned)told->now.devices);
    publish(server, &(struct packet_news){COPP_SOCKET_CONNECTOR, {.connector = *told}}, NULL);
    if (told->losses != old.losses || told->reconfigurations != old.reconfigurations)
        notify_sessions_on(server, index);
}

/* One that has come since; without memory it is tried again next time. */
static bool add_connector(struct server *server) {
    size_t count = server->connector_count;
    struct copp_socket_connector_news *more = realloc(server->connectors, (count + 1) * sizeof *more);
    if (!more)
        return false;
    server->connectors = more;
    look(server, count, &more[count]);
    server->connector_count++;
    publish(server, &(struct packet_news){COPP_SOCKET_CONNECTOR, {.connector = more[count]}}, NULL);
    return true;
}

void notify_connectors(struct server *server) {
    for (size_t i = 0; i < server->connector_count; i++)
        notify_connector(server, (uint32_t)i);
    while (copp_outputs_name(server->outputs, server->connector_count) && add_connector(server)) {
    }
}
