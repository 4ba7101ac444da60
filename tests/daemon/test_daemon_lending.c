/*
 * Graphics cards that are lent to coppd, and whatever else is sent along: coppd is a process of its own on a card made by umockdev. The
 * file that coppd gets is another one of the same card (lent.c), and becomes its master when the test's own gives that up.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xf86drm.h>

#include "../outputs/fake_drm.h"
#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define OUTPUT "card0-HDMI-A-1"
#define CARD "/dev/dri/card0"
#define ADOPT 8u
#define ADOPT_BODY 40u /* size, flags, the owner's name */
#define ADOPTED_SIZE (12u + 76u)
#define FDS_MAX 253u /* as many as the kernel lets through */

struct world {
    struct fake_drm *drm;
    struct kit kit;
    int card; /* the owner's file */
};

/* user: what coppd takes everybody for; NULL: root */
static void world_begin(struct world *world, const char *user, const char *more) {
    char text[128];
    char preload[1024];
    *world = (struct world){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true})};
    (void)snprintf(text, sizeof text, "[outputs]\nbackend = kms\n%s", more);
    (void)snprintf(preload, sizeof preload, "%s:%s", COPP_LENT, getenv("LD_PRELOAD"));
    kit_make(&world->kit, text);
    world->kit.preload = preload;
    (void)setenv("COPP_TEST_USER", user ? user : "0", 1);
    kit_start(&world->kit);
    world->kit.preload = NULL;
    world->card = open(CARD, O_RDWR | O_CLOEXEC);
    assert_int_equal(drmIsMaster(world->card), 1);
}

static void world_end(struct world *world) {
    kit_end(&world->kit);
    (void)close(world->card);
    const struct fake_card *card = fake_drm_hold(world->drm);
    assert_int_equal(card->connectors[FAKE_HDMI].protection_value, 0);
    assert_false(card->too_bold);
    assert_false(card->probed);
    fake_drm_release(world->drm);
    fake_drm_free(&world->drm);
}

/* How many files coppd has open on the card: its own, and what it was lent. */
static unsigned cards_of(struct world *world) {
    char own[64];
    char node[256];
    unsigned count = 0;
    (void)snprintf(own, sizeof own, "/proc/self/fd/%d", world->card);
    ssize_t length = readlink(own, node, sizeof node);
    assert_true(length > 0);
    for (int fd = 0; fd < 256; fd++) {
        char path[64];
        char target[256];
        (void)snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)world->kit.pid, fd);
        count += readlink(path, target, sizeof target) == length && memcmp(node, target, (size_t)length) == 0;
    }
    return count;
}

static struct copp_socket *connect_to(struct world *world) {
    struct copp_socket *connection;
    const struct copp_socket_config config = {.size = sizeof config, .path = world->kit.socket, .answer_ms = 20000};
    assert_int_equal(copp_socket_connect(&config, &connection), COPP_OK);
    return connection;
}

static enum copp_result lend(struct copp_socket *connection, int card, const int *owner, struct copp_socket_loan *loan) {
    const struct copp_socket_lend what = {
        .size = sizeof what, .card_fd = card, .owner_fd = owner, .owner_name = owner ? "testlord" : NULL};
    return copp_socket_adopt(connection, &what, loan);
}

#define UNTIL(condition)                                                                                                         \
    for (uint64_t deadline_ms = clock_ms() + 20000; !(condition); sleep_ms(2))                                                   \
    assert_true(clock_ms() < deadline_ms)

static unsigned writes_of(struct world *world) {
    unsigned writes = fake_drm_hold(world->drm)->connectors[FAKE_HDMI].writes;
    fake_drm_release(world->drm);
    return writes;
}

/* Once it has been tried out. */
static void lend_as_master(struct world *world, struct copp_socket *connection, const int *owner) {
    struct copp_socket_loan loan = {.size = sizeof loan};
    assert_int_equal(drmDropMaster(world->card), 0);
    assert_int_equal(lend(connection, world->card, owner, &loan), COPP_OK);
    assert_string_equal(loan.card, "card0");
    assert_int_equal(loan.connectors, 2);
    UNTIL(writes_of(world) == 2);
    assert_int_equal(copp_socket_adopted(connection), COPP_OK);
    assert_int_equal(cards_of(world), 2);
}

