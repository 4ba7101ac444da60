/* An adapter's lists of revoked HDCP devices (OPM-SRM), by the vectors of an independent implementation. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto_kit.h"
#include "device/internal.h"
#include "device_rig.h"
#include "opm_rig.h"

/* Revoked by the vectors: srm1-v5 has the last three, srm1-v2 the third alone, srm2-v7 the first two. Most significant byte first. */
static const uint8_t ksvs[][COPP_KSV_SIZE] = {{0x4a, 0x35, 0xf2, 0x19, 0xf8},
                                              {0xea, 0x8c, 0x90, 0xd7, 0x93},
                                              {0xdc, 0xd7, 0x88, 0x15, 0xe4},
                                              {0x1c, 0xbe, 0x22, 0x56, 0xce}};
static const uint8_t innocent[COPP_KSV_SIZE] = {0xb7, 0x03, 0x61, 0xf7, 0x14};

/* DCP's keys and the vectors' own. */
struct keys {
    char *dsa, *rsa;
    struct copp_srm_key list[3];
};

static struct keys read_keys(void) {
    size_t dsa_size;
    size_t rsa_size;
    struct keys keys = {.dsa = (char *)read_test_vector("opm-srm-dsa-public.pem", &dsa_size),
                        .rsa = (char *)read_test_vector("opm-srm-rsa3072-public.pem", &rsa_size)};
    keys.list[0] = (struct copp_srm_key){.size = sizeof keys.list[0], .kind = COPP_SRM_KEY_PRODUCTION};
    keys.list[1] = (struct copp_srm_key){sizeof keys.list[1], COPP_SRM_KEY_PEM, keys.dsa, dsa_size};
    keys.list[2] = (struct copp_srm_key){sizeof keys.list[2], COPP_SRM_KEY_PEM, keys.rsa, rsa_size};
    return keys;
}

static void free_keys(struct keys *keys) {
    free(keys->dsa);
    free(keys->rsa);
}

static struct copp_srm_store *open_store(void) {
    struct keys keys = read_keys();
    struct copp_srm_store *store;
    assert_int_equal(copp_srm_store_new(keys.list, 3, NULL, &store), COPP_OK);
    free_keys(&keys);
    return store;
}

/* A copy of just the file's size, so that reading beyond is seen. */
static uint8_t *vector(const char *name, size_t *size) {
    char path[64] = "opm/";
    uint8_t *read = read_test_vector(strcat(path, name), size);
    uint8_t *exact = malloc(*size);
    assert_non_null(exact);
    memcpy(exact, read, *size);
    free(read);
    return exact;
}

static enum copp_result offer(struct copp_srm_store *store, const char *name, uint32_t version, struct copp_srm_given *given) {
    size_t size;
    uint8_t *bytes = vector(name, &size);
    enum copp_result result = copp_srm_store_offer(store, bytes, size, version, given);
    free(bytes);
    return result;
}

static enum copp_result load(struct copp_srm_store *store, const char *name, enum copp_rule rule) {
    size_t size;
    uint8_t *bytes = vector(name, &size);
    struct copp_verdict verdict;
    enum copp_result result = copp_srm_store_load(store, bytes, size, &verdict);
    assert_int_equal(verdict.rule, rule);
    free(bytes);
    return result;
}

/* What is kept of each kind; 0: nothing. */
static void assert_kept(const struct copp_srm_store *store, unsigned hdcp1, unsigned hdcp2) {
    assert_int_equal(copp_srm_version(copp_srm_store_newest(store, 1)), hdcp1);
    assert_int_equal(copp_srm_version(copp_srm_store_newest(store, 2)), hdcp2);
}

static void put_bksv(uint8_t *bksv, const uint8_t *ksv) {
    for (size_t i = 0; i < COPP_KSV_SIZE; i++)
        bksv[i] = ksv[COPP_KSV_SIZE - 1 - i];
}

