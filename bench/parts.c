/* What is measured. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "bench.h"
#include "common/hierarchy.h"

#define MESSAGE COPP_AUTHENTICATED_SIZE
#define MANY 10000
#define BYTES_PER_DEVICE_GOAL 4096.0

/* An output that is always content: only libcopp is measured. */
static void quiet_state(struct copp_output *output, struct copp_output_state *state) {
    (void)output;
    memset(state, 0, sizeof *state);
}

static enum copp_result quiet_apply(struct copp_output *output, const struct copp_protection *wanted) {
    (void)output;
    (void)wanted;
    return COPP_OK;
}

static void quiet_cancel(struct copp_output *output) {
    (void)output;
}

static const struct copp_output_ops quiet_ops = {
    .size = sizeof quiet_ops, .state = quiet_state, .apply = quiet_apply, .cancel = quiet_cancel};
static struct copp_output quiet = {&quiet_ops};

static struct hierarchy hierarchy;
static struct copp_chain *chain;
static struct copp_adapter *adapter;
static struct copp_connector *connector;

static void make_chain(void) {
    static const char *const names[HIERARCHY_KEYS] = {"Bench", "Bench", "Bench"};
    struct copp_verdict verdict;
    bench_must(hierarchy_make(names, 0, &hierarchy) == COPP_OK, "no chain");
    bench_must(copp_chain_validate((const uint8_t *)hierarchy.chain_bytes, hierarchy.chain_size, &hierarchy.anchor, &chain,
                                   &verdict) == COPP_OK,
               "an invalid chain");
}

void bench_setup(void) {
    make_chain();
    const struct copp_adapter_config config = {.size = sizeof config,
                                               .chain_bytes = (const uint8_t *)hierarchy.chain_bytes,
                                               .chain_size = hierarchy.chain_size,
                                               .key = hierarchy.keys[HIERARCHY_LEAF]};
    const struct copp_connector_config hdmi = {.size = sizeof hdmi,
                                               .output = &quiet,
                                               .connector_type = COPP_CONNECTOR_HDMI,
                                               .protection_types = COPP_PROTECTION_TYPE_HDCP,
                                               .bus_type = COPP_BUS_PCI_EXPRESS};
    bench_must(copp_adapter_new(&config, &adapter) == COPP_OK, "no adapter");
    bench_must(copp_connector_add(adapter, &hdmi, &connector) == COPP_OK, "no connector");
}

void bench_teardown(void) {
    copp_adapter_free(&adapter);
    copp_chain_free(&chain);
    hierarchy_free(&hierarchy);
}

struct pair {
    struct copp_transport *transport;
    struct copp_session *session;
};

static void open_pair(struct pair *pair) {
    const struct copp_session_config config = {.size = sizeof config, .anchor = &hierarchy.anchor, .known_chain = chain};
    struct copp_verdict verdict;
    bench_must(copp_local_transport_open(connector, NULL, &pair->transport) == COPP_OK, "no transport");
    bench_must(copp_session_new(&config, pair->transport, &pair->session) == COPP_OK, "no session");
    bench_must(copp_session_establish(pair->session, &verdict) == COPP_OK, "no handshake");
}

static void close_pair(struct pair *pair) {
    copp_session_free(&pair->session);
    copp_transport_free(&pair->transport);
}

static void query(struct pair *pair) {
    uint32_t level;
    bench_must(copp_session_local_level(pair->session, COPP_PROTECTION_TYPE_HDCP, &level) == COPP_OK, "a query failed");
}

/* OMAC-1 against the library's CBC */

static struct copp_omac *omac;
static EVP_CIPHER_CTX *cbc;
static uint8_t message[MESSAGE];

static void run_omac(void) {
    uint8_t tag[COPP_MAC_SIZE];
    bench_must(copp_omac_tag(omac, message, MESSAGE, tag) == COPP_OK, "no tag");
}

static void run_cbc(void) {
    static const uint8_t iv[16];
    static uint8_t out[MESSAGE];
    int written;
    bench_must(EVP_EncryptInit_ex(cbc, NULL, NULL, NULL, iv) == 1 && EVP_EncryptUpdate(cbc, out, &written, message, MESSAGE) == 1,
               "no encryption");
}

static void run_two_omacs(void) {
    run_omac();
    run_omac();
}

void bench_omac(void) {
    static const uint8_t key[COPP_KEY_SIZE] = {1, 2, 3};
    cbc = EVP_CIPHER_CTX_new();
    bench_must(cbc && EVP_EncryptInit_ex(cbc, EVP_aes_128_cbc(), NULL, key, key) == 1 && EVP_CIPHER_CTX_set_padding(cbc, 0) == 1,
               "no cipher");
    bench_must(copp_omac_new(&omac) == COPP_OK && copp_omac_set_key(omac, key) == COPP_OK, "no MAC");
    const struct contender ours = {.run = run_omac, .batch = 2000};
    const struct contender theirs = {.run = run_cbc, .batch = 2000};
    struct figure figure = bench_compare(&ours, &theirs);
    bench_report("OMAC-1 of 4080 bytes: rate against EVP AES-128-CBC", figure, 1 / figure.ratio, 0.95, 1);
    EVP_CIPHER_CTX_free(cbc);
}