static void protect(struct world *world, struct player *player) {
    player_begin(&world->kit, OUTPUT, player);
    fake_drm_hold(world->drm)->enable_at_once = true;
    fake_drm_release(world->drm);
    assert_int_equal(copp_session_set_protection_level(player->session, HDCP, 1), COPP_OK);
    assert_int_equal(fake_drm_protection(world->drm, FAKE_HDMI), 2);
}

/* Given back: whoever relied on it knows, nothing is left, and no copy keeps the owner master. */
static void given_back(struct world *world, struct player *player, uint64_t began) {
    player_loses(player, HDCP, began);
    UNTIL(fake_drm_protection(world->drm, FAKE_HDMI) == 0);
    UNTIL(cards_of(world) == 1);
    player_end(player);
}

static void is_lent(void) {
    struct world world;
    struct player player;
    world_begin(&world, NULL, "");
    struct copp_socket *connection = connect_to(&world);
    lend_as_master(&world, connection, NULL);
    protect(&world, &player);
    assert_int_equal(copp_socket_adopted(connection), COPP_OK);
    uint64_t began = clock_ms();
    copp_socket_close(&connection);
    given_back(&world, &player, began);
    world_end(&world);
}

/* It says nothing any more: the kernel does. */
static void the_lender_is_killed(void) {
    struct world world;
    struct player player;
    world_begin(&world, NULL, "");
    assert_int_equal(drmDropMaster(world.card), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct copp_socket *connection = connect_to(&world);
        if (lend(connection, world.card, NULL, NULL))
            _exit(1);
        for (;;)
            (void)pause();
    }
    UNTIL(writes_of(&world) == 2);
    protect(&world, &player);
    uint64_t began = clock_ms();
    process_kill(pid);
    given_back(&world, &player, began);
    world_end(&world);
}

static pid_t sleeper(int *pidfd) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        for (;;)
            (void)pause();
    }
    *pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    assert_true(*pidfd >= 0);
    return pid;
}

/* The lender stays, and hears of it. */
static void the_owner_is_killed(void) {
    struct world world;
    struct player player;
    int owner;
    world_begin(&world, NULL, "");
    struct copp_socket *connection = connect_to(&world);
    pid_t pid = sleeper(&owner);
    lend_as_master(&world, connection, &owner);
    protect(&world, &player);
    uint64_t began = clock_ms();
    process_kill(pid);
    given_back(&world, &player, began);
    struct pollfd end = {.fd = copp_socket_fd(connection), .events = POLLIN};
    assert_int_equal(poll(&end, 1, 20000), 1);
    assert_int_equal(copp_socket_adopted(connection), COPP_E_NOT_FOUND);
    assert_non_null(strstr(copp_socket_disconnect_reason(connection), "has ended"));
    assert_int_equal(kit_times_said(&world.kit, "card that testlord (pid "), 1);
    copp_socket_close(&connection);
    (void)close(owner);
    world_end(&world);
}

/* As Weston: known before anybody relies on it, and told to who lends. */
static void the_owner_takes_back(void) {
    struct world world;
    world_begin(&world, NULL, "");
    struct copp_socket *connection = connect_to(&world);
    fake_drm_hold(world.drm)->taken_back = 1000;
    fake_drm_release(world.drm);
    assert_int_equal(drmDropMaster(world.card), 0);
    assert_int_equal(lend(connection, world.card, NULL, NULL), COPP_OK);
    struct pollfd end = {.fd = copp_socket_fd(connection), .events = POLLIN};
    assert_int_equal(poll(&end, 1, 20000), 1);
    assert_int_equal(copp_socket_adopted(connection), COPP_E_FAILED);
    assert_int_equal(copp_socket_adopted(connection), COPP_E_FAILED); /* as often as one asks */
    kit_wait_said(&world.kit, "undoes the HDCP", 1);
    UNTIL(cards_of(&world) == 1);
    copp_socket_close(&connection);
    world_end(&world);
}