static struct copp_output_state receiver(uint32_t version, const uint8_t *ksv) {
    struct copp_output_state state = {.size = sizeof state, .hdcp_receiver = true, .hdcp_version = version};
    put_bksv(state.bksv, ksv);
    return state;
}

static bool revoked(const struct copp_srm_store *store, uint32_t version, const uint8_t *ksv) {
    const struct copp_output_state state = receiver(version, ksv);
    return copp_srm_store_revokes(store, &state);
}

static void the_test_keys_are_the_vectors(void) {
    struct keys keys = read_keys();
    char *path = test_path("vectors/opm/srm-keys.json");
    json_t *json = json_load_file(path, 0, NULL);
    struct copp_dsa_key dsa;
    struct copp_rsa3072_key rsa;
    uint8_t number[384];
    assert_non_null(json);
    assert_int_equal(copp_dsa_key_read(keys.dsa, keys.list[1].pem_size, &dsa, NULL), COPP_OK);
    assert_int_equal(from_hex(json_string_value(json_object_get(json, "hdcp1_y")), number, sizeof number), sizeof dsa.y);
    assert_memory_equal(dsa.y, number, sizeof dsa.y);
    assert_int_equal(copp_rsa3072_key_read(keys.rsa, keys.list[2].pem_size, &rsa, NULL), COPP_OK);
    assert_int_equal(from_hex(json_string_value(json_object_get(json, "hdcp2_n")), number, sizeof number), sizeof rsa.modulus);
    assert_memory_equal(rsa.modulus, number, sizeof rsa.modulus);
    json_decref(json);
    free(path);
    free_keys(&keys);
}

/* OPM-SRM-9: as the reference prints it, under DCP's own keys. */
static void a_genuine_list_is_taken(void) {
    static const char *const hex =
        "800000010000002bd2489e49d057ae315b1abce00e4f6b92a6ba033b98cced4a978f5dd227292519a5d5f05d5e563d0e";
    uint8_t bytes[48];
    struct copp_srm_given given = {.ever = false};
    struct copp_srm_store *store;
    size_t size;
    assert_int_equal(from_hex(hex, bytes, sizeof bytes), sizeof bytes);
    uint8_t *file = vector("srm1-genuine-v1.bin", &size);
    assert_int_equal(size, sizeof bytes);
    assert_memory_equal(file, bytes, sizeof bytes);
    free(file);
    assert_int_equal(copp_srm_store_new(NULL, 0, NULL, &store), COPP_OK);
    assert_int_equal(copp_srm_store_offer(store, bytes, sizeof bytes, 0x0100, &given), COPP_E_INVALID); /* the other byte order */
    assert_false(given.ever);
    assert_int_equal(copp_srm_store_offer(store, bytes, sizeof bytes, 1, &given), COPP_OK);
    assert_true(given.ever);
    assert_int_equal(given.version, 1);
    assert_kept(store, 1, 0);
    assert_int_equal(offer(store, "srm1-v2.bin", 2, &given), COPP_E_INVALID); /* a test key that nobody named */
    assert_int_equal(offer(store, "srm2-v3.bin", 3, &given), COPP_E_INVALID);
    assert_kept(store, 1, 0);
    copp_srm_store_free(&store);
    assert_null(store);
    copp_srm_store_free(&store);
}

/* OPM-SRM-2: all 32 bits of the command's word count. */
static void the_version_must_be_the_lists_own(void) {
    static const uint32_t wrong[] = {0, 4, 6, 0x0500, 0x10005, 0x05000000, UINT32_MAX};
    struct copp_srm_store *store = open_store();
    struct copp_srm_given given = {.ever = false};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(offer(store, "srm1-v5.bin", wrong[i], &given), COPP_E_INVALID);
    assert_false(given.ever || given.has[0]);
    assert_kept(store, 0, 0);
    assert_int_equal(offer(store, "srm1-v5.bin", 5, &given), COPP_OK);
    copp_srm_store_free(&store);
}

