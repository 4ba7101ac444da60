/* coppd under OPM semantics: packets put together by hand, and sessions of the library's over the socket. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
/* docs/daemon-protocol.md */
#define HEAD 12u
enum { OPEN = 2, KEY_EXCHANGE, START, COMMAND, STATUS, INFORMATION = 10, CONFIGURE };
#define INFORMATION_SIZE 4116u
#define CONFIGURE_SIZE 4104u
#define ADDITIONAL_MAX 65536u
#define GROWTH 256u
#define MALFORMED 1u

static uint8_t packet[HEAD + CONFIGURE_SIZE + ADDITIONAL_MAX + GROWTH + 1];
static uint8_t answer[HEAD + 16 + 65536];

static void put(uint8_t *at, uint32_t word) {
    word = htole32(word);
    memcpy(at, &word, sizeof word);
}

static uint32_t word_at(const uint8_t *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return le32toh(word);
}

/* The packet of this type with the body that stands in it: its answer's HRESULT. */
static uint32_t ask(int fd, uint32_t type, size_t size) {
    put(packet, PROTOCOL_VERSION);
    put(packet + 4, type);
    put(packet + 8, 0);
    assert_int_equal(send(fd, packet, HEAD + size, MSG_NOSIGNAL), HEAD + size);
    assert_true(raw_receive(fd, answer, sizeof answer) >= HEAD);
    assert_int_equal(word_at(answer + 4), type | 0x80000000u);
    return word_at(answer + 8);
}

/* Of a body that says its own size, all of it zeros behind that. */
static uint32_t ask_zeros(int fd, uint32_t type, size_t size) {
    memset(packet, 0, sizeof packet);
    put(packet + HEAD, (uint32_t)size);
    return ask(fd, type, size);
}

static void is_malformed(struct kit *kit, uint32_t type, size_t told, size_t size) {
    int fd = raw_connect(kit);
    memset(packet, 0, sizeof packet);
    put(packet, PROTOCOL_VERSION);
    put(packet + 4, type);
    put(packet + HEAD, (uint32_t)told);
    assert_int_equal(send(fd, packet, HEAD + size, MSG_NOSIGNAL), HEAD + size);
    raw_disconnect(fd, MALFORMED);
    (void)close(fd);
}

static int open_on(struct kit *kit, const char *connector, uint32_t semantics) {
    int fd = raw_connect(kit);
    memset(packet, 0, sizeof packet);
    put(packet + HEAD, 76);
    put(packet + HEAD + 8, semantics);
    memcpy(packet + HEAD + 12, connector, strlen(connector));
    assert_int_equal(ask(fd, OPEN, 76), COPP_HR_OK);
    return fd;
}

static void sizes_of_both_packets(void) {
    static const struct {
        uint32_t type;
        size_t told, size;
    } bad[] = {{INFORMATION, INFORMATION_SIZE - 1, INFORMATION_SIZE - 1},
               {INFORMATION, INFORMATION_SIZE, INFORMATION_SIZE - 1},
               {INFORMATION, INFORMATION_SIZE, INFORMATION_SIZE + 1},
               {INFORMATION, INFORMATION_SIZE + GROWTH + 1, INFORMATION_SIZE + GROWTH + 1},
               {INFORMATION, 4, 4},
               {INFORMATION, 0, 0},
               {CONFIGURE, CONFIGURE_SIZE - 1, CONFIGURE_SIZE - 1},
               {CONFIGURE, CONFIGURE_SIZE + 1, CONFIGURE_SIZE},
               {CONFIGURE, 0xFFFFFFFF, CONFIGURE_SIZE},
               {CONFIGURE, CONFIGURE_SIZE + ADDITIONAL_MAX + GROWTH + 1, CONFIGURE_SIZE + ADDITIONAL_MAX + GROWTH + 1},
               {CONFIGURE, 4, 4}};
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_malformed(&kit, bad[i].type, bad[i].told, bad[i].size);
    int fd = raw_connect(&kit); /* well-formed, and without a device */
    assert_int_equal(ask_zeros(fd, INFORMATION, INFORMATION_SIZE), COPP_HR_UNEXPECTED);
    assert_int_equal(ask_zeros(fd, CONFIGURE, CONFIGURE_SIZE), COPP_HR_UNEXPECTED);
    assert_int_equal(ask_zeros(fd, CONFIGURE, CONFIGURE_SIZE + ADDITIONAL_MAX + GROWTH), COPP_HR_UNEXPECTED);
    (void)close(fd);
    kit_end(&kit);
}

