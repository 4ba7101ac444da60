#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "hurry.h"
#include "lending.h"
#include "listen.h"
#include "notify.h"
#include "passed.h"
#include "precedence.h"
#include "recordings.h"
#include "requests.h"
#include "subscribers.h"
#include "turns.h"
#include "wake.h"

/* Never waits: a client that does not read must not keep others from their answers. */
static bool send_answer(struct server *server, int fd, uint32_t type, const struct outcome *outcome) {
    struct answer *answer = &server->answer;
    copp_packet_header_encode(&(struct packet_header){PACKET_VERSION, type, outcome->status}, answer->head);
    return send(fd, answer, sizeof answer->head + outcome->size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static void disconnect(struct server *server, int fd, enum disconnect_reason why) {
    const struct outcome outcome = {.status = why, .size = 4};
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
    turns_leave(client);
    if (client->waiting && !client->srm_wait.due)
        precedence_failed(client, clock_ms());
    lending_end(client, why);
    record_close(client);
    recording_end(client);
    copp_device_close(&client->device); /* EVT-5 */
    identity_release(&client->identity);
    sd_event_source_disable_unref(client->source);
    hurry_close_file(server, client->fd);
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

/* CMD-6: nothing is read until the command has ended; that the client is gone is noticed all the same. */
static void wait_for_command(struct client *client, enum packet_type type) {
    if (sd_event_source_set_io_events(client->source, EPOLLRDHUP) < 0) {
        client_end(client, 0);
        return;
    }
    client->waiting = true;
    client->command = type;
    client->next_waiting = NULL;
    struct client **last = &client->server->waiting;
    while (*last)
        last = &(*last)->next_waiting;
    *last = client; /* who waits longest is answered first */
}

/* OPM-SRM-4, CMD-6: success is said of a list that is on the disk. The device has taken it, so that a refusal is the end of the session:
 * its next command or answer does not agree (OPM-APP-4, BIND-4). */
static uint32_t list_result(const struct client *client) {
    if (srm_lists_done(&client->server->srm_lists, &client->srm_wait))
        return COPP_HR_OK;
    return clock_ms() < client->srm_deadline_ms ? COPP_HR_PENDING : COPP_HR_OPM_DRIVER_INTERNAL_ERROR;
}

uint64_t client_deadline_ms(const struct server *server) {
    uint64_t deadline_ms = UINT64_MAX;
    for (const struct client *client = server->waiting; client; client = client->next_waiting) {
        if (client->srm_wait.due && client->srm_deadline_ms < deadline_ms)
            deadline_ms = client->srm_deadline_ms;
    }
    return deadline_ms;
}

void client_finish_command(struct client *client) {
    bool list = client->srm_wait.due;
    const struct outcome outcome = {.status = list ? list_result(client) : copp_device_command_result(client->device)};
    if (outcome.status == COPP_HR_PENDING)
        return;
    client->srm_wait.due = 0;
    stop_waiting(client);
    if (!list && outcome.status != COPP_HR_OK)
        precedence_failed(client, clock_ms());
    record_answer(client, client->command, outcome.status, 0);
    notify_late_answer(client, outcome.status);
    notify_session(client);
    if (!reply(client, client->command, &outcome))
        return;
    wake(client);
    if (!listen_to(client, 0))
        client_end(client, 0);
}

/* A handshake's private operation; and a revocation list, which is hashed and whose signature is verified. */
static bool is_costly(enum packet_type type, const struct request *request) {
    return type == PACKET_SEQUENCE_START ||
           (type == PACKET_OPM_CONFIGURE && copp_packet_word(request->body.configure.ahead + 4) > 0);
}

/* Whether something may have changed on a connector. */
static bool serve(struct client *client, enum packet_type type) {
    struct server *server = client->server;
    bool query = type == PACKET_STATUS || type == PACKET_OPM_INFORMATION;
    uint64_t began = query ? clock_ns() : 0;
    if (is_costly(type, &server->request))
        turns_charge(client, TURN_HANDSHAKE);
    record_request(client, type);
    const struct outcome outcome = request_carry_out(client, type);
    bool pending = outcome.status == COPP_HR_PENDING; /* its answer comes later */
    if (!pending) {
        record_answer(client, type, outcome.status, outcome.size);
        notify_request(client, type, outcome.status);
    }
    notify_session(client);
    if (pending)
        wait_for_command(client, type);
    bool answered = !pending && reply(client, type, &outcome);
    if (answered)
        wake(client);
    if (answered && query)
        metrics_query(&server->metrics, clock_ns() - began);
    if (answered && type == PACKET_WATCH && outcome.status == COPP_HR_OK)
        subscriber_resume(client);
    return outcome.changed;
}

/* There is another packet behind the one that was read, if only an empty one: a client may ask before it has its answers. */
static bool more(const struct client *client) {
    uint8_t byte;
    return recv(client->fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

/* Nothing of a packet is looked into before its size, version and type are right: 0, or why it is refused. */
static enum disconnect_reason check_packet(const struct client *client, size_t size, struct packet_header *header) {
    const struct request *request = &client->server->request;
    if (size < sizeof request->head)
        return DISCONNECT_MALFORMED;
    copp_packet_header_decode(request->head, header); /* first of all the version: the others may have larger packets */
    if (header->version != PACKET_VERSION)
        return DISCONNECT_VERSION;
    if (header->type < PACKET_LIST || header->type >= PACKET_TYPE_COUNT || header->status ||
        !request_fits((enum packet_type)header->type, request->body.bytes, size - sizeof request->head) || client->subscriber ||
        client->recording)
        return DISCONNECT_MALFORMED;
    if (header->type == PACKET_WATCH && client->user->subscribers >= SUBSCRIBERS_PER_USER)
        return DISCONNECT_USER_LIMIT;
    if (header->type == PACKET_RECORD && client->user->recordings >= RECORDINGS_PER_USER)
        return DISCONNECT_USER_LIMIT;
    return 0;
}

/* Every packet of a player enters here, got bytes of it. Whether something may have changed on a connector, but by the client's end. */
static bool take_packet(struct client *client, size_t got) {
    struct packet_header header;
    turns_charge(client, 1);
    client->woken = false;
    enum disconnect_reason why = check_packet(client, got, &header);
    if (!why)
        return serve(client, (enum packet_type)header.type);
    disconnect_client(client, why);
    return false;
}

static bool receive(struct client *client) {
    struct server *server = client->server;
    ssize_t got = passed_receive(client);
    if (got < 0 && errno == EAGAIN)
        return false;
    bool changed = false;
    if (got < 0 || (more(client) && !listen_to(client, 0)))
        client_end(client, 0);
    else
        changed = take_packet(client, (size_t)got);
    passed_close(server);
    return changed;
}

bool client_end_lenders(struct server *server) {
    size_t count = server->client_count;
    struct lending *next;
    if (!lending_look(server))
        return false;
    for (struct lending *lending = server->lendings; lending; lending = next) {
        next = lending->next;
        if (lending->over)
            disconnect_client(lending->client, lending->over);
    }
    return server->client_count != count;
}

/* Whatever it has asked for before, nobody is there to be answered. */
static void end_gone(struct client *client) {
    client_end(client, subscriber_dropped(client) ? DISCONNECT_UNREAD : 0);
}

bool client_serve(struct client *client, uint32_t events) {
    const struct server *server = client->server;
    size_t count = server->client_count;
    bool changed = false;
    if (events & CLIENT_GONE) {
        end_gone(client);
        return true;
    }
    if (events & EPOLLOUT)
        subscriber_resume(client);
    if (events & EPOLLIN)
        changed = receive(client);
    return changed || server->client_count != count;
}

/* Connections are accepted before ends are heard of (turns.h): those of the user that have ended already make room first. */
static void end_all_gone(struct server *server, const struct user *user) {
    struct client *next;
    for (struct client *client = server->clients; client; client = next) {
        struct pollfd end = {.fd = client->fd, .events = POLLRDHUP};
        next = client->next;
        if (client->user == user && poll(&end, 1, 0) == 1)
            end_gone(client);
    }
}

/* Which limit has been reached, or 0. */
static enum disconnect_reason no_room(const struct server *server, const struct user *user) {
    const struct config *config = &server->config;
    size_t room = config->sessions < server->max_sessions ? config->sessions : server->max_sessions;
    if (user->clients >= config->sessions_per_user)
        return DISCONNECT_USER_LIMIT;
    return server->client_count < room ? 0 : DISCONNECT_FULL;
}

/* Why not, or 0. */
static enum disconnect_reason refusal(struct server *server, struct user *user) {
    if (!user_may_connect(user, server->config.connections_per_second, clock_ms()))
        return DISCONNECT_RATE;
    if (no_room(server, user))
        end_all_gone(server, user);
    return no_room(server, user);
}

static struct user *peer(struct server *server, int fd, pid_t *pid) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    *pid = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || size != sizeof credentials)
        return NULL;
    *pid = credentials.pid;
    return user_enter(&server->users, credentials.uid, clock_ms());
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

bool client_begin(struct server *server, int fd, sd_event_io_handler_t on_events) {
    pid_t pid;
    size_t count = server->client_count;
    struct user *user = peer(server, fd, &pid);
    enum disconnect_reason why = user ? refusal(server, user) : DISCONNECT_FULL;
    bool ended = server->client_count != count;
    struct client *client = why ? NULL : calloc(1, sizeof *client);
    if (client && sd_event_add_io(server->event, &client->source, fd, LISTEN_EVENTS, on_events, client) < 0) {
        free(client);
        client = NULL;
    }
    if (!client) {
        why = why ? why : DISCONNECT_FULL;
        notify_refusal(server, user, pid, why);
        disconnect(server, fd, why);
        hurry_close_file(server, fd);
        return ended;
    }
    client->server = server;
    client->user = user;
    client->began_ms = clock_ms();
    client->pid = pid;
    client->fd = fd;
    admit(client);
    return ended;
}