static void bad_lists_are_refused(void) {
    static const struct {
        const char *name;
        uint32_t version;
        enum copp_rule rule;
    } bad[] = {
        {"srm-bad-2-signature.bin", 9, COPP_RULE_SRM_2},
        {"srm-bad-47.bin", 1, COPP_RULE_SRM_1},
        {"srm-bad-count.bin", 9, COPP_RULE_SRM_4},
        {"srm-bad-id.bin", 9, COPP_RULE_SRM_1},
        {"srm-bad-other-key.bin", 9, COPP_RULE_SRM_2},
        {"srm-bad-signature.bin", 9, COPP_RULE_SRM_2},
        {"srm-bad-trailing.bin", 9, COPP_RULE_SRM_1},
        {"srm-bad-truncated.bin", 9, COPP_RULE_SRM_1},
        {"srm-bad-version-altered.bin", 10, COPP_RULE_SRM_2},
    };
    struct copp_srm_store *store = open_store();
    struct copp_srm_given given = {.ever = false};
    assert_int_equal(offer(store, "srm1-v5.bin", 5, &given), COPP_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(offer(store, bad[i].name, bad[i].version, &given), COPP_E_INVALID);
        assert_int_equal(load(store, bad[i].name, bad[i].rule), COPP_E_INVALID);
        assert_int_equal(given.version, 5);
        assert_kept(store, 5, 0);
        assert_true(revoked(store, COPP_HDCP_VERSION_1, ksvs[1])); /* what was kept still counts */
    }
    copp_srm_store_free(&store);
}

/* HDCP 1.x with a second generation of empty lists, as many as make it so long. */
static void make_long(struct kit_key *key, uint8_t *bytes, size_t size) {
    const uint8_t first[] = {0x80, 0, 0, 6, 2, 0, 0, 43};
    size_t block = size - 48;
    memset(bytes, 0, size);
    memcpy(bytes, first, sizeof first);
    kit_dsa_sign(key, bytes, 8, &bytes[8]);
    bytes[48] = (uint8_t)(block >> 8);
    bytes[49] = (uint8_t)block;
    kit_dsa_sign(key, &bytes[50], block - 42, &bytes[size - 40]);
}

/* OPM-SRM-1: 64 KiB and not a byte more, however valid it is. */
static void sizes_have_limits(void) {
    struct kit_key *key = kit_key_open("srm-dsa.pem");
    size_t pem_size;
    char *pem = (char *)read_test_vector("srm-dsa-public.pem", &pem_size);
    const struct copp_srm_key name = {sizeof name, COPP_SRM_KEY_PEM, pem, pem_size};
    struct copp_srm_store *store;
    struct copp_srm_given given = {.ever = false};
    const size_t most = COPP_SRM_OFFER_MAX;
    uint8_t *bytes = malloc(most + 1);
    assert_non_null(bytes);
    assert_int_equal(copp_srm_store_new(&name, 1, NULL, &store), COPP_OK);
    make_long(key, bytes, most + 1);
    assert_int_equal(copp_srm_verify(bytes, most + 1, &name, NULL, NULL), COPP_OK); /* nothing else is wrong with it */
    assert_int_equal(copp_srm_store_offer(store, bytes, most + 1, 6, &given), COPP_E_INVALID);
    assert_int_equal(copp_srm_store_load(store, bytes, most + 1, NULL), COPP_E_TOO_LARGE);
    make_long(key, bytes, most);
    assert_int_equal(copp_srm_store_offer(store, bytes, most, 6, &given), COPP_OK);
    assert_int_equal(copp_srm_store_load(store, bytes, most, NULL), COPP_OK);
    assert_int_equal(copp_srm_store_offer(store, bytes, SIZE_MAX, 6, &given), COPP_E_INVALID);
    assert_int_equal(copp_srm_store_offer(store, bytes, 0, 6, &given), COPP_E_INVALID);
    assert_int_equal(copp_srm_store_offer(store, NULL, 0, 6, &given), COPP_E_INVALID);
    free(bytes);
    free(pem);
    kit_key_free(key);
    copp_srm_store_free(&store);
}

