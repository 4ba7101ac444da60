/* The application's end of a connection to coppd. */
#include "copp/socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/call.h"
#include "common/clock.h"
#include "common/sized.h"
#include "connection.h"

#define ANSWER_MS 2000u /* APP-3 */

/* Commands take longer than the socket's own time limit, which serves everything without a deadline with a call less. */
static bool wait_until(const struct copp_socket *s, short event, uint64_t deadline_ms, int give_up_fd) {
    struct pollfd fds[2] = {{.fd = s->file.fd, .events = event}, {.fd = give_up_fd, .events = POLLIN}};
    for (;;) {
        uint64_t now = clock_ms();
        if (now >= deadline_ms)
            return false;
        int ready = poll(fds, 2, deadline_ms - now < 60000 ? (int)(deadline_ms - now) : 60000);
        if (ready < 0 && errno != EINTR)
            return false;
        if (ready > 0 && fds[0].revents)
            return true;
        if (ready > 0)
            return false; /* given up */
    }
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* A daemon answers a command when its own time limit has passed: then, and as late as any answer may be. */
static uint32_t command_limit_ms(const struct copp_socket *s) {
    uint64_t limit_ms = (uint64_t)s->pending_limit_ms + s->answer_ms;
    if (s->command_ms)
        return s->command_ms;
    return limit_ms < UINT32_MAX ? (uint32_t)limit_ms : UINT32_MAX;
}

static bool is_command(const struct socket_call *call) {
    return call->type == PACKET_COMMAND || call->type == PACKET_OPM_CONFIGURE;
}

static uint64_t answer_deadline_ms(const struct copp_socket *s, const struct socket_call *call) {
    uint32_t own_limit_ms = is_command(call) ? command_limit_ms(s) : s->answer_ms;
    return earlier(clock_ms() + own_limit_ms, call->deadline_ms);
}

/* again: something has come already that was not the answer. */
static bool wait_for_answer(const struct copp_socket *s, const struct socket_call *call, uint64_t deadline_ms, bool again) {
    bool command = is_command(call);
    if (!command && !again && call->deadline_ms == COPP_NO_DEADLINE)
        return true; /* receiving has a limit of its own */
    return wait_until(s, POLLIN, deadline_ms, command ? s->give_up_fd : -1);
}

union passed_fds {
    struct cmsghdr head;
    uint8_t bytes[CMSG_SPACE(PACKET_ADOPT_FDS * sizeof(int))];
};

static void pass_fds(struct msghdr *message, union passed_fds *passed, const struct socket_call *call) {
    size_t size = call->fd_count * sizeof(int);
    memset(passed, 0, sizeof *passed);
    message->msg_control = passed->bytes;
    message->msg_controllen = CMSG_SPACE(size);
    passed->head.cmsg_level = SOL_SOCKET;
    passed->head.cmsg_type = SCM_RIGHTS;
    passed->head.cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(&passed->head), call->fds, size);
}

