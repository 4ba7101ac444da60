/* SES: how a session starts. */
#include <string.h>

#include "define.h"
#include "rsa.h"

/* --- the handshake as it should be --- */

/* A session that has started answers. */
static void starts(struct case_run *run) {
    const enum copp_handshake_form *form = run->test->with;
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    struct copp_status answer;
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client) || !client_seal(run, client, *form, &signature) ||
        !client_sequence_start(run, client, &signature, &hresult))
        return;
    if (want_hresult(run, NULL, "SequenceStart", hresult, COPP_HR_OK))
        (void)client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer);
}

static const enum copp_handshake_form swap40 = COPP_FORM_SWAP40;
static const enum copp_handshake_form swap256 = COPP_FORM_SWAP256;

static const uint32_t hdcp = COPP_PROTECTION_TYPE_HDCP;
static const uint32_t acp = COPP_PROTECTION_TYPE_ACP;
static const uint32_t cgmsa = COPP_PROTECTION_TYPE_CGMSA;

static void starts_at_0(struct case_run *run) {
    const uint32_t *type = run->test->with;
    struct driver_client *client = client_start(run);
    struct copp_status answer;
    if (client != NULL && client_ask(run, client, COPP_QUERY_LOCAL_PROTECTION_LEVEL, *type, &answer))
        (void)want_field(run, "SES-1", "the local level", 40, answer.data, 0);
}

static void exchanges(struct case_run *run) {
    struct driver_client *client = client_open(run);
    uint32_t hresult;
    if (client != NULL && client_key_exchange(run, client, &hresult))
        (void)want_hresult(run, "SES-2", "KeyExchange", hresult, COPP_HR_OK);
}

#define DRAWS 8u

/* Eight numbers: all different, and no byte the same in all of them. */
static void draws(struct case_run *run) {
    uint8_t numbers[DRAWS][COPP_RANDOM_SIZE];
    for (size_t i = 0; i < DRAWS; i++) {
        struct driver_client *client = client_open(run);
        if (client == NULL || !client_greet(run, client))
            return;
        memcpy(numbers[i], client->random, sizeof numbers[i]);
        for (size_t j = 0; j < i; j++) {
            if (memcmp(numbers[i], numbers[j], sizeof numbers[i]) != 0)
                continue;
            case_mark(run, true, 0, COPP_RANDOM_SIZE);
            case_fail(run, "SES-2", NULL, "session %lu was given the number of session %lu", (unsigned long)i + 1,
                      (unsigned long)j + 1);
            return;
        }
    }
    for (size_t at = 0; at < COPP_RANDOM_SIZE; at++) {
        size_t same = 1;
        while (same < DRAWS && numbers[same][at] == numbers[0][at])
            same++;
        if (same == DRAWS) {
            case_mark(run, true, at, 1);
            case_fail(run, "SES-2", "all 16 bytes are random", "byte %lu is the same in %u numbers", (unsigned long)at, DRAWS);
            return;
        }
    }
}

/* --- calls out of order: refused, and the state stays as it is --- */

static void exchange_again(struct case_run *run) {
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    uint8_t random[COPP_RANDOM_SIZE];
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client))
        return;
    memcpy(random, client->random, sizeof random);
    if (!client_key_exchange(run, client, &hresult) ||
        !want_hresult(run, "SES-2", "a second KeyExchange", hresult, COPP_HR_UNEXPECTED))
        return;
    memcpy(client->random, random, sizeof random);
    if (client_seal(run, client, COPP_FORM_SWAP40, &signature) && client_sequence_start(run, client, &signature, &hresult))
        (void)want_hresult(run, "SES-2", "SequenceStart after it", hresult, COPP_HR_OK);
}

/* A session that goes on as it was. */
static void want_session(struct case_run *run, struct driver_client *client, const char *rule) {
    struct copp_status_input input;
    struct copp_status_output output;
    uint8_t tag[COPP_MAC_SIZE];
    uint32_t hresult;
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    if (!client_status(run, client, &input, NULL, &output, &hresult) ||
        !want_hresult(run, rule, "a query in the session as it was", hresult, COPP_HR_OK))
        return;
    if (copp_omac_tag(client->omac, output.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag) == COPP_OK &&
        !copp_equal(tag, output.bytes, sizeof tag))
        case_fail(run, rule, "the session goes on with the key it has", "the answer's MAC is not under the session's key");
}

