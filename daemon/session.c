#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"
#include "subscribers.h"

#define GONE (EPOLLHUP | EPOLLRDHUP | EPOLLERR)
/*
 * What comes is told once. Else the loop, which serves one session a round, would be told of all others that wait in
 * each: a thousand requests at a time would cost twenty times as much.
 */
#define LISTENING (EPOLLIN | EPOLLRDHUP | EPOLLET)

/* What a request has come to. */
struct outcome {
    uint32_t status;
    size_t size; /* of the body that stands in the server's answer */
};

/* Never waits: a client that does not read must not keep others from their answers. */
static bool send_answer(struct server *server, int fd, uint32_t type, const struct outcome *outcome) {
    struct answer *answer = &server->answer;
    packet_header_encode(&(struct packet_header){PACKET_VERSION, type, outcome->status}, answer->head);
    return send(fd, answer, sizeof answer->head + outcome->size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static void farewell(struct server *server, int fd, enum packet_farewell why) {
    const struct outcome outcome = {why, 4};
    packet_put_word(PACKET_VERSION, server->answer.body.bytes);
    (void)send_answer(server, fd, PACKET_FAREWELL, &outcome); /* as a courtesy: the connection is closed in any case */
}

/* The client has broken the rules of docs/daemon-protocol.md. */
static void expel(struct session *session, enum packet_farewell why) {
    farewell(session->server, session->fd, why);
    session_end(session, why);
}

static void stop_waiting(struct session *session) {
    struct session **link = &session->server->waiting;
    if (!session->waiting)
        return;
    while (*link != session)
        link = &(*link)->next_waiting;
    *link = session->next_waiting;
    session->waiting = false;
}

void session_end(struct session *session, enum packet_farewell why) {
    struct server *server = session->server;
    notify_end(session, why);
    subscriber_end(session);
    copp_device_close(&session->device); /* EVT-5 */
    sd_event_source_disable_unref(session->source);
    (void)close(session->fd);
    session->user->sessions--;
    server->session_count--;
    stop_waiting(session);
    *(session->previous ? &session->previous->next : &server->sessions) = session->next;
    if (session->next)
        session->next->previous = session->previous;
    free(session);
}

/* False: the session has ended. */
static bool reply(struct session *session, enum packet_type type, const struct outcome *outcome) {
    if (send_answer(session->server, session->fd, type | PACKET_ANSWER, outcome))
        return true;
    session_end(session, errno == EAGAIN ? FAREWELL_UNREAD : 0);
    return false;
}

/* The requests: each fills in the answer, and says so. */

static struct outcome list(struct server *server) {
    struct backend *backend = server->backend;
    uint32_t index = packet_word(server->request.body.bytes);
    if (!backend->ops->name_of(backend, index))
        return (struct outcome){.status = COPP_HR_INVALIDARG};
    struct copp_socket_connector told;
    backend_look(backend, index, &told);
    packet_connector_encode(&told, server->answer.body.bytes);
    return (struct outcome){COPP_HR_OK, PACKET_CONNECTOR_SIZE};
}

static uint32_t open_device(struct session *session) {
    const uint8_t *name = session->server->request.body.bytes;
    if (session->device)
        return COPP_HR_UNEXPECTED;
    if (!memchr(name, 0, COPP_CONNECTOR_NAME_SIZE))
        return COPP_HR_INVALIDARG;
    struct copp_connector *connector = backend_find(session->server->backend, (const char *)name, &session->connector);
    if (!connector)
        return COPP_HR_NO_MONITOR;
    switch (copp_device_open(connector, &session->device)) {
    case COPP_OK:
        return COPP_HR_OK;
    case COPP_E_UNSUPPORTED_MODE:
        return COPP_HR_UNSUPPORTEDMODE;
    default:
        return COPP_HR_OUTOFMEMORY;
    }
}

/* Both steps in one; a random number that could not be drawn leaves the second one to be tried again. */
static struct outcome key_exchange(struct session *session) {
    struct server *server = session->server;
    uint8_t *random = server->answer.body.bytes;
    uint32_t status = COPP_HR_OK;
    uint32_t length;
    if (!session->length_told)
        status = copp_device_get_certificate_length(session->device, &length);
    session->length_told = session->length_told || status == COPP_HR_OK;
    if (status == COPP_HR_OK)
        status = copp_device_key_exchange(session->device, random, random + COPP_RANDOM_SIZE);
    return (struct outcome){status, status == COPP_HR_OK ? COPP_RANDOM_SIZE + server->identity.chain_size : 0};
}

static struct outcome query(struct session *session) {
    struct server *server = session->server;
    struct copp_status_output *output = &server->answer.body.output;
    uint32_t status = copp_device_status(session->device, &server->request.body.input, output);
    return (struct outcome){status, status == COPP_HR_OK ? sizeof *output : 0};
}

static struct outcome on_device(struct session *session, enum packet_type type) {
    struct request *request = &session->server->request;
    switch (type) {
    case PACKET_KEY_EXCHANGE:
        return key_exchange(session);
    case PACKET_SEQUENCE_START:
        return (struct outcome){.status = copp_device_sequence_start(session->device, &request->body.signature)};
    case PACKET_COMMAND:
        return (struct outcome){.status = copp_device_command(session->device, &request->body.command, server_now())};
    default:
        return query(session);
    }
}

/* CMD-6: nothing is read until the command has ended; that the client is gone is noticed all the same. */
static void wait_for_command(struct session *session) {
    if (sd_event_source_set_io_events(session->source, EPOLLRDHUP) < 0) {
        session_end(session, 0);
        return;
    }
    session->waiting = true;
    session->next_waiting = session->server->waiting;
    session->server->waiting = session;
}

/* Of what is there, too. */
bool session_listen(struct session *session, uint32_t more) {
    return sd_event_source_set_io_events(session->source, LISTENING | more) >= 0;
}

void session_look(struct session *session) {
    const struct outcome outcome = {.status = copp_device_command_result(session->device)};
    if (outcome.status == COPP_HR_PENDING)
        return;
    stop_waiting(session);
    notify_late_answer(session, outcome.status);
    notify_session(session);
    if (reply(session, PACKET_COMMAND, &outcome) && !session_listen(session, 0))
        session_end(session, 0);
}

static uint64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct outcome carry_out(struct session *session, enum packet_type type) {
    if (type == PACKET_LIST)
        return list(session->server);
    if (type == PACKET_OPEN)
        return (struct outcome){.status = open_device(session)};
    if (type == PACKET_WATCH)
        return (struct outcome){.status = subscriber_begin(session)};
    if (session->device)
        return on_device(session, type);
    return (struct outcome){.status = COPP_HR_UNEXPECTED}; /* SES: a call on a device that is not open */
}

static void serve(struct session *session, enum packet_type type) {
    struct server *server = session->server;
    uint64_t began = type == PACKET_STATUS ? now_ns() : 0;
    const struct outcome outcome = carry_out(session, type);
    bool pending = outcome.status == COPP_HR_PENDING; /* its answer comes later */
    if (!pending)
        notify_request(session, type, outcome.status);
    notify_session(session);
    if (pending)
        wait_for_command(session);
    bool answered = !pending && reply(session, type, &outcome);
    if (answered && type == PACKET_STATUS)
        metrics_query(&server->metrics, now_ns() - began);
    if (answered && type == PACKET_WATCH && outcome.status == COPP_HR_OK)
        subscriber_resume(session);
    if (type == PACKET_COMMAND || type == PACKET_OPEN)
        server_settle(server);
}

/* The size of a request's body, exactly. */
static const size_t body_sizes[PACKET_TYPE_COUNT] = {
    [PACKET_LIST] = 4,
    [PACKET_OPEN] = COPP_CONNECTOR_NAME_SIZE,
    [PACKET_KEY_EXCHANGE] = 0,
    [PACKET_SEQUENCE_START] = COPP_SIGNATURE_SIZE,
    [PACKET_COMMAND] = COPP_MESSAGE_SIZE,
    [PACKET_STATUS] = COPP_MESSAGE_SIZE,
    [PACKET_WATCH] = 0,
};

/* There is another packet behind the one that was read, if only an empty one: a client may ask before it has its answers. */
static bool more(const struct session *session) {
    uint8_t byte;
    return recv(session->fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

/* Nothing of a packet is looked into before its size, version and type are right. */
static void receive(struct session *session) {
    struct request *request = &session->server->request;
    struct packet_header header;
    ssize_t got;
    do { /* takes no descriptors: the kernel drops them; MSG_TRUNC: tells the size of what does not fit */
        got = recv(session->fd, request, sizeof *request, MSG_DONTWAIT | MSG_TRUNC);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got < 0 || (more(session) && !session_listen(session, 0))) {
        session_end(session, 0);
        return;
    }
    if ((size_t)got < sizeof request->head) {
        expel(session, FAREWELL_MALFORMED);
        return;
    }
    packet_header_decode(request->head, &header); /* first of all the version: the others may have larger packets */
    if (header.version != PACKET_VERSION)
        expel(session, FAREWELL_VERSION);
    else if (header.type < PACKET_LIST || header.type >= PACKET_TYPE_COUNT || header.status ||
             (size_t)got - sizeof request->head != body_sizes[header.type] || session->subscriber)
        expel(session, FAREWELL_MALFORMED);
    else if (header.type == PACKET_WATCH && session->user->subscribers >= SUBSCRIBERS_PER_USER)
        expel(session, FAREWELL_USER_LIMIT);
    else
        serve(session, (enum packet_type)header.type);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct session *session = userdata;
    struct server *server = session->server;
    (void)source;
    (void)fd;
    if (events & GONE) { /* whatever it has asked for before, nobody is there to be answered */
        session_end(session, subscriber_dropped(session) ? FAREWELL_UNREAD : 0);
        server_settle(server);
        return 0;
    }
    server_wake(server);
    size_t count = server->session_count;
    if (events & EPOLLOUT)
        subscriber_resume(session);
    if (events & EPOLLIN)
        receive(session);
    if (server->session_count != count)
        server_settle(server);
    return 0;
}

/* Why not, or 0. */
static enum packet_farewell refusal(const struct server *server, struct user *user) {
    const struct config *config = &server->config;
    size_t room = config->sessions < server->session_room ? config->sessions : server->session_room;
    if (!user_may_connect(user, config->connections_per_second, server_now()))
        return FAREWELL_RATE;
    if (user->sessions >= config->sessions_per_user)
        return FAREWELL_USER_LIMIT;
    return server->session_count < room ? 0 : FAREWELL_FULL;
}

static struct user *peer(struct server *server, int fd, pid_t *pid) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    *pid = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || size != sizeof credentials)
        return NULL;
    *pid = credentials.pid;
    return user_enter(&server->users, credentials.uid, server_now());
}

/* The youngest of all, and so the one of the highest id. */
static void let_in(struct session *session) {
    struct server *server = session->server;
    session->id = ++server->last_id;
    session->next = server->sessions;
    if (session->next)
        session->next->previous = session;
    server->sessions = session;
    server->session_count++;
    session->user->sessions++;
    server->metrics.connections++;
}

void session_begin(struct server *server, int fd) {
    pid_t pid;
    struct user *user = peer(server, fd, &pid);
    enum packet_farewell why = user ? refusal(server, user) : FAREWELL_FULL;
    struct session *session = why ? NULL : calloc(1, sizeof *session);
    if (session && sd_event_add_io(server->event, &session->source, fd, LISTENING, on_io, session) < 0) {
        free(session);
        session = NULL;
    }
    if (!session) {
        why = why ? why : FAREWELL_FULL;
        notify_refusal(server, user, pid, why);
        farewell(server, fd, why);
        (void)close(fd);
        return;
    }
    session->server = server;
    session->user = user;
    session->began_ms = server_now();
    session->pid = pid;
    session->fd = fd;
    let_in(session);
}
