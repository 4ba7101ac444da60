/*
 * Somebody between players and coppd who holds no key: a proxy on a socket of its own, which plays the tricks of between.h, and
 * says of every output that it is real. Players are libcopp's sessions, and copp protect.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/between.h"
#include "daemon_kit.h"

/* docs/daemon-protocol.md */
enum { LIST = 1, OPEN, KEY_EXCHANGE, SEQUENCE_START, COMMAND, STATUS };
#define HEADER 12u
#define ANSWER 0x80000000u
#define PACKET_MAX (HEADER + COPP_RANDOM_SIZE + COPP_CHAIN_SIZE_MAX)

static const struct between_trick honest = {
    .name = "honest", .connector = "HDMI-1", .wanted = {.size = sizeof(struct copp_requirement), .hdcp = COPP_HDCP_ON}};

struct world {
    struct kit kit; /* coppd's */
    struct kit between; /* the same, with the proxy's socket */
    char anchor[KIT_PATH + 32];
    char marker[KIT_PATH + 32]; /* a file that a command makes which was run */
    pid_t proxy;
};

static uint32_t get(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put(uint8_t *bytes, uint32_t word) {
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (8 * i));
}

/* --- the proxy: a process of its own --- */

struct link {
    const struct world *world;
    const struct between_trick *trick;
    int coppd; /* for what is asked before a device is open */
    struct between between;
    bool open;
    uint8_t packet[PACKET_MAX]; /* the request, then its answer */
    size_t size;
};

static void answer(struct link *link, uint32_t hresult, size_t body) {
    put(link->packet + 4, get(link->packet + 4) | ANSWER);
    put(link->packet + 8, hresult);
    link->size = HEADER + (hresult == COPP_HR_OK ? body : 0);
}

/* Whatever coppd says, every output is real and plugged in. */
static void list(struct link *link) {
    if (send(link->coppd, link->packet, link->size, 0) < 0)
        _exit(1);
    ssize_t got = recv(link->coppd, link->packet, sizeof link->packet, 0);
    link->size = got > 0 ? (size_t)got : 0;
    if (link->size > HEADER + 8)
        put(link->packet + HEADER + 4, 3);
}

static void open_device(struct link *link) {
    const struct copp_socket_config where = {.size = sizeof where, .path = link->world->kit.socket};
    const char *name = (const char *)link->packet + HEADER + 12;
    struct copp_socket *connection = NULL;
    struct copp_transport *transport = NULL;
    if (link->trick->opened && strcmp(name, link->trick->connector) == 0)
        name = link->trick->opened;
    link->open = !copp_socket_connect(&where, &connection) && !copp_socket_transport_open(&connection, name, &transport);
    copp_socket_close(&connection);
    if (link->open)
        between_init(&link->between, transport, link->trick);
    put(link->packet + HEADER, 12);
    put(link->packet + HEADER + 4, 0);
    put(link->packet + HEADER + 8, COPP_PENDING_LIMIT_MS);
    answer(link, link->open ? COPP_HR_OK : COPP_HR_NO_MONITOR, 12);
}

static enum copp_result hand_on(struct link *link) {
    static const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    struct copp_transport *transport = &link->between.transport;
    uint8_t *body = link->packet + HEADER;
    uint32_t hresult = COPP_HR_UNEXPECTED;
    const uint8_t *chain = NULL;
    size_t size = 0;
    struct copp_signature signature;
    struct copp_command command;
    struct copp_status_input input;
    struct copp_status_output output = {{0}};
    enum copp_result result;
    switch (get(link->packet + 4)) {
    case KEY_EXCHANGE:
        result = transport->ops->key_exchange(transport, &call, body, &chain, &size, &hresult);
        if (!result && hresult == COPP_HR_OK)
            memcpy(body + COPP_RANDOM_SIZE, chain, size);
        answer(link, hresult, COPP_RANDOM_SIZE + size);
        return result;
    case SEQUENCE_START:
        memcpy(signature.bytes, body, sizeof signature.bytes);
        result = transport->ops->session_sequence_start(transport, &call, &signature, &hresult);
        answer(link, hresult, 0);
        return result;
    case COMMAND:
        memcpy(command.bytes, body, sizeof command.bytes);
        result = transport->ops->protection_command(transport, &call, &command, &hresult);
        answer(link, hresult, 0);
        return result;
    default:
        memcpy(input.bytes, body, sizeof input.bytes);
        result = transport->ops->protection_status(transport, &call, &input, &output, &hresult);
        memcpy(body, output.bytes, sizeof output.bytes);
        answer(link, hresult, sizeof output.bytes);
        return result;
    }
}

