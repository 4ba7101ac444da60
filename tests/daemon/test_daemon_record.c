/*
 * Recordings of coppd's sessions: whose sessions who hears, what descriptors are taken, and that coppd waits for nobody who records. peers.c makes the
 * users.
 */
#include <endian.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conformance/decode/decode.h"
#include "daemon_kit.h"
#include "peers.h"

#define RECORD 9u
#define RECORD_BODY 8u
#define ALICE 60001u /* user ids */
#define BOB 60002u
#define ROOT 0u
#define HEARD_MAX (8u * 1024u * 1024u)

struct world {
    struct kit kit;
    struct peers *peers;
};

static void world_begin(struct world *world) {
    char path[KIT_PATH + 8];
    memset(world, 0, sizeof *world);
    kit_make(&world->kit, "");
    (void)snprintf(path, sizeof path, "%s/peers", world->kit.directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, sizeof *world->peers), 0);
    world->peers = mmap(NULL, sizeof *world->peers, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(world->peers, MAP_FAILED);
    (void)close(fd);
    assert_int_equal(setenv("COPP_TEST_PEERS", path, 1), 0);
    world->kit.preload = COPP_PEERS;
    kit_start(&world->kit);
}

static void world_end(struct world *world) {
    kit_end(&world->kit);
    assert_int_equal(munmap(world->peers, sizeof *world->peers), 0);
}

/* Whoever connects from now on is that user. */
static void become(struct world *world, uid_t uid) {
    world->peers->processes[0].uid = uid;
    world->peers->processes[0].pid = getpid();
}

static struct copp_socket *connect_as(struct world *world, uid_t uid) {
    struct copp_socket *connection;
    struct copp_socket_connector told = {.size = sizeof told};
    const struct copp_socket_config config = {.size = sizeof config, .path = world->kit.socket, .answer_ms = 20000};
    become(world, uid);
    assert_int_equal(copp_socket_connect(&config, &connection), COPP_OK);
    assert_int_equal(copp_socket_connector(connection, 0, &told), COPP_OK); /* it has been accepted */
    return connection;
}

static struct copp_socket *record_as(struct world *world, uid_t uid, uint32_t flags, int *fd) {
    struct copp_socket *connection = connect_as(world, uid);
    assert_int_equal(copp_socket_record(connection, flags, fd), COPP_OK);
    return connection;
}

