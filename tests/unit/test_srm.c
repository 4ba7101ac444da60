/* SRM-1..5: published messages, and messages put together here and signed with keys of our own. */
#include "crypto_kit.h"

#include <stdlib.h>
#include <string.h>

#include "certificate/srm_keys.h"

static const struct copp_srm_key facsimile = {.size = sizeof facsimile, .kind = COPP_SRM_KEY_FACSIMILE};

/* A test key of either kind, and its public half in PEM as OpenSSL writes it. */
struct signer {
    struct kit_key *key;
    char *pem;
    struct copp_srm_key name;
};

static struct signer dsa_signer; /* within the parameters that HDCP 1.x has for all */
static struct signer rsa_signer;

static struct signer open_signer(const char *key, const char *public_half) {
    struct signer signer = {.key = kit_key_open(key)};
    size_t size;
    signer.pem = (char *)read_test_vector(public_half, &size);
    signer.name = (struct copp_srm_key){sizeof signer.name, COPP_SRM_KEY_PEM, signer.pem, size};
    return signer;
}

static void close_signer(struct signer *signer) {
    kit_key_free(signer->key);
    free(signer->pem);
}

/* A message being put together. */
struct message {
    uint8_t bytes[20000];
    size_t size;
};

static void put(struct message *message, const void *bytes, size_t size) {
    assert_true(size <= sizeof message->bytes - message->size);
    memcpy(&message->bytes[message->size], bytes, size);
    message->size += size;
}

static void put_number(struct message *message, uint32_t number, unsigned size) {
    for (unsigned i = size; i-- > 0;) {
        uint8_t byte = (uint8_t)(number >> (8 * i));
        put(message, &byte, 1);
    }
}

static void put_dsa_signature(struct message *message, size_t from, size_t size) {
    uint8_t signature[40];
    kit_dsa_sign(dsa_signer.key, &message->bytes[from], size, signature);
    put(message, signature, sizeof signature);
}

static void put_rsa_signature(struct message *message, size_t from, size_t size) {
    uint8_t signature[384];
    kit_rsa3072_sign(rsa_signer.key, &message->bytes[from], size, signature);
    put(message, signature, sizeof signature);
}

/* The nth valid KSV: 20 ones, moved around in 40 bits. */
static void make_ksv(unsigned nth, uint8_t *ksv) {
    uint64_t bits = UINT64_C(0xFFFFF);
    for (unsigned i = 0; i < nth; i++) { /* the next number with as many ones */
        uint64_t lowest = bits & (0 - bits);
        uint64_t next = bits + lowest;
        bits = next | (((bits ^ next) / lowest) >> 2);
    }
    for (unsigned i = 0; i < COPP_KSV_SIZE; i++)
        ksv[i] = (uint8_t)(bits >> (32 - 8 * i));
}

static void put_ksvs(struct message *message, unsigned first, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        uint8_t ksv[COPP_KSV_SIZE];
        make_ksv(first + i, ksv);
        put(message, ksv, sizeof ksv);
    }
}

static struct message start_message(uint32_t id, uint32_t version, uint32_t generation) {
    struct message message = {.size = 0};
    put_number(&message, id << 8, 2);
    put_number(&message, version, 2);
    put_number(&message, generation, 1);
    return message;
}

/* HDCP 1.x, first block: lists of so many KSVs each. */
static struct message hdcp1(uint32_t version, uint32_t generation, const unsigned *counts, size_t lists) {
    struct message message = start_message(0x80, version, generation);
    uint32_t length = 3 + 40;
    unsigned first = 0;
    for (size_t i = 0; i < lists; i++)
        length += 1 + 5 * counts[i];
    put_number(&message, length, 3);
    for (size_t i = 0; i < lists; first += counts[i++]) {
        put_number(&message, counts[i], 1);
        put_ksvs(&message, first, counts[i]);
    }
    put_dsa_signature(&message, 0, message.size);
    return message;
}

