/* cli/srm/sync.c and attribute.c against a driver that writes in pages, tells nothing, takes only what is newer, and forgets. */
#include "unit/crypto_kit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "amdgpu_standin.h"
#include "cli/srm/sync.h"

#define VERSIONS 6u
#define LARGEST 5200u

/* Lists of HDCP 2.x of a test key's, by version; made once, since signing takes its time. */
struct message {
    uint8_t bytes[LARGEST];
    size_t size;
};
static struct message small[VERSIONS + 1];
static struct message paged; /* more than a page: version 9 */
static struct message too_large; /* more than the attribute takes: version 10 */
static struct message no_version;
static struct srm_key key;

/* --- messages --- */

static void put(struct message *message, uint64_t number, unsigned size) {
    for (unsigned i = size; i-- > 0;)
        message->bytes[message->size++] = (uint8_t)(number >> (8 * i));
}

static void make_message(struct message *message, struct kit_key *signer, unsigned version, unsigned count) {
    message->size = 0;
    put(message, 0x9100, 2);
    put(message, version, 2);
    put(message, 1, 1);
    put(message, 3 + 4 + 5 * count + 384, 3);
    put(message, (uint64_t)count << 22, 4);
    for (unsigned i = 0; i < count; i++)
        put(message, UINT64_C(0xFFFFF) << (i % 20), 5); /* 20 ones each */
    kit_rsa3072_sign(signer, message->bytes, message->size, message->bytes + message->size);
    message->size += 384;
}

static void make_messages(void) {
    struct kit_key *signer = kit_key_open("srm-rsa3072.pem");
    size_t size;
    for (unsigned version = 1; version <= VERSIONS; version++)
        make_message(&small[version], signer, version, version);
    make_message(&paged, signer, 9, 900);
    make_message(&too_large, signer, 10, 960);
    make_message(&no_version, signer, 0xFFFF, 1);
    kit_key_free(signer);
    key.pem.bytes = read_test_vector("srm-rsa3072-public.pem", &size);
    key.pem.size = size;
    key.key = (struct copp_srm_key){sizeof key.key, COPP_SRM_KEY_PEM, (const char *)key.pem.bytes, size};
}

static bool add(struct srm_lists *lists, const uint8_t *bytes, size_t size, const struct copp_srm_key *signer) {
    struct copp_srm *srm;
    struct blob copy = {.bytes = malloc(size + 1), .size = size};
    assert_non_null(copy.bytes);
    memcpy(copy.bytes, bytes, size);
    copy.bytes[size] = 0;
    assert_int_equal(copp_srm_verify(bytes, size, signer, &srm, NULL), COPP_OK);
    return srm_lists_add(lists, copy, srm, false);
}

static bool offer(struct srm_lists *lists, const struct message *message) {
    return add(lists, message->bytes, message->size, &key.key);
}

static void sync_with(struct amdgpu *driver, struct srm_lists *lists, struct srm_sync_result *result) {
    const struct srm_attribute attribute = {&amdgpu_ops, driver};
    (void)srm_sync(&attribute, &key, lists, result);
}

static struct amdgpu new_driver(void) {
    return (struct amdgpu){.key = &key.key};
}

/* The version of HDCP 2.x's list that would be saved; 0: none. */
static unsigned given(const struct srm_lists *lists) {
    const struct srm_list *list = srm_lists_given(lists, 2);
    return list != NULL ? copp_srm_version(list->srm) : 0;
}

static void has_list(const struct srm_sync_result *result, unsigned version) {
    assert_int_equal(result->get, SRM_GET_LIST);
    assert_int_equal(result->hdcp, 2);
    assert_int_equal(result->version, version);
}

/* --- what a driver does --- */

static void all_pages_are_written_and_read(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    assert_true(paged.size > STANDIN_PAGE && paged.size < SRM_ATTRIBUTE_MAX);
    offer(&lists, &paged);
    sync_with(&driver, &lists, &result);
    assert_int_equal(driver.writes, 2);
    assert_int_equal(driver.size, paged.size);
    has_list(&result, 9);
    assert_int_equal(result.count, 900);
    assert_int_equal(result.set[1], SRM_SET_TAKEN);
    assert_int_equal(result.set[0], SRM_SET_NOTHING);
    assert_int_equal(given(&lists), 9);
    srm_lists_free(&lists);
}

static void interrupted_calls_are_made_again(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    offer(&lists, &paged);
    driver.interruptions = 3;
    sync_with(&driver, &lists, &result);
    has_list(&result, 9);
    srm_lists_free(&lists);
}

static void set_comes_before_get(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    offer(&lists, &small[4]);
    offer(&lists, &small[2]);
    sync_with(&driver, &lists, &result);
    assert_string_equal(driver.trace, "wrwr");
    has_list(&result, 4); /* the older one first: a driver that has nothing gets both */
    assert_int_equal(result.set_version[1], 4);
    assert_int_equal(result.set[1], SRM_SET_TAKEN);
    srm_lists_free(&lists);
}

