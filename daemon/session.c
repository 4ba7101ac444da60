#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tell.h"
#include "watch.h"

#define GONE (EPOLLHUP | EPOLLRDHUP | EPOLLERR)

/* An answer's body, in up to two pieces. */
struct answer {
    uint32_t status;
    struct iovec parts[2];
};

/* Never waits: a client that does not read must not keep others from their answers. */
static bool send_packet(int fd, uint32_t type, const struct answer *answer) {
    uint8_t head[PACKET_HEADER_SIZE];
    packet_header_encode(&(struct packet_header){PACKET_VERSION, type, answer->status}, head);
    struct iovec parts[3] = {{head, sizeof head}, answer->parts[0], answer->parts[1]};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

bool session_send(int fd, uint32_t type, uint32_t status, struct iovec body) {
    const struct answer answer = {status, {body}};
    return send_packet(fd, type, &answer);
}

static void farewell(int fd, enum packet_farewell why) {
    uint8_t version[4];
    packet_put_word(PACKET_VERSION, version);
    /* as a courtesy: the connection is closed in any case */
    (void)session_send(fd, PACKET_FAREWELL, why, (struct iovec){version, sizeof version});
}

/* The client has broken the rules of docs/daemon-protocol.md. */
static void expel(struct session *session, enum packet_farewell why) {
    farewell(session->fd, why);
    session_end(session, why);
}

void session_end(struct session *session, enum packet_farewell why) {
    struct server *server = session->server;
    tell_end(session, why);
    watch_end(session);
    copp_device_close(&session->device); /* EVT-5 */
    sd_event_source_disable_unref(session->source);
    (void)close(session->fd);
    session->user->sessions--;
    server->session_count--;
    server->waiting -= session->waiting;
    *(session->previous ? &session->previous->next : &server->sessions) = session->next;
    if (session->next)
        session->next->previous = session->previous;
    free(session);
}

/* False: the session has ended. */
static bool reply(struct session *session, enum packet_type type, const struct answer *answer) {
    if (send_packet(session->fd, type | PACKET_ANSWER, answer))
        return true;
    session_end(session, errno == EAGAIN ? FAREWELL_UNREAD : 0);
    return false;
}

/* The requests: each fills in the answer. */

static void list(struct session *session, uint8_t *room, struct answer *answer) {
    struct backend *backend = session->server->backend;
    uint32_t index = packet_word(session->server->packet.body.bytes);
    const char *name = backend->calls->name_of(backend, index);
    if (!name) {
        answer->status = COPP_HR_INVALIDARG;
        return;
    }
    struct copp_connector *connector = backend->calls->connector(backend, index);
    struct copp_protection now;
    copp_connector_protection(connector, &now);
    struct copp_socket_connector told = {
        .hdcp = now.hdcp, .acp = now.acp, .cgmsa = now.cgmsa, .devices = (uint32_t)copp_connector_devices(connector)};
    strncpy(told.name, name, sizeof told.name - 1);
    packet_connector_encode(&told, room);
    answer->parts[0] = (struct iovec){room, PACKET_CONNECTOR_SIZE};
}

static uint32_t open_device(struct session *session) {
    const uint8_t *name = session->server->packet.body.bytes;
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
static void key_exchange(struct session *session, uint8_t *random, struct answer *answer) {
    struct server *server = session->server;
    uint32_t length;
    if (!session->length_told)
        answer->status = copp_device_get_certificate_length(session->device, &length);
    session->length_told = session->length_told || answer->status == COPP_HR_OK;
    if (answer->status == COPP_HR_OK)
        answer->status = copp_device_key_exchange(session->device, random, server->chain);
    if (answer->status != COPP_HR_OK)
        return;
    answer->parts[0] = (struct iovec){random, COPP_RANDOM_SIZE};
    answer->parts[1] = (struct iovec){server->chain, server->driver.chain_size};
}

static void query(struct session *session, struct answer *answer) {
    struct server *server = session->server;
    answer->status = copp_device_status(session->device, &server->packet.body.input, &server->output);
    if (answer->status == COPP_HR_OK)
        answer->parts[0] = (struct iovec){server->output.bytes, sizeof server->output.bytes};
}

/* A request on the device; false: its answer comes later. */
static bool on_device(struct session *session, enum packet_type type, uint8_t *room, struct answer *answer) {
    struct packet *packet = &session->server->packet;
    switch (type) {
    case PACKET_KEY_EXCHANGE:
        key_exchange(session, room, answer);
        break;
    case PACKET_SEQUENCE_START:
        answer->status = copp_device_sequence_start(session->device, &packet->body.signature);
        break;
    case PACKET_COMMAND:
        answer->status = copp_device_command(session->device, &packet->body.command, server_now());
        break;
    default:
        query(session, answer);
        break;
    }
    return answer->status != COPP_HR_PENDING;
}

/* CMD-6: nothing is read until the command has ended; that the client is gone is noticed all the same. */
static void wait_for_command(struct session *session) {
    if (sd_event_source_set_io_events(session->source, EPOLLRDHUP) < 0) {
        session_end(session, 0);
        return;
    }
    session->waiting = true;
    session->server->waiting++;
}

void session_look(struct session *session) {
    const struct answer answer = {copp_device_command_result(session->device), {{NULL, 0}}};
    if (answer.status == COPP_HR_PENDING)
        return;
    session->waiting = false;
    session->server->waiting--;
    tell_late_answer(session, answer.status);
    tell_session(session);
    if (reply(session, PACKET_COMMAND, &answer) && sd_event_source_set_io_events(session->source, EPOLLIN | EPOLLRDHUP) < 0)
        session_end(session, 0);
}

static uint64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void serve(struct session *session, enum packet_type type) {
    uint8_t room[PACKET_CONNECTOR_SIZE];
    struct answer answer = {COPP_HR_OK, {{NULL, 0}}};
    struct server *server = session->server;
    uint64_t began = type == PACKET_STATUS ? now_ns() : 0;
    bool now = true;
    if (type == PACKET_LIST)
        list(session, room, &answer);
    else if (type == PACKET_OPEN)
        answer.status = open_device(session);
    else if (type == PACKET_WATCH)
        answer.status = watch_begin(session);
    else if (session->device)
        now = on_device(session, type, room, &answer);
    else
        answer.status = COPP_HR_UNEXPECTED; /* SES: a call on a device that is not open */
    if (now)
        tell_request(session, type, answer.status);
    tell_session(session);
    if (!now)
        wait_for_command(session);
    bool answered = now && reply(session, type, &answer);
    if (answered && type == PACKET_STATUS)
        metrics_query(&server->metrics, now_ns() - began);
    if (answered && type == PACKET_WATCH && answer.status == COPP_HR_OK)
        watch_go_on(session);
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

/* Nothing of a packet is looked into before its size, version and type are right. */
static void receive(struct session *session) {
    struct packet *packet = &session->server->packet;
    struct packet_header header;
    struct iovec parts[2] = {{packet->head, sizeof packet->head}, {packet->body.bytes, sizeof packet->body.bytes}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2}; /* without room for descriptors: the kernel drops them */
    ssize_t got = recvmsg(session->fd, &message, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got < 0) {
        session_end(session, 0);
        return;
    }
    if ((size_t)got < sizeof packet->head || message.msg_flags & MSG_TRUNC) {
        expel(session, FAREWELL_MALFORMED);
        return;
    }
    packet->size = (size_t)got - sizeof packet->head;
    packet_header_decode(packet->head, &header);
    if (header.version != PACKET_VERSION)
        expel(session, FAREWELL_VERSION);
    else if (header.type < PACKET_LIST || header.type >= PACKET_TYPE_COUNT || header.status ||
             packet->size != body_sizes[header.type] || session->watch)
        expel(session, FAREWELL_MALFORMED);
    else if (header.type == PACKET_WATCH && session->user->watches >= WATCHES_PER_USER)
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
        session_end(session, watch_dropped(session) ? FAREWELL_UNREAD : 0);
        server_settle(server);
    } else if (events & EPOLLOUT) {
        watch_go_on(session);
    } else {
        size_t count = server->session_count;
        receive(session);
        if (server->session_count != count)
            server_settle(server);
    }
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

void session_begin(struct server *server, int fd) {
    pid_t pid;
    struct user *user = peer(server, fd, &pid);
    enum packet_farewell why = user ? refusal(server, user) : FAREWELL_FULL;
    struct session *session = why ? NULL : calloc(1, sizeof *session);
    if (session && sd_event_add_io(server->event, &session->source, fd, EPOLLIN | EPOLLRDHUP, on_io, session) < 0) {
        free(session);
        session = NULL;
    }
    if (!session) {
        why = why ? why : FAREWELL_FULL;
        tell_refusal(server, user, pid, why);
        farewell(fd, why);
        (void)close(fd);
        return;
    }
    session->server = server;
    session->user = user;
    session->id = ++server->last_id;
    session->began_ms = server_now();
    session->pid = pid;
    session->fd = fd;
    session->next = server->sessions;
    if (session->next)
        session->next->previous = session;
    server->sessions = session;
    server->session_count++;
    user->sessions++;
    server->metrics.connections++;
}
