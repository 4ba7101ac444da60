/* Wake-ups: who is told that an event waits, how often, and that nobody believes it. */
#include <endian.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define WAKE 0x20000000u
#define PACKET_MAX 81920u

static const struct copp_requirement film = {.size = sizeof film, .hdcp = 1};

static bool readable(int fd, int limit_ms) {
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    return poll(&watched, 1, limit_ms) == 1;
}

static struct copp_poll look(const struct player *player) {
    struct copp_poll seen = {.size = sizeof seen};
    copp_session_poll(player->session, clock_ms(), &seen);
    return seen;
}

static void begin(struct kit *kit, struct player *player) {
    kit_make(kit, "");
    kit_start(kit);
    player_begin(kit, "HDMI-1", player);
    assert_int_equal(copp_session_protect(player->session, &film, clock_ms()), COPP_STOP_NONE);
    assert_int_equal(look(player).state, COPP_POLL_PROTECTED);
    assert_false(readable(copp_session_fd(player->session), 0)); /* nothing has happened */
}

/* Each look takes its wake-up away, and what it finds is what the answers say. */
static void events_wake_their_players(void) {
    struct kit kit;
    struct player player;
    struct player other;
    struct player elsewhere;
    begin(&kit, &player);
    player_begin(&kit, "HDMI-1", &other); /* which holds nothing */
    player_begin(&kit, "DVI-I-1", &elsewhere);
    kit_event(&kit, "mode HDMI-1 720p60");
    assert_true(readable(copp_session_fd(player.session), 20000));
    struct copp_poll seen = look(&player);
    assert_int_equal(seen.state, COPP_POLL_RENEGOTIATE);
    assert_true(seen.events & COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(look(&player).state, COPP_POLL_PROTECTED);
    assert_false(readable(copp_session_fd(player.session), 0));

    kit_event(&kit, "unplug HDMI-1");
    assert_true(readable(copp_session_fd(player.session), 20000));
    seen = look(&player);
    assert_int_equal(seen.stop, COPP_STOP_LINK_LOST);
    assert_false(readable(copp_session_fd(player.session), 0));
    assert_true(readable(copp_session_fd(other.session), 20000)); /* the first event's, and no second one */
    assert_int_equal(player_local(&other, HDCP), 0);
    assert_true(copp_session_take_events(other.session) & COPP_STATUS_LINK_LOST);
    assert_false(readable(copp_session_fd(other.session), 0));
    assert_false(readable(copp_session_fd(elsewhere.session), 0));
    player_end(&elsewhere);
    player_end(&other);
    player_end(&player);
    kit_end(&kit);
}

/* A new device is another connection, and asks for itself (EVT-5). */
static void a_new_device_is_woken_too(void) {
    struct kit kit;
    struct player player;
    begin(&kit, &player);
    const struct copp_session_config config = {.size = sizeof config, .anchor = &kit.anchor, .connector = "HDMI-1"};
    copp_session_free(&player.session);
    assert_int_equal(copp_transport_reopen(player.transport), COPP_OK);
    assert_int_equal(copp_session_new(&config, player.transport, &player.session), COPP_OK);
    assert_int_equal(copp_session_establish(player.session, NULL), COPP_OK);
    assert_false(readable(copp_session_fd(player.session), 0));
    kit_event(&kit, "unplug HDMI-1");
    assert_true(readable(copp_session_fd(player.session), 20000));
    assert_int_equal(player_local(&player, HDCP), 0);
    player_end(&player);
    kit_end(&kit);
}

/* --- packet by packet --- */

static uint32_t next_type(int fd) {
    static uint8_t bytes[PACKET_MAX];
    uint32_t words[3];
    size_t size = raw_receive(fd, bytes, sizeof bytes);
    assert_true(size >= sizeof words);
    memcpy(words, bytes, sizeof words);
    if (le32toh(words[1]) == WAKE)
        assert_true(size == sizeof words && words[2] == 0);
    return le32toh(words[1]);
}

static int open_raw(struct kit *kit, bool asks) {
    char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
    int fd = raw_connect(kit);
    open[16] = asks;
    assert_int_equal(send(fd, open, sizeof open, 0), sizeof open);
    uint8_t answer[RAW_OPENED_SIZE];
    assert_int_equal(raw_receive(fd, answer, sizeof answer), sizeof answer);
    assert_int_equal(answer[16], asks); /* granted */
    return fd;
}

/* kit_event returns once coppd has read it: when it answers another one, what follows from it has been done. */
static void happen(struct kit *kit, const char *event) {
    kit_event(kit, event);
    (void)kit_metric(kit, "copp_sessions ");
}

static void one_at_most_is_unread(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    int asks = open_raw(&kit, true);
    int does_not = open_raw(&kit, false);
    for (int i = 0; i < 3; i++) {
        happen(&kit, "unplug HDMI-1");
        happen(&kit, "plug HDMI-1");
    }
    assert_int_equal(next_type(asks), WAKE);
    assert_false(readable(asks, 0));
    assert_false(readable(does_not, 0));
    raw_send(asks, PROTOCOL_VERSION, 3, 0, 0); /* KeyExchange, which tells no events */
    assert_int_equal(next_type(asks), 3 | 0x80000000u); /* first of all the answer */
    assert_int_equal(next_type(asks), WAKE); /* what waited still waits */
    assert_false(readable(asks, 0));
    happen(&kit, "unplug HDMI-1");
    assert_false(readable(asks, 0));
    raw_send(does_not, PROTOCOL_VERSION, 3, 0, 0);
    assert_int_equal(next_type(does_not), 3 | 0x80000000u);
    assert_false(readable(does_not, 0));
    (void)close(asks);
    (void)close(does_not);
    kit_end(&kit);
}

/* Commands tell no events: what waited before one that took its time waits behind its answer, and is woken for again (CMD-6). */
static void once_more_behind_a_late_answer(void) {
    struct kit kit;
    struct player player;
    int told[2];
    char byte = 0;
    kit_make(&kit, "");
    kit_start(&kit);
    kit_event(&kit, "hdcp-hang HDMI-1 on");
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    if (pid == 0) {
        bool good = player_try(&kit, "HDMI-1", NULL, &player) == COPP_OK && write(told[1], "!", 1) == 1 &&
                    readable(copp_session_fd(player.session), 20000);
        good = good && copp_session_set_protection_level(player.session, HDCP, 1) == COPP_OK &&
               readable(copp_session_fd(player.session), 20000); /* the first one was skipped */
        good = good && player_local(&player, HDCP) == 1 && !readable(copp_session_fd(player.session), 0);
        _exit(write(told[1], good ? "+" : "-", 1) == 1 ? 0 : 1);
    }
    assert_int_equal(read(told[0], &byte, 1), 1);
    kit_event(&kit, "mode HDMI-1 720p60");
    int watcher = raw_connect(&kit);
    raw_send(watcher, PROTOCOL_VERSION, 7, 0, 0);
    for (uint32_t state = 0; state != 3;) { /* until its command is under way */
        uint8_t bytes[256];
        size_t size = raw_receive(watcher, bytes, sizeof bytes);
        if (size == 12 + 52 && bytes[4] == 2)
            state = bytes[12 + 4 + 8 + 12];
    }
    (void)close(watcher);
    kit_event(&kit, "hdcp-hang HDMI-1 off");
    assert_int_equal(read(told[0], &byte, 1), 1);
    assert_int_equal(byte, '+');
    process_kill(pid);
    kit_end(&kit);
}

/* --- somebody in between, who has no key --- */

/* Hands packets on, one at a time, and puts so many wake-ups before each answer. */
static void hand_on(struct kit *kit, int player, unsigned wakes) {
    static uint8_t packet[PACKET_MAX];
    static const uint8_t wake[12] = {PROTOCOL_VERSION, 0, 0, 0, 0, 0, 0, 0x20};
    int coppd = raw_connect(kit);
    for (;;) {
        ssize_t got = recv(player, packet, sizeof packet, 0);
        if (got <= 0 || send(coppd, packet, (size_t)got, MSG_NOSIGNAL) != got)
            _exit(0);
        bool opens = packet[4] == 2;
        do
            got = recv(coppd, packet, sizeof packet, 0);
        while (got == 12 && packet[7] == 0x20); /* coppd's own are kept back */
        for (unsigned i = 0; !opens && i < wakes; i++)
            (void)send(player, wake, sizeof wake, MSG_NOSIGNAL);
        if (got <= 0 || send(player, packet, (size_t)got, MSG_NOSIGNAL) != got)
            _exit(0);
        for (unsigned i = 0; i < wakes / 2; i++) /* and between the calls */
            (void)send(player, wake, sizeof wake, MSG_NOSIGNAL);
    }
}

static pid_t between(struct kit *kit, struct kit *proxy, unsigned wakes) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *proxy = *kit;
    assert_true(snprintf(proxy->socket, sizeof proxy->socket, "%s/between", kit->directory) < (int)sizeof proxy->socket);
    strcpy(address.sun_path, proxy->socket);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        hand_on(kit, accept(fd, NULL, NULL), wakes);
    }
    (void)close(fd);
    return pid;
}