/* A later block of HDCP 1.x: the signature covers the records alone. */
static void add_hdcp1_block(struct message *message, unsigned first, unsigned count) {
    put_number(message, 2 + 1 + 5 * count + 40, 2);
    size_t from = message->size;
    put_number(message, count, 1);
    put_ksvs(message, first, count);
    put_dsa_signature(message, from, message->size - from);
}

static struct message hdcp2(uint32_t version, uint32_t generation, unsigned count) {
    struct message message = start_message(0x91, version, generation);
    put_number(&message, 3 + 4 + 5 * count + 384, 3);
    put_number(&message, count << 22, 4);
    put_ksvs(&message, 0, count);
    put_rsa_signature(&message, 0, message.size);
    return message;
}

/* A later block of HDCP 2.x: the signature covers the length too. */
static void add_hdcp2_block(struct message *message, unsigned first, unsigned count) {
    size_t from = message->size;
    put_number(message, 2 + 2 + 5 * count + 384, 2);
    put_number(message, count, 2);
    put_ksvs(message, first, count);
    put_rsa_signature(message, from, message->size - from);
}

static struct copp_srm *verified(const struct message *message, const struct copp_srm_key *key) {
    struct copp_srm *srm;
    struct copp_verdict verdict;
    enum copp_result result = copp_srm_verify(message->bytes, message->size, key, &srm, &verdict);
    if (result)
        fail_msg("%d %s: %s", result, copp_rule_id(verdict.rule), verdict.detail);
    assert_true(copp_srm_valid(srm));
    assert_int_equal(verdict.rule, COPP_RULE_NONE);
    return srm;
}

/* SRM-4: refused as a whole, with no message that could be asked anything. */
static void refused(const struct message *message, const struct copp_srm_key *key, enum copp_rule rule) {
    struct copp_srm *srm = (struct copp_srm *)&rsa_signer;
    struct copp_verdict verdict;
    uint8_t *exact = malloc(message->size ? message->size : 1); /* so that reading beyond is seen */
    assert_non_null(exact);
    memcpy(exact, message->bytes, message->size);
    assert_int_equal(copp_srm_verify(exact, message->size, key, &srm, &verdict), COPP_E_INVALID);
    if (verdict.rule != rule)
        fail_msg("wanted %s, got %s: %s", copp_rule_id(rule), copp_rule_id(verdict.rule), verdict.detail);
    assert_int_equal(verdict.certificate, -1);
    assert_null(srm);
    free(exact);
}

static struct message from_vector(const char *name) {
    struct message message = {.size = 0};
    size_t size;
    uint8_t *bytes = read_test_file(name, &size);
    put(&message, bytes, size);
    free(bytes);
    return message;
}

static void published_messages_verify(void) {
    struct message one = from_vector("vectors/srm-facsimile.bin");
    struct message two = from_vector("vectors/srm-hdcp2-v1.bin");
    static const uint8_t revoked[] = {0x51, 0x1e, 0xf2, 0x1a, 0xcd, 0xe7, 0x26, 0x97, 0xf4, 0x01};
    struct copp_srm *srm = verified(&one, &facsimile);
    assert_int_equal(copp_srm_hdcp(srm), 1);
    assert_int_equal(copp_srm_version(srm), 5);
    assert_int_equal(copp_srm_generation(srm), 1);
    assert_int_equal(copp_srm_count(srm), 2);
    assert_memory_equal(copp_srm_entry(srm, 0), revoked, 5);
    assert_memory_equal(copp_srm_entry(srm, 1), &revoked[5], 5);
    assert_null(copp_srm_entry(srm, 2));
    assert_true(copp_srm_revoked(srm, revoked) && copp_srm_revoked(srm, &revoked[5]));
    assert_false(copp_srm_revoked(srm, &revoked[3]));
    copp_srm_free(&srm);
    refused(&one, NULL, COPP_RULE_SRM_2); /* not signed by the production key */
    one = from_vector("vectors/srm-hdcp1-v1.bin"); /* one block, and generation 0 */
    srm = verified(&one, NULL);
    assert_int_equal(copp_srm_hdcp(srm), 1);
    assert_int_equal(copp_srm_version(srm), 1);
    assert_int_equal(copp_srm_generation(srm), 0);
    assert_int_equal(copp_srm_count(srm), 0);
    copp_srm_free(&srm);
    refused(&one, &facsimile, COPP_RULE_SRM_2);
    srm = verified(&two, NULL);
    assert_int_equal(copp_srm_hdcp(srm), 2);
    assert_int_equal(copp_srm_version(srm), 1);
    assert_int_equal(copp_srm_count(srm), 0);
    assert_false(copp_srm_revoked(srm, revoked));
    copp_srm_free(&srm);
    for (size_t i = 0; i < two.size; i += 13) {
        two.bytes[i] ^= 1;
        assert_int_equal(copp_srm_verify(two.bytes, two.size, NULL, NULL, NULL), COPP_E_INVALID);
        two.bytes[i] ^= 1;
    }
}

