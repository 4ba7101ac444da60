#include "recordings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "copp/base.h"
#include "hurry.h"
#include "log.h"

#define BUFFER_WANTED 1048576 /* bytes of the socket's buffer: the kernel gives what it allows */

/* --- whose socket it is --- */

static bool is_option(int fd, int name, int wanted) {
    int value;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 && value == wanted;
}

/* A name that anybody could connect to. */
static bool is_unnamed(int fd, int (*ask)(int, struct sockaddr *, socklen_t *)) {
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    return ask(fd, (struct sockaddr *)&name, &size) == 0 && size == sizeof name.ss_family;
}

static int peer_name(int fd, struct sockaddr *name, socklen_t *size) {
    return getpeername(fd, name, size);
}

static int own_name(int fd, struct sockaddr *name, socklen_t *size) {
    return getsockname(fd, name, size);
}

/*
 * One end of a pair that the client itself has made: its other end is in nobody else's hands, so that nothing which we write comes to a service that would take it
 * for ours. A packet is sent whole or not at all; writing never waits, whatever the client does with the file's flags.
 */
static bool is_good(int fd, uid_t uid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return is_option(fd, SO_DOMAIN, AF_UNIX) && is_option(fd, SO_TYPE, SOCK_SEQPACKET) && is_option(fd, SO_ACCEPTCONN, 0) &&
           is_unnamed(fd, own_name) && is_unnamed(fd, peer_name) && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           size == sizeof peer && peer.uid == uid;
}

/* --- writing --- */

/* The event loop then finds that its client has hung up. */
static void give_up(struct recording *recording) {
    recording->gone = true;
    (void)shutdown(recording->client->fd, SHUT_RDWR);
}

