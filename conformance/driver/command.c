/* CMD-1 to CMD-3: what a command has to be, whatever it asks for. */
#include <string.h>

#include "define.h"

/* A command that is right but for something: which one, and what is changed in it. */
struct flaw {
    const char *what; /* "a command with ..." */
    size_t offset; /* of the bytes that are replaced */
    size_t size;
    uint8_t bytes[16];
    bool flip; /* bytes are or-ed in exclusively */
    bool resign; /* the MAC is right for what then stands there */
    uint32_t right; /* the HRESULT */
    const char *rule;
};

/* SetProtectionLevel of a type that the output has, level 0: it always succeeds (CMD-4). */
static void make_harmless(struct driver_client *client, struct copp_command *command) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    const uint32_t types = client->output->types & 7;
    put_u32(data, lowest_bit(types));
    client_make_command(client, COPP_SET_PROTECTION_LEVEL, data, sizeof data, command);
}

static void put_flaw(struct driver_client *client, const struct flaw *flaw, struct copp_command *command) {
    for (size_t i = 0; i < flaw->size; i++) {
        uint8_t *byte = &command->bytes[flaw->offset + i];
        *byte = flaw->flip ? (uint8_t)(*byte ^ flaw->bytes[i]) : flaw->bytes[i];
    }
    if (flaw->resign)
        client_sign_command(client, command);
}

static bool send_flawed(struct case_run *run, struct driver_client *client, const struct flaw *flaw) {
    struct copp_command command;
    uint32_t hresult;
    make_harmless(client, &command);
    put_flaw(client, flaw, &command);
    if (!client_command(run, client, &command, &hresult))
        return false;
    if (hresult != flaw->right) /* of several commands the wrong one alone */
        case_mark(run, false, flaw->offset, flaw->size);
    return want_hresult(run, flaw->rule, flaw->what, hresult, flaw->right);
}

static void flawed(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL)
        (void)send_flawed(run, client, run->test->with);
}

/* CMD-3: after a refusal the number is still the same. */
static void refusal_does_not_count(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_command command;
    uint32_t hresult;
    if (client == NULL)
        return;
    make_harmless(client, &command);
    put_flaw(client, run->test->with, &command);
    if (!client_command(run, client, &command, &hresult))
        return;
    if (hresult == COPP_HR_OK) {
        case_skip(run, CASE_NOT_APPLICABLE, "the driver did not refuse the command, which is a failure of another case");
        return;
    }
    make_harmless(client, &command);
    if (!client_command(run, client, &command, &hresult))
        return;
    case_mark(run, false, 32, 4);
    (void)want_hresult(run, "CMD-3", "the next command, with the same number", hresult, COPP_HR_OK);
}

/* --- the flaws --- */

#define FLIPPED(at, bit) .offset = (at), .size = 1, .bytes = {bit}, .flip = true, .right = COPP_HR_UNEXPECTED, .rule = "CMD-1"

static const struct flaw mac_first = {.what = "a command whose MAC differs in its first bit", FLIPPED(0, 0x01)};
static const struct flaw mac_last = {.what = "a command whose MAC differs in its last bit", FLIPPED(15, 0x80)};
static const struct flaw mac_middle = {.what = "a command whose MAC differs in a bit in its middle", FLIPPED(7, 0x10)};
static const struct flaw flip_size = {.what = "a command whose cbSizeData was changed after its MAC", FLIPPED(36, 0x01)};
static const struct flaw flip_type = {.what = "a command whose type was changed after its MAC", FLIPPED(43, 0x80)};
static const struct flaw flip_level = {.what = "a command whose level was changed after its MAC", FLIPPED(44, 0x01)};
static const struct flaw flip_behind = {.what = "a command with another byte behind its data", FLIPPED(56, 0x01)};
static const struct flaw flip_middle = {.what = "a command with another byte in its middle", FLIPPED(2050, 0x10)};
static const struct flaw flip_end = {.what = "a command with another last byte", FLIPPED(4095, 0x80)};