/* The keys compiled in, against the same ones in PEM. */
static void known_keys_are_the_published_ones(void) {
    static const struct {
        const char *file;
        const struct copp_rsa3072_key *key;
    } known[] = {{"srm-hdcp2-production-public.pem", &copp_srm_hdcp2_production},
                 {"srm-hdcp2-facsimile-public.pem", &copp_srm_hdcp2_facsimile}};
    struct message two = from_vector("vectors/srm-hdcp2-v1.bin");
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        struct copp_rsa3072_key key;
        char *pem = (char *)read_test_vector(known[i].file, &size);
        assert_int_equal(copp_rsa3072_key_read(pem, size, &key, NULL), COPP_OK);
        assert_memory_equal(key.modulus, known[i].key->modulus, sizeof key.modulus);
        assert_int_equal(key.exponent, known[i].key->exponent);
        free(pem);
    }
    refused(&two, &facsimile, COPP_RULE_SRM_2); /* it is the production key's */
}

static void every_byte_is_signed(void) {
    static const unsigned counts[] = {2, 1};
    struct message message = hdcp1(3, 2, counts, 2);
    add_hdcp1_block(&message, 3, 2);
    copp_srm_free(&(struct copp_srm *){verified(&message, &dsa_signer.name)});
    for (size_t i = 0; i < message.size; i++) {
        message.bytes[i] ^= 0x10;
        struct copp_verdict verdict;
        assert_int_equal(copp_srm_verify(message.bytes, message.size, &dsa_signer.name, NULL, &verdict), COPP_E_INVALID);
        bool length = i == 0 || i == 4 || (i >= 5 && i < 8) || i == 8 + 1 + 10 + 1 + 5 + 40 || i == 8 + 1 + 10 + 1 + 5 + 41;
        assert_int_equal(verdict.rule, length ? COPP_RULE_SRM_1 : COPP_RULE_SRM_2);
        message.bytes[i] ^= 0x10;
    }
}

