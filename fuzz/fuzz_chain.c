/*
 * Certificate chains. Each input is read twice: once as it is, where nothing may be accepted but the good chain's own
 * Data elements and signatures, and once with all signatures and digests believed, so that fuzzing gets to what stands
 * behind them. An input that begins with 'E' is a list of edits to the good chain; one that begins with 'I' describes
 * certificates to be issued.
 */
#include <string.h>

#include "fuzz.h"

static struct {
    bool ready;
    struct copp_public_key anchor;
    struct fuzz_bytes bytes;
    struct copp_chain *chain;
    struct fuzz_signature verified[FUZZ_SIGNATURES_MAX];
    size_t verified_count;
} good;

static void begin(void) {
    struct copp_verdict verdict;
    if (good.ready)
        return;
    good.ready = true;
    good.anchor = fuzz_anchor();
    good.bytes = fuzz_vector("chain-good.xml");
    CHECK(copp_chain_validate(good.bytes.bytes, good.bytes.size, &good.anchor, &good.chain, &verdict) == COPP_OK);
    CHECK(fuzz_verified_count == 3);
    good.verified_count = fuzz_verified_count;
    memcpy(good.verified, fuzz_verified, sizeof good.verified);
}

static struct copp_certificate certificate(const struct copp_chain *chain, size_t index) {
    struct copp_certificate read = {.size = sizeof read};
    CHECK(copp_chain_certificate(chain, index, &read) == COPP_OK);
    return read;
}

/* Accepted under the real anchor: then it is the good chain, but for what no signature covers. */
static void check_is_good(const struct copp_chain *chain) {
    CHECK(copp_chain_count(chain) == 3 && fuzz_verified_count == good.verified_count);
    for (size_t i = 0; i < 3; i++) {
        struct copp_certificate ours = certificate(chain, i);
        struct copp_certificate wanted = certificate(good.chain, i);
        CHECK(ours.data_size == wanted.data_size && copp_equal(ours.data, wanted.data, wanted.data_size));
        CHECK(copp_equal(ours.digest_value, wanted.digest_value, COPP_DIGEST_SIZE));
        CHECK(copp_public_key_equal(&ours.signer, &wanted.signer));
    }
    for (size_t i = 0; i < good.verified_count; i++) {
        CHECK(fuzz_verified[i].size == good.verified[i].size);
        CHECK(copp_equal(fuzz_verified[i].signature, good.verified[i].signature, good.verified[i].size));
        CHECK(copp_equal(fuzz_verified[i].digest, good.verified[i].digest, COPP_DIGEST_SIZE));
    }
}

/* What must be true of any chain that was accepted, whoever signed it (CERT-4, CERT-6..9, CERT-12). */
static void check_is_whole(const struct copp_chain *chain, const struct copp_public_key *anchor) {
    CHECK(copp_chain_valid(chain) && copp_chain_count(chain) == 3 && copp_chain_leaf_key(chain));
    for (size_t i = 0; i < 3; i++) {
        struct copp_certificate read = certificate(chain, i);
        CHECK(read.has_subject && read.has_signer && read.data_size > 0);
        CHECK(read.subject.modulus_size == (i == 2 ? 128 : 256) && read.subject.exponent % 2 == 1 && read.subject.exponent >= 3);
        CHECK(i == 0 ? read.encrypt_key && read.copp_certificate : read.sign_certificate);
        struct copp_public_key signer = i == 2 ? *anchor : certificate(chain, i + 1).subject;
        CHECK(copp_public_key_equal(&read.signer, &signer));
    }
    struct copp_certificate leaf = certificate(chain, 0);
    CHECK(copp_public_key_equal(copp_chain_leaf_key(chain), &leaf.subject));
}

static void check_verdict(enum copp_result result, const struct copp_verdict *verdict) {
    CHECK(verdict->detail);
    CHECK(result == COPP_E_INVALID ? verdict->rule >= COPP_RULE_CERT_1 && verdict->rule <= COPP_RULE_CERT_13
                                   : verdict->rule == COPP_RULE_NONE);
}

static void validate(const uint8_t *bytes, size_t size, const struct copp_public_key *anchor) {
    struct copp_chain *chain = NULL;
    struct copp_verdict verdict;
    fuzz_forget_signatures();
    enum copp_result result = copp_chain_validate(bytes, size, anchor, &chain, &verdict);
    CHECK(result == COPP_OK || result == COPP_E_INVALID || result == COPP_E_TOO_LARGE);
    CHECK((result == COPP_OK) == (chain != NULL));
    check_verdict(result, &verdict);
    if (chain) {
        check_is_whole(chain, anchor);
        if (!fuzz_believe)
            check_is_good(chain);
    }
    copp_chain_free(&chain);
    CHECK(!chain);
}

