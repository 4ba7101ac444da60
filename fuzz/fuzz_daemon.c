/*
 * coppd's end of its socket: players that send anything in any order, do not read, hang up, and outputs to which anything
 * happens meanwhile. Whoever asks what is well-formed is answered, once and in turn; nothing outlives a connection; the
 * daemon comes to rest.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/oaep.h"
#include "daemon_ops.h"
#include "daemon_world.h"
#include "wire/requests.h"

static const uint8_t session_key[COPP_KEY_SIZE] = {0x5e, 0x55, 0x10};

/* --- what a client says --- */

/* The size of a request's body, from docs/daemon-protocol.md, the least of one that may grow; SIZE_MAX: there is no such request. */
static size_t body_size(uint32_t type) {
    static const size_t sizes[PACKET_TYPE_COUNT] = {
        SIZE_MAX, 4, 76, 0, COPP_SIGNATURE_SIZE, COPP_MESSAGE_SIZE, COPP_MESSAGE_SIZE, 0, 40, 8, 4116, 4104};
    return type < PACKET_TYPE_COUNT ? sizes[type] : SIZE_MAX;
}

/* The most that it may have. */
static size_t body_limit(uint32_t type) {
    switch (type) {
    case PACKET_OPEN:
    case PACKET_ADOPT:
    case PACKET_RECORD:
        return 256;
    case PACKET_OPM_INFORMATION:
        return 4116 + 256;
    case PACKET_OPM_CONFIGURE:
        return 4104 + 65536 + 256;
    default:
        return body_size(type);
    }
}

static bool grows(uint32_t type) {
    return type == PACKET_OPEN || type >= PACKET_ADOPT;
}

static bool is_request(const uint8_t *packet, size_t size, uint32_t *type) {
    struct packet_header header;
    if (size < PACKET_HEADER_SIZE)
        return false;
    copp_packet_header_decode(packet, &header);
    *type = header.type;
    size -= PACKET_HEADER_SIZE;
    if (header.version != PACKET_VERSION || header.status || body_size(header.type) == SIZE_MAX ||
        size < body_size(header.type) || size > body_limit(header.type))
        return false;
    return !grows(header.type) || copp_packet_word(packet + PACKET_HEADER_SIZE) == size;
}

static bool asks_for_opm(uint32_t type, const uint8_t *packet) {
    return type == PACKET_OPEN && copp_packet_word(packet + PACKET_HEADER_SIZE + 8) == COPP_SEMANTICS_OPM;
}

/* With two descriptors at most. */
static bool send_with(int to, const uint8_t *packet, size_t size, const int *fds, size_t count) {
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {.bytes = {0}};
    struct iovec bytes = {.iov_base = (void *)(uintptr_t)packet, .iov_len = size};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.head =
            (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
    }
    return sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* One packet, and what is due for it: an answer, or the end of the connection. Whether it was sent. */
static bool say_with(struct player *player, const uint8_t *packet, size_t size, const int *fds, size_t count) {
    uint32_t type;
    if (player->fd < 0 || player->due_count == DUE_MAX || player->silent || player->waits_to_watch || player->waits_to_record ||
        !send_with(player->fd, packet, size, fds, count))
        return false;
    if (player->ending || player->watching || player->records || !is_request(packet, size, &type)) {
        player->ending = true;
        return true;
    }
    player->has_opened = player->has_opened || type == PACKET_OPEN;
    player->wakes = player->wakes || (type == PACKET_OPEN && packet[PACKET_HEADER_SIZE + 4] & PACKET_OPEN_WAKE);
    player->watching = type == PACKET_WATCH && !player->has_opened;
    player->waits_to_watch = type == PACKET_WATCH && player->has_opened;
    player->waits_to_record = type == PACKET_RECORD;
    player->due[(player->due_first + player->due_count++) % DUE_MAX] =
        (uint8_t)(type | (asks_for_opm(type, packet) ? DUE_OPM : 0));
    return true;
}

static void say(struct player *player, const uint8_t *packet, size_t size) {
    (void)say_with(player, packet, size, NULL, 0);
}

static void ask(struct player *player, uint32_t type, const void *body, size_t size) {
    static uint8_t packet[PACKET_SIZE_MAX];
    copp_packet_header_encode(&(struct packet_header){PACKET_VERSION, type, 0}, packet);
    if (size > 0)
        memcpy(packet + PACKET_HEADER_SIZE, body, size);
    say(player, packet, PACKET_HEADER_SIZE + size);
}

static void open_device(struct player *player, enum copp_semantics semantics, struct fuzz_input *input) {
    struct packet_open open = {.flags = PACKET_OPEN_WAKE, .semantics = semantics, .name = "none"};
    uint8_t body[PACKET_OPEN_SIZE];
    unsigned connector = fuzz_one_of(input, DAEMON_CONNECTORS + 1);
    if (connector < DAEMON_CONNECTORS)
        (void)strcpy(open.name, world_names[connector]);
    copp_packet_open_encode(&open, body);
    ask(player, PACKET_OPEN, body, sizeof body);
}

static void seal(const uint8_t *seed, const uint8_t *secret, size_t size, uint8_t *block) {
    struct copp_oaep *oaep;
    CHECK(copp_oaep_new(&oaep, NULL) == COPP_OK && copp_oaep_encode(oaep, seed, secret, size, block) == COPP_OK);
    copp_oaep_free(&oaep);
}

/* S of SES-4, in OAEP for OPM; the cheap keys read either in the clear. */
static void start(struct world *world, struct player *player) {
    static const uint8_t seed[64];
    struct copp_signature signature = {.bytes = {0}};
    uint8_t secret[40] = {0}; /* both sequence numbers: 0 */
    ask(player, PACKET_KEY_EXCHANGE, NULL, 0);
    world_run(world);
    player_read(player);
    memcpy(secret, player->random, COPP_RANDOM_SIZE);
    memcpy(secret + 16, session_key, COPP_KEY_SIZE);
    memcpy(signature.bytes, secret, sizeof secret);
    if (player->opm)
        seal(seed, secret, sizeof secret, signature.bytes);
    ask(player, PACKET_SEQUENCE_START, &signature, sizeof signature);
    world_run(world);
    player_read(player);
}

static void set_level(struct player *player, struct fuzz_input *input) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE];
    struct copp_command command;
    struct copp_command_fields fields = {.sequence = player->command_sequence, .size = sizeof data, .data = data};
    uint32_t type = fuzz_u8(input);
    copp_set_protection_level_encode(&(struct copp_set_protection_level){.type = type, .level = fuzz_u8(input)}, data);
    memcpy(fields.guid, copp_request_guid(COPP_SET_PROTECTION_LEVEL), sizeof fields.guid);
    CHECK(copp_command_encode(&fields, &command) == COPP_OK);
    CHECK(copp_omac_tag(player->omac, command.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, command.bytes) == COPP_OK);
    ask(player, PACKET_COMMAND, &command, sizeof command);
}

