#include "client.h"

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
    copp_packet_header_encode(&(struct packet_header){PACKET_VERSION, type, outcome->status}, answer->head);
    return send(fd, answer, sizeof answer->head + outcome->size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static void disconnect(struct server *server, int fd, enum disconnect_reason why) {
    const struct outcome outcome = {why, 4};
    copp_packet_put_word(PACKET_VERSION, server->answer.body.bytes);
    (void)send_answer(server, fd, PACKET_DISCONNECT, &outcome); /* as a courtesy: the connection is closed in any case */
}

/* The client has broken the rules of docs/daemon-protocol.md. */
static void disconnect_client(struct client *client, enum disconnect_reason why) {
    disconnect(client->server, client->fd, why);
    client_end(client, why);
}

static void stop_waiting(struct client *client) {
    struct client **link = &client->server->waiting;
    if (!client->waiting)
        return;
    while (*link != client)
        link = &(*link)->next_waiting;
    *link = client->next_waiting;
    client->waiting = false;
}

void client_end(struct client *client, enum disconnect_reason why) {
    struct server *server = client->server;
    notify_end(client, why);
    subscriber_end(client);
    copp_device_close(&client->device); /* EVT-5 */
    sd_event_source_disable_unref(client->source);
    (void)close(client->fd);
    client->user->clients--;
    server->client_count--;
    stop_waiting(client);
    *(client->previous ? &client->previous->next : &server->clients) = client->next;
    if (client->next)
        client->next->previous = client->previous;
    free(client);
}

/* False: the session has ended. */
static bool reply(struct client *client, enum packet_type type, const struct outcome *outcome) {
    if (send_answer(client->server, client->fd, type | PACKET_ANSWER, outcome))
        return true;
    client_end(client, errno == EAGAIN ? DISCONNECT_UNREAD : 0);
    return false;
}

/* The requests: each fills in the answer, and says so. */

static struct outcome list(struct server *server) {
    struct backend *backend = server->backend;
    uint32_t index = copp_packet_word(server->request.body.bytes);
    if (!backend->ops->name_of(backend, index))
        return (struct outcome){.status = COPP_HR_INVALIDARG};
    struct copp_socket_connector told;
    backend_look(backend, index, &told);
    copp_packet_connector_encode(&told, server->answer.body.bytes);
    return (struct outcome){COPP_HR_OK, PACKET_CONNECTOR_SIZE};
}

static uint32_t open_device(struct client *client) {
    const uint8_t *name = client->server->request.body.bytes;
    if (client->device)
        return COPP_HR_UNEXPECTED;
    if (!memchr(name, 0, COPP_CONNECTOR_NAME_SIZE))
        return COPP_HR_INVALIDARG;
    struct copp_connector *connector = backend_find(client->server->backend, (const char *)name, &client->connector);
    if (!connector)
        return COPP_HR_NO_MONITOR;
    switch (copp_device_open(connector, &client->device)) {
    case COPP_OK:
        return COPP_HR_OK;
    case COPP_E_UNSUPPORTED_MODE:
        return COPP_HR_UNSUPPORTEDMODE;
    default:
        return COPP_HR_OUTOFMEMORY;
    }
}

/* Both steps in one; a random number that could not be drawn leaves the second one to be tried again. */
static struct outcome key_exchange(struct client *client) {
    struct server *server = client->server;
    uint8_t *random = server->answer.body.bytes;
    uint32_t status = COPP_HR_OK;
    uint32_t length;
    if (!client->length_told)
        status = copp_device_get_certificate_length(client->device, &length);
    client->length_told = client->length_told || status == COPP_HR_OK;
    if (status == COPP_HR_OK)
        status = copp_device_key_exchange(client->device, random, random + COPP_RANDOM_SIZE);
    return (struct outcome){status, status == COPP_HR_OK ? COPP_RANDOM_SIZE + server->identity.chain_size : 0};
}

static struct outcome query(struct client *client) {
    struct server *server = client->server;
    struct copp_status_output *output = &server->answer.body.output;
    uint32_t status = copp_device_status(client->device, &server->request.body.input, output);
    return (struct outcome){status, status == COPP_HR_OK ? sizeof *output : 0};
}

static struct outcome on_device(struct client *client, enum packet_type type) {
    struct request *request = &client->server->request;
    switch (type) {
    case PACKET_KEY_EXCHANGE:
        return key_exchange(client);
    case PACKET_SEQUENCE_START:
        return (struct outcome){.status = copp_device_sequence_start(client->device, &request->body.signature)};
    case PACKET_COMMAND:
        return (struct outcome){.status = copp_device_command(client->device, &request->body.command, server_now())};
    default:
        return query(client);
    }
}

/* CMD-6: nothing is read until the command has ended; that the client is gone is noticed all the same. */
static void wait_for_command(struct client *client) {
    if (sd_event_source_set_io_events(client->source, EPOLLRDHUP) < 0) {
        client_end(client, 0);
        return;
    }
    client->waiting = true;
    client->next_waiting = client->server->waiting;
    client->server->waiting = client;
}

/* Of what is there, too. */
bool client_listen(struct client *client, uint32_t more) {
    return sd_event_source_set_io_events(client->source, LISTENING | more) >= 0;
}

void client_finish_command(struct client *client) {
    const struct outcome outcome = {.status = copp_device_command_result(client->device)};
    if (outcome.status == COPP_HR_PENDING)
        return;
    stop_waiting(client);
    notify_late_answer(client, outcome.status);
    notify_session(client);
    if (reply(client, PACKET_COMMAND, &outcome) && !client_listen(client, 0))
        client_end(client, 0);
}

static uint64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct outcome carry_out(struct client *client, enum packet_type type) {
    if (type == PACKET_LIST)
        return list(client->server);
    if (type == PACKET_OPEN)
        return (struct outcome){.status = open_device(client)};
    if (type == PACKET_WATCH)
        return (struct outcome){.status = subscriber_begin(client)};
    if (client->device)
        return on_device(client, type);
    return (struct outcome){.status = COPP_HR_UNEXPECTED}; /* SES: a call on a device that is not open */
}

static void serve(struct client *client, enum packet_type type) {
    struct server *server = client->server;
    uint64_t began = type == PACKET_STATUS ? now_ns() : 0;
    const struct outcome outcome = carry_out(client, type);
    bool pending = outcome.status == COPP_HR_PENDING; /* its answer comes later */
    if (!pending)
        notify_request(client, type, outcome.status);
    notify_session(client);
    if (pending)
        wait_for_command(client);
    bool answered = !pending && reply(client, type, &outcome);
    if (answered && type == PACKET_STATUS)
        metrics_query(&server->metrics, now_ns() - began);
    if (answered && type == PACKET_WATCH && outcome.status == COPP_HR_OK)
        subscriber_resume(client);
    if (type == PACKET_COMMAND || type == PACKET_OPEN)
        server_sync_outputs(server);
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
static bool more(const struct client *client) {
    uint8_t byte;
    return recv(client->fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

/* Nothing of a packet is looked into before its size, version and type are right. */
static void receive(struct client *client) {
    struct request *request = &client->server->request;
    struct packet_header header;
    ssize_t got;
    do { /* takes no descriptors: the kernel drops them; MSG_TRUNC: tells the size of what does not fit */
        got = recv(client->fd, request, sizeof *request, MSG_DONTWAIT | MSG_TRUNC);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got < 0 || (more(client) && !client_listen(client, 0))) {
        client_end(client, 0);
        return;
    }
    if ((size_t)got < sizeof request->head) {
        disconnect_client(client, DISCONNECT_MALFORMED);
        return;
    }
    copp_packet_header_decode(request->head, &header); /* first of all the version: the others may have larger packets */
    if (header.version != PACKET_VERSION)
        disconnect_client(client, DISCONNECT_VERSION);
    else if (header.type < PACKET_LIST || header.type >= PACKET_TYPE_COUNT || header.status ||
             (size_t)got - sizeof request->head != body_sizes[header.type] || client->subscriber)
        disconnect_client(client, DISCONNECT_MALFORMED);
    else if (header.type == PACKET_WATCH && client->user->subscribers >= SUBSCRIBERS_PER_USER)
        disconnect_client(client, DISCONNECT_USER_LIMIT);
    else
        serve(client, (enum packet_type)header.type);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct client *client = userdata;
    struct server *server = client->server;
    (void)source;
    (void)fd;
    if (events & GONE) { /* whatever it has asked for before, nobody is there to be answered */
        client_end(client, subscriber_dropped(client) ? DISCONNECT_UNREAD : 0);
        server_sync_outputs(server);
        return 0;
    }
    server_wake(server);
    size_t count = server->client_count;
    if (events & EPOLLOUT)
        subscriber_resume(client);
    if (events & EPOLLIN)
        receive(client);
    if (server->client_count != count)
        server_sync_outputs(server);
    return 0;
}

/* Why not, or 0. */
static enum disconnect_reason refusal(const struct server *server, struct user *user) {
    const struct config *config = &server->config;
    size_t room = config->sessions < server->max_sessions ? config->sessions : server->max_sessions;
    if (!user_may_connect(user, config->connections_per_second, server_now()))
        return DISCONNECT_RATE;
    if (user->clients >= config->sessions_per_user)
        return DISCONNECT_USER_LIMIT;
    return server->client_count < room ? 0 : DISCONNECT_FULL;
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
static void admit(struct client *client) {
    struct server *server = client->server;
    client->id = ++server->last_id;
    client->next = server->clients;
    if (client->next)
        client->next->previous = client;
    server->clients = client;
    server->client_count++;
    client->user->clients++;
    server->metrics.connections++;
}

void client_begin(struct server *server, int fd) {
    pid_t pid;
    struct user *user = peer(server, fd, &pid);
    enum disconnect_reason why = user ? refusal(server, user) : DISCONNECT_FULL;
    struct client *client = why ? NULL : calloc(1, sizeof *client);
    if (client && sd_event_add_io(server->event, &client->source, fd, LISTENING, on_io, client) < 0) {
        free(client);
        client = NULL;
    }
    if (!client) {
        why = why ? why : DISCONNECT_FULL;
        notify_refusal(server, user, pid, why);
        disconnect(server, fd, why);
        (void)close(fd);
        return;
    }
    client->server = server;
    client->user = user;
    client->began_ms = server_now();
    client->pid = pid;
    client->fd = fd;
    admit(client);
}
