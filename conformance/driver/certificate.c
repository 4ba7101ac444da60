/* CERT: the chain that a driver shows, as an application judges it. */
#include "define.h"

/*
 * A chain is judged up to its first broken rule. A case is about one rule: what comes after a broken one cannot be told, and is told by
 * the case of that.
 */
static void keeps_rule(struct case_run *run) {
    const enum copp_rule *rule = run->test->with;
    struct driver_suite *suite = driver_suite_of(run);
    struct driver_client *client = client_open(run);
    struct copp_verdict verdict = {.detail = ""};
    uint32_t hresult;
    if (client == NULL || !client_key_exchange(run, client, &hresult))
        return;
    if (hresult != COPP_HR_OK) {
        case_error(run, "KeyExchange answered %s", copp_hresult_name(hresult));
        return;
    }
    enum copp_result result = copp_chain_validate(client->chain_bytes, client->chain_size, suite->target->anchor, NULL, &verdict);
    if (result != COPP_OK && verdict.rule == *rule)
        case_fail(run, copp_rule_id(*rule), NULL, "certificate %d: %s", verdict.certificate + 1, verdict.detail);
    else if (result != COPP_OK && verdict.rule != COPP_RULE_NONE && (verdict.rule < *rule || *rule > COPP_RULE_CERT_4))
        case_skip(run, CASE_NOT_APPLICABLE, "the chain breaks %s, and is not judged further", copp_rule_id(verdict.rule));
    else if (result != COPP_OK && verdict.rule == COPP_RULE_NONE)
        case_error(run, "the chain could not be judged: %s", copp_strerror(result));
}

static const enum copp_rule rules[] = {COPP_RULE_NONE,    COPP_RULE_CERT_1, COPP_RULE_CERT_2,  COPP_RULE_CERT_3,
                                       COPP_RULE_CERT_4,  COPP_RULE_CERT_5, COPP_RULE_CERT_6,  COPP_RULE_CERT_7,
                                       COPP_RULE_CERT_8,  COPP_RULE_CERT_9, COPP_RULE_CERT_10, COPP_RULE_CERT_11,
                                       COPP_RULE_CERT_12, COPP_RULE_CERT_13};

#define CHAIN(number, title, right)                                                                                              \
    CORRECT_CASE("DRV-CERT-" #number "-1", title, "CERT-" #number " SES-9", FROM_CERTIFICATE, "KeyExchange", right, 0,           \
                 keeps_rule, &rules[number])

const struct conformance_case driver_cases_certificate[] = {
    CHAIN(1, "the chain is XML without a document type", "well-formed, no document type declaration"),
    CHAIN(2, "the chain is in UTF-8", "UTF-8, with or without a mark"),
    CHAIN(3, "the collection's Version is 2.0 or later", "2.0 or later"),
    CHAIN(4, "there are three certificates", "leaf, IHV signer, root"),
    CHAIN(5, "no element occurs twice", "each named element once under its parent"),
    CHAIN(6, "the moduli have their sizes", "256 bytes, in the root 128"),
    CHAIN(7, "the exponents are usable", "odd, at least 3, at most 4 bytes"),
    CHAIN(8, "the leaf is a COPP driver's", "EncryptKey 1, COPPCertificate 1"),
    CHAIN(9, "signers may sign, and are who was named", "SignCertificate 1, and the key of the previous KeyInfo"),
    CHAIN(10, "the digests are right", "SHA-1 over Data as transmitted"),
    CHAIN(11, "the signatures are right", "RSASSA-PSS, SHA-1, no salt"),
    CHAIN(12, "the chain leads to the anchor", "the last KeyInfo is the anchor that was named"),
    CHAIN(13, "no element is missing", "all elements that a rule names are there"),
    END_OF_CASES,
};
