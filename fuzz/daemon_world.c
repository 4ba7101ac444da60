#include "daemon_world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../daemon/clock.h"
#include "../daemon/identity.h"
#include "../daemon/log.h"
#include "conformance/decode/recording_file.h"

#define REST_MAX 100000 /* rounds of the loop before it counts as turning for ever */
#define PENDING_LIMIT_MS 2000u
#define CONNECTIONS_MAX (DAEMON_CLIENTS - 1u) /* one player does not get in */
#define RECORDERS_LIMIT 4u /* the reason that is told whoever is one too many */
#define FAR_MS UINT64_C(1000000000000) /* beyond any machine's uptime: the loop's own timers do not run out */

static const char description[] = "[adapter]\n"
                                  "[output HDMI]\n"
                                  "type = hdmi\n"
                                  "protections = hdcp\n"
                                  "modes = 1080p60 720p60\n"
                                  "ksv = b70361f714\n"
                                  "hdcp_delay = 500\n"
                                  "[output DVI]\n"
                                  "type = dvi\n"
                                  "protections = hdcp acp cgms-a\n"
                                  "modes = 720p60 480p59.94\n"
                                  "ksv = 511ef21acd\n"
                                  "tv_standards = CEA805A_TypeA_525p CEA805A_TypeA_750p\n"
                                  "default_standard = CEA805A_TypeA_750p\n"
                                  "[output Component]\n"
                                  "type = component\n"
                                  "protections = acp cgms-a\n"
                                  "modes = 480i59.94 480p59.94 720p59.94\n"
                                  "tv_standards = IEC61880_525i CEA805A_TypeA_525p\n"
                                  "default_standard = IEC61880_525i\n"
                                  "tv_type = ntsc\n";

const char *const world_names[DAEMON_CONNECTORS] = {"HDMI", "DVI", "Component"};

static char directory[] = "/tmp/copp-fuzz-XXXXXX";
static char description_name[64];
static char events_name[64];
static struct fuzz_key fuzz_key;
static struct fuzz_key opm_key; /* not COPP's (OPM-CERT-11) */
static struct fuzz_bytes chain;
static struct fuzz_bytes opm_chain;
static struct identity identity_given;
static uint64_t now_ms;
static uint64_t slept_ms;