#define GUID(text, ...)                                                                                                          \
    .what = text, .offset = 16, .size = 16, .bytes = __VA_ARGS__, .resign = true, .right = COPP_HR_INVALIDARG, .rule = "CMD-2"
#define SIZE(text, ...) .what = text, .offset = 36, .size = 4, .bytes = __VA_ARGS__, .resign = true, .rule = "CMD-2"

static const struct flaw number_high = {.what = "a command whose number differs in its highest bit",
                                        .offset = 35,
                                        .size = 1,
                                        .bytes = {0x80},
                                        .flip = true,
                                        .resign = true,
                                        .right = COPP_HR_INVALIDARG,
                                        .rule = "CMD-2"};
static const struct flaw guid_zero = {GUID("a command whose GUID is zero", {0})};
static const struct flaw guid_unknown = {
    GUID("a command of an unknown GUID", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})};
static const struct flaw guid_last = {.what = "a command whose GUID differs in its last bit",
                                      .offset = 31,
                                      .size = 1,
                                      .bytes = {0x80},
                                      .flip = true,
                                      .resign = true,
                                      .right = COPP_HR_INVALIDARG,
                                      .rule = "CMD-2"};
static const struct flaw guid_query = {GUID("a query's GUID as a command", {0xd5, 0xbf, 0xd0, 0x81, 0xfe, 0x6a, 0xc2, 0x48, 0x99,
                                                                            0xc0, 0x95, 0xa0, 0x8f, 0x97, 0xc5, 0xda})};
static const struct flaw guid_opm = {GUID("OPM's SET_HDCP_SRM under COPP", {0xd1, 0xc5, 0x5e, 0x8b, 0x0d, 0xc3, 0xff, 0x44, 0x84,
                                                                            0xa5, 0xea, 0x71, 0xdc, 0xe7, 0x8f, 0x13})};
static const struct flaw size_0 = {SIZE("a command with cbSizeData 0", {0}), .right = COPP_HR_INVALIDARG};
static const struct flaw size_15 = {SIZE("SetProtectionLevel with cbSizeData 15", {15}), .right = COPP_HR_INVALIDARG};
static const struct flaw size_17 = {SIZE("SetProtectionLevel with cbSizeData 17", {17}), .right = COPP_HR_OK};
static const struct flaw size_4056 = {SIZE("SetProtectionLevel with cbSizeData 4056", {0xD8, 0x0F}), .right = COPP_HR_OK};
static const struct flaw size_4057 = {SIZE("SetProtectionLevel with cbSizeData 4057", {0xD9, 0x0F}), .right = COPP_HR_INVALIDARG};
static const struct flaw size_max = {SIZE("SetProtectionLevel with cbSizeData 2^32 - 1", {0xFF, 0xFF, 0xFF, 0xFF}),
                                     .right = COPP_HR_INVALIDARG};
static const struct flaw reserved = {.what = "a command with a reserved bit",
                                     .offset = 48,
                                     .size = 1,
                                     .bytes = {1},
                                     .resign = true,
                                     .right = COPP_HR_INVALIDARG,
                                     .rule = "CMD-4"};

/* What is wrong twice: the first check in CMD-2's order decides. */
static const struct flaw mac_and_number = {.what = "a command with a wrong number and a wrong MAC",
                                           .offset = 35,
                                           .size = 1,
                                           .bytes = {0x80},
                                           .flip = true,
                                           .right = COPP_HR_INVALIDARG,
                                           .rule = "CMD-2"};
static const struct flaw mac_and_guid = {.what = "a command with an unknown GUID and a wrong MAC",
                                         .offset = 31,
                                         .size = 1,
                                         .bytes = {0x80},
                                         .flip = true,
                                         .right = COPP_HR_INVALIDARG,
                                         .rule = "CMD-2"};
static const struct flaw mac_and_size = {.what = "a command with a wrong cbSizeData and a wrong MAC",
                                         .offset = 36,
                                         .size = 1,
                                         .bytes = {1},
                                         .right = COPP_HR_INVALIDARG,
                                         .rule = "CMD-2"};
