/*
 * Writes the seeds that corpus/ holds: seeds DIRECTORY. From the independent vectors where there are any, and good
 * sequences of calls, written with the same numbers that the targets read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "between_ops.h"
#include "common/recording.h"
#include "daemon_ops.h"
#include "device_ops.h"
#include "edid_ops.h"
#include "fuzz.h"
#include "key_ops.h"
#include "oaep_ops.h"
#include "opm_device_ops.h"
#include "opm_session_ops.h"
#include "recording_ops.h"
#include "session_ops.h"
#include "socket_ops.h"
#include "wire/base64.h"
#include "x509_ops.h"

static const char *root;

static void make_directory(const char *path) {
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        perror(path);
        exit(2);
    }
}

static void save(const char *target, const char *name, const void *bytes, size_t size) {
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", root, target);
    make_directory(path);
    (void)snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(2);
    }
}

#define SEED(target, name, ...) save(target, name, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* --- certificates and lists --- */

static void save_vector(const char *target, const char *vector) {
    struct fuzz_bytes read = fuzz_vector(vector);
    save(target, vector, read.bytes, read.size);
    free(read.bytes);
}

/* Every from (not "") in the text becomes to. */
static char *replaced(const char *text, const char *from, const char *to) {
    size_t count = 0;
    for (const char *at = strstr(text, from); at; at = strstr(at + strlen(from), from))
        count++;
    char *made = calloc(1, strlen(text) + count * strlen(to) + 1);
    CHECK(made);
    for (const char *at = strstr(text, from); at; at = strstr(text, from)) {
        strncat(made, text, (size_t)(at - text));
        strcat(made, to);
        text = at + strlen(from);
    }
    return strcat(made, text);
}

/* Believed by the targets while they believe every digest to be zero. */
static void forget_digests(uint8_t *text, size_t size) {
    static const char tag[] = "<DigestValue>";
    static const char zero[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (size_t i = 0; i + strlen(tag) + strlen(zero) <= size; i++) {
        if (copp_equal(text + i, tag, strlen(tag)))
            memcpy(text + i + strlen(tag), zero, strlen(zero));
    }
}

static void save_text(const char *name, char *text) {
    save("chain", name, text, strlen(text));
    free(text);
}

static void chains(void) {
    static const char *const vectors[] = {"chain-good.xml",
                                          "chain-bad-data-duplicated.xml",
                                          "chain-bad-doctype-bomb.xml",
                                          "chain-bad-forged-two-keyinfo.xml",
                                          "chain-bad-leaf-salted.xml",
                                          "chain-bad-root-2048.xml",
                                          "chain-bad-four-certificates.xml"};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        save_vector("chain", vectors[i]);
    struct fuzz_bytes good = fuzz_vector("chain-good.xml");
    forget_digests(good.bytes, good.size);
    const char *text = (const char *)good.bytes;
    save("chain", "believed.xml", good.bytes, good.size);
    save_text("believed-unprefixed.xml", replaced(text, "c:", ""));
    save_text("believed-markup.xml", replaced(text, "<Exponent>", "<?x y?><!-- z --><Exponent><![CDATA[]]>&#65;&#x51;"));
    save_text("believed-declared.xml", replaced(text, "<c:CertificateCollection ",
                                                "\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?>\n<c:CertificateCollection "));
    free(good.bytes);
    SEED("chain", "edit-replace", 'E', 0, 0x10, 2, 'x', 0, 0, 1, '!');
    SEED("chain", "edit-copy", 'E', 3, 0x20, 3, 200, 0x80, 0, 2, 0x40, 0, 9, 1, 0x10, 0, ' ');
    SEED("chain", "issue", 'I', 9, 'A', '&', 'B', '<', 0xC3, 0xA4, '>', '"', 0, 0, 0, 0, 0, 0, 0, 150, 0, 2, 'I', 'H', 'V');
}

/* --- OPM's chains --- */

/* The same bytes behind the one that says what they are. */
static void save_after(const char *name, uint8_t first, const char *vector) {
    struct fuzz_bytes read = fuzz_vector(vector);
    uint8_t *bytes = malloc(read.size + 1);
    CHECK(bytes);
    bytes[0] = first;
    memcpy(bytes + 1, read.bytes, read.size);
    save("x509", name, bytes, read.size + 1);
    free(bytes);
    free(read.bytes);
}

static void save_purpose(const char *name, const char *text) {
    char bytes[100];
    int size = snprintf(bytes, sizeof bytes, "%c%s", X509_PURPOSE, text);
    save("x509", name, bytes, (size_t)size);
}

static void opm_chains(void) {
    static const char *const raw[] = {"chain-good-bare.der",           "chain-good-two.p7b",
                                      "chain-good-codec-merit.p7b",    "chain-good-root-garbled.p7b",
                                      "chain-bad-basic-malformed.p7b", "chain-bad-loop.p7b"};
    char vector[100];
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        (void)snprintf(vector, sizeof vector, "opm/%s", raw[i]);
        struct fuzz_bytes read = fuzz_vector(vector);
        save("x509", raw[i], read.bytes, read.size);
        free(read.bytes);
    }
    save_after("anchor-der", X509_ANCHOR, "opm/root.der");
    save_after("anchor-pem", X509_ANCHOR, "opm/root-2048.pem");
    save_purpose("purpose", "1.3.6.1.4.1.99999.7");
    save_purpose("purpose-peauth", "1.3.6.1.4.1.311.10.5.7");
    SEED("x509", "edit", X509_EDIT, 0, 0x80, 2, 0x55, 0, 1, 0xFF);
    SEED("x509", "compose", X509_COMPOSE, 0, 1, 2);
    SEED("x509", "compose-five", X509_COMPOSE, 11, 12, 13, 14, 15);
    SEED("x509", "extensions", X509_EXTENSIONS, 0x30, 0x34, /* BasicConstraints, KeyUsage, extended key usage */
         0x30, 0x12, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04, 0x08, 0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01,
         0x00, /**/
         0x30, 0x0b, 0x06, 0x03, 0x55, 0x1d, 0x0f, 0x04, 0x04, 0x03, 0x02, 0x01, 0x06, /**/
         0x30, 0x11, 0x06, 0x03, 0x55, 0x1d, 0x25, 0x04, 0x0a, 0x30, 0x08, 0x06, 0x06, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x07);
}

/* v7, which has no entries, with the digests of all certificates of the good chain. */
static void save_all_revoked(void) {
    uint8_t bytes[8192] = {0, 0, 0, 10, 0, 0, 0, 3};
    struct fuzz_bytes list = fuzz_vector("crl-v7-empty.bin");
    struct fuzz_bytes good = fuzz_vector("chain-good.xml");
    struct copp_chain *chain;
    forget_digests(list.bytes, list.size);
    CHECK(copp_chain_parse(good.bytes, good.size, &chain, NULL) == COPP_OK && list.size + 60 <= sizeof bytes);
    for (size_t i = 0; i < 3; i++) {
        struct copp_certificate certificate = {.size = sizeof certificate};
        CHECK(copp_chain_certificate(chain, i, &certificate) == COPP_OK);
        memcpy(bytes + 8 + i * COPP_DIGEST_SIZE, certificate.digest_value, COPP_DIGEST_SIZE);
    }
    memcpy(bytes + 68, list.bytes + 8, list.size - 8);
    save("crl", "believed-all-revoked.bin", bytes, list.size + 60);
    copp_chain_free(&chain);
    free(good.bytes);
    free(list.bytes);
}

