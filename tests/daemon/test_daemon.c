/* coppd as players meet it: sessions over the socket, and that nothing stays in force for anybody who is gone. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

static void a_session_over_the_socket(void) {
    struct kit kit;
    struct player a;
    struct player b;
    kit_make(&kit, "");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &a);
    player_begin(&kit, "HDMI-1", &b);
    assert_int_equal(copp_session_set_protection_level(a.session, HDCP, 1), COPP_OK);
    assert_int_equal(player_local(&a, HDCP), 1);
    assert_int_equal(player_local(&b, HDCP), 0);
    assert_int_equal(player_global(&b, HDCP), 1);
    uint32_t type;
    assert_int_equal(copp_session_connector_type(b.session, &type), COPP_OK);
    assert_int_equal(type, COPP_CONNECTOR_HDMI);
    assert_int_equal(copp_session_set_protection_level(a.session, COPP_PROTECTION_TYPE_ACP, 1), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(a.session), COPP_HR_INVALIDARG);
    player_end(&a);
    assert_int_equal(player_global(&b, HDCP), 0);
    player_end(&b);
    kit_end(&kit);
}

static void connectors_are_listed(void) {
    static const char *const names[] = {"HDMI-1", "DVI-I-1", "Component-1", "SVideo-1", "eDP-1"};
    static const uint32_t types[] = {COPP_CONNECTOR_HDMI, COPP_CONNECTOR_DVI, COPP_CONNECTOR_COMPONENT, COPP_CONNECTOR_SVIDEO,
                                     COPP_CONNECTOR_DISPLAYPORT_EMBEDDED | COPP_CONNECTOR_INTERNAL};
    static const uint32_t analog = COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA;
    const uint32_t protections[] = {HDCP, HDCP | analog, analog, analog, 0};
    struct kit kit;
    struct player player;
    struct copp_socket *connection;
    struct copp_socket_connector told = {.size = sizeof told};
    kit_make(&kit, "");
    kit_start(&kit);
    player_begin(&kit, "DVI-I-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    kit_event(&kit, "unplug Component-1");
    assert_int_equal(
        copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit.socket, .answer_ms = 20000},
            &connection),
        COPP_OK);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(copp_socket_connector(connection, i, &told), COPP_OK);
        assert_string_equal(told.name, names[i]);
        assert_int_equal(told.hdcp, i == 1);
        assert_int_equal(told.devices, i == 1);
        assert_int_equal(told.connector_type, types[i]);
        assert_int_equal(told.protection_types, protections[i]);
        assert_false(told.real);
        assert_int_equal(told.plugged, i != 2);
    }
    assert_int_equal(copp_socket_connector(connection, 5, &told), COPP_E_NOT_FOUND);
    assert_int_equal(copp_socket_connector(connection, UINT32_MAX, &told), COPP_E_NOT_FOUND);
    struct copp_transport *transport;
    assert_int_equal(copp_socket_transport_open(&connection, "HDMI-9", &transport), COPP_E_NOT_FOUND);
    assert_null(transport);
    copp_socket_close(&connection);
    kit_event(&kit, "multi-adapter eDP-1 clone");
    struct player refused;
    assert_int_equal(player_try(&kit, "eDP-1", NULL, &refused), COPP_E_UNSUPPORTED_MODE);
    player_end(&refused);
    player_end(&player);
    kit_end(&kit);
}

static void assert_display(const struct kit *kit, const char *display) {
    struct copp_socket *connection;
    struct copp_socket_connector told = {.size = sizeof told};
    assert_int_equal(
        copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit->socket, .answer_ms = 20000},
            &connection),
        COPP_OK);
    assert_int_equal(copp_socket_connector(connection, 1, &told), COPP_OK);
    assert_string_equal(told.display, "");
    assert_int_equal(copp_socket_connector(connection, 0, &told), COPP_OK);
    assert_string_equal(told.display, display);
    copp_socket_close(&connection);
}

static void displays_call_themselves(void) {
    struct kit kit;
    char name[KIT_PATH + 32];
    char settings[512];
    kit_make(&kit, "");
    (void)snprintf(name, sizeof name, "%s/adapter.ini", kit.directory);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs("[output A]\ntype = hdmi\nmodes = 1080p60\ndisplay = ACM 0001 0123456789 12345678 ~\n"
                      "[output B]\ntype = hdmi\nmodes = 1080p60\n",
                      file) >= 0 &&
                fclose(file) == 0);
    (void)snprintf(settings, sizeof settings, "[outputs]\nbackend = sim\nevents = %s\ndescription = %s\n", kit.events, name);
    kit_configure(&kit, settings);
    kit_start(&kit);
    assert_display(&kit, "ACM 0001 0123456789 12345678 ~");
    kit_event(&kit, "unplug A");
    assert_display(&kit, "");
    kit_event(&kit, "plug A");
    assert_display(&kit, "ACM 0001 0123456789 12345678 ~");
    kit_end(&kit);
}

/* The HRESULT of the next packet, which answers one of this type. */
static uint32_t next_answer(int fd, uint32_t type) {
    uint8_t bytes[8192];
    uint32_t words[3];
    assert_true(raw_receive(fd, bytes, sizeof bytes) >= sizeof words);
    memcpy(words, bytes, sizeof words);
    assert_int_equal(le32toh(words[1]), type | 0x80000000u);
    return le32toh(words[2]);
}

