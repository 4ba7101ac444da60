/*
 * OPM's certificate chains. Each chain is read twice: once as it is, where nothing but the vectors' own certificates may be accepted,
 * and once with all signatures believed, so that fuzzing gets to what stands behind them. x509_ops.h says what else an input may be.
 */
#include <stdlib.h>
#include <string.h>

#include "certificate/x509.h"
#include "fuzz.h"
#include "x509_ops.h"

/* Where the pool comes from. */
static const char *const x509_vectors[] = {
    "opm/chain-good-sha256-leaf-root-ca.p7b",
    "opm/chain-good-sha1-leaf-root-ca.p7b",
    "opm/chain-good-bare.der",
    "opm/chain-good-two.p7b",
    "opm/chain-good-five-pathlen.p7b",
    "opm/chain-good-leaf-v1.p7b",
    "opm/chain-good-codec-merit.p7b",
    "opm/chain-good-purpose-all.p7b",
    "opm/chain-bad-mutual.p7b",
    "opm/chain-bad-loop.p7b",
    "opm/chain-bad-side-loop.p7b",
    "opm/chain-bad-unrelated.p7b",
    "opm/chain-bad-pathlen.p7b",
    "opm/chain-bad-leaf-is-ca.p7b",
};
#define X509_VECTORS (sizeof x509_vectors / sizeof *x509_vectors)
#define PURPOSE_VECTOR 7u
#define POOL_MAX 64u

struct view {
    const uint8_t *bytes;
    size_t size;
};

static struct {
    bool ready;
    struct copp_opm_anchor anchor;
    struct fuzz_bytes vectors[X509_VECTORS];
    struct view pool[POOL_MAX]; /* the vectors' certificates */
    size_t pool_size;
} world;

static void fill_pool(const struct fuzz_bytes *vector) {
    struct copp_opm_chain *chain;
    CHECK(copp_opm_chain_parse(vector->bytes, vector->size, NULL, &chain, NULL) == COPP_OK);
    for (size_t i = 0; i < copp_opm_chain_count(chain); i++) {
        struct copp_opm_certificate read = {.size = sizeof read};
        size_t size;
        const uint8_t *kept = copp_opm_chain_bytes(chain, &size);
        CHECK(copp_opm_chain_certificate(chain, i, &read) == COPP_OK && world.pool_size < POOL_MAX);
        world.pool[world.pool_size++] = (struct view){vector->bytes + (read.der - kept), read.der_size};
    }
    copp_opm_chain_free(&chain);
}

static void begin(void) {
    if (world.ready)
        return;
    world.ready = true;
    struct fuzz_bytes pem = fuzz_vector("opm/root.pem");
    world.anchor.size = sizeof world.anchor;
    CHECK(copp_opm_anchor_read(pem.bytes, pem.size, &world.anchor) == COPP_OK);
    free(pem.bytes);
    for (size_t i = 0; i < X509_VECTORS; i++) {
        world.vectors[i] = fuzz_vector(x509_vectors[i]);
        fill_pool(&world.vectors[i]);
    }
}

static struct copp_opm_certificate certificate(const struct copp_opm_chain *chain, size_t index) {
    struct copp_opm_certificate read = {.size = sizeof read};
    CHECK(copp_opm_chain_certificate(chain, index, &read) == COPP_OK);
    return read;
}

/* A signature of PKCS #1 v1.5 has one value: a certificate that verifies is one that was signed, to the last byte. */
static bool is_known(const struct copp_opm_certificate *read) {
    for (size_t i = 0; i < world.pool_size; i++) {
        if (world.pool[i].size == read->der_size && copp_equal(world.pool[i].bytes, read->der, read->der_size))
            return true;
    }
    return false;
}

