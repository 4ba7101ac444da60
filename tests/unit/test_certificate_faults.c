/* Chains, revocation lists with their store, and SRMs, with every allocation, crypto call and file operation failing in turn. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hierarchy.h"
#include "faults.h"
#include "harness.h"
#include "system_kit.h"
#include "wire/base64.h"

struct bytes {
    uint8_t *bytes;
    size_t size;
};

static struct bytes vector(const char *name) {
    struct bytes read;
    read.bytes = read_test_vector(name, &read.size);
    return read;
}

/* --- chains --- */

static void chain_validate(void) {
    struct bytes good = vector("chain-good.xml");
    const struct copp_public_key anchor = test_anchor();
    EACH_FAULT(fault) {
        struct copp_chain *chain = NULL;
        struct copp_verdict verdict;
        fault_arm(&fault);
        enum copp_result result = copp_chain_validate(good.bytes, good.size, &anchor, &chain, &verdict);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(chain);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        assert_non_null(verdict.detail);
        assert_int_equal(verdict.rule != COPP_RULE_NONE, result == COPP_E_INVALID);
        copp_chain_free(&chain);
    }
    free(good.bytes);
}

static void chain_parse(void) {
    struct bytes good = vector("chain-good.xml");
    EACH_FAULT(fault) {
        struct copp_chain *chain = NULL;
        struct copp_verdict verdict;
        fault_arm(&fault);
        enum copp_result result = copp_chain_parse(good.bytes, good.size, &chain, &verdict);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(chain);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_chain_free(&chain);
    }
    free(good.bytes);
}

static struct copp_certificate_request request_for(struct copp_private_key *subject, struct copp_private_key *signer) {
    struct copp_certificate_request request = {
        .size = sizeof request, .signer = signer, .security_level = 150, .manufacturer = "A & B"};
    assert_int_equal(subject->ops->public_key(subject, &request.subject), COPP_OK);
    return request;
}

/* Leaf, IHV and root of a test hierarchy. */
struct keys {
    struct copp_private_key *leaf;
    struct copp_private_key *ihv;
    struct copp_private_key *root;
};

static struct keys read_keys(void) {
    return (struct keys){test_private_key("leaf.pem"), test_private_key("ihv.pem"), test_private_key("root.pem")};
}

static void free_keys(struct keys *keys) {
    copp_private_key_free(&keys->leaf);
    copp_private_key_free(&keys->ihv);
    copp_private_key_free(&keys->root);
}

static void chain_issue(void) {
    struct keys keys = read_keys();
    struct copp_private_key *const three[] = {keys.leaf, keys.ihv, keys.root};
    static const char *const manufacturers[] = {"A & B", "A & B", "A & B"};
    struct copp_certificate_request requests[HIERARCHY_KEYS];
    assert_int_equal(hierarchy_requests(three, manufacturers, 150, requests), COPP_OK);
    EACH_FAULT(fault) {
        char *xml = NULL;
        size_t size = 0;
        fault_arm(&fault);
        enum copp_result result = copp_chain_issue(requests, 3, &xml, &size);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(xml);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_release(xml, size);
    }
    free_keys(&keys);
}

/* --- OPM's chains --- */

static struct copp_opm_anchor opm_anchor(void) {
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    struct bytes pem = vector("opm/root.pem");
    assert_int_equal(copp_opm_anchor_read(pem.bytes, pem.size, &anchor), COPP_OK);
    free(pem.bytes);
    return anchor;
}

/* A failure is never taken for a verdict: it says nothing about the chain. */
static void opm_chain_validate(void) {
    struct bytes good = vector("opm/chain-good-sha1-leaf-root-ca.p7b");
    const struct copp_opm_anchor anchor = opm_anchor();
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor};
    EACH_FAULT(fault) {
        struct copp_opm_chain *chain = NULL;
        struct copp_verdict verdict;
        fault_arm(&fault);
        enum copp_result result = copp_opm_chain_validate(good.bytes, good.size, &trust, &chain, &verdict);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_int_not_equal(result, COPP_E_INVALID);
            assert_null(chain);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        assert_int_equal(verdict.rule, COPP_RULE_NONE);
        copp_opm_chain_free(&chain);
    }
    free(good.bytes);
}