static void without_a_list_the_driver_is_asked_for_its_own(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    sync_with(&driver, &lists, &result);
    assert_int_equal(result.get, SRM_GET_NOTHING);
    assert_string_equal(driver.trace, "r");
    amdgpu_load(&driver, small[3].bytes, small[3].size);
    sync_with(&driver, &lists, &result);
    has_list(&result, 3);
    assert_int_equal(given(&lists), 3);
    srm_lists_free(&lists);
}

static void a_newer_list_of_the_drivers_is_kept(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    amdgpu_load(&driver, small[5].bytes, small[5].size);
    offer(&lists, &small[2]);
    sync_with(&driver, &lists, &result);
    has_list(&result, 5);
    assert_int_equal(result.set[1], SRM_SET_TAKEN); /* the driver has what is newer */
    assert_int_equal(given(&lists), 5);
    assert_int_equal(driver.version, 5);
    srm_lists_free(&lists);
}

static void sleep_costs_nothing(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    offer(&lists, &small[3]);
    sync_with(&driver, &lists, &result);
    amdgpu_sleep(&driver);
    sync_with(&driver, &lists, &result);
    has_list(&result, 3);
    assert_int_equal(result.set[1], SRM_SET_TAKEN);
    /* and the same once more, which the driver refuses, having it */
    sync_with(&driver, &lists, &result);
    assert_int_equal(result.set[1], SRM_SET_TAKEN);
    srm_lists_free(&lists);
}

static void a_driver_that_takes_nothing_is_found_out(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    driver.dead = true;
    offer(&lists, &small[3]);
    sync_with(&driver, &lists, &result);
    assert_int_equal(result.get, SRM_GET_NOTHING);
    assert_int_equal(result.set[1], SRM_SET_REFUSED);
    assert_int_equal(given(&lists), 0);
    srm_lists_free(&lists);
}

/* A new list that the driver does not like costs it nothing of the old one. */
static void the_last_good_list_stays(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    driver.refused_from = 4;
    offer(&lists, &small[5]);
    offer(&lists, &small[3]);
    sync_with(&driver, &lists, &result);
    has_list(&result, 3);
    assert_int_equal(result.set[1], SRM_SET_REFUSED);
    assert_int_equal(result.set_version[1], 5);
    assert_int_equal(given(&lists), 3);
    srm_lists_free(&lists);
}

static void what_does_not_verify_is_not_kept(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    driver.tampers = true;
    amdgpu_load(&driver, small[5].bytes, small[5].size);
    offer(&lists, &small[2]);
    sync_with(&driver, &lists, &result);
    assert_int_equal(result.get, SRM_GET_DAMAGED);
    assert_int_equal(result.verdict.rule, COPP_RULE_SRM_2);
    assert_int_equal(result.set[1], SRM_SET_REFUSED);
    assert_int_equal(given(&lists), 0);
    assert_int_equal(lists.count, 1);
    srm_lists_free(&lists);
}

static void version_ffff_is_a_refusal(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    offer(&lists, &no_version);
    sync_with(&driver, &lists, &result);
    assert_int_equal(result.set[1], SRM_SET_NO_VERSION);
    assert_int_equal(driver.writes, 0);
    srm_lists_free(&lists);
    /* nor does it come from a driver, where no list could follow it */
    memcpy(driver.list, no_version.bytes, no_version.size);
    driver.size = no_version.size;
    sync_with(&driver, &lists, &result);
    assert_int_equal(result.get, SRM_GET_NO_VERSION);
    assert_int_equal(given(&lists), 0);
    srm_lists_free(&lists);
}

static void a_part_of_a_list_is_never_written(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    assert_true(too_large.size > SRM_ATTRIBUTE_MAX);
    offer(&lists, &too_large);
    sync_with(&driver, &lists, &result);
    assert_int_equal(result.set[1], SRM_SET_TOO_LARGE);
    assert_int_equal(driver.writes, 0);
    assert_string_equal(driver.trace, "r");
    srm_lists_free(&lists);
}

static void errors_are_told(void) {
    struct amdgpu driver = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    offer(&lists, &small[2]);
    driver.write_error = ENODEV;
    sync_with(&driver, &lists, &result);
    assert_int_equal(result.set[1], SRM_SET_FAILED);
    assert_int_equal(result.set_error[1], ENODEV);
    assert_int_equal(result.get, SRM_GET_NOTHING);
    driver.write_error = 0;
    driver.read_error = EIO;
    sync_with(&driver, &lists, &result);
    assert_int_equal(result.get, SRM_GET_FAILED);
    assert_int_equal(result.get_error, EIO);
    assert_int_equal(result.set[1], SRM_SET_REFUSED); /* the outcome is unknown */
    srm_lists_free(&lists);
}