/* A false wake-up before each answer changes nothing of what is believed or of when to look again; nor does it hide anything. */
static void false_ones_are_not_believed(void) {
    struct kit kit;
    struct kit proxy;
    struct player player;
    kit_make(&kit, "");
    kit_start(&kit);
    pid_t pid = between(&kit, &proxy, 1);
    player_begin(&proxy, "HDMI-1", &player);
    assert_int_equal(copp_session_protect(player.session, &film, clock_ms()), COPP_STOP_NONE);
    for (int i = 0; i < 5; i++) {
        struct copp_poll seen = {.size = sizeof seen};
        uint64_t now = clock_ms();
        copp_session_poll(player.session, now, &seen);
        assert_int_equal(seen.state, COPP_POLL_PROTECTED);
        assert_int_equal(seen.events, COPP_STATUS_NORMAL);
        assert_true(seen.deadline_ms <= now + COPP_POLL_MS);
    }
    kit_event(&kit, "hdcp-fail HDMI-1");
    assert_int_equal(look(&player).stop, COPP_STOP_LINK_LOST);
    player_end(&player);
    process_kill(pid);
    kit_end(&kit);
}

/* More than coppd would send: whoever does that is not coppd, and is not listened to. */
static void a_flood_ends_the_session(void) {
    for (unsigned wakes = 2; wakes < 5; wakes++) {
        struct kit kit;
        struct kit proxy;
        struct player player;
        kit_make(&kit, "");
        kit_start(&kit);
        pid_t pid = between(&kit, &proxy, wakes);
        assert_int_equal(player_try(&proxy, "HDMI-1", NULL, &player), COPP_E_TRANSPORT);
        player_end(&player);
        process_kill(pid);
        kit_end(&kit);
    }
}