static void opm_chain_parse(void) {
    struct bytes good = vector("opm/chain-good-bare.der");
    EACH_FAULT(fault) {
        struct copp_opm_chain *chain = NULL;
        fault_arm(&fault);
        enum copp_result result = copp_opm_chain_parse(good.bytes, good.size, NULL, &chain, NULL);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(chain);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_opm_chain_free(&chain);
    }
    free(good.bytes);
}

static void opm_anchor_read(void) {
    struct bytes pem = vector("opm/root.pem");
    EACH_FAULT(fault) {
        struct copp_opm_anchor anchor = {.size = sizeof anchor};
        fault_arm(&fault);
        enum copp_result result = copp_opm_anchor_read(pem.bytes, pem.size, &anchor);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_int_equal(anchor.subject_size, 0);
        } else {
            assert_int_equal(result, COPP_OK);
        }
    }
    free(pem.bytes);
}

static void opm_chain_issue(void) {
    struct copp_private_key *keys[] = {test_private_key("opm/leaf-key.pem"), test_private_key("opm/root-2048-key.pem")};
    struct copp_opm_certificate_request requests[] = {{.size = sizeof *requests, .signer = keys[1], .name = "Driver"},
                                                      {.size = sizeof *requests, .signer = keys[1], .name = "Root"}};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(keys[i]->ops->public_key(keys[i], &requests[i].key), COPP_OK);
    EACH_FAULT(fault) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        fault_arm(&fault);
        enum copp_result result = copp_opm_chain_issue(requests, 2, COPP_OPM_HASH_SHA1, &bytes, &size);
        if (fault_disarm(&fault)) {
            /* a key's raw operation does not tell that memory ran out */
            assert_true(result == COPP_E_MEMORY || result == COPP_E_CRYPTO);
            assert_null(bytes);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_release(bytes, size);
    }
    copp_private_key_free(&keys[0]);
    copp_private_key_free(&keys[1]);
}

/* --- revocation lists --- */

static void list_validate(struct bytes list) {
    const struct copp_public_key anchor = test_anchor();
    EACH_FAULT(fault) {
        struct copp_revocation_list *read = NULL;
        struct copp_verdict verdict;
        fault_arm(&fault);
        enum copp_result result = copp_revocation_validate(list.bytes, list.size, &anchor, &read, &verdict);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(read);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_revocation_free(&read);
    }
    free(list.bytes);
}

static void list_binary(void) {
    list_validate(vector("crl-v8-leaf-revoked.bin"));
}

static void list_base64(void) {
    struct bytes binary = vector("crl-v8-leaf-revoked.bin");
    struct bytes text = {.size = copp_base64_length(binary.size)};
    text.bytes = malloc(text.size);
    assert_non_null(text.bytes);
    copp_base64_encode(binary.bytes, binary.size, (char *)text.bytes);
    free(binary.bytes);
    list_validate(text);
}

static void list_issue(void) {
    static const uint8_t digests[2 * COPP_DIGEST_SIZE] = {1, 2, 3};
    struct keys keys = read_keys();
    struct copp_certificate_request request = request_for(keys.root, keys.root);
    request.sign_crl = true;
    EACH_FAULT(fault) {
        uint8_t *list = NULL;
        size_t size = 0;
        fault_arm(&fault);
        enum copp_result result = copp_revocation_issue(3, digests, 2, &request, 1, keys.root, &list, &size);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(list);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_release(list, size);
    }
    free_keys(&keys);
}

/* --- the stored list --- */

struct store {
    char *directory;
    char path[512];
    char fresh[512];
    char lock[512];
    struct copp_public_key anchor;
    struct bytes old; /* version 7 */
    struct bytes new; /* version 8 */
};

static void store_begin(struct store *store) {
    store->directory = test_directory_new();
    (void)snprintf(store->path, sizeof store->path, "%s/list", store->directory);
    (void)snprintf(store->fresh, sizeof store->fresh, "%s/list.new", store->directory);
    (void)snprintf(store->lock, sizeof store->lock, "%s/list.lock", store->directory);
    store->anchor = test_anchor();
    store->old = vector("crl-v7-empty.bin");
    store->new = vector("crl-v8-leaf-revoked.bin");
}