static const struct flaw mac_and_type = {.what = "a command with a wrong type and a wrong MAC",
                                         .offset = 41,
                                         .size = 1,
                                         .bytes = {1},
                                         .right = COPP_HR_UNEXPECTED,
                                         .rule = "CMD-2"};

/* --- what is not one flaw --- */

static void right_command(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_command command;
    uint32_t hresult;
    if (client == NULL)
        return;
    make_harmless(client, &command);
    if (client_command(run, client, &command, &hresult))
        (void)want_hresult(run, "CMD-1", "a correct command", hresult, COPP_HR_OK);
}

/* Under the key of nobody. */
static void another_key(struct case_run *run) {
    static const uint8_t zeros[COPP_KEY_SIZE];
    struct driver_client *client = client_start(run);
    struct copp_command command;
    uint32_t hresult;
    if (client == NULL || copp_omac_set_key(client->omac, zeros) != COPP_OK)
        return;
    make_harmless(client, &command);
    if (!client_command(run, client, &command, &hresult))
        return;
    case_mark(run, false, 0, COPP_MAC_SIZE);
    (void)want_hresult(run, "CMD-1", "a command whose MAC is under the key zero", hresult, COPP_HR_UNEXPECTED);
}

/* Before there is a session. */
static void unopened(struct case_run *run) {
    const bool *exchanged = run->test->with;
    struct driver_client *client = client_open(run);
    struct copp_command command;
    uint32_t hresult;
    if (client == NULL || (*exchanged && !client_greet(run, client)))
        return;
    make_harmless(client, &command);
    if (client_command(run, client, &command, &hresult))
        (void)want_hresult(run, "CMD-2", "a command without a session", hresult, COPP_HR_UNEXPECTED);
}

static const bool at_once = false, after_exchange = true;

/* A number that is off by so much. */
static void number_off(struct case_run *run) {
    const int32_t *by = run->test->with;
    struct driver_client *client = client_start(run);
    struct copp_command command;
    uint32_t hresult;
    if (client == NULL)
        return;
    client->command_sequence += (uint32_t)*by;
    make_harmless(client, &command);
    if (!client_command(run, client, &command, &hresult))
        return;
    case_mark(run, false, 32, 4);
    (void)want_hresult(run, "CMD-2", "a command with a wrong number", hresult, COPP_HR_INVALIDARG);
}

static const int32_t one_less = -1, one_more = 1;

static void status_number_instead(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_command command;
    uint32_t hresult;
    if (client == NULL)
        return;
    client->command_sequence = client->status_sequence;
    make_harmless(client, &command);
    if (!client_command(run, client, &command, &hresult))
        return;
    case_mark(run, false, 32, 4);
    (void)want_hresult(run, "CMD-3", "a command with the status sequence number", hresult, COPP_HR_INVALIDARG);
}

/* A case of its own for each byte would be more of the same: the message says which one. */
static void each_byte(struct case_run *run) {
    const struct flaw *part = run->test->with;
    struct driver_client *client = client_start(run);
    for (size_t i = 0; client != NULL && i < part->size; i++) {
        struct flaw flaw = *part;
        flaw.offset += i;
        flaw.size = 1;
        if (!send_flawed(run, client, &flaw))
            return;
    }
}

static const struct flaw mac_bytes = {.what = "a command whose MAC differs in one byte",
                                      .offset = 0,
                                      .size = 16,
                                      .bytes = {0x10},
                                      .flip = true,
                                      .right = COPP_HR_UNEXPECTED,
                                      .rule = "CMD-1"};
static const struct flaw guid_bytes = {.what = "a command whose GUID differs in one byte",
                                       .offset = 16,
                                       .size = 16,
                                       .bytes = {0x10},
                                       .flip = true,
                                       .resign = true,
                                       .right = COPP_HR_INVALIDARG,
                                       .rule = "CMD-2"};

