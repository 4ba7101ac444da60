/* OPM's handshake: OAEP with SHA-512 against the independent vectors, and block by block; each refusal like all others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "crypto/oaep.h"
#include "harness.h"

#define HASH COPP_SHA512_SIZE
#define DATA 191u /* of a block behind its mask's seed */
#define REST (DATA - HASH)
#define LAST_MARK 86u

static const struct copp_handshake secrets = {
    .random = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f},
    .session_key = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf},
    .status_sequence = 0x01020304,
    .command_sequence = 0xfffffffe};
static const struct copp_handshake zero;

/* --- what is called of the crypto seam --- */

static unsigned hashed;
enum copp_result __real_copp_hash_digest(struct copp_hash *hash, const uint8_t *bytes, size_t size, uint8_t *digest);
enum copp_result __wrap_copp_hash_digest(struct copp_hash *hash, const uint8_t *bytes, size_t size, uint8_t *digest);
enum copp_result __wrap_copp_hash_digest(struct copp_hash *hash, const uint8_t *bytes, size_t size, uint8_t *digest) {
    hashed++;
    return __real_copp_hash_digest(hash, bytes, size, digest);
}

/* A key that counts, and does as it is told. */
struct counted_key {
    struct copp_private_key base;
    struct copp_private_key *real; /* NULL: block is what comes of any number */
    const uint8_t *block;
    struct copp_public_key numbers;
    enum copp_result public_answer;
    enum copp_result check_answer;
    enum copp_result raw_answer;
    unsigned checked;
    unsigned decrypted;
};

static enum copp_result counted_public(struct copp_private_key *key, struct copp_public_key *out) {
    const struct counted_key *mine = (struct counted_key *)key;
    *out = mine->numbers;
    return mine->public_answer;
}

static enum copp_result counted_raw(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    struct counted_key *mine = (struct counted_key *)key;
    assert_int_equal(size, COPP_OAEP_SIZE);
    mine->decrypted++;
    if (mine->real)
        return mine->real->ops->decrypt_raw(mine->real, in, out, size);
    memcpy(out, mine->block, size);
    return mine->raw_answer;
}

static enum copp_result counted_check(struct copp_private_key *key) {
    struct counted_key *mine = (struct counted_key *)key;
    mine->checked++;
    return mine->check_answer;
}

static const struct copp_private_key_ops counted_ops = {
    .size = sizeof counted_ops, .public_key = counted_public, .decrypt_raw = counted_raw, .check = counted_check};

static struct counted_key counted_with(const uint8_t *block) {
    struct counted_key key = {.base = {&counted_ops}, .block = block, .numbers = {.modulus_size = 256, .exponent = 65537}};
    memset(key.numbers.modulus, 0xFF, sizeof key.numbers.modulus);
    return key;
}

/* --- blocks, put together without the library's own padding --- */

static void mgf1(const uint8_t *seed, size_t seed_size, uint8_t *bytes, size_t size) {
    uint8_t counted[DATA + 4];
    uint8_t digest[HASH];
    memcpy(counted, seed, seed_size);
    for (size_t i = 0; i < size; i++) {
        if (i % HASH == 0) {
            memcpy(counted + seed_size, (const uint8_t[]){0, 0, 0, (uint8_t)(i / HASH)}, 4);
            assert_int_equal(copp_digest(COPP_DIGEST_SHA512, counted, seed_size + 4, digest, NULL), COPP_OK);
        }
        bytes[i] ^= digest[i % HASH];
    }
}

/* What a block is made of. The rest is what follows lHash. */
struct parts {
    uint8_t first;
    uint8_t seed[HASH];
    uint8_t label[HASH];
    uint8_t rest[REST];
};

/* A good one, with the mark there and S behind it. */
static struct parts parts_with_mark(size_t mark) {
    struct parts parts = {.first = 0};
    for (size_t i = 0; i < HASH; i++)
        parts.seed[i] = (uint8_t)(i * 37 + mark);
    assert_int_equal(copp_digest(COPP_DIGEST_SHA512, parts.seed, 0, parts.label, NULL), COPP_OK);
    memset(parts.rest, 0, mark);
    parts.rest[mark] = 1;
    uint8_t s[COPP_HANDSHAKE_SIZE];
    memcpy(s, secrets.random, 16);
    memcpy(s + 16, secrets.session_key, 16);
    memcpy(s + 32, (const uint8_t[]){4, 3, 2, 1, 0xfe, 0xff, 0xff, 0xff}, 8);
    for (size_t i = 0; mark + 1 + i < REST; i++) /* what comes behind S is anything */
        parts.rest[mark + 1 + i] = i < sizeof s ? s[i] : (uint8_t)(i % 3);
    return parts;
}

