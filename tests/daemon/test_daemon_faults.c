/* Clients that do everything wrong, limits, and a machine that has run out of things: the others are served. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

enum { MALFORMED = 1, VERSION, FULL, USER_LIMIT, RATE };

static void packets_of_wrong_sizes_and_types(void) {
    static const size_t sizes[7] = {0, 4, 76, 0, 256, 4096, 4096}; /* by type */
    static uint8_t zeros[200000];
    uint8_t answer[RAW_LISTED_SIZE];
    struct kit kit;
    struct player player;
    kit_make(&kit, "connections_per_second = 0\n");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    unsigned count = 0;
    for (size_t size = 1; size < 12; size++, count++) { /* torn headers */
        int fd = raw_connect(&kit);
        assert_int_equal(send(fd, zeros, size, 0), size);
        raw_disconnect(fd, MALFORMED);
        (void)close(fd);
    }
    for (uint32_t type = 0; type <= 8; type++) {
        for (int step = -1; step <= 1; step++) {
            bool known = type >= 1 && type <= 6;
            size_t size = known ? sizes[type] : 4;
            if ((known && step == 0) || (size == 0 && step < 0))
                continue;
            int fd = raw_connect(&kit);
            raw_send(fd, PROTOCOL_VERSION, type, 0, (size_t)((long)size + step));
            raw_disconnect(fd, MALFORMED);
            (void)close(fd);
            count++;
        }
    }
    static const size_t oversized[] = {4097, 8192, 65536, sizeof zeros - 12};
    for (size_t i = 0; i < 4; i++, count++) {
        int fd = raw_connect(&kit);
        raw_send(fd, PROTOCOL_VERSION, 6, 0, oversized[i]);
        raw_disconnect(fd, MALFORMED);
        (void)close(fd);
    }
    int fd = raw_connect(&kit);
    raw_send(fd, PROTOCOL_VERSION, 1, 1, 4); /* a status in a request */
    raw_disconnect(fd, MALFORMED);
    (void)close(fd);
    fd = raw_connect(&kit);
    assert_int_equal(send(fd, zeros, 0, 0), 0); /* a packet of nothing */
    raw_disconnect(fd, MALFORMED);
    (void)close(fd);
    fd = raw_connect(&kit);
    assert_int_equal(kill(kit.pid, SIGSTOP), 0);
    raw_send(fd, PROTOCOL_VERSION, 1, 0, 4);
    assert_int_equal(send(fd, zeros, 0, 0), 0); /* nor is it overlooked behind another one */
    assert_int_equal(kill(kit.pid, SIGCONT), 0);
    assert_int_equal(raw_receive(fd, answer, sizeof answer), sizeof answer);
    raw_disconnect(fd, MALFORMED);
    (void)close(fd);
    assert_int_equal(kit_metric(&kit, "copp_failures_total{cause=\"malformed\"} "), count + 3);
    assert_int_equal(player_local(&player, HDCP), 1); /* nobody else noticed */
    player_end(&player);
    kit_end(&kit);
}

static void other_versions_are_told_ours(void) {
    static const uint32_t versions[] = {0, 1, 2, 0x80000001u, UINT32_MAX};
    static const size_t sizes[] = {5, 4, 4097, 4, 65536};
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    for (size_t i = 0; i < 5; i++) {
        int fd = raw_connect(&kit);
        raw_send(fd, versions[i], i % 2 ? 1 : 77, 0, sizes[i]); /* whatever else they mean by it */
        raw_disconnect(fd, VERSION);
        (void)close(fd);
    }
    kit_end(&kit);
}

static void a_client_that_never_reads(void) {
    static const uint8_t list[16] = {PROTOCOL_VERSION, 0, 0, 0, 1};
    struct kit kit;
    struct player player;
    kit_make(&kit, "");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    int fd = raw_connect(&kit);
    unsigned sent = 0;
    while (send(fd, list, sizeof list, MSG_NOSIGNAL) == sizeof list)
        assert_true(++sent < 1000000);
    assert_true(errno == EPIPE || errno == ECONNRESET);
    (void)close(fd);
    assert_int_equal(player_local(&player, HDCP), 0);
    kit_wait_sessions(&kit, 1);
    assert_int_equal(kit_metric(&kit, "copp_failures_total{cause=\"unread\"} "), 1);
    player_end(&player);
    kit_end(&kit);
}