static uint32_t answer_of(int fd, uint32_t type, size_t body) {
    raw_send(fd, PROTOCOL_VERSION, type, 0, body);
    return next_answer(fd, type);
}

static uint32_t open_of(int fd, const char open[RAW_OPEN_SIZE]) {
    assert_int_equal(send(fd, open, RAW_OPEN_SIZE, 0), RAW_OPEN_SIZE);
    return next_answer(fd, 2);
}

static void calls_out_of_order(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    int fd = raw_connect(&kit);
    for (uint32_t type = 3; type <= 6; type++)
        assert_int_equal(answer_of(fd, type, type == 3 ? 0 : type == 4 ? 256 : 4096), COPP_HR_UNEXPECTED); /* no device */
    assert_int_equal(open_of(fd, (const char[RAW_OPEN_SIZE]){RAW_OPEN("")}), COPP_HR_NO_MONITOR); /* a name of no characters */
    static const char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
    uint8_t answer[64];
    assert_int_equal(send(fd, open, sizeof open, 0), sizeof open);
    assert_int_equal(raw_receive(fd, answer, sizeof answer), RAW_OPENED_SIZE);
    assert_int_equal(send(fd, open, sizeof open, 0), sizeof open); /* one device a connection */
    assert_int_equal(raw_receive(fd, answer, sizeof answer), 12);
    assert_memory_equal(answer + 8, "\xff\xff\x00\x80", 4);
    assert_int_equal(answer_of(fd, 6, 4096), COPP_HR_UNEXPECTED); /* no session */
    assert_int_equal(answer_of(fd, 4, 256), COPP_HR_UNEXPECTED); /* no KeyExchange */
    assert_int_equal(answer_of(fd, 3, 0), COPP_HR_OK);
    assert_int_equal(answer_of(fd, 3, 0), COPP_HR_UNEXPECTED); /* once */
    assert_int_equal(answer_of(fd, 4, 256), COPP_HR_UNEXPECTED); /* S is not ours (SES-7) */
    assert_int_equal(answer_of(fd, 4, 256), COPP_HR_UNEXPECTED); /* and spent (SES-8) */
    (void)close(fd);
    kit_end(&kit);
}

