/* Chains that are issued: they validate, say what was asked for, and are refused where they cannot be written (OPM-CERT). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate/x509.h"
#include "harness.h"
#include "wire/der_write.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define PURPOSE "1.3.6.1.4.1.99999.7"

/* Keys of 2048 bits, leaf first. */
static const char *const key_files[] = {"opm/leaf-key.pem", "opm/ca-key.pem", "leaf.pem", "ihv.pem", "opm/root-2048-key.pem"};
static const char *const names[] = {"Driver", "CA 0", "CA 1", "CA 2", "Root"};

struct world {
    size_t count;
    struct copp_private_key *keys[COPP_OPM_CERTIFICATES_MAX];
    struct copp_opm_certificate_request requests[COPP_OPM_CERTIFICATES_MAX];
};

/* A path of so many certificates. */
static struct world world_of(size_t count) {
    struct world world = {.count = count};
    for (size_t i = 0; i < count; i++) {
        size_t which = i + 1 < count ? i : COUNT(key_files) - 1;
        world.keys[i] = test_private_key(key_files[which]);
        world.requests[i] = (struct copp_opm_certificate_request){.size = sizeof world.requests[i], .name = names[which]};
        assert_int_equal(world.keys[i]->ops->public_key(world.keys[i], &world.requests[i].key), COPP_OK);
    }
    for (size_t i = 0; i < count; i++)
        world.requests[i].signer = world.keys[i + 1 < count ? i + 1 : i];
    return world;
}

static void world_end(struct world *world) {
    for (size_t i = 0; i < world->count; i++)
        copp_private_key_free(&world->keys[i]);
}

/* The last certificate of a chain. */
static struct copp_opm_anchor root_of(const uint8_t *bytes, size_t size) {
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    struct copp_opm_certificate root = {.size = sizeof root};
    struct copp_opm_chain *chain;
    assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, NULL), COPP_OK);
    assert_int_equal(copp_opm_chain_certificate(chain, copp_opm_chain_count(chain) - 1, &root), COPP_OK);
    assert_int_equal(root.role, COPP_OPM_ROLE_ROOT);
    assert_int_equal(copp_opm_anchor_read(root.der, root.der_size, &anchor), COPP_OK);
    copp_opm_chain_free(&chain);
    return anchor;
}

static void check_certificate(const struct world *world, const struct copp_opm_chain *chain, size_t index,
                              const char *signature) {
    const size_t last = world->count - 1;
    struct copp_opm_certificate read = {.size = sizeof read};
    assert_int_equal(copp_opm_chain_certificate(chain, index, &read), COPP_OK);
    assert_int_equal(read.role, index == 0 ? COPP_OPM_ROLE_LEAF : index == last ? COPP_OPM_ROLE_ROOT : COPP_OPM_ROLE_CA);
    assert_string_equal(read.subject, world->requests[index].name);
    assert_string_equal(read.issuer, world->requests[index < last ? index + 1 : last].name);
    assert_string_equal(read.signature, signature);
    assert_true(!read.key_flaw && !read.extensions_flaw && read.version == 3);
    assert_memory_equal(read.key.modulus, world->requests[index].key.modulus, 256);
    assert_int_equal(read.ca, index > 0);
    assert_int_equal(read.has_path_length, index > 0 && index < last);
    assert_int_equal(read.path_length, read.has_path_length ? index - 1 : 0);
    assert_int_equal(read.key_usage, index > 0 ? COPP_OPM_USAGE_CERTIFICATE_SIGN | COPP_OPM_USAGE_CRL_SIGN
                                               : COPP_OPM_USAGE_DIGITAL_SIGNATURE | COPP_OPM_USAGE_KEY_ENCIPHERMENT);
    assert_string_equal(read.purposes, world->requests[index].purpose ? world->requests[index].purpose : "");
}

