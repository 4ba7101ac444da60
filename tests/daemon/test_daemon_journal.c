/* What coppd's journal and its metrics say of players that do something wrong, and of links that are lost. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define FLOOD 300

enum { MALFORMED = 1, VERSION, FULL, USER_LIMIT, RATE };
enum { LIST = 1, OPEN, KEY_EXCHANGE, SEQUENCE_START, WATCH = 7 };

static void check_said(struct kit *kit, unsigned times, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void check_said(struct kit *kit, unsigned times, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (kit_times_said(kit, text) != times) {
        char *said = kit_output(kit);
        fail_msg("\"%s\" was said %u times and not %u in:\n%s", text, kit_times_said(kit, text), times, said);
    }
}

static void a_flood_of_malformed_packets(void) {
    struct kit kit;
    kit_make(&kit, "connections_per_second = 0\n");
    kit_start(&kit);
    for (unsigned i = 0; i < FLOOD; i++) {
        int fd = raw_connect(&kit);
        raw_send(fd, PROTOCOL_VERSION, 99, 0, 4);
        raw_disconnect(fd, MALFORMED);
        (void)close(fd);
    }
    check_said(&kit, 1, "coppd: user %u: pid %ld was disconnected: coppd did not understand a packet\n", (unsigned)getuid(),
               (long)getpid());
    kit_wait_said(&kit, "malformed packets: ", 1); /* ten seconds after the first */
    kit_stop(&kit);
    check_said(&kit, 1, "was disconnected");
    unsigned long more = 0; /* in one line, or on a slow machine in several */
    char *said = kit_output(&kit);
    for (const char *at = said; (at = strstr(at, "malformed packets: ")) != NULL; at++)
        more += strtoul(at + strlen("malformed packets: "), NULL, 10);
    free(said);
    assert_int_equal(more, FLOOD - 1);
    kit_end(&kit);
}

static void each_reason_is_told(void) {
    struct kit kit;
    int fds[4];
    kit_make(&kit, "sessions_per_user = 3\nconnections_per_second = 8\n");
    kit_start(&kit);
    sleep_ms(1100); /* what the start took of the second's connections */
    int fd = raw_connect(&kit);
    raw_send(fd, PROTOCOL_VERSION + 7, LIST, 0, 4);
    raw_disconnect(fd, VERSION);
    (void)close(fd);
    check_said(&kit, 1, "was disconnected: coppd speaks another version of its protocol");
    for (unsigned i = 0; i < 4; i++)
        fds[i] = raw_connect(&kit);
    raw_disconnect(fds[3], USER_LIMIT);
    check_said(&kit, 1, "was disconnected: this user has reached coppd's limit of sessions");
    for (unsigned i = 0; i < 4; i++)
        (void)close(fds[i]);
    for (unsigned i = 0; i < 20; i++)
        (void)close(raw_connect(&kit));
    kit_wait_said(&kit, "was disconnected: this user opens sessions faster than coppd allows", 1);
    kit_end(&kit);

    kit_make(&kit, "sessions = 1\n");
    kit_start(&kit);
    fds[0] = raw_connect(&kit);
    fds[1] = raw_connect(&kit);
    raw_disconnect(fds[1], FULL);
    check_said(&kit, 1, "was disconnected: coppd has reached its limit of sessions");
    (void)close(fds[0]);
    (void)close(fds[1]);
    kit_end(&kit);
}

static void too_many_subscribers(void) {
    struct kit kit;
    int fds[17];
    uint8_t answer[16];
    kit_make(&kit, "connections_per_second = 0\n");
    kit_start(&kit);
    for (unsigned i = 0; i < 17; i++) {
        fds[i] = raw_connect(&kit);
        raw_send(fds[i], PROTOCOL_VERSION, WATCH, 0, 0);
        if (i < 16) /* which of several that come at once is served first is not said */
            assert_int_equal(raw_receive(fds[i], answer, sizeof answer), 12);
    }
    raw_disconnect(fds[16], USER_LIMIT);
    check_said(&kit, 1, "was disconnected: this user has reached coppd's limit of sessions");
    for (unsigned i = 0; i < 17; i++)
        (void)close(fds[i]);
    kit_end(&kit);
}

static void request(int fd, uint32_t type, const void *body, size_t size) {
    uint8_t packet[12 + 4096] = {PROTOCOL_VERSION, 0, 0, 0, (uint8_t)type};
    uint8_t answer[16384];
    memcpy(packet + 12, body, size);
    assert_int_equal(send(fd, packet, 12 + size, 0), 12 + size);
    assert_true(raw_receive(fd, answer, sizeof answer) >= 12);
}

/* However a seal is wrong, the journal says the same of it: the HRESULT that the player gets (SES-6..8). */
static void failed_handshakes(void) {
    static const uint8_t patterns[] = {0, 1, 0x5A, 0xFF};
    char *first = NULL;
    for (size_t i = 0; i < sizeof patterns; i++) {
        struct kit kit;
        uint8_t seal[256];
        static const char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
        kit_make(&kit, "");
        kit_start(&kit);
        int fd = raw_connect(&kit);
        request(fd, OPEN, open + 12, sizeof open - 12);
        request(fd, KEY_EXCHANGE, "", 0);
        memset(seal, patterns[i], sizeof seal);
        for (unsigned tries = 0; tries < 20; tries++)
            request(fd, SEQUENCE_START, seal, sizeof seal);
        (void)close(fd);
        kit_stop(&kit);
        check_said(&kit, 1, "SessionSequenceStart was answered E_UNEXPECTED\n");
        check_said(&kit, 1, "failed handshakes: 19 more");
        char *said = kit_output(&kit);
        char *at = strstr(said, "user ");
        assert_non_null(at);
        char *line = strndup(at, strcspn(at, "\n"));
        if (first)
            assert_string_equal(line, first);
        else
            first = strdup(line);
        free(line);
        free(said);
        kit_end(&kit);
    }
    free(first);
}