static bool send_request(struct copp_socket *s, const struct socket_call *call) {
    bool limited = call->deadline_ms != COPP_NO_DEADLINE;
    uint8_t head[PACKET_HEADER_SIZE];
    copp_packet_header_encode(&(struct packet_header){PACKET_VERSION, call->type, 0}, head);
    struct iovec parts[4] = {{head, sizeof head},
                             {(void *)(uintptr_t)call->ahead, call->ahead_size},
                             {(void *)(uintptr_t)call->body, call->size},
                             {(void *)(uintptr_t)call->behind, call->behind_size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 4};
    union passed_fds passed;
    ssize_t sent;
    if (call->fd_count)
        pass_fds(&message, &passed, call);
    if (limited && clock_ms() >= call->deadline_ms)
        return false;
    do {
        sent = sendmsg(s->file.fd, &message, MSG_NOSIGNAL | (limited ? MSG_DONTWAIT : 0));
    } while (sent < 0 && (errno == EINTR || (limited && errno == EAGAIN && wait_until(s, POLLOUT, call->deadline_ms, -1))));
    return sent == (ssize_t)(sizeof head + call->ahead_size + call->size + call->behind_size);
}

bool copp_socket_receive(struct copp_socket *s, struct socket_call *call, int flags, struct packet_header *header) {
    uint8_t head[PACKET_HEADER_SIZE];
    uint8_t rest[4]; /* a disconnect packet has a body where the answer may have none */
    struct iovec parts[4] = {{head, sizeof head}, call->answer[0], call->answer[1], {rest, sizeof rest}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 4};
    ssize_t got;
    int resets = 0; /* a daemon that closed before it read our packet: its last word stands behind the error */
    do {
        got = recvmsg(s->file.fd, &message, flags);
    } while (got < 0 && (errno == EINTR || (errno == ECONNRESET && resets++ == 0)));
    if (got < (ssize_t)sizeof head || message.msg_flags & MSG_TRUNC)
        return false;
    call->got = (size_t)got - sizeof head;
    copp_packet_header_decode(head, header);
    return header->version == PACKET_VERSION || header->type == PACKET_DISCONNECT; /* that is the same in every version */
}

static void close_file(struct copp_socket *s) {
    (void)copp_process(); /* in a child: closes what is not its own */
    copp_private_fd_remove(&s->file);
    if (s->file.fd >= 0)
        (void)close(s->file.fd);
    s->file.fd = -1;
}

bool copp_socket_usable(struct copp_socket *s) {
    s->broken = s->broken || s->process != copp_process();
    return !s->broken;
}

/* The answer, or what comes in its place. A wake-up may have crossed the request, and one is skipped: coppd sends no second one before
 * its answer, and whoever does cannot keep us waiting beyond the deadline. */
static bool receive_reply(struct copp_socket *s, struct socket_call *call, bool sent, struct packet_header *header) {
    uint64_t deadline_ms = answer_deadline_ms(s, call);
    for (bool woken = false;; woken = true) {
        if (sent && !wait_for_answer(s, call, deadline_ms, woken))
            return false;
        if (!copp_socket_receive(s, call, sent ? 0 : MSG_DONTWAIT, header))
            return false;
        if (header->type != PACKET_WAKE)
            return true;
        if (woken || !s->wakes || header->status || call->got)
            return false;
    }
}

enum copp_result copp_socket_ask(struct copp_socket *s, struct socket_call *call, uint32_t *hresult) {
    struct packet_header header;
    if (!copp_socket_usable(s))
        return COPP_E_TRANSPORT;
    s->broken = true;
    /* a daemon that has disconnected us may be gone before we ask: its last word is still there to be read */
    bool sent = send_request(s, call);
    if (!receive_reply(s, call, sent, &header))
        return COPP_E_TRANSPORT;
    if (header.type == PACKET_DISCONNECT) {
        s->disconnect = header.status;
        return COPP_E_TRANSPORT;
    }
    if (!sent || header.type != (call->type | PACKET_ANSWER))
        return COPP_E_TRANSPORT;
    bool fits = header.status != COPP_HR_OK ? call->got == 0
                                            : call->got == call->answer_size || (call->bounded && call->got < call->answer_size);
    if (!fits)
        return COPP_E_TRANSPORT;
    *hresult = header.status;
    s->broken = false;
    return COPP_OK;
}

/* The same for a session: with what goes with its call. */
static enum copp_result ask_driver(struct copp_transport *transport, const struct copp_call *given, struct socket_call *call,
                                   uint32_t *hresult) {
    enum copp_result result = copp_call_read(given, &call->deadline_ms);
    return result ? result : copp_socket_ask((struct copp_socket *)transport, call, hresult);
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *given, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct copp_socket *s = (struct copp_socket *)transport;
    if (!random || !chain_bytes || !chain_size) {
        *hresult = COPP_HR_POINTER;
        return COPP_OK;
    }
    if (!s->chain_bytes)
        s->chain_bytes = malloc(PACKET_CHAIN_MAX);
    if (!s->chain_bytes)
        return COPP_E_MEMORY;
    struct socket_call call = {.type = PACKET_KEY_EXCHANGE,
                               .answer = {{random, COPP_RANDOM_SIZE}, {s->chain_bytes, PACKET_CHAIN_MAX}},
                               .answer_size = COPP_RANDOM_SIZE + PACKET_CHAIN_MAX,
                               .bounded = true};
    enum copp_result result = ask_driver(transport, given, &call, hresult);
    if (result || *hresult != COPP_HR_OK)
        return result;
    if (call.got < COPP_RANDOM_SIZE) {
        s->broken = true;
        return COPP_E_TRANSPORT;
    }
    *chain_bytes = s->chain_bytes;
    *chain_size = call.got - COPP_RANDOM_SIZE;
    return COPP_OK;
}

static enum copp_result session_sequence_start(struct copp_transport *transport, const struct copp_call *given,
                                               const struct copp_signature *signature, uint32_t *hresult) {
    struct socket_call call = {.type = PACKET_SEQUENCE_START, .body = signature->bytes, .size = sizeof signature->bytes};
    return ask_driver(transport, given, &call, hresult);
}

static enum copp_result protection_command(struct copp_transport *transport, const struct copp_call *given,
                                           const struct copp_command *command, uint32_t *hresult) {
    struct socket_call call = {.type = PACKET_COMMAND, .body = command->bytes, .size = sizeof command->bytes};
    return ask_driver(transport, given, &call, hresult);
}

static enum copp_result protection_status(struct copp_transport *transport, const struct copp_call *given,
                                          const struct copp_status_input *input, struct copp_status_output *output,
                                          uint32_t *hresult) {
    struct socket_call call = {.type = PACKET_STATUS,
                               .body = input->bytes,
                               .size = sizeof input->bytes,
                               .answer = {{output->bytes, sizeof output->bytes}},
                               .answer_size = sizeof output->bytes};
    return ask_driver(transport, given, &call, hresult);
}

/* Under OPM semantics a command has its additional bytes beside it (OPM-SET-3). */
static enum copp_result configure(struct copp_transport *transport, const struct copp_call *given,
                                  const struct copp_command *command, uint32_t *hresult) {
    uint8_t ahead[PACKET_CONFIGURE_AHEAD];
    struct copp_call beside;
    enum copp_result result = copp_call_take(given, &beside);
    if (result)
        return result;
    struct socket_call call = {.type = PACKET_OPM_CONFIGURE,
                               .deadline_ms = beside.deadline_ms,
                               .ahead = ahead,
                               .ahead_size = sizeof ahead,
                               .body = command->bytes,
                               .size = sizeof command->bytes,
                               .behind = beside.additional,
                               .behind_size = copp_packet_configure_encode(beside.additional_size, ahead)};
    return copp_socket_ask((struct copp_socket *)transport, &call, hresult);
}

/* Under OPM semantics a request has its MAC beside it (OPM-WIRE-1). */
static enum copp_result get_information(struct copp_transport *transport, const struct copp_call *given,
                                        const struct copp_status_input *input, struct copp_status_output *output,
                                        uint32_t *hresult) {
    uint8_t ahead[PACKET_INFORMATION_AHEAD + COPP_MAC_SIZE];
    struct copp_call beside;
    enum copp_result result = copp_call_take(given, &beside);
    if (result || beside.additional_size != COPP_MAC_SIZE)
        return result ? result : COPP_E_ARGUMENT;
    copp_packet_information_encode(beside.additional, ahead);
    struct socket_call call = {.type = PACKET_OPM_INFORMATION,
                               .deadline_ms = beside.deadline_ms,
                               .ahead = ahead,
                               .ahead_size = sizeof ahead,
                               .body = input->bytes,
                               .size = sizeof input->bytes,
                               .answer = {{output->bytes, sizeof output->bytes}},
                               .answer_size = sizeof output->bytes};
    return copp_socket_ask((struct copp_socket *)transport, &call, hresult);
}

static void free_socket(struct copp_transport *transport) {
    struct copp_socket *s = (struct copp_socket *)transport;
    close_file(s);
    free(s->chain_bytes);
    free(s);
}

/* A daemon that hangs is waited for no longer than limit_ms, in connect as well. */
static bool limit_time(int fd, uint32_t limit_ms) {
    const struct timeval limit = {.tv_sec = (time_t)(limit_ms / 1000u), .tv_usec = (suseconds_t)(limit_ms % 1000u) * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0;
}

/* A machine's default for a socket's buffer may be less than OPM's largest packet, a command with a revocation list. What then still
 * does not fit is not sent, and the call answers COPP_E_TRANSPORT. */
static void make_room(int fd) {
    int room = 0;
    socklen_t size = sizeof room;
    const int wanted = (int)PACKET_SIZE_MAX; /* the kernel doubles it, for its own needs */
    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &size) == 0 && room < 2 * wanted)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
}