static void lists(void) {
    save_vector("crl", "crl-v7-empty.bin");
    save_vector("crl", "crl-v9-ihv-revoked.bin");
    save_vector("crl", "crl-bad-usage.bin");
    struct fuzz_bytes list = fuzz_vector("crl-v8-leaf-revoked.bin");
    char *text = malloc(copp_base64_length(list.size));
    CHECK(text);
    copp_base64_encode(list.bytes, list.size, text);
    save("crl", "base64", text, copp_base64_length(list.size));
    char *wide = calloc(copp_base64_length(list.size) + 1, 2); /* as Windows hands it over: UTF-16LE and a NUL */
    CHECK(wide);
    for (size_t i = 0; i < copp_base64_length(list.size); i++)
        wide[2 * i] = text[i];
    save("crl", "base64-utf16", wide, 2 * copp_base64_length(list.size) + 2);
    free(wide);
    forget_digests(list.bytes, list.size);
    save("crl", "believed.bin", list.bytes, list.size);
    save_all_revoked();
    free(text);
    free(list.bytes);
    SEED("crl", "empty", 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0);
}

/* With count of entries and a signature of zeros: believed only where every signature is. */
static void save_unsigned(const char *name, bool second, unsigned count) {
    static const uint8_t ksvs[] = {0x51, 0x1e, 0xf2, 0x1a, 0xcd, 0xe7, 0x26, 0x97, 0xf4, 0x01, 0xb7, 0x03, 0x61, 0xf7, 0x14};
    uint8_t bytes[1024] = {second ? 0x91 : 0x80, 0, 0, 7, 1};
    unsigned list = second ? 4 + 5 * count : 1 + 5 * count;
    unsigned signature = second ? 384 : 40;
    CHECK(8 + list + signature <= sizeof bytes);
    bytes[6] = (uint8_t)((3 + list + signature) >> 8);
    bytes[7] = (uint8_t)(3 + list + signature);
    if (second)
        bytes[9] = (uint8_t)(count << 6);
    else
        bytes[8] = (uint8_t)count;
    for (unsigned i = 0; i < 5 * count; i++)
        bytes[(second ? 12 : 9) + i] = ksvs[i % sizeof ksvs];
    save("srm", name, bytes, 8 + list + signature);
}

static void messages(void) {
    save_vector("srm", "srm-facsimile.bin");
    save_vector("srm", "srm-hdcp2-v1.bin");
    save_unsigned("unsigned-1", false, 3);
    save_unsigned("unsigned-1-empty", false, 0);
    save_unsigned("unsigned-1-long", false, 100);
    save_unsigned("unsigned-2", true, 3);
}

/* --- calls --- */

#define HDCP 1
#define ACP 2
#define CGMSA 4
#define RIGHT(request, type) OP_QUERY, 0, request, type, TAMPER_NOT

/* On the first target of opm_device_world.c. */
#define OPMD_BEGUN(slot) OPMD_CREATE, slot, 0, OPMD_OPM, OPMD_START, slot
#define OPMD_ASKED(slot, request, type) OPMD_GET, slot, request, type, OPMD_RIGHT, 0, 0
static void opm_devices(void) {
    SEED("opm_device", "queries", OPMD_BEGUN(0), OPMD_ASKED(0, 2, 0), OPMD_ASKED(0, 3, 0), OPMD_ASKED(0, 4, 8),
         OPMD_ASKED(0, 5, 0x20), OPMD_ASKED(0, 6, 0), OPMD_ASKED(0, 7, 0), OPMD_ASKED(0, 8, 0), OPMD_ASKED(0, 9, 0),
         OPMD_ASKED(0, 10, 0), OPMD_ASKED(0, 11, 0), OPMD_ASKED(0, 12, 0), OPMD_ASKED(0, 13, 0), OPMD_ASKED(0, 4, 1),
         OPMD_ASKED(0, 4, 0x10));
    SEED("opm_device", "levels", OPMD_BEGUN(0), OPMD_BEGUN(1), OPMD_SET, 0, 8, 1, OPMD_SET, 1, 0x20, 2, OPMD_SET, 0, 2, 3,
         OPMD_SET, 1, 4, 4, OPMD_ASKED(0, 4, 8), OPMD_ASKED(1, 5, 0x20), OPMD_SET, 1, 0x20, 0, OPMD_SET, 0, 8, 0, OPMD_DESTROY,
         0);
    SEED("opm_device", "css", OPMD_BEGUN(0), OPMD_OUTPUT, OPMD_ANSWER_FAILED, OPMD_SET, 0, 8, 0x81, OPMD_ASKED(0, 4, 8), OPMD_SET,
         0, 8, 1, OPMD_OUTPUT, OPMD_ANSWER_OK, OPMD_SET, 0, 8, 0x81, OPMD_ASKED(0, 4, 8), OPMD_EVENT, OPMD_LOST, 1);
    SEED("opm_device", "css-engines", OPMD_BEGUN(0), OPMD_OUTPUT, OPMD_ANSWER_STATE, OPMD_SET, 0, 2, 0x81, OPMD_SET, 0, 8, 0x81,
         OPMD_ASKED(0, 4, 8), OPMD_SET, 0, 4, 0x83);
    SEED("opm_device", "pending", OPMD_BEGUN(0), OPMD_OUTPUT, OPMD_ANSWER_PENDING, OPMD_SET, 0, 8, 1, OPMD_ANSWER_OK, OPMD_SET, 0,
         2, 1, OPMD_ANSWER_LINK_LOST, OPMD_SET, 0, 0x20, 1, 0xFF, 0xFF, OPMD_ASKED(0, 4, 8));
    SEED("opm_device", "events", OPMD_BEGUN(0), OPMD_SET, 0, 8, 1, OPMD_EVENT, OPMD_UNPLUGGED, 0, OPMD_ASKED(0, 4, 8), OPMD_SET,
         0, 8, 1, OPMD_EVENT, OPMD_TAMPERED, 0, OPMD_ASKED(0, 2, 0), OPMD_SET, 0, 8, 1, OPMD_EVENT, OPMD_REVOKED, 0,
         OPMD_ASKED(0, 2, 0), OPMD_ASKED(0, 4, 8), OPMD_EVENT, OPMD_RECONFIGURED, 3, OPMD_SET, 0, 2, 1, OPMD_CREATE, 2, 0,
         OPMD_COPP, OPMD_EVENT, OPMD_DISPATCH, 200);
    SEED("opm_device", "lists", OPMD_BEGUN(0), OPMD_SRM, 0, 2, 0, 0, 0xFF, 0xFF, 0, 0, OPMD_ASKED(0, 10, 0), OPMD_SRM, 0, 5, 0, 1,
         0xFF, 0xFF, 0, 0, OPMD_SRM, 0, 2, 0, 0, 0xFF, 0xFF, 0, 0, OPMD_SRM, 0, 3, 0, 2, 0xFF, 0xFF, 0, 0, OPMD_SRM, 0, 7, 0, 3,
         0xFF, 0xFF, 0, 0, OPMD_BEGUN(1), OPMD_SRM, 1, 2, 0, 0, 0xFF, 0xFF, 0, 0, OPMD_SRM, 1, 9, 0, 1, 3, 0, 9, 0, OPMD_SRM, 1,
         9, 0, 1, 0, 0, 0, 1);
    SEED("opm_device", "revoked", OPMD_BEGUN(0), OPMD_SET, 0, 8, 1, OPMD_EVENT, OPMD_RECEIVERS, 1, OPMD_SRM, 0, 7, 0, 3, 0xFF,
         0xFF, 0, 0, OPMD_ASKED(0, 4, 8), OPMD_SET, 0, 8, 1, OPMD_EVENT, OPMD_RECEIVERS, 0, OPMD_SET, 0, 8, 1);
    SEED("opm_device", "tampering", OPMD_BEGUN(0), OPMD_GET, 0, 2, 0, OPMD_BAD_MAC, 3, 0, OPMD_GET, 0, 2, 0, OPMD_BAD_SEQUENCE, 0,
         0, OPMD_GET, 0, 2, 0, OPMD_BAD_GUID, 1, 0, OPMD_GET, 0, 2, 0, OPMD_BAD_SIZE, 0xD9, 0x0F, OPMD_GET, 0, 2, 0,
         OPMD_BAD_DATA, 0xFF, 0x0F, OPMD_CONFIGURE, 0, 0, OPMD_BAD_MAC, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
         OPMD_CONFIGURE, 0, 0, OPMD_RIGHT, 0, 0, 1, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a', OPMD_CONFIGURE, 0, 15,
         OPMD_RIGHT, 0, 0, 255);
    SEED("opm_device", "handshakes", OPMD_CREATE, 0, 0, OPMD_OPM, OPMD_KEY, 0, 0x40, 1, OPMD_RANDOM, 0, OPMD_RANDOM, 0, OPMD_KEY,
         0, 3, 0, OPMD_KEY, 0, 0x40, 1, OPMD_CREATE, 1, 1, OPMD_OPM, OPMD_START, 1, OPMD_ASKED(1, 4, 8), OPMD_ASKED(1, 4, 2),
         OPMD_SET, 1, 8, 1, OPMD_CREATE, 2, 0, OPMD_COPP, OPMD_START, 2, OPMD_ASKED(2, 2, 0), OPMD_RANDOM, 3, OPMD_DESTROY, 3,
         OPMD_CERTIFICATE, 0, 8, OPMD_CERTIFICATE, 1, 7, OPMD_CERTIFICATE, 2, 8, OPMD_CERTIFICATE, 3, 8);
    SEED("opm_device", "bytes", OPMD_BEGUN(0), OPMD_CONFIGURE_BYTES, 0, 3, 0, 1, 2, 3);
}