/* What must be true of any chain that was accepted, whoever signed it. */
static void check_is_whole(const struct copp_opm_chain *chain, const char *purpose) {
    size_t roles[4] = {0};
    size_t count = copp_opm_chain_count(chain);
    const struct copp_public_key *leaf_key = copp_opm_chain_leaf_key(chain);
    CHECK(copp_opm_chain_valid(chain) && leaf_key && count >= 2 && count <= COPP_OPM_CERTIFICATES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct copp_opm_certificate read = certificate(chain, i);
        bool leaf = read.role == COPP_OPM_ROLE_LEAF;
        bool root = read.role == COPP_OPM_ROLE_ROOT;
        roles[read.role]++;
        CHECK(!read.key_flaw && read.key.modulus_size >= 256 && read.key.exponent >= 3 && read.key.exponent % 2 == 1);
        CHECK(root || (!read.extensions_flaw && read.ca == !leaf && read.signature[0]));
        CHECK(!leaf || (read.key.modulus_size == 256 && copp_equal(leaf_key->modulus, read.key.modulus, 256)));
        CHECK(!leaf || !(read.key_usage & COPP_OPM_USAGE_CERTIFICATE_SIGN));
        CHECK(!leaf || !purpose || strstr(read.purposes, purpose));
        CHECK(!root || copp_equal(read.key.modulus, world.anchor.key.modulus, world.anchor.key.modulus_size));
        CHECK(root || fuzz_believe || is_known(&read));
    }
    CHECK(roles[COPP_OPM_ROLE_NONE] == 0 && roles[COPP_OPM_ROLE_LEAF] == 1 && roles[COPP_OPM_ROLE_ROOT] == 1);
}

static void validate(const uint8_t *bytes, size_t size, const char *purpose) {
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &world.anchor, .purpose = purpose};
    struct copp_opm_chain *chain = NULL;
    struct copp_verdict verdict;
    enum copp_result result = copp_opm_chain_validate(bytes, size, &trust, &chain, &verdict);
    CHECK(result == COPP_OK || result == COPP_E_INVALID || (purpose && result == COPP_E_ARGUMENT));
    CHECK((result == COPP_OK) == (chain != NULL));
    CHECK(result == COPP_E_INVALID ? verdict.rule >= COPP_RULE_OPM_CERT_1 && verdict.rule <= COPP_RULE_OPM_CERT_9
                                   : verdict.rule == COPP_RULE_NONE);
    if (chain)
        check_is_whole(chain, purpose);
    copp_opm_chain_free(&chain);
}

/* To look into a chain needs no trust; what it shows lies within the bytes. */
static void parse(const uint8_t *bytes, size_t size) {
    struct copp_opm_chain *chain = NULL;
    if (copp_opm_chain_parse(bytes, size, NULL, &chain, NULL))
        return;
    size_t kept_size;
    const uint8_t *kept = copp_opm_chain_bytes(chain, &kept_size);
    CHECK(!copp_opm_chain_valid(chain) && !copp_opm_chain_leaf_key(chain));
    CHECK(kept_size == size && copp_equal(kept, bytes, size));
    for (size_t i = 0; i < copp_opm_chain_count(chain); i++) {
        struct copp_opm_certificate read = certificate(chain, i);
        CHECK(read.der >= kept && read.der_size <= kept_size && read.der + read.der_size <= kept + kept_size);
        CHECK(strlen(read.subject) + strlen(read.issuer) + strlen(read.purposes) <= 4 * read.der_size);
    }
    copp_opm_chain_free(&chain);
}

static void read_chain(const uint8_t *bytes, size_t size) {
    validate(bytes, size, NULL);
    fuzz_believe = true;
    validate(bytes, size, NULL);
    fuzz_believe = false;
    parse(bytes, size);
}

/* Which chain, then where (2), and the new byte. */
static void edit(struct fuzz_input *input) {
    static uint8_t bytes[COPP_OPM_CHAIN_SIZE_MAX];
    const struct fuzz_bytes *from = &world.vectors[fuzz_one_of(input, X509_VECTORS)];
    memcpy(bytes, from->bytes, from->size);
    while (input->left) {
        size_t at = fuzz_u16(input) % from->size;
        bytes[at] = fuzz_u8(input);
    }
    read_chain(bytes, from->size);
}