/* OPM-SRM-4: an output goes forward by itself, the adapter over all of them, and kinds are numbered apart. */
static void never_back(void) {
    struct copp_srm_store *store = open_store();
    struct copp_srm_given one = {.ever = false};
    struct copp_srm_given two = {.ever = false};
    assert_int_equal(offer(store, "srm1-genuine-v1.bin", 1, &one), COPP_OK);
    assert_int_equal(offer(store, "srm1-v5.bin", 5, &one), COPP_OK);
    assert_int_equal(offer(store, "srm1-v2.bin", 2, &one), COPP_E_INVALID);
    assert_int_equal(one.version, 5);
    assert_int_equal(offer(store, "srm1-v5.bin", 5, &one), COPP_OK); /* the same again */
    assert_int_equal(offer(store, "srm1-v2.bin", 2, &two), COPP_OK); /* another output's content is older */
    assert_int_equal(two.version, 2);
    assert_kept(store, 5, 0);
    assert_true(revoked(store, COPP_HDCP_VERSION_1, ksvs[1])); /* which version 2 does not have */
    assert_int_equal(offer(store, "srm2-v3.bin", 3, &one), COPP_OK); /* the other kind, whose number is lower */
    assert_int_equal(one.version, 3);
    assert_int_equal(offer(store, "srm1-v2.bin", 2, &one), COPP_E_INVALID);
    assert_int_equal(one.version, 3);
    assert_int_equal(offer(store, "srm1-v5.bin", 5, &one), COPP_OK);
    assert_int_equal(one.version, 5);
    assert_int_equal(offer(store, "srm2-v3.bin", 3, &one), COPP_OK);
    assert_kept(store, 5, 3);
    assert_int_equal(offer(store, "srm2-v7.bin", 7, &two), COPP_OK);
    assert_kept(store, 5, 7);
    assert_int_equal(offer(store, "srm2-v3.bin", 3, &two),
                     COPP_E_INVALID); /* lower than its own kind's, higher than the other's */
    assert_int_equal(load(store, "srm2-v3.bin", COPP_RULE_NONE), COPP_E_ROLLBACK);
    assert_int_equal(load(store, "srm2-v7.bin", COPP_RULE_NONE), COPP_OK);
    assert_kept(store, 5, 7);
    copp_srm_store_free(&store);
}

/* HDCP 1.x of version 6: nobody in the first generation, and ksvs[0] in the second where there is one. Returns the size. */
static size_t two_generations(struct kit_key *key, unsigned generation, uint8_t *bytes) {
    const uint8_t first[] = {0x80, 0, 0, 6, (uint8_t)generation, 0, 0, 43};
    const uint8_t second[] = {0, 48, 1};
    size_t size = sizeof first;
    memcpy(bytes, first, size);
    kit_dsa_sign(key, bytes, size, &bytes[size]);
    size += 40;
    if (generation < 2)
        return size;
    memcpy(&bytes[size], second, sizeof second);
    memcpy(&bytes[size + 3], ksvs[0], COPP_KSV_SIZE);
    kit_dsa_sign(key, &bytes[size + 2], 6, &bytes[size + 8]); /* its records alone */
    return size + 48;
}