static void exchange_in_session(struct case_run *run) {
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client != NULL && client_key_exchange(run, client, &hresult) &&
        want_hresult(run, "SES-2", "KeyExchange in a session", hresult, COPP_HR_UNEXPECTED))
        want_session(run, client, "SES-2");
}

static void start_early(struct case_run *run) {
    struct driver_client *other = client_open(run);
    struct driver_client *client = other != NULL ? client_open(run) : NULL;
    struct copp_signature signature;
    uint32_t hresult;
    if (client == NULL || !client_greet(run, other))
        return;
    client->leaf = other->leaf;
    if (!client_seal(run, client, COPP_FORM_SWAP40, &signature) || !client_sequence_start(run, client, &signature, &hresult) ||
        !want_hresult(run, "SES-3", "SequenceStart before KeyExchange", hresult, COPP_HR_UNEXPECTED))
        return;
    if (client_greet(run, client) && client_seal(run, client, COPP_FORM_SWAP40, &signature) &&
        client_sequence_start(run, client, &signature, &hresult))
        (void)want_hresult(run, "SES-3", "the handshake after it", hresult, COPP_HR_OK);
}

static void start_again(struct case_run *run) {
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client) || !client_seal(run, client, COPP_FORM_SWAP40, &signature) ||
        !client_sequence_start(run, client, &signature, &hresult))
        return;
    if (hresult != COPP_HR_OK) {
        case_error(run, "no session: SequenceStart answered %s", copp_hresult_name(hresult));
    } else if (client_sequence_start(run, client, &signature, &hresult) &&
               want_hresult(run, "SES-3", "a second SequenceStart", hresult, COPP_HR_UNEXPECTED)) {
        want_session(run, client, "SES-3");
    }
}

/* With other secrets: the key of the session may not change. */
static void start_with_another_key(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_signature signature;
    uint32_t hresult;
    if (client == NULL)
        return;
    if (client_seal(run, client, COPP_FORM_SWAP40, &signature) && client_sequence_start(run, client, &signature, &hresult) &&
        want_hresult(run, "SES-3", "SequenceStart with other secrets", hresult, COPP_HR_UNEXPECTED))
        want_session(run, client, "SES-3");
}

/* --- the secrets --- */

/* The status number of S is the first that a query has to have. */
static void status_number(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_output output;
    struct copp_status_input input;
    uint32_t hresult;
    if (client == NULL)
        return;
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    if (!client_status(run, client, &input, NULL, &output, &hresult))
        return;
    case_mark(run, false, 32, 4);
    (void)want_hresult(run, "SES-4", "the first query, with the status sequence number of S", hresult, COPP_HR_OK);
}

static void command_number(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {COPP_PROTECTION_TYPE_HDCP};
    uint32_t hresult;
    if (client == NULL)
        return;
    client_make_command(client, COPP_SET_PROTECTION_LEVEL, data, sizeof data, &command);
    if (!client_command(run, client, &command, &hresult))
        return;
    case_mark(run, false, 32, 4);
    (void)want_hresult(run, "SES-4", "the first command, with the command sequence number of S", hresult, COPP_HR_OK);
}

/* What a driver decrypts is garbage and S: SES-6 has it read S and nothing else. */
static void no_padding(struct case_run *run) {
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    uint8_t block[RSA_SIZE];
    uint8_t sealed[RSA_SIZE];
    uint32_t hresult;
    struct copp_handshake *h;
    if (client == NULL || !client_greet(run, client) || !client_seal(run, client, COPP_FORM_SWAP40, &signature))
        return;
    h = &client->handshake;
    case_random(run, block, sizeof block);
    block[0] = 0;
    block[1] = 0x5A; /* no padding of PKCS #1 begins so */
    uint8_t secrets[COPP_HANDSHAKE_SIZE];
    memcpy(secrets, h->random, 16);
    memcpy(secrets + 16, h->session_key, 16);
    put_u32(secrets + 32, h->status_sequence);
    put_u32(secrets + 36, h->command_sequence);
    for (size_t i = 0; i < sizeof secrets; i++)
        block[RSA_SIZE - 1 - i] = secrets[i];
    if (!rsa_encrypt_raw(&client->leaf, block, sealed)) {
        case_error(run, "the driver's key is not of 2048 bits");
        return;
    }
    for (size_t i = 0; i < RSA_SIZE; i++)
        signature.bytes[i] = sealed[RSA_SIZE - 1 - i];
    if (client_sequence_start(run, client, &signature, &hresult))
        (void)want_hresult(run, "SES-6", "SequenceStart without padding", hresult, COPP_HR_OK);
}