/* What asks for something that this coppd does not know is refused, not passed over: a player would count on it. */
static void what_open_may_ask_for(void) {
    struct open_packet {
        char bytes[RAW_OPEN_SIZE + 8];
        size_t size;
        uint32_t answer;
    } packets[] = {{RAW_OPEN("HDMI-1"), RAW_OPEN_SIZE, COPP_HR_INVALIDARG}, /* a name without an end, below */
                   {RAW_OPEN("HDMI-1"), RAW_OPEN_SIZE, COPP_HR_INVALIDARG}, /* flags */
                   {RAW_OPEN("HDMI-1"), RAW_OPEN_SIZE, COPP_HR_INVALIDARG}, /* neither COPP's semantics nor OPM's */
                   {RAW_OPEN("HDMI-1"), RAW_OPEN_SIZE, COPP_HR_INVALIDARG}, /* those of nothing */
                   {RAW_OPEN("HDMI-1"), RAW_OPEN_SIZE, COPP_HR_INVALIDARG},
                   {RAW_OPEN("HDMI-1"), RAW_OPEN_SIZE + 8, COPP_HR_INVALIDARG}, /* a younger player's wish */
                   {RAW_OPEN("HDMI-1"), RAW_OPEN_SIZE + 8, COPP_HR_OK}}; /* which has none */
    memset(packets[0].bytes + 24, 'x', 64);
    packets[1].bytes[19] = '\x80';
    packets[2].bytes[20] = '\x82';
    packets[3].bytes[20] = 3;
    packets[4].bytes[20] = 0;
    packets[5].bytes[12] = packets[6].bytes[12] = 76 + 8;
    packets[5].bytes[RAW_OPEN_SIZE + 7] = 1;
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    int fd = raw_connect(&kit);
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        assert_int_equal(send(fd, packets[i].bytes, packets[i].size, 0), packets[i].size);
        assert_int_equal(next_answer(fd, 2), packets[i].answer);
    }
    (void)close(fd);
    fd = raw_connect(&kit);
    packets[6].bytes[12] = 76; /* not what has come */
    assert_int_equal(send(fd, packets[6].bytes, packets[6].size, 0), packets[6].size);
    raw_disconnect(fd, 1);
    (void)close(fd);
    kit_end(&kit);
}

/* All of them are there before coppd looks: none may be left behind. */
static void requests_without_waiting_for_answers(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    int fd = raw_connect(&kit);
    assert_int_equal(answer_of(fd, 1, 4), COPP_HR_OK);
    assert_int_equal(kill(kit.pid, SIGSTOP), 0);
    for (uint32_t type = 3; type <= 6; type++)
        raw_send(fd, PROTOCOL_VERSION, type, 0, type == 3 ? 0 : type == 4 ? 256 : 4096);
    raw_send(fd, PROTOCOL_VERSION, 1, 0, 4);
    assert_int_equal(kill(kit.pid, SIGCONT), 0);
    for (uint32_t type = 3; type <= 6; type++)
        assert_int_equal(next_answer(fd, type), COPP_HR_UNEXPECTED);
    assert_int_equal(next_answer(fd, 1), COPP_HR_OK);
    (void)close(fd);
    kit_end(&kit);
}

static void a_killed_client_holds_nothing(void) {
    struct kit kit;
    struct player player;
    kit_make(&kit, "");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    unsigned quick = 0; /* on a busy machine it may be the test that has to wait, but not time and again */
    for (int i = 0; i < 5; i++) {
        pid_t pid = holder_begin(&kit, "HDMI-1");
        assert_int_equal(player_global(&player, HDCP), 1);
        process_kill(pid);
        uint64_t began = clock_ms();
        while (player_global(&player, HDCP) != 0)
            assert_true(clock_ms() - began < 2000);
        quick += clock_ms() - began < 100;
    }
    assert_true(quick >= 3);
    assert_int_equal(player_local(&player, HDCP), 0);
    player_end(&player);
    kit_end(&kit);
}

static void every_holder_hears_of_a_lost_link(void) {
    struct kit kit;
    struct player players[5];
    kit_make(&kit, "");
    kit_start(&kit);
    for (size_t i = 0; i < 5; i++) {
        player_begin(&kit, "HDMI-1", &players[i]);
        assert_int_equal(copp_session_set_protection_level(players[i].session, HDCP, 1), COPP_OK);
    }
    uint64_t began = clock_ms();
    kit_event(&kit, "hdcp-fail HDMI-1");
    for (size_t i = 0; i < 5; i++) {
        player_loses(&players[i], HDCP, began);
        assert_int_equal(player_global(&players[i], HDCP), 0);
        player_end(&players[i]);
    }
    kit_end(&kit);
}