static void lengths_must_agree(void) {
    static const unsigned counts[] = {2};
    for (unsigned hdcp = 1; hdcp <= 2; hdcp++) {
        const struct copp_srm_key *key = hdcp == 1 ? &dsa_signer.name : &rsa_signer.name;
        struct message message = hdcp == 1 ? hdcp1(3, 2, counts, 1) : hdcp2(3, 2, 2);
        size_t first = message.size;
        if (hdcp == 1)
            add_hdcp1_block(&message, 2, 1);
        else
            add_hdcp2_block(&message, 2, 1);
        struct message part = message;
        for (part.size = 0; part.size < message.size; part.size++)
            refused(&part, key, COPP_RULE_SRM_1);
        part.size = message.size + 1;
        part.bytes[message.size] = 0;
        refused(&part, key, COPP_RULE_SRM_1);
        static const int wrong[] = {-1, 1, -43, 128};
        for (size_t i = 0; i < 4; i++) {
            part = message;
            part.bytes[7] = (uint8_t)(part.bytes[7] + wrong[i]);
            refused(&part, key, COPP_RULE_SRM_1);
            part = message;
            part.bytes[first + 1] = (uint8_t)(part.bytes[first + 1] + wrong[i]);
            refused(&part, key, COPP_RULE_SRM_1);
        }
        part = message; /* generations and blocks */
        part.bytes[4] = 1;
        refused(&part, key, COPP_RULE_SRM_1);
        part.bytes[4] = 3;
        refused(&part, key, COPP_RULE_SRM_1);
        part.bytes[4] = 255;
        refused(&part, key, COPP_RULE_SRM_1);
        memset(&part.bytes[5], 0xFF, 3);
        refused(&part, key, COPP_RULE_SRM_1);
        memset(&part.bytes[5], 0, 3);
        refused(&part, key, COPP_RULE_SRM_1);
    }
}

static void headers_are_of_a_known_kind(void) {
    static const unsigned counts[] = {1};
    static const uint8_t ids[] = {0x00, 0x81, 0x90, 0x92, 0x08, 0x70, 0xFF};
    struct message message = hdcp1(1, 1, counts, 1);
    for (size_t i = 0; i < sizeof ids; i++) {
        message.bytes[0] = ids[i];
        refused(&message, &dsa_signer.name, COPP_RULE_SRM_1);
    }
    message = hdcp1(1, 0, counts, 1); /* generation 0: as 1 */
    copp_srm_free(&(struct copp_srm *){verified(&message, &dsa_signer.name)});
}

/* The first block of HDCP 1.x has at most 5120 bytes; the next one takes what follows. */
static void first_generation_is_bounded(void) {
    static const unsigned most[] = {127, 127, 127, 127, 127, 127, 127, 123}; /* 5 + 3 + 8 + 5 * 1012 + 40 = 5116 */
    static const unsigned more[] = {127, 127, 127, 127, 127, 127, 127, 124}; /* 5121 */
    static const unsigned exact[] = {127, 127, 127, 127, 127, 127, 127, 123, 0, 0, 0, 0}; /* 5120 */
    struct message message = hdcp1(1, 1, most, 8);
    struct copp_srm *srm = verified(&message, &dsa_signer.name);
    assert_int_equal(copp_srm_count(srm), 1012);
    for (unsigned i = 0; i <= 1012; i += 11) {
        uint8_t ksv[COPP_KSV_SIZE];
        make_ksv(i, ksv);
        assert_int_equal(copp_srm_revoked(srm, ksv), i < 1012);
    }
    copp_srm_free(&srm);
    message = hdcp1(1, 1, exact, 12);
    assert_int_equal(message.size, 5120);
    copp_srm_free(&(struct copp_srm *){verified(&message, &dsa_signer.name)});
    message = hdcp1(1, 1, more, 8);
    refused(&message, &dsa_signer.name, COPP_RULE_SRM_1);
    message = hdcp1(1, 2, most, 8);
    add_hdcp1_block(&message, 1012, 100);
    srm = verified(&message, &dsa_signer.name);
    assert_int_equal(copp_srm_count(srm), 1112);
    copp_srm_free(&srm);
    message = hdcp2(1, 1, 1023); /* no such bound */
    srm = verified(&message, &rsa_signer.name);
    assert_int_equal(copp_srm_count(srm), 1023);
    copp_srm_free(&srm);
}