/* a status query, both sides, against its two MACs */

static struct pair one;

static void run_query(void) {
    query(&one);
}

void bench_query(void) {
    open_pair(&one);
    const struct contender ours = {.run = run_query, .batch = 1000};
    const struct contender theirs = {.run = run_two_omacs, .batch = 1000};
    struct figure figure = bench_compare(&ours, &theirs);
    bench_report("status query in process against two OMACs", figure, figure.ratio, 1.15, 0);
    close_pair(&one);
    copp_omac_free(&omac);
}

/* a handshake against its two RSA operations */

static EVP_PKEY *rsa;
static uint8_t cipher[256];

static EVP_PKEY *openssl_key(struct copp_private_key *key) {
    char *pem;
    size_t size;
    bench_must(copp_private_key_to_pem(key, &pem, &size) == COPP_OK, "no PEM");
    BIO *bio = BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *read = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    copp_release(pem, size);
    bench_must(read != NULL, "the key could not be read back");
    return read;
}

static void run_handshake(void) {
    struct pair pair;
    open_pair(&pair);
    close_pair(&pair);
}

static void run_rsa(void) {
    uint8_t plain[256];
    size_t size = sizeof cipher;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(rsa, NULL);
    bench_must(EVP_PKEY_encrypt_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                   EVP_PKEY_encrypt(context, cipher, &size, message, 40) == 1,
               "no encryption");
    EVP_PKEY_CTX_free(context);
    size = sizeof plain;
    context = EVP_PKEY_CTX_new(rsa, NULL);
    bench_must(EVP_PKEY_decrypt_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
                   EVP_PKEY_decrypt(context, plain, &size, cipher, 256) == 1,
               "no decryption");
    EVP_PKEY_CTX_free(context);
}

/* OPM's seal, and opened: the same two operations, and OAEP with what keeps its time constant. */
static void run_opm(void) {
    static const struct copp_handshake secrets = {.random = {1}};
    struct copp_private_key *key = hierarchy.keys[HIERARCHY_LEAF];
    struct copp_public_key leaf;
    struct copp_signature sealed;
    struct copp_handshake opened;
    bench_must(key->ops->public_key(key, &leaf) == COPP_OK &&
                   copp_handshake_seal(&secrets, COPP_FORM_OPM, &leaf, &sealed) == COPP_OK &&
                   copp_handshake_open_opm(key, &sealed, secrets.random, &opened) == COPP_OK,
               "no handshake of OPM's");
}

void bench_handshake(void) {
    rsa = openssl_key(hierarchy.keys[HIERARCHY_LEAF]);
    const struct contender ours = {.run = run_handshake, .batch = 20};
    const struct contender theirs = {.run = run_rsa, .batch = 20};
    struct figure figure = bench_compare(&ours, &theirs);
    bench_report("handshake, chain known, against RSA-2048 private + public", figure, figure.ratio, 1.1, 0);
    const struct contender opm = {.run = run_opm, .batch = 20};
    figure = bench_compare(&opm, &theirs);
    bench_report("OPM's handshake, sealed and opened, against the same", figure, figure.ratio, 1.1, 0);
    EVP_PKEY_free(rsa);
}

/* a chain against three bare verifications of its very bytes */

struct signed_data {
    const uint8_t *data;
    size_t size;
    uint8_t signature[256];
    size_t signature_size;
    EVP_PKEY *key; /* made ready once */
    uint8_t modulus[256]; /* the same key as numbers, in the machine's byte order as OSSL_PARAM wants them */
    uint8_t exponent[4];
    OSSL_PARAM numbers[3];
};
static struct signed_data three[3];

static void run_validate(void) {
    struct copp_verdict verdict;
    struct copp_chain *validated;
    bench_must(copp_chain_validate((const uint8_t *)hierarchy.chain_bytes, hierarchy.chain_size, &hierarchy.anchor, &validated,
                                   &verdict) == COPP_OK,
               "invalid");
    copp_chain_free(&validated);
}

static void verify(const struct signed_data *item, EVP_PKEY *key) {
    EVP_PKEY_CTX *parameters;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bench_must(EVP_DigestVerifyInit(context, &parameters, EVP_sha1(), NULL, key) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 0) == 1 &&
                   EVP_DigestVerify(context, item->signature, item->signature_size, item->data, item->size) == 1,
               "a signature does not verify");
    EVP_MD_CTX_free(context);
}