static void a_restart_ends_every_session(void) {
    struct kit kit;
    struct player old;
    struct player young;
    uint32_t level;
    kit_make(&kit, "");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &old);
    assert_int_equal(copp_session_set_protection_level(old.session, HDCP, 1), COPP_OK);
    kit_kill(&kit); /* it leaves its socket behind */
    kit_start(&kit);
    assert_int_equal(copp_session_global_level(old.session, HDCP, &level), COPP_E_TRANSPORT);
    assert_int_equal(copp_session_set_protection_level(old.session, HDCP, 1), COPP_E_TRANSPORT);
    player_begin(&kit, "HDMI-1", &young); /* the hierarchy is the same one */
    assert_int_equal(player_global(&young, HDCP), 0);
    assert_int_equal(copp_session_global_level(old.session, HDCP, &level), COPP_E_TRANSPORT);
    player_end(&old);
    player_end(&young);
    kit_end(&kit);
}

/* Who sees that the daemon ends may start another one: the socket there must be that one's by then. */
static void an_end_leaves_the_path_to_a_successor(void) {
    struct kit kit;
    uint8_t bytes[64];
    kit_make(&kit, "");
    for (int round = 0; round < 5; round++) {
        kit_start(&kit);
        int fd = raw_connect(&kit);
        kit_wait_sessions(&kit, 1);
        assert_int_equal(kill(kit.pid, SIGTERM), 0);
        while (raw_receive(fd, bytes, sizeof bytes) > 0)
            ;
        assert_int_equal(access(kit.socket, F_OK), -1);
        (void)close(fd);
        assert_int_equal(waitpid(kit.pid, NULL, 0), kit.pid);
        kit.pid = 0;
    }
    kit_end(&kit);
}

/* A process whose command stays under way; it ends with 0 if the command ends as it should. */
static pid_t hanging(struct kit *kit, enum copp_result expected, uint32_t hresult) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct player player;
        uint32_t level = 9;
        bool good = !player_try(kit, "HDMI-1", NULL, &player) &&
                    copp_session_set_protection_level(player.session, HDCP, 1) == expected &&
                    copp_session_hresult(player.session) == hresult && !copp_session_local_level(player.session, HDCP, &level) &&
                    level == (expected == COPP_OK);
        _exit(good ? 0 : 1);
    }
    return pid;
}

static void assert_ended_well(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_pending_command_has_a_time_limit(void) {
    struct kit kit;
    struct player player;
    kit_make(&kit, "pending_limit = 700\n");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    kit_event(&kit, "hdcp-hang HDMI-1 on");
    uint64_t began = clock_ms();
    pid_t pid = hanging(&kit, COPP_E_REFUSED, COPP_HR_UNEXPECTED);
    unsigned served = 0;
    while (clock_ms() - began < 600) {
        uint64_t asked = clock_ms();
        assert_int_equal(player_global(&player, HDCP), 0); /* nobody else waits, and nobody is told otherwise */
        assert_true(clock_ms() - asked < 500);
        served++;
    }
    assert_true(served > 10);
    assert_ended_well(pid);
    assert_true(clock_ms() - began >= 700);
    assert_int_equal(kit_metric(&kit, "copp_failures_total{cause=\"pending\"} "), 1);
    kit_wait_said(&kit, ": ProtectionCommand was answered E_UNEXPECTED\n", 1);
    kit_event(&kit, "hdcp-hang HDMI-1 off");
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    player_end(&player);
    kit_end(&kit);
}

static void a_pending_command_ends_when_the_output_does(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    kit_event(&kit, "hdcp-hang HDMI-1 on");
    pid_t pid = hanging(&kit, COPP_OK, COPP_HR_OK);
    sleep_ms(500);
    kit_event(&kit, "hdcp-hang HDMI-1 off");
    assert_ended_well(pid);
    kit_end(&kit);
}

static void a_client_killed_with_a_command_under_way(void) {
    struct kit kit;
    struct player player;
    kit_make(&kit, "");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    kit_event(&kit, "hdcp-hang HDMI-1 on");
    pid_t pid = hanging(&kit, COPP_OK, COPP_HR_OK);
    sleep_ms(500);
    process_kill(pid);
    kit_wait_sessions(&kit, 1);
    kit_event(&kit, "hdcp-hang HDMI-1 off");
    assert_int_equal(player_global(&player, HDCP), 0);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK); /* nothing is in the way */
    assert_int_equal(kit_metric(&kit, "copp_sessions "), 1);
    player_end(&player);
    kit_end(&kit);
}