static void put_together(const struct parts *parts, uint8_t *block) {
    block[0] = parts->first;
    memcpy(block + 1, parts->seed, HASH);
    memcpy(block + 1 + HASH, parts->label, HASH);
    memcpy(block + 1 + HASH + HASH, parts->rest, REST);
    mgf1(block + 1, HASH, block + 1 + HASH, DATA);
    mgf1(block + 1 + HASH, DATA, block + 1, HASH);
}

/* What comes of them; each time with the same calls. */
static enum copp_result opened(const struct parts *parts, struct copp_handshake *handshake) {
    static const struct copp_signature any;
    uint8_t block[COPP_OAEP_SIZE];
    put_together(parts, block);
    struct counted_key key = counted_with(block);
    hashed = 0;
    memset(handshake, 0xA5, sizeof *handshake);
    enum copp_result result = copp_handshake_open_opm(&key.base, &any, secrets.random, handshake);
    assert_int_equal(hashed, 5);
    assert_int_equal(key.checked, 1);
    assert_int_equal(key.decrypted, 1);
    return result;
}

static void assert_opens(const struct parts *parts) {
    struct copp_handshake handshake;
    assert_int_equal(opened(parts, &handshake), COPP_OK);
    assert_memory_equal(&handshake, &secrets, sizeof secrets);
}

static void assert_refused(const struct parts *parts) {
    struct copp_handshake handshake;
    assert_int_equal(opened(parts, &handshake), COPP_E_INVALID);
    assert_memory_equal(&handshake, &zero, sizeof zero);
}

static void mark_anywhere(void) {
    for (size_t mark = 0; mark <= LAST_MARK; mark++) {
        const struct parts parts = parts_with_mark(mark);
        assert_opens(&parts);
    }
    for (size_t mark = LAST_MARK + 1; mark < REST; mark++) { /* fewer than 40 bytes follow */
        const struct parts parts = parts_with_mark(mark);
        assert_refused(&parts);
    }
    struct parts none = parts_with_mark(0);
    memset(none.rest, 0, sizeof none.rest);
    assert_refused(&none);
}

/* Where nothing is found the random number would be zero: no less wrong if the driver's is, too. */
static void no_mark_is_refused_by_itself(void) {
    static const uint8_t random[COPP_RANDOM_SIZE];
    struct parts none = parts_with_mark(0);
    uint8_t block[COPP_OAEP_SIZE];
    uint8_t secret[COPP_HANDSHAKE_SIZE];
    struct copp_oaep *oaep;
    memset(none.rest, 0, sizeof none.rest);
    put_together(&none, block);
    assert_int_equal(copp_oaep_new(&oaep, NULL), COPP_OK);
    assert_int_equal(copp_oaep_decode(oaep, block, random, secret), COPP_E_INVALID);
    copp_oaep_free(&oaep);
}

static void first_byte(void) {
    for (unsigned first = 1; first < 256; first++) {
        struct parts parts = parts_with_mark(LAST_MARK);
        parts.first = (uint8_t)first;
        assert_refused(&parts);
    }
}

static void every_bit_of_the_label(void) {
    for (size_t bit = 0; bit < 8 * HASH; bit++) {
        struct parts parts = parts_with_mark(40);
        parts.label[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_refused(&parts);
    }
}

/* Anything but zeros before the mark; also a mark that begins with another one. */
static void every_byte_of_the_padding(void) {
    for (size_t mark = 1; mark <= LAST_MARK; mark += 17) {
        for (size_t at = 0; at < mark; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                struct parts parts = parts_with_mark(mark);
                parts.rest[at] = (uint8_t)(1u << bit);
                assert_refused(&parts); /* bit 0 makes a mark there: what follows is not the random number */
            }
        }
    }
    for (unsigned value = 0; value < 256; value++) {
        struct parts parts = parts_with_mark(LAST_MARK);
        parts.rest[LAST_MARK] = (uint8_t)value;
        if (value != 1)
            assert_refused(&parts);
    }
}

