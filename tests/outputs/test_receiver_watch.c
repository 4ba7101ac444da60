/* Finding a receiver's bus in a sysfs tree, and reading it in a process that may hang. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../unit/harness.h"
#include "outputs/receiver/place.h"
#include "outputs/receiver/watch.h"

#define CONNECTOR "card0-DP-1"

/* As where there are no files left, and for a process that the kernel does not let go though it was killed. */
static bool without_pidfds;
static bool kills_are_held;

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
    if (number == SYS_pidfd_send_signal && kills_are_held)
        return 0;
    if (number != SYS_pidfd_open || !without_pidfds)
        return __real_syscall(number, a, b, c, d, e, f);
    errno = EMFILE;
    return -1;
}

struct world {
    char root[32];
    char sysfs[64];
    char dev[64];
    struct receiver_system system;
};

static const char *in(const char *directory, const char *name) {
    static char path[4][256];
    static unsigned next;
    char *result = path[next++ % 4];
    (void)snprintf(result, 256, "%s/%s", directory, name);
    return result;
}

static void make_directory(const struct world *world, const char *name) {
    assert_int_equal(mkdir(in(world->root, name), 0700), 0);
}

static void make_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static void begin(struct world *world) {
    strcpy(world->root, "/tmp/copp-receiver-XXXXXX");
    assert_non_null(mkdtemp(world->root));
    (void)snprintf(world->sysfs, sizeof world->sysfs, "%s/sys", world->root);
    (void)snprintf(world->dev, sizeof world->dev, "%s/dev", world->root);
    make_directory(world, "dev");
    make_directory(world, "sys");
    make_directory(world, "sys/class");
    make_directory(world, "sys/class/drm");
    world->system = (struct receiver_system){world->sysfs, world->dev, COPP_READ_RECEIVER};
}

static void end(struct world *world) {
    char command[64];
    (void)snprintf(command, sizeof command, "rm -r %s", world->root);
    assert_int_equal(system(command), 0);
}

/* A connector with a DisplayPort channel of that name, as the driver calls it. */
static void add_aux(const struct world *world, const char *connector, const char *node, const char *called) {
    char name[128];
    (void)snprintf(name, sizeof name, "sys/class/drm/%s", connector);
    (void)mkdir(in(world->root, name), 0700);
    (void)snprintf(name, sizeof name, "sys/class/drm/%s/%s", connector, node);
    make_directory(world, name);
    (void)snprintf(name, sizeof name, "sys/class/drm/%s/%s/name", connector, node);
    make_file(in(world->root, name), called);
}

static void add_ddc(const struct world *world, const char *connector, const char *target) {
    char name[128];
    (void)snprintf(name, sizeof name, "sys/class/drm/%s", connector);
    (void)mkdir(in(world->root, name), 0700);
    (void)snprintf(name, sizeof name, "sys/class/drm/%s/ddc", connector);
    assert_int_equal(symlink(target, in(world->root, name)), 0);
}

/* The registers of a display at drm_dp_aux0. */
static void plug(const struct world *world, const char *bksv) {
    int fd = open(in(world->dev, "drm_dp_aux0"), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 0x69300), 0);
    assert_int_equal(pwrite(fd, bksv, 5, 0x68000), 5);
    assert_int_equal(pwrite(fd, "\x01", 1, 0x68028), 1);
    assert_int_equal(close(fd), 0);
}

static int find(const struct world *world, const char *connector, struct receiver_place *place) {
    return receiver_find(world->sysfs, world->dev, connector, place);
}

static void hdmi_is_found_by_its_ddc_link(void) {
    struct world world;
    struct receiver_place place;
    begin(&world);
    add_ddc(&world, "card0-HDMI-A-1", "../../../i2c-7");
    add_ddc(&world, "card0-DVI-D-1", "i2c-12");
    assert_int_equal(find(&world, "card0-HDMI-A-1", &place), 0);
    assert_int_equal(place.link, RECEIVER_DDC);
    assert_string_equal(place.path, in(world.dev, "i2c-7"));
    assert_int_equal(find(&world, "card0-DVI-D-1", &place), 0);
    assert_string_equal(place.path, in(world.dev, "i2c-12"));
    end(&world);
}

