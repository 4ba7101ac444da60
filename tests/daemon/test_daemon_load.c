/* A thousand sessions at once from several processes: none is lost, none gets another one's answers, memory stays flat. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_kit.h"

#define PROCESSES 4
#define SESSIONS 250 /* of each */
#define ROUNDS 12

static const char *const outputs[] = {"HDMI-1", "DVI-I-1"};

/* Kilobytes of memory that a process has. */
static long memory_of(pid_t pid) {
    char name[64];
    char line[256];
    long kilobytes = -1;
    (void)snprintf(name, sizeof name, "/proc/%d/status", (int)pid);
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kilobytes = strtol(line + 6, NULL, 10);
    }
    (void)fclose(file);
    assert_true(kilobytes > 0);
    return kilobytes;
}

/* Every second session of a process holds HDCP. Answers are authenticated: one that was another session's would be refused. */
static bool poll_once(struct player *players) {
    for (size_t i = 0; i < SESSIONS; i++) {
        uint32_t level;
        if (copp_session_local_level(players[i].session, COPP_PROTECTION_TYPE_HDCP, &level) || level != i % 2 ||
            copp_session_global_level(players[i].session, COPP_PROTECTION_TYPE_HDCP, &level) || level != 1)
            return false;
    }
    return true;
}

static bool tell(int fd) {
    return write(fd, "!", 1) == 1;
}

static bool hear(int fd) {
    char byte;
    return read(fd, &byte, 1) == 1;
}

static int play(struct kit *kit, int in, int out) {
    static struct player players[SESSIONS];
    const struct copp_chain *known = NULL;
    for (size_t i = 0; i < SESSIONS; i++) {
        if (player_try(kit, outputs[(i / 2) % 2], known, &players[i]) ||
            copp_session_set_protection_level(players[i].session, COPP_PROTECTION_TYPE_HDCP, i % 2))
            return 1;
        known = copp_session_chain(players[0].session);
    }
    for (int round = 0; round < ROUNDS; round++) {
        if (!tell(out) || !hear(in))
            return 2;
        if (!poll_once(players))
            return 3;
    }
    for (size_t i = SESSIONS; i-- > 0;) /* the first one's chain is the others' */
        player_end(&players[i]);
    return 0;
}

struct worker {
    pid_t pid;
    int to;
    int from;
};

static void start_worker(struct kit *kit, struct worker *worker) {
    int to[2];
    int from[2];
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    worker->pid = fork();
    assert_true(worker->pid >= 0);
    if (worker->pid == 0) {
        (void)close(to[1]);
        (void)close(from[0]);
        _exit(play(kit, to[0], from[1]));
    }
    (void)close(to[0]);
    (void)close(from[1]);
    worker->to = to[1];
    worker->from = from[0];
}

static void a_thousand_sessions(void) {
    struct kit kit;
    struct worker workers[PROCESSES];
    long early = 0;
    kit_make(&kit, "sessions_per_user = 1100\nconnections_per_second = 0\n");
    kit_start(&kit);
    for (size_t i = 0; i < PROCESSES; i++)
        start_worker(&kit, &workers[i]);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < PROCESSES; i++)
            assert_true(hear(workers[i].from));
        if (round == 0)
            assert_int_equal(kit_metric(&kit, "copp_sessions "), PROCESSES * SESSIONS);
        if (round == 2)
            early = memory_of(kit.pid);
        if (round == ROUNDS - 1)
            assert_in_range(memory_of(kit.pid), 0, early + 256);
        for (size_t i = 0; i < PROCESSES; i++)
            assert_true(tell(workers[i].to));
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(workers[i].pid, &status, 0), workers[i].pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        (void)close(workers[i].to);
        (void)close(workers[i].from);
    }
    kit_wait_sessions(&kit, 0);
    assert_int_equal(kit_metric(&kit, "copp_handshakes_total "), PROCESSES * SESSIONS);
    assert_int_equal(kit_metric(&kit, "copp_query_seconds_count "), 2 * ROUNDS * PROCESSES * SESSIONS);
    assert_int_equal(kit_metric(&kit, "copp_connector_level{connector=\"HDMI-1\",type=\"hdcp\"} "), 0);
    kit_end(&kit);
}

static const struct test_case cases[] = {TEST(a_thousand_sessions, "ARB-1 ARB-2 QRY-5")};

int main(void) {
    return RUN_SUITE("daemon_load", cases);
}