/* Leaf first, and valid under its root. */
static void issue_and_check(struct world *world, enum copp_opm_hash hash, const char *signature) {
    uint8_t *bytes;
    size_t size;
    assert_int_equal(copp_opm_chain_issue(world->requests, world->count, hash, &bytes, &size), COPP_OK);
    const struct copp_opm_anchor anchor = root_of(bytes, size);
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor, .purpose = world->requests[0].purpose};
    struct copp_opm_chain *chain;
    struct copp_verdict verdict;
    enum copp_result result = copp_opm_chain_validate(bytes, size, &trust, &chain, &verdict);
    if (result)
        fail_msg("%s: %s", copp_rule_id(verdict.rule), verdict.detail);
    assert_int_equal(copp_opm_chain_count(chain), world->count);
    assert_true(copp_public_key_equal(copp_opm_chain_leaf_key(chain), &world->requests[0].key));
    for (size_t i = 0; i < world->count; i++)
        check_certificate(world, chain, i, signature);
    copp_opm_chain_free(&chain);
    copp_release(bytes, size);
}

static void chains_of_every_length_validate(void) {
    for (size_t count = 2; count <= COPP_OPM_CERTIFICATES_MAX; count++) {
        struct world world = world_of(count);
        issue_and_check(&world, COPP_OPM_HASH_SHA1, "RSA with SHA-1");
        world.requests[0].purpose = PURPOSE;
        issue_and_check(&world, COPP_OPM_HASH_SHA256, "RSA with SHA-256");
        world_end(&world);
    }
}

static void names_are_any_utf8(void) {
    static const char longest[] =
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
        "1234567890123456789012345678901234"; /* 64 characters */
    struct world world = world_of(3);
    world.requests[0].name = longest;
    world.requests[1].name = "<A & B, \"C\">";
    issue_and_check(&world, COPP_OPM_HASH_SHA1, "RSA with SHA-1");
    world_end(&world);
}

static void the_same_keys_give_the_same_bytes(void) {
    struct world world = world_of(3);
    uint8_t *first;
    uint8_t *second;
    size_t first_size;
    size_t second_size;
    assert_int_equal(copp_opm_chain_issue(world.requests, 3, COPP_OPM_HASH_SHA1, &first, &first_size), COPP_OK);
    assert_int_equal(copp_opm_chain_issue(world.requests, 3, COPP_OPM_HASH_SHA1, &second, &second_size), COPP_OK);
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    copp_release(first, first_size);
    copp_release(second, second_size);
    world_end(&world);
}

/* Another signer than the next one's key, or another order: it can be written, and does not validate. */
static void a_wrong_signer_is_found_by_validation(void) {
    struct world world = world_of(3);
    struct copp_verdict verdict;
    uint8_t *bytes;
    size_t size;
    world.requests[0].signer = world.keys[2];
    assert_int_equal(copp_opm_chain_issue(world.requests, 3, COPP_OPM_HASH_SHA1, &bytes, &size), COPP_OK);
    const struct copp_opm_anchor anchor = root_of(bytes, size);
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor};
    assert_int_equal(copp_opm_chain_validate(bytes, size, &trust, NULL, &verdict), COPP_E_INVALID);
    assert_true(verdict.rule == COPP_RULE_OPM_CERT_3 && verdict.certificate == 0);
    copp_release(bytes, size);
    world_end(&world);
}

static void refuse(struct world *world, enum copp_result wanted) {
    uint8_t *bytes = (uint8_t *)world;
    size_t size;
    assert_int_equal(copp_opm_chain_issue(world->requests, world->count, COPP_OPM_HASH_SHA1, &bytes, &size), wanted);
    assert_null(bytes);
}