static void serve(struct link *link, int player) {
    for (;;) {
        ssize_t got = recv(player, link->packet, sizeof link->packet, 0);
        if (got < (ssize_t)HEADER)
            break;
        link->size = (size_t)got;
        uint32_t type = get(link->packet + 4);
        if (type == LIST)
            list(link);
        else if (type == OPEN)
            open_device(link);
        else if (!link->open || hand_on(link))
            break;
        if (send(player, link->packet, link->size, MSG_NOSIGNAL) < 0)
            break;
    }
    struct copp_transport *transport = &link->between.transport;
    if (link->open)
        copp_transport_free(&transport);
}

/* A process for each player: copp status has several connections at a time. */
static void be_proxy(const struct world *world, const struct between_trick *trick, int listening) {
    static struct link link;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int player = accept(listening, NULL, NULL);
        if (fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            link = (struct link){.world = world, .trick = trick, .coppd = raw_connect((struct kit *)(uintptr_t)&world->kit)};
            serve(&link, player);
            _exit(0);
        }
        (void)close(player);
    }
}

static void proxy_begin(struct world *world, const struct between_trick *trick) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, world->between.socket);
    (void)unlink(address.sun_path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    if (trick->before)
        kit_event(&world->kit, trick->before);
    world->proxy = fork();
    assert_true(world->proxy >= 0);
    if (world->proxy == 0)
        be_proxy(world, trick, fd);
    (void)close(fd);
}

/* The outputs are again as they were. */
static void proxy_end(struct world *world) {
    static const char *const events[] = {"repeater HDMI-1 off", "hdcp-refuse HDMI-1 off", "mode HDMI-1 1080p60"};
    process_kill(world->proxy);
    kit_wait_sessions(&world->kit, 0);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        kit_event(&world->kit, events[i]);
}

/* --- players --- */

static void world_begin(struct world *world) {
    char settings[512];
    char name[KIT_PATH + 32];
    *world = (struct world){.proxy = 0};
    kit_make(&world->kit, "");
    (void)snprintf(name, sizeof name, "%s/adapter.ini", world->kit.directory);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(between_adapter, file) >= 0 && fclose(file) == 0);
    (void)snprintf(settings, sizeof settings, "[outputs]\nbackend = sim\nevents = %s\ndescription = %s\n", world->kit.events,
                   name);
    kit_configure(&world->kit, settings);
    kit_start(&world->kit);
    world->between = world->kit;
    (void)snprintf(world->between.socket, sizeof world->between.socket, "%s/between", world->kit.directory);
    (void)snprintf(world->anchor, sizeof world->anchor, "%s/test-driver/anchor.b64", world->kit.directory);
    (void)snprintf(world->marker, sizeof world->marker, "%s/was-run", world->kit.directory);
}

static void world_end(struct world *world) {
    kit_stop(&world->kit);
    kit_end(&world->kit);
}

/* Protects, lets happen what happens, polls. */
static struct copp_poll play(struct world *world, const struct between_trick *trick) {
    struct player player;
    struct copp_poll poll = {.size = sizeof poll, .state = COPP_POLL_STOP};
    assert_int_equal(player_try(&world->between, trick->connector, NULL, &player), COPP_OK);
    poll.stop = copp_session_protect(player.session, &trick->wanted, clock_ms());
    if (poll.stop == COPP_STOP_NONE) {
        if (trick->after)
            kit_event(&world->kit, trick->after);
        copp_session_poll(player.session, clock_ms(), &poll);
    }
    player_end(&player);
    return poll;
}

static void players_are_not_deceived(void) {
    struct world world;
    world_begin(&world);
    proxy_begin(&world, &honest);
    assert_int_equal(play(&world, &honest).state, COPP_POLL_PROTECTED); /* the proxy alone harms nobody */
    proxy_end(&world);
    for (size_t i = 0; i < between_trick_count; i++) {
        const struct between_trick *trick = &between_tricks[i];
        proxy_begin(&world, trick);
        struct copp_poll poll = play(&world, trick);
        if (poll.stop == COPP_STOP_NONE || (trick->fools && poll.stop != COPP_STOP_AUTHENTICATION))
            fail_msg("%s: state %d, stop %d", trick->name, (int)poll.state, (int)poll.stop);
        proxy_end(&world);
    }
    world_end(&world);
}