static void later_generations_add_to_the_list(void) {
    static const unsigned counts[] = {3, 0, 1};
    struct message one = hdcp1(7, 3, counts, 3);
    struct message two = hdcp2(7, 3, 2);
    add_hdcp1_block(&one, 4, 2);
    add_hdcp1_block(&one, 6, 0);
    add_hdcp2_block(&two, 2, 0);
    add_hdcp2_block(&two, 2, 4);
    struct copp_srm *srm[] = {verified(&one, &dsa_signer.name), verified(&two, &rsa_signer.name)};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(copp_srm_hdcp(srm[i]), i + 1);
        assert_int_equal(copp_srm_generation(srm[i]), 3);
        assert_int_equal(copp_srm_count(srm[i]), 6);
        for (unsigned j = 0; j < 7; j++) {
            uint8_t ksv[COPP_KSV_SIZE];
            make_ksv(j, ksv);
            assert_int_equal(copp_srm_revoked(srm[i], ksv), j < 6);
        }
        copp_srm_free(&srm[i]);
    }
    one.bytes[one.size - 1] ^= 1; /* one block's signature spoils the whole */
    refused(&one, &dsa_signer.name, COPP_RULE_SRM_2);
    two.bytes[two.size - 1] ^= 1;
    refused(&two, &rsa_signer.name, COPP_RULE_SRM_2);
}

/* SRM-4: signed, and still not what its lengths say. */
static void malformed_lists_are_refused(void) {
    struct message message = start_message(0x80, 1, 1);
    put_number(&message, 3 + 1 + 5 + 40, 3);
    put_number(&message, 2, 1); /* two announced, one there */
    put_ksvs(&message, 0, 1);
    put_dsa_signature(&message, 0, message.size);
    refused(&message, &dsa_signer.name, COPP_RULE_SRM_4);

    message = start_message(0x80, 1, 1);
    put_number(&message, 3 + 1 + 10 + 40, 3);
    put_number(&message, 0x80 | 1, 1); /* the reserved bit is not part of the count; a second list is announced by a KSV */
    put_ksvs(&message, 0, 2);
    put_dsa_signature(&message, 0, message.size);
    struct copp_srm *srm = (struct copp_srm *)&message;
    struct copp_verdict verdict;
    assert_int_equal(copp_srm_parse(message.bytes, message.size, &srm, &verdict), COPP_E_INVALID);
    assert_int_equal(verdict.rule, COPP_RULE_SRM_4);
    assert_null(srm);

    for (int off = -1; off <= 1; off += 2) { /* HDCP 2.x: one list, which fills the block */
        message = start_message(0x91, 1, 2);
        put_number(&message, 3 + 4 + 10 + 384, 3);
        put_number(&message, (uint32_t)(2 + off) << 22, 4);
        put_ksvs(&message, 0, 2);
        put_rsa_signature(&message, 0, message.size);
        add_hdcp2_block(&message, 2, 1);
        refused(&message, &rsa_signer.name, COPP_RULE_SRM_4);
    }
    message = start_message(0x91, 1, 1);
    put_number(&message, 3 + 2 + 384, 3); /* no room for the count */
    put_number(&message, 0, 2);
    put_rsa_signature(&message, 0, message.size);
    refused(&message, &rsa_signer.name, COPP_RULE_SRM_4);

    message = hdcp2(1, 2, 0);
    size_t from = message.size;
    put_number(&message, 2 + 1 + 384, 2);
    put_number(&message, 0, 1);
    put_rsa_signature(&message, from, message.size - from);
    refused(&message, &rsa_signer.name, COPP_RULE_SRM_4);
}