/* errno says why. */
static enum copp_result reach(struct copp_socket *s) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    s->file.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (s->file.fd < 0)
        return COPP_E_TRANSPORT;
    copp_private_fd_add(&s->file);
    strcpy(address.sun_path, s->path);
    if (!limit_time(s->file.fd, s->answer_ms))
        return COPP_E_TRANSPORT;
    if (s->semantics == COPP_SEMANTICS_OPM)
        make_room(s->file.fd);
    int connected;
    do {
        connected = connect(s->file.fd, (const struct sockaddr *)&address, sizeof address);
    } while (connected != 0 && errno == EINTR);
    if (connected == 0)
        return COPP_OK;
    return errno == ENOENT || errno == ECONNREFUSED ? COPP_E_NOT_FOUND : COPP_E_TRANSPORT;
}

static enum copp_result refusal(uint32_t hresult) {
    switch (hresult) {
    case COPP_HR_OPM_NOT_SUPPORTED:
    case COPP_HR_OPM_COPP_NOT_SUPPORTED:
    case COPP_HR_NOTIMPL: /* a coppd from before it had OPM */
        return COPP_E_UNSUPPORTED; /* OPM-OUT-4 */
    case COPP_HR_NO_MONITOR:
        return COPP_E_NOT_FOUND;
    case COPP_HR_UNSUPPORTEDMODE:
    case COPP_HR_OPM_THEATER_MODE:
        return COPP_E_UNSUPPORTED_MODE;
    default:
        return COPP_E_REFUSED;
    }
}