static void store_end(struct store *store) {
    free(store->old.bytes);
    free(store->new.bytes);
    assert_int_equal(unlink(store->path), 0);
    assert_int_equal(unlink(store->lock), 0);
    test_directory_remove(store->directory); /* nothing else is left */
}

static bool file_holds(const struct store *store, const struct bytes *wanted) {
    uint8_t bytes[8192];
    FILE *file = fopen(store->path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    return size == wanted->size && copp_equal(bytes, wanted->bytes, size);
}

/* The old list is stored, nothing beside it. */
static void store_old(const struct store *store) {
    struct copp_verdict verdict;
    (void)unlink(store->path);
    assert_int_equal(copp_revocation_store(store->path, store->old.bytes, store->old.size, &store->anchor, NULL, &verdict),
                     COPP_OK);
    assert_true(file_holds(store, &store->old));
}

static enum copp_result store_new(const struct store *store, struct copp_revocation_list **list) {
    struct copp_verdict verdict;
    errno = 0;
    return copp_revocation_store(store->path, store->new.bytes, store->new.size, &store->anchor, list, &verdict);
}

/* It failed: one list or the other is there whole, the old one but where the disk failed after the replacement. */
static void check_refused(const struct store *store, const struct fault *fault, enum copp_result result, int cause) {
    fault_assert_said(fault, result);
    assert_int_not_equal(result, COPP_E_ROLLBACK);
    if (result == COPP_E_IO)
        assert_int_equal(cause, EIO); /* errno says why */
    if (file_holds(store, &store->new)) {
        assert_string_equal(fault->name, "fsync");
        return;
    }
    assert_true(file_holds(store, &store->old));
    if (fault->mode != FAULT_ALL_ON) /* else unlink fails as well */
        assert_int_not_equal(access(store->fresh, F_OK), 0);
    struct copp_revocation_list *list = NULL;
    assert_int_equal(store_new(store, &list), COPP_OK); /* what is left behind is in nobody's way */
    assert_int_equal(copp_revocation_version(list), 8);
    copp_revocation_free(&list);
}

static void list_store(void) {
    struct store store;
    store_begin(&store);
    EACH_FAULT(fault) {
        struct copp_revocation_list *list = NULL;
        store_old(&store);
        fault_arm(&fault);
        enum copp_result result = store_new(&store, &list);
        int cause = errno;
        bool failed = fault_disarm(&fault);
        if (result == COPP_OK) {
            /* an interruption is not a failure, nor is a close that fails on a file with nothing to lose */
            if (failed && fault.mode != FAULT_ONE_OTHERWISE)
                assert_string_equal(fault.name, "close");
            assert_true(file_holds(&store, &store.new));
            assert_int_equal(copp_revocation_version(list), 8);
        } else {
            assert_true(failed);
            assert_null(list);
            check_refused(&store, &fault, result, cause);
        }
        copp_revocation_free(&list);
        assert_int_not_equal(access(store.fresh, F_OK), 0);
    }
    store_end(&store);
}

static void list_store_first(void) {
    struct store store;
    store_begin(&store);
    EACH_FAULT(fault) {
        (void)unlink(store.path);
        fault_arm(&fault);
        enum copp_result result = store_new(&store, NULL);
        bool failed = fault_disarm(&fault);
        if (result != COPP_OK) {
            assert_true(failed);
            fault_assert_said(&fault, result);
            if (access(store.path, F_OK) == 0)
                assert_string_equal(fault.name, "fsync");
            else
                assert_int_equal(store_new(&store, NULL), COPP_OK);
        }
        assert_true(file_holds(&store, &store.new));
    }
    store_end(&store);
}

static void list_load(void) {
    struct store store;
    store_begin(&store);
    store_old(&store);
    EACH_FAULT(fault) {
        struct copp_revocation_list *list = NULL;
        struct copp_verdict verdict;
        fault_arm(&fault);
        enum copp_result result = copp_revocation_load(store.path, &store.anchor, &list, &verdict);
        bool failed = fault_disarm(&fault);
        if (result == COPP_OK) {
            if (failed && fault.mode != FAULT_ONE_OTHERWISE)
                assert_string_equal(fault.name, "close");
            assert_int_equal(copp_revocation_version(list), 7);
        } else {
            fault_assert_said(&fault, result);
            assert_int_not_equal(result, COPP_E_NOT_FOUND); /* that would count as "nothing is revoked" */
            assert_null(list);
        }
        copp_revocation_free(&list);
    }
    store_end(&store);
}

/* The new list is on the disk before it takes the old one's place, and so is the change after it. */
static void list_store_in_order(void) {
    struct store store;
    store_begin(&store);
    store_old(&store);
    (void)fault_file_calls();
    assert_int_equal(store_new(&store, NULL), COPP_OK);
#ifdef _WIN32
    static const char replacing[] = "rename "; /* is told to reach the disk itself */
#else
    static const char replacing[] = "rename fsync ";
#endif
    const char *written = strstr(fault_file_calls(), "write fsync close ");
    assert_non_null(written);
    assert_non_null(strstr(written, replacing));
    store_end(&store);
}

/* Disks and signals may cut a write short: then the rest follows. */
static void list_store_in_pieces(void) {
    struct store store;
    store_begin(&store);
    store_old(&store);
    fault_shorten_writes(100);
    assert_int_equal(store_new(&store, NULL), COPP_OK);
    fault_shorten_writes(0);
    assert_true(file_holds(&store, &store.new));
    store_end(&store);
}

/* --- SRMs --- */

static void verify_srm(const char *name, const struct copp_srm_key *key) {
    struct bytes message = vector(name);
    EACH_FAULT(fault) {
        struct copp_srm *srm = NULL;
        struct copp_verdict verdict;
        fault_arm(&fault);
        enum copp_result result = copp_srm_verify(message.bytes, message.size, key, &srm, &verdict);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(srm);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_srm_free(&srm);
    }
    free(message.bytes);
}

static void srm_hdcp1(void) {
    verify_srm("srm-facsimile.bin", &(struct copp_srm_key){.size = sizeof(struct copp_srm_key), .kind = COPP_SRM_KEY_FACSIMILE});
}

static void srm_hdcp2(void) {
    verify_srm("srm-hdcp2-v1.bin", &(struct copp_srm_key){.size = sizeof(struct copp_srm_key), .kind = COPP_SRM_KEY_PRODUCTION});
}

static void verify_srm_under_pem(const char *name, const char *key) {
    struct bytes pem = vector(key);
    verify_srm(
        name, &(struct copp_srm_key){
                  .size = sizeof(struct copp_srm_key), .kind = COPP_SRM_KEY_PEM, .pem = (char *)pem.bytes, .pem_size = pem.size});
    free(pem.bytes);
}

static void srm_hdcp1_pem(void) {
    verify_srm_under_pem("srm-facsimile.bin", "srm-facsimile-public.pem");
}

static void srm_hdcp2_pem(void) {
    verify_srm_under_pem("srm-hdcp2-v1.bin", "srm-hdcp2-production-public.pem");
}

static const struct test_case cases[] = {
    TEST(chain_validate, ""),  TEST(chain_parse, ""),          TEST(chain_issue, ""),         TEST(opm_chain_validate, ""),
    TEST(opm_chain_parse, ""), TEST(opm_anchor_read, ""),      TEST(opm_chain_issue, ""),     TEST(list_binary, ""),
    TEST(list_base64, ""),     TEST(list_issue, ""),           TEST(list_store, "CRL-3"),     TEST(list_store_first, ""),
    TEST(list_load, ""),       TEST(list_store_in_pieces, ""), TEST(list_store_in_order, ""), TEST(srm_hdcp1, ""),
    TEST(srm_hdcp2, ""),       TEST(srm_hdcp1_pem, ""),        TEST(srm_hdcp2_pem, ""),
};

int main(void) {
    return RUN_SUITE("certificate_faults", cases);
}