/* What copp exits with; what it says goes where coppd's words go. */
static int run_copp(struct world *world, const char *const *arguments) {
    int status;
    pid_t tool = fork();
    assert_true(tool >= 0);
    if (tool == 0) {
        int out = open(world->kit.output, O_WRONLY | O_APPEND | O_CLOEXEC);
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(out, STDERR_FILENO);
        (void)execv(COPP_TOOL, (char **)(uintptr_t)arguments);
        _exit(127);
    }
    assert_int_equal(waitpid(tool, &status, 0), tool);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What copp protect exits with; whether it has run the command. */
static int run_tool(struct world *world, const struct between_trick *trick, bool allow_simulated, bool *ran) {
    char device[KIT_PATH + 8];
    const char *arguments[20] = {"copp", "protect", "--device", device, "--anchor", world->anchor, "--output", trick->connector};
    size_t count = 8;
    (void)snprintf(device, sizeof device, "unix:%s", world->between.socket);
    (void)unlink(world->marker);
    arguments[count++] = "--hdcp";
    arguments[count++] = "1";
    if (trick->wanted.acp) {
        arguments[count++] = "--acp";
        arguments[count++] = "1";
    }
    if (trick->wanted.unnamed_receiver)
        arguments[count++] = "--unnamed-receiver";
    if (allow_simulated)
        arguments[count++] = "--allow-simulated";
    arguments[count++] = "--";
    arguments[count++] = "touch";
    arguments[count] = world->marker;
    int status = run_copp(world, arguments);
    *ran = access(world->marker, F_OK) == 0;
    return status;
}

static void the_tool_runs_no_command(void) {
    struct world world;
    bool ran;
    world_begin(&world);
    proxy_begin(&world, &honest);
    assert_int_equal(run_tool(&world, &honest, true, &ran), 0);
    assert_true(ran);
    proxy_end(&world);
    for (size_t i = 0; i < between_trick_count; i++) {
        const struct between_trick *trick = &between_tricks[i];
        if (trick->after)
            continue; /* the tool tells nobody between protecting and running */
        proxy_begin(&world, trick);
        int status = run_tool(&world, trick, true, &ran);
        if (ran || (status != 1 && status != 2))
            fail_msg("%s: exit status %d, the command was%s run", trick->name, status, ran ? "" : " not");
        proxy_end(&world);
    }
    world_end(&world);
}

/* The list says that it is real; the driver, under its MAC, does not. */
static void the_list_makes_nothing_real(void) {
    struct world world;
    bool ran;
    world_begin(&world);
    proxy_begin(&world, &honest);
    assert_int_equal(run_tool(&world, &honest, false, &ran), 1);
    assert_false(ran);
    kit_wait_said(&world.kit, "is simulated and protects nothing", 1);
    char device[KIT_PATH + 8];
    (void)snprintf(device, sizeof device, "unix:%s", world.between.socket);
    const char *const arguments[] = {"copp", "status", "--device", device, "--anchor", world.anchor, NULL};
    assert_int_equal(run_copp(&world, arguments), 0);
    kit_wait_said(&world.kit, "HDMI-1 (simulated)", 1);
    proxy_end(&world);
    world_end(&world);
}

/* The list says that it is plugged in; the driver of the new session, under its MAC, does not. */
static void the_list_plugs_nothing_in(void) {
    struct world world;
    char device[KIT_PATH + 8];
    char script[KIT_PATH + 64];
    world_begin(&world);
    proxy_begin(&world, &honest);
    (void)snprintf(device, sizeof device, "unix:%s", world.between.socket);
    (void)snprintf(script, sizeof script, "echo unplug DVI-1 >> %s; sleep 30", world.kit.events);
    const char *const arguments[] = {"copp",  "protect", "--device", device,        "--anchor", world.anchor,        "--output",
                                     "DVI-1", "--acp",   "1",        "--reconnect", "1",        "--allow-simulated", "--",
                                     "sh",    "-c",      script,     NULL};
    assert_int_equal(run_copp(&world, arguments), 1);
    kit_wait_said(&world.kit, "trying a new session", 1);
    kit_wait_said(&world.kit, "no new session: nothing is plugged in", 1);
    proxy_end(&world);
    world_end(&world);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(players_are_not_deceived, "BIND-3 BIND-4 BIND-7 BIND-8"),
        TEST(the_tool_runs_no_command, "BIND-4 BIND-7"),
        TEST(the_list_makes_nothing_real, "BIND-6"),
        TEST(the_list_plugs_nothing_in, "BIND-6"),
    };
    return RUN_SUITE("daemon_between", cases);
}