/* --- what the daemon would find outside, by the linker's --wrap --- */

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time) {
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
        return __real_clock_gettime(clock, time);
    uint64_t ms = now_ms + (clock == CLOCK_BOOTTIME ? slept_ms : 0);
    *time = (struct timespec){(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    return 0;
}

bool __wrap_identity_open(const struct config *config, bool keep, struct identity **identity, struct error_text *error);
bool __wrap_identity_open(const struct config *config, bool keep, struct identity **identity, struct error_text *error) {
    (void)config;
    (void)keep;
    (void)error;
    identity_given =
        (struct identity){.holders = 1,
                          .copp = {.chain_bytes = (char *)chain.bytes, .chain_size = chain.size, .key = &fuzz_key.key},
                          .opm = {.chain_bytes = (char *)opm_chain.bytes, .chain_size = opm_chain.size, .key = &opm_key.key}};
    *identity = &identity_given;
    return true;
}

bool __wrap_identity_check(const struct identity *identity, struct error_text *error);
bool __wrap_identity_check(const struct identity *identity, struct error_text *error) {
    (void)identity;
    (void)error;
    return true;
}

void __wrap_identity_release(struct identity **identity);
void __wrap_identity_release(struct identity **identity) {
    CHECK(!*identity || (*identity)->holders-- > 0);
    *identity = NULL;
}

void log_line(const char *level, const char *format, ...) {
    (void)level;
    (void)format;
}

/* --- beginning and end --- */

static void remove_files(void) {
    (void)unlink(description_name);
    (void)unlink(events_name);
    (void)rmdir(directory);
}

static enum copp_result opm_public(struct copp_private_key *key, struct copp_public_key *out) {
    enum copp_result result = fuzz_key.key.ops->public_key(key, out);
    out->modulus[1] ^= 1;
    return result;
}

static void make_opm_key(void) {
    static struct copp_private_key_ops ops;
    fuzz_key_init(&opm_key);
    ops = *opm_key.key.ops;
    ops.public_key = opm_public;
    opm_key.key.ops = &ops;
}

static void make_files(void) {
    CHECK(mkdtemp(directory) && atexit(remove_files) == 0);
    (void)snprintf(description_name, sizeof description_name, "%s/adapter.ini", directory);
    (void)snprintf(events_name, sizeof events_name, "%s/events", directory);
    FILE *file = fopen(description_name, "w");
    CHECK(file && fputs(description, file) >= 0 && fclose(file) == 0);
    CHECK(mkfifo(events_name, 0600) == 0);
    chain = fuzz_vector("chain-good.xml");
    opm_chain = fuzz_vector("opm/chain-good-two.p7b");
    fuzz_key_init(&fuzz_key);
    make_opm_key();
}

static int make_listener(void) {
    const struct sockaddr_un anywhere = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(fd >= 0 && bind(fd, (const struct sockaddr *)&anywhere, sizeof anywhere.sun_family) == 0 && listen(fd, 1) == 0);
    return fd;
}

/* As coppd, which lets its event loop alone see them; but a fuzzer is to be interrupted, between runs. */
static void mask_signals(int how) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    CHECK(sigprocmask(how, &set, NULL) == 0);
}

void world_begin(struct world *world, const uint8_t *session_key) {
    struct error_text error;
    if (!chain.bytes)
        make_files();
    memset(world, 0, sizeof *world);
    now_ms = FAR_MS;
    slept_ms = 0;
    struct config *config = &world->server.config;
    *config = (struct config){.sessions = 100, .sessions_per_user = CONNECTIONS_MAX, .pending_limit_ms = PENDING_LIMIT_MS};
    (void)strcpy(config->backend, "sim");
    (void)strcpy(config->description, description_name);
    (void)strcpy(config->events, events_name);
    mask_signals(SIG_BLOCK);
    CHECK(server_open(&world->server, &error) && server_listen(&world->server, make_listener(), &error));
    mask_signals(SIG_UNBLOCK);
    world->events = open(events_name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(world->events >= 0);
    for (size_t i = 0; i < DAEMON_CLIENTS; i++) {
        world->players[i].fd = world->players[i].record_fd = -1;
        CHECK(!copp_omac_new(&world->players[i].omac) && !copp_omac_set_key(world->players[i].omac, session_key));
    }
}

/* The outputs work again, and time passes beyond every limit. */
static void mend(struct world *world) {
    static const char *const forms[] = {"\nplug %s\n", "hdcp-hang %s off\n", "hdcp-refuse %s off\n", "refuse %s off\n"};
    for (size_t i = 0; i < DAEMON_CONNECTORS; i++) {
        for (size_t j = 0; j < sizeof forms / sizeof forms[0]; j++) {
            char line[64];
            (void)snprintf(line, sizeof line, forms[j], world_names[i]);
            world_event(world, line, strlen(line));
        }
        world_run(world);
    }
    for (unsigned i = 0; i < 2 * DUE_MAX; i++)
        world_advance(world, PENDING_LIMIT_MS); /* each that waits may be followed by others */
}

static void check_nothing_is_left(struct world *world) {
    struct server *server = &world->server;
    CHECK(server->client_count == 0 && !server->clients && !server->waiting && !server->subscribers);
    CHECK(!server->users || server->users->clients == 0);
    for (size_t i = 0; i < DAEMON_CONNECTORS; i++) {
        struct copp_connector *connector = copp_outputs_connector(server->outputs, i);
        struct copp_protection left = {.size = sizeof left};
        copp_connector_protection(connector, &left);
        CHECK(copp_connector_devices(connector) == 0 && left.hdcp == 0 && left.cgmsa == 0);
    }
}

void world_end(struct world *world) {
    mend(world);
    for (size_t i = 0; i < DAEMON_CLIENTS; i++) {
        struct player *player = &world->players[i];
        player_read(player);
        CHECK(player->fd < 0 || player->ending || player->due_count == 0);
        player_hang_up(player);
        copp_omac_free(&player->omac);
    }
    world_run(world);
    for (int i = 0; i < 4; i++)
        world_advance(world, PENDING_LIMIT_MS); /* what was given back comes off */
    check_nothing_is_left(world);
    (void)close(world->events);
    int listener = world->server.listen_fd;
    server_close(&world->server);
    CHECK(identity_given.holders == 0); /* no client has kept it */
    (void)close(listener);
}

/* --- what happens --- */

/* An event that waits is never kept from a client that has asked for wake-ups, unless its answer comes first. */
static void check_nobody_sleeps(const struct world *world) {
    for (const struct client *client = world->server.clients; client; client = client->next) {
        struct copp_device_view view = {.size = sizeof view};
        if (!client->wakes || client->waiting)
            continue;
        copp_device_inspect(client->device, &view);
        CHECK(view.events == COPP_STATUS_NORMAL || client->woken);
    }
}

void world_run(struct world *world) {
    int rounds = 0;
    int r;
    while ((r = sd_event_run(world->server.event, 0)) > 0)
        CHECK(rounds++ < REST_MAX);
    CHECK(r == 0);
    check_nobody_sleeps(world);
}

void world_advance(struct world *world, uint64_t by_ms) {
    struct server *server = &world->server;
    now_ms += by_ms;
    server_wake(server); /* as its timer does */
    copp_outputs_dispatch(server->outputs, clock_ms());
    server_sync_outputs(server);
    world_run(world);
}

void world_sleep(struct world *world, uint64_t by_ms) {
    slept_ms += by_ms;
    world_advance(world, 0);
}

void world_event(struct world *world, const char *text, size_t size) {
    while (write(world->events, text, size) < 0) { /* it is full */
        CHECK(errno == EAGAIN);
        world_run(world);
    }
}

/* --- clients --- */

/* At most so many connections are open: coppd may have ended some of them, or be about to. */
static size_t connected(const struct world *world) {
    size_t count = 0;
    for (size_t i = 0; i < DAEMON_CLIENTS; i++)
        count += world->players[i].fd >= 0 && !world->players[i].silent;
    return count;
}

static bool was_refused(const struct player *player) {
    struct pollfd end = {.fd = player->fd, .events = POLLRDHUP};
    return poll(&end, 1, 0) == 1;
}

/* Those that have ended make room, also where coppd has not heard of it yet. */
void world_connect(struct world *world, struct player *player) {
    int ends[2];
    if (player->fd >= 0)
        return;
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    bool full = connected(world) >= CONNECTIONS_MAX;
    struct copp_omac *omac = player->omac;
    *player = (struct player){.fd = ends[0], .omac = omac, .record_fd = -1};
    server_connect(&world->server, ends[1]);
    player->ending = was_refused(player);
    CHECK(world->server.client_count <= CONNECTIONS_MAX && (full || !player->ending));
}

/* One packet is one piece of the file, and each comes whole. */
static void read_recording(struct player *player) {
    static uint8_t piece[RECORDING_BLOCK_MAX];
    ssize_t got;
    while (player->record_fd >= 0 && (got = recv(player->record_fd, piece, sizeof piece, MSG_DONTWAIT | MSG_TRUNC)) > 0) {
        CHECK((size_t)got <= sizeof piece && player->waits_to_record + player->records > 0);
        uint8_t *more = realloc(player->recorded, player->recorded_size + (size_t)got);
        CHECK(more);
        memcpy(more + player->recorded_size, piece, (size_t)got);
        player->recorded = more;
        player->recorded_size += (size_t)got;
    }
}

/* Whatever players have said, the recording of it is one, from its first byte to its last. */
static void check_recording(const struct player *player) {
    struct recording_file file;
    CHECK(recording_file_read(player->recorded, player->recorded_size, &file) == COPP_OK);
    CHECK(!file.damage && file.foreign == 0 && strncmp(file.application, "coppd ", 6) == 0);
    for (size_t i = 0; i < file.count; i++) {
        CHECK(!file.entries[i].malformed);
        CHECK(file.entries[i].message.direction == RECORDING_NOTE || file.entries[i].message.flags & RECORDING_AT_DRIVER);
    }
    recording_file_free(&file);
}

static void end_recording(struct player *player) {
    read_recording(player);
    if (player->records)
        check_recording(player);
    if (player->record_fd >= 0)
        (void)close(player->record_fd);
    player->record_fd = -1;
    player->records = false;
    free(player->recorded);
    player->recorded = NULL;
    player->recorded_size = 0;
}

void player_hang_up(struct player *player) {
    end_recording(player);
    if (player->fd >= 0)
        (void)close(player->fd);
    player->fd = -1;
}

void player_shut_down(struct player *player) {
    if (player->fd < 0)
        return;
    (void)shutdown(player->fd, SHUT_WR);
    player->silent = player->ending = true;
}

static size_t answer_size(uint32_t type, bool opm) {
    switch (type) {
    case PACKET_LIST:
        return PACKET_CONNECTOR_SIZE;
    case PACKET_OPEN:
        return PACKET_OPENED_SIZE;
    case PACKET_KEY_EXCHANGE:
        return COPP_RANDOM_SIZE + (opm ? opm_chain.size : chain.size);
    case PACKET_STATUS:
    case PACKET_OPM_INFORMATION:
        return COPP_MESSAGE_SIZE;
    case PACKET_RECORD:
        return PACKET_RECORDED_SIZE;
    default:
        return 0;
    }
}

/* QRY-2 */
static void check_status(const struct player *player, const uint8_t *body) {
    uint8_t mac[COPP_MAC_SIZE];
    CHECK(copp_omac_tag(player->omac, body + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, mac) == COPP_OK);
    CHECK(copp_equal(mac, body, sizeof mac));
}

static void take_answer(struct player *player, const struct packet_header *header, const uint8_t *body, size_t size) {
    uint32_t type = header->type & ~PACKET_ANSWER;
    struct copp_socket_connector told = {.size = sizeof told, .real = true};
    uint8_t due = player->due[player->due_first];
    CHECK(player->due_count > 0 && (due & ~DUE_OPM) == type);
    player->due_first = (player->due_first + 1) % DUE_MAX;
    player->due_count--;
    CHECK(header->status == COPP_HR_OK || header->status & 0x80000000u);
    CHECK(size == (header->status == COPP_HR_OK ? answer_size(type, player->opm) : 0));
    if (type == PACKET_WATCH) {
        CHECK(header->status == COPP_HR_OK || !player->watching);
        player->watching = header->status == COPP_HR_OK;
        player->waits_to_watch = false;
    }
    if (type == PACKET_RECORD) {
        CHECK(header->status != COPP_HR_OK || player->record_fd >= 0);
        player->records = header->status == COPP_HR_OK;
        player->waits_to_record = false;
        if (!player->records)
            end_recording(player);
    }
    if (header->status != COPP_HR_OK)
        return;
    if (type == PACKET_LIST)
        CHECK(copp_packet_connector_decode(body, size, &told) && !told.real); /* its outputs are simulated */
    if (type == PACKET_KEY_EXCHANGE)
        memcpy(player->random, body, sizeof player->random);
    if (type == PACKET_OPEN)
        player->opm = due & DUE_OPM;
    bool query = type == PACKET_STATUS || type == PACKET_OPM_INFORMATION;
    CHECK(!query || player->opm == (type == PACKET_OPM_INFORMATION)); /* OPM-DDI-6 */
    if (query)
        check_status(player, body);
    player->command_sequence += type == PACKET_COMMAND || type == PACKET_OPM_CONFIGURE;
    player->status_sequence += query;
}

static void take(struct player *player, const uint8_t *packet, size_t size) {
    struct packet_header header;
    struct packet_news news;
    CHECK(size >= PACKET_HEADER_SIZE && !player->told);
    copp_packet_header_decode(packet, &header);
    const uint8_t *body = packet + PACKET_HEADER_SIZE;
    size -= PACKET_HEADER_SIZE;
    CHECK(header.version == PACKET_VERSION);
    if (header.type == PACKET_DISCONNECT) {
        player->ending = player->ending || (player->waits_to_record && header.status == RECORDERS_LIMIT);
        CHECK(player->ending && size == 4 && copp_packet_word(body) == PACKET_VERSION &&
              copp_packet_disconnect_text(header.status));
        player->told = true;
    } else if (header.type == PACKET_WAKE) {
        CHECK(player->wakes && !player->woken && header.status == 0 && size == 0); /* one at most before an answer */
        player->woken = true;
    } else if (header.type & PACKET_ANSWER) {
        player->woken = false;
        take_answer(player, &header, body, size);
    } else {
        uint32_t kind = header.type & ~PACKET_NEWS;
        CHECK(header.type & PACKET_NEWS && player->watching && size == copp_packet_news_size(kind));
        CHECK(copp_packet_news_decode(body, size, kind, &news));
        CHECK(kind != COPP_SOCKET_CONNECTOR || !news.u.connector.now.real);
    }
}

void player_read(struct player *player) {
    static uint8_t packet[PACKET_HEADER_SIZE + COPP_RANDOM_SIZE + PACKET_CHAIN_MAX];
    ssize_t got;
    if (player->fd < 0)
        return;
    read_recording(player);
    while ((got = recv(player->fd, packet, sizeof packet, MSG_DONTWAIT | MSG_TRUNC)) > 0) {
        CHECK((size_t)got <= sizeof packet);
        take(player, packet, (size_t)got);
    }
    if (got < 0 && errno == EAGAIN)
        return;
    CHECK(player->ending || player->watching); /* who watches and does not read may be dropped */
    player_hang_up(player);
}