/* In PKCS #1's byte order, in which COPP does not have it. */
static void not_reversed(struct case_run *run) {
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    struct copp_signature reversed;
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client) || !client_seal(run, client, COPP_FORM_SWAP40, &signature))
        return;
    for (size_t i = 0; i < sizeof signature.bytes; i++)
        reversed.bytes[i] = signature.bytes[sizeof signature.bytes - 1 - i];
    if (client_sequence_start(run, client, &reversed, &hresult))
        (void)want_hresult(run, "SES-5", "SequenceStart in the other byte order", hresult, COPP_HR_UNEXPECTED);
}

/* --- wrong random numbers and ciphertexts: one guess --- */

/* After a wrong ciphertext the right one comes too late. */
static void want_spent(struct case_run *run, struct driver_client *client) {
    struct copp_signature signature;
    uint32_t hresult;
    if (client_seal(run, client, COPP_FORM_SWAP40, &signature) && client_sequence_start(run, client, &signature, &hresult))
        (void)want_hresult(run, "SES-8", "the right SequenceStart after a wrong one", hresult, COPP_HR_UNEXPECTED);
}

static bool send_wrong_random(struct case_run *run, struct driver_client *client, size_t at) {
    uint8_t random[COPP_RANDOM_SIZE];
    struct copp_signature signature;
    uint32_t hresult;
    memcpy(random, client->random, sizeof random);
    client->random[at] ^= 1;
    bool sent = client_seal(run, client, COPP_FORM_SWAP40, &signature) &&
                client_sequence_start(run, client, &signature, &hresult) &&
                want_hresult(run, "SES-7", "SequenceStart with another random number", hresult, COPP_HR_UNEXPECTED);
    memcpy(client->random, random, sizeof random);
    return sent;
}

static const size_t byte_0 = 0, byte_3 = 3, byte_4 = 4, byte_8 = 8, byte_11 = 11, byte_12 = 12, byte_15 = 15;

static void wrong_random(struct case_run *run) {
    const size_t *at = run->test->with;
    struct driver_client *client = client_open(run);
    if (client != NULL && client_greet(run, client))
        (void)send_wrong_random(run, client, *at);
}

/* Those that have no case of their own, each in a session of its own. */
static void wrong_random_elsewhere(struct case_run *run) {
    static const size_t bytes[] = {1, 2, 5, 6, 7, 9, 10, 13, 14};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        struct driver_client *client = client_open(run);
        if (client == NULL || !client_greet(run, client) || !send_wrong_random(run, client, bytes[i]))
            return;
        client_close(run, client);
    }
}

static void spends_random(struct case_run *run) {
    struct driver_client *client = client_open(run);
    if (client != NULL && client_greet(run, client) && send_wrong_random(run, client, 0))
        want_spent(run, client);
}

/* No key is kept: no call that needs one does anything. */
static void keeps_no_key(struct case_run *run) {
    struct driver_client *client = client_open(run);
    struct copp_status_output output;
    struct copp_status_input input;
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client) || !send_wrong_random(run, client, 0))
        return;
    client->status_sequence = client->handshake.status_sequence;
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    if (client_status(run, client, &input, NULL, &output, &hresult))
        (void)want_hresult(run, "SES-8", "a query after a SequenceStart that was refused", hresult, COPP_HR_UNEXPECTED);
}