/* Opens connections until one is refused; how many were let in. */
static unsigned connect_until_refused(struct kit *kit, struct copp_socket **connections, unsigned most, const char *why) {
    for (unsigned i = 0; i < most; i++) {
        struct copp_socket_connector told = {.size = sizeof told};
        assert_int_equal(
            copp_socket_connect(
                &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit->socket, .answer_ms = 20000},
                &connections[i]),
            COPP_OK);
        if (copp_socket_connector(connections[i], 0, &told) == COPP_OK)
            continue;
        assert_string_equal(copp_socket_disconnect_reason(connections[i]), why);
        copp_socket_close(&connections[i]);
        return i;
    }
    fail_msg("nobody was refused");
    return 0;
}

static void a_user_has_so_many_sessions(void) {
    struct kit kit;
    struct copp_socket *connections[5] = {NULL};
    kit_make(&kit, "sessions_per_user = 3\n");
    kit_start(&kit);
    static const char why[] = "this user has reached coppd's limit of sessions";
    assert_int_equal(connect_until_refused(&kit, connections, 5, why), 3);
    copp_socket_close(&connections[1]);
    kit_wait_sessions(&kit, 2);
    struct copp_socket *more[2] = {NULL};
    assert_int_equal(connect_until_refused(&kit, more, 2, why), 1); /* what one gives back another may have */
    copp_socket_close(&more[0]);
    kit_wait_sessions(&kit, 2);
    for (size_t i = 0; i < 8; i++) { /* also where the next one asks before coppd has looked at the end of the last */
        struct copp_socket_connector told = {.size = sizeof told};
        const struct copp_socket_config config = {.size = sizeof config, .path = kit.socket, .answer_ms = 20000};
        assert_int_equal(copp_socket_connect(&config, &more[i % 2]), COPP_OK);
        assert_int_equal(copp_socket_connector(more[i % 2], 0, &told), COPP_OK);
        assert_int_equal(kill(kit.pid, SIGSTOP), 0);
        copp_socket_close(&more[i % 2]);
        assert_int_equal(copp_socket_connect(&config, &more[i % 2]), COPP_OK);
        assert_int_equal(kill(kit.pid, SIGCONT), 0);
        assert_int_equal(copp_socket_connector(more[i % 2], 0, &told), COPP_OK);
        copp_socket_close(&more[i % 2]);
        kit_wait_sessions(&kit, 2);
    }
    for (size_t i = 0; i < 5; i++)
        copp_socket_close(&connections[i]);
    kit_end(&kit);
}

static void sessions_are_opened_at_a_limited_rate(void) {
    struct kit kit;
    struct copp_socket *connections[30] = {NULL};
    kit_make(&kit, "connections_per_second = 10\n");
    kit_start(&kit);
    unsigned in = connect_until_refused(&kit, connections, 30, "this user opens sessions faster than coppd allows");
    assert_in_range(in, 5, 20);
    struct copp_socket_connector told = {.size = sizeof told};
    assert_int_equal(copp_socket_connector(connections[0], 0, &told), COPP_OK); /* who is in is served */
    sleep_ms(1100);
    assert_int_equal(
        copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit.socket, .answer_ms = 20000},
            &connections[in]),
        COPP_OK);
    assert_int_equal(copp_socket_connector(connections[in], 0, &told), COPP_OK);
    for (size_t i = 0; i < 30; i++)
        copp_socket_close(&connections[i]);
    kit_end(&kit);
}

static void file_descriptors_run_out(void) {
    struct kit kit;
    struct player player;
    struct copp_socket *connections[64] = {NULL};
    kit_make(&kit, "");
    kit.file_limit = 96;
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    unsigned in = connect_until_refused(&kit, connections, 64, "coppd has reached its limit of sessions");
    assert_in_range(in, 24, 40);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    free(kit_metrics(&kit)); /* there is still a descriptor for those who watch */
    for (size_t i = 0; i < 64; i++)
        copp_socket_close(&connections[i]);
    struct player late;
    kit_wait_sessions(&kit, 1);
    player_begin(&kit, "HDMI-1", &late);
    player_end(&late);
    player_end(&player);
    kit_end(&kit);
}

static unsigned times_it_slept(const struct kit *kit) {
    static const char key[] = "\nvoluntary_ctxt_switches:";
    char path[64];
    char text[8192];
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)kit->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    (void)fclose(file);
    const char *line = strstr(text, key);
    assert_non_null(line);
    return (unsigned)strtoul(line + sizeof key - 1, NULL, 10);
}