/* Has a device opened on the connector named. */
static enum copp_result open_device(struct copp_socket *s) {
    uint8_t body[PACKET_OPEN_SIZE];
    uint8_t answer[PACKET_GROWING_BOUND];
    struct packet_open wanted = {.flags = PACKET_OPEN_WAKE, .semantics = s->semantics};
    struct packet_opened granted;
    memcpy(wanted.name, s->name, sizeof wanted.name);
    copp_packet_open_encode(&wanted, body);
    struct socket_call call = {.type = PACKET_OPEN,
                               .deadline_ms = COPP_NO_DEADLINE,
                               .body = body,
                               .size = sizeof body,
                               .answer = {{answer, sizeof answer}},
                               .answer_size = sizeof answer,
                               .bounded = true};
    uint32_t hresult = COPP_HR_UNEXPECTED;
    enum copp_result result = copp_socket_ask(s, &call, &hresult);
    if (result || hresult != COPP_HR_OK)
        return result ? result : refusal(hresult);
    s->broken = !copp_packet_opened_decode(answer, call.got, &granted) || granted.flags & ~wanted.flags;
    if (s->broken)
        return COPP_E_TRANSPORT;
    s->pending_limit_ms = granted.pending_limit_ms;
    s->wakes = granted.flags & PACKET_OPEN_WAKE;
    return COPP_OK;
}

static uint64_t clock_of(struct copp_transport *transport) {
    (void)transport;
    return clock_ms();
}

static int fd_of(const struct copp_transport *transport) {
    return ((const struct copp_socket *)transport)->file.fd;
}

static void info(const struct copp_transport *transport, struct copp_transport_info *info) {
    const struct copp_socket *s = (const struct copp_socket *)transport;
    info->semantics = s->semantics;
    info->answer_ms = s->answer_ms;
    info->command_ms = command_limit_ms(s);
    info->pending_limit_ms = s->pending_limit_ms;
}

/* OPM-SET-5: until the connection ends, or the caller gives up. What comes meanwhile stays for whoever asks next. */
static void wait_for_level(struct copp_transport *transport, uint64_t deadline_ms) {
    const struct copp_socket *s = (const struct copp_socket *)transport;
    (void)wait_until(s, 0, deadline_ms, s->give_up_fd);
}

/* A connection is one device for coppd: a new device is a new connection. */
static enum copp_result reopen(struct copp_transport *transport) {
    struct copp_socket *s = (struct copp_socket *)transport;
    if (s->process != copp_process())
        return COPP_E_TRANSPORT; /* it is the parent's (EVT-5) */
    close_file(s);
    s->disconnect = 0;
    s->wakes = false;
    enum copp_result result = reach(s);
    s->broken = result != COPP_OK;
    if (!result)
        result = open_device(s);
    if (result) {
        close_file(s);
        s->broken = true;
    }
    return result;
}

static const struct copp_transport_ops socket_ops = {.size = sizeof socket_ops,
                                                     .key_exchange = key_exchange,
                                                     .session_sequence_start = session_sequence_start,
                                                     .protection_command = protection_command,
                                                     .protection_status = protection_status,
                                                     .free = free_socket,
                                                     .now_ms = clock_of,
                                                     .fd = fd_of,
                                                     .info = info,
                                                     .reopen = reopen};