/* To look into a chain needs no trust; what it shows lies within the bytes. */
static void parse(const uint8_t *bytes, size_t size) {
    struct copp_chain *chain = NULL;
    struct copp_verdict verdict;
    enum copp_result result = copp_chain_parse(bytes, size, &chain, &verdict);
    check_verdict(result, &verdict);
    if (result)
        return;
    size_t kept_size;
    const uint8_t *kept = copp_chain_bytes(chain, &kept_size);
    CHECK(!copp_chain_valid(chain) && !copp_chain_leaf_key(chain));
    CHECK(kept_size == size && copp_equal(kept, bytes, size));
    CHECK(copp_chain_count(chain) <= COPP_CERTIFICATES_MAX);
    for (size_t i = 0; i < copp_chain_count(chain); i++) {
        struct copp_certificate read = certificate(chain, i);
        CHECK(read.security_level && read.manufacturer);
        if (read.data_size)
            CHECK(read.data >= kept && read.data_size <= kept_size && read.data + read.data_size <= kept + kept_size);
    }
    struct copp_certificate none = {.size = sizeof none};
    CHECK(copp_chain_certificate(chain, copp_chain_count(chain), &none) == COPP_E_NOT_FOUND);
    copp_chain_free(&chain);
}

static void read_chain(const uint8_t *bytes, size_t size) {
    validate(bytes, size, &good.anchor);
    fuzz_believe = true;
    validate(bytes, size, &good.anchor);
    parse(bytes, size);
    fuzz_believe = false;
}

enum { EDIT_REPLACE, EDIT_INSERT, EDIT_DELETE, EDIT_COPY, EDIT_KINDS };

/* Each edit: what, where (2), and a byte: the new one, or how many to delete or to copy from where (2) on. */
static void edit(struct fuzz_input *input) {
    static uint8_t bytes[COPP_CHAIN_SIZE_MAX];
    size_t size = good.bytes.size;
    memcpy(bytes, good.bytes.bytes, size);
    while (input->left && size > 512 && size < sizeof bytes - 512) {
        unsigned kind = fuzz_one_of(input, EDIT_KINDS);
        size_t at = fuzz_u16(input) % size;
        uint8_t byte = fuzz_u8(input);
        size_t count = kind == EDIT_INSERT ? 1 : byte;
        if (kind == EDIT_REPLACE) {
            bytes[at] = byte;
        } else if (kind == EDIT_DELETE) {
            count = count < size - at ? count : size - at;
            memmove(bytes + at, bytes + at + count, size - at - count);
            size -= count;
        } else {
            uint8_t piece[255];
            size_t from = kind == EDIT_COPY ? fuzz_u16(input) % (size - count) : 0;
            memcpy(piece, bytes + from, count);
            if (kind == EDIT_INSERT)
                piece[0] = byte;
            memmove(bytes + at + count, bytes + at, size - at);
            memcpy(bytes + at, piece, count);
            size += count;
        }
    }
    read_chain(bytes, size);
}

/* What is issued can be read, and says what was asked for. */
static void check_issued(const char *xml, size_t size, const struct copp_certificate_request *requests, size_t count) {
    struct copp_chain *chain;
    struct copp_verdict verdict;
    CHECK(xml[size] == 0 && strlen(xml) == size);
    CHECK(copp_chain_parse((const uint8_t *)xml, size, &chain, &verdict) == COPP_OK && copp_chain_count(chain) == count);
    for (size_t i = 0; i < count; i++) {
        struct copp_certificate read = certificate(chain, i);
        CHECK(read.has_subject && copp_public_key_equal(&read.subject, &requests[i].subject));
        CHECK(read.encrypt_key == requests[i].encrypt_key && read.sign_certificate == requests[i].sign_certificate);
        CHECK(read.sign_crl == requests[i].sign_crl && read.copp_certificate == requests[i].copp_certificate);
        CHECK(strcmp(read.manufacturer, requests[i].manufacturer) == 0);
    }
    copp_chain_free(&chain);
}

/* Leaf, IHV and root with flags and names of the input's, signed by a key that costs nothing. */
static void issue(struct fuzz_input *input) {
    static const struct copp_private_key_ops *ops;
    struct fuzz_key key;
    struct copp_public_key subject;
    struct copp_certificate_request requests[3];
    char names[3][16] = {{0}};
    char *xml = NULL;
    size_t size = 0;
    fuzz_key_init(&key);
    ops = key.key.ops;
    CHECK(ops->public_key(&key.key, &subject) == COPP_OK);
    for (size_t i = 0; i < 3; i++) {
        uint8_t flags = fuzz_u8(input);
        fuzz_fill(input, (uint8_t *)names[i], sizeof names[i] - 1);
        requests[i] = (struct copp_certificate_request){.size = sizeof(struct copp_certificate_request),
                                                        .subject = subject,
                                                        .signer = &key.key,
                                                        .encrypt_key = flags & 1,
                                                        .sign_certificate = flags & 2,
                                                        .sign_crl = flags & 4,
                                                        .copp_certificate = flags & 8,
                                                        .security_level = fuzz_u16(input),
                                                        .manufacturer = names[i]};
    }
    enum copp_result result = copp_chain_issue(requests, 3, &xml, &size);
    CHECK((result == COPP_OK) == (xml != NULL));
    if (!result)
        check_issued(xml, size, requests, 3);
    copp_release(xml, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    begin();
    struct fuzz_input input = {data, size};
    uint8_t first = fuzz_u8(&input);
    if (first == 'E')
        edit(&input);
    else if (first == 'I')
        issue(&input);
    else
        read_chain(data, size);
    return 0;
}