/* On connectors of device_world.c: 0 HDMI (HDCP takes half a second), 1 DVI, 2 component, 3 S-Video, 4 eDP, 5 our own. */
static void devices(void) {
    SEED("device", "every-query", OP_OPEN, 0, 1, OP_START, 0, 9, RIGHT(2, 0), RIGHT(3, 0), RIGHT(4, HDCP), RIGHT(5, CGMSA),
         RIGHT(6, 0), RIGHT(7, 0), RIGHT(8, 0), RIGHT(9, 0), RIGHT(4, 16), RIGHT(0, 0));
    SEED("device", "arbitration", OP_OPEN, 0, 1, OP_OPEN, 1, 1, OP_START, 0, 1, OP_START, 1, 0, OP_SET_LEVEL, 0, CGMSA, 3,
         OP_SET_LEVEL, 1, CGMSA, 12, OP_SET_LEVEL, 0, ACP, 1, OP_EVENT, 1, EVENT_DESKTOP_ACP, 3, OP_SET_LEVEL, 1, HDCP, 1,
         OP_CLOSE, 1, RIGHT(5, CGMSA), OP_EVENT, 1, EVENT_DESKTOP_ACP, 0, OP_SET_LEVEL, 0, CGMSA, 0);
    SEED("device", "pending", OP_OPEN, 0, 0, OP_OPEN, 1, 0, OP_START, 0, 1, OP_START, 1, 1, OP_SET_LEVEL, 0, HDCP, 1,
         OP_SET_LEVEL, 1, HDCP, 1, RIGHT(5, HDCP), OP_ADVANCE, 60, 0, RIGHT(4, HDCP), OP_EVENT, 0, EVENT_UNPLUGGED, 0,
         RIGHT(4, HDCP));
    SEED("device", "pending-limit", OP_OPEN, 0, 5, OP_START, 0, 3, OP_OUTPUT, ANSWER_PENDING, OP_SET_LEVEL, 0, HDCP, 1,
         OP_ADVANCE, 0xF0, 0, OP_SET_LEVEL, 0, ACP, 2, OP_LAND, ANSWER_OK, OP_SET_LEVEL, 0, CGMSA, 4, OP_LAND, ANSWER_FAILED);
    SEED("device", "unwilling-output", OP_OPEN, 2, 5, OP_START, 2, 3, OP_SET_LEVEL, 2, HDCP, 1, OP_OUTPUT, ANSWER_FAILED,
         OP_SET_LEVEL, 2, HDCP, 0, OP_SET_LEVEL, 2, ACP, 3, OP_ADVANCE, 200, 0, OP_OUTPUT, ANSWER_LINK_LOST, OP_SET_LEVEL, 2,
         CGMSA, 4, OP_OUTPUT, ANSWER_RESOLUTION, OP_SET_LEVEL, 2, CGMSA, 9, OP_OUTPUT, ANSWER_OK, OP_ADVANCE, 200, 0);
    SEED("device", "settle-pending", OP_OPEN, 0, 5, OP_OPEN, 1, 5, OP_START, 0, 3, OP_START, 1, 3, OP_SET_LEVEL, 0, HDCP, 1,
         OP_OUTPUT, ANSWER_PENDING, OP_CLOSE, 0, OP_SET_LEVEL, 1, HDCP, 1, OP_LAND, ANSWER_OK, OP_EVENT, 5, EVENT_LOST, HDCP,
         OP_LAND, ANSWER_LINK_LOST);
    SEED("device", "signaling", OP_OPEN, 0, 2, OP_START, 0, 0, OP_SET_SIGNALING, 0, 0, 7, 3, 0, 0, 255, 1, OP_SET_LEVEL, 0, CGMSA,
         4, OP_SET_SIGNALING, 0, 99, 0, 0, 0, 0, 0, 0, OP_SET_LEVEL, 0, CGMSA, 0, OP_SET_SIGNALING, 0, 99, 0, 0, 0, 0, 0, 0,
         OP_EVENT, 2, EVENT_RECONFIGURED, 0, RIGHT(9, 0), OP_CLOSE, 0);
    SEED("device", "modes", OP_OPEN, 0, 5, OP_START, 0, 3, OP_SET_LEVEL, 0, ACP, 2, OP_EVENT, 5, EVENT_RECONFIGURED, 1,
         OP_SET_LEVEL, 0, ACP, 2, OP_EVENT, 5, EVENT_RECONFIGURED, 2, OP_OPEN, 1, 5, OP_SET_LEVEL, 0, HDCP, 1, OP_EVENT, 5,
         EVENT_RECONFIGURED, 0);
    SEED("device", "handshakes", OP_OPEN, 0, 0, OP_EXCHANGE, 0, OP_LENGTH, 0, OP_LENGTH, 0, OP_RANDOM_FAILS, 1, OP_EXCHANGE, 0,
         OP_RANDOM_FAILS, 0, OP_EXCHANGE, 0, OP_SEQUENCE_START, 0, START_KEY_FAILS, 0, OP_SEQUENCE_START, 0, START_RIGHT, 0,
         OP_SEQUENCE_START, 0, START_RIGHT, 0, OP_OPEN, 1, 0, OP_LENGTH, 1, OP_EXCHANGE, 1, OP_SEQUENCE_START, 1,
         START_WRONG_RANDOM, 0, 3, OP_SEQUENCE_START, 1, START_RIGHT, 0, OP_OPEN, 2, 4, OP_LENGTH, 2, OP_EXCHANGE, 2,
         OP_SEQUENCE_START, 2, START_NOT_BELOW, 0, OP_NULLS, 2);
    SEED("device", "tampering", OP_OPEN, 0, 1, OP_START, 0, 1, OP_COMMAND, 0, 0, TAMPER_MAC, 3, 0, 8, HDCP, 0, 0, 0, 1, 0, 0, 0,
         OP_COMMAND, 0, 0, TAMPER_SEQUENCE, 0, 0, 8, HDCP, 0, 0, 0, 1, 0, 0, 0, OP_COMMAND, 0, 0, TAMPER_SIZE, 15, 0, 0,
         OP_COMMAND, 0, 1, TAMPER_GUID, 5, 0, 0, OP_COMMAND, 0, 0, TAMPER_DATA, 0x20, 0x0F, 8, HDCP, 0, 0, 0, 1, 0, 0, 0,
         OP_COMMAND, 0, 0, TAMPER_NOT, 0, 0, 8, HDCP, 0, 0, 0, 1, 0, 0, 0, OP_QUERY, 0, 2, 0, TAMPER_SEQUENCE, OP_QUERY, 0, 2, 0,
         TAMPER_SIZE, 1, 0, 0, 0);
    SEED("device", "sim-events", OP_OPEN, 0, 0, OP_START, 0, 1, OP_SIM_EVENT, 17, 'h', 'd', 'c', 'p', '-', 'h', 'a', 'n', 'g',
         ' ', 'H', 'D', 'M', 'I', ' ', 'o', 'n', OP_SET_LEVEL, 0, HDCP, 1, OP_ADVANCE, 0xD0, 7, OP_SIM_EVENT, 19, 'd', 'e', 's',
         'k', 't', 'o', 'p', '-', 'a', 'c', 'p', ' ', 'S', 'V', 'i', 'd', 'e', 'o', ' ', '3', OP_SIM_EVENT, 18, 'r', 'e', 'f',
         'u', 's', 'e', ' ', 'C', 'o', 'm', 'p', 'o', 's', 'i', 't', 'e', ' ', 'o', 'n', OP_SIM_EVENT, 11, 'u', 'n', 'p', 'l',
         'u', 'g', ' ', 'H', 'D', 'M', 'I');
}