static const struct copp_transport_ops opm_ops = {.size = sizeof opm_ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = session_sequence_start,
                                                  .protection_command = configure,
                                                  .protection_status = get_information,
                                                  .free = free_socket,
                                                  .now_ms = clock_of,
                                                  .fd = fd_of,
                                                  .info = info,
                                                  .reopen = reopen,
                                                  .wait = wait_for_level};

enum copp_result copp_socket_connect(const struct copp_socket_config *config, struct copp_socket **connection) {
    struct copp_socket_config own = {.path = NULL};
    if (!connection)
        return COPP_E_ARGUMENT;
    *connection = NULL;
    if (config && !copp_sized_read(config, &own, sizeof own))
        return COPP_E_ARGUMENT;
    enum copp_semantics semantics = own.semantics ? own.semantics : COPP_SEMANTICS_COPP;
    if (semantics != COPP_SEMANTICS_COPP && semantics != COPP_SEMANTICS_OPM)
        return COPP_E_ARGUMENT;
    const char *path = own.path ? own.path : COPP_SOCKET_DEFAULT;
    uint32_t process = copp_process();
    struct copp_socket *s = process ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return COPP_E_MEMORY;
    s->transport.ops = semantics == COPP_SEMANTICS_OPM ? &opm_ops : &socket_ops;
    s->semantics = semantics;
    s->process = process;
    s->file.fd = -1;
    s->answer_ms = own.answer_ms ? own.answer_ms : ANSWER_MS;
    s->command_ms = own.command_ms;
    s->give_up_fd = own.give_up_fd ? *own.give_up_fd : -1;
    enum copp_result result = strlen(path) < sizeof s->path ? COPP_OK : COPP_E_TOO_LARGE;
    if (!result) {
        strcpy(s->path, path);
        result = reach(s);
    }
    if (result) {
        int cause = errno;
        close_file(s);
        free(s);
        errno = cause;
        return result;
    }
    *connection = s;
    return COPP_OK;
}

enum copp_result copp_socket_connector(struct copp_socket *connection, uint32_t index, struct copp_socket_connector *connector) {
    uint8_t body[4];
    uint8_t answer[PACKET_GROWING_BOUND];
    struct copp_socket_connector told;
    if (!connection || !connector || !copp_sized_room(connector))
        return COPP_E_ARGUMENT;
    copp_packet_put_word(index, body);
    struct socket_call call = {.type = PACKET_LIST,
                               .deadline_ms = COPP_NO_DEADLINE,
                               .body = body,
                               .size = sizeof body,
                               .answer = {{answer, sizeof answer}},
                               .answer_size = sizeof answer,
                               .bounded = true};
    uint32_t hresult = COPP_HR_UNEXPECTED;
    enum copp_result result = copp_socket_ask(connection, &call, &hresult);
    if (result)
        return result;
    if (hresult != COPP_HR_OK)
        return hresult == COPP_HR_INVALIDARG ? COPP_E_NOT_FOUND : COPP_E_REFUSED;
    connection->broken = !copp_packet_connector_decode(answer, call.got, &told);
    if (connection->broken)
        return COPP_E_TRANSPORT;
    copp_sized_write(connector, &told, sizeof told);
    return COPP_OK;
}

enum copp_result copp_socket_transport_open(struct copp_socket **connection, const char *name,
                                            struct copp_transport **transport) {
    if (!transport)
        return COPP_E_ARGUMENT;
    *transport = NULL;
    if (!connection || !*connection || !name)
        return COPP_E_ARGUMENT;
    struct copp_socket *s = *connection;
    if (strlen(name) >= sizeof s->name)
        return COPP_E_NOT_FOUND;
    memset(s->name, 0, sizeof s->name);
    memcpy(s->name, name, strlen(name));
    enum copp_result result = open_device(s);
    if (result)
        return result;
    *transport = &s->transport;
    *connection = NULL;
    return COPP_OK;
}

int copp_socket_fd(const struct copp_socket *connection) {
    return connection ? connection->file.fd : -1;
}

void copp_socket_close(struct copp_socket **connection) {
    if (!connection || !*connection)
        return;
    free_socket(&(*connection)->transport);
    *connection = NULL;
}

const char *copp_socket_disconnect_reason(const struct copp_socket *connection) {
    const char *text = connection ? copp_packet_disconnect_text(connection->disconnect) : NULL;
    return text ? text : "";
}