static void the_socket_may_come_from_systemd(void) {
    struct kit kit;
    struct player player;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    kit_make(&kit, "");
    strcpy(address.sun_path, kit.socket);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    int first = raw_connect(&kit); /* waits, from before the start */
    raw_send(first, 1, 1, 0, 4);
    int said[2];
    assert_int_equal(pipe(said), 0);
    kit.pid = fork();
    assert_true(kit.pid >= 0);
    if (kit.pid == 0) {
        char self[16];
        (void)snprintf(self, sizeof self, "%d", (int)getpid());
        (void)setenv("LISTEN_PID", self, 1);
        (void)setenv("LISTEN_FDS", "1", 1);
        (void)dup2(said[1], STDERR_FILENO);
        (void)dup2(fd, 3);
        (void)execl(getenv("COPPD"), "coppd", "--config", kit.config, "--socket", "/nowhere/socket", (char *)NULL);
        _exit(127);
    }
    (void)close(fd);
    uint8_t bytes[256];
    assert_true(raw_receive(first, bytes, sizeof bytes) > 12); /* it runs: the hierarchy has been made */
    (void)close(first);
    char name[KIT_PATH + 32];
    char text[512];
    (void)snprintf(name, sizeof name, "%s/test-driver/anchor.b64", kit.directory);
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    assert_int_equal(copp_public_key_read(text, size, &kit.anchor), COPP_OK);
    player_begin(&kit, "HDMI-1", &player);
    player_end(&player);
    kit_stop(&kit);
    char lines[4096] = "";
    assert_true(read(said[0], lines, sizeof lines - 1) > 0);
    (void)snprintf(name, sizeof name, "listening at %s\n", kit.socket);
    assert_non_null(strstr(lines, name)); /* not where it was configured to */
    (void)close(said[0]);
    (void)close(said[1]);
    assert_int_equal(access(kit.socket, F_OK), 0); /* systemd's socket is systemd's */
    (void)snprintf(name, sizeof name, "%s.lock", kit.socket);
    assert_int_equal(access(name, F_OK), -1); /* and so is its directory */
    kit_end(&kit);
}