/* Another program that owns the card, under that name. Whoever is this test's may take its open files. */
static pid_t owner_begin(struct world *world) {
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)prctl(PR_SET_NAME, "testlord");
        (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
        (void)write(ready[1], &byte, 1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    assert_int_equal(drmDropMaster(world->card), 0);
    return pid;
}

/* copp lend of an owner's card; what it says is in text. Its exit status. */
static int copp_lend(struct world *world, pid_t owner, const char *arguments, char *text, size_t size) {
    char command[1024];
    (void)snprintf(command, sizeof command,
                   "COPP_TEST_LENDS=1 LD_PRELOAD=%s:%s " COPP_TOOL " lend --device unix:%s --pid %ld %s 2>&1", COPP_LENT,
                   getenv("LD_PRELOAD"), world->kit.socket, (long)owner, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    text[fread(text, 1, size - 1, pipe)] = 0;
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The command ends by itself, says whose habit it is, and what to do. test_lending.c has by when. */
static void copp_lend_names_who_takes_back(void) {
    for (unsigned json = 0; json < 2; json++) {
        struct world world;
        char text[2048];
        char wanted[128];
        world_begin(&world, NULL, "");
        fake_drm_hold(world.drm)->taken_back = 1000;
        fake_drm_release(world.drm);
        pid_t owner = owner_begin(&world);
        assert_int_equal(copp_lend(&world, owner, json ? "--json" : "", text, sizeof text), 1);
        (void)snprintf(wanted, sizeof wanted, "testlord (pid %ld) undoes the HDCP that coppd switches on", (long)owner);
        const char *lent = strstr(text, json ? "\"event\":\"lent\"" : "card0: lent to coppd; testlord (pid ");
        const char *back = strstr(text, wanted);
        if (!lent || !back || back < lent || !strstr(back, "(libcopp-wayland): see docs/outputs.md"))
            fail_msg("not \"%s\": %s", wanted, text);
        assert_int_equal(writes_of(&world), 2); /* it was tried out, and nobody has relied on it */
        UNTIL(cards_of(&world) == 1);
        process_kill(owner);
        world_end(&world);
    }
}

/* A packet with descriptors. */
static void send_fds(int fd, uint32_t type, size_t body, const int *fds, size_t count) {
    static uint8_t bytes[12 + 4096];
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control;
    const uint32_t words[4] = {htole32(PROTOCOL_VERSION), htole32(type), 0, htole32((uint32_t)body)};
    memset(bytes, 0, sizeof bytes);
    memset(&control, 0, sizeof control);
    memcpy(bytes, words, type == ADOPT ? 16 : 12);
    struct iovec part = {bytes, 12 + body};
    const struct msghdr message = {.msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = count ? control.bytes : NULL,
                                   .msg_controllen = count ? CMSG_SPACE(count * sizeof(int)) : 0};
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
    for (size_t i = 0; i < count; i++)
        memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &fds[i], sizeof(int));
    assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), 12 + body);
}

static uint32_t status_of(int fd, size_t *size) {
    uint8_t bytes[256];
    uint32_t status;
    *size = raw_receive(fd, bytes, sizeof bytes);
    assert_true(*size >= 12);
    memcpy(&status, bytes + 8, sizeof status);
    return le32toh(status);
}

static uint32_t adopt_status(int fd, const int *fds, size_t count) {
    size_t size;
    send_fds(fd, ADOPT, ADOPT_BODY, fds, count);
    uint32_t status = status_of(fd, &size);
    assert_int_equal(size, status == COPP_HR_OK ? ADOPTED_SIZE : 12);
    return status;
}