/* What stands in the server's block. */
static bool send_block(struct recording *recording, size_t size) {
    if (send(recording->fd, recording->client->server->block, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        return true;
    if (errno != EAGAIN && errno != ENOBUFS && errno != EMSGSIZE && errno != ENOMEM)
        give_up(recording);
    return false;
}

/* By a clock that is not set meanwhile, as far as the other one was right when it was first asked. */
static uint64_t time_us(struct server *server) {
    if (!server->wall_offset_us)
        server->wall_offset_us = clock_wall_us() - clock_steady_us();
    return server->wall_offset_us + clock_steady_us();
}

/* What is missing is told before the next message that there is room for. */
static bool tell_missing(struct recording *recording) {
    uint8_t count[4];
    copp_packet_put_word(recording->missing, count);
    const struct recording_message message = {.time_us = time_us(recording->client->server),
                                              .kind = RECORDING_DROPPED,
                                              .direction = RECORDING_NOTE,
                                              .flags = RECORDING_AT_DRIVER,
                                              .bytes = count,
                                              .size = sizeof count};
    if (!send_block(recording, recording_put(&message, recording->client->server->block)))
        return false;
    recording->missing = 0;
    return true;
}

static void put_to(struct recording *recording, const struct recording_message *message) {
    if (recording->gone)
        return;
    if ((recording->missing && !tell_missing(recording)) ||
        !send_block(recording, recording_put(message, recording->client->server->block)))
        recording->missing += recording->missing < UINT32_MAX;
}

/* docs/daemon-protocol.md: whose sessions one hears. */
static bool may_hear(const struct recording *recording, const struct client *client) {
    return recording->all || recording->client->user == client->user;
}

static void put(const struct client *client, struct recording_message *message) {
    struct recording *next;
    message->time_us = time_us(client->server);
    message->flags |= RECORDING_AT_DRIVER;
    message->session = (uint32_t)client->id;
    message->exchange = client->exchange;
    for (struct recording *recording = client->server->recordings; recording; recording = next) {
        next = recording->next;
        if (may_hear(recording, client))
            put_to(recording, message);
    }
}

/* --- what goes by --- */

static enum recording_kind kind_of(enum packet_type type) {
    switch (type) {
    case PACKET_OPEN:
        return RECORDING_OPEN;
    case PACKET_KEY_EXCHANGE:
        return RECORDING_KEY_EXCHANGE;
    case PACKET_SEQUENCE_START:
        return RECORDING_SEQUENCE_START;
    case PACKET_COMMAND:
    case PACKET_OPM_CONFIGURE:
        return RECORDING_COMMAND;
    case PACKET_STATUS:
    case PACKET_OPM_INFORMATION:
        return RECORDING_STATUS;
    default:
        return RECORDING_KIND_COUNT; /* it is not part of a session */
    }
}

static bool is_recorded(const struct client *client, enum packet_type type) {
    return client->server->recordings && kind_of(type) != RECORDING_KIND_COUNT;
}

static void take_bytes(const struct request *request, enum packet_type type, struct recording_message *message) {
    uint32_t additional_size;
    switch (type) {
    case PACKET_SEQUENCE_START:
        message->bytes = request->body.signature.bytes;
        message->size = sizeof request->body.signature;
        break;
    case PACKET_COMMAND:
    case PACKET_STATUS:
        message->bytes = request->body.bytes;
        message->size = COPP_MESSAGE_SIZE;
        break;
    case PACKET_OPM_INFORMATION:
        message->bytes = request->body.information.input.bytes;
        message->size = COPP_MESSAGE_SIZE;
        message->additional = request->body.information.mac;
        message->additional_size = COPP_MAC_SIZE;
        break;
    case PACKET_OPM_CONFIGURE:
        message->bytes = request->body.configure.command.bytes;
        message->size = COPP_MESSAGE_SIZE;
        message->additional = request->body.configure.additional;
        if (copp_packet_configure_decode(request->body.bytes, copp_packet_word(request->body.bytes), &additional_size) &&
            additional_size <= COPP_OPM_ADDITIONAL_MAX)
            message->additional_size = additional_size;
        break;
    default:
        break;
    }
}

void record_request(struct client *client, enum packet_type type) {
    struct packet_open wanted;
    const struct request *request = &client->server->request;
    struct recording_message message = {.kind = kind_of(type), .direction = RECORDING_REQUEST, .semantics = client->semantics};
    client->exchange++;
    if (!is_recorded(client, type))
        return;
    take_bytes(request, type, &message);
    if (type == PACKET_OPEN && copp_packet_open_decode(request->body.bytes, copp_packet_word(request->body.bytes), &wanted)) {
        message.semantics = wanted.semantics == COPP_SEMANTICS_OPM ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP;
        message.bytes = (const uint8_t *)wanted.name;
        message.size = strlen(wanted.name);
    }
    put(client, &message);
}

/* QueryHDCPKeyData's holds a KSV (WIRE-9); the request stands where it came. */
static bool identifies(const struct client *client, enum packet_type type, size_t size) {
    struct copp_status_input_fields fields;
    enum copp_request request;
    if (type != PACKET_STATUS || size != sizeof(struct copp_status_output))
        return false;
    copp_status_input_decode(&client->server->request.body.input, &fields);
    return copp_request_from_guid(fields.guid, &request) && request == COPP_QUERY_HDCP_KEY_DATA;
}

void record_answer(const struct client *client, enum packet_type type, uint32_t status, size_t size) {
    if (!is_recorded(client, type))
        return;
    bool told = status == COPP_HR_OK && type != PACKET_OPEN; /* an opened device has said nothing yet */
    struct recording_message message = {.kind = kind_of(type),
                                        .direction = RECORDING_ANSWER,
                                        .semantics = client->semantics,
                                        .flags = identifies(client, type, size) ? RECORDING_IDENTIFIES : 0,
                                        .hresult = status,
                                        .bytes = told ? client->server->answer.body.bytes : NULL,
                                        .size = told ? size : 0};
    put(client, &message);
}

void record_close(struct client *client) {
    struct recording_message message = {.kind = RECORDING_CLOSE, .direction = RECORDING_REQUEST};
    if (!client->device || !client->server->recordings)
        return;
    client->exchange++;
    message.semantics = client->semantics;
    put(client, &message);
}

/* --- its life --- */

uint32_t recording_begin_for(struct client *client, const struct packet_record *wanted) {
    struct server *server = client->server;
    struct passed *passed = &server->passed;
    char application[64];
    int buffer = BUFFER_WANTED;
    bool all = wanted->flags & PACKET_RECORD_ALL;
    if (client->device || client->lending)
        return COPP_HR_UNEXPECTED;
    if (all && client->user->uid != 0)
        return COPP_HR_ACCESSDENIED;
    if (passed->count != 1 || passed->more || !is_good(passed->fds[0], client->user->uid))
        return COPP_HR_INVALIDARG;
    struct recording *recording = calloc(1, sizeof *recording);
    if (!recording)
        return COPP_HR_OUTOFMEMORY;
    *recording = (struct recording){.next = server->recordings, .client = client, .fd = passed->fds[0], .all = all};
    passed->fds[0] = -1;
    (void)setsockopt(recording->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer); /* else the client's own is what there is */
    server->recordings = recording;
    client->recording = recording;
    client->user->recordings++;
    if (all)
        log_info("pid %ld, of root, records every user's sessions", (long)client->pid);
    (void)snprintf(application, sizeof application, "coppd %s", copp_version());
    (void)send_block(recording,
                     recording_begin(application, all ? "every user's sessions" : "one user's sessions", server->block));
    return COPP_HR_OK;
}

void recording_end(struct client *client) {
    struct recording **link = &client->server->recordings;
    if (!client->recording)
        return;
    while (*link != client->recording)
        link = &(*link)->next;
    *link = client->recording->next;
    hurry_close_file(client->server, client->recording->fd);
    free(client->recording);
    client->recording = NULL;
    client->user->recordings--;
}