/* As with coppd 2>&1 | head -1: what nobody reads is lost, and nothing else. */
static void a_reader_of_its_lines_that_goes(void) {
    struct kit kit;
    struct player player;
    kit_make(&kit, "");
    assert_int_equal(mkfifo(kit.output, 0600), 0);
    int reader = open(kit.output, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    (void)close(reader);
    uint64_t began = clock_ms();
    assert_true(dprintf(kit.fifo, "hdcp-fail HDMI-1\n") > 0); /* of which it says a line */
    player_loses(&player, HDCP, began);
    player_end(&player);
    kit_end(&kit);
}

static void transports_are_careful(void) {
    struct copp_socket *connection = NULL;
    struct copp_socket_connector told = {.size = sizeof told};
    char path[200];
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = 0;
    assert_int_equal(copp_socket_connect(NULL, NULL), COPP_E_ARGUMENT);
    assert_int_equal(
        copp_socket_connect(&(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = "/nowhere/socket"},
                            &connection),
        COPP_E_NOT_FOUND);
    assert_int_equal(
        copp_socket_connect(&(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = path}, &connection),
        COPP_E_TOO_LARGE);
    assert_int_equal(copp_socket_connector(NULL, 0, &told), COPP_E_ARGUMENT);
    assert_int_equal(copp_socket_transport_open(&connection, "HDMI-1", NULL), COPP_E_ARGUMENT);
    assert_string_equal(copp_socket_disconnect_reason(NULL), "");
    copp_socket_close(&connection);
    copp_socket_close(NULL);
}

static void a_daemon_is_not_trusted_either(void) {
    static const struct {
        const char *bytes;
        size_t size;
    } answers[] = {
        {"", 0}, /* none at all */
        {"\3\0\0\0\1\0\0\x80\0\0\0\0", 12}, /* success without a body */
        {"\3\0\0\0\1\0\0\x80\0\0\0", 11},
        {"\1\0\0\0\1\0\0\x80\x57\0\7\x80", 12}, /* another version */
        {"\3\0\0\0\2\0\0\x80\x57\0\7\x80", 12}, /* to another request */
        {"\3\0\0\0\1\0\0\x80\x57\0\7\x80!", 13}, /* a refusal with a body */
        {"\3\0\0\0\xff\xff\xff\xff\2\0\0\0\3\0\0\0", 16}, /* a disconnect packet */
    };
    struct kit kit;
    kit_make(&kit, "");
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct copp_socket *connection;
        struct copp_socket_connector told = {.size = sizeof told};
        const struct iovec said = {(void *)(uintptr_t)answers[i].bytes, answers[i].size};
        pid_t pid = false_daemon(kit.socket, &said, answers[i].size > 0);
        assert_int_equal(copp_socket_connect(&(struct copp_socket_config){.size = sizeof(struct copp_socket_config),
                                                                          .path = kit.socket,
                                                                          .answer_ms = 300,
                                                                          .command_ms = 300},
                                             &connection),
                         COPP_OK);
        uint64_t began = clock_ms();
        assert_int_equal(copp_socket_connector(connection, 0, &told), COPP_E_TRANSPORT);
        assert_true(clock_ms() - began < 2000);
        assert_int_equal(copp_socket_connector(connection, 0, &told), COPP_E_TRANSPORT); /* nothing it says later counts */
        assert_int_equal(copp_socket_disconnect_reason(connection)[0] != 0, answers[i].size == 16);
        copp_socket_close(&connection);
        process_kill(pid);
        assert_int_equal(unlink(kit.socket), 0);
    }
    kit_end(&kit);
}

/* Whatever was asked, and whatever its answer would have had room for. */
static void a_disconnect_is_heard(void) {
    static const char *const disconnects[] = {"\3\0\0\0\xff\xff\xff\xff\4\0\0\0\3\0\0\0",
                                              "\1\0\0\0\xff\xff\xff\xff\2\0\0\0\1\0\0\0"};
    static const char *const reasons[] = {"this user has reached coppd's limit of sessions",
                                          "coppd speaks another version of its protocol"};
    struct kit kit;
    kit_make(&kit, "");
    for (int i = 0; i < 4; i++) {
        struct copp_socket *connection;
        struct copp_socket_connector told = {.size = sizeof told};
        struct copp_transport *transport;
        const struct iovec said = {(void *)(uintptr_t)disconnects[i / 2], 16};
        pid_t pid = false_daemon(kit.socket, &said, 1);
        assert_int_equal(
            copp_socket_connect(&(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit.socket},
                                &connection),
            COPP_OK);
        assert_int_equal(i % 2 ? copp_socket_transport_open(&connection, "HDMI-1", &transport)
                               : copp_socket_connector(connection, 0, &told),
                         COPP_E_TRANSPORT);
        assert_string_equal(copp_socket_disconnect_reason(connection), reasons[i / 2]);
        copp_socket_close(&connection);
        process_kill(pid);
        assert_int_equal(unlink(kit.socket), 0);
    }
    kit_end(&kit);
}

