#include "notify.h"
#include "common/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "clock.h"
#include "common/connector_news.h"
#include "log.h"
#include "news.h"
#include "wake.h"

#define SESSIONS_NAMED 8u /* on a connector that is lost */
#define SESSIONS_TEXT (32u + SESSIONS_NAMED * 64u)
#define AGE_SIZE 8u /* behind the rest of a session's news */

static void publish(struct server *server, const struct packet_news *news, const struct user *owner) {
    uint8_t body[PACKET_NEWS_SIZE_MAX];
    if (!server->subscribers)
        return;
    copp_packet_news_encode(news, body);
    news_publish(server, news->kind, body, owner);
}

static bool admits(struct server *server, uint32_t *told, uint32_t most) {
    server->news_rationed = true;
    if (*told >= most)
        return false;
    ++*told;
    return true;
}

static void publish_refusal(struct server *server, struct user *user) {
    const struct packet_news news = {COPP_SOCKET_REFUSED,
                                     {.refused = {.id = user->unsaid.id,
                                                  .uid = (uint32_t)user->uid,
                                                  .pid = user->unsaid.pid,
                                                  .request = user->unsaid.request,
                                                  .status = user->unsaid.status,
                                                  .count = user->unsaid.count}}};
    user->unsaid.count = 0;
    publish(server, &news, user);
}

static void note_refusal(struct server *server, struct user *user, uint64_t id, pid_t pid, uint32_t request, uint32_t status) {
    if (!server->subscribers)
        return;
    user->unsaid.id = id;
    user->unsaid.pid = (uint32_t)pid;
    user->unsaid.request = request;
    user->unsaid.status = status;
    user->unsaid.count += user->unsaid.count < UINT32_MAX;
    if (admits(server, &user->news, NEWS_PER_USER))
        publish_refusal(server, user);
}

/* "user 1000" */
static const char *name_user(const struct user *user, char name[JOURNAL_SUBJECT_SIZE]) {
    bool unknown = !user || user->uid == (uid_t)-1;
    (void)snprintf(name, JOURNAL_SUBJECT_SIZE, unknown ? "unknown user" : "user %lu", unknown ? 0 : (unsigned long)user->uid);
    return name;
}

/* Why a connection was ended, or never began. The player was told the same, unless it does not read. */
static void log_disconnect(struct server *server, const struct user *user, pid_t pid, enum disconnect_reason why) {
    static const enum journal_kind of[DISCONNECT_COUNT] = {
        [DISCONNECT_MALFORMED] = JOURNAL_MALFORMED, [DISCONNECT_VERSION] = JOURNAL_VERSION,
        [DISCONNECT_FULL] = JOURNAL_FULL,           [DISCONNECT_USER_LIMIT] = JOURNAL_USER_LIMIT,
        [DISCONNECT_RATE] = JOURNAL_RATE,           [DISCONNECT_UNREAD] = JOURNAL_UNREAD};
    char name[JOURNAL_SUBJECT_SIZE];
    if (journal_admits(&server->journal, of[why], name_user(user, name), clock_ms()))
        log_warning("%s: pid %ld was disconnected: %s", name, (long)pid, copp_packet_disconnect_text(why));
}

/* A step of a session's that ended in an error: the HRESULT that its player got, and nothing it did not (SES-6..8). */
static void log_refused(struct client *client, enum packet_type type, uint32_t status, enum journal_kind kind) {
    static const struct {
        const char *copp, *opm; /* by what the device's semantics call it */
    } steps[PACKET_TYPE_COUNT] = {[PACKET_KEY_EXCHANGE] = {"KeyExchange", "StartInitialization"},
                                  [PACKET_SEQUENCE_START] = {"SessionSequenceStart", "FinishInitialization"},
                                  [PACKET_COMMAND] = {"ProtectionCommand", "ProtectionCommand"},
                                  [PACKET_OPM_CONFIGURE] = {"Configure", "Configure"}};
    char name[JOURNAL_SUBJECT_SIZE];
    struct server *server = client->server;
    struct copp_device_view view = {.size = sizeof view};
    copp_device_inspect(client->device, &view);
    if (journal_admits(&server->journal, kind, name_user(client->user, name), clock_ms()))
        log_warning("%s: pid %ld, session %" PRIu64 ": %s was answered %s", name, (long)client->pid, client->id,
                    view.semantics == COPP_SEMANTICS_OPM ? steps[type].opm : steps[type].copp, copp_hresult_name(status));
}

static void count(struct server *server, enum disconnect_reason why) {
    static const enum failure failures[DISCONNECT_COUNT] = {
        [DISCONNECT_MALFORMED] = FAILURE_MALFORMED, [DISCONNECT_VERSION] = FAILURE_VERSION,
        [DISCONNECT_FULL] = FAILURE_FULL,           [DISCONNECT_USER_LIMIT] = FAILURE_USER_LIMIT,
        [DISCONNECT_RATE] = FAILURE_RATE,           [DISCONNECT_UNREAD] = FAILURE_UNREAD};
    server->metrics.failures[failures[why]]++;
}

