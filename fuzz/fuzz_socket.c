/*
 * A player's end of coppd's socket, against a daemon that sends anything. What the daemon sends is there before it is
 * asked, so that one thread plays both.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../transports/socket/packet.h"
#include "fuzz.h"
#include "socket_ops.h"

#define PACKET_MAX (PACKET_HEADER_SIZE + COPP_RANDOM_SIZE + PACKET_CHAIN_MAX + 64u)

struct world {
    int daemon; /* its end; -1: it has hung up */
    struct copp_socket *connection; /* one of the two, or none */
    struct copp_transport *transport;
    bool failed; /* a call has answered COPP_E_TRANSPORT: so must all others */
};

static char directory[] = "/tmp/copp-fuzz-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void remove_socket(void) {
    (void)unlink(address.sun_path);
    (void)rmdir(directory);
}

/* Where all runs connect. */
static int make_listener(void) {
    CHECK(mkdtemp(directory) && atexit(remove_socket) == 0);
    (void)strcat(strcpy(address.sun_path, directory), "/socket");
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 4) == 0);
    return fd;
}

static void begin(struct world *world) {
    static int listener = -1;
    if (listener < 0)
        listener = make_listener();
    const struct copp_socket_config config = {
        .size = sizeof config, .path = address.sun_path, .answer_ms = 1000, .command_ms = 1000};
    *world = (struct world){.daemon = -1};
    CHECK(copp_socket_connect(&config, &world->connection) == COPP_OK);
    world->daemon = accept(listener, NULL, NULL);
    CHECK(world->daemon >= 0);
}

static void hang_up(struct world *world) {
    if (world->daemon >= 0)
        (void)close(world->daemon);
    world->daemon = -1;
}