static void a_lost_link_names_its_sessions(void) {
    struct kit kit;
    struct player a;
    struct player b;
    kit_make(&kit, "");
    kit_start(&kit);
    assert_int_equal(kit_metric(&kit, "copp_connector_link_losses_total{connector=\"HDMI-1\"} "), 0);
    player_begin(&kit, "HDMI-1", &a);
    player_begin(&kit, "DVI-I-1", &b);
    assert_int_equal(copp_session_set_protection_level(a.session, HDCP, 1), COPP_OK);
    kit_event(&kit, "unplug HDMI-1");
    kit_wait_said(&kit, "was lost", 1);
    char *said = kit_output(&kit);
    char who[96];
    (void)snprintf(who, sizeof who, "of user %u, pid %ld)\n", (unsigned)getuid(), (long)getpid());
    char *line = strstr(said, "HDMI-1 (simulated): the link to the display or its protection was lost; sessions: 1 (");
    assert_non_null(line);
    assert_non_null(strstr(line, who));
    assert_null(strstr(said, "DVI-I-1 (simulated): the link"));
    free(said);
    for (unsigned i = 0; i < 20; i++) {
        kit_event(&kit, "plug HDMI-1");
        kit_event(&kit, "unplug HDMI-1");
    }
    assert_int_equal(kit_metric(&kit, "copp_connector_link_losses_total{connector=\"HDMI-1\"} "), 21);
    assert_int_equal(kit_metric(&kit, "copp_connector_link_losses_total{connector=\"DVI-I-1\"} "), 0);
    player_end(&b);
    player_end(&a);
    kit_stop(&kit);
    check_said(&kit, 4, "was lost");
    check_said(&kit, 1, "HDMI-1 (simulated): losses of link or protection: 17 more in the last 10 s");
    kit_end(&kit);
}

static void gauges_count_what_they_say(void) {
    struct kit kit;
    struct player player;
    uint8_t answer[128];
    kit_make(&kit, "");
    kit_start(&kit);
    char *metrics = kit_metrics(&kit);
    assert_non_null(strstr(metrics, "# HELP copp_sessions Sessions of COPP and OPM that are established"));
    assert_non_null(strstr(metrics, "# HELP copp_connections_open Connections that are open"));
    free(metrics);
    int idle = raw_connect(&kit); /* nothing but a connection */
    int opened = raw_connect(&kit); /* a device without a session */
    static const char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
    assert_int_equal(send(opened, open, sizeof open, 0), sizeof open);
    assert_int_equal(raw_receive(opened, answer, sizeof answer), RAW_OPENED_SIZE);
    kit_wait_sessions(&kit, 2);
    assert_int_equal(kit_metric(&kit, "copp_sessions "), 0);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(kit_metric(&kit, "copp_sessions "), 1);
    assert_int_equal(kit_metric(&kit, "copp_connections_open "), 3);
    assert_int_equal(kit_metric(&kit, "copp_connector_devices{connector=\"HDMI-1\"} "), 2);
    player_end(&player);
    kit_wait_sessions(&kit, 2);
    assert_int_equal(kit_metric(&kit, "copp_sessions "), 0);
    (void)close(idle);
    (void)close(opened);
    kit_end(&kit);
}

/* Under a policy of OpenSSL's without SHA-1, and with a key that no provider knows: errors end in OpenSSL's words. */
static void errors_say_what_openssl_says(void) {
    struct kit kit;
    char *said;
    char *policy = test_path("unit/no_sha1.cnf");
    char *key = test_path("vectors/leaf.pem");
    char *chain = test_path("vectors/chain-good.xml");
    char settings[3 * 4096];
    (void)snprintf(settings, sizeof settings,
                   "[driver]\nchain = %s\nkey = nosuchscheme:key?pin-value=4711\n[outputs]\nbackend = auto\n", chain);
    kit_make(&kit, settings);
    assert_int_equal(kit_run(&kit, "--check-config", &said), 1);
    char *words = strstr(said, "holds no private key: OpenSSL cannot open a private key: ");
    assert_non_null(words);
    assert_non_null(strstr(words, "unregistered scheme"));
    assert_null(strstr(words, "4711"));
    free(said);
    (void)snprintf(settings, sizeof settings, "[driver]\nchain = %s\nkey = %s\n[outputs]\nbackend = auto\n", chain, key);
    kit_configure(&kit, settings);
    assert_int_equal(setenv("OPENSSL_CONF", policy, 1), 0);
    assert_int_equal(kit_run(&kit, "--check-config", &said), 1);
    assert_int_equal(unsetenv("OPENSSL_CONF"), 0);
    assert_non_null(strstr(said, "the crypto library failed: OpenSSL cannot compute SHA-1: "));
    free(said);
    free(chain);
    free(key);
    free(policy);
    kit_end(&kit);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(a_flood_of_malformed_packets, ""),
        TEST(each_reason_is_told, ""),
        TEST(too_many_subscribers, ""),
        TEST(failed_handshakes, "SES-6 SES-8"),
        TEST(a_lost_link_names_its_sessions, "EVT-1"),
        TEST(gauges_count_what_they_say, ""),
        TEST(errors_say_what_openssl_says, ""),
    };
    return RUN_SUITE("daemon_journal", cases);
}