static void refused(struct client *client, enum packet_type type, uint32_t status, enum failure failure) {
    client->server->metrics.failures[failure]++;
    if (failure == FAILURE_HANDSHAKE)
        log_refused(client, type, status, JOURNAL_HANDSHAKE);
    else if (failure == FAILURE_PENDING)
        log_refused(client, type, status, JOURNAL_PENDING);
    note_refusal(client->server, client->user, client->id, client->pid, type, status);
}

void notify_request(struct client *client, enum packet_type type, uint32_t status) {
    static const enum failure failures[PACKET_TYPE_COUNT] = {[PACKET_OPEN] = FAILURE_OPEN,
                                                             [PACKET_KEY_EXCHANGE] = FAILURE_HANDSHAKE,
                                                             [PACKET_SEQUENCE_START] = FAILURE_HANDSHAKE,
                                                             [PACKET_COMMAND] = FAILURE_COMMAND,
                                                             [PACKET_STATUS] = FAILURE_QUERY,
                                                             [PACKET_WATCH] = FAILURE_OPEN,
                                                             [PACKET_ADOPT] = FAILURE_OPEN,
                                                             [PACKET_RECORD] = FAILURE_OPEN,
                                                             [PACKET_OPM_INFORMATION] = FAILURE_QUERY,
                                                             [PACKET_OPM_CONFIGURE] = FAILURE_COMMAND};
    struct metrics *metrics = &client->server->metrics;
    bool good = status == COPP_HR_OK;
    metrics->handshakes += good && type == PACKET_SEQUENCE_START;
    metrics->commands += good && (type == PACKET_COMMAND || type == PACKET_OPM_CONFIGURE);
    if (!good && type != PACKET_LIST) /* which ends by a refusal */
        refused(client, type, status, failures[type]);
}

void notify_late_answer(struct client *client, uint32_t status) {
    if (status == COPP_HR_OK)
        notify_request(client, client->command, status);
    else
        refused(client, client->command, status, FAILURE_PENDING);
}

/* rationed: not by an event of the connector's, which is told at once. */
static void publish_session(struct client *client, bool rationed) {
    struct server *server = client->server;
    uint8_t body[PACKET_NEWS_SIZE_MAX];
    client->untold = false;
    if (!server->subscribers || !client->device)
        return;
    news_session_body(client, body);
    if (memcmp(body, client->told, sizeof client->told - AGE_SIZE) == 0)
        return;
    client->untold = rationed && !admits(server, &client->user->news, NEWS_PER_USER);
    if (client->untold)
        return;
    memcpy(client->told, body, sizeof client->told);
    news_publish(server, COPP_SOCKET_SESSION, body, client->user);
}

void notify_session(struct client *client) {
    publish_session(client, true);
}

void notify_end(struct client *client, enum disconnect_reason why) {
    const struct packet_news news = {COPP_SOCKET_ENDED, {.ended = {client->id, why}}};
    if (why && why <= DISCONNECT_UNREAD) { /* the end of a loan is nobody's fault */
        count(client->server, why);
        log_disconnect(client->server, client->user, client->pid, why);
    }
    if (client->device && news_was_told(client)) /* else it has ended for nobody */
        publish(client->server, &news, client->user);
}

void notify_refusal(struct server *server, struct user *user, pid_t pid, enum disconnect_reason why) {
    struct user nobody = {.uid = (uid_t)-1};
    user = user ? user : &nobody;
    count(server, why);
    log_disconnect(server, user, pid, why);
    note_refusal(server, user, 0, pid, 0, why);
}

/* How a connector is now. */
static void look(const struct server *server, size_t index, struct copp_socket_connector_news *news) {
    struct copp_connector_view view = {.size = sizeof view};
    copp_connector_inspect(copp_outputs_connector(server->outputs, index), &view);
    *news = (struct copp_socket_connector_news){
        .index = (uint32_t)index, .losses = view.losses, .reconfigurations = view.reconfigurations};
    backend_look(server->outputs, index, &news->now);
}

/* Behind a connector's name: what is said of it is said of nothing real. */
static const char *mark(const struct copp_socket_connector_news *connector) {
    return connector->now.real ? "" : " (simulated)";
}

static void notify_sessions_on(struct server *server, uint32_t connector) {
    for (struct client *client = server->clients; client && server->subscribers; client = client->next) {
        if (client->connector == connector)
            publish_session(client, false);
    }
}

/* The sessions on a connector, as far as they fit: "; sessions: 3 (7 of user 1000, pid 4242; ...)". */
static void list_sessions(const struct server *server, uint32_t connector, unsigned count, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "; sessions: %u", count);
    unsigned named = 0;
    for (const struct client *client = server->clients; client && named < SESSIONS_NAMED; client = client->next) {
        if (!client->device || client->connector != connector)
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%" PRIu64 " of user %lu, pid %ld", named++ ? "; " : " (",
                                 client->id, (unsigned long)client->user->uid, (long)client->pid);
    }
    if (named)
        (void)snprintf(text + used, size - used, "%s)", named < count ? "; ..." : "");
}