/* None is left open in coppd, whatever came with what. */
static void descriptors_that_are_of_no_use(void) {
    struct world world;
    int pair[2];
    int many[FDS_MAX];
    size_t size;
    world_begin(&world, NULL, "");
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int others[] = {null, pair[0], open("/proc/self/status", O_RDONLY | O_CLOEXEC), open("/", O_PATH | O_CLOEXEC)};
    for (size_t i = 0; i < FDS_MAX; i++)
        many[i] = null;
    int fd = raw_connect(&world.kit);
    assert_int_equal(adopt_status(fd, NULL, 0), COPP_HR_INVALIDARG);
    unsigned before = kit_open_files(&world.kit);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(adopt_status(fd, &others[i], 1), COPP_HR_INVALIDARG);
    assert_int_equal(adopt_status(fd, (const int[]){world.card, null}, 2), COPP_HR_INVALIDARG); /* nobody's pidfd */
    assert_int_equal(adopt_status(fd, (const int[]){world.card, null, null}, 3), COPP_HR_INVALIDARG);
    const int owner = (int)syscall(SYS_pidfd_open, getpid(), 0);
    assert_true(owner >= 0);
    assert_int_equal(adopt_status(fd, (const int[]){world.card, owner, null}, 3), COPP_HR_INVALIDARG); /* one too many */
    (void)close(owner);
    assert_int_equal(adopt_status(fd, many, FDS_MAX), COPP_HR_INVALIDARG);
    for (unsigned i = 0; i < 100; i++) {
        send_fds(fd, 1, 4, many, FDS_MAX);
        assert_int_equal(status_of(fd, &size), COPP_HR_OK);
    }
    assert_int_equal(kit_open_files(&world.kit), before);
    send_fds(fd, 6, 7, many, FDS_MAX); /* malformed as well */
    raw_disconnect(fd, 1);
    (void)close(fd);
    UNTIL(kit_open_files(&world.kit) == before - 1);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        (void)close(others[i]);
    (void)close(pair[1]);
    world_end(&world);
}

static void one_lender_a_card(void) {
    struct world world;
    struct copp_transport *transport;
    world_begin(&world, NULL, "");
    struct copp_socket *first = connect_to(&world);
    struct copp_socket *second = connect_to(&world);
    assert_int_equal(lend(first, world.card, NULL, NULL), COPP_E_STATE); /* the test's own is master, and not the copy */
    lend_as_master(&world, first, NULL);
    assert_int_equal(lend(second, world.card, NULL, NULL), COPP_E_PENDING);
    assert_int_equal(lend(first, world.card, NULL, NULL), COPP_E_REFUSED);
    assert_int_equal(copp_socket_transport_open(&first, OUTPUT, &transport), COPP_E_REFUSED);
    assert_int_equal(copp_socket_watch(first), COPP_E_REFUSED);
    copp_socket_close(&first);
    UNTIL(cards_of(&world) == 1);
    fake_drm_other_master(world.drm, "another", 4242); /* else the card, once let go, has no master, and whoever opens it is */
    assert_int_equal(lend(second, world.card, NULL, NULL), COPP_E_STATE); /* the place is free; this file is nobody's */
    copp_socket_close(&second);
    UNTIL(fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* Root, and who is named; of others' descriptors none is even opened. */
static void who_may_lend(void) {
    struct world world;
    world_begin(&world, "4711", "");
    int fd = raw_connect(&world.kit);
    assert_int_equal(adopt_status(fd, &world.card, 1), COPP_HR_ACCESSDENIED);
    (void)close(fd);
    world_end(&world);
    world_begin(&world, "4711", "lenders = nobody, 4711\n");
    struct copp_socket *connection = connect_to(&world);
    lend_as_master(&world, connection, NULL);
    copp_socket_close(&connection);
    UNTIL(cards_of(&world) == 1);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(is_lent, "CMD-4 EVT-1"),
    TEST(the_lender_is_killed, "EVT-1"),
    TEST(the_owner_is_killed, "EVT-1"),
    TEST(the_owner_takes_back, ""),
    TEST(copp_lend_names_who_takes_back, "CMD-4"),
    TEST(descriptors_that_are_of_no_use, ""),
    TEST(one_lender_a_card, ""),
    TEST(who_may_lend, ""),
};

int main(void) {
    return RUN_SUITE("daemon_lending", cases);
}