/* A player that forks, and dies; the child's process id. */
static pid_t orphan_of_a_player(struct kit *kit, bool past_libc) {
    int told[2];
    pid_t orphan = 0;
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct player player;
        uint32_t level;
        if (player_try(kit, "HDMI-1", NULL, &player) || copp_session_set_protection_level(player.session, HDCP, 1))
            _exit(1);
        pid_t child = past_libc ? (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) : fork();
        /* past it nobody tells the library that this is another process, until it is asked for something */
        if (child == 0 && past_libc && copp_session_local_level(player.session, HDCP, &level) != COPP_E_FORKED)
            _exit(1);
        while (child == 0)
            (void)pause();
        bool good = copp_session_local_level(player.session, HDCP, &level) == COPP_OK && level == 1 &&
                    write(told[1], &child, sizeof child) == sizeof child;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(read(told[0], &orphan, sizeof orphan), sizeof orphan);
    (void)close(told[0]);
    (void)close(told[1]);
    assert_ended_well(pid);
    return orphan;
}

/* It has a copy of all that the player had open, and never touches it. */
static void a_child_keeps_no_hold_alive(void) {
    struct kit kit;
    struct player other;
    kit_make(&kit, "");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &other);
    for (int past_libc = 0; past_libc < 2; past_libc++) {
        pid_t orphan = orphan_of_a_player(&kit, past_libc);
        kit_wait_sessions(&kit, 1);
        assert_int_equal(player_global(&other, HDCP), 0);
        assert_int_equal(kill(orphan, 0), 0);
        (void)kill(orphan, SIGKILL);
    }
    player_end(&other);
    kit_end(&kit);
}

/* What a child says and hears is not the player's: not through a transport either. */
static void a_child_has_no_connection(void) {
    struct kit kit;
    struct copp_socket *connection;
    struct copp_socket_connector told = {.size = sizeof told};
    kit_make(&kit, "");
    kit_start(&kit);
    assert_int_equal(
        copp_socket_connect(&(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit.socket},
                            &connection),
        COPP_OK);
    for (int past_libc = 0; past_libc < 2; past_libc++) {
        pid_t pid = past_libc ? (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) : fork();
        if (pid == 0) {
            bool good = copp_socket_connector(connection, 0, &told) == COPP_E_TRANSPORT && copp_socket_fd(connection) == -1;
            copp_socket_close(&connection);
            _exit(good && !connection ? 0 : 1);
        }
        assert_ended_well(pid);
        assert_int_equal(copp_socket_connector(connection, 0, &told), COPP_OK);
    }
    copp_socket_close(&connection);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST(a_child_keeps_no_hold_alive, "EVT-5"),
    TEST(a_child_has_no_connection, "QRY-4"),
    TEST(a_session_over_the_socket, "QRY-5 ARB-1"),
    TEST(connectors_are_listed, "ARB-6"),
    TEST(displays_call_themselves, ""),
    TEST(a_disconnect_is_heard, ""),
    TEST(what_open_may_ask_for, ""),
    TEST(calls_out_of_order, "SES-8"),
    TEST(requests_without_waiting_for_answers, ""),
    TEST(a_killed_client_holds_nothing, "EVT-5 ARB-4"),
    TEST(every_holder_hears_of_a_lost_link, "EVT-1 EVT-2 EVT-3"),
    TEST(a_restart_ends_every_session, "EVT-5"),
    TEST(an_end_leaves_the_path_to_a_successor, ""),
    TEST(a_pending_command_has_a_time_limit, "CMD-6"),
    TEST(a_pending_command_ends_when_the_output_does, "CMD-6"),
    TEST(a_client_killed_with_a_command_under_way, "CMD-6 EVT-5"),
    TEST(the_socket_may_come_from_systemd, ""),
    TEST(a_reader_of_its_lines_that_goes, ""),
    TEST(transports_are_careful, ""),
    TEST(a_daemon_is_not_trusted_either, ""),
};

int main(void) {
    return RUN_SUITE("daemon", cases);
}