static void displayport_is_found_by_its_channel(void) {
    struct world world;
    struct receiver_place place;
    begin(&world);
    add_aux(&world, CONNECTOR, "drm_dp_aux3", "AUX C/DP C\n");
    add_ddc(&world, CONNECTOR, "../../i2c-4"); /* leads to what is behind a converter, or nowhere */
    assert_int_equal(find(&world, CONNECTOR, &place), 0);
    assert_int_equal(place.link, RECEIVER_AUX);
    assert_string_equal(place.path, in(world.dev, "drm_dp_aux3"));
    end(&world);
}

/* The driver authenticates the hub, and that channel reaches the display behind it. */
static void what_is_behind_a_hub_is_not_found(void) {
    struct world world;
    struct receiver_place place;
    begin(&world);
    add_aux(&world, CONNECTOR, "drm_dp_aux3", "DPMST\n");
    assert_int_equal(find(&world, CONNECTOR, &place), ENODEV);
    add_aux(&world, "card0-DP-2", "drm_dp_aux4", "");
    assert_int_equal(find(&world, "card0-DP-2", &place), ENODEV); /* nor what does not say */
    end(&world);
}

static void nothing_else_is_a_bus(void) {
    static const char *const targets[] = {"../../i2c-", "../../i2c-1x", "../../i2c-1/../../mem", "../../mem",
                                          "i2c-99999999999999999999"};
    struct world world;
    struct receiver_place place;
    char connector[32];
    begin(&world);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        (void)snprintf(connector, sizeof connector, "card0-HDMI-A-%zu", i + 1);
        add_ddc(&world, connector, targets[i]);
        assert_int_equal(find(&world, connector, &place), ENODEV);
    }
    add_aux(&world, CONNECTOR, "drm_dp_aux", "AUX\n");
    add_aux(&world, CONNECTOR, "drm_dp_aux1_", "AUX\n");
    assert_int_equal(find(&world, CONNECTOR, &place), ENODEV);
    add_ddc(&world, "card0-VGA-1", "../../i2c-5"); /* analog: no HDCP */
    assert_int_equal(find(&world, "card0-VGA-1", &place), ENODEV);
    assert_int_equal(find(&world, "card0-HDMI-A-9", &place), ENODEV); /* no connector */
    assert_int_equal(find(&world, "HDMI-A-1", &place), ENODEV);
    assert_int_equal(find(&world, "card0-../card0-HDMI-A-1", &place), ENODEV);
    assert_int_equal(find(&world, "", &place), ENODEV);
    end(&world);
}

static bool is_ready(const struct receiver_watch *watch, int timeout_ms) {
    struct pollfd fd = {.fd = receiver_watch_fd(watch), .events = POLLIN};
    return poll(&fd, 1, timeout_ms) == 1;
}

/* Asks, and waits for what comes. */
static void look(struct receiver_watch *watch, uint64_t now_ms, struct receiver_result *result) {
    bool begun = receiver_watch_request(watch, now_ms);
    assert_true(receiver_watch_busy(watch));
    assert_true(is_ready(watch, 10000));
    assert_true(receiver_watch_take(watch, result));
    assert_false(receiver_watch_busy(watch));
    assert_int_equal(result->asked_ms, now_ms);
    assert_true(begun || result->error == ENODEV || result->error == ECHILD);
    assert_false(is_ready(watch, 0));
    assert_false(receiver_watch_take(watch, result));
}

static unsigned open_descriptors(void) {
    DIR *list = opendir("/proc/self/fd");
    unsigned count = 0;
    while (readdir(list) != NULL)
        count++;
    assert_int_equal(closedir(list), 0);
    return count;
}