/* Numbers at the edges. */
struct edge {
    bool of_modulus; /* else of 0 */
    int plus;
    const char *what;
};
static const struct edge edge_0 = {false, 0, "the ciphertext 0"};
static const struct edge edge_1 = {false, 1, "the ciphertext 1"};
static const struct edge edge_below = {true, -1, "the ciphertext n - 1"};
static const struct edge edge_n = {true, 0, "the ciphertext n"};
static const struct edge edge_above = {true, 1, "the ciphertext n + 1"};
static const struct edge edge_last = {false, -1, "the ciphertext 2^2048 - 1"};

static void ciphertext(struct case_run *run) {
    const struct edge *edge = run->test->with;
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    uint8_t number[RSA_SIZE] = {0};
    uint8_t value[RSA_SIZE];
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client))
        return;
    if (edge->of_modulus && client->leaf.modulus_size == RSA_SIZE)
        memcpy(number, client->leaf.modulus, sizeof number);
    rsa_add(number, edge->plus, value);
    for (size_t i = 0; i < RSA_SIZE; i++)
        signature.bytes[i] = value[RSA_SIZE - 1 - i];
    if (client_sequence_start(run, client, &signature, &hresult) &&
        want_hresult(run, "SES-8", edge->what, hresult, COPP_HR_UNEXPECTED))
        want_spent(run, client);
}

#define ANOTHER_RANDOM(number, at, title)                                                                                        \
    HOSTILE_CASE(number, title, "SES-7", FROM_START, "SequenceStart whose random number differs in one bit of that byte",        \
                 "E_UNEXPECTED: all 16 bytes are compared", 0, wrong_random, &(at))
#define EDGE(number, edge, title)                                                                                                \
    HOSTILE_CASE(number, title, "SES-8 SES-7", FROM_START, "SequenceStart with that number, then a right one",                   \
                 "both answer E_UNEXPECTED: the random number is spent", 0, ciphertext, &(edge))

