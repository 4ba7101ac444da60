/* The wall clock is set forward and back under coppd, and the machine sleeps: clocks.c makes it believe so. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clocks.h"
#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define YEAR_S (INT64_C(366) * 24 * 3600)

static const int64_t jumps[] = {YEAR_S, -56 * YEAR_S}; /* forward, and back to about 1970 */
#define JUMPS (sizeof jumps / sizeof jumps[0])

struct world {
    struct kit kit;
    volatile struct clocks *clocks;
    struct player player;
};

static void world_begin(struct world *world, const char *settings) {
    char path[KIT_PATH + 8];
    kit_make(&world->kit, settings);
    (void)snprintf(path, sizeof path, "%s/clocks", world->kit.directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, sizeof *world->clocks), 0);
    world->clocks = mmap(NULL, sizeof *world->clocks, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(world->clocks, MAP_FAILED);
    (void)close(fd);
    assert_int_equal(setenv("COPP_TEST_CLOCKS", path, 1), 0);
    world->kit.preload = COPP_CLOCKS;
    kit_start(&world->kit);
    player_begin(&world->kit, "HDMI-1", &world->player);
}

static void world_end(struct world *world) {
    player_end(&world->player);
    kit_end(&world->kit);
    assert_int_equal(munmap((void *)(uintptr_t)world->clocks, sizeof *world->clocks), 0);
}

/* Returns once the daemon, or the loop it runs in, has seen it. */
static void jump(struct world *world, int64_t by_s) {
    world->clocks->real_s = by_s;
    uint64_t before = world->clocks->real_reads;
    (void)player_global(&world->player, HDCP);
    (void)player_global(&world->player, HDCP);
    assert_true(world->clocks->real_reads > before);
}

static void sessions_go_on(void) {
    struct world world;
    world_begin(&world, "");
    assert_int_equal(copp_session_set_protection_level(world.player.session, HDCP, 1), COPP_OK);
    for (size_t i = 0; i < JUMPS; i++) {
        jump(&world, jumps[i]);
        assert_int_equal(player_local(&world.player, HDCP), 1);
        assert_int_equal(copp_session_take_events(world.player.session), 0);
        struct player young;
        player_begin(&world.kit, "HDMI-1", &young);
        player_end(&young);
    }
    kit_event(&world.kit, "hdcp-fail HDMI-1");
    player_loses(&world.player, HDCP, clock_ms());
    assert_true(kit_metric(&world.kit, "copp_query_seconds_sum ") < 60);
    assert_int_equal(kit_metric(&world.kit, "copp_query_seconds_bucket{le=\"+Inf\"} "),
                     kit_metric(&world.kit, "copp_query_seconds_count "));
    world_end(&world);
}

/* Neither cut short nor drawn out. */
static void time_limits_hold(void) {
    for (size_t i = 0; i < JUMPS; i++) {
        struct world world;
        world_begin(&world, "pending_limit = 1000\n");
        kit_event(&world.kit, "hdcp-hang HDMI-1 on");
        uint64_t began = clock_ms();
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct player player;
            _exit(!player_try(&world.kit, "HDMI-1", NULL, &player) &&
                          copp_session_set_protection_level(player.session, HDCP, 1) == COPP_E_REFUSED
                      ? 0
                      : 1);
        }
        sleep_ms(500);
        jump(&world, jumps[i]);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_in_range(clock_ms() - began, 1000, 15000);
        kit_event(&world.kit, "hdcp-hang HDMI-1 off");
        world_end(&world);
    }
}

/* Whether one more connection is let in. */
static bool admitted(struct world *world) {
    struct copp_socket *connection;
    struct copp_socket_connector told = {.size = sizeof told};
    assert_int_equal(copp_socket_connect(&(struct copp_socket_config){.size = sizeof(struct copp_socket_config),
                                                                      .path = world->kit.socket,
                                                                      .answer_ms = 20000},
                                         &connection),
                     COPP_OK);
    bool in = copp_socket_connector(connection, 0, &told) == COPP_OK;
    copp_socket_close(&connection);
    return in;
}

static void rates_hold(void) {
    struct world world;
    world_begin(&world, "connections_per_second = 10\n");
    for (size_t i = 0; i < JUMPS; i++) {
        bool judged = false;
        for (unsigned tries = 0; !judged && tries < 20; tries++) { /* on a busy machine the second may be over too soon */
            uint64_t began = clock_ms();
            while (admitted(&world))
                assert_true(clock_ms() - began < 20000);
            uint64_t refused = clock_ms(); /* 0.4 s at the least are left of the second if it began this late */
            jump(&world, jumps[i]);
            bool in = admitted(&world);
            judged = refused - began < 300 && clock_ms() - began < 700;
            assert_false(judged && in);
            sleep_ms(1100);
            assert_true(admitted(&world));
            world.clocks->real_s = 0;
        }
        assert_true(judged);
    }
    world_end(&world);
}

/* Whatever its output says afterwards, nothing was protected meanwhile. */
static void a_sleep_loses_everything(void) {
    struct world world;
    struct player other;
    world_begin(&world, "");
    player_begin(&world.kit, "DVI-I-1", &other);
    for (int64_t slept = 1; slept < 100000; slept *= 100) {
        struct player young;
        player_begin(&world.kit, "HDMI-1", &young);
        assert_int_equal(copp_session_set_protection_level(young.session, HDCP, 1), COPP_OK);
        assert_int_equal(player_global(&other, HDCP), 0);
        world.clocks->slept_s += slept;
        assert_int_equal(player_local(&young, HDCP), 0); /* not in one answer more */
        assert_int_equal(copp_session_take_events(young.session), COPP_STATUS_LINK_LOST);
        assert_int_equal(kit_metric(&world.kit, "copp_connector_level{connector=\"HDMI-1\",type=\"hdcp\"} "), 0);
        player_end(&young);
    }
    kit_wait_said(&world.kit, "the machine has slept", 3);
    player_end(&other);
    world_end(&world);
}

static void a_command_does_not_survive_a_sleep(void) {
    struct world world;
    world_begin(&world, "");
    kit_event(&world.kit, "hdcp-hang HDMI-1 on");
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct player player;
        _exit(!player_try(&world.kit, "HDMI-1", NULL, &player) &&
                      copp_session_set_protection_level(player.session, HDCP, 1) == COPP_E_REFUSED
                  ? 0
                  : 1);
    }
    sleep_ms(500);
    world.clocks->slept_s = 3600;
    (void)player_global(&world.player, HDCP);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    kit_event(&world.kit, "hdcp-hang HDMI-1 off");
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(sessions_go_on, ""),
    TEST(time_limits_hold, "CMD-6"),
    TEST(rates_hold, ""),
    TEST(a_sleep_loses_everything, "EVT-1 EVT-3 EVT-5"),
    TEST(a_command_does_not_survive_a_sleep, "CMD-6 EVT-5"),
};

int main(void) {
    return RUN_SUITE("daemon_clocks", cases);
}