#define CONFIG(form, known, list) (form) | (known) << 1 | (list) << 2
#define BOUND(demanded) CONFIG(0, 1, LIST_EMPTY) | 0x10 | (demanded) << 5, PRESENT_GOOD, REPLY_HONEST
#define BEGUN(form) CONFIG(form, 1, LIST_EMPTY), PRESENT_GOOD, REPLY_HONEST
#define SAYS(flags, word) REPLY_HONEST, flags, word
#define RECEIVER(flags, which) REPLY_HONEST, 0, flags, which
#define ALL_TYPES 7
#define OFFERS(types) SAYS(0, 5), SAYS(0, types)
#define TIMED CONFIG(0, 1, LIST_EMPTY) | 0x40, PRESENT_GOOD, 0, REPLY_HONEST
#define AFTER(hundredths, word) hundredths, SAYS(0, word)

static void sessions(void) {
    SEED("session", "queries", BEGUN(0), CALL_QUERY, 0, 0, SAYS(0, 5), CALL_QUERY, 1, 0, SAYS(1, 7), CALL_QUERY, 2, CGMSA,
         SAYS(2, 4), CALL_QUERY, 3, HDCP, SAYS(0, 1), CALL_QUERY, 4, 0, SAYS(0, 9), CALL_QUERY, 5, 0, RECEIVER(0, 0), CALL_QUERY,
         6, 0, SAYS(0, 3), CALL_QUERY, 7, 0, SAYS(0, 1), CALL_TAKE_EVENTS);
    SEED("session", "protect-watch", BEGUN(1), CALL_PROTECT, 1, 2, 12, OFFERS(ALL_TYPES), REPLY_HONEST, REPLY_HONEST,
         REPLY_HONEST, OFFERS(ALL_TYPES), RECEIVER(0, 0), SAYS(0, 1), SAYS(0, 1), SAYS(0, 2), SAYS(0, 2), SAYS(0, 12),
         SAYS(0, 12), CALL_WATCH, 20, SAYS(0, 5), SAYS(0, ALL_TYPES), RECEIVER(0, 0), SAYS(0, 1), SAYS(0, 1), SAYS(0, 2),
         SAYS(0, 2), SAYS(0, 12), SAYS(0, 12), CALL_WATCH, 20, SAYS(2, 5), CALL_WATCH, 0, OFFERS(ALL_TYPES), REPLY_HONEST,
         REPLY_HONEST, REPLY_HONEST, OFFERS(ALL_TYPES), RECEIVER(0, 0), SAYS(0, 1), SAYS(0, 1), SAYS(0, 2), SAYS(0, 2),
         SAYS(0, 12), SAYS(0, 12), CALL_UNPROTECT, REPLY_HONEST, REPLY_HONEST, REPLY_HONEST);
    SEED("session", "repeater", BEGUN(0), CALL_PROTECT, 1, 0, 0, OFFERS(1), REPLY_HONEST, OFFERS(1), RECEIVER(1, 0),
         REPLY_HONEST);
    SEED("session", "unnamed-receiver", BEGUN(0), CALL_PROTECT, 0x81, 0, 0, OFFERS(1), REPLY_HONEST, OFFERS(1), REPLY_REFUSES,
         0x57, 0, 7, 0x80, SAYS(0, 1), SAYS(0, 1));
    SEED("session", "revoked-receiver", BEGUN(0), CALL_PROTECT, 1, 0, 0, OFFERS(1), REPLY_HONEST, OFFERS(1), RECEIVER(0, 1),
         REPLY_HONEST, CALL_PROTECT, 1, 0, 0, SAYS(0, 11), SAYS(0, 1), SAYS(0, 11), SAYS(0, 1));
    SEED("session", "link-lost", BEGUN(0), CALL_SET_LEVEL, 1, 1, REPLY_HONEST, CALL_QUERY, 2, 1, SAYS(1, 0), CALL_SET_LEVEL, 1, 1,
         CALL_QUERY, 2, 1, SAYS(0, 0), CALL_PROTECT, 1, 0, 0, CALL_TAKE_EVENTS);
    SEED("session", "bad-mac", BEGUN(0), CALL_QUERY, 0, 0, REPLY_BAD_MAC, 0, 5, 3, CALL_QUERY, 0, 0, CALL_SET_LEVEL, 1, 1);
    SEED("session", "bad-r-app", BEGUN(0), CALL_QUERY, 0, 0, REPLY_BAD_R_APP, 0, 5, 3);
    SEED("session", "bad-size", BEGUN(0), CALL_QUERY, 0, 0, REPLY_BAD_SIZE, 0, 5, 31, 0, 0, 0);
    SEED("session", "bound", BOUND(1), CALL_PROTECT, 1, 0, 0, OFFERS(1), REPLY_HONEST, OFFERS(1), RECEIVER(0, 0), SAYS(0, 1),
         SAYS(0, 1), CALL_WATCH, 20, SAYS(0, 5), SAYS(0, 1), REPLY_REFUSES, 0x57, 0, 7, 0x80);
    SEED("session", "bound-embedded", BOUND(0), CALL_PROTECT, 1, 0, 0, SAYS(0, 11), SAYS(0, 1), SAYS(0, 11), SAYS(0, 1));
    SEED("session", "timed", TIMED, CALL_PROTECT, 0, 2, 0, AFTER(90, 5), AFTER(110, 2), 250, REPLY_HONEST, AFTER(50, 5),
         AFTER(50, 2), AFTER(10, 2), AFTER(10, 2), CALL_WATCH, 0, AFTER(20, 5), AFTER(20, 2), AFTER(20, 2), AFTER(20, 2),
         CALL_WATCH, 15, AFTER(0, 5), AFTER(0, 2), AFTER(0, 2), AFTER(0, 2), CALL_WATCH, 30, AFTER(50, 5), AFTER(50, 2),
         AFTER(50, 2), AFTER(50, 2), CALL_WATCH, 0, AFTER(0, 5));
    SEED("session", "timed-late", TIMED, CALL_PROTECT, 0, 2, 0, AFTER(0, 5), AFTER(0, 2), 0, REPLY_HONEST, AFTER(0, 5),
         AFTER(0, 2), AFTER(0, 2), AFTER(0, 2), CALL_WATCH, 19, AFTER(5, 5), AFTER(6, 2));
    SEED("session", "bad-binding", BOUND(0), CALL_QUERY, 0, 0, SAYS(0, 5), CALL_QUERY, 0, 0, REPLY_BAD_BINDING, 0, 5, 48, 1);
    SEED("session", "mark-missing", BOUND(0), CALL_QUERY, 0, 0, SAYS(0, 5), CALL_QUERY, 0, 0, REPLY_BAD_BINDING, 0, 5, 0, 1);
    SEED("session", "replay", BEGUN(0), CALL_QUERY, 0, 0, SAYS(0, 5), CALL_QUERY, 0, 0, REPLY_REPLAY);
    SEED("session", "silent", BEGUN(0), CALL_QUERY, 0, 0, SAYS(0, 5), CALL_QUERY, 0, 0, REPLY_SILENT);
    SEED("session", "refused", BEGUN(0), CALL_SET_LEVEL, 1, 1, REPLY_REFUSES, 0x57, 0, 7, 0x80, CALL_QUERY, 0, 0, REPLY_REFUSES,
         0xFF, 0xFF, 0, 0x80, CALL_SET_SIGNALING, 1, 7, 3, 0, 0, 0, 0, 0, REPLY_FAILS, CALL_UNPROTECT);
    SEED("session", "signed-bytes", BEGUN(0), CALL_QUERY, 7, 0, REPLY_SIGNED_BYTES, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
         12);
    SEED("session", "chain-changed", CONFIG(0, 0, LIST_NONE), PRESENT_CHANGED, 0x40, 0, 'x');
    SEED("session", "chain-bytes", CONFIG(0, 0, LIST_NONE), PRESENT_BYTES, 5, '<', 'a', '/', '>', '\n');
    SEED("session", "chain-revoked", CONFIG(0, 0, LIST_LEAF_REVOKED), PRESENT_GOOD);
    SEED("session", "chain-unknown", CONFIG(0, 0, LIST_EMPTY), PRESENT_GOOD, REPLY_HONEST, CALL_QUERY, 0, 0, SAYS(0, 5));
}