static void every_bit_of_the_random_number(void) {
    for (size_t bit = 0; bit < 8 * COPP_RANDOM_SIZE; bit++) {
        struct parts parts = parts_with_mark(LAST_MARK);
        parts.rest[LAST_MARK + 1 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_refused(&parts);
    }
}

/* --- vectors --- */

static json_t *load(const char *name) {
    size_t size;
    uint8_t *text = read_test_vector(name, &size);
    json_error_t error;
    json_t *root = json_loadb((const char *)text, size, 0, &error);
    assert_non_null(root);
    free(text);
    return root;
}

static struct copp_signature load_sealed(const char *name) {
    char path[96];
    size_t size;
    struct copp_signature sealed;
    (void)snprintf(path, sizeof path, "opm/%s", name);
    uint8_t *bytes = read_test_vector(path, &size);
    assert_int_equal(size, sizeof sealed.bytes);
    memcpy(sealed.bytes, bytes, size);
    free(bytes);
    return sealed;
}

static uint32_t number_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void vectors(void) {
    struct counted_key key = {.base = {&counted_ops}, .real = test_private_key("opm/leaf-key.pem")};
    json_t *root = load("opm/initialization.json");
    uint8_t s[COPP_HANDSHAKE_SIZE];
    const char *name;
    json_t *file;
    size_t refused = 0;
    assert_int_equal(from_hex(json_string_value(json_object_get(root, "s")), s, sizeof s), sizeof s);
    assert_int_equal(key.real->ops->public_key(key.real, &key.numbers), COPP_OK);
    assert_true(json_object_size(json_object_get(root, "files")) >= 29);
    json_object_foreach(json_object_get(root, "files"), name, file) {
        const bool accepted = strcmp(json_string_value(json_object_get(file, "result")), "accepted") == 0;
        const struct copp_signature sealed = load_sealed(name);
        struct copp_handshake handshake;
        hashed = key.checked = key.decrypted = 0;
        enum copp_result result = copp_handshake_open_opm(&key.base, &sealed, s, &handshake);
        if (result != (accepted ? COPP_OK : COPP_E_INVALID))
            fail_msg("%s: %d", name, result);
        assert_int_equal(hashed, 5); /* the same work */
        assert_int_equal(key.checked, 1);
        assert_int_equal(key.decrypted, 1);
        if (accepted) {
            assert_memory_equal(handshake.random, s, 16);
            assert_memory_equal(handshake.session_key, s + 16, 16);
            assert_int_equal(handshake.status_sequence, number_at(s + 32));
            assert_int_equal(handshake.command_sequence, number_at(s + 36));
        } else {
            assert_memory_equal(&handshake, &zero, sizeof zero);
            refused++;
        }
    }
    assert_true(refused >= 26);
    json_decref(root);
    copp_private_key_free(&key.real);
}

static enum copp_result count_up(struct copp_random *random, uint8_t *bytes, size_t size) {
    (void)random;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)i;
    return COPP_OK;
}

