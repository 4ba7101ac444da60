/* The socket transport with coppd: deadlines, the descriptor, and a new device after a lost link. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

static const struct copp_requirement film = {.size = sizeof film, .hdcp = 1};

static bool readable(int fd, int limit_ms) {
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    return poll(&watched, 1, limit_ms) == 1;
}

static void begin(struct kit *kit, struct player *player) {
    kit_make(kit, "");
    kit_start(kit);
    player_begin(kit, "HDMI-1", player);
}

static enum copp_result begin_again(const struct kit *kit, struct player *player) {
    const struct copp_session_config config = {.size = sizeof config, .anchor = &kit->anchor, .connector = "HDMI-1"};
    copp_session_free(&player->session);
    enum copp_result result = copp_transport_reopen(player->transport);
    if (!result)
        result = copp_session_new(&config, player->transport, &player->session);
    return result ? result : copp_session_establish(player->session, NULL);
}

static void a_new_device_after_a_lost_link(void) {
    struct kit kit;
    struct player player;
    begin(&kit, &player);
    assert_int_equal(copp_session_protect(player.session, &film, clock_ms()), COPP_STOP_NONE);
    uint64_t began = clock_ms();
    kit_event(&kit, "unplug HDMI-1");
    player_loses(&player, HDCP, began);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_E_LINK_LOST);
    kit_event(&kit, "plug HDMI-1");
    assert_int_equal(begin_again(&kit, &player), COPP_OK);
    assert_int_equal(copp_session_protect(player.session, &film, clock_ms()), COPP_STOP_NONE);
    kit_wait_sessions(&kit, 1); /* the first has gone */

    /* what the old session held goes with its device (EVT-5) */
    assert_int_equal(begin_again(&kit, &player), COPP_OK);
    assert_int_equal(player_global(&player, HDCP), 0);
    player_end(&player);
    kit_end(&kit);
}

static void a_new_device_after_coppd_has_gone(void) {
    struct kit kit;
    struct player player;
    uint32_t type;
    begin(&kit, &player);
    kit_kill(&kit);
    assert_int_equal(copp_session_connector_type(player.session, &type), COPP_E_TRANSPORT);
    enum copp_result gone = begin_again(&kit, &player);
    assert_true(gone == COPP_E_NOT_FOUND);
    assert_int_equal(begin_again(&kit, &player), COPP_E_NOT_FOUND); /* again and again */
    kit_start(&kit);
    assert_int_equal(begin_again(&kit, &player), COPP_OK);
    assert_int_equal(copp_session_connector_type(player.session, &type), COPP_OK);
    player_end(&player);
    kit_end(&kit);
}

static void without_a_device_nothing_is_asked(void) {
    const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    static const struct copp_command command;
    struct kit kit;
    struct player player;
    uint32_t hresult = 77;
    begin(&kit, &player);
    copp_session_free(&player.session);
    kit_event(&kit, "multi-adapter HDMI-1 clone");
    assert_int_equal(copp_transport_reopen(player.transport), COPP_E_UNSUPPORTED_MODE); /* ARB-6 */
    assert_int_equal(player.transport->ops->protection_command(player.transport, &call, &command, &hresult), COPP_E_TRANSPORT);
    assert_int_equal(hresult, 77);
    assert_int_equal(player.transport->ops->fd(player.transport), -1);
    kit_event(&kit, "multi-adapter HDMI-1 single");
    assert_int_equal(begin_again(&kit, &player), COPP_OK);
    player_end(&player);
    kit_end(&kit);
}