/* --- somebody in between --- */

#define LEVEL_HDCP_ON PLAY_LEVEL, 0, 1
/* A look at a connector with HDCP on: connector, types, the level set, the key, two levels. */
#define FIRST_LOOK(types, level, key) MEDDLE_NOT, types, level, key, MEDDLE_NOT, MEDDLE_NOT
#define ASK_LOCAL PLAY_QUERY, 2, 0

static void meddlers(void) {
    SEED("between", "honest", 0, PLAY_PROTECT, 1, FIRST_LOOK(MEDDLE_NOT, MEDDLE_NOT, MEDDLE_NOT), PLAY_POLL, MEDDLE_NOT,
         MEDDLE_NOT, MEDDLE_NOT, MEDDLE_NOT, MEDDLE_NOT, ASK_LOCAL, MEDDLE_NOT);
    SEED("between", "events", BETWEEN_OPTIONAL, PLAY_PROTECT, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, PLAY_EVENT, 2, PLAY_POLL, 0, 0, 0, 0,
         0, 0, 0, PLAY_POLL, 0, 0, 0, 0, 0, 0, 0, 0, 0, PLAY_EVENT, 4, ASK_LOCAL, MEDDLE_NOT, PLAY_POLL, 0, 0, 0, 0);
    SEED("between", "swallowed", 0, LEVEL_HDCP_ON, MEDDLE_SWALLOW, 0, ASK_LOCAL, MEDDLE_NOT);
    SEED("between", "kept", 0, LEVEL_HDCP_ON, MEDDLE_KEEP, ASK_LOCAL, MEDDLE_DELIVER, ASK_LOCAL, MEDDLE_NOT);
    SEED("between", "forged-refusal", 0, PLAY_PROTECT, 5, FIRST_LOOK(MEDDLE_NOT, MEDDLE_NOT, MEDDLE_SWALLOW), 1);
    SEED("between", "made-up-for", 0, PLAY_PROTECT, 5, FIRST_LOOK(MEDDLE_NOT, MEDDLE_NOT, MEDDLE_RENUMBER), 7);
    SEED("between", "two-lies", 0, PLAY_LEVEL, 0, 0, MEDDLE_TWICE, PLAY_LEVEL, 1, 1, MEDDLE_KEEP, ASK_LOCAL, MEDDLE_NOT);
    SEED("between", "flags-eaten", 0, PLAY_EVENT, 2, ASK_LOCAL, MEDDLE_TWICE);
    SEED("between", "own-question", 0, PLAY_EVENT, 2, ASK_LOCAL, MEDDLE_OWN_QUESTION, 0, 0, ASK_LOCAL, MEDDLE_RENUMBER, 1);
    SEED("between", "other-question", 0, ASK_LOCAL, MEDDLE_OTHER_QUESTION, 1, 0);
    SEED("between", "bytes", 0, LEVEL_HDCP_ON, MEDDLE_REQUEST, 40, 0, 2, ASK_LOCAL, MEDDLE_ANSWER, 0x80, 0x0F, 1);
    SEED("between", "old-answer", 0, ASK_LOCAL, MEDDLE_NOT, ASK_LOCAL, MEDDLE_OLD_ANSWER);
    SEED("between", "elsewhere", BETWEEN_ELSEWHERE | BETWEEN_OPTIONAL, PLAY_PROTECT, 1, 0, 0, 0, 0, 0, 0);
    SEED("between", "refused", 0, PLAY_EVENT, 8, LEVEL_HDCP_ON, MEDDLE_HRESULT, 0, ASK_LOCAL, MEDDLE_NOT);
}

/* --- key files --- */

/* kind, then the vector: its text, or what stands between its lines of dashes. */
static void save_key(const char *vector, enum key_kind kind) {
    struct fuzz_bytes read = fuzz_vector(vector);
    uint8_t seed[4096] = {(uint8_t)kind};
    size_t size = sizeof seed - 1;
    if (kind == KEY_TEXT) {
        CHECK(read.size <= size);
        memcpy(&seed[1], read.bytes, size = read.size);
    } else {
        const char *body = strchr((const char *)read.bytes, '\n');
        CHECK(body && copp_base64_decode(body, strcspn(body, "-"), &seed[1], &size));
    }
    save("key", vector, seed, size + 1);
    free(read.bytes);
}

/* leaf.pem as PKCS #8 */
static void save_pkcs8(void) {
    struct copp_private_key *leaf = fuzz_leaf_key();
    char *pem;
    size_t pem_size;
    uint8_t seed[4096] = {KEY_PKCS8};
    size_t size = sizeof seed - 1;
    CHECK(copp_private_key_to_pem(leaf, &pem, &pem_size) == COPP_OK);
    const char *body = strchr(pem, '\n');
    CHECK(body && copp_base64_decode(body, strcspn(body, "-"), &seed[1], &size));
    save("key", "pkcs8", seed, size + 1);
    copp_release(pem, pem_size);
    copp_private_key_free(&leaf);
}