/* Of two lists of one version the one that is a part of the other revokes less. */
static void more_generations_are_newer(void) {
    struct kit_key *key = kit_key_open("srm-dsa.pem");
    uint8_t part[128];
    uint8_t whole[128];
    size_t part_size = two_generations(key, 1, part);
    size_t whole_size = two_generations(key, 2, whole);
    size_t pem_size;
    char *pem = (char *)read_test_vector("srm-dsa-public.pem", &pem_size);
    const struct copp_srm_key name = {sizeof name, COPP_SRM_KEY_PEM, pem, pem_size};
    struct copp_srm_store *store;
    struct copp_srm_given given = {.ever = false};
    assert_int_equal(copp_srm_store_new(&name, 1, NULL, &store), COPP_OK);
    assert_int_equal(copp_srm_store_offer(store, part, part_size, 6, &given), COPP_OK);
    assert_false(revoked(store, COPP_HDCP_VERSION_1, ksvs[0]));
    assert_int_equal(copp_srm_store_offer(store, whole, whole_size, 6, &given), COPP_OK);
    assert_true(revoked(store, COPP_HDCP_VERSION_1, ksvs[0]));
    assert_int_equal(copp_srm_store_offer(store, part, part_size, 6, &given), COPP_OK);
    assert_int_equal(copp_srm_store_load(store, part, part_size, NULL), COPP_OK);
    assert_true(revoked(store, COPP_HDCP_VERSION_1, ksvs[0]));
    copp_srm_store_free(&store);
    free(pem);
    kit_key_free(key);
}

/* OPM-SRM-7 */
static void a_receiver_is_looked_up_by_its_protocol(void) {
    struct copp_srm_store *store = open_store();
    struct copp_srm_given given = {.ever = false};
    for (size_t i = 0; i < 4; i++) /* a missing list is not an error */
        assert_false(revoked(store, COPP_HDCP_VERSION_NONE, ksvs[i]) || revoked(NULL, COPP_HDCP_VERSION_NONE, ksvs[i]));
    assert_int_equal(offer(store, "srm1-v5.bin", 5, &given), COPP_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(revoked(store, COPP_HDCP_VERSION_1, ksvs[i]), i > 0);
        assert_false(revoked(store, COPP_HDCP_VERSION_2, ksvs[i])); /* the other kind does not revoke */
    }
    assert_int_equal(offer(store, "srm2-v7.bin", 7, &given), COPP_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(revoked(store, COPP_HDCP_VERSION_1, ksvs[i]), i > 0);
        assert_int_equal(revoked(store, COPP_HDCP_VERSION_2, ksvs[i]), i < 2);
        assert_true(revoked(store, COPP_HDCP_VERSION_NONE, ksvs[i])); /* it may be either */
        assert_true(revoked(store, 3, ksvs[i]));
    }
    assert_false(revoked(store, COPP_HDCP_VERSION_NONE, innocent));
    struct copp_output_state nobody = receiver(COPP_HDCP_VERSION_1, ksvs[1]);
    nobody.hdcp_receiver = false; /* bksv does not hold */
    assert_false(copp_srm_store_revokes(store, &nobody));
    copp_srm_store_free(&store);
}

static void all_behind_a_repeater_count(void) {
    struct copp_srm_store *store = open_store();
    struct copp_srm_given given = {.ever = false};
    uint8_t downstream[(COPP_DOWNSTREAM_MAX + 1) * COPP_KSV_SIZE];
    struct copp_output_state state = receiver(COPP_HDCP_VERSION_1, innocent);
    state.repeater = true;
    state.downstream = downstream;
    for (size_t i = 0; i <= COPP_DOWNSTREAM_MAX; i++)
        put_bksv(&downstream[i * COPP_KSV_SIZE], innocent);
    assert_int_equal(offer(store, "srm1-v5.bin", 5, &given), COPP_OK);
    for (size_t i = 0; i < COPP_DOWNSTREAM_MAX; i++) { /* wherever it stands, and not one beyond the count */
        put_bksv(&downstream[i * COPP_KSV_SIZE], ksvs[3]);
        state.downstream_count = i;
        assert_false(copp_srm_store_revokes(store, &state));
        state.downstream_count = i + 1;
        assert_true(copp_srm_store_revokes(store, &state));
        state.hdcp_version = COPP_HDCP_VERSION_2;
        assert_false(copp_srm_store_revokes(store, &state));
        state.hdcp_version = COPP_HDCP_VERSION_1;
        put_bksv(&downstream[i * COPP_KSV_SIZE], innocent);
        assert_false(copp_srm_store_revokes(store, &state));
    }
    state.hdcp_receiver = false; /* who does not name the repeater may name what is behind it */
    put_bksv(downstream, ksvs[3]);
    assert_true(copp_srm_store_revokes(store, &state));
    copp_srm_store_free(&store);
}