/* How many children there are that have not been reaped, and reaps none of them. */
static bool has_children(void) {
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* No process is left, once those that were killed are gone. */
static void close_watch(struct receiver_watch **watch) {
    siginfo_t info;
    receiver_watch_close(watch);
    while (waitid(P_ALL, 0, &info, WEXITED) == 0)
        continue;
}

static void is_read_again_and_again(void) {
    struct world world;
    struct receiver_result result;
    begin(&world);
    unsigned before = open_descriptors();
    add_aux(&world, CONNECTOR, "drm_dp_aux0", "AUX A\n");
    plug(&world, "\x14\xf7\x61\x03\xb7");
    struct receiver_watch *watch = receiver_watch_open(CONNECTOR, &world.system);
    assert_non_null(watch);
    assert_false(has_children()); /* nobody has asked */
    look(watch, 100, &result);
    assert_int_equal(result.error, 0);
    assert_memory_equal(result.receiver.bksv, "\x14\xf7\x61\x03\xb7", 5);
    assert_true(has_children());
    plug(&world, "\xcd\x1a\xf2\x1e\x51");
    look(watch, 200, &result);
    assert_int_equal(result.error, 0);
    assert_memory_equal(result.receiver.bksv, "\xcd\x1a\xf2\x1e\x51", 5);
    close_watch(&watch);
    assert_null(watch);
    receiver_watch_close(&watch);
    assert_int_equal(open_descriptors(), before);
    end(&world);
}

static void tells_why_it_cannot(void) {
    struct world world;
    struct receiver_result result;
    begin(&world);
    struct receiver_watch *watch = receiver_watch_open(CONNECTOR, &world.system);
    look(watch, 1, &result);
    assert_int_equal(result.error, ENODEV);
    add_aux(&world, CONNECTOR, "drm_dp_aux0", "AUX A\n");
    look(watch, 2, &result);
    assert_int_equal(result.error, ENOENT);
    make_file(in(world.dev, "drm_dp_aux0"), "short");
    look(watch, 3, &result);
    assert_int_equal(result.error, EIO);
    if (geteuid() != 0) {
        assert_int_equal(chmod(in(world.dev, "drm_dp_aux0"), 0), 0);
        look(watch, 4, &result);
        assert_int_equal(result.error, EACCES);
        assert_int_equal(unlink(in(world.dev, "drm_dp_aux0")), 0);
    }
    plug(&world, "\x14\xf7\x61\x03\xb7"); /* and then it can */
    look(watch, 5, &result);
    assert_int_equal(result.error, 0);
    close_watch(&watch);
    world.system.program = "/nonexistent/copp-read-receiver";
    watch = receiver_watch_open(CONNECTOR, &world.system);
    look(watch, 6, &result);
    assert_int_equal(result.error, ECHILD);
    close_watch(&watch);
    end(&world);
}

/* What opens a pipe that nobody writes to waits, as one that reads a bus which hangs. */
static void hang(const struct world *world) {
    assert_int_equal(mkfifo(in(world->dev, "drm_dp_aux0"), 0600), 0);
}

static void a_bus_that_hangs_costs_its_own_answer(void) {
    struct world world;
    struct receiver_result result;
    begin(&world);
    add_aux(&world, CONNECTOR, "drm_dp_aux0", "AUX A\n");
    add_aux(&world, "card0-DP-2", "drm_dp_aux1", "AUX B\n");
    make_file(in(world.dev, "drm_dp_aux1"), "short");
    hang(&world);
    struct receiver_watch *stuck = receiver_watch_open(CONNECTOR, &world.system);
    struct receiver_watch *other = receiver_watch_open("card0-DP-2", &world.system);
    assert_true(receiver_watch_request(stuck, 100));
    look(other, 100, &result);
    assert_int_equal(result.error, EIO);
    assert_true(receiver_watch_busy(stuck));
    assert_false(receiver_watch_take(stuck, &result));
    for (unsigned i = 0; i < 100; i++)
        assert_true(receiver_watch_request(stuck, 200 + i)); /* no further process */
    look(other, 300, &result);
    int fd = open(in(world.dev, "drm_dp_aux0"), O_WRONLY); /* it goes on, with nothing that could be read */
    assert_true(fd >= 0);
    assert_true(is_ready(stuck, 10000));
    assert_true(receiver_watch_take(stuck, &result));
    assert_int_not_equal(result.error, 0);
    assert_int_equal(result.asked_ms, 100); /* whoever takes it knows how old it is */
    assert_int_equal(close(fd), 0);
    receiver_watch_close(&stuck);
    close_watch(&other);
    end(&world);
}

static uint64_t milliseconds(void) {
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Closing waits 100 ms at most for the process that it kills. One that lives longer is not waited for (a machine may be that busy). */
static void closing_reaps_the_process(void) {
    struct world world;
    begin(&world);
    add_aux(&world, CONNECTOR, "drm_dp_aux0", "AUX A\n");
    world.system.program = "/bin/cat"; /* not one that a sanitizer traces at its end */
    struct receiver_watch *watch = receiver_watch_open(CONNECTOR, &world.system);
    assert_true(receiver_watch_request(watch, 1));
    assert_true(has_children());
    uint64_t start = milliseconds();
    receiver_watch_close(&watch);
    assert_true(!has_children() || milliseconds() - start >= 100);
    end(&world);
}

static void closing_leaves_nothing_of_one_that_hangs(void) {
    struct world world;
    begin(&world);
    unsigned before = open_descriptors();
    add_aux(&world, CONNECTOR, "drm_dp_aux0", "AUX A\n");
    hang(&world);
    struct receiver_watch *watch = receiver_watch_open(CONNECTOR, &world.system);
    assert_true(receiver_watch_request(watch, 100));
    assert_true(has_children());
    close_watch(&watch);
    assert_int_equal(open_descriptors(), before);
    end(&world);
}

/* Somebody kills it (a shortage of memory): the answer is empty, and the next one comes from another. */
static void a_process_that_ends_is_replaced(void) {
    struct world world;
    struct receiver_result result;
    siginfo_t info = {0};
    begin(&world);
    add_aux(&world, CONNECTOR, "drm_dp_aux0", "AUX A\n");
    hang(&world);
    struct receiver_watch *watch = receiver_watch_open(CONNECTOR, &world.system);
    assert_true(receiver_watch_request(watch, 100));
    FILE *children = fopen("/proc/thread-self/children", "r");
    assert_non_null(children);
    int pid = 0;
    assert_int_equal(fscanf(children, "%d", &pid), 1);
    assert_int_equal(fclose(children), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_true(is_ready(watch, 10000));
    assert_true(receiver_watch_take(watch, &result));
    assert_int_equal(result.error, ECHILD);
    assert_false(has_children());
    assert_int_equal(unlink(in(world.dev, "drm_dp_aux0")), 0);
    plug(&world, "\x14\xf7\x61\x03\xb7");
    look(watch, 200, &result);
    assert_int_equal(result.error, 0);
    close_watch(&watch);
    end(&world);
}

/* A program whose answer is invalid, and that goes on for a while. */
static struct receiver_watch *watch_of(struct world *world, const char *program) {
    begin(world);
    add_aux(world, CONNECTOR, "drm_dp_aux0", "AUX A\n");
    make_file(in(world->root, "program"), program);
    assert_int_equal(chmod(in(world->root, "program"), 0700), 0);
    world->system.program = in(world->root, "program");
    return receiver_watch_open(CONNECTOR, &world->system);
}

static void await_no_children(struct receiver_watch *watch) {
    struct receiver_result result;
    for (unsigned looks = 0; has_children(); looks++) {
        assert_true(looks < 5000);
        assert_false(receiver_watch_take(watch, &result));
        (void)poll(NULL, 0, 2);
    }
}

/* Whoever takes results reaps it when it has ended, and waits for nothing. */
static void what_ends_late_is_reaped(void) {
    struct world world;
    struct receiver_result result;
    struct receiver_watch *watch = watch_of(&world, "#!/bin/sh\necho no >&0\nexec sleep 1\n");
    unsigned before = open_descriptors();
    kills_are_held = true;
    look(watch, 100, &result);
    assert_int_equal(result.error, ECHILD);
    assert_true(has_children());
    kills_are_held = false;
    await_no_children(watch);
    assert_int_equal(open_descriptors(), before);
    close_watch(&watch);
    end(&world);
}

static unsigned count_children(void) {
    FILE *children = fopen("/proc/thread-self/children", "r");
    unsigned count = 0;
    int pid;
    assert_non_null(children);
    while (fscanf(children, "%d", &pid) == 1)
        count++;
    assert_int_equal(fclose(children), 0);
    return count;
}

/* As many as hang are not made more. */
static void no_more_than_some_hang(void) {
    struct world world;
    struct receiver_result result;
    struct receiver_watch *watch = watch_of(&world, "#!/bin/sh\necho no >&0\nread line\nexec sleep 2\n");
    kills_are_held = true;
    for (unsigned i = 0; i < 12; i++)
        look(watch, 100 + i, &result);
    assert_int_equal(result.error, ECHILD);
    assert_true(count_children() <= 4);
    kills_are_held = false;
    await_no_children(watch);
    close_watch(&watch);
    end(&world);
}

/* It is killed though nothing but its number is known. */
static void without_pidfds_it_is_killed_and_reaped(void) {
    struct world world;
    struct receiver_result result;
    without_pidfds = true;
    struct receiver_watch *watch = watch_of(&world, "#!/bin/sh\necho no >&0\nexec sleep 1000\n");
    look(watch, 100, &result);
    assert_int_equal(result.error, ECHILD);
    await_no_children(watch);
    without_pidfds = false;
    close_watch(&watch);
    end(&world);
}

/* A host that reaps every child it finds, and one that ignores them. */
static void a_host_may_reap_all_children(void) {
    struct world world;
    struct receiver_result result;
    begin(&world);
    add_aux(&world, CONNECTOR, "drm_dp_aux0", "AUX A\n");
    plug(&world, "\x14\xf7\x61\x03\xb7");
    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    struct receiver_watch *watch = receiver_watch_open(CONNECTOR, &world.system);
    look(watch, 1, &result);
    assert_int_equal(result.error, 0);
    close_watch(&watch);
    assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
    end(&world);
}

/* It has none of its host's files: what it keeps open would live as long as a bus hangs. */
static void the_process_holds_nothing_of_its_host(void) {
    struct world world;
    char pipe_is_closed;
    int ends[2];
    begin(&world);
    add_aux(&world, CONNECTOR, "drm_dp_aux0", "AUX A\n");
    hang(&world);
    assert_int_equal(pipe(ends), 0); /* without O_CLOEXEC, as a host's library may have them */
    struct receiver_watch *watch = receiver_watch_open(CONNECTOR, &world.system);
    assert_true(receiver_watch_request(watch, 100));
    assert_int_equal(close(ends[1]), 0);
    struct pollfd fd = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 10000), 1);
    assert_int_equal(read(ends[0], &pipe_is_closed, 1), 0);
    assert_true(receiver_watch_busy(watch));
    assert_int_equal(close(ends[0]), 0);
    close_watch(&watch);
    end(&world);
}

static void a_name_that_is_too_long_is_refused(void) {
    char name[100];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = 0;
    assert_null(receiver_watch_open(name, NULL));
}

static const struct test_case cases[] = {
    TEST(hdmi_is_found_by_its_ddc_link, ""),
    TEST(displayport_is_found_by_its_channel, ""),
    TEST(what_is_behind_a_hub_is_not_found, "APP-1 APP-2"),
    TEST(nothing_else_is_a_bus, ""),
    TEST(is_read_again_and_again, ""),
    TEST(tells_why_it_cannot, ""),
    TEST(a_bus_that_hangs_costs_its_own_answer, ""),
    TEST(closing_reaps_the_process, ""),
    TEST(closing_leaves_nothing_of_one_that_hangs, ""),
    TEST(a_process_that_ends_is_replaced, ""),
    TEST(what_ends_late_is_reaped, ""),
    TEST(no_more_than_some_hang, ""),
    TEST(without_pidfds_it_is_killed_and_reaped, ""),
    TEST(a_host_may_reap_all_children, ""),
    TEST(the_process_holds_nothing_of_its_host, ""),
    TEST(a_name_that_is_too_long_is_refused, ""),
};

int main(void) {
    return RUN_SUITE("receiver_watch", cases);
}
