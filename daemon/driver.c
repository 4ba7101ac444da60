#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copp/certificate.h"
#include "files.h"
#include "log.h"
#include "wire/base64.h"

#define PASSPHRASE_MAX 1024u
#define PATH_SIZE 512u
#define HIERARCHY "test-driver"
#define CHAIN_NAME "chain.xml"
#define KEY_NAME "leaf.pem"
#define ANCHOR_NAME "anchor.b64"
#define ANCHOR_SIZE 256u /* RSA-1024 in base64 has 172 characters */

/* leaf, IHV and root, and what is kept of them: the other two keys are forgotten */
#define KEYS 3
struct hierarchy {
    struct copp_private_key *keys[KEYS];
    struct copp_certificate_request requests[KEYS];
    char *chain;
    size_t chain_size;
    char *pem;
    size_t pem_size;
    char anchor[ANCHOR_SIZE];
};

static enum copp_result make_keys(struct hierarchy *h) {
    static const unsigned bits[KEYS] = {2048, 2048, 1024}; /* CERT-6 */
    enum copp_result result = COPP_OK;
    for (size_t i = 0; !result && i < KEYS; i++) {
        result = copp_private_key_generate(bits[i], &h->keys[i]);
        if (!result)
            result = h->keys[i]->calls->public_key(h->keys[i], &h->requests[i].subject);
        h->requests[i].security_level = 150;
        h->requests[i].manufacturer = "coppd test hierarchy";
        h->requests[i].sign_certificate = i > 0; /* CERT-9 */
    }
    h->requests[0].encrypt_key = h->requests[0].copp_certificate = true; /* CERT-8 */
    h->requests[0].signer = h->keys[1];
    h->requests[1].signer = h->requests[2].signer = h->keys[2];
    return result;
}

static enum copp_result make(struct hierarchy *h) {
    enum copp_result result = make_keys(h);
    if (!result)
        result = copp_chain_issue(h->requests, KEYS, &h->chain, &h->chain_size);
    if (!result)
        result = copp_private_key_to_pem(h->keys[0], &h->pem, &h->pem_size);
    if (!result) {
        const struct copp_public_key *root = &h->requests[KEYS - 1].subject;
        size_t length = copp_base64_length(root->modulus_size);
        copp_base64_encode(root->modulus, root->modulus_size, h->anchor);
        h->anchor[length] = '\n';
    }
    return result;
}

static bool write_hierarchy(const struct hierarchy *h, const char *directory, struct fault *fault) {
    const struct new_file files[] = {{CHAIN_NAME, h->chain, h->chain_size, false},
                                     {KEY_NAME, h->pem, h->pem_size, true},
                                     {ANCHOR_NAME, h->anchor, strlen(h->anchor), false}};
    return directory_make(directory, files, sizeof files / sizeof files[0], fault);
}

static bool make_hierarchy(const char *directory, struct fault *fault) {
    struct hierarchy h = {.chain = NULL};
    enum copp_result result = make(&h);
    bool made = result ? fault_set(fault, "no test hierarchy could be made: %s", copp_strerror(result))
                       : write_hierarchy(&h, directory, fault);
    for (size_t i = 0; i < KEYS; i++)
        copp_private_key_free(&h.keys[i]);
    copp_release(h.chain, h.chain_size);
    copp_release(h.pem, h.pem_size);
    if (made)
        log_warning("no [driver] is configured: a test hierarchy was made in %s; players trust it only if told to, by its %s",
                    directory, ANCHOR_NAME);
    return made;
}

static bool open_key(const char *uri, const char *passphrase_file, struct driver *driver, struct fault *fault) {
    char *passphrase = NULL;
    size_t size = 0;
    if (passphrase_file[0]) {
        if (!file_read(passphrase_file, PASSPHRASE_MAX, &passphrase, &size, fault))
            return false;
        passphrase[strcspn(passphrase, "\r\n")] = 0;
    }
    enum copp_result result = copp_private_key_open(uri, passphrase, &driver->key);
    copp_release(passphrase, size);
    if (result == COPP_E_NOT_FOUND)
        return fault_set(fault, "%s: no private key is to be found there", uri);
    return !result || fault_set(fault, "%s: %s; an RSA key of 2048 bits is needed, and its passphrase if it has one", uri,
                                copp_strerror(result));
}

/* A chain that belongs to another key would cost every player its session. */
static bool belongs(const struct driver *driver, const char *name, struct fault *fault) {
    struct copp_chain *chain = NULL;
    struct copp_verdict verdict;
    struct copp_certificate leaf;
    struct copp_public_key half;
    enum copp_result result = copp_chain_parse((const uint8_t *)driver->chain, driver->chain_size, &chain, &verdict);
    if (result == COPP_E_INVALID)
        return fault_set(fault, "%s: %s (%s)", name, verdict.detail, copp_rule_id(verdict.rule));
    bool same = !result && !copp_chain_certificate(chain, 0, &leaf) && leaf.has_subject &&
                !driver->key->calls->public_key(driver->key, &half) && copp_public_key_equal(&leaf.subject, &half);
    copp_chain_free(&chain);
    if (result)
        return fault_set(fault, "%s: %s", name, copp_strerror(result));
    return same || fault_set(fault, "%s: its first certificate is not about the configured key (CERT-8)", name);
}

bool driver_open(const struct config *config, struct driver *driver, struct fault *fault) {
    char directory[PATH_SIZE];
    char chain[PATH_SIZE + sizeof CHAIN_NAME];
    char key[PATH_SIZE + sizeof KEY_NAME];
    *driver = (struct driver){.chain = NULL};
    (void)snprintf(directory, sizeof directory, "%s/" HIERARCHY, config->state_directory);
    (void)snprintf(chain, sizeof chain, "%s/" CHAIN_NAME, directory);
    (void)snprintf(key, sizeof key, "%s/" KEY_NAME, directory);
    bool configured = config->key[0] != 0;
    if (!configured && file_is_absent(directory) && !make_hierarchy(directory, fault))
        return false;
    const char *chain_name = configured ? config->chain : chain;
    return file_read(chain_name, COPP_CHAIN_SIZE_MAX, &driver->chain, &driver->chain_size, fault) &&
           open_key(configured ? config->key : key, config->passphrase_file, driver, fault) && belongs(driver, chain_name, fault);
}

void driver_close(struct driver *driver) {
    copp_private_key_free(&driver->key);
    copp_release(driver->chain, driver->chain_size);
    driver->chain = NULL;
}