static void play_as(struct world *world, uid_t uid) {
    struct player player;
    become(world, uid);
    player_begin(&world->kit, "HDMI-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, COPP_PROTECTION_TYPE_HDCP, 1), COPP_OK);
    assert_int_equal(player_global(&player, COPP_PROTECTION_TYPE_HDCP), 1);
    player_end(&player);
}

/* --- what was heard --- */

struct heard {
    uint8_t *bytes;
    size_t size;
    struct recording_file file;
};

/* All that has come by the time that coppd has served what was sent before. */
static void hear_on(struct world *world, int fd, bool continued, struct heard *heard) {
    struct copp_socket *last = connect_as(world, BOB);
    ssize_t got;
    heard->bytes = malloc(HEARD_MAX);
    assert_non_null(heard->bytes);
    heard->size = continued ? recording_begin("", "", heard->bytes) : 0; /* the beginning has come before */
    while ((got = recv(fd, heard->bytes + heard->size, HEARD_MAX - heard->size, MSG_DONTWAIT)) > 0)
        heard->size += (size_t)got;
    assert_int_equal(recording_file_read(heard->bytes, heard->size, &heard->file), COPP_OK);
    assert_null(heard->file.damage);
    assert_int_equal(heard->file.foreign, 0);
    copp_socket_close(&last);
}

static void hear(struct world *world, int fd, struct heard *heard) {
    hear_on(world, fd, false, heard);
}

static void forget(struct heard *heard) {
    recording_file_free(&heard->file);
    free(heard->bytes);
}

static size_t count_sessions(const struct heard *heard) {
    size_t count = 0;
    for (size_t i = 0; i < heard->file.count; i++) {
        const struct recording_message *m = &heard->file.entries[i].message;
        assert_null(heard->file.entries[i].malformed);
        assert_true(m->flags & RECORDING_AT_DRIVER);
        count += m->kind == RECORDING_OPEN && m->direction == RECORDING_REQUEST;
    }
    return count;
}

static void a_session_is_recorded(void) {
    static const enum recording_kind kinds[] = {
        RECORDING_OPEN,           RECORDING_OPEN,           RECORDING_KEY_EXCHANGE, RECORDING_KEY_EXCHANGE,
        RECORDING_SEQUENCE_START, RECORDING_SEQUENCE_START, RECORDING_COMMAND,      RECORDING_COMMAND,
        RECORDING_STATUS,         RECORDING_STATUS,         RECORDING_CLOSE,
    };
    struct world world;
    struct heard heard;
    struct decoded decoded;
    int fd;
    world_begin(&world);
    struct copp_socket *connection = record_as(&world, ALICE, 0, &fd);
    play_as(&world, ALICE);
    kit_wait_sessions(&world.kit, 1);
    hear(&world, fd, &heard);
    assert_int_equal(heard.file.count, sizeof kinds / sizeof kinds[0]);
    for (size_t i = 0; i < heard.file.count; i++)
        assert_int_equal(heard.file.entries[i].message.kind, kinds[i]);
    assert_memory_equal(heard.file.entries[0].message.bytes, "HDMI-1", 6);
    assert_int_equal(heard.file.entries[3].message.size > 4096, true); /* the chain */
    assert_int_equal(heard.file.entries[9].message.size, 4096);
    assert_int_equal(decode(&heard.file, NULL, &decoded), COPP_OK);
    assert_null(decoded.first_broken);
    decoded_free(&decoded);
    forget(&heard);
    (void)close(fd);
    copp_socket_close(&connection);
    world_end(&world);
}

static void others_sessions_are_roots_to_hear(void) {
    struct world world;
    struct heard heard;
    int alice, root, own, none;
    world_begin(&world);
    struct copp_socket *connections[] = {record_as(&world, ALICE, 0, &alice),
                                         record_as(&world, ROOT, COPP_SOCKET_RECORD_ALL, &root), record_as(&world, ROOT, 0, &own),
                                         connect_as(&world, ALICE)};
    assert_int_equal(copp_socket_record(connections[3], COPP_SOCKET_RECORD_ALL, &none), COPP_E_REFUSED);
    assert_int_equal(none, -1);
    play_as(&world, ALICE);
    play_as(&world, BOB);
    kit_wait_sessions(&world.kit, 4);
    hear(&world, alice, &heard);
    assert_int_equal(count_sessions(&heard), 1);
    forget(&heard);
    hear(&world, root, &heard);
    assert_int_equal(count_sessions(&heard), 2);
    forget(&heard);
    hear(&world, own, &heard);
    assert_int_equal(count_sessions(&heard), 0);
    forget(&heard);
    for (size_t i = 0; i < 4; i++)
        copp_socket_close(&connections[i]);
    (void)close(alice);
    (void)close(root);
    (void)close(own);
    world_end(&world);
}

/* --- descriptors --- */

static void send_fds(int fd, uint32_t flags, const int *fds, size_t count) {
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(4 * sizeof(int))];
    } control;
    uint32_t words[5] = {htole32(PROTOCOL_VERSION), htole32(RECORD), 0, htole32(RECORD_BODY), htole32(flags)};
    struct iovec part = {words, sizeof words};
    const struct msghdr message = {.msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = count > 0 ? control.bytes : NULL,
                                   .msg_controllen = count > 0 ? CMSG_SPACE(count * sizeof(int)) : 0};
    memset(&control, 0, sizeof control);
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
    if (count > 0)
        memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
    assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), sizeof words);
}

static uint32_t answer(int fd) {
    uint8_t bytes[256];
    uint32_t status;
    assert_true(raw_receive(fd, bytes, sizeof bytes) >= 12);
    memcpy(&status, bytes + 8, sizeof status);
    return le32toh(status);
}

static uint32_t record_status(int fd, uint32_t flags, const int *fds, size_t count) {
    send_fds(fd, flags, fds, count);
    return answer(fd);
}

/* A socket that is connected to one with a name, or with another kind of name. */
static int connected(int type, const struct sockaddr *name, socklen_t size, int *listener) {
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    *listener = socket(name->sa_family, type | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*listener, name, size), 0);
    assert_int_equal(listen(*listener, 4), 0);
    assert_int_equal(getsockname(*listener, (struct sockaddr *)&bound, &length), 0);
    int fd = socket(name->sa_family, type | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&bound, length), 0);
    return fd;
}