static void run_verify_ready(void) {
    for (size_t i = 0; i < 3; i++)
        verify(&three[i], three[i].key);
}

/* The quickest way the library documents from numbers to a key. */
static EVP_PKEY *key_of(struct signed_data *item) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    bench_must(context && EVP_PKEY_fromdata_init(context) == 1 &&
                   EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, item->numbers) == 1,
               "no key");
    EVP_PKEY_CTX_free(context);
    return key;
}

static void set_numbers(struct signed_data *item, const struct copp_public_key *key) {
    BIGNUM *modulus = BN_bin2bn(key->modulus, (int)key->modulus_size, NULL);
    BIGNUM *exponent = BN_new();
    bench_must(modulus && exponent && BN_set_word(exponent, key->exponent) == 1 &&
                   BN_bn2nativepad(modulus, item->modulus, (int)key->modulus_size) > 0 &&
                   BN_bn2nativepad(exponent, item->exponent, sizeof item->exponent) > 0,
               "no numbers");
    BN_free(modulus);
    BN_free(exponent);
    item->numbers[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, item->modulus, key->modulus_size);
    item->numbers[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, item->exponent, sizeof item->exponent);
    item->numbers[2] = OSSL_PARAM_construct_end();
}

static void run_verify_fresh(void) {
    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY *key = key_of(&three[i]);
        verify(&three[i], key);
        EVP_PKEY_free(key);
    }
}

static void sign_three(void) {
    struct copp_private_key *const signers[] = {hierarchy.keys[HIERARCHY_IHV], hierarchy.keys[HIERARCHY_ROOT],
                                                hierarchy.keys[HIERARCHY_ROOT]};
    for (size_t i = 0; i < 3; i++) {
        struct copp_certificate certificate = {.size = sizeof certificate};
        bench_must(copp_chain_certificate(chain, i, &certificate) == COPP_OK, "no certificate");
        three[i].data = certificate.data;
        three[i].size = certificate.data_size;
        three[i].signature_size = certificate.signer.modulus_size;
        set_numbers(&three[i], &certificate.signer);
        three[i].key = key_of(&three[i]);
        bench_must(signers[i]->ops->sign(signers[i], three[i].data, three[i].size, three[i].signature, three[i].signature_size) ==
                       COPP_OK,
                   "no signature");
    }
}

void bench_chain(void) {
    sign_three();
    const struct contender ours = {.run = run_validate, .batch = 200};
    const struct contender fresh = {.run = run_verify_fresh, .batch = 200};
    const struct contender ready = {.run = run_verify_ready, .batch = 200};
    struct figure figure = bench_compare(&ours, &fresh);
    bench_report("chain validation against three verifications, keys as bytes", figure, figure.ratio, 1.3, 0);
    figure = bench_compare(&ours, &ready);
    bench_report("chain validation against three verifications, keys ready", figure, figure.ratio, 1.3, 0);
    for (size_t i = 0; i < 3; i++)
        EVP_PKEY_free(three[i].key);
}

/* many devices */

static struct pair *pairs;
static size_t pairs_open;
static size_t next_pair;

static void run_next(void) {
    query(&pairs[next_pair]);
    next_pair = next_pair + 1 < pairs_open ? next_pair + 1 : 0;
}

static void run_first(void) {
    query(&pairs[0]);
}

static size_t heap_in_use(void) {
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void measure_bytes(void) {
    enum { COUNT = 1000 };
    static struct copp_device *devices[COUNT];
    size_t before = heap_in_use();
    for (size_t i = 0; i < COUNT; i++)
        bench_must(copp_device_open(connector, &devices[i]) == COPP_OK, "no device");
    double each = (double)(heap_in_use() - before) / (double)COUNT;
    for (size_t i = 0; i < COUNT; i++)
        copp_device_close(&devices[i]);
    bench_report("heap bytes of an open device, against 4096", (struct figure){each, BYTES_PER_DEVICE_GOAL, each},
                 each / BYTES_PER_DEVICE_GOAL, 1.0, 0);
}

void bench_many(void) {
    static const size_t counts[] = {1, 100, MANY};
    measure_bytes();
    pairs = calloc(MANY, sizeof *pairs);
    bench_must(pairs != NULL, "out of memory");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char name[80];
        while (pairs_open < counts[i])
            open_pair(&pairs[pairs_open++]);
        const struct contender ours = {.run = run_next, .batch = counts[i] < 1000 ? 1000 : (unsigned)counts[i]};
        const struct contender theirs = {.run = run_first, .batch = 1000};
        struct figure figure = bench_compare(&ours, &theirs);
        (void)snprintf(name, sizeof name, "query in turn, %zu devices open, against one of them", counts[i]);
        bench_report(name, figure, figure.ratio, 1.2, 0);
    }
    for (size_t i = 0; i < pairs_open; i++)
        close_pair(&pairs[i]);
    free(pairs);
}