/* Its limit falls below what it has open, as when the whole machine has no descriptor left: it waits, and does not turn. */
static void no_descriptor_for_anybody(void) {
    struct kit kit;
    struct rlimit before;
    struct player player;
    kit_make(&kit, "");
    kit_start(&kit);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)kit.port)};
    assert_int_equal(prlimit(kit.pid, RLIMIT_NOFILE, NULL, &before), 0);
    assert_int_equal(prlimit(kit.pid, RLIMIT_NOFILE, &(struct rlimit){3, before.rlim_max}, NULL), 0);
    int scraper = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(scraper, (const struct sockaddr *)&address, sizeof address), 0);
    kit_wait_said(&kit, "cannot accept connections: Too many open files; trying again each second", 1);
    int client = raw_connect(&kit);
    for (unsigned until = times_it_slept(&kit) + 4; times_it_slept(&kit) < until; sleep_ms(5))
        ; /* each time until it tries again: one that turns never sleeps */
    assert_int_equal(kit_times_said(&kit, "cannot accept connections"), 1);
    assert_int_equal(prlimit(kit.pid, RLIMIT_NOFILE, &before, NULL), 0);
    player_begin(&kit, "HDMI-1", &player);
    kit_wait_sessions(&kit, 2); /* and whoever asks for metrics is served, too */
    player_end(&player);
    (void)close(client);
    (void)close(scraper);
    kit_end(&kit);
}

static void the_disk_is_full_at_the_first_start(void) {
    struct kit kit;
    char *said;
    char path[KIT_PATH + 32];
    kit_make(&kit, "");
    kit.size_limit = 1000; /* the chain does not fit */
    assert_int_equal(kit_run(&kit, NULL, &said), 1);
    assert_non_null(strstr(said, "chain.xml: cannot be written"));
    free(said);
    (void)snprintf(path, sizeof path, "%s/test-driver", kit.directory);
    assert_int_equal(access(path, F_OK), -1); /* nothing half made */
    (void)strcat(path, ".new");
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(mkdir(path, 0700), 0); /* as one that was killed leaves it */
    kit.size_limit = 0;
    struct player player;
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    player_end(&player);
    kit_end(&kit);
}

static void clients_killed_at_random_moments(void) {
    struct kit kit;
    struct player player;
    kit_make(&kit, "connections_per_second = 0\n");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    uint8_t moments[40];
    assert_int_equal(getentropy(moments, sizeof moments), 0);
    for (size_t round = 0; round < sizeof moments; round++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            for (;;) {
                struct player brief;
                if (player_try(&kit, "HDMI-1", NULL, &brief) || copp_session_set_protection_level(brief.session, HDCP, 1))
                    _exit(1);
                player_end(&brief);
            }
        }
        sleep_ms(moments[round] % 30u);
        assert_int_equal(player_local(&player, HDCP), 0);
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
    }
    kit_wait_sessions(&kit, 1);
    assert_int_equal(player_global(&player, HDCP), 0);
    assert_int_equal(kit_metric(&kit, "copp_connector_devices{connector=\"HDMI-1\"} "), 1);
    player_end(&player);
    kit_end(&kit);
}

static void a_reload_drops_nobody(void) {
    struct kit kit;
    struct player player;
    struct player other;
    kit_make(&kit, "sessions_per_user = 1\n");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_int_equal(player_try(&kit, "HDMI-1", NULL, &other), COPP_E_TRANSPORT);
    player_end(&other);
    kit_configure(&kit, "sessions_per_user = 2\n");
    kit_wait_sessions(&kit, 1);
    kit_reload(&kit);
    kit_wait_said(&kit, "configuration reloaded; 1 session continues\n", 1);
    player_begin(&kit, "HDMI-1", &other);
    kit_reload(&kit);
    kit_wait_said(&kit, "configuration reloaded; 2 sessions continue\n", 1);
    assert_int_equal(player_local(&player, HDCP), 1);
    kit_configure(&kit, "sessions_per_user = none\n");
    kit_reload(&kit);
    assert_int_equal(player_local(&player, HDCP), 1);
    char *said = kit_output(&kit);
    assert_non_null(strstr(said, "\"none\" is not a number from 1 to 65536; the old configuration stays in force"));
    free(said);
    player_end(&player);
    player_end(&other);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST(packets_of_wrong_sizes_and_types, ""),
    TEST(other_versions_are_told_ours, ""),
    TEST(a_client_that_never_reads, ""),
    TEST(a_user_has_so_many_sessions, ""),
    TEST(sessions_are_opened_at_a_limited_rate, ""),
    TEST(file_descriptors_run_out, ""),
    TEST(no_descriptor_for_anybody, ""),
    TEST(the_disk_is_full_at_the_first_start, ""),
    TEST(clients_killed_at_random_moments, "EVT-5 ARB-4"),
    TEST(a_reload_drops_nobody, ""),
};

int main(void) {
    kit_without_hierarchies();
    return RUN_SUITE("daemon_faults", cases);
}