static void keys(void) {
    save_key("root-modulus.b64", KEY_TEXT);
    save_key("srm-dsa-public.pem", KEY_TEXT);
    save_key("srm-facsimile-public.pem", KEY_PUBLIC);
    save_key("srm-rsa3072-public.pem", KEY_PUBLIC);
    save_key("leaf-public.pem", KEY_PUBLIC);
    save_key("root.pem", KEY_PKCS1);
    save_key("leaf.pem", KEY_PKCS1);
    save_pkcs8();
}

/* --- sessions under OPM --- */

#define TOLD(flags, word) 0, REPLY_HONEST, flags, word
#define DONE 0, REPLY_HONEST
#define REFUSED(code) 0, REPLY_REFUSES, code, 0x25, 0x26, 0xC0
#define OPM_HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define CONNECTOR_OFFERS TOLD(0, 5), TOLD(0, 0x3E)

static void opm_sessions(void) {
    SEED("opm_session", "queries", OPM_QUERY, 0, 0, TOLD(0, 5), OPM_QUERY, 2, OPM_HDCP, TOLD(0, 1), OPM_QUERY, 4, 0, TOLD(0, 9),
         OPM_QUERY, 7, 0, TOLD(0, 9), OPM_QUERY, 6, 0, REFUSED(0x16), OPM_TAKE_EVENTS);
    SEED("opm_session", "protect", OPM_PROTECT, 1, 0, 0, CONNECTOR_OFFERS, DONE, TOLD(0, 5), DONE, TOLD(0, 0), 0, TOLD(0, 1),
         CONNECTOR_OFFERS, TOLD(0, 1), TOLD(0, 1), OPM_WATCH, 5, CONNECTOR_OFFERS, TOLD(0, 1), TOLD(0, 1), OPM_UNPROTECT, DONE);
    SEED("opm_session", "type1", OPM_PROTECT, 0x80, 0, 4, CONNECTOR_OFFERS, DONE, TOLD(0, 5), DONE, DONE, TOLD(0, 2), TOLD(0, 4),
         CONNECTOR_OFFERS, TOLD(0, 2), TOLD(0, 2), TOLD(0, 4), TOLD(0, 4));
    SEED("opm_session", "events", OPM_SET_LEVEL, OPM_HDCP, 1, DONE, OPM_QUERY, 0, 0, TOLD(2, 5), OPM_SET_LEVEL, OPM_HDCP, 1,
         OPM_UNPROTECT, DONE, OPM_TAKE_EVENTS);
    SEED("opm_session", "lowering", OPM_SET_LEVEL, CGMSA, 4, DONE, OPM_SET_LEVEL, CGMSA, 1, REFUSED(0x1E), OPM_QUERY, 0, 0);
    SEED("opm_session", "gone", OPM_QUERY, 0, 0, REFUSED(0x1A), OPM_QUERY, 0, 0);
    SEED("opm_session", "bad", OPM_QUERY, 0, 0, 0, REPLY_BAD_MAC, 0, 5, 3, OPM_QUERY, 0, 0);
    SEED("opm_session", "css", OPM_SET_LEVEL, OPM_HDCP, 0x81, DONE, OPM_SET_SRM, DONE, OPM_WATCH, 3);
}

/* --- packets of coppd --- */

#define SENT(...) SENT_OK, sizeof((const uint8_t[]){__VA_ARGS__}), 0, __VA_ARGS__
#define EMPTY SENT_OK, 0, 0
#define OPENED SENT(12, 0, 0, 0, 0, 0, 0, 0, 0x20, 0x4E, 0, 0)
#define ZEROS_16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define ZEROS_60 ZEROS_16, ZEROS_16, ZEROS_16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

static void sockets(void) {
    SEED("socket", "session", ASK_LIST, 0, SENT(0, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 'H', 'D', 'M', 'I', '-', '1', 0),
         ASK_LIST, 1, SENT_STATUS, 0x57, 0, 7, 0x80, ASK_TRANSPORT, OPENED, ASK_KEY_EXCHANGE, SENT(1, 2, 3), ASK_SEQUENCE_START,
         EMPTY, ASK_COMMAND, EMPTY, ASK_STATUS, SENT(4, 5, 6), ASK_COMMAND, SENT_STATUS, 0xFF, 0xFF, 0, 0x80, ASK_STATUS,
         SENT_NONE);
#define A16 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A'
    SEED("socket", "name-without-end", ASK_LIST, 0, SENT(A16, A16, A16, A16, A16), ASK_LIST, 0, SENT('A'));
    SEED("socket", "disconnect", ASK_TRANSPORT, SENT_DISCONNECT, 4);
    SEED("socket", "news", ASK_WATCH, EMPTY, ASK_NEWS, SENT_NEWS, COPP_SOCKET_CONNECTOR, 144, 144, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
         0, 0, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 'A', ZEROS_60, ZEROS_16, 0, 0, 0, 'D', ZEROS_16, ZEROS_16, 0, 0, 0,
         1);
    SEED("socket", "news-of-sessions", ASK_WATCH, EMPTY, ASK_NEWS, SENT_NEWS, COPP_SOCKET_ENDED, 16, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
         0, 0, 6, 0, 0, 0, 1, ASK_NEWS, SENT_NEWS, COPP_SOCKET_REFUSED, 32, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xE8, 3, 0, 0, 7,
         0, 0, 0, 5, 0, 0, 0, 0x57, 0, 7, 0x80, 1, 0, 0, 0, 1, ASK_NEWS, SENT_NEWS, COPP_SOCKET_SESSION, 52, 0, 0, 0, 0, 1, 0, 0,
         0, 0, 0, 0, 0, 0, 0, 0, 0, 0xE8, 3, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0,
         0, 0, 0, 0, 0, 0, 1, ASK_NEWS, SENT_NEWS, COPP_SOCKET_COMPLETE, 0, ASK_NEWS, SENT_NEWS, 77, 3, 1, 2, 3);
    SEED("socket", "news-of-a-younger-daemon", ASK_WATCH, EMPTY, ASK_NEWS, SENT_NEWS, COPP_SOCKET_ENDED, 20, 0, 0, 0, 0, 1, 0, 0,
         0, 0, 0, 0, 0, 6, 0, 0, 0, 1, 2, 3, 4, 1, ASK_NEWS, SENT_NEWS, COPP_SOCKET_ENDED, 20, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
         0, 6, 0, 0, 0, 1, 2, 3, 4, 0);
    SEED("socket", "wake-ups", ASK_TRANSPORT, SENT(12, 0, 0, 0, 1, 0, 0, 0, 0x20, 0x4E, 0, 0), ASK_COMMAND, SENT_WAKE, 0, EMPTY,
         ASK_STATUS, SENT_WAKE, 0, SENT(4, 5, 6), ASK_COMMAND, SENT_WAKE, 0, SENT_WAKE, 0, EMPTY);
    SEED("socket", "bytes", ASK_LIST, 0, SENT_BYTES, 16, 0, 3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 3, 0, 0, 0);
}

/* --- players of coppd --- */

#define ACTIVE(client, connector) DO_CONNECT, client, DO_OPEN, client, connector, DO_RUN, DO_START, client

#define ACTIVE_OPM(client, connector) DO_CONNECT, client, DO_OPEN_OPM, client, connector, DO_RUN, DO_START, client