/* Even without a list: nobody can say that these may have the content. */
static void what_cannot_be_looked_up_is_revoked(void) {
    static const uint8_t few[COPP_KSV_SIZE] = {0xb7, 0x03, 0x61, 0xf7, 0x10}; /* 19 ones */
    static const uint8_t none[COPP_KSV_SIZE] = {0};
    struct copp_srm_store *store = open_store();
    uint8_t downstream[(COPP_DOWNSTREAM_MAX + 1) * COPP_KSV_SIZE];
    struct copp_output_state state = receiver(COPP_HDCP_VERSION_2, innocent);
    for (size_t i = 0; i <= COPP_DOWNSTREAM_MAX; i++)
        put_bksv(&downstream[i * COPP_KSV_SIZE], innocent);
    assert_true(revoked(store, COPP_HDCP_VERSION_1, few) && revoked(store, COPP_HDCP_VERSION_2, none));
    state.downstream_count = 1;
    assert_true(copp_srm_store_revokes(store, &state)); /* a count without devices */
    state.downstream = downstream;
    assert_false(copp_srm_store_revokes(store, &state));
    state.downstream_count = COPP_DOWNSTREAM_MAX + 1;
    assert_true(copp_srm_store_revokes(store, &state));
    state.downstream_count = SIZE_MAX;
    assert_true(copp_srm_store_revokes(store, &state));
    state.downstream_count = 2;
    put_bksv(&downstream[COPP_KSV_SIZE], few);
    assert_true(copp_srm_store_revokes(store, &state));
    copp_srm_store_free(&store);
}

static void keys_must_be_keys(void) {
    struct keys keys = read_keys();
    struct copp_srm_store *store;
    assert_int_equal(copp_srm_store_new(keys.list, 0, NULL, &store), COPP_E_ARGUMENT);
    assert_int_equal(copp_srm_store_new(NULL, 1, NULL, &store), COPP_E_ARGUMENT);
    keys.list[1].pem = "no key";
    keys.list[1].pem_size = 6;
    assert_int_equal(copp_srm_store_new(keys.list, 3, NULL, &store), COPP_E_KEY);
    assert_null(store);
    keys.list[1].size = 0;
    assert_int_equal(copp_srm_store_new(keys.list, 3, NULL, &store), COPP_E_ARGUMENT);
    assert_null(store);
    struct copp_srm_given given = {.ever = false};
    assert_int_equal(copp_srm_store_new(&keys.list[2], 1, NULL, &store), COPP_OK); /* for HDCP 2.x alone */
    assert_int_equal(offer(store, "srm1-genuine-v1.bin", 1, &given), COPP_E_INVALID);
    assert_int_equal(offer(store, "srm2-v3.bin", 3, &given), COPP_OK);
    copp_srm_store_free(&store);
    free_keys(&keys);
}