static void one_cards_list_reaches_the_other(void) {
    struct amdgpu first = new_driver();
    struct amdgpu second = new_driver();
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    const struct srm_attribute attribute = {&amdgpu_ops, &second};
    amdgpu_load(&second, small[4].bytes, small[4].size);
    offer(&lists, &small[1]);
    sync_with(&first, &lists, &result);
    has_list(&result, 1);
    assert_true(srm_sync(&attribute, &key, &lists, &result)); /* so that the first is asked again */
    sync_with(&first, &lists, &result);
    has_list(&result, 4);
    assert_false(srm_sync(&attribute, &key, &lists, &result));
    srm_lists_free(&lists);
}

/* Published messages of the licensing body's, of both kinds. */
static void each_kind_is_handed_over(void) {
    static const struct copp_srm_key production = {.size = sizeof production, .kind = COPP_SRM_KEY_PRODUCTION};
    const struct srm_key genuine = {.name = "production", .key = production};
    struct amdgpu driver = {.key = &production};
    const struct srm_attribute attribute = {&amdgpu_ops, &driver};
    struct srm_lists lists = {.count = 0};
    struct srm_sync_result result;
    size_t size, other_size;
    uint8_t *hdcp1 = read_test_vector("srm-hdcp1-v1.bin", &size);
    uint8_t *hdcp2 = read_test_vector("srm-hdcp2-v1.bin", &other_size);
    assert_true(add(&lists, hdcp1, size, &production));
    assert_true(add(&lists, hdcp2, other_size, &production));
    assert_false(add(&lists, hdcp2, other_size, &production));
    (void)srm_sync(&attribute, &genuine, &lists, &result);
    /* one place for both, and one version: HDCP 2.x's came first, and 1.x's was no newer */
    assert_string_equal(driver.trace, "wrwr");
    assert_int_equal(result.set[1], SRM_SET_TAKEN);
    assert_int_equal(result.set[0], SRM_SET_REFUSED);
    assert_int_equal(result.hdcp, 2);
    assert_null(srm_lists_given(&lists, 1));
    assert_int_equal(copp_srm_hdcp(srm_lists_given(&lists, 2)->srm), 2);
    srm_lists_free(&lists);
    free(hdcp1);
    free(hdcp2);
}

/* --- anything, in any order --- */

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* One thing happens to the driver; returns the version that it was handed by somebody else, or 0. */
static unsigned disturb(struct amdgpu *driver, uint32_t *state) {
    unsigned version = 1 + next_random(state) % VERSIONS;
    switch (next_random(state) % 5) {
    case 0:
        amdgpu_sleep(driver);
        return 0;
    case 1:
        driver->tampers = !driver->tampers;
        return 0;
    case 2:
        driver->dead = !driver->dead;
        return 0;
    case 3:
        amdgpu_load(driver, small[version].bytes, small[version].size);
        return driver->version == version && driver->size > 0 ? version : 0;
    default:
        return 0;
    }
}

/* What is saved never goes back, and a driver that works has it after every sync. */
static void nothing_goes_back(void) {
    uint32_t state = 1;
    for (unsigned run = 0; run < 40; run++) {
        struct amdgpu driver = new_driver();
        struct srm_sync_result result;
        unsigned saved = 0;
        for (unsigned step = 0; step < 25; step++) {
            struct srm_lists lists = {.count = 0};
            driver.trace_size = 0;
            (void)disturb(&driver, &state);
            if (saved > 0)
                offer(&lists, &small[saved]);
            unsigned before = driver.version;
            sync_with(&driver, &lists, &result);
            unsigned now = given(&lists);
            if (!driver.dead && !driver.tampers) {
                assert_int_equal(now, before > saved ? before : saved);
                assert_int_equal(driver.version, now);
            } else {
                assert_int_equal(now, 0);
                assert_true(saved == 0 || result.set[1] != SRM_SET_TAKEN);
            }
            saved = now > saved ? now : saved;
            srm_lists_free(&lists);
        }
    }
}

static const struct test_case cases[] = {
    TEST(all_pages_are_written_and_read, ""),
    TEST(interrupted_calls_are_made_again, ""),
    TEST(set_comes_before_get, ""),
    TEST(without_a_list_the_driver_is_asked_for_its_own, ""),
    TEST(a_newer_list_of_the_drivers_is_kept, "SRM-3"),
    TEST(sleep_costs_nothing, ""),
    TEST(a_driver_that_takes_nothing_is_found_out, ""),
    TEST(the_last_good_list_stays, "SRM-3"),
    TEST(what_does_not_verify_is_not_kept, "SRM-2"),
    TEST(version_ffff_is_a_refusal, ""),
    TEST(a_part_of_a_list_is_never_written, ""),
    TEST(errors_are_told, ""),
    TEST(one_cards_list_reaches_the_other, ""),
    TEST(each_kind_is_handed_over, "SRM-2"),
    TEST(nothing_goes_back, "SRM-3"),
};

int main(void) {
    make_messages();
    int failed = RUN_SUITE("srm_sync", cases);
    blob_free(&key.pem);
    return failed;
}