static void daemons(void) {
    SEED("daemon", "session", ACTIVE(0, 0), DO_SET_LEVEL, 0, HDCP, 1, DO_RUN, DO_ADVANCE, 100, 0, DO_READ, 0, DO_QUERY, 0, 3,
         HDCP, DO_RUN, DO_READ, 0, DO_EVENT, 0, HAPPENS_UNPLUG, DO_RUN, DO_QUERY, 0, 2, 0, DO_RUN, DO_HANG_UP, 0);
    SEED("daemon", "ahead-of-answers", DO_CONNECT, 0, DO_OPEN, 0, 1, DO_REQUEST, 0, 1, 4, 0, 0, 0, 0, 0, DO_REQUEST, 0, 3, 0, 0,
         DO_RUN, DO_READ, 0, DO_START, 0, DO_SET_LEVEL, 0, ACP, 3, DO_QUERY, 0, 2, CGMSA, DO_SET_LEVEL, 0, CGMSA, 1, DO_RUN,
         DO_READ, 0);
    SEED("daemon", "two-pending", ACTIVE(0, 0), ACTIVE(1, 0), DO_EVENT, 0, HAPPENS_HANG, DO_SET_LEVEL, 0, HDCP, 1, DO_SET_LEVEL,
         1, HDCP, 1, DO_QUERY, 1, 2, 0, DO_RUN, DO_ADVANCE, 50, 0, DO_HANG_UP, 0, DO_RUN, DO_EVENT, 0, HAPPENS_HANG_OFF,
         DO_ADVANCE, 200, 0, DO_READ, 1);
    SEED("daemon", "shut-down-while-pending", ACTIVE(0, 0), DO_EVENT, 0, HAPPENS_HANG, DO_SET_LEVEL, 0, HDCP, 1, DO_RUN,
         DO_SHUT_DOWN, 0, DO_RUN, DO_READ, 0);
    SEED("daemon", "watcher", DO_CONNECT, 0, DO_REQUEST, 0, 7, 0, 0, DO_RUN, DO_READ, 0, ACTIVE(1, 1), DO_SET_LEVEL, 1, HDCP, 1,
         DO_RUN, DO_EVENT, 1, HAPPENS_LOST, DO_RUN, DO_SLEEP, 5, DO_HANG_UP, 1, DO_RUN, DO_READ, 0, DO_REQUEST, 0, 1, 0, 0,
         DO_RUN, DO_READ, 0);
    SEED("daemon", "malformed", DO_CONNECT, 0, DO_BYTES, 0, 3, 0, 1, 2, 3, DO_RUN, DO_READ, 0, DO_CONNECT, 0, DO_BYTES, 0, 12, 0,
         1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, DO_RUN, DO_READ, 0, DO_CONNECT, 0, DO_BYTES, 0, 0, 0, DO_RUN, DO_READ, 0, DO_CONNECT,
         0, DO_BYTES, 0, 0, 0x1f, 2, 0, 0, 0, 5, DO_RUN, DO_READ, 0, DO_CONNECT, 0, DO_REQUEST, 0, 0, 0, 0, DO_RUN, DO_READ, 0);
#define LIST_HEAD 3, 0, 0, 0, 1, 0, 0, 0
    SEED("daemon", "nearly-a-request", DO_CONNECT, 0, DO_BYTES, 0, 15, 0, LIST_HEAD, 0, 0, 0, 0, 0, 0, 0, DO_RUN, DO_READ, 0,
         DO_CONNECT, 1, DO_BYTES, 1, 16, 0, LIST_HEAD, 1, 0, 0, 0, 0, 0, 0, 0, DO_RUN, DO_READ, 1);
    SEED("daemon", "name-without-end", DO_CONNECT, 0, DO_REQUEST, 0, 2, 76, 0, A16, A16, A16, A16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
         11, 12, DO_RUN, DO_READ, 0);
    SEED("daemon", "too-many", DO_CONNECT, 0, DO_CONNECT, 1, DO_CONNECT, 2, DO_CONNECT, 3, DO_CONNECT, 4, DO_CONNECT, 5, DO_RUN,
         DO_READ, 5, DO_HANG_UP, 0, DO_CONNECT, 5, DO_RUN, DO_OPEN, 5, DAEMON_CONNECTORS, DO_RUN, DO_READ, 5);
    SEED("daemon", "wrong-handshake", DO_CONNECT, 0, DO_OPEN, 0, 2, DO_REQUEST, 0, 4, 3, 0, 1, 2, 3, DO_REQUEST, 0, 3, 0, 0,
         DO_REQUEST, 0, 4, 3, 0, 1, 2, 3, DO_START, 0, DO_REQUEST, 0, 5, 1, 0, 1, DO_REQUEST, 0, 6, 1, 0, 1, DO_RUN, DO_READ, 0);
    SEED("daemon", "recorded", DO_CONNECT, 1, DO_RECORD, 1, 0, PASSES_PAIR, DO_RUN, DO_READ, 1, ACTIVE(0, 0), DO_SET_LEVEL, 0,
         HDCP, 1, DO_RUN, DO_ADVANCE, 100, 0, DO_READ, 0, DO_QUERY, 0, 3, HDCP, DO_RUN, DO_READ, 0, DO_READ, 1, ACTIVE_OPM(2, 1),
         DO_RUN, DO_HANG_UP, 0, DO_RUN, DO_READ, 1, DO_REQUEST, 1, 1, 0, 0, DO_RUN, DO_READ, 1);
    SEED("daemon", "recorders", DO_CONNECT, 0, DO_RECORD, 0, 1, PASSES_PAIR, DO_CONNECT, 1, DO_RECORD, 1, 0, PASSES_PAIR,
         DO_CONNECT, 2, DO_RECORD, 2, 0, PASSES_PAIR, DO_CONNECT, 3, DO_RECORD, 3, 0, PASSES_PAIR, DO_RUN, DO_CONNECT, 4,
         DO_RECORD, 4, 0, PASSES_PAIR, DO_RUN, DO_READ, 4, DO_HANG_UP, 0, DO_RUN, DO_CONNECT, 5, DO_RECORD, 5, 2, PASSES_PAIR,
         DO_RUN, DO_READ, 5, DO_RECORD, 5, 0, PASSES_TWO, DO_RUN, DO_READ, 5, DO_RECORD, 5, 0, PASSES_STREAM, DO_RUN, DO_READ, 5,
         DO_RECORD, 5, 0, PASSES_NONE, DO_RUN, DO_READ, 5, DO_OPEN, 5, 0, DO_RUN, DO_READ, 5, DO_READ, 1, DO_READ, 2);
    SEED("daemon", "opm", ACTIVE_OPM(0, 0), DO_CONFIGURE, 0, 0, OPM_HDCP, 1, 0, 0, 0, DO_RUN, DO_ADVANCE, 100, 0, DO_READ, 0,
         DO_INFORMATION, 0, 3, OPM_HDCP, DO_RUN, DO_READ, 0, DO_EVENT, 0, HAPPENS_UNPLUG, DO_RUN, DO_INFORMATION, 0, 2, 0,
         DO_RUN);
    SEED("daemon", "opm-additional", ACTIVE_OPM(0, 1), DO_CONFIGURE, 0, 2, 1, 0, 0, 0, 1, DO_RUN, DO_READ, 0, DO_CONFIGURE, 0, 2,
         1, 0, 1, 0, 1, DO_RUN, DO_READ, 0, DO_CONFIGURE, 0, 1, OPM_HDCP, 1, 0, 0, 0, DO_HANG_UP, 0);
    SEED("daemon", "other-semantics", ACTIVE(0, 0), ACTIVE_OPM(1, 0), DO_INFORMATION, 0, 2, 0, DO_QUERY, 1, 2, 0, DO_CONFIGURE, 0,
         0, HDCP, 1, 0, 0, 0, DO_SET_LEVEL, 1, OPM_HDCP, 1, DO_RUN, DO_READ, 0, DO_READ, 1);
    SEED("daemon", "events", ACTIVE(0, 1), DO_SET_LEVEL, 0, ACP, 1, DO_EVENT_BYTES, 15, 0, 'm', 'o', 'd', 'e', ' ', 'D', 'V', 'I',
         ' ', '7', '2', '0', 'p', '6', '0', DO_EVENT_BYTES, 5, 0, '\n', 'x', 0, '\n', '\n', DO_RUN, DO_QUERY, 0, 2, 0, DO_RUN,
         DO_READ, 0);
}