static void log_loss(struct server *server, uint32_t index, const struct copp_socket_connector_news *told) {
    char name[JOURNAL_SUBJECT_SIZE];
    char sessions[SESSIONS_TEXT];
    (void)snprintf(name, sizeof name, "%s%s", told->now.name, mark(told));
    if (!journal_admits(&server->journal, JOURNAL_LINK_LOSS, name, clock_ms()))
        return;
    list_sessions(server, index, (unsigned)told->now.devices, sessions, sizeof sessions);
    log_warning("%s: the link to the display or its protection was lost%s", name, sessions);
}

static uint32_t revocations(const struct server *server, size_t index) {
    struct copp_connector_view view = {.size = sizeof view};
    copp_connector_inspect(copp_outputs_connector(server->outputs, index), &view);
    return view.revocations;
}

/* OPM-SRM-5, OPM-SRM-6: HDCP that did not come up is not lost, so that this is told apart from losses. */
static void notify_revoked(struct server *server, uint32_t index) {
    const struct copp_socket_connector_news *told = &server->connectors[index];
    char name[JOURNAL_SUBJECT_SIZE];
    char sessions[SESSIONS_TEXT];
    uint32_t now = revocations(server, index);
    if (now == server->revocations[index])
        return;
    server->revocations[index] = now;
    (void)snprintf(name, sizeof name, "%s%s", told->now.name, mark(told));
    if (!journal_admits(&server->journal, JOURNAL_REVOKED, name, clock_ms()))
        return;
    list_sessions(server, index, (unsigned)told->now.devices, sessions, sizeof sessions);
    log_warning("%s: a revoked HDCP device is attached: HDCP is off there%s", name, sessions);
}

/* What was raised on a connector reaches all its sessions (EVT-1); any other change is one player's doing. */
static void notify_connector(struct server *server, uint32_t index) {
    struct copp_socket_connector_news *told = &server->connectors[index];
    struct copp_socket_connector_news old = *told;
    look(server, index, told);
    if (connector_news_same(&old, told))
        return;
    if (told->losses != old.losses || told->reconfigurations != old.reconfigurations)
        wake_all(server, index); /* before anything else: the journal may make us wait */
    bool event = told->now.plugged != old.now.plugged || strcmp(told->now.display, old.now.display) != 0 ||
                 told->losses != old.losses || told->reconfigurations != old.reconfigurations;
    if (!event && server->subscribers && !admits(server, &server->connector_news, NEWS_OF_CONNECTORS)) {
        *told = old;
        return;
    }
    if (told->now.plugged != old.now.plugged)
        log_info("%s%s: %s", told->now.name, mark(told), told->now.plugged ? "a display is plugged in" : "nothing is plugged in");
    if (told->losses != old.losses)
        log_loss(server, index, told);
    if (told->reconfigurations != old.reconfigurations)
        log_info("%s%s: reconfigured; sessions: %u", told->now.name, mark(told), (unsigned)told->now.devices);
    publish(server, &(struct packet_news){COPP_SOCKET_CONNECTOR, {.connector = *told}}, NULL);
    if (told->losses != old.losses || told->reconfigurations != old.reconfigurations)
        notify_sessions_on(server, index);
}

/* One that has come since; without memory it is tried again next time. */
static bool add_connector(struct server *server) {
    size_t count = server->connector_count;
    uint32_t *revoked = realloc(server->revocations, (count + 1) * sizeof *revoked);
    server->revocations = revoked ? revoked : server->revocations;
    struct copp_socket_connector_news *more = revoked ? realloc(server->connectors, (count + 1) * sizeof *more) : NULL;
    if (!more)
        return false;
    server->connectors = more;
    revoked[count] = revocations(server, count);
    look(server, count, &more[count]);
    server->connector_count++;
    publish(server, &(struct packet_news){COPP_SOCKET_CONNECTOR, {.connector = more[count]}}, NULL);
    return true;
}

void notify_connectors(struct server *server) {
    for (size_t i = 0; i < server->connector_count; i++) {
        notify_connector(server, (uint32_t)i);
        notify_revoked(server, (uint32_t)i);
    }
    while (copp_outputs_name(server->outputs, server->connector_count) && add_connector(server)) {
    }
}

void notify_held_back(struct server *server) {
    server->news_rationed = false;
    server->connector_news = 0;
    for (struct user *user = server->users; user; user = user->next) {
        user->news = 0;
        if (user->unsaid.count)
            publish_refusal(server, user);
    }
    for (struct client *client = server->clients; client; client = client->next) {
        if (client->untold)
            publish_session(client, false);
    }
    notify_connectors(server);
}
