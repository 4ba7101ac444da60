/* OPM's handshake, and ciphertexts that a driver has to refuse with one word (OPM-INI). */
#include <string.h>

#include "opm_cases.h"
#include "opm_sealing.h"

#define FINISH_PAGES "IOPMVideoOutput::FinishInitialization; DXGKDDI_OPM_SET_SIGNING_KEY_AND_SEQUENCE_NUMBERS"
#define START_PAGES "IOPMVideoOutput::StartInitialization; DXGKDDI_OPM_GET_RANDOM_NUMBER"
#define OAEP_PAGES "Using Output Protection Manager; RSAES-OAEP, RFC 8017"
#define REFUSED COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS
#define REFUSED_WORDS "FinishInitialization answers 0xC0262503"

/* A device whose random number is known, and a ciphertext for it. NULL after the case has ended. */
static struct driver_client *greet_and_seal(struct case_run *run, enum opm_sealing sealing, struct copp_signature *sealed) {
    struct driver_client *client = client_open(run);
    if (client == NULL || !client_greet(run, client) || !client_seal(run, client, COPP_FORM_OPM, sealed))
        return NULL;
    return opm_seal_as(run, client, sealing, sealed) ? client : NULL;
}

static bool want_start(struct case_run *run, struct driver_client *client, const struct copp_signature *sealed, const char *rule,
                       uint32_t right) {
    uint32_t hresult;
    if (!client_sequence_start(run, client, sealed, &hresult))
        return false;
    case_mark(run, false, 0, COPP_SIGNATURE_SIZE);
    return want_hresult(run, rule, "FinishInitialization", hresult, right);
}

static bool want_exchange(struct case_run *run, struct driver_client *client, const char *rule, uint32_t right) {
    uint32_t hresult;
    return client_key_exchange(run, client, &hresult) && want_hresult(run, rule, "StartInitialization", hresult, right);
}

/* --- the cases --- */

/* One ciphertext, which with names, has to be refused. */
static void run_refused(struct case_run *run) {
    struct copp_signature sealed;
    struct driver_client *client = greet_and_seal(run, *(const enum opm_sealing *)run->test->with, &sealed);
    if (client != NULL)
        want_start(run, client, &sealed, NULL, REFUSED);
}

/* One that has to open, and give a session that works. */
static void run_accepted(struct case_run *run) {
    struct copp_signature sealed;
    struct copp_status answer;
    struct driver_client *client = greet_and_seal(run, *(const enum opm_sealing *)run->test->with, &sealed);
    if (client != NULL && want_start(run, client, &sealed, NULL, COPP_HR_OK))
        client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer);
}

/* The same 16 bytes may come again by chance once in 2^128 draws. */
static void run_random_fresh(struct case_run *run) {
    uint8_t seen[4][COPP_RANDOM_SIZE];
    static const uint8_t zero[COPP_RANDOM_SIZE];
    for (size_t i = 0; i < 4; i++) {
        struct driver_client *client = client_open(run);
        if (client == NULL || !want_exchange(run, client, NULL, COPP_HR_OK))
            return;
        memcpy(seen[i], client->random, COPP_RANDOM_SIZE);
        case_mark(run, true, 0, COPP_RANDOM_SIZE);
        if (memcmp(seen[i], zero, sizeof zero) == 0)
            case_fail(run, NULL, NULL, "output %zu has the random number 0", i + 1);
        for (size_t j = 0; j < i; j++) {
            if (memcmp(seen[i], seen[j], COPP_RANDOM_SIZE) == 0)
                case_fail(run, NULL, NULL, "outputs %zu and %zu have the same random number", j + 1, i + 1);
        }
    }
}

/* Half a number that stays the same is not a random number either. */
static void run_random_spread(struct case_run *run) {
    uint8_t either[COPP_RANDOM_SIZE] = {0}, both[COPP_RANDOM_SIZE];
    memset(both, 0xFF, sizeof both);
    for (size_t i = 0; i < 24; i++) {
        struct driver_client *client = client_open(run);
        if (client == NULL || !want_exchange(run, client, NULL, COPP_HR_OK))
            return;
        for (size_t j = 0; j < COPP_RANDOM_SIZE; j++) {
            either[j] |= client->random[j];
            both[j] &= client->random[j];
        }
        client_close(run, client);
    }
    for (size_t j = 0; j < COPP_RANDOM_SIZE; j++) {
        if (either[j] == both[j])
            case_fail(run, NULL, NULL, "byte %zu of 24 random numbers was always 0x%02X", j, (unsigned)both[j]);
    }
}