/* The reference's, byte for byte: seed 000102...3f. */
static void sealed_byte_for_byte(void) {
    static const char modulus[] =
        "b1af3ca1cae623659d72b40ad925a2400734df1de2e927ac4ce59868249468fd4161672e0671a1e29f79ce650e4aa429"
        "91f81c556cc13a9b7392ef78820d8bae29984d5846e516cc48b069f6190bcd4203f37a573e2fced41ee6d357a390797e"
        "39150f7890ed4ead847881805ef1cf587c6cef5ccd17eaa9fe3b0f52bf8f7679db2ce07a2832fefbe1fa2526a90f9373"
        "4b4a4f948bbef302ccd68fd43c852c3ff71422cb1b795dbd406cc5381a4a9d0b07374891dbc0484ad44d6170c30f0f27"
        "c463b074aa77659547c75c77593ea5fbb9b0aeed29b1c66f32e4c91e4c0945da38881db1578dc07490f8568281708b55"
        "f39258e973a5889168ddc5fb553ea0a1";
    static const char cipher[] =
        "56977de92e5a4717fee7c18fd33e88ce2acbf48f2a813c2839cecc1e3864c48a7f4128f1093fe6e7d8b77fc47223fdd9"
        "97264f3afb10d43b341ed8644ed1ee84d138133729a548b10fd3d3602a086ad151a206f385d700de187e182142949f0f"
        "691c958be8de9c0b00c776f18f455d08a35fb04d2c13150fcbff659b3ceea6519805693f5ef64e9cb6716daecfd90ad2"
        "610a2797220acf8ed73bf9560c2980a3fb02d402290c5f0b300681554f02594e3baddccb3fa6465e224312926a83b4ec"
        "68fb66239954efc3cdf9e60da84a24781601facd5a961aa030705d2c0f739548d6e8740a5310e543e03083f23ee38a46"
        "6103bd70d3e5d0556983f46fc06ec184";
    static const struct copp_random_ops ops = {sizeof ops, count_up};
    struct copp_random random = {&ops};
    struct copp_public_key leaf = {.modulus_size = 256, .exponent = 65537};
    struct copp_signature sealed;
    uint8_t wanted[COPP_SIGNATURE_SIZE];
    assert_int_equal(from_hex(modulus, leaf.modulus, sizeof leaf.modulus), 256);
    assert_int_equal(from_hex(cipher, wanted, sizeof wanted), 256);
    assert_int_equal(copp_handshake_seal_logged(&secrets, COPP_FORM_OPM, &leaf, &random, &sealed, NULL), COPP_OK);
    assert_memory_equal(sealed.bytes, wanted, sizeof wanted);
}

static void seals_open_and_differ(void) {
    struct copp_private_key *key = test_private_key("opm/leaf-key.pem");
    struct copp_public_key leaf;
    struct copp_signature sealed[2];
    struct copp_handshake handshake;
    assert_int_equal(key->ops->public_key(key, &leaf), COPP_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(copp_handshake_seal(&secrets, COPP_FORM_OPM, &leaf, &sealed[i]), COPP_OK);
        assert_int_equal(copp_handshake_open_opm(key, &sealed[i], secrets.random, &handshake), COPP_OK);
        assert_memory_equal(&handshake, &secrets, sizeof secrets);
    }
    assert_memory_not_equal(&sealed[0], &sealed[1], sizeof sealed[0]); /* the seed is new each time */
    copp_private_key_free(&key);
}

/* --- failures that no ciphertext causes --- */

static void causes_before_the_operation_are_told(void) {
    static const enum copp_result causes[] = {COPP_E_MEMORY, COPP_E_RANDOM, COPP_E_CRYPTO};
    static const struct copp_signature any;
    static const uint8_t block[COPP_OAEP_SIZE];
    struct copp_handshake handshake;
    for (size_t i = 0; i < 3; i++) {
        struct counted_key key = counted_with(block);
        key.check_answer = causes[i];
        assert_int_equal(copp_handshake_open_opm(&key.base, &any, secrets.random, &handshake), causes[i]);
        assert_int_equal(key.decrypted, 0);
        key = counted_with(block);
        key.public_answer = causes[i];
        assert_int_equal(copp_handshake_open_opm(&key.base, &any, secrets.random, &handshake), causes[i]);
        assert_int_equal(key.decrypted, 0);
    }
    struct counted_key key = counted_with(block);
    key.check_answer = COPP_E_INVALID; /* the one word that it may not say */
    assert_int_equal(copp_handshake_open_opm(&key.base, &any, secrets.random, &handshake), COPP_E_CRYPTO);
    assert_int_equal(key.decrypted, 0);
}

/* Even where the block that it leaves is a good one. */
static void failures_of_the_operation_are_refusals(void) {
    static const enum copp_result causes[] = {COPP_E_INVALID, COPP_E_MEMORY, COPP_E_CRYPTO, COPP_E_KEY, COPP_E_RANDOM};
    static const struct copp_signature any;
    const struct parts parts = parts_with_mark(LAST_MARK);
    uint8_t block[COPP_OAEP_SIZE];
    struct copp_handshake handshake;
    put_together(&parts, block);
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        struct counted_key key = counted_with(block);
        key.raw_answer = causes[i];
        hashed = 0;
        assert_int_equal(copp_handshake_open_opm(&key.base, &any, secrets.random, &handshake), COPP_E_INVALID);
        assert_memory_equal(&handshake, &zero, sizeof zero);
        assert_int_equal(hashed, 5);
        assert_int_equal(key.decrypted, 1);
    }
}