static void say(const struct world *world, uint32_t type, uint32_t status, const uint8_t *body, size_t size) {
    static uint8_t packet[PACKET_MAX];
    const struct packet_header header = {PACKET_VERSION, type, status};
    copp_packet_header_encode(&header, packet);
    memcpy(packet + PACKET_HEADER_SIZE, body, size);
    (void)send(world->daemon, packet, PACKET_HEADER_SIZE + size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A body of the size that is right, or nearly: what the input has, and zeros behind it. One that says how long it is does so
 * rightly, or is as the input has it. */
static size_t make_body(struct fuzz_input *input, size_t right, bool says, uint8_t *body) {
    size_t given = fuzz_u16(input) % 512u;
    size_t wrong = given % 16u == 15 ? given % 7u : 0;
    size_t size = right + wrong;
    memset(body, 0, size);
    fuzz_fill(input, body, given < right ? given : right);
    if (says && given % 8u != 7)
        copp_packet_put_word((uint32_t)size, body);
    return size;
}

/* One packet, or the end: no call waits. */
static void reply(struct world *world, struct fuzz_input *input, uint32_t type, size_t size) {
    static uint8_t body[PACKET_MAX];
    if (world->daemon < 0)
        return;
    while (recv(world->daemon, body, sizeof body, MSG_DONTWAIT) > 0) {
    } /* what was asked before */
    uint32_t answer = type | PACKET_ANSWER;
    switch (fuzz_one_of(input, SENT_KINDS)) {
    case SENT_OK:
        size = make_body(input, size, type == PACKET_LIST || type == PACKET_OPEN || type == PACKET_ADOPT, body);
        say(world, answer, COPP_HR_OK, body, size);
        break;
    case SENT_STATUS:
        say(world, answer, fuzz_u32(input), body, 0);
        break;
    case SENT_NEWS:
        answer = PACKET_NEWS | fuzz_u8(input);
        size = fuzz_u8(input);
        fuzz_fill(input, body, size);
        if (size >= 4 && fuzz_u8(input) % 4u)
            copp_packet_put_word((uint32_t)size, body);
        say(world, answer, 0, body, size);
        break;
    case SENT_DISCONNECT:
        copp_packet_put_word(PACKET_VERSION, body);
        say(world, PACKET_DISCONNECT, fuzz_u8(input), body, 4);
        hang_up(world);
        break;
    case SENT_BYTES:
        size = fuzz_u16(input) % 8192u;
        fuzz_fill(input, body, size);
        (void)send(world->daemon, body, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        break;
    case SENT_WAKE:
        memset(body, 0, sizeof body);
        say(world, PACKET_WAKE, 0, body, fuzz_u8(input) % 16u == 15);
        reply(world, input, type, size);
        break;
    default:
        hang_up(world);
        break;
    }
}

/* Once broken, always broken. */
static void note(struct world *world, enum copp_result result) {
    CHECK(!world->failed || result == COPP_E_TRANSPORT);
    world->failed = world->failed || result == COPP_E_TRANSPORT;
}

static void list(struct world *world, struct fuzz_input *input) {
    struct copp_socket_connector told = {.size = sizeof told};
    uint32_t index = fuzz_u8(input);
    reply(world, input, PACKET_LIST, PACKET_CONNECTOR_SIZE);
    enum copp_result result = copp_socket_connector(world->connection, index, &told);
    note(world, result);
    CHECK(result || memchr(told.name, 0, sizeof told.name));
}

static void open_transport(struct world *world, struct fuzz_input *input) {
    reply(world, input, PACKET_OPEN, PACKET_OPENED_SIZE);
    enum copp_result result = copp_socket_transport_open(&world->connection, "HDMI-1", &world->transport);
    note(world, result);
    CHECK(!result == !world->connection && !result == !!world->transport);
}

static void watch_news(struct world *world, struct fuzz_input *input, bool begin_watch) {
    struct copp_socket_news news = {.size = sizeof news};
    reply(world, input, begin_watch ? PACKET_WATCH : 0, 0);
    enum copp_result result = begin_watch ? copp_socket_watch(world->connection) : copp_socket_news(world->connection, &news);
    if (begin_watch || result)
        return;
    CHECK(news.kind != COPP_SOCKET_CONNECTOR || memchr(news.u.connector.now.name, 0, COPP_CONNECTOR_NAME_SIZE));
    CHECK(news.kind != COPP_SOCKET_ENDED || news.u.ended.cause);
    CHECK(news.kind != COPP_SOCKET_REFUSED || (news.u.refused.request && news.u.refused.cause));
}

static void adopt(struct world *world, struct fuzz_input *input) {
    const struct copp_socket_lend lend = {.size = sizeof lend, .card_fd = world->daemon, .owner_name = "fuzz"};
    struct copp_socket_loan loan = {.size = sizeof loan};
    if (world->daemon < 0)
        return;
    reply(world, input, PACKET_ADOPT, PACKET_ADOPTED_SIZE);
    enum copp_result result = copp_socket_adopt(world->connection, &lend, &loan);
    CHECK(result || memchr(loan.card, 0, sizeof loan.card));
    CHECK(!world->failed || result);
    reply(world, input, 0, 0);
    enum copp_result lent = copp_socket_adopted(world->connection);
    CHECK(lent != COPP_E_PENDING && lent != COPP_E_ARGUMENT);
}

static void call_transport(struct world *world, struct fuzz_input *input, enum socket_ask ask) {
    static const struct copp_signature signature;
    static const struct copp_command command;
    static const struct copp_status_input request;
    struct copp_status_output output;
    uint8_t random[COPP_RANDOM_SIZE];
    const uint8_t *chain_bytes = NULL;
    size_t size = 0;
    uint32_t hresult = COPP_HR_OK;
    const struct copp_transport_ops *ops = world->transport->ops;
    struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    if (ask == ASK_STATUS)
        call.deadline_ms = ops->now_ms(world->transport) + 1000;
    if (ask == ASK_KEY_EXCHANGE) {
        reply(world, input, PACKET_KEY_EXCHANGE, COPP_RANDOM_SIZE + 300);
        enum copp_result result = ops->key_exchange(world->transport, &call, random, &chain_bytes, &size, &hresult);
        note(world, result);
        CHECK(result || hresult != COPP_HR_OK || (chain_bytes && size <= PACKET_CHAIN_MAX));
    } else if (ask == ASK_SEQUENCE_START) {
        reply(world, input, PACKET_SEQUENCE_START, 0);
        note(world, ops->session_sequence_start(world->transport, &call, &signature, &hresult));
    } else if (ask == ASK_COMMAND) {
        reply(world, input, PACKET_COMMAND, 0);
        note(world, ops->protection_command(world->transport, &call, &command, &hresult));
    } else {
        reply(world, input, PACKET_STATUS, COPP_MESSAGE_SIZE);
        note(world, ops->protection_status(world->transport, &call, &request, &output, &hresult));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct world world;
    begin(&world);
    while (input.left > 0) {
        enum socket_ask ask = fuzz_one_of(&input, ASK_KINDS);
        if (ask >= ASK_KEY_EXCHANGE && ask <= ASK_STATUS) {
            if (world.transport)
                call_transport(&world, &input, ask);
        } else if (!world.connection) {
            continue;
        } else if (ask == ASK_LIST) {
            list(&world, &input);
        } else if (ask == ASK_TRANSPORT) {
            open_transport(&world, &input);
        } else if (ask == ASK_ADOPT) {
            adopt(&world, &input);
        } else {
            watch_news(&world, &input, ask == ASK_WATCH);
        }
    }
    if (world.connection)
        CHECK(copp_socket_disconnect_reason(world.connection));
    copp_transport_free(&world.transport);
    copp_socket_close(&world.connection);
    hang_up(&world);
    return 0;
}