/* --- OPM's handshake --- */

#define OAEP_BLOCK 256u
#define OAEP_REST 129u /* where in a block lHash ends */

/* What the first byte says, a random number, the block; the mark of the message stands there. */
static void save_oaep(const char *name, unsigned what, size_t mark) {
    uint8_t seed[1 + COPP_RANDOM_SIZE + OAEP_BLOCK] = {(uint8_t)what};
    uint8_t *block = &seed[1 + COPP_RANDOM_SIZE];
    for (size_t i = 1; i < OAEP_BLOCK; i++)
        block[i] = i < OAEP_REST || i > mark ? (uint8_t)i : 0;
    block[mark] = 1;
    save("oaep", name, seed, sizeof seed);
}

static void seals(void) {
    save_oaep("block", 0, OAEP_REST);
    save_oaep("first-place", OAEP_MASKED | OAEP_LABEL | OAEP_RANDOM, OAEP_REST);
    save_oaep("last-place", OAEP_MASKED | OAEP_LABEL | OAEP_RANDOM, OAEP_REST + 86);
    save_oaep("too-late", OAEP_MASKED | OAEP_LABEL | OAEP_RANDOM, OAEP_REST + 87);
    save_oaep("other-random", OAEP_MASKED | OAEP_LABEL, OAEP_REST + 86);
    save_oaep("other-label", OAEP_MASKED | OAEP_RANDOM, OAEP_REST + 86);
    save_oaep("fails", OAEP_MASKED | OAEP_LABEL | OAEP_RANDOM | OAEP_FAILS, OAEP_REST + 86);
}

/* --- displays --- */

#define EDID_SIZE 128u
#define EDID_NAME_AT 90u

/* A display that has a number, a name and a serial number; its header and checksum are put right where op says so. */
static void save_edid(const char *name, enum edid_op op, size_t size) {
    static const uint8_t head[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00,
                                   0x10, 0xac, 0x7b, 0xa0, 0x40, 0xe2, 0x01, 0x00};
    uint8_t seed[1 + EDID_SIZE] = {(uint8_t)op};
    uint8_t *block = seed + 1;
    uint8_t sum = 0;
    memcpy(block, head, sizeof head);
    memcpy(block + EDID_NAME_AT, "\0\0\0\xfc\0DELL U2412M\n ", 18);
    memcpy(block + EDID_NAME_AT + 18, "\0\0\0\xff\0007MT0167B2YNL\n", 18);
    for (size_t i = 0; i < EDID_SIZE - 1; i++)
        sum = (uint8_t)(sum + block[i]);
    block[EDID_SIZE - 1] = (uint8_t)-sum;
    save("edid", name, seed, 1 + size);
}

static void save_name(const char *name, const char *connector, uint8_t driver, const char *said) {
    uint8_t seed[200] = {EDID_NAMES};
    size_t length = strlen(connector);
    memcpy(seed + 1, connector, length);
    seed[2 + length] = driver;
    memcpy(seed + 3 + length, said, strlen(said));
    save("edid", name, seed, 4 + length + strlen(said));
}

static void displays(void) {
    save_edid("display", EDID_AS_IT_IS, EDID_SIZE);
    save_edid("short", EDID_AS_IT_IS, EDID_SIZE - 1);
    save_edid("sealed", EDID_SEALED, EDID_SIZE);
    save_name("x-name", "HDMI-A-1", 1, "HDMI-1");
    save_name("amdgpu-name", "DP-2", 2, "randr:DisplayPort-1");
    save_name("hub-name", "DP-7", 3, "DP-1-8");
    save_name("no-number", "eDP-1", 4, "eDP");
    save_name("whole-name", "DVI-D-1", 0, "card0-DVI-D-1");
    save_name("id", "VGA-1", 0, "id:77");
    save_name("serial", "VGA-1", 0, "serial:0x0001E240");
}

/* --- recordings --- */

static void save_file_of(const char *name, const struct recording_message *messages, size_t count) {
    uint8_t *file = malloc(1 + (count + 1) * RECORDING_BLOCK_MAX);
    CHECK(file);
    file[0] = RECORDING_AS_FILE;
    size_t size = 1 + recording_begin("seeds", "made", file + 1);
    for (size_t i = 0; i < count; i++)
        size += recording_put(&messages[i], file + size);
    save("recording", name, file, size);
    free(file);
}

static void recordings(void) {
    static const struct recording_message messages[] = {
        {.time_us = 1,
         .kind = RECORDING_OPEN,
         .semantics = COPP_SEMANTICS_COPP,
         .session = 1,
         .exchange = 1,
         .bytes = (const uint8_t *)"HDMI-1",
         .size = 6},
        {.time_us = 2, .kind = RECORDING_KEY_EXCHANGE, .semantics = COPP_SEMANTICS_COPP, .session = 1, .exchange = 2},
        {.time_us = 3,
         .kind = RECORDING_EVENT,
         .direction = RECORDING_NOTE,
         .flags = RECORDING_IDENTIFIES,
         .bytes = (const uint8_t *)"unplug",
         .size = 6},
        {.time_us = 4, .kind = RECORDING_CLOSE, .semantics = COPP_SEMANTICS_COPP, .session = 1, .exchange = 3},
    };
    static const char line[] =
        "\1COPP_SESSION 0102ab00000000000000000000000000 000000000000000000000000000000fe 80000001 00000007\n# x\r\n";
    save_file_of("file", messages, sizeof messages / sizeof messages[0]);
    save("recording", "keys", line, sizeof line - 1);
    SEED("recording", "session", RECORDING_AS_MESSAGES, PUT_OPEN, PUT_EXCHANGE, PUT_START, 0, PUT_STATUS, 2, 0, 0, 5, 0, 0, 0, 0,
         PUT_COMMAND, 0, 0, 1, 1, 0, 0, 0, PUT_STATUS, 4, WRONG_SIZE, 0, 1, 0, 0, 0, 0, PUT_CLOSE);
    SEED("recording", "wrong", RECORDING_AS_MESSAGES, PUT_OPEN, PUT_EXCHANGE, PUT_START, 0, PUT_COMMAND, 0, WRONG_MAC, 1, 1, 0, 0,
         3, PUT_STATUS, 2, WRONG_SEQUENCE, 0, 5, 0, 0, 0, 200, PUT_STATUS, 2, WRONG_ANSWER, 1, 5, 0, 0, 0, 0, PUT_DROPPED,
         PUT_ANY, 3, 1, 4, 0, 1, 2, 3, 4);
    SEED("recording", "start-twice", RECORDING_AS_MESSAGES, PUT_OPEN, PUT_EXCHANGE, PUT_START, 0, PUT_START, 0);
    SEED("recording", "opm", RECORDING_AS_MESSAGES, 64 + PUT_OPEN, 64 + PUT_EXCHANGE, 64 + PUT_START, 0, 64 + PUT_STATUS, 2,
         UNBOUND, 8, 5, 0, 0, 0, 0, 64 + PUT_COMMAND, 0, 0, 8, 1, 0, 0, 0, 64 + PUT_CLOSE);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        (void)fprintf(stderr, "usage: seeds DIRECTORY\n");
        return 2;
    }
    root = argv[1];
    make_directory(root);
    chains();
    opm_chains();
    lists();
    messages();
    devices();
    opm_devices();
    sessions();
    opm_sessions();
    meddlers();
    keys();
    seals();
    displays();
    sockets();
    daemons();
    recordings();
    return 0;
}