#define UNTIL(condition)                                                                                                         \
    for (uint64_t deadline_ms = clock_ms() + 20000; !(condition); sleep_ms(2))                                                   \
    assert_true(clock_ms() < deadline_ms)

struct odd {
    const char *what;
    int fd;
};

static size_t make_odd(struct world *world, struct odd *odd, int *rest) {
    static const struct sockaddr_in any = {.sin_family = AF_INET};
    struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0copp-test-record"};
    char path[KIT_PATH + 8];
    int pair[2];
    size_t n = 0, r = 0;
    (void)snprintf(path, sizeof path, "%s/file", world->kit.directory);
    odd[n++] = (struct odd){"a file", open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    odd[n++] = (struct odd){"a path", open(path, O_PATH | O_CLOEXEC)};
    odd[n++] = (struct odd){"a directory", open("/", O_RDONLY | O_CLOEXEC)};
    odd[n++] = (struct odd){"a device", open("/dev/null", O_RDWR | O_CLOEXEC)};
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    odd[n++] = (struct odd){"a pipe", pair[1]};
    rest[r++] = pair[0];
    odd[n++] = (struct odd){"an epoll", epoll_create1(EPOLL_CLOEXEC)};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    odd[n++] = (struct odd){"a stream", pair[1]};
    rest[r++] = pair[0];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
    odd[n++] = (struct odd){"datagrams", pair[1]};
    rest[r++] = pair[0];
    odd[n++] = (struct odd){"a socket that is not connected", socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    odd[n++] = (struct odd){"a service's socket",
                            connected(SOCK_SEQPACKET, (const struct sockaddr *)&abstract, sizeof abstract, &rest[r++])};
    odd[n++] = (struct odd){"a service's own end", accept4(rest[r - 1], NULL, NULL, SOCK_CLOEXEC)};
    odd[n++] = (struct odd){"a listening socket", dup(rest[r - 1])};
    odd[n++] = (struct odd){"TCP", connected(SOCK_STREAM, (const struct sockaddr *)&any, sizeof any, &rest[r++])};
    odd[n++] = (struct odd){"coppd's own", raw_connect(&world->kit)};
    rest[r] = -1;
    return n;
}

/* None is written to, and none stays. */
static void odd_descriptors_are_refused(void) {
    struct world world;
    struct odd odd[24];
    int rest[24], pair[2], two[2];
    world_begin(&world);
    become(&world, ALICE);
    size_t count = make_odd(&world, odd, rest);
    int fd = raw_connect(&world.kit);
    assert_int_equal(record_status(fd, 0, NULL, 0), COPP_HR_INVALIDARG);
    unsigned files = kit_open_files(&world.kit);
    for (size_t i = 0; i < count; i++) {
        assert_true(odd[i].fd >= 0);
        if (record_status(fd, 0, &odd[i].fd, 1) != COPP_HR_INVALIDARG)
            fail_msg("%s is taken", odd[i].what);
        UNTIL(kit_open_files(&world.kit) == files);
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    two[0] = pair[1];
    two[1] = odd[0].fd;
    assert_int_equal(record_status(fd, 0, two, 2), COPP_HR_INVALIDARG);
    assert_int_equal(record_status(fd, 2, &pair[1], 1), COPP_HR_INVALIDARG); /* an unknown flag */
    assert_int_equal(record_status(fd, COPP_SOCKET_RECORD_ALL, &pair[1], 1), COPP_HR_ACCESSDENIED);
    UNTIL(kit_open_files(&world.kit) == files);
    assert_int_equal(recv(pair[0], two, sizeof two, MSG_DONTWAIT), -1);
    assert_int_equal(record_status(fd, 0, &pair[1], 1), COPP_HR_OK); /* it is not held against anybody */
    for (size_t i = 0; i < count; i++)
        (void)close(odd[i].fd);
    for (size_t i = 0; rest[i] >= 0; i++)
        (void)close(rest[i]);
    (void)close(pair[0]);
    (void)close(pair[1]);
    (void)close(fd);
    world_end(&world);
}

/* A socket whose closing waits for its receiver, here for an hour. */
static int lingering(int *listener) {
    static const struct sockaddr_in any = {.sin_family = AF_INET};
    static const char bytes[65536];
    const struct linger linger = {.l_onoff = 1, .l_linger = 3600};
    int fd = connected(SOCK_STREAM, (const struct sockaddr *)&any, sizeof any, listener);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    while (send(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        ;
    return fd;
}

/* The last one to close it is coppd. Another user's requests are served meanwhile, and so is this one's. */
static void closing_makes_nobody_wait(void) {
    struct world world;
    int listener, others, pair[2];
    world_begin(&world);
    become(&world, ALICE);
    int fd = raw_connect(&world.kit);
    int slow = lingering(&listener);
    assert_int_equal(record_status(fd, 0, NULL, 0), COPP_HR_INVALIDARG);
    unsigned files = kit_open_files(&world.kit);
    assert_int_equal(kill(world.kit.pid, SIGSTOP), 0); /* so that ours is not the last one, which would take the hour */
    send_fds(fd, 0, &slow, 1);
    (void)close(slow);
    assert_int_equal(kill(world.kit.pid, SIGCONT), 0);
    assert_int_equal(answer(fd), COPP_HR_INVALIDARG); /* raw_receive waits 20 seconds, and closing would take an hour */
    UNTIL(kit_open_files(&world.kit) == files); /* its place in the table is free at once; closing it goes on */
    play_as(&world, BOB);
    become(&world, ALICE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(record_status(fd, 0, &pair[1], 1), COPP_HR_INVALIDARG); /* until then nothing more is taken from this user */
    struct copp_socket *connection = record_as(&world, BOB, 0, &others); /* but from others */
    copp_socket_close(&connection);
    (void)close(others);
    (void)close(listener); /* what waits there is given up */
    become(&world, ALICE);
    UNTIL(record_status(fd, 0, &pair[1], 1) == COPP_HR_OK);
    (void)close(pair[0]);
    (void)close(pair[1]);
    (void)close(fd);
    world_end(&world);
}

enum way { DROPPED_BY_KERNEL, IN_RECORDED_SOCKET, UNREAD };

/* Ours is never the last reference. */
static void leave_slow(struct world *world, enum way way, int slow, int more) {
    int pair[2];
    int fd = raw_connect(&world->kit);
    const int both[] = {slow, more}; /* one is wanted at most, and closed in a thread */
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    if (way == IN_RECORDED_SOCKET) {
        send_fds(pair[0], 0, both, 2);
        assert_int_equal(record_status(fd, 0, &pair[1], 1), COPP_HR_OK);
        (void)close(pair[1]);
    } else {
        assert_int_equal(kill(world->kit.pid, SIGSTOP), 0);
        for (int i = 0; i < 3; i++)
            send_fds(fd, 0, both, way == DROPPED_BY_KERNEL || i == 2 ? 2 : 0);
    }
    (void)close(slow);
    (void)close(more);
    if (way == UNREAD)
        (void)close(fd);
    assert_int_equal(kill(world->kit.pid, SIGCONT), 0);
    if (way != UNREAD)
        (void)close(fd);
    (void)close(pair[0]);
}

/* What lies in a socket is closed with it, and what comes along with a packet when it is dropped: by coppd's one thread, and for an hour. */
static void what_is_dropped_makes_nobody_wait(void) {
    struct world world;
    int listeners[6];
    world_begin(&world);
    for (enum way way = DROPPED_BY_KERNEL; way <= UNREAD; way++) {
        become(&world, ALICE + 10 + way); /* what one has in closing is not held against another */
        leave_slow(&world, way, lingering(&listeners[way]), lingering(&listeners[3 + way]));
        play_as(&world, BOB); /* each answer is waited for for 20 seconds */
    }
    for (size_t i = 0; i < 6; i++)
        (void)close(listeners[i]);
    world_end(&world);
}

/* --- who does not read --- */

static uint32_t count_missing(const struct heard *heard) {
    uint32_t missing = 0;
    for (size_t i = 0; i < heard->file.count; i++) {
        const struct recording_message *m = &heard->file.entries[i].message;
        if (m->kind == RECORDING_DROPPED)
            missing += (uint32_t)m->bytes[0] | (uint32_t)m->bytes[1] << 8;
    }
    return missing;
}

/* It misses messages, is told how many, and nobody else notices anything. */
static void what_does_not_fit_is_told(void) {
    struct world world;
    struct heard first, second;
    struct player player;
    int fd;
    world_begin(&world);
    struct copp_socket *connection = record_as(&world, ALICE, 0, &fd);
    player_begin(&world.kit, "HDMI-1", &player);
    for (unsigned i = 0; i < 1000; i++) /* 8 MB and more, and a socket's buffer has less */
        assert_int_equal(player_global(&player, COPP_PROTECTION_TYPE_HDCP), 0);
    hear(&world, fd, &first);
    assert_int_equal(count_missing(&first), 0);
    become(&world, ALICE);
    assert_int_equal(player_global(&player, COPP_PROTECTION_TYPE_HDCP), 0);
    player_end(&player);
    kit_wait_sessions(&world.kit, 1);
    hear_on(&world, fd, true, &second);
    uint32_t missing = count_missing(&second);
    size_t told = first.file.count + second.file.count - 1; /* without the note itself */
    assert_true(missing > 0);
    assert_int_equal(told + missing, 6 + 2000 + 2 + 1);
    assert_int_equal(second.file.entries[0].message.kind, RECORDING_DROPPED);
    forget(&first);
    forget(&second);
    (void)close(fd);
    copp_socket_close(&connection);
    world_end(&world);
}

static void who_closes_records_no_more(void) {
    struct world world;
    int fd;
    uint8_t byte;
    world_begin(&world);
    struct copp_socket *connection = connect_as(&world, ALICE);
    unsigned files = kit_open_files(&world.kit);
    assert_int_equal(copp_socket_record(connection, 0, &fd), COPP_OK);
    assert_int_equal(kit_open_files(&world.kit), files + 1);
    (void)close(fd);
    play_as(&world, ALICE);
    UNTIL(recv(copp_socket_fd(connection), &byte, 1, MSG_DONTWAIT) == 0); /* coppd has ended the connection */
    UNTIL(kit_open_files(&world.kit) < files);
    copp_socket_close(&connection);
    connection = record_as(&world, ALICE, 0, &fd);
    copp_socket_close(&connection);
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    UNTIL(poll(&ended, 1, 0) == 1 && (ended.revents & POLLHUP));
    (void)close(fd);
    world_end(&world);
}

static void one_thing_a_connection(void) {
    struct world world;
    int pair[2];
    int fds[5];
    world_begin(&world);
    become(&world, ALICE);
    int fd = raw_connect(&world.kit);
    uint8_t bytes[64];
    static const uint8_t open_one[12 + 76] = RAW_OPEN("HDMI-1");
    assert_int_equal(send(fd, open_one, sizeof open_one, 0), sizeof open_one);
    assert_int_equal(raw_receive(fd, bytes, sizeof bytes), RAW_OPENED_SIZE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(record_status(fd, 0, &pair[1], 1), COPP_HR_UNEXPECTED);
    (void)close(fd);
    for (size_t i = 0; i < 5; i++) {
        fds[i] = raw_connect(&world.kit);
        send_fds(fds[i], 0, &pair[1], 1);
        if (i < 4)
            assert_int_equal(answer(fds[i]), COPP_HR_OK);
    }
    raw_disconnect(fds[4], 4); /* as many as a user may have */
    raw_send(fds[0], PROTOCOL_VERSION, 1, 0, 4);
    raw_disconnect(fds[0], 1); /* it carries nothing else */
    for (size_t i = 0; i < 5; i++)
        (void)close(fds[i]);
    (void)close(pair[0]);
    (void)close(pair[1]);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(a_session_is_recorded, ""),
    TEST(others_sessions_are_roots_to_hear, ""),
    TEST(odd_descriptors_are_refused, ""),
    TEST(closing_makes_nobody_wait, ""),
    TEST(what_is_dropped_makes_nobody_wait, ""),
    TEST(what_does_not_fit_is_told, ""),
    TEST(who_closes_records_no_more, ""),
    TEST(one_thing_a_connection, ""),
};

int main(void) {
    return RUN_SUITE("daemon_record", cases);
}