/* EVT-5: a child may not take over what is its parent's. */
static void a_child_does_not_reopen(void) {
    struct kit kit;
    struct player player;
    int status;
    begin(&kit, &player);
    pid_t pid = fork();
    if (pid == 0)
        _Exit(copp_transport_reopen(player.transport) == COPP_E_TRANSPORT && copp_session_fd(player.session) == -1 ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(player_global(&player, HDCP), 0);
    player_end(&player);
    kit_end(&kit);
}

/* Each kind of call, to a coppd that is stopped: over at the deadline, long before the transport's own limits of 20 s and more. */
static void deadlines_hold(void) {
    static const struct copp_command command;
    static const struct copp_status_input input;
    static const struct copp_signature signature;
    struct copp_status_output output;
    uint8_t random[COPP_RANDOM_SIZE];
    for (int kind = 0; kind < 4; kind++) {
        struct kit kit;
        struct player player;
        const uint8_t *chain_bytes;
        size_t size;
        uint32_t hresult = 77;
        begin(&kit, &player);
        struct copp_transport *transport = player.transport;
        const struct copp_transport_ops *ops = transport->ops;
        struct copp_call call = {.size = sizeof call, .deadline_ms = ops->now_ms(transport) + 20000};
        assert_int_equal(ops->protection_status(transport, &call, &input, &output, &hresult), COPP_OK); /* in time */
        assert_int_not_equal(hresult, 77);
        hresult = 77;
        assert_int_equal(kill(kit.pid, SIGSTOP), 0);
        uint64_t began = clock_ms();
        call.deadline_ms = ops->now_ms(transport) + 200;
        enum copp_result results[] = {
            kind == 0 ? ops->key_exchange(transport, &call, random, &chain_bytes, &size, &hresult) : COPP_E_TRANSPORT,
            kind == 1 ? ops->session_sequence_start(transport, &call, &signature, &hresult) : COPP_E_TRANSPORT,
            kind == 2 ? ops->protection_command(transport, &call, &command, &hresult) : COPP_E_TRANSPORT,
            kind == 3 ? ops->protection_status(transport, &call, &input, &output, &hresult) : COPP_E_TRANSPORT};
        uint64_t took = clock_ms() - began;
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(results[i], COPP_E_TRANSPORT);
        assert_true(took >= 200 && took < 10000);
        assert_int_equal(kill(kit.pid, SIGCONT), 0);
        sleep_ms(50); /* its answer comes after all, and is not taken for another's */
        call.deadline_ms = COPP_NO_DEADLINE;
        assert_int_equal(ops->protection_status(transport, &call, &input, &output, &hresult), COPP_E_TRANSPORT);
        assert_int_equal(hresult, 77);
        assert_int_equal(begin_again(&kit, &player), COPP_OK);
        player_end(&player);
        kit_end(&kit);
    }
}

/* Whoever takes no packets any more holds nobody up beyond the deadline either (APP-3). */
static void sending_ends_at_the_deadline(void) {
    static const struct copp_status_input input;
    static const char junk[4096];
    struct copp_status_output output;
    struct kit kit;
    struct player player;
    uint32_t hresult = 77;
    begin(&kit, &player);
    struct copp_transport *transport = player.transport;
    const struct copp_transport_ops *ops = transport->ops;
    assert_int_equal(kill(kit.pid, SIGSTOP), 0);
    while (send(ops->fd(transport), junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
    uint64_t began = clock_ms();
    const struct copp_call call = {.size = sizeof call, .deadline_ms = ops->now_ms(transport) + 200};
    assert_int_equal(ops->protection_status(transport, &call, &input, &output, &hresult), COPP_E_TRANSPORT);
    uint64_t took = clock_ms() - began;
    assert_true(took >= 200 && took < 10000);
    assert_int_equal(hresult, 77);
    assert_int_equal(kill(kit.pid, SIGCONT), 0);
    player_end(&player);
    kit_end(&kit);
}

static void calls_that_cannot_be_made_are_not(void) {
    static const struct copp_command command;
    struct kit kit;
    struct player player;
    uint32_t hresult = 77;
    begin(&kit, &player);
    struct copp_transport *transport = player.transport;
    const struct copp_transport_ops *ops = transport->ops;
    struct copp_call call = {.deadline_ms = COPP_NO_DEADLINE};
    assert_int_equal(ops->protection_command(transport, &call, &command, &hresult), COPP_E_ARGUMENT);
    assert_int_equal(ops->protection_command(transport, NULL, &command, &hresult), COPP_E_ARGUMENT);
    call = (struct copp_call){
        .size = sizeof call, .deadline_ms = COPP_NO_DEADLINE, .additional = command.bytes, .additional_size = 16};
    assert_int_equal(ops->protection_command(transport, &call, &command, &hresult), COPP_E_UNSUPPORTED); /* OPM's alone */
    assert_int_equal(hresult, 77);
    assert_int_equal(player_global(&player, HDCP), 0); /* nothing was sent: the session goes on */
    call = (struct copp_call){.size = sizeof call}; /* its deadline has always passed */
    assert_int_equal(ops->protection_command(transport, &call, &command, &hresult), COPP_E_TRANSPORT);
    sleep_ms(50);
    assert_true(kit_metric(&kit, "copp_failures_total{cause=\"command\"} ") == 0); /* coppd has not seen it */
    player_end(&player);
    kit_end(&kit);
}

/* APP-3: a coppd that says nothing is believed until 2 s after the last look's first question, whatever the transport would wait for. */
static void a_poll_of_a_silent_coppd(void) {
    struct kit kit;
    struct player player;
    struct copp_poll seen = {.size = sizeof seen};
    begin(&kit, &player); /* whose transport would wait 20 s for an answer */
    assert_int_equal(copp_session_protect(player.session, &film, clock_ms()), COPP_STOP_NONE);
    uint64_t looked = clock_ms();
    copp_session_poll(player.session, looked, &seen);
    assert_int_equal(seen.state, COPP_POLL_PROTECTED);
    assert_true(seen.deadline_ms == looked + COPP_POLL_MS);
    sleep_ms(1000); /* as a player does between two polls */
    assert_int_equal(kill(kit.pid, SIGSTOP), 0);
    uint64_t began = clock_ms();
    copp_session_poll(player.session, began, &seen);
    uint64_t ended = clock_ms();
    assert_int_equal(kill(kit.pid, SIGCONT), 0);
    assert_int_equal(seen.state, COPP_POLL_STOP);
    assert_int_equal(seen.stop, COPP_STOP_TRANSPORT);
    assert_true(ended >= looked + COPP_POLL_MS - 1);
    assert_true(seen.late || ended < began + COPP_POLL_MS);
    player_end(&player);
    kit_end(&kit);
}

static void the_descriptor_tells_that_coppd_has_gone(void) {
    struct kit kit;
    struct player player;
    struct copp_poll seen = {.size = sizeof seen};
    struct copp_transport_info info = {.size = sizeof info};
    begin(&kit, &player);
    assert_int_equal(copp_transport_info(player.transport, &info), COPP_OK);
    assert_true(info.semantics == COPP_SEMANTICS_COPP && info.answer_ms == 20000 && info.command_ms == 60000);
    assert_int_equal(copp_session_protect(player.session, &film, clock_ms()), COPP_STOP_NONE);
    int fd = copp_session_fd(player.session);
    assert_true(fd >= 0);
    copp_session_poll(player.session, clock_ms(), &seen);
    assert_int_equal(seen.state, COPP_POLL_PROTECTED);
    assert_false(readable(fd, 0)); /* between calls there is nothing to read */
    kit_kill(&kit);
    assert_true(readable(fd, 10000));
    copp_session_poll(player.session, clock_ms(), &seen);
    assert_int_equal(seen.stop, COPP_STOP_TRANSPORT);
    assert_int_equal(copp_session_fd(player.session), -1);
    player_end(&player);
    kit_end(&kit);
}

static enum copp_result open_at(const struct copp_socket_config *where, struct copp_transport **transport) {
    struct copp_socket *connection = NULL;
    assert_int_equal(copp_socket_connect(where, &connection), COPP_OK);
    enum copp_result result = copp_socket_transport_open(&connection, "HDMI-1", transport);
    copp_socket_close(&connection);
    return result;
}

/* CMD-6: a player that says nothing else waits longer than coppd, whatever that is configured to. */
static void coppd_says_how_long_commands_may_wait(void) {
    struct kit kit;
    kit_make(&kit, "pending_limit = 3600000\n");
    kit_start(&kit);
    struct copp_socket_config where = {.size = sizeof where, .path = kit.socket, .answer_ms = 20000};
    for (uint32_t given = 0; given < 2; given++) {
        struct copp_transport *transport;
        struct copp_transport_info info = {.size = sizeof info};
        where.command_ms = given * 300;
        assert_int_equal(open_at(&where, &transport), COPP_OK);
        assert_int_equal(copp_transport_info(transport, &info), COPP_OK);
        assert_int_equal(info.pending_limit_ms, 3600000);
        assert_int_equal(info.command_ms, given ? 300 : 3600000 + 20000);
        copp_transport_free(&transport);
    }
    struct copp_socket *connection;
    struct copp_socket_connector told = {.size = sizeof told};
    assert_int_equal(copp_socket_connect(&where, &connection), COPP_OK);
    assert_int_equal(copp_socket_connector(connection, 0, &told), COPP_OK);
    assert_int_equal(told.pending_limit_ms, 3600000);
    copp_socket_close(&connection);
    kit_end(&kit);
}

#define OPENED "\3\0\0\0\2\0\0\x80\0\0\0\0"

/* What it said to open holds, and is not waited for beyond it. */
static void a_command_that_is_never_answered(void) {
    static const struct iovec opened = {(void *)(uintptr_t)(OPENED "\x0c\0\0\0\0\0\0\0\x2c\1\0\0"), 24}; /* 300 ms */
    static const struct copp_command command;
    const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    struct kit kit;
    struct copp_transport *transport;
    uint32_t hresult = 77;
    kit_make(&kit, "");
    pid_t pid = false_daemon(kit.socket, &opened, 1);
    assert_int_equal(
        open_at(&(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit.socket}, &transport),
        COPP_OK);
    uint64_t began = clock_ms();
    assert_int_equal(transport->ops->protection_command(transport, &call, &command, &hresult), COPP_E_TRANSPORT);
    uint64_t took = clock_ms() - began;
    assert_true(took >= 300 + 2000 - 1 && took < 20000);
    assert_int_equal(hresult, 77);
    copp_transport_free(&transport);
    process_kill(pid);
    kit_end(&kit);
}

static void false_answers_to_open(void) {
    static const struct {
        const char *body;
        size_t size;
        enum copp_result result;
    } table[] = {
        {"\x0c\0\0\0\0\0\0\0\x20\x4e\0\0", 12, COPP_OK},
        {"\x0f\0\0\0\0\0\0\0\x20\x4e\0\0new", 15, COPP_OK}, /* a younger daemon's */
        {"\x0c\0\0\0\0\0\0\0\x20\x4e\0\0!", 13, COPP_E_TRANSPORT},
        {"\x0b\0\0\0\0\0\0\0\x20\x4e\0", 11, COPP_E_TRANSPORT},
        {"", 0, COPP_E_TRANSPORT},
        {"\x0c\0\0\0\0\0\0\0\0\0\0\0", 12, COPP_E_TRANSPORT}, /* limits that no coppd has */
        {"\x0c\0\0\0\0\0\0\0\x81\xee\x36\0", 12, COPP_E_TRANSPORT},
        {"\x0c\0\0\0\0\0\0\0\xff\xff\xff\xff", 12, COPP_E_TRANSPORT},
        {"\x0c\0\0\0\0\0\0\x80\x20\x4e\0\0", 12, COPP_E_TRANSPORT}, /* grants what was not asked for */
    };
    struct kit kit;
    kit_make(&kit, "");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char packet[12 + 16] = OPENED;
        const struct iovec said = {packet, 12 + table[i].size};
        struct copp_transport *transport;
        memcpy(packet + 12, table[i].body, table[i].size);
        pid_t pid = false_daemon(kit.socket, &said, 1);
        enum copp_result result =
            open_at(&(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit.socket}, &transport);
        if (result != table[i].result)
            fail_msg("%zu: %d", i, result);
        copp_transport_free(&transport);
        process_kill(pid);
        assert_int_equal(unlink(kit.socket), 0);
    }
    kit_end(&kit);
}

static void lists_and_news_without_a_size(void) {
    struct kit kit;
    struct copp_socket *connection = NULL;
    struct copp_socket_config where = {.path = "/nowhere/socket"};
    assert_int_equal(copp_socket_connect(&where, &connection), COPP_E_ARGUMENT);
    kit_make(&kit, "");
    kit_start(&kit);
    where = (struct copp_socket_config){.size = sizeof where, .path = kit.socket, .answer_ms = 20000};
    assert_int_equal(copp_socket_connect(&where, &connection), COPP_OK);
    struct copp_socket_connector told = {.hdcp = 1};
    assert_int_equal(copp_socket_connector(connection, 0, &told), COPP_E_ARGUMENT);
    told.size = sizeof told;
    assert_int_equal(copp_socket_connector(connection, 0, &told), COPP_OK);
    assert_true(told.size == sizeof told && told.hdcp == 0 && told.name[0]);
    assert_int_equal(copp_socket_watch(connection), COPP_OK);
    struct copp_socket_news news = {.kind = COPP_SOCKET_ENDED};
    assert_int_equal(copp_socket_news(connection, &news), COPP_E_ARGUMENT);
    news.size = sizeof news;
    enum copp_result result;
    while ((result = copp_socket_news(connection, &news)) == COPP_E_PENDING) /* coppd is slower than we are */
        assert_true(readable(copp_socket_fd(connection), 10000));
    assert_int_equal(result, COPP_OK);
    assert_int_equal(news.kind, COPP_SOCKET_CONNECTOR);
    assert_int_equal(news.u.connector.now.size, sizeof told);
    copp_socket_close(&connection);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST(a_new_device_after_a_lost_link, "EVT-4 EVT-5"),
    TEST(a_new_device_after_coppd_has_gone, ""),
    TEST(without_a_device_nothing_is_asked, "ARB-6"),
    TEST(a_child_does_not_reopen, "EVT-5"),
    TEST(deadlines_hold, ""),
    TEST(sending_ends_at_the_deadline, "APP-3"),
    TEST(calls_that_cannot_be_made_are_not, ""),
    TEST(a_poll_of_a_silent_coppd, "APP-3"),
    TEST(the_descriptor_tells_that_coppd_has_gone, ""),
    TEST(lists_and_news_without_a_size, ""),
    TEST(coppd_says_how_long_commands_may_wait, "CMD-6"),
    TEST(a_command_that_is_never_answered, "CMD-6"),
    TEST(false_answers_to_open, ""),
};

int main(void) {
    return RUN_SUITE("daemon_transport", cases);
}