const struct conformance_case driver_cases_session[] = {
    CORRECT_CASE("DRV-SES-1-1", "HDCP's local level is 0 at first", "SES-1 QRY-5", FROM_INTERFACE,
                 "QueryLocalProtectionLevel, HDCP", "0", NEED_HDCP, starts_at_0, &hdcp),
    CORRECT_CASE("DRV-SES-1-2", "ACP's local level is 0 at first", "SES-1 QRY-5", FROM_INTERFACE,
                 "QueryLocalProtectionLevel, ACP", "0", NEED_ACP, starts_at_0, &acp),
    CORRECT_CASE("DRV-SES-1-3", "CGMS-A's local level is 0 at first", "SES-1 QRY-5", FROM_INTERFACE,
                 "QueryLocalProtectionLevel, CGMS-A", "0", NEED_CGMSA, starts_at_0, &cgmsa),
    CORRECT_CASE("DRV-SES-2-1", "KeyExchange answers", "SES-2", FROM_INTERFACE, "KeyExchange", "S_OK", 0, exchanges, NULL),
    CORRECT_CASE("DRV-SES-2-2", "random numbers are fresh", "SES-2", FROM_INTERFACE, "KeyExchange, for eight devices",
                 "eight different numbers, each byte of which is random", 0, draws, NULL),
    HOSTILE_CASE("DRV-SES-2-3", "a second KeyExchange is refused", "SES-2", FROM_INTERFACE,
                 "KeyExchange twice, then SequenceStart with the first number", "E_UNEXPECTED, and the handshake goes on", 0,
                 exchange_again, NULL),
    HOSTILE_CASE("DRV-SES-2-4", "KeyExchange in a session is refused", "SES-2", FROM_INTERFACE,
                 "KeyExchange in a session, then a query", "E_UNEXPECTED, and the session goes on", 0, exchange_in_session, NULL),
    HOSTILE_CASE("DRV-SES-3-1", "SequenceStart before KeyExchange is refused", "SES-3", FROM_START,
                 "SequenceStart, then the handshake in its order", "E_UNEXPECTED, and the state stays as it is", 0, start_early,
                 NULL),
    HOSTILE_CASE("DRV-SES-3-2", "SequenceStart is accepted once", "SES-3", FROM_START, "the same SequenceStart twice",
                 "the second answers E_UNEXPECTED, and the session goes on", 0, start_again, NULL),
    HOSTILE_CASE("DRV-SES-3-3", "a session keeps its key", "SES-3", FROM_START, "SequenceStart with other secrets in a session",
                 "E_UNEXPECTED, and the session goes on with its key", 0, start_with_another_key, NULL),
    CORRECT_CASE("DRV-SES-4-1", "queries begin with the status sequence number of S", "SES-4 WIRE-3", FROM_START,
                 "QueryConnectorType with that number", "S_OK", 0, status_number, NULL),
    CORRECT_CASE("DRV-SES-4-2", "commands begin with the command sequence number of S", "SES-4 CMD-3 WIRE-2", FROM_START,
                 "SetProtectionLevel, HDCP off, with that number", "S_OK", NEED_HDCP, command_number, NULL),
    CORRECT_CASE("DRV-SES-5-1", "a handshake in the form swap40 opens", "SES-5 SES-4 SES-6 WIRE-1", FROM_START,
                 "KeyExchange, SequenceStart (swap40), QueryConnectorType", "all three answer S_OK", 0, starts, &swap40),
    CORRECT_CASE("DRV-SES-5-2", "a handshake in the form swap256 opens", "SES-5 SES-6 WIRE-1", FROM_START,
                 "KeyExchange, SequenceStart (swap256), QueryConnectorType", "all three answer S_OK", 0, starts, &swap256),
    HOSTILE_CASE("DRV-SES-5-3", "the other byte order does not open", "SES-5 SES-7", FROM_START,
                 "SequenceStart whose 256 bytes are reversed", "E_UNEXPECTED", 0, not_reversed, NULL),
    HOSTILE_CASE("DRV-SES-6-1", "the padding is not looked at", "SES-6", FROM_START,
                 "SequenceStart with S, and random bytes in the place of the padding",
                 "S_OK: a driver that tells good padding from bad is an oracle", 0, no_padding, NULL),
    ANOTHER_RANDOM("DRV-SES-7-1", byte_0, "byte 0 of the random number is compared"),
    ANOTHER_RANDOM("DRV-SES-7-2", byte_3, "byte 3 of the random number is compared"),
    ANOTHER_RANDOM("DRV-SES-7-3", byte_4, "byte 4 of the random number is compared"),
    ANOTHER_RANDOM("DRV-SES-7-4", byte_8, "byte 8 of the random number is compared"),
    ANOTHER_RANDOM("DRV-SES-7-5", byte_11, "byte 11 of the random number is compared"),
    ANOTHER_RANDOM("DRV-SES-7-6", byte_12, "byte 12 of the random number is compared"),
    ANOTHER_RANDOM("DRV-SES-7-7", byte_15, "byte 15 of the random number is compared"),
    HOSTILE_CASE("DRV-SES-7-9", "each byte of the random number is compared", "SES-7", FROM_START,
                 "SequenceStart whose random number differs in one byte: 1, 2, 5, 6, 7, 9, 10, 13 or 14",
                 "E_UNEXPECTED: all 16 bytes are compared", 0, wrong_random_elsewhere, NULL),
    HOSTILE_CASE("DRV-SES-8-1", "a wrong random number is the only guess", "SES-8", FROM_START,
                 "SequenceStart with another random number, then a right one", "both answer E_UNEXPECTED", 0, spends_random,
                 NULL),
    HOSTILE_CASE("DRV-SES-8-2", "no key is kept after a wrong random number", "SES-8 QRY-1", FROM_START,
                 "SequenceStart with another random number, then a query under its key", "both answer E_UNEXPECTED", 0,
                 keeps_no_key, NULL),
    EDGE("DRV-SES-8-3", edge_0, "the ciphertext 0 is refused"),
    EDGE("DRV-SES-8-4", edge_1, "the ciphertext 1 is refused"),
    EDGE("DRV-SES-8-5", edge_below, "the ciphertext n - 1 is refused"),
    EDGE("DRV-SES-8-6", edge_n, "the ciphertext n is refused"),
    EDGE("DRV-SES-8-7", edge_above, "the ciphertext n + 1 is refused"),
    EDGE("DRV-SES-8-8", edge_last, "the ciphertext 2^2048 - 1 is refused"),
    END_OF_CASES,
};