static void replayed(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_command command;
    uint32_t hresult;
    if (client == NULL)
        return;
    make_harmless(client, &command);
    if (!client_command(run, client, &command, &hresult) || hresult != COPP_HR_OK ||
        !client_command(run, client, &command, &hresult))
        return;
    case_mark(run, false, 32, 4);
    (void)want_hresult(run, "CMD-3", "the same command once more", hresult, COPP_HR_INVALIDARG);
}

static bool send_right(struct case_run *run, struct driver_client *client, const char *what) {
    struct copp_command command;
    uint32_t hresult;
    make_harmless(client, &command);
    if (!client_command(run, client, &command, &hresult))
        return false;
    case_mark(run, false, 32, 4);
    return want_hresult(run, "CMD-3", what, hresult, COPP_HR_OK);
}

static void counts(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && send_right(run, client, "the first command") && send_right(run, client, "the second, number + 1"))
        (void)send_right(run, client, "the third, number + 2");
}

/* S has the highest number there is. */
static void wraps(struct case_run *run) {
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client) || !client_seal(run, client, COPP_FORM_SWAP40, &signature))
        return;
    client->handshake.command_sequence = UINT32_MAX;
    if (!client_seal_again(run, client, COPP_FORM_SWAP40, &signature) ||
        !client_sequence_start(run, client, &signature, &hresult))
        return;
    if (send_right(run, client, "the command 2^32 - 1"))
        (void)send_right(run, client, "the next, 0");
}

static void apart(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_output output;
    struct copp_status_input input;
    uint32_t hresult;
    if (client == NULL || !send_right(run, client, "a command"))
        return;
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    if (client_status(run, client, &input, NULL, &output, &hresult) &&
        want_hresult(run, "CMD-3", "the first query after it", hresult, COPP_HR_OK))
        (void)send_right(run, client, "a command after it");
}

/* A refused command that would raise HDCP raises nothing. */
static void changes_nothing(struct case_run *run) {
    struct driver_client *client = client_start(run);
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {COPP_PROTECTION_TYPE_HDCP, 0, 0, 0, COPP_HDCP_ON};
    struct copp_command command;
    struct copp_status answer;
    uint32_t hresult;
    if (client == NULL)
        return;
    client_make_command(client, COPP_SET_PROTECTION_LEVEL, data, sizeof data, &command);
    command.bytes[3] ^= 0x40;
    if (!client_command(run, client, &command, &hresult) ||
        !client_ask(run, client, COPP_QUERY_LOCAL_PROTECTION_LEVEL, COPP_PROTECTION_TYPE_HDCP, &answer) ||
        !want_field(run, "CMD-3", "the local level after a command with a wrong MAC", 40, answer.data, COPP_HDCP_OFF))
        return;
    if (client_ask(run, client, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, COPP_PROTECTION_TYPE_HDCP, &answer))
        (void)want_field(run, "CMD-3", "the global level after it", 40, answer.data, COPP_HDCP_OFF);
}

#define FLAW(number, title, rules, sends, right, flaw)                                                                           \
    HOSTILE_CASE(number, title, rules, FROM_COMMAND, sends, right, NEED_TYPE, flawed, &(flaw))
#define MAC_FLIP(number, where, flaw)                                                                                            \
    FLAW(number, "a bit flipped in " where " is found", "CMD-1 CMD-2", "SetProtectionLevel with a bit flipped in " where,        \
         "E_UNEXPECTED", flaw)
#define UNCOUNTED(number, title, sends, flaw)                                                                                    \
    HOSTILE_CASE(number, title, "CMD-3", FROM_COMMAND, sends ", then a right one with the same number",                          \
                 "the second answers S_OK: a refusal does not count", NEED_TYPE, refusal_does_not_count, &(flaw))