/* What is appended asks for nothing if it is zero, and is refused otherwise; so is a command that lacks its additional bytes. */
static void what_is_appended(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    int fd = open_on(&kit, "HDMI-1", COPP_SEMANTICS_OPM);
    assert_int_equal(ask_zeros(fd, INFORMATION, INFORMATION_SIZE + GROWTH), COPP_HR_OPM_INVALID_INFORMATION_REQUEST);
    packet[HEAD + INFORMATION_SIZE + GROWTH - 1] = 1;
    assert_int_equal(ask(fd, INFORMATION, INFORMATION_SIZE + GROWTH), COPP_HR_INVALIDARG);
    assert_int_equal(ask_zeros(fd, CONFIGURE, CONFIGURE_SIZE + GROWTH), COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    packet[HEAD + CONFIGURE_SIZE] = 1;
    assert_int_equal(ask(fd, CONFIGURE, CONFIGURE_SIZE + GROWTH), COPP_HR_INVALIDARG);
    put(packet + HEAD + 4, 1); /* it is an additional byte */
    assert_int_equal(ask(fd, CONFIGURE, CONFIGURE_SIZE + GROWTH), COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    put(packet + HEAD + 4, GROWTH + 1);
    assert_int_equal(ask(fd, CONFIGURE, CONFIGURE_SIZE + GROWTH), COPP_HR_INVALIDARG);
    put(packet + HEAD + 4, ADDITIONAL_MAX);
    assert_int_equal(ask(fd, CONFIGURE, CONFIGURE_SIZE + GROWTH), COPP_HR_INVALIDARG);
    (void)close(fd);
    kit_end(&kit);
}

/* Each answers by its own interface's codes, whatever the state. */
static void packets_of_the_other_semantics(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    int copp = open_on(&kit, "HDMI-1", COPP_SEMANTICS_COPP);
    int opm = open_on(&kit, "HDMI-1", COPP_SEMANTICS_OPM);
    assert_int_equal(ask_zeros(copp, INFORMATION, INFORMATION_SIZE), COPP_HR_OPM_NOT_OPM_SEMANTICS);
    assert_int_equal(ask_zeros(opm, STATUS, 4096), COPP_HR_OPM_NOT_COPP_SEMANTICS);
    assert_int_equal(ask_zeros(copp, CONFIGURE, CONFIGURE_SIZE), COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    assert_int_equal(ask_zeros(opm, COMMAND, 4096), COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    assert_int_equal(ask_zeros(copp, STATUS, 4096), COPP_HR_UNEXPECTED);
    assert_int_equal(ask_zeros(copp, COMMAND, 4096), COPP_HR_UNEXPECTED);
    assert_int_equal(ask_zeros(opm, START, 256), COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS); /* OPM-INI-9 */
    (void)close(copp);
    (void)close(opm);
    kit_end(&kit);
}

/* --- a session by hand --- */

struct by_hand {
    int fd;
    struct copp_omac *omac;
    uint32_t status_sequence, command_sequence;
};

static struct by_hand session_begin(struct kit *kit) {
    struct by_hand session = {.fd = open_on(kit, "HDMI-1", COPP_SEMANTICS_OPM), .status_sequence = 7, .command_sequence = 9};
    struct copp_handshake handshake = {.session_key = {1, 2, 3}, .status_sequence = 7, .command_sequence = 9};
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &kit->opm_anchor};
    struct copp_opm_chain *chain;
    struct copp_verdict verdict;
    struct copp_signature sealed;
    assert_int_equal(send(session.fd, "\3\0\0\0\3\0\0\0\0\0\0", HEAD, 0), HEAD);
    size_t got = raw_receive(session.fd, answer, sizeof answer);
    assert_true(got > HEAD + 16 && word_at(answer + 8) == COPP_HR_OK);
    memcpy(handshake.random, answer + HEAD, sizeof handshake.random);
    assert_int_equal(copp_opm_chain_validate(answer + HEAD + 16, got - HEAD - 16, &trust, &chain, &verdict), COPP_OK);
    assert_int_equal(copp_handshake_seal(&handshake, COPP_FORM_OPM, copp_opm_chain_leaf_key(chain), &sealed), COPP_OK);
    copp_opm_chain_free(&chain);
    memcpy(packet + HEAD, sealed.bytes, sizeof sealed.bytes);
    assert_int_equal(ask(session.fd, START, sizeof sealed.bytes), COPP_HR_OK);
    assert_int_equal(copp_omac_new(&session.omac), COPP_OK);
    assert_int_equal(copp_omac_set_key(session.omac, handshake.session_key), COPP_OK);
    return session;
}

static void session_end(struct by_hand *session) {
    copp_omac_free(&session->omac);
    (void)close(session->fd);
}

/* An authentic command with so many additional bytes said, and as many sent. */
static uint32_t command_with(struct by_hand *session, enum copp_request request, const uint8_t *data, uint32_t size,
                             uint32_t told, size_t sent) {
    struct copp_command_fields fields = {.sequence = session->command_sequence, .size = size, .data = data};
    struct copp_command command;
    memcpy(fields.guid, copp_opm_request_guid(request), sizeof fields.guid);
    assert_int_equal(copp_command_encode(&fields, &command), COPP_OK);
    assert_int_equal(copp_omac_tag(session->omac, command.bytes + 16, 4080, command.bytes), COPP_OK);
    memset(packet, 0x5a, sizeof packet);
    put(packet + HEAD, (uint32_t)(CONFIGURE_SIZE + sent));
    put(packet + HEAD + 4, told);
    memcpy(packet + HEAD + 8, command.bytes, sizeof command.bytes);
    uint32_t hresult = ask(session->fd, CONFIGURE, CONFIGURE_SIZE + sent);
    session->command_sequence += hresult == COPP_HR_OK;
    return hresult;
}

static uint32_t set_level(struct by_hand *session, uint32_t level, uint32_t told, size_t sent) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE];
    copp_set_protection_level_encode(&(struct copp_set_protection_level){.type = HDCP, .level = level}, data);
    return command_with(session, COPP_SET_PROTECTION_LEVEL, data, sizeof data, told, sent);
}

/* The virtual level of HDCP, as the answer's MAC has it. */
static uint32_t query_level(struct by_hand *session) {
    uint8_t data[4];
    uint8_t mac[16];
    put(data, HDCP);
    struct copp_status_input_fields fields = {.r_app = {0x4a}, .sequence = session->status_sequence++, .size = 4, .data = data};
    struct copp_status_input input;
    memcpy(fields.guid, copp_opm_request_guid(COPP_QUERY_LOCAL_PROTECTION_LEVEL), sizeof fields.guid);
    assert_int_equal(copp_status_input_encode(&fields, &input), COPP_OK);
    put(packet + HEAD, INFORMATION_SIZE);
    assert_int_equal(copp_omac_tag(session->omac, input.bytes, sizeof input.bytes, packet + HEAD + 4), COPP_OK);
    memcpy(packet + HEAD + 20, input.bytes, sizeof input.bytes);
    assert_int_equal(ask(session->fd, INFORMATION, INFORMATION_SIZE), COPP_HR_OK);
    assert_int_equal(copp_omac_tag(session->omac, answer + HEAD + 16, 4080, mac), COPP_OK);
    assert_memory_equal(answer + HEAD, mac, sizeof mac);
    assert_memory_equal(answer + HEAD + 20, fields.r_app, sizeof fields.r_app);
    return word_at(answer + HEAD + 20 + 20);
}

static void a_session_by_hand(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    struct by_hand session = session_begin(&kit);
    assert_int_equal(query_level(&session), 0);
    assert_int_equal(set_level(&session, 1, 0, 0), COPP_HR_OK);
    assert_int_equal(query_level(&session), 1);
    /* OPM-SET-3: nothing but a list has anything beside it, however much; what is too much is not sent, and its size judged */
    assert_int_equal(set_level(&session, 0, 1, 1), COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    assert_int_equal(set_level(&session, 0, ADDITIONAL_MAX, ADDITIONAL_MAX), COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    assert_int_equal(set_level(&session, 0, ADDITIONAL_MAX + 1, 0), COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    assert_int_equal(set_level(&session, 0, UINT32_MAX, 0), COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    assert_int_equal(query_level(&session), 1);
    assert_int_equal(set_level(&session, 0, 0, 0), COPP_HR_OK);
    assert_int_equal(query_level(&session), 0);
    session_end(&session);
    kit_end(&kit);
}

/* Whoever reads the journal of a player of OPM looks for the calls that this player has made. */
static void the_journal_has_the_names_of_its_calls(void) {
    static const struct {
        uint32_t semantics, type;
        size_t size;
        const char *said;
    } steps[] = {{2, START, 256, ": FinishInitialization was answered ERROR_GRAPHICS_OPM_INVALID_ENCRYPTED_PARAMETERS\n"},
                 {2, KEY_EXCHANGE, 0, ": StartInitialization was answered E_UNEXPECTED\n"},
                 {1, START, 256, ": SessionSequenceStart was answered E_UNEXPECTED\n"},
                 {1, KEY_EXCHANGE, 0, ": KeyExchange was answered E_UNEXPECTED\n"}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct kit kit; /* one daemon each: of one user's failures in ten seconds it tells the first */
        kit_make(&kit, "");
        kit_start(&kit);
        int fd = open_on(&kit, "HDMI-1", steps[i].semantics);
        if (steps[i].type == KEY_EXCHANGE)
            assert_int_equal(ask(fd, KEY_EXCHANGE, 0), COPP_HR_OK); /* the second one is one too many */
        assert_int_not_equal(ask(fd, steps[i].type, steps[i].size), COPP_HR_OK);
        kit_wait_said(&kit, steps[i].said, 1);
        (void)close(fd);
        kit_end(&kit);
    }
}

/* --- the library's sessions --- */

static void kit_begin(struct kit *kit, const char *settings) {
    kit_make(kit, settings);
    kit->semantics = COPP_SEMANTICS_OPM;
    kit_start(kit);
}

static void both_semantics_on_one_connector(void) {
    struct kit kit;
    struct player copp;
    struct player opm;
    kit_begin(&kit, "");
    player_begin(&kit, "HDMI-1", &opm);
    kit.semantics = COPP_SEMANTICS_COPP;
    player_begin(&kit, "HDMI-1", &copp);
    assert_int_equal(copp_session_set_protection_level(opm.session, HDCP, 1), COPP_OK);
    assert_int_equal(player_local(&opm, HDCP), 1);
    assert_true(copp_session_bound(opm.session) & COPP_BOUND); /* this answer vouches for what the command was answered */
    assert_int_equal(player_global(&copp, COPP_PROTECTION_TYPE_HDCP), 1); /* OPM-ARB-2 */
    assert_int_equal(player_local(&copp, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(kit_metric(&kit, "copp_commands_total "), 1);
    player_end(&opm); /* EVT-5 */
    kit_wait_sessions(&kit, 1);
    assert_int_equal(player_global(&copp, COPP_PROTECTION_TYPE_HDCP), 0);
    player_end(&copp);
    kit_end(&kit);
}

static void what_an_opm_player_does(void) {
    static const struct copp_requirement film = {.size = sizeof film, .hdcp = 1};
    struct copp_poll poll = {.size = sizeof poll};
    struct kit kit;
    struct player player;
    uint64_t id;
    kit_begin(&kit, "");
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(copp_session_output_id(player.session, &id), COPP_OK);
    assert_true(id != 0);
    assert_int_equal(copp_session_protect(player.session, &film, clock_ms()), COPP_STOP_NONE);
    copp_session_poll(player.session, clock_ms(), &poll);
    assert_int_equal(poll.state, COPP_POLL_PROTECTED);
    kit_event(&kit, "unplug HDMI-1");
    uint64_t began = clock_ms();
    do
        copp_session_poll(player.session, clock_ms(), &poll);
    while (poll.state == COPP_POLL_PROTECTED && clock_ms() - began < 2000);
    assert_int_equal(poll.state, COPP_POLL_STOP);
    copp_session_free(&player.session);
    kit_event(&kit, "plug HDMI-1");
    assert_int_equal(copp_transport_reopen(player.transport), COPP_OK); /* for another device of OPM */
    struct copp_transport_info info = {.size = sizeof info};
    assert_int_equal(copp_transport_info(player.transport, &info), COPP_OK);
    assert_int_equal(info.semantics, COPP_SEMANTICS_OPM);
    player_end(&player);
    kit_end(&kit);
}

/* CMD-6: its answer comes when the time is up, as the answer to what was asked. */
static void a_command_that_is_answered_late(void) {
    struct kit kit;
    struct player player;
    kit_begin(&kit, "pending_limit = 300\n");
    player_begin(&kit, "HDMI-1", &player);
    kit_event(&kit, "hdcp-hang HDMI-1 on");
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(player.session), COPP_HR_OPM_DRIVER_INTERNAL_ERROR);
    assert_int_equal(player_local(&player, HDCP), 0); /* rolled back; and the answer is bound to that one */
    player_end(&player);
    kit_end(&kit);
}

#define DELAY_MS 400u

static void begin_with_a_slow_output(struct kit *kit) {
    char name[KIT_PATH + 32];
    char settings[512];
    kit_make(kit, "");
    kit->semantics = COPP_SEMANTICS_OPM;
    (void)snprintf(name, sizeof name, "%s/adapter.ini", kit->directory);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fprintf(file,
                        "[output Slow]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\n"
                        "hdcp_delay = %u\n",
                        DELAY_MS) > 0 &&
                fclose(file) == 0);
    (void)snprintf(settings, sizeof settings, "[outputs]\nbackend = sim\nevents = %s\ndescription = %s\n", kit->events, name);
    kit_configure(kit, settings);
    kit_start(kit);
}

/* The simulator reads no clock, and coppd has had nothing to do for longer than its output takes. */
static void an_output_takes_its_time_after_a_rest(void) {
    struct kit kit;
    struct player player;
    begin_with_a_slow_output(&kit);
    player_begin(&kit, "Slow", &player);
    for (uint64_t began = clock_ms(); clock_ms() <= began + DELAY_MS;)
        (void)poll(NULL, 0, 10);
    uint64_t began = clock_ms();
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_true(clock_ms() + 1 >= began + DELAY_MS); /* 1: both are cut off to milliseconds */
    assert_int_equal(player_local(&player, HDCP), 1);
    player_end(&player);
    kit_end(&kit);
}

/* What the transport does with what goes beside a message. */
static void what_goes_beside_a_message(void) {
    static const uint8_t more[ADDITIONAL_MAX + 1];
    static const struct copp_command command;
    static const struct copp_status_input input;
    struct copp_status_output output;
    struct kit kit;
    struct player player;
    uint32_t hresult = 0;
    kit_begin(&kit, "");
    player_begin(&kit, "HDMI-1", &player);
    struct copp_transport *transport = player.transport;
    struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE, .additional = more};
    const size_t sizes[] = {0, 1, ADDITIONAL_MAX, ADDITIONAL_MAX + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        call.additional_size = sizes[i];
        assert_int_equal(transport->ops->protection_command(transport, &call, &command, &hresult), COPP_OK);
        assert_int_equal(hresult, COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST); /* it is not authentic */
    }
    call.additional_size = 15;
    assert_int_equal(transport->ops->protection_status(transport, &call, &input, &output, &hresult), COPP_E_ARGUMENT);
    call.additional_size = 16;
    assert_int_equal(transport->ops->protection_status(transport, &call, &input, &output, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OPM_INVALID_INFORMATION_REQUEST);
    call.additional = NULL;
    assert_int_equal(transport->ops->protection_command(transport, &call, &command, &hresult), COPP_E_ARGUMENT);
    player_end(&player);

    kit.semantics = COPP_SEMANTICS_COPP;
    player_begin(&kit, "HDMI-1", &player);
    call.additional = more;
    call.additional_size = 1;
    assert_int_equal(player.transport->ops->protection_command(player.transport, &call, &command, &hresult), COPP_E_UNSUPPORTED);
    assert_int_equal(player.transport->ops->protection_status(player.transport, &call, &input, &output, &hresult),
                     COPP_E_UNSUPPORTED);
    player_end(&player);
    kit_end(&kit);
}

static void modes_that_open_refuses(void) {
    struct kit kit;
    struct player player;
    kit_begin(&kit, "");
    kit_event(&kit, "multi-adapter HDMI-1 clone");
    assert_int_equal(player_try(&kit, "HDMI-1", NULL, &player), COPP_OK); /* OPM-OUT-6 */
    player_end(&player);
    kit_event(&kit, "multi-adapter HDMI-1 theatre");
    assert_int_equal(player_try(&kit, "HDMI-1", NULL, &player), COPP_E_UNSUPPORTED_MODE);
    kit_end(&kit);
}

/* A coppd from before it had OPM, and unknown semantics. */
static void an_older_coppd(void) {
    static const uint8_t refused[HEAD] = {3, 0, 0, 0, 2, 0, 0, 0x80, 0x01, 0x40, 0x00, 0x80};
    const struct iovec packets[] = {{(void *)(uintptr_t)refused, sizeof refused}};
    struct kit kit;
    struct player player;
    kit_make(&kit, "");
    kit.semantics = COPP_SEMANTICS_OPM;
    pid_t pid = false_daemon(kit.socket, packets, 1);
    assert_int_equal(player_try(&kit, "HDMI-1", NULL, &player), COPP_E_UNSUPPORTED);
    kit.semantics = (enum copp_semantics)3;
    assert_int_equal(player_try(&kit, "HDMI-1", NULL, &player), COPP_E_ARGUMENT);
    process_kill(pid);
    kit_end(&kit);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(sizes_of_both_packets, "OPM-WIRE-1 OPM-WIRE-3"),
        TEST(what_is_appended, "OPM-SET-3"),
        TEST(packets_of_the_other_semantics, "OPM-DDI-6 OPM-INI-9"),
        TEST(a_session_by_hand, "OPM-INI-4 OPM-GET-1 OPM-SET-1 OPM-SET-3"),
        TEST(the_journal_has_the_names_of_its_calls, "OPM-INI-1 OPM-INI-9"),
        TEST(both_semantics_on_one_connector, "OPM-ARB-2 BIND-3"),
        TEST(what_an_opm_player_does, "OPM-APP-1 OPM-STA-8"),
        TEST(a_command_that_is_answered_late, "CMD-6"),
        TEST(an_output_takes_its_time_after_a_rest, "CMD-6"),
        TEST(what_goes_beside_a_message, "OPM-SET-3"),
        TEST(modes_that_open_refuses, "OPM-OUT-6"),
        TEST(an_older_coppd, "OPM-OUT-4"),
    };
    return RUN_SUITE("daemon_opm", cases);
}