/* What a host stores is what was handed over, and is taken back after a restart. */
static void a_host_stores_what_is_kept(void) {
    struct rig rig;
    struct keys keys = read_keys();
    const uint8_t *bytes = (const uint8_t *)&rig;
    size_t size = 1;
    rig_init(&rig, NULL);
    assert_int_equal(copp_adapter_load_srm(rig.adapter, ksvs[0], 5, NULL), COPP_E_STATE);
    assert_int_equal(copp_adapter_srm(rig.adapter, 1, &bytes, &size), COPP_E_NOT_FOUND);
    assert_true(!bytes && !size);
    assert_int_equal(copp_adapter_keep_srms(rig.adapter, keys.list, 3), COPP_OK);
    assert_int_equal(copp_adapter_keep_srms(rig.adapter, keys.list, 3), COPP_E_STATE);
    assert_int_equal(copp_adapter_srm(rig.adapter, 2, &bytes, &size), COPP_E_NOT_FOUND);
    static const char *const names[] = {"srm1-v5.bin", "srm2-v7.bin"};
    for (unsigned hdcp = 1; hdcp <= 2; hdcp++) {
        size_t stored_size;
        uint8_t *stored = vector(names[hdcp - 1], &stored_size);
        assert_int_equal(copp_adapter_load_srm(rig.adapter, stored, stored_size, NULL), COPP_OK);
        assert_int_equal(copp_adapter_srm(rig.adapter, hdcp, &bytes, &size), COPP_OK);
        assert_int_equal(size, stored_size);
        assert_memory_equal(bytes, stored, size);
        free(stored);
    }
    assert_int_equal(copp_adapter_srm(rig.adapter, 0, &bytes, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_adapter_srm(rig.adapter, 3, &bytes, &size), COPP_E_ARGUMENT);
    assert_true(!bytes && !size);
    free_keys(&keys);
    rig_end(&rig);
}

/* OPM-SRM-4: what one output is given counts for all of the adapter's at once, and for sessions that were never given a list. */
static void a_list_is_the_adapters(void) {
    static const uint8_t revoked_id[COPP_KSV_SIZE] = {0xf8, 0x19, 0xf2, 0x35, 0x4a}; /* ksvs[0], in a receiver's order */
    struct opm_rig rig;
    struct copp_connector *connector;
    struct opm_app here;
    struct opm_app elsewhere;
    opm_rig_init(&rig, NULL, false);
    opm_begin(&here, &rig);
    struct opm_output other = rig.output;
    struct copp_connector_config config = opm_config();
    config.output = &other.output;
    config.output_id = 9;
    assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), COPP_OK);
    rig.connector = connector;
    opm_begin(&elsewhere, &rig);
    assert_int_equal(opm_set(&elsewhere, OPM_HDCP, 1), COPP_HR_OK);
    other.state.downstream = revoked_id;
    other.state.downstream_count = 1;
    assert_int_equal(opm_set_srm(&here, 7, "srm2-v7.bin"), COPP_HR_OK);
    assert_int_equal(other.in_force.hdcp, 0);
    assert_true(other.dark && !rig.output.dark);
    assert_int_equal(opm_virtual(&elsewhere, OPM_HDCP), 0);
    assert_int_equal(elsewhere.flags, COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE);
    assert_int_equal(opm_set(&elsewhere, OPM_HDCP, 1), COPP_HR_OPM_DRIVER_INTERNAL_ERROR);
    assert_int_equal(opm_virtual(&here, OPM_HDCP), 0);
    assert_int_equal(here.flags, COPP_STATUS_NORMAL);
    copp_device_close(&elsewhere.device);
    copp_device_close(&here.device);
    opm_rig_end(&rig);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(the_test_keys_are_the_vectors, ""),
        TEST(a_genuine_list_is_taken, "OPM-SRM-1 OPM-SRM-2 OPM-SRM-9"),
        TEST(the_version_must_be_the_lists_own, "OPM-SRM-2"),
        TEST(bad_lists_are_refused, "OPM-SRM-1 SRM-1 SRM-2 SRM-4"),
        TEST(sizes_have_limits, "OPM-SRM-1"),
        TEST(never_back, "OPM-SRM-4 SRM-3"),
        TEST(more_generations_are_newer, "OPM-SRM-4"),
        TEST(a_receiver_is_looked_up_by_its_protocol, "OPM-SRM-7"),
        TEST(all_behind_a_repeater_count, "OPM-SRM-7 SRM-5"),
        TEST(what_cannot_be_looked_up_is_revoked, "OPM-SRM-7 SRM-5"),
        TEST(keys_must_be_keys, ""),
        TEST(a_host_stores_what_is_kept, "OPM-SRM-4"),
        TEST(a_list_is_the_adapters, "OPM-SRM-3 OPM-SRM-4"),
    };
    return RUN_SUITE("srm_store", cases);
}