static void keys_of_another_size(void) {
    static const struct copp_signature any;
    static const uint8_t block[COPP_OAEP_SIZE];
    struct copp_signature sealed;
    struct copp_handshake handshake;
    struct copp_private_key *root = test_private_key("root.pem"); /* 1024 bits */
    const struct copp_public_key anchor = test_anchor();
    assert_int_equal(copp_handshake_open_opm(root, &any, secrets.random, &handshake), COPP_E_KEY);
    assert_int_equal(copp_handshake_seal(&secrets, COPP_FORM_OPM, &anchor, &sealed), COPP_E_KEY);
    copp_private_key_free(&root);
    struct counted_key key = counted_with(block);
    key.numbers.modulus[0] = 0x7F; /* 2047 bits */
    assert_int_equal(copp_handshake_open_opm(&key.base, &any, secrets.random, &handshake), COPP_E_KEY);
    assert_int_equal(copp_handshake_seal(&secrets, COPP_FORM_OPM, &key.numbers, &sealed), COPP_E_KEY);
    assert_int_equal(key.decrypted, 0);
    key.numbers.modulus[0] = 0xFF;
    key.numbers.exponent = 2;
    assert_int_equal(copp_handshake_seal(&secrets, COPP_FORM_OPM, &key.numbers, &sealed), COPP_E_KEY);
}

static void keys_without_operations(void) {
    static const struct copp_signature any;
    struct copp_handshake handshake;
    struct copp_private_key_ops ops = counted_ops;
    struct copp_private_key key = {&ops};
    ops.public_key = NULL;
    assert_int_equal(copp_handshake_open_opm(&key, &any, secrets.random, &handshake), COPP_E_ARGUMENT);
    ops = counted_ops;
    ops.decrypt_raw = NULL;
    assert_int_equal(copp_handshake_open_opm(&key, &any, secrets.random, &handshake), COPP_E_ARGUMENT);
    ops = counted_ops; /* of an older program: without check, which is then not called */
    ops.size = offsetof(struct copp_private_key_ops, check);
    const struct parts parts = parts_with_mark(3);
    uint8_t block[COPP_OAEP_SIZE];
    put_together(&parts, block);
    struct counted_key older = counted_with(block);
    older.base.ops = &ops;
    assert_int_equal(copp_handshake_open_opm(&older.base, &any, secrets.random, &handshake), COPP_OK);
    assert_int_equal(older.checked, 0);
}

/* --- one block alone --- */

static void a_second_block_is_refused(void) {
    const struct parts parts = parts_with_mark(LAST_MARK);
    uint8_t block[COPP_OAEP_SIZE];
    uint8_t secret[COPP_HANDSHAKE_SIZE];
    struct copp_oaep *oaep;
    assert_int_equal(copp_oaep_new(&oaep, NULL), COPP_OK);
    put_together(&parts, block);
    assert_int_equal(copp_oaep_decode(oaep, block, secrets.random, secret), COPP_OK);
    for (size_t i = 0; i < sizeof block; i++)
        assert_int_equal(block[i], 0); /* wiped */
    put_together(&parts, block);
    assert_int_equal(copp_oaep_decode(oaep, block, secrets.random, secret), COPP_E_INVALID);
    assert_memory_equal(secret, &(const uint8_t[COPP_HANDSHAKE_SIZE]){0}, sizeof secret);
    memset(block, 0, sizeof block); /* what a block without masks would be if nothing were hashed any more */
    memcpy(block + 1 + HASH, parts.label, HASH);
    memcpy(block + 1 + HASH + HASH, parts.rest, REST);
    assert_int_equal(copp_oaep_decode(oaep, block, secrets.random, secret), COPP_E_INVALID);
    assert_int_equal(copp_oaep_encode(oaep, parts.seed, secret, sizeof secret, block), COPP_E_STATE);
    copp_oaep_free(&oaep);
    copp_oaep_free(&oaep);
    struct copp_hash *hash;
    assert_int_equal(copp_hash_new(&hash, COPP_HASH_USES + 1, NULL), COPP_E_ARGUMENT);
    assert_null(hash);
    copp_hash_free(&hash);
}