static void keys_must_fit(void) {
    static const unsigned counts[] = {1};
    struct message one = hdcp1(1, 1, counts, 1);
    struct message two = hdcp2(1, 1, 1);
    struct copp_srm_key key = {sizeof key, COPP_SRM_KEY_PEM, "no key at all", 13};
    struct copp_srm *srm;
    assert_int_equal(copp_srm_verify(one.bytes, one.size, &key, &srm, NULL), COPP_E_KEY);
    assert_int_equal(copp_srm_verify(one.bytes, one.size, &rsa_signer.name, &srm, NULL), COPP_E_KEY);
    assert_int_equal(copp_srm_verify(two.bytes, two.size, &dsa_signer.name, &srm, NULL), COPP_E_KEY);
    key.pem = NULL;
    assert_int_equal(copp_srm_verify(one.bytes, one.size, &key, &srm, NULL), COPP_E_ARGUMENT);
    key.kind = (enum copp_srm_key_kind)17;
    assert_int_equal(copp_srm_verify(one.bytes, one.size, &key, &srm, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_srm_verify(NULL, 0, NULL, &srm, NULL), COPP_E_ARGUMENT);
    assert_null(srm);
    refused(&one, &facsimile, COPP_RULE_SRM_2);
    refused(&two, &facsimile, COPP_RULE_SRM_2); /* HDCP 2 has a test key too, and this is not signed by it */
    refused(&two, NULL, COPP_RULE_SRM_2);
    uint8_t *large = calloc(1, COPP_SRM_SIZE_MAX + 1);
    assert_non_null(large);
    assert_int_equal(copp_srm_verify(large, COPP_SRM_SIZE_MAX + 1, NULL, &srm, NULL), COPP_E_TOO_LARGE);
    assert_int_equal(copp_srm_verify(large, COPP_SRM_SIZE_MAX, NULL, &srm, NULL), COPP_E_INVALID);
    free(large);
}

static void older_versions_never_replace(void) {
    static const unsigned counts[] = {1};
    static const uint32_t versions[] = {0, 4, 5, 6, 65535};
    struct message message = hdcp1(5, 1, counts, 1);
    struct copp_srm *stored = verified(&message, &dsa_signer.name);
    for (size_t i = 0; i < 5; i++) {
        struct message candidate = hdcp1(versions[i], 1, counts, 1);
        struct copp_srm *srm = verified(&candidate, &dsa_signer.name);
        assert_int_equal(copp_srm_may_replace(stored, srm), versions[i] < 5 ? COPP_E_ROLLBACK : COPP_OK);
        assert_int_equal(copp_srm_newer(srm, stored), versions[i] > 5);
        copp_srm_free(&srm);
    }
    struct message other = hdcp2(9, 1, 1);
    struct copp_srm *srm = verified(&other, &rsa_signer.name);
    assert_int_equal(copp_srm_may_replace(stored, srm), COPP_E_ROLLBACK); /* it says nothing of HDCP 1.x receivers */
    assert_false(copp_srm_newer(srm, stored));
    copp_srm_free(&srm);
    message = hdcp1(5, 2, counts, 1); /* the whole of which the stored one is a part */
    add_hdcp1_block(&message, 1, 0);
    srm = verified(&message, &dsa_signer.name);
    assert_true(copp_srm_newer(srm, stored));
    assert_false(copp_srm_newer(stored, srm));
    copp_srm_free(&srm);
    message = hdcp1(9, 1, counts, 1); /* looked into, but not verified */
    assert_int_equal(copp_srm_parse(message.bytes, message.size, &srm, NULL), COPP_OK);
    assert_false(copp_srm_valid(srm));
    assert_int_equal(copp_srm_version(srm), 9);
    assert_int_equal(copp_srm_count(srm), 1);
    assert_int_equal(copp_srm_may_replace(stored, srm), COPP_E_ARGUMENT);
    assert_int_equal(copp_srm_may_replace(srm, stored), COPP_E_ARGUMENT);
    assert_false(copp_srm_newer(srm, stored) || copp_srm_newer(stored, srm) || copp_srm_newer(srm, NULL));
    assert_int_equal(copp_srm_may_replace(NULL, stored), COPP_E_ARGUMENT);
    assert_int_equal(copp_srm_may_replace(stored, NULL), COPP_E_ARGUMENT);
    copp_srm_free(&srm);
    copp_srm_free(&srm);
    copp_srm_free(NULL);
    copp_srm_free(&stored);
    assert_int_equal(copp_srm_count(NULL) + copp_srm_hdcp(NULL) + copp_srm_version(NULL) + copp_srm_generation(NULL), 0);
    assert_null(copp_srm_entry(NULL, 0));
    assert_int_equal(copp_srm_parse(message.bytes, message.size, NULL, NULL), COPP_OK);
}

static void ksvs_have_twenty_ones(void) {
    uint8_t ksv[COPP_KSV_SIZE] = {0};
    assert_false(copp_ksv_valid(ksv));
    for (unsigned ones = 1; ones <= 40; ones++) {
        ksv[(ones - 1) / 8] = (uint8_t)(ksv[(ones - 1) / 8] << 1 | 1);
        assert_int_equal(copp_ksv_valid(ksv), ones == 20);
    }
    static const uint8_t bksv[16] = {0x01, 0xf4, 0x97, 0x26, 0xe7, 0xFF}; /* WIRE-9: the least significant byte first */
    static const uint8_t listed[] = {0xe7, 0x26, 0x97, 0xf4, 0x01};
    copp_ksv_from_bksv(bksv, ksv);
    assert_memory_equal(ksv, listed, sizeof listed);
    assert_true(copp_ksv_valid(ksv));
    struct message message = from_vector("vectors/srm-facsimile.bin");
    struct copp_srm *srm = verified(&message, &facsimile);
    assert_true(copp_srm_revoked(srm, ksv));
    assert_false(copp_srm_revoked(srm, bksv));
    assert_true(copp_srm_revoked(srm, NULL)); /* nobody has looked */
    copp_srm_free(&srm);
    assert_true(copp_srm_revoked(NULL, ksv));

    message = start_message(0x80, 1, 1); /* one that is listed must be one, too */
    put_number(&message, 3 + 1 + 10 + 40, 3);
    put_number(&message, 2, 1);
    put_ksvs(&message, 0, 1);
    put_number(&message, 1, 1);
    put_number(&message, 0x000FFFFF, 4);
    put_dsa_signature(&message, 0, message.size);
    refused(&message, &dsa_signer.name, COPP_RULE_SRM_5);
}

/* The bit before an HDCP 1.x count, and those around an HDCP 2.x one, say nothing. */
static void reserved_bits_are_no_count(void) {
    const unsigned counts[] = {2};
    struct copp_srm *srm = NULL;
    struct message one = hdcp1(1, 1, counts, 1);
    one.bytes[8] |= 0x80;
    assert_int_equal(copp_srm_parse(one.bytes, one.size, &srm, NULL), COPP_OK);
    assert_int_equal(copp_srm_count(srm), 2);
    copp_srm_free(&srm);
    struct message two = hdcp2(1, 1, 2);
    two.bytes[9] |= 0x3F;
    two.bytes[11] |= 0xFF;
    assert_int_equal(copp_srm_parse(two.bytes, two.size, &srm, NULL), COPP_OK);
    assert_int_equal(copp_srm_count(srm), 2);
    copp_srm_free(&srm);
}

static const struct test_case cases[] = {
    TEST(published_messages_verify, "SRM-2"),
    TEST(known_keys_are_the_published_ones, "SRM-2"),
    TEST(every_byte_is_signed, "SRM-2"),
    TEST(lengths_must_agree, "SRM-1"),
    TEST(headers_are_of_a_known_kind, "SRM-1"),
    TEST(first_generation_is_bounded, "SRM-1"),
    TEST(later_generations_add_to_the_list, "SRM-2"),
    TEST(reserved_bits_are_no_count, "SRM-1"),
    TEST(malformed_lists_are_refused, "SRM-4"),
    TEST(keys_must_fit, "SRM-2"),
    TEST(older_versions_never_replace, "SRM-3"),
    TEST(ksvs_have_twenty_ones, "SRM-5"),
};

int main(void) {
    dsa_signer = open_signer("srm-dsa.pem", "srm-dsa-public.pem");
    rsa_signer = open_signer("srm-rsa3072.pem", "srm-rsa3072-public.pem");
    int failed = RUN_SUITE("srm", cases);
    close_signer(&dsa_signer);
    close_signer(&rsa_signer);
    return failed;
}