static void query(struct player *player, struct fuzz_input *input) {
    enum copp_request request = fuzz_one_of(input, COPP_REQUEST_COUNT);
    const uint8_t data[4] = {fuzz_u8(input)};
    bool of_type = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    struct copp_status_input_fields fields = {
        .r_app = {0x4a}, .sequence = player->status_sequence, .size = of_type ? sizeof data : 0, .data = data};
    struct copp_status_input message;
    memcpy(fields.guid, copp_request_guid(request), sizeof fields.guid);
    CHECK(copp_status_input_encode(&fields, &message) == COPP_OK);
    ask(player, PACKET_STATUS, &message, sizeof message);
}

static const enum copp_request opm_commands[] = {COPP_SET_PROTECTION_LEVEL, COPP_OPM_SET_PROTECTION_LEVEL_CSS,
                                                 COPP_OPM_SET_HDCP_SRM};

/* Under either semantics, with additional bytes. Of more than 65536 none comes along. */
static void configure(struct player *player, struct fuzz_input *input) {
    static uint8_t body[PACKET_CONFIGURE_MAX];
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE];
    struct copp_command command;
    enum copp_request request = opm_commands[fuzz_one_of(input, sizeof opm_commands / sizeof opm_commands[0])];
    struct copp_command_fields fields = {.sequence = player->command_sequence, .size = sizeof data, .data = data};
    uint32_t type = fuzz_u8(input);
    copp_set_protection_level_encode(&(struct copp_set_protection_level){.type = type, .level = fuzz_u8(input)}, data);
    memcpy(fields.guid, copp_opm_request_guid(request), sizeof fields.guid);
    CHECK(copp_command_encode(&fields, &command) == COPP_OK);
    CHECK(copp_omac_tag(player->omac, command.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, command.bytes) == COPP_OK);
    uint32_t told = fuzz_u16(input);
    told |= (uint32_t)fuzz_u8(input) << 16;
    size_t sent = copp_packet_configure_encode(told, body);
    memcpy(body + PACKET_CONFIGURE_AHEAD, command.bytes, sizeof command.bytes);
    ask(player, PACKET_OPM_CONFIGURE, body, PACKET_CONFIGURE_SIZE + sent);
}

static void information(struct player *player, struct fuzz_input *input) {
    uint8_t body[PACKET_INFORMATION_SIZE];
    uint8_t mac[COPP_MAC_SIZE];
    enum copp_request request = fuzz_one_of(input, COPP_OPM_REQUEST_COUNT);
    const uint8_t data[4] = {fuzz_u8(input)};
    bool of_type = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    struct copp_status_input_fields fields = {
        .r_app = {0x4a}, .sequence = player->status_sequence, .size = of_type ? sizeof data : 0, .data = data};
    struct copp_status_input message;
    memcpy(fields.guid, copp_opm_request_guid(request), sizeof fields.guid);
    CHECK(copp_status_input_encode(&fields, &message) == COPP_OK);
    CHECK(copp_omac_tag(player->omac, message.bytes, sizeof message.bytes, mac) == COPP_OK);
    copp_packet_information_encode(mac, body);
    memcpy(body + PACKET_INFORMATION_AHEAD + COPP_MAC_SIZE, message.bytes, sizeof message.bytes);
    ask(player, PACKET_OPM_INFORMATION, body, sizeof body);
}

