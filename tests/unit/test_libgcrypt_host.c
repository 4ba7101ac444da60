/* In a program that has started libgcrypt itself, in its own way: that stands, and everything works. */
#include <stdlib.h>

#include <gcrypt.h>

#include "crypto/crypto.h"
#include "harness.h"

/* Before libcopp's own constructor, as a program's libraries may be. Without secure memory, which many do without. */
__attribute__((constructor(102))) static void start_as_a_program_does(void) {
    if (!gcry_check_version(NULL) || gcry_control(GCRYCTL_DISABLE_SECMEM, 0) || gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0))
        abort();
}

static void keys_work(void) {
    struct copp_private_key *key = test_private_key("leaf.pem");
    struct copp_public_key numbers;
    struct copp_handshake sealed = {.status_sequence = 1, .command_sequence = 2};
    struct copp_handshake opened;
    struct copp_signature signature;
    char *pem;
    size_t size;
    void *some = gcry_malloc_secure(16);
    assert_non_null(some);
    assert_false(gcry_is_secure(some)); /* the program's own choice */
    gcry_free(some);
    assert_int_equal(copp_random_fill(NULL, sealed.session_key, sizeof sealed.session_key, NULL), COPP_OK);
    assert_int_equal(key->ops->public_key(key, &numbers), COPP_OK);
    assert_int_equal(copp_handshake_seal(&sealed, COPP_FORM_SWAP40, &numbers, &signature), COPP_OK);
    assert_int_equal(copp_handshake_open(key, &signature, &opened), COPP_OK);
    assert_memory_equal(&opened, &sealed, sizeof sealed);
    assert_int_equal(copp_private_key_to_pem(key, &pem, &size), COPP_OK);
    copp_release(pem, size);
    copp_private_key_free(&key);
}

int main(void) {
    static const struct test_case cases[] = {TEST(keys_work, "SES-4")};
    return RUN_SUITE("libgcrypt_host", cases);
}
