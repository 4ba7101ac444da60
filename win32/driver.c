#include "driver.h"

#include <stdio.h>
#include <string.h>

#include "driver_file.h"

_Static_assert(FILE_SIZE_MAX <= COPP_OPM_CHAIN_SIZE_MAX, "every chain that can be read can be handed out");

/* What a directory has for one protocol: both files or neither. */
struct credentials {
    char *chain_bytes; /* NULL: no such file */
    size_t chain_size;
    struct copp_private_key *key; /* NULL: no such file */
};

/* The key that a chain's leaf is about, or why there is none. Any chain has to do, also one that players must refuse. */
typedef enum copp_result leaf_reader(const struct credentials *credentials, struct copp_rsa_key *leaf,
                                     struct copp_verdict *verdict);

static enum copp_result read_leaf(const struct credentials *credentials, struct copp_rsa_key *leaf,
                                  struct copp_verdict *verdict) {
    struct copp_chain *chain = NULL;
    struct copp_certificate certificate = {.size = sizeof certificate};
    enum copp_result result =
        copp_chain_parse((const uint8_t *)credentials->chain_bytes, credentials->chain_size, &chain, verdict);
    if (!result && copp_chain_certificate(chain, 0, &certificate) == COPP_OK) {
        leaf->modulus_size = certificate.subject.modulus_size;
        memcpy(leaf->modulus, certificate.subject.modulus, certificate.subject.modulus_size);
    }
    copp_chain_free(&chain);
    return result;
}

/* The leaf may be any of them (OPM-CERT-2); a chain without a path has none. */
static enum copp_result read_opm_leaf(const struct credentials *credentials, struct copp_rsa_key *leaf,
                                      struct copp_verdict *verdict) {
    struct copp_opm_chain *chain = NULL;
    struct copp_opm_certificate certificate = {.size = sizeof certificate};
    enum copp_result result =
        copp_opm_chain_parse((const uint8_t *)credentials->chain_bytes, credentials->chain_size, NULL, &chain, verdict);
    for (size_t i = 0; !result && i < copp_opm_chain_count(chain); i++) {
        if (copp_opm_chain_certificate(chain, i, &certificate) == COPP_OK && certificate.role == COPP_OPM_ROLE_LEAF &&
            !certificate.key_flaw)
            *leaf = certificate.key;
    }
    copp_opm_chain_free(&chain);
    return result;
}

static const struct {
    const char *chain_name;
    const char *key_name;
    leaf_reader *read_leaf;
} kinds[] = {
    [DRIVER_COPP] = {"chain.xml", "leaf.pem", read_leaf},
    [DRIVER_OPM] = {"chain.p7b", "opm-leaf.pem", read_opm_leaf},
};

static const char *why_no_key(enum copp_result result) {
    return result == COPP_E_KEY ? "is not an unencrypted RSA key of 1024 to 2048 bits" : copp_strerror(result);
}

static bool open_key(HMODULE module, const char *name, struct copp_private_key **key) {
    char path[PATH_SIZE];
    if (!driver_file(module, name, path, sizeof path)) {
        explain("COPP_DRIVER", "the directory's name is too long");
        return false;
    }
    enum copp_result result = copp_private_key_open(path, NULL, key);
    if (!result || result == COPP_E_NOT_FOUND)
        return true;
    explain(path, why_no_key(result));
    return false;
}

/* False, said why: one file of the two is missing, or cannot be used. */
static bool read_credentials(HMODULE module, enum driver_semantics semantics, struct credentials *credentials) {
    const char *chain_name = kinds[semantics].chain_name;
    const char *key_name = kinds[semantics].key_name;
    if (!open_key(module, key_name, &credentials->key) ||
        !read_driver_file(module, chain_name, &credentials->chain_bytes, &credentials->chain_size))
        return false;
    if (!credentials->key && credentials->chain_bytes)
        explain_file(module, key_name, "no key is there: the chain beside it needs one");
    else if (credentials->key && !credentials->chain_bytes)
        explain_file(module, chain_name, "no certificate chain is there: is COPP_DRIVER the driver's directory?");
    else if (credentials->key && credentials->chain_size == 0)
        explain_file(module, chain_name, "is empty");
    else
        return true;
    return false;
}

/* A chain may be any: players are tested with those that they must refuse. But one whose key is another's is a mistake, as a
 * rule, and hard to find. */
static void check_key(HMODULE module, enum driver_semantics semantics, const struct credentials *credentials) {
    struct copp_rsa_key leaf = {.modulus_size = 0};
    struct copp_public_key key;
    struct copp_verdict verdict = {.detail = ""};
    char why[256];
    if (!credentials->key)
        return;
    enum copp_result result = kinds[semantics].read_leaf(credentials, &leaf, &verdict);
    if (result) {
        bool told = result == COPP_E_INVALID;
        (void)snprintf(why, sizeof why, "is not a certificate chain: %s%s%s; no handshake will succeed",
                       told ? copp_rule_id(verdict.rule) : "", told ? ": " : "", told ? verdict.detail : copp_strerror(result));
        explain_file(module, kinds[semantics].chain_name, why);
        return;
    }
    bool same = credentials->key->ops->public_key(credentials->key, &key) == COPP_OK && key.modulus_size == leaf.modulus_size &&
                copp_equal(key.modulus, leaf.modulus, key.modulus_size);
    if (!same)
        explain_file(module, kinds[semantics].key_name, "is not the key of the chain beside it: no handshake will succeed");
}