static void request(struct player *player, struct fuzz_input *input) {
    static uint8_t body[8192];
    uint32_t type = fuzz_one_of(input, PACKET_TYPE_COUNT);
    size_t given = fuzz_u16(input) % sizeof body;
    size_t size = body_size(type) < sizeof body ? body_size(type) : sizeof body;
    memset(body, 0, sizeof body);
    fuzz_fill(input, body, given);
    if (grows(type) && given % 8u != 7) /* else as the input has it */
        copp_packet_put_word((uint32_t)size, body);
    ask(player, type, body, size);
}

/* With the end of a pair of sockets that is right for it, or with others. */
static void record(struct player *player, struct fuzz_input *input) {
    const struct packet_record wanted = {.flags = fuzz_one_of(input, 3)};
    enum daemon_passed passed = fuzz_one_of(input, PASSES_KINDS);
    uint8_t packet[PACKET_HEADER_SIZE + PACKET_RECORD_SIZE];
    const int kind = passed == PASSES_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
    const size_t counts[PASSES_KINDS] = {[PASSES_PAIR] = 1, [PASSES_TWO] = 2, [PASSES_STREAM] = 1};
    int ends[2];
    if (player->record_fd >= 0)
        return;
    CHECK(socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, ends) == 0);
    copp_packet_header_encode(&(struct packet_header){PACKET_VERSION, PACKET_RECORD, 0}, packet);
    copp_packet_record_encode(&wanted, packet + PACKET_HEADER_SIZE);
    bool said = say_with(player, packet, sizeof packet, ends, counts[passed]);
    (void)close(ends[0]);
    if (said && passed == PASSES_PAIR && !player->ending)
        player->record_fd = ends[1];
    else
        (void)close(ends[1]);
}

static void bytes(struct player *player, struct fuzz_input *input) {
    static uint8_t packet[8192];
    size_t size = fuzz_u16(input) % sizeof packet;
    fuzz_fill(input, packet, size);
    say(player, packet, size);
}

/* --- what happens --- */

static void event(struct world *world, struct fuzz_input *input) {
    static const char *const forms[HAPPENS_KINDS] = {"plug %s\n",           "unplug %s\n",        "hdcp-fail %s\n",
                                                     "hdcp-hang %s on\n",   "hdcp-hang %s off\n", "hdcp-refuse %s on\n",
                                                     "hdcp-refuse %s off\n"};
    char line[64];
    const char *name = world_names[fuzz_one_of(input, DAEMON_CONNECTORS)];
    (void)snprintf(line, sizeof line, forms[fuzz_one_of(input, HAPPENS_KINDS)], name);
    world_event(world, line, strlen(line));
}

static void event_bytes(struct world *world, struct fuzz_input *input) {
    char text[512];
    size_t size = fuzz_u16(input) % sizeof text;
    fuzz_fill(input, (uint8_t *)text, size);
    world_event(world, text, size);
}

static void happen(struct world *world, enum daemon_op op, struct fuzz_input *input) {
    if (op == DO_RUN)
        world_run(world);
    else if (op == DO_ADVANCE)
        world_advance(world, fuzz_u16(input) * UINT64_C(10));
    else if (op == DO_SLEEP)
        world_sleep(world, fuzz_u8(input) * UINT64_C(1000));
    else if (op == DO_EVENT)
        event(world, input);
    else
        event_bytes(world, input);
}

static void act(struct world *world, enum daemon_op op, struct fuzz_input *input) {
    struct player *player = &world->players[fuzz_one_of(input, DAEMON_CLIENTS)];
    if (op == DO_CONNECT)
        world_connect(world, player);
    else if (op == DO_OPEN)
        open_device(player, COPP_SEMANTICS_COPP, input);
    else if (op == DO_OPEN_OPM)
        open_device(player, COPP_SEMANTICS_OPM, input);
    else if (op == DO_START)
        start(world, player);
    else if (op == DO_SET_LEVEL)
        set_level(player, input);
    else if (op == DO_QUERY)
        query(player, input);
    else if (op == DO_CONFIGURE)
        configure(player, input);
    else if (op == DO_INFORMATION)
        information(player, input);
    else if (op == DO_REQUEST)
        request(player, input);
    else if (op == DO_BYTES)
        bytes(player, input);
    else if (op == DO_READ)
        player_read(player);
    else if (op == DO_RECORD)
        record(player, input);
    else if (op == DO_SHUT_DOWN)
        player_shut_down(player);
    else
        player_hang_up(player);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct world world;
    struct fuzz_input input = {data, size};
    world_begin(&world, session_key);
    while (input.left > 0) {
        enum daemon_op op = fuzz_one_of(&input, DO_COUNT);
        if (op >= DO_RUN && op < DO_RECORD)
            happen(&world, op, &input);
        else
            act(&world, op, &input);
    }
    world_end(&world);
    return 0;
}