/* Messages of all lengths, as RFC 8017 has them. */
static void encoding(void) {
    uint8_t message[COPP_OAEP_MESSAGE_MAX + 1];
    uint8_t block[COPP_OAEP_SIZE];
    uint8_t wanted[COPP_OAEP_SIZE];
    memset(message, 0x5A, sizeof message);
    for (size_t size = 0; size <= sizeof message; size++) {
        struct parts parts = parts_with_mark(0);
        struct copp_oaep *oaep;
        assert_int_equal(copp_oaep_new(&oaep, NULL), COPP_OK);
        enum copp_result result = copp_oaep_encode(oaep, parts.seed, message, size, block);
        copp_oaep_free(&oaep);
        assert_int_equal(result, size <= COPP_OAEP_MESSAGE_MAX ? COPP_OK : COPP_E_ARGUMENT);
        if (result)
            continue;
        memset(parts.rest, 0, sizeof parts.rest);
        parts.rest[REST - size - 1] = 1;
        memcpy(parts.rest + REST - size, message, size);
        put_together(&parts, wanted);
        assert_memory_equal(block, wanted, sizeof wanted);
    }
}

/* --- keys --- */

static void same_keys(void) {
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    struct copp_private_key *again = test_private_key("leaf.pem");
    struct copp_private_key *other = test_private_key("opm/leaf-key.pem");
    struct counted_key exponent = counted_with(NULL);
    struct copp_private_key_ops without = counted_ops;
    bool same;
    without.public_key = NULL;
    assert_int_equal(copp_private_keys_same(leaf, again, &same), COPP_OK);
    assert_true(same);
    assert_int_equal(copp_private_keys_same(leaf, other, &same), COPP_OK);
    assert_false(same);
    assert_int_equal(leaf->ops->public_key(leaf, &exponent.numbers), COPP_OK);
    exponent.numbers.exponent = 3; /* the prime factors are the same, and so is the secret */
    assert_int_equal(copp_private_keys_same(leaf, &exponent.base, &same), COPP_OK);
    assert_true(same);
    exponent.public_answer = COPP_E_CRYPTO;
    assert_int_equal(copp_private_keys_same(leaf, &exponent.base, &same), COPP_E_CRYPTO);
    assert_false(same);
    exponent.base.ops = &without;
    assert_int_equal(copp_private_keys_same(&exponent.base, leaf, &same), COPP_E_ARGUMENT);
#ifdef COPP_TEST_LIBGCRYPT
    assert_false(copp_private_key_constant_time(leaf));
#else
    assert_true(copp_private_key_constant_time(leaf));
#endif
    assert_true(copp_private_key_constant_time(&exponent.base)); /* whoever made it vouches for it */
    assert_false(copp_private_key_constant_time(NULL));
    copp_private_key_free(&leaf);
    copp_private_key_free(&again);
    copp_private_key_free(&other);
}

static const struct test_case cases[] = {
    TEST(mark_anywhere, "OPM-INI-6"),
    TEST(no_mark_is_refused_by_itself, "OPM-INI-6"),
    TEST(first_byte, "OPM-INI-6 OPM-INI-7"),
    TEST(every_bit_of_the_label, "OPM-INI-4 OPM-INI-6"),
    TEST(every_byte_of_the_padding, "OPM-INI-6 OPM-INI-7"),
    TEST(every_bit_of_the_random_number, "OPM-INI-6 OPM-INI-7"),
    TEST(vectors, "OPM-INI-3 OPM-INI-4 OPM-INI-5 OPM-INI-6 OPM-INI-7"),
    TEST(sealed_byte_for_byte, "OPM-INI-3 OPM-INI-4 OPM-INI-5"),
    TEST(seals_open_and_differ, "OPM-INI-3"),
    TEST(causes_before_the_operation_are_told, "OPM-INI-8"),
    TEST(failures_of_the_operation_are_refusals, "OPM-INI-7 OPM-INI-8"),
    TEST(keys_of_another_size, "OPM-CERT-5"),
    TEST(keys_without_operations, ""),
    TEST(a_second_block_is_refused, ""),
    TEST(encoding, "OPM-INI-4"),
    TEST(same_keys, "OPM-CERT-11"),
};

int main(void) {
    return RUN_SUITE("oaep", cases);
}