#define HEAD(type) "\3\0\0\0" type "\0\0\0\0"
#define GRANTED HEAD("\2\0\0\x80") "\x0c\0\0\0\1\0\0\0\x20\x4e\0\0"
#define REFUSED HEAD("\2\0\0\x80") "\x0c\0\0\0\0\0\0\0\x20\x4e\0\0"
#define WOKEN HEAD("\0\0\0\x20")
#define STARTED HEAD("\4\0\0\x80")

/* What a coppd may say that has granted wake-ups or has not, before it answers SessionSequenceStart, if it does. */
static void what_stands_before_an_answer(void) {
    static const struct {
        const char *opened;
        const char *bytes[3];
        size_t sizes[3];
        enum copp_result result;
    } table[] = {
        {GRANTED, {STARTED}, {12}, COPP_OK},
        {GRANTED, {WOKEN, STARTED}, {12, 12}, COPP_OK},
        {GRANTED, {WOKEN, WOKEN, STARTED}, {12, 12, 12}, COPP_E_TRANSPORT},
        {GRANTED, {WOKEN "!", STARTED}, {13, 12}, COPP_E_TRANSPORT},
        {GRANTED, {"\3\0\0\0\0\0\0\x20\1\0\0\0", STARTED}, {12, 12}, COPP_E_TRANSPORT},
        {GRANTED, {HEAD("\0\0\0\xa0"), STARTED}, {12, 12}, COPP_E_TRANSPORT},
        {GRANTED, {WOKEN}, {12}, COPP_E_TRANSPORT}, /* and nothing behind it, by the time limit */
        {REFUSED, {STARTED}, {12}, COPP_OK},
        {REFUSED, {WOKEN, STARTED}, {12, 12}, COPP_E_TRANSPORT},
    };
    static const struct copp_signature signature;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct kit kit;
        struct iovec said[4] = {{(void *)(uintptr_t)table[i].opened, 24}};
        size_t count = 1;
        for (; count < 4 && table[i].sizes[count - 1]; count++)
            said[count] = (struct iovec){(void *)(uintptr_t)table[i].bytes[count - 1], table[i].sizes[count - 1]};
        kit_make(&kit, "");
        pid_t pid = false_daemon(kit.socket, said, count);
        const struct copp_socket_config where = {.size = sizeof where, .path = kit.socket, .answer_ms = 300};
        struct copp_socket *connection;
        struct copp_transport *transport;
        assert_int_equal(copp_socket_connect(&where, &connection), COPP_OK);
        assert_int_equal(copp_socket_transport_open(&connection, "HDMI-1", &transport), COPP_OK);
        const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
        uint32_t hresult = 77;
        enum copp_result result = transport->ops->session_sequence_start(transport, &call, &signature, &hresult);
        if (result != table[i].result || hresult != (result ? 77 : COPP_HR_OK))
            fail_msg("%zu: %d, %u", i, result, (unsigned)hresult);
        copp_transport_free(&transport);
        process_kill(pid);
        kit_end(&kit);
    }
}

/* What the last device was granted is not the next one's: before its answer to open nothing is skipped. */
static void none_before_the_next_device(void) {
    const struct iovec said[] = {{(void *)(uintptr_t)WOKEN, 12}, {(void *)(uintptr_t)GRANTED, 24}};
    struct kit kit;
    struct player player;
    begin(&kit, &player);
    kit_stop(&kit);
    (void)unlink(kit.socket);
    pid_t pid = false_daemon(kit.socket, said, 2);
    assert_int_equal(copp_transport_reopen(player.transport), COPP_E_TRANSPORT);
    process_kill(pid);
    player_end(&player);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST(events_wake_their_players, "EVT-1 EVT-2 EVT-3 EVT-4"),
    TEST(a_new_device_is_woken_too, "EVT-5"),
    TEST(one_at_most_is_unread, "EVT-2"),
    TEST(once_more_behind_a_late_answer, "CMD-6 EVT-2"),
    TEST(false_ones_are_not_believed, "APP-3"),
    TEST(a_flood_ends_the_session, ""),
    TEST(what_stands_before_an_answer, ""),
    TEST(none_before_the_next_device, ""),
};

int main(void) {
    return RUN_SUITE("daemon_wake", cases);
}