static void run_second_start(struct case_run *run) {
    struct driver_client *client = client_open(run);
    if (client != NULL && client_greet(run, client))
        want_exchange(run, client, NULL, COPP_HR_UNEXPECTED);
}

static void run_second_start_keeps(struct case_run *run) {
    struct copp_signature sealed;
    uint32_t hresult;
    struct driver_client *client = greet_and_seal(run, OPM_SEAL_RIGHT, &sealed);
    if (client == NULL || !client_key_exchange(run, client, &hresult))
        return;
    want_start(run, client, &sealed, NULL, COPP_HR_OK);
}

static void run_start_while_active(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL)
        want_exchange(run, client, NULL, COPP_HR_UNEXPECTED);
}

static void run_start_when_spent(struct case_run *run) {
    struct copp_signature sealed;
    uint32_t hresult;
    struct driver_client *client = greet_and_seal(run, OPM_SEAL_FLIPPED, &sealed);
    if (client != NULL && client_sequence_start(run, client, &sealed, &hresult))
        want_exchange(run, client, NULL, COPP_HR_UNEXPECTED);
}

/* The numbers in S are those that the first messages carry. */
static void run_numbers(struct case_run *run) {
    const uint32_t *numbers = run->test->with;
    struct copp_signature sealed;
    struct copp_status answer;
    uint32_t hresult, type;
    struct driver_client *client = greet_and_seal(run, OPM_SEAL_RIGHT, &sealed);
    if (client == NULL)
        return;
    client->handshake.status_sequence = numbers[0];
    client->handshake.command_sequence = numbers[1];
    if (!client_seal_again(run, client, COPP_FORM_OPM, &sealed) || !want_start(run, client, &sealed, NULL, COPP_HR_OK))
        return;
    if (!client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer) || !opm_any_type(run, &type))
        return;
    if (client_set_level(run, client, type, 0, &hresult))
        want_hresult(run, NULL, "the first command", hresult, COPP_HR_OK);
}

/* Each way to be wrong gets the same answer. */
static void run_one_answer(struct case_run *run) {
    static const enum opm_sealing ways[] = {OPM_SEAL_FLIPPED, OPM_SEAL_RANDOM_LAST, OPM_SEAL_ZERO,      OPM_SEAL_ONES,
                                            OPM_SEAL_MODULUS, OPM_SEAL_SWAP40,      OPM_SEAL_MASK_SHA1, OPM_SEAL_SHORT,
                                            OPM_SEAL_PADDING, OPM_SEAL_FIRST_BYTE,  OPM_SEAL_LABEL_HASH};
    uint32_t first = 0, hresult;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct copp_signature sealed;
        struct driver_client *client = greet_and_seal(run, ways[i], &sealed);
        if (client == NULL || !client_sequence_start(run, client, &sealed, &hresult))
            return;
        first = i == 0 ? hresult : first;
        if (!want_hresult(run, NULL, "another wrong ciphertext", hresult, first))
            return;
        client_close(run, client);
    }
}

static void run_spent(struct case_run *run) {
    const enum opm_sealing *first = run->test->with;
    struct copp_signature right, wrong;
    uint32_t hresult;
    struct driver_client *client = greet_and_seal(run, OPM_SEAL_RIGHT, &right);
    if (client == NULL)
        return;
    const struct copp_handshake kept = client->handshake;
    wrong = right;
    if (!opm_seal_as(run, client, *first, &wrong) || !client_sequence_start(run, client, &wrong, &hresult))
        return;
    client->handshake = kept;
    want_start(run, client, &right, NULL, REFUSED);
}

