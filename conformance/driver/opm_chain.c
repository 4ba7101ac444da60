/* The driver's X.509 chain, as far as it can be wrong (OPM-CERT). */
#include <string.h>

#include "opm_cases.h"
#include "opm_kit.h"

#define PAGES "IOPMVideoOutput::StartInitialization; using the certificate chain"

/* The chain as the driver hands it out. NULL after the case has ended. */
static struct driver_client *exchange(struct case_run *run) {
    uint32_t hresult;
    struct driver_client *client = client_open(run);
    if (client == NULL || !client_key_exchange(run, client, &hresult) ||
        !want_hresult(run, "OPM-INI-1", "StartInitialization", hresult, COPP_HR_OK))
        return NULL;
    case_mark(run, true, COPP_RANDOM_SIZE, client->chain_size);
    return client;
}

/* A validator reports the first rule that is broken: each case is about one of them. */
static void run_rule(struct case_run *run) {
    const struct driver_target *target = driver_suite_of(run)->target;
    struct copp_verdict verdict = {.detail = ""};
    struct driver_client *client = exchange(run);
    if (client == NULL)
        return;
    if (target->opm_anchor == NULL) {
        case_skip(run, CASE_NOT_SUPPORTED, "nobody has said whom the chain leads to");
        return;
    }
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = target->opm_anchor};
    enum copp_result result = copp_opm_chain_validate(client->chain_bytes, client->chain_size, &trust, NULL, &verdict);
    const char *rule = result == COPP_E_INVALID ? copp_rule_id(verdict.rule) : "";
    if (strcmp(rule, run->test->rules) == 0)
        case_fail(run, rule, NULL, "certificate %d of the chain: %s", verdict.certificate, verdict.detail);
    else if (result == COPP_E_INVALID)
        case_skip(run, CASE_NOT_APPLICABLE, "the chain breaks %s", rule);
    else if (result != COPP_OK)
        case_error(run, "the chain could not be validated: %s", copp_strerror(result));
}

static void run_one_key(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    struct driver_client *opm = client_open(run);
    if (opm == NULL || !client_greet(run, opm))
        return;
    suite->semantics = COPP_SEMANTICS_COPP;
    struct driver_client *copp = client_open(run);
    bool greeted = copp != NULL && client_greet(run, copp);
    suite->semantics = COPP_SEMANTICS_OPM;
    if (greeted && copp_public_key_equal(&copp->leaf, &opm->leaf))
        case_fail(run, NULL, NULL, "both chains have the same key");
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define RULE(number, what, answer)                                                                                               \
    {                                                                                                                            \
        .id = "DRV-OPM-CERT-" number "-1", .title = what, .rules = "OPM-CERT-" number, .source = PAGES,                          \
        .sends = "StartInitialization", .right = answer, .semantics = COPP_SEMANTICS_OPM, .run = run_rule                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

const struct conformance_case driver_cases_opm_chain[] = {
    RULE("1", "the chain is a container of certificates in strict DER",
         "a certs-only PKCS #7, or certificates one after the other; 2 to 5 of them, at most 64 KiB"),
    RULE("2", "the chain has one leaf, and no subject twice", "one certificate whose subject is not another one's issuer"),
    RULE("3", "the certificates are one path, and each signature verifies", "each is signed by the next one"),
    RULE("4", "the chain ends in the anchor, and each certificate has its role",
         "the anchor's subject and key; CAs above the leaf, none below"),
    RULE("5", "keys are RSA keys of the right size", "2048 bits in the leaf, 2048 to 4096 above it"),
    RULE("6", "signatures are PKCS #1 v1.5 with SHA-1, SHA-256, SHA-384 or SHA-512", "one of these, the same inside and outside"),
    RULE("8", "the leaf belongs to no other protocol", "no extended key usage of another protocol"),
    RULE("9", "extensions are well-formed and known", "none twice, none critical that is unknown"),
    {.id = "DRV-OPM-CERT-11-1",
     .title = "one key serves one protocol",
     .rules = "OPM-CERT-11",
     .source = PAGES,
     .sends = "StartInitialization under OPM, KeyExchange under COPP",
     .right = "two chains of two keys",
     .needs = NEED_COPP,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_one_key},
    {.id = NULL}};