/* A header of three or four bytes. */
static size_t put_header(uint8_t *out, uint8_t tag, size_t size) {
    out[0] = tag;
    out[1] = 0x82;
    out[2] = (uint8_t)(size >> 8);
    out[3] = (uint8_t)size;
    return 4;
}

static void compose(struct fuzz_input *input) {
    static const uint8_t before[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    static const uint8_t inside[] = {0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0b, 0x06, 0x09,
                                     0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
    static const uint8_t after[] = {0x31, 0x00};
    static uint8_t bytes[COPP_OPM_CHAIN_SIZE_MAX];
    struct view chosen[8];
    size_t count = 0;
    size_t total = 0;
    while (input->left && count < sizeof chosen / sizeof *chosen) {
        chosen[count] = world.pool[fuzz_one_of(input, (unsigned)world.pool_size)];
        total += chosen[count++].size;
    }
    size_t data = sizeof inside + 4 + total + sizeof after;
    if (total < 256 || data + 64 > sizeof bytes)
        return;
    size_t at = put_header(bytes, 0x30, sizeof before + 8 + data);
    memcpy(bytes + at, before, sizeof before);
    at += sizeof before;
    at += put_header(bytes + at, 0xA0, 4 + data);
    at += put_header(bytes + at, 0x30, data);
    memcpy(bytes + at, inside, sizeof inside);
    at += sizeof inside;
    at += put_header(bytes + at, 0xA0, total);
    for (size_t i = 0; i < count; at += chosen[i++].size)
        memcpy(bytes + at, chosen[i].bytes, chosen[i].size);
    memcpy(bytes + at, after, sizeof after);
    read_chain(bytes, at + sizeof after);
}

static void extensions(struct fuzz_input *input) {
    struct copp_x509 read = {.has_extensions = true, .extension_list = {input->next, input->left}};
    uint8_t text[4096];
    copp_x509_read_extensions(&read);
    CHECK(!read.extensions.has_path_length || read.extensions.ca || read.extensions.flaw);
    if (read.extensions.has_purposes && input->left <= sizeof text / 4) {
        struct copp_writer out = {text, sizeof text};
        CHECK(strlen(copp_x509_purposes_text(&read.extensions.purposes, &out)) <= 4 * input->left);
    }
}

/* A purpose that can be read is written as it was read. */
static void purpose(struct fuzz_input *input) {
    char text[200] = "";
    uint8_t der[2 + COPP_X509_PURPOSE_MAX] = {COPP_DER_OBJECT};
    uint8_t room[512];
    struct copp_x509_purpose read;
    fuzz_fill(input, (uint8_t *)text, sizeof text - 1);
    fuzz_believe = true;
    validate(world.vectors[PURPOSE_VECTOR].bytes, world.vectors[PURPOSE_VECTOR].size, text);
    fuzz_believe = false;
    if (!copp_x509_purpose_read(text, &read))
        return;
    der[1] = (uint8_t)read.size;
    memcpy(der + 2, read.bytes, read.size);
    struct copp_reader in = {der, 2 + read.size};
    struct copp_reader object;
    struct copp_writer out = {room, sizeof room};
    CHECK(strcmp(copp_x509_purposes_text(&in, &out), text) == 0);
    CHECK(copp_der_object(&in, &object));
}

static void anchor(struct fuzz_input *input) {
    struct copp_opm_anchor read = {.size = sizeof read};
    if (copp_opm_anchor_read(input->next, input->left, &read) == COPP_OK)
        CHECK(read.subject_size <= sizeof read.subject && read.key.modulus_size >= 256 && read.key.modulus_size <= 512);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    begin();
    struct fuzz_input input = {data, size};
    switch (fuzz_u8(&input)) {
    case X509_EDIT:
        edit(&input);
        break;
    case X509_COMPOSE:
        compose(&input);
        break;
    case X509_EXTENSIONS:
        extensions(&input);
        break;
    case X509_PURPOSE:
        purpose(&input);
        break;
    case X509_ANCHOR:
        anchor(&input);
        break;
    default:
        read_chain(data, size);
    }
    return 0;
}
