/*
 * That nothing in opening OPM's handshake is branched on or indexed by what was decrypted (OPM-INI-6, OPM-INI-7): valgrind's memcheck is told
 * that the block holds nothing that was ever written, and complains of each branch, index and system call that such bytes reach, through
 * whatever is computed from them. The verdict alone is declared known, once it is out. test_oaep_time.sh runs this under valgrind.
 *
 * With an argument the program does one of those things itself, and must be complained of: else the test would prove nothing.
 */
#include <stdlib.h>
#include <string.h>

#include <valgrind/memcheck.h>

#include "crypto/oaep.h"
#include "harness.h"

/* A key whose operation is the library's, and whose result is a secret to valgrind. */
struct secret_key {
    struct copp_private_key base;
    struct copp_private_key *real;
};

static struct secret_key *own(struct copp_private_key *key) {
    return (struct secret_key *)key;
}

static enum copp_result secret_public(struct copp_private_key *key, struct copp_public_key *out) {
    return own(key)->real->ops->public_key(own(key)->real, out);
}

static enum copp_result secret_raw(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    enum copp_result result = own(key)->real->ops->decrypt_raw(own(key)->real, in, out, size);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(out, size);
    return result;
}

static const struct copp_private_key_ops secret_ops = {
    .size = sizeof secret_ops, .public_key = secret_public, .decrypt_raw = secret_raw};

static const struct copp_handshake secrets = {.random = {1, 2, 3}, .session_key = {4, 5, 6}, .status_sequence = 7};

/* The verdict, which is not a secret any more, and the handshake for the comparison. */
static enum copp_result opened(struct secret_key *key, const struct copp_signature *sealed, struct copp_handshake *handshake) {
    enum copp_result result = copp_handshake_open_opm(&key->base, sealed, secrets.random, handshake);
    (void)VALGRIND_MAKE_MEM_DEFINED(&result, sizeof result);
    (void)VALGRIND_MAKE_MEM_DEFINED(handshake, sizeof *handshake);
    return result;
}

static struct secret_key secret_key_open(void) {
    return (struct secret_key){{&secret_ops}, test_private_key("opm/leaf-key.pem")};
}

static void good_and_bad_seals(void) {
    static const char *const bad[] = {"opm/init-bad-first-byte.bin",   "opm/init-bad-lhash.bin",
                                      "opm/init-bad-padding-byte.bin", "opm/init-bad-no-separator.bin",
                                      "opm/init-bad-short-39.bin",     "opm/init-bad-wrong-random.bin",
                                      "opm/init-bad-zero.bin"};
    struct secret_key key = secret_key_open();
    struct copp_public_key leaf;
    struct copp_signature sealed;
    struct copp_handshake handshake;
    assert_int_equal(secret_public(&key.base, &leaf), COPP_OK);
    assert_int_equal(copp_handshake_seal(&secrets, COPP_FORM_OPM, &leaf, &sealed), COPP_OK);
    assert_int_equal(opened(&key, &sealed, &handshake), COPP_OK);
    assert_memory_equal(&handshake, &secrets, sizeof secrets);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t size;
        uint8_t *bytes = read_test_vector(bad[i], &size);
        assert_int_equal(size, sizeof sealed.bytes);
        memcpy(sealed.bytes, bytes, size);
        free(bytes);
        assert_int_equal(opened(&key, &sealed, &handshake), COPP_E_INVALID);
    }
    copp_private_key_free(&key.real);
}

/* --- what must be found --- */

/* The verdict is branched on before it is declared known: so memcheck follows the block through all of the decoding. */
static void verdict_is_a_secret_until_declared(void) {
    struct secret_key key = secret_key_open();
    struct copp_handshake handshake;
    const struct copp_signature sealed = {{0}};
    if (copp_handshake_open_opm(&key.base, &sealed, secrets.random, &handshake) == COPP_OK)
        print_message("opened\n");
    copp_private_key_free(&key.real);
}

/* So is each secret that comes out. */
static void secrets_are_secrets(void) {
    struct secret_key key = secret_key_open();
    struct copp_public_key leaf;
    struct copp_signature sealed;
    struct copp_handshake handshake;
    assert_int_equal(secret_public(&key.base, &leaf), COPP_OK);
    assert_int_equal(copp_handshake_seal(&secrets, COPP_FORM_OPM, &leaf, &sealed), COPP_OK);
    enum copp_result result = copp_handshake_open_opm(&key.base, &sealed, secrets.random, &handshake);
    (void)VALGRIND_MAKE_MEM_DEFINED(&result, sizeof result);
    assert_int_equal(result, COPP_OK);
    if (handshake.session_key[COPP_KEY_SIZE - 1] == 0)
        print_message("zero\n");
    copp_private_key_free(&key.real);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {TEST(good_and_bad_seals, "OPM-INI-6 OPM-INI-7")};
    if (argc < 2)
        return RUN_SUITE("oaep_time", cases);
    if (strcmp(argv[1], "verdict") == 0)
        verdict_is_a_secret_until_declared();
    else
        secrets_are_secrets();
    return 0;
}