static void explain_sim(HMODULE module, enum copp_result result, const struct copp_sim_error *error) {
    char text[sizeof error->text + 32];
    (void)snprintf(text, sizeof text, "line %u: %s", error->line, error->text);
    explain_file(module, "adapter.ini", error->line > 0 ? text : error->text[0] ? error->text : copp_strerror(result));
}

static struct copp_sim *describe(HMODULE module, const struct credentials *credentials) {
    size_t text_size = 0;
    char *text = NULL;
    struct copp_sim_error error = {0, ""};
    struct copp_sim *sim = NULL;
    if (!read_driver_file(module, "adapter.ini", &text, &text_size))
        return NULL;
    const struct copp_sim_config config = {.size = sizeof config,
                                           .description = text, /* NULL: the default adapter */
                                           .chain_bytes = (const uint8_t *)credentials->chain_bytes,
                                           .chain_size = credentials->chain_size,
                                           .key = credentials->key,
                                           .now_ms = GetTickCount64(),
                                           .unbound = true}; /* BIND-2: as a real driver's answers are */
    enum copp_result result = copp_sim_new(&config, &sim, &error);
    if (result)
        explain_sim(module, result, &error);
    copp_release(text, text_size);
    return sim;
}

/* A sim begins with one chain and key, whosever they are; here it gets those that there are, each as what it is. */
static bool give_credentials(HMODULE module, struct copp_sim *sim, const struct credentials *copp,
                             const struct credentials *opm) {
    const struct copp_adapter_config config = {.size = sizeof config,
                                               .chain_bytes = (const uint8_t *)copp->chain_bytes,
                                               .chain_size = copp->chain_size,
                                               .key = copp->key,
                                               .opm_chain_bytes = (const uint8_t *)opm->chain_bytes,
                                               .opm_chain_size = opm->chain_size,
                                               .opm_key = opm->key};
    enum copp_result result = copp_adapter_renew_all(copp_sim_adapter(sim), &config);
    if (result == COPP_E_KEY)
        explain_file(module, kinds[DRIVER_OPM].key_name, "is COPP's key, too: each protocol needs one of its own (OPM-CERT-11)");
    else if (result)
        explain_file(module, kinds[DRIVER_OPM].chain_name, copp_strerror(result));
    if (!result && opm->key)
        result = copp_adapter_keep_srms(copp_sim_adapter(sim), NULL, 0); /* OPM-SRM-1: under DCP's keys */
    return !result;
}

static bool choose_output(struct driver *driver) {
    char output[256];
    if (variable(L"COPP_OUTPUT", output, sizeof output))
        driver->connector = copp_sim_connector(driver->sim, output[0] ? output : copp_sim_name(driver->sim, 0));
    if (!driver->connector)
        explain("COPP_OUTPUT", "the adapter has no output of that name");
    return driver->connector != NULL;
}

static bool build(HMODULE module, struct credentials *credentials, struct driver *driver) {
    for (size_t i = 0; i < 2; i++) {
        if (!read_credentials(module, (enum driver_semantics)i, &credentials[i]))
            return false;
    }
    bool copp = credentials[DRIVER_COPP].key != NULL;
    if (!copp && !credentials[DRIVER_OPM].key) {
        explain_file(module, kinds[DRIVER_COPP].key_name, "no key is there: is COPP_DRIVER the driver's directory?");
        return false;
    }
    driver->sim = describe(module, &credentials[copp ? DRIVER_COPP : DRIVER_OPM]);
    return driver->sim && give_credentials(module, driver->sim, &credentials[DRIVER_COPP], &credentials[DRIVER_OPM]) &&
           choose_output(driver);
}

bool driver_load(HMODULE module, struct driver *driver) {
    struct credentials credentials[2] = {{.key = NULL}, {.key = NULL}};
    memset(driver, 0, sizeof *driver);
    bool built = build(module, credentials, driver);
    if (!built) {
        copp_sim_free(&driver->sim);
        memset(driver, 0, sizeof *driver);
    }
    for (size_t i = 0; i < 2; i++) {
        if (built) {
            check_key(module, (enum driver_semantics)i, &credentials[i]);
            driver->key[i] = credentials[i].key;
            driver->chain_size[i] = credentials[i].chain_size;
        } else {
            copp_private_key_free(&credentials[i].key);
        }
        copp_release(credentials[i].chain_bytes, credentials[i].chain_size);
    }
    return built;
}