const struct conformance_case driver_cases_command[] = {
    CORRECT_CASE("DRV-CMD-1-1", "a correct command is accepted", "CMD-1 WIRE-2 WIRE-5", FROM_COMMAND,
                 "SetProtectionLevel, level 0", "S_OK", NEED_TYPE, right_command, NULL),
    MAC_FLIP("DRV-CMD-1-2", "the MAC's first byte", mac_first),
    MAC_FLIP("DRV-CMD-1-3", "the MAC's last byte", mac_last),
    MAC_FLIP("DRV-CMD-1-4", "cbSizeData", flip_size),
    MAC_FLIP("DRV-CMD-1-5", "the protection type", flip_type),
    MAC_FLIP("DRV-CMD-1-6", "the level", flip_level),
    MAC_FLIP("DRV-CMD-1-7", "the bytes behind the data", flip_behind),
    MAC_FLIP("DRV-CMD-1-8", "the middle of CommandData", flip_middle),
    MAC_FLIP("DRV-CMD-1-9", "the last byte of CommandData", flip_end),
    HOSTILE_CASE("DRV-CMD-1-10", "a MAC under another key is refused", "CMD-1", FROM_COMMAND,
                 "SetProtectionLevel, MAC under the key zero", "E_UNEXPECTED", NEED_TYPE, another_key, NULL),
    MAC_FLIP("DRV-CMD-1-11", "the MAC's middle", mac_middle),
    HOSTILE_CASE("DRV-CMD-1-12", "each byte of the MAC is compared", "CMD-1", FROM_COMMAND,
                 "SetProtectionLevel 16 times, with a bit flipped in another byte of the MAC each time", "E_UNEXPECTED each time",
                 NEED_TYPE, each_byte, &mac_bytes),
    HOSTILE_CASE("DRV-CMD-2-1", "a command before KeyExchange is refused", "CMD-2", FROM_COMMAND, "SetProtectionLevel at once",
                 "E_UNEXPECTED", NEED_TYPE, unopened, &at_once),
    HOSTILE_CASE("DRV-CMD-2-2", "a command before SequenceStart is refused", "CMD-2", FROM_COMMAND,
                 "SetProtectionLevel after KeyExchange", "E_UNEXPECTED", NEED_TYPE, unopened, &after_exchange),
    HOSTILE_CASE("DRV-CMD-2-3", "a number that is one too low is refused", "CMD-2", FROM_COMMAND,
                 "the expected number - 1, MAC right", "E_INVALIDARG", NEED_TYPE, number_off, &one_less),
    HOSTILE_CASE("DRV-CMD-2-4", "a number that is one too high is refused", "CMD-2", FROM_COMMAND,
                 "the expected number + 1, MAC right", "E_INVALIDARG", NEED_TYPE, number_off, &one_more),
    FLAW("DRV-CMD-2-5", "all 32 bits of the number are compared", "CMD-2", "another highest bit, MAC right", "E_INVALIDARG",
         number_high),
    FLAW("DRV-CMD-2-6", "a GUID of zeros is refused", "CMD-2", "guidCommandID 0, MAC right", "E_INVALIDARG", guid_zero),
    FLAW("DRV-CMD-2-7", "an unknown GUID is refused", "CMD-2", "an unknown guidCommandID, MAC right", "E_INVALIDARG",
         guid_unknown),
    FLAW("DRV-CMD-2-8", "all of the GUID is compared", "CMD-2", "SetProtectionLevel's GUID with another last bit, MAC right",
         "E_INVALIDARG", guid_last),
    FLAW("DRV-CMD-2-9", "a query is not a command", "CMD-2", "QueryConnectorType's GUID as a command, MAC right", "E_INVALIDARG",
         guid_query),
    FLAW("DRV-CMD-2-10", "OPM's commands are not COPP's", "CMD-2", "SET_HDCP_SRM's GUID as a command, MAC right", "E_INVALIDARG",
         guid_opm),
    FLAW("DRV-CMD-2-11", "data of no size is refused", "CMD-2", "SetProtectionLevel, cbSizeData 0, MAC right", "E_INVALIDARG",
         size_0),
    FLAW("DRV-CMD-2-12", "data that is a byte too short is refused", "CMD-2", "SetProtectionLevel, cbSizeData 15, MAC right",
         "E_INVALIDARG", size_15),
    FLAW("DRV-CMD-2-13", "more data than the structure is accepted", "CMD-2", "SetProtectionLevel, cbSizeData 17, MAC right",
         "S_OK", size_17),
    FLAW("DRV-CMD-2-14", "as much data as there is room is accepted", "CMD-2", "SetProtectionLevel, cbSizeData 4056, MAC right",
         "S_OK", size_4056),
    FLAW("DRV-CMD-2-15", "more data than there is room is refused", "CMD-2", "SetProtectionLevel, cbSizeData 4057, MAC right",
         "E_INVALIDARG", size_4057),
    FLAW("DRV-CMD-2-16", "the largest size is refused", "CMD-2", "SetProtectionLevel, cbSizeData 2^32 - 1, MAC right",
         "E_INVALIDARG", size_max),
    FLAW("DRV-CMD-2-17", "the number is looked at before the MAC", "CMD-2", "a wrong number and a wrong MAC", "E_INVALIDARG",
         mac_and_number),
    FLAW("DRV-CMD-2-18", "the GUID is looked at before the MAC", "CMD-2", "an unknown GUID and a wrong MAC", "E_INVALIDARG",
         mac_and_guid),
    FLAW("DRV-CMD-2-19", "the size is looked at before the MAC", "CMD-2", "cbSizeData 1 and a wrong MAC", "E_INVALIDARG",
         mac_and_size),
    FLAW("DRV-CMD-2-20", "the MAC is looked at before the parameters", "CMD-2", "a wrong type and a wrong MAC", "E_UNEXPECTED",
         mac_and_type),
    HOSTILE_CASE("DRV-CMD-2-21", "each byte of the GUID is compared", "CMD-2", FROM_COMMAND,
                 "SetProtectionLevel 16 times, with a bit flipped in another byte of its GUID each time, MAC right",
                 "E_INVALIDARG each time", NEED_TYPE, each_byte, &guid_bytes),
    CORRECT_CASE("DRV-CMD-3-1", "each success counts one", "CMD-3", FROM_COMMAND, "three commands, numbers n, n + 1, n + 2",
                 "S_OK each time", NEED_TYPE, counts, NULL),
    CORRECT_CASE("DRV-CMD-3-2", "the number wraps at 2^32", "CMD-3", FROM_COMMAND, "commands 2^32 - 1 and 0", "S_OK both times",
                 NEED_TYPE, wraps, NULL),
    HOSTILE_CASE("DRV-CMD-3-3", "a command is not accepted twice", "CMD-3 CMD-2", FROM_COMMAND, "the same message twice",
                 "the second answers E_INVALIDARG", NEED_TYPE, replayed, NULL),
    HOSTILE_CASE("DRV-CMD-3-4", "the status sequence number is not the commands'", "CMD-3", FROM_COMMAND,
                 "a command with the status sequence number, MAC right", "E_INVALIDARG", NEED_TYPE, status_number_instead, NULL),
    CORRECT_CASE("DRV-CMD-3-5", "commands and queries count apart", "CMD-3 QRY-3", FROM_COMMAND, "a command, a query, a command",
                 "S_OK each time", NEED_TYPE, apart, NULL),
    UNCOUNTED("DRV-CMD-3-6", "a command with a wrong MAC does not count", "a command with a wrong MAC", mac_first),
    UNCOUNTED("DRV-CMD-3-7", "a command that is not known does not count", "a command of an unknown GUID", guid_unknown),
    UNCOUNTED("DRV-CMD-3-8", "a command with wrong parameters does not count", "a command with a reserved bit", reserved),
    HOSTILE_CASE("DRV-CMD-3-9", "a refused command changes nothing", "CMD-3 CMD-2", FROM_COMMAND,
                 "SetProtectionLevel, HDCP on, with a wrong MAC; both level queries", "both levels are still 0", NEED_HDCP,
                 changes_nothing, NULL),
    END_OF_CASES,
};