static void what_cannot_be_written_is_refused(void) {
    static const char *const bad_names[] = {
        "", "a\nb", "\x7f", "\xff", "\xc3", "Root", "12345678901234567890123456789012345678901234567890123456789012345", NULL};
    static const char *const bad_purposes[] = {"", "x", "1.2.", "3.1"};
    struct world world = world_of(3);
    const struct copp_opm_certificate_request good = world.requests[0];
    for (size_t i = 0; i < COUNT(bad_names); i++) {
        world.requests[0].name = bad_names[i];
        refuse(&world, COPP_E_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT(bad_purposes); i++) {
        world.requests[0] = good;
        world.requests[0].purpose = bad_purposes[i];
        refuse(&world, COPP_E_ARGUMENT);
    }
    world.requests[0] = good;
    world.requests[0].signer = NULL;
    refuse(&world, COPP_E_ARGUMENT);
    world.requests[0] = good;
    world.requests[0].key.exponent = 1;
    refuse(&world, COPP_E_ARGUMENT);
    world.requests[0] = good;
    world.requests[0].size = 0;
    refuse(&world, COPP_E_ARGUMENT);
    world.requests[0] = good;
    world.count = 1;
    refuse(&world, COPP_E_ARGUMENT);
    world.count = 3;
    uint8_t *bytes;
    size_t size;
    assert_int_equal(copp_opm_chain_issue(world.requests, 6, COPP_OPM_HASH_SHA1, &bytes, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_opm_chain_issue(world.requests, 3, (enum copp_opm_hash)2, &bytes, &size), COPP_E_ARGUMENT);
    world_end(&world);
}

static void signers_of_1024_bits_are_refused(void) {
    struct world world = world_of(2);
    copp_private_key_free(&world.keys[1]);
    world.keys[1] = test_private_key("root.pem");
    world.requests[0].signer = world.requests[1].signer = world.keys[1];
    refuse(&world, COPP_E_KEY);
    world_end(&world);
}

/* Takes the place of a key of 2048 bits in a world of three. */
static void put_larger_key(struct world *world, size_t position, const char *file, struct copp_rsa_key *key) {
    char name[64];
    (void)snprintf(name, sizeof name, "vectors/%s", file);
    char *path = test_path(name);
    copp_private_key_free(&world->keys[position]);
    assert_int_equal(copp_private_key_open_issuer(path, NULL, NULL, &world->keys[position]), COPP_OK);
    assert_int_equal(world->keys[position]->ops->rsa_key(world->keys[position], key), COPP_OK);
    world->requests[position].rsa_key = key;
    for (size_t i = 0; i < world->count; i++)
        world->requests[i].signer = world->keys[i + 1 < world->count ? i + 1 : i];
    free(path);
}

/* OPM-CERT-5: those above the leaf have 2048 to 4096 bits. */
static void keys_above_the_leaf_may_be_larger(void) {
    struct world world = world_of(3);
    struct copp_rsa_key keys[2];
    struct copp_opm_chain *chain;
    struct copp_opm_certificate read = {.size = sizeof read};
    uint8_t *bytes;
    size_t size;
    world.requests[0].name = "123456789012345678901234567890123456789012345678901234567890leaf"; /* as long as names may be */
    world.requests[1].name = "1234567890123456789012345678901234567890123456789012345678901-ca";
    world.requests[2].name = "123456789012345678901234567890123456789012345678901234567890root";
    put_larger_key(&world, 1, "srm-rsa3072.pem", &keys[0]);
    put_larger_key(&world, 2, "opm/root-key.pem", &keys[1]);
    assert_int_equal(copp_opm_chain_issue(world.requests, 3, COPP_OPM_HASH_SHA256, &bytes, &size), COPP_OK);
    const struct copp_opm_anchor anchor = root_of(bytes, size);
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor};
    assert_int_equal(copp_opm_chain_validate(bytes, size, &trust, &chain, NULL), COPP_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(copp_opm_chain_certificate(chain, i + 1, &read), COPP_OK);
        assert_int_equal(read.key.modulus_size, keys[i].modulus_size);
        assert_memory_equal(read.key.modulus, keys[i].modulus, keys[i].modulus_size);
    }
    copp_opm_chain_free(&chain);
    copp_release(bytes, size);
    world_end(&world);
}

/* It can be written, and does not validate; what is not a key cannot. */
static void a_larger_leaf_is_found_by_validation(void) {
    struct world world = world_of(2);
    struct copp_rsa_key key;
    struct copp_verdict verdict;
    uint8_t *bytes;
    size_t size;
    put_larger_key(&world, 0, "srm-rsa3072.pem", &key);
    assert_int_equal(copp_opm_chain_issue(world.requests, 2, COPP_OPM_HASH_SHA1, &bytes, &size), COPP_OK);
    const struct copp_opm_anchor anchor = root_of(bytes, size);
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor};
    assert_int_equal(copp_opm_chain_validate(bytes, size, &trust, NULL, &verdict), COPP_E_INVALID);
    assert_true(verdict.rule == COPP_RULE_OPM_CERT_5 && verdict.certificate == 0);
    copp_release(bytes, size);
    key.exponent = 65536;
    refuse(&world, COPP_E_ARGUMENT);
    key.exponent = 65537;
    key.modulus_size = COPP_RSA_MODULUS_MAX + 1;
    refuse(&world, COPP_E_ARGUMENT);
    key.modulus_size = 0;
    refuse(&world, COPP_E_ARGUMENT);
    world_end(&world);
}