static bool want_no_session(struct case_run *run, struct driver_client *client) {
    struct copp_status_input input;
    struct copp_status_output output;
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {COPP_PROTECTION_TYPE_OPM_HDCP};
    uint32_t hresult;
    static const uint8_t mac[COPP_MAC_SIZE];
    static const uint8_t key[COPP_KEY_SIZE];
    if (copp_omac_set_key(client->omac, key) != COPP_OK)
        return case_error(run, "no memory");
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    if (!client_status(run, client, &input, mac, &output, &hresult) ||
        !want_hresult(run, NULL, "GetInformation", hresult, COPP_HR_OPM_INVALID_INFORMATION_REQUEST))
        return false;
    client_make_command(client, COPP_SET_PROTECTION_LEVEL, data, sizeof data, &command);
    return client_command(run, client, &command, &hresult) &&
           want_hresult(run, NULL, "Configure", hresult, COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
}

static void run_messages_before_start(struct case_run *run) {
    struct driver_client *client = client_open(run);
    if (client != NULL)
        want_no_session(run, client);
}

static void run_messages_before_finish(struct case_run *run) {
    struct driver_client *client = client_open(run);
    if (client != NULL && client_greet(run, client))
        want_no_session(run, client);
}

static void run_messages_when_spent(struct case_run *run) {
    struct copp_signature sealed;
    uint32_t hresult;
    struct driver_client *client = greet_and_seal(run, OPM_SEAL_FLIPPED, &sealed);
    if (client != NULL && client_sequence_start(run, client, &sealed, &hresult))
        want_no_session(run, client);
}

static void run_finish_first(struct case_run *run) {
    struct copp_signature sealed;
    struct driver_client *client = client_open(run);
    if (client == NULL)
        return;
    case_random(run, sealed.bytes, sizeof sealed.bytes);
    sealed.bytes[0] &= 0x7F;
    want_start(run, client, &sealed, NULL, REFUSED);
}

static void run_finish_first_changes_nothing(struct case_run *run) {
    struct copp_signature sealed;
    uint32_t hresult;
    struct driver_client *client = client_open(run);
    if (client == NULL)
        return;
    memset(sealed.bytes, 1, sizeof sealed.bytes);
    if (client_sequence_start(run, client, &sealed, &hresult) && client_greet(run, client) &&
        client_seal(run, client, COPP_FORM_OPM, &sealed))
        want_start(run, client, &sealed, NULL, COPP_HR_OK);
}

static void run_finish_again(struct case_run *run) {
    struct copp_signature sealed;
    struct driver_client *client = greet_and_seal(run, OPM_SEAL_RIGHT, &sealed);
    if (client != NULL && want_start(run, client, &sealed, NULL, COPP_HR_OK))
        want_start(run, client, &sealed, NULL, REFUSED);
}

/* The second one would bring another key: the first stays. */
static void run_finish_again_keeps_key(struct case_run *run) {
    struct copp_signature sealed;
    struct copp_status_input input;
    struct copp_status_output output;
    uint8_t mac[COPP_MAC_SIZE];
    uint32_t hresult;
    struct driver_client *client = greet_and_seal(run, OPM_SEAL_RIGHT, &sealed);
    if (client == NULL || !want_start(run, client, &sealed, NULL, COPP_HR_OK))
        return;
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    opm_request_mac(client, &input, mac);
    if (!client_seal(run, client, COPP_FORM_OPM, &sealed) || !client_sequence_start(run, client, &sealed, &hresult))
        return;
    if (client_status(run, client, &input, mac, &output, &hresult))
        want_hresult(run, NULL, "GetInformation under the first key", hresult, COPP_HR_OK);
}

/* What was sealed for one output is of no use to another. */
static void run_other_output(struct case_run *run) {
    struct copp_signature sealed;
    struct driver_client *first = greet_and_seal(run, OPM_SEAL_RIGHT, &sealed);
    struct driver_client *second = first != NULL ? client_open(run) : NULL;
    if (second != NULL && client_greet(run, second))
        want_start(run, second, &sealed, NULL, REFUSED);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define REFUSES(number, what, kind, text)                                                                                        \
    {                                                                                                                            \
        .id = "DRV-OPM-INI-" number, .title = what, .rules = text, .source = OAEP_PAGES, .hostile = true,                        \
        .sends = "StartInitialization; FinishInitialization with that", .right = REFUSED_WORDS, .semantics = COPP_SEMANTICS_OPM, \
        .run = run_refused, .with = &(const enum opm_sealing) {                                                                  \
            kind                                                                                                                 \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

const struct conformance_case driver_cases_opm_start[] = {
    {.id = "DRV-OPM-INI-1-1",
     .title = "each output has a random number of its own",
     .rules = "OPM-INI-1",
     .source = START_PAGES,
     .sends = "StartInitialization to 4 outputs",
     .right = "S_OK, and 4 different numbers, none of them 0",
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_random_fresh},
    {.id = "DRV-OPM-INI-1-2",
     .title = "every byte of the random number is random",
     .rules = "OPM-INI-1",
     .source = START_PAGES,
     .sends = "StartInitialization to 24 outputs, one after the other",
     .right = "no byte is the same in all of them",
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_random_spread},
    {.id = "DRV-OPM-INI-1-3",
     .title = "a second StartInitialization is refused",
     .rules = "OPM-INI-1",
     .source = START_PAGES,
     .sends = "StartInitialization twice",
     .right = "the second one answers E_UNEXPECTED",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_second_start},
    {.id = "DRV-OPM-INI-1-4",
     .title = "a second StartInitialization does not change the random number",
     .rules = "OPM-INI-1 OPM-ERR-3",
     .source = START_PAGES,
     .sends = "StartInitialization twice; FinishInitialization with the first number",
     .right = "FinishInitialization answers S_OK",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_second_start_keeps},
    {.id = "DRV-OPM-INI-1-5",
     .title = "StartInitialization of an output that has its key is refused",
     .rules = "OPM-INI-1",
     .source = START_PAGES,
     .sends = "a whole handshake; StartInitialization",
     .right = "E_UNEXPECTED",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_start_while_active},
    {.id = "DRV-OPM-INI-1-6",
     .title = "a spent random number is not replaced by another one",
     .rules = "OPM-INI-1 OPM-INI-8",
     .source = START_PAGES,
     .sends = "StartInitialization; FinishInitialization with a wrong ciphertext; StartInitialization",
     .right = "the second StartInitialization answers E_UNEXPECTED",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_start_when_spent},
    {.id = "DRV-OPM-INI-3-1",
     .title = "the sequence numbers are those of the sealed 40 bytes",
     .rules = "OPM-INI-3 OPM-GET-3 OPM-SET-2",
     .source = FINISH_PAGES,
     .sends = "a handshake with the numbers 0x01020304 and 0xA0B0C0D0; a request and a command that carry them",
     .right = "both succeed",
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_numbers,
     .with = &(const uint32_t[2]){0x01020304, 0xA0B0C0D0}},
    {.id = "DRV-OPM-INI-3-2",
     .title = "sequence numbers may begin at their ends",
     .rules = "OPM-INI-3 OPM-GET-3 OPM-SET-2",
     .source = FINISH_PAGES,
     .sends = "a handshake with the numbers 0xFFFFFFFF and 0; a request and a command that carry them",
     .right = "both succeed",
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_numbers,
     .with = &(const uint32_t[2]){0xFFFFFFFF, 0}},
    {.id = "DRV-OPM-INI-4-1",
     .title = "RSAES-OAEP with SHA-512, MGF1 with SHA-512 and an empty label opens",
     .rules = "OPM-INI-4 OPM-INI-5 OPM-WIRE-5",
     .source = OAEP_PAGES,
     .sends = "StartInitialization; FinishInitialization",
     .right = "S_OK, and requests under the session key are answered",
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_accepted,
     .with = &(const enum opm_sealing){OPM_SEAL_RIGHT}},
    REFUSES("4-2", "OAEP with MGF1 of SHA-1 does not open", OPM_SEAL_MASK_SHA1, "OPM-INI-4 OPM-INI-6"),
    REFUSES("4-3", "OAEP of SHA-1 does not open", OPM_SEAL_SHA1, "OPM-INI-4 OPM-INI-6"),
    REFUSES("4-4", "OAEP with a label does not open", OPM_SEAL_LABEL, "OPM-INI-4 OPM-INI-6"),
    REFUSES("4-5", "the 40 bytes without encryption are refused", OPM_SEAL_PLAIN, "OPM-INI-4 OPM-INI-6"),
    REFUSES("4-6", "the 40 bytes without a padding are refused", OPM_SEAL_RAW, "OPM-INI-4 OPM-INI-6"),
    REFUSES("4-7", "COPP's first form, reversed and padded by PKCS #1 v1.5, does not open", OPM_SEAL_SWAP40,
            "OPM-INI-4 OPM-INI-6"),
    REFUSES("4-8", "COPP's second form does not open", OPM_SEAL_SWAP256, "OPM-INI-4 OPM-INI-6"),
    REFUSES("5-1", "a ciphertext whose bytes are reversed does not open", OPM_SEAL_REVERSED, "OPM-INI-5 OPM-INI-6"),
    {.id = "DRV-OPM-INI-6-1",
     .title = "a message of 41 bytes opens, and its last byte is ignored",
     .rules = "OPM-INI-6",
     .source = FINISH_PAGES,
     .sends = "StartInitialization; FinishInitialization with one byte behind the 40",
     .right = "S_OK, and requests under the session key are answered",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_accepted,
     .with = &(const enum opm_sealing){OPM_SEAL_LONG}},
    {.id = "DRV-OPM-INI-6-2",
     .title = "a message of 126 bytes, as many as fit, opens",
     .rules = "OPM-INI-6",
     .source = FINISH_PAGES,
     .sends = "StartInitialization; FinishInitialization with 86 bytes behind the 40",
     .right = "S_OK, and requests under the session key are answered",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_accepted,
     .with = &(const enum opm_sealing){OPM_SEAL_FULL}},
    REFUSES("6-3", "a message of 39 bytes is refused", OPM_SEAL_SHORT, "OPM-INI-6"),
    REFUSES("6-4", "a block whose first byte is 1 is refused", OPM_SEAL_FIRST_BYTE, "OPM-INI-6"),
    REFUSES("6-5", "a block with one wrong bit in the hash of the label is refused", OPM_SEAL_LABEL_HASH, "OPM-INI-6"),
    REFUSES("6-6", "a block with a 2 among the padding's zeros is refused", OPM_SEAL_PADDING, "OPM-INI-6"),
    REFUSES("6-7", "a block with a 2 in place of the separator is refused", OPM_SEAL_SEPARATOR, "OPM-INI-6"),
    REFUSES("6-8", "a ciphertext with one bit flipped is refused", OPM_SEAL_FLIPPED, "OPM-INI-6"),
    REFUSES("6-9", "a random number with its first bit flipped is refused", OPM_SEAL_RANDOM_FIRST, "OPM-INI-6"),
    REFUSES("6-10", "a random number with a bit of its fifth byte flipped is refused", OPM_SEAL_RANDOM_FIFTH, "OPM-INI-6"),
    REFUSES("6-11", "a random number with its last bit flipped is refused", OPM_SEAL_RANDOM_LAST, "OPM-INI-6"),
    REFUSES("6-12", "the random number 0 is refused", OPM_SEAL_RANDOM_ZERO, "OPM-INI-6"),
    {.id = "DRV-OPM-INI-6-13",
     .title = "what was sealed for one output does not start another",
     .rules = "OPM-INI-6",
     .source = FINISH_PAGES,
     .sends = "StartInitialization to two outputs; FinishInitialization to the second with what was sealed for the first",
     .right = REFUSED_WORDS,
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_other_output},
    REFUSES("6-14", "the ciphertext 0 is refused", OPM_SEAL_ZERO, "OPM-INI-6 OPM-INI-8"),
    REFUSES("6-15", "the ciphertext 1 is refused", OPM_SEAL_ONE, "OPM-INI-6 OPM-INI-8"),
    REFUSES("6-16", "the ciphertext n - 1 is refused", OPM_SEAL_BELOW_MODULUS, "OPM-INI-6 OPM-INI-8"),
    REFUSES("6-17", "the ciphertext n is refused", OPM_SEAL_MODULUS, "OPM-INI-6"),
    REFUSES("6-18", "the ciphertext n + 1 is refused", OPM_SEAL_ABOVE_MODULUS, "OPM-INI-6"),
    REFUSES("6-19", "a ciphertext of ones is refused", OPM_SEAL_ONES, "OPM-INI-6"),
    {.id = "DRV-OPM-INI-7-1",
     .title = "every wrong ciphertext gets the same answer",
     .rules = "OPM-INI-7",
     .source = OAEP_PAGES,
     .sends = "FinishInitialization to 11 outputs, each with a ciphertext that is wrong in another way",
     .right = "one HRESULT for all of them",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_one_answer},
    {.id = "DRV-OPM-INI-8-1",
     .title = "a wrong ciphertext spends the random number",
     .rules = "OPM-INI-8",
     .source = FINISH_PAGES,
     .sends = "FinishInitialization with one bit flipped, and with the right ciphertext",
     .right = "the second one answers 0xC0262503 as well",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_spent,
     .with = &(const enum opm_sealing){OPM_SEAL_FLIPPED}},
    {.id = "DRV-OPM-INI-8-2",
     .title = "a wrong random number spends the driver's",
     .rules = "OPM-INI-8",
     .source = FINISH_PAGES,
     .sends = "FinishInitialization with another random number, and with the right one",
     .right = "the second one answers 0xC0262503 as well",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_spent,
     .with = &(const enum opm_sealing){OPM_SEAL_RANDOM_LAST}},
    {.id = "DRV-OPM-INI-8-3",
     .title = "a ciphertext not below the modulus spends the random number",
     .rules = "OPM-INI-8",
     .source = FINISH_PAGES,
     .sends = "FinishInitialization with a ciphertext of ones, and with the right one",
     .right = "the second one answers 0xC0262503 as well",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_spent,
     .with = &(const enum opm_sealing){OPM_SEAL_ONES}},
    {.id = "DRV-OPM-INI-8-4",
     .title = "an output whose number is spent has no session",
     .rules = "OPM-INI-8 OPM-INI-9",
     .source = FINISH_PAGES,
     .sends = "FinishInitialization with a wrong ciphertext; GetInformation and Configure",
     .right = "0xC026251D and 0xC0262521",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_messages_when_spent},
    {.id = "DRV-OPM-INI-9-1",
     .title = "FinishInitialization before StartInitialization is refused",
     .rules = "OPM-INI-9",
     .source = FINISH_PAGES,
     .sends = "FinishInitialization first of all",
     .right = REFUSED_WORDS,
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_finish_first},
    {.id = "DRV-OPM-INI-9-2",
     .title = "FinishInitialization that came too early changes nothing",
     .rules = "OPM-INI-9",
     .source = FINISH_PAGES,
     .sends = "FinishInitialization first of all; then a right handshake",
     .right = "the right handshake succeeds",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_finish_first_changes_nothing},
    {.id = "DRV-OPM-INI-9-3",
     .title = "FinishInitialization after success is refused",
     .rules = "OPM-INI-9",
     .source = FINISH_PAGES,
     .sends = "a right handshake; FinishInitialization once more",
     .right = REFUSED_WORDS,
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_finish_again},
    {.id = "DRV-OPM-INI-9-4",
     .title = "FinishInitialization after success does not change the key",
     .rules = "OPM-INI-9",
     .source = FINISH_PAGES,
     .sends = "a right handshake; FinishInitialization with another session key; GetInformation under the first key",
     .right = "GetInformation answers S_OK",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_finish_again_keeps_key},
    {.id = "DRV-OPM-INI-9-5",
     .title = "before StartInitialization nothing is answered or carried out",
     .rules = "OPM-INI-9 OPM-GET-2 OPM-SET-1",
     .source = FINISH_PAGES,
     .sends = "GetInformation and Configure first of all",
     .right = "0xC026251D and 0xC0262521",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_messages_before_start},
    {.id = "DRV-OPM-INI-9-6",
     .title = "before FinishInitialization nothing is answered or carried out",
     .rules = "OPM-INI-9 OPM-GET-2 OPM-SET-1",
     .source = FINISH_PAGES,
     .sends = "StartInitialization; GetInformation and Configure",
     .right = "0xC026251D and 0xC0262521",
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_messages_before_finish},
    {.id = NULL}};