/* A key that makes a mistake would give itself away by what it signs. */
struct faulty_key {
    struct copp_private_key key;
    struct copp_private_key *good;
    bool fails;
};

static enum copp_result faulty_public(struct copp_private_key *key, struct copp_public_key *out) {
    struct copp_private_key *good = ((struct faulty_key *)key)->good;
    return good->ops->public_key(good, out);
}

static enum copp_result faulty_decrypt(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    const struct faulty_key *mine = (struct faulty_key *)key;
    enum copp_result result = mine->good->ops->decrypt_raw(mine->good, in, out, size);
    out[size - 1] ^= 1;
    return mine->fails ? COPP_E_IO : result;
}

static void a_key_that_errs_signs_nothing(void) {
    static const struct copp_private_key_ops ops = {
        .size = sizeof ops, .public_key = faulty_public, .decrypt_raw = faulty_decrypt};
    struct world world = world_of(2);
    struct faulty_key key = {{&ops}, world.keys[1], false};
    world.requests[0].signer = &key.key;
    refuse(&world, COPP_E_CRYPTO);
    key.fails = true;
    refuse(&world, COPP_E_CRYPTO);
    world_end(&world);
}

/* Elements of every length of a header, and what has no room. */
static void elements_are_wrapped(void) {
    static uint8_t contents[70000];
    static uint8_t bytes[70010];
    static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct copp_der_out out = {bytes, sizeof bytes, 0, true};
        contents[0] = 0x55;
        copp_der_put_element(&out, COPP_DER_OCTET_STRING, contents, sizes[i]);
        assert_int_equal(out.good, sizes[i] <= 65535);
        if (!out.good)
            continue;
        struct copp_reader in = {bytes, out.used};
        struct copp_reader value;
        assert_true(copp_der_read(&in, COPP_DER_OCTET_STRING, &value) && in.left == 0);
        assert_true(copp_der_is(&value, contents, sizes[i]));
        struct copp_der_out tight = {bytes, out.used - 1, 0, true};
        copp_der_put_element(&tight, COPP_DER_OCTET_STRING, contents, sizes[i]);
        assert_false(tight.good);
        copp_der_put(&tight, contents, 0);
        assert_false(tight.good);
    }
}

static void numbers_are_minimal(void) {
    static const struct {
        uint8_t number[4];
        size_t size;
        uint8_t wanted[8];
        size_t wanted_size;
    } numbers[] = {
        {{0, 1, 0, 1}, 4, {0x02, 0x03, 0x01, 0x00, 0x01}, 5},
        {{0, 0, 0, 3}, 4, {0x02, 0x01, 0x03}, 3},
        {{0x80}, 1, {0x02, 0x02, 0x00, 0x80}, 4},
        {{0}, 1, {0x02, 0x01, 0x00}, 3},
        {{0}, 0, {0x02, 0x01, 0x00}, 3},
        {{0x7F, 0xFF}, 2, {0x02, 0x02, 0x7F, 0xFF}, 4},
    };
    for (size_t i = 0; i < COUNT(numbers); i++) {
        uint8_t bytes[16];
        struct copp_der_out out = {bytes, sizeof bytes, 0, true};
        copp_der_put_number(&out, numbers[i].number, numbers[i].size);
        assert_int_equal(out.used, numbers[i].wanted_size);
        assert_memory_equal(bytes, numbers[i].wanted, out.used);
    }
}

static const struct test_case cases[] = {
    TEST(chains_of_every_length_validate, "OPM-CERT-1 OPM-CERT-4"),
    TEST(names_are_any_utf8, ""),
    TEST(the_same_keys_give_the_same_bytes, ""),
    TEST(a_wrong_signer_is_found_by_validation, "OPM-CERT-3"),
    TEST(what_cannot_be_written_is_refused, ""),
    TEST(signers_of_1024_bits_are_refused, "OPM-CERT-5"),
    TEST(keys_above_the_leaf_may_be_larger, "OPM-CERT-5"),
    TEST(a_larger_leaf_is_found_by_validation, "OPM-CERT-5"),
    TEST(a_key_that_errs_signs_nothing, ""),
    TEST(elements_are_wrapped, ""),
    TEST(numbers_are_minimal, ""),
};

int main(void) {
    return RUN_SUITE("x509_issue", cases);
}
