#include "cli/commands/cmd_chain_issue_opm.h"

#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "common/base64.h"

#define NAME_ROOM 320u /* bytes; one that is longer has more characters than a common name may have */
#define LINE_BYTES 48u /* 64 characters (RFC 7468) */

static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
static const char end[] = "-----END CERTIFICATE-----\n";

static char *certificate_pem(const uint8_t *der, size_t size, size_t *pem_size) {
    size_t lines = (size + LINE_BYTES - 1) / LINE_BYTES;
    char *pem = calloc(1, sizeof begin + base64_length(size) + lines + sizeof end);
    if (pem == NULL)
        return NULL;
    strcpy(pem, begin);
    char *at = pem + strlen(pem);
    for (size_t done = 0; done < size; done += LINE_BYTES) {
        size_t now = size - done < LINE_BYTES ? size - done : LINE_BYTES;
        base64_encode(der + done, now, at);
        at += base64_length(now);
        *at++ = '\n';
    }
    strcpy(at, end);
    *pem_size = strlen(pem);
    return pem;
}

static int complain_of_names(const struct invocation *in, enum copp_result result) {
    if (result == COPP_E_ARGUMENT)
        return fail(in, STATUS_UNKNOWN, NULL,
                    "cannot write the chain: --manufacturer takes UTF-8 of at most 49 characters without control characters, "
                    "--purpose an object identifier such as 1.3.6.1.4.1.311.10.5.10");
    if (result == COPP_E_KEY)
        return fail(in, STATUS_UNKNOWN, NULL, "cannot sign the chain: the CA's and the root's keys need 2048 to 4096 bits");
    return fail(in, STATUS_UNKNOWN, NULL, "cannot sign the chain: %s", copp_strerror(result));
}

static enum copp_result issue(const struct opm_order *order, uint8_t **chain, size_t *size) {
    static const char *const roles[OPM_KEYS] = {"display driver", "CA", "root"};
    struct copp_opm_certificate_request requests[OPM_KEYS];
    char names[OPM_KEYS][NAME_ROOM];
    for (size_t i = 0; i < OPM_KEYS; i++) {
        snprintf(names[i], sizeof names[i], "%s %s", order->manufacturer, roles[i]);
        requests[i] = (struct copp_opm_certificate_request){.size = sizeof requests[i],
                                                            .rsa_key = i > 0 ? &order->issuers[i] : NULL,
                                                            .signer = order->keys[i + 1 < OPM_KEYS ? i + 1 : i],
                                                            .name = names[i],
                                                            .purpose = i == 0 ? order->purpose : NULL};
    }
    requests[0].key = *order->leaf;
    return copp_opm_chain_issue(requests, OPM_KEYS, order->hash, chain, size);
}

/* The chain is held against its own rules before anybody sees it: a key of the wrong size shows here. */
static int check(const struct invocation *in, const uint8_t *chain, size_t size, const struct copp_opm_certificate *root,
                 const char *purpose) {
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor, .purpose = purpose};
    struct copp_verdict verdict;
    enum copp_result result = copp_opm_anchor_read(root->der, root->der_size, &anchor);
    if (result != COPP_OK)
        return complain_of_names(in, result);
    result = copp_opm_chain_validate(chain, size, &trust, NULL, &verdict);
    return result == COPP_OK ? STATUS_YES : fail_validation(in, "the chain these keys give", COLLECTION_OPM, result, &verdict);
}

static int check_and_take_root(const struct invocation *in, const struct opm_order *order, const uint8_t *chain, size_t size,
                               char **anchor, size_t *anchor_size) {
    struct copp_opm_chain *read;
    struct copp_opm_certificate root = {.size = sizeof root};
    enum copp_result result = copp_opm_chain_parse(chain, size, NULL, &read, NULL);
    if (result == COPP_OK)
        result = copp_opm_chain_certificate(read, OPM_KEYS - 1, &root);
    int status = result == COPP_OK ? check(in, chain, size, &root, order->purpose) : fail_result(in, NULL, result);
    if (status == STATUS_YES) {
        *anchor = certificate_pem(root.der, root.der_size, anchor_size);
        status = *anchor != NULL ? STATUS_YES : fail_result(in, NULL, COPP_E_MEMORY);
    }
    copp_opm_chain_free(&read);
    return status;
}

int make_opm_chain(const struct invocation *in, const struct opm_order *order, uint8_t **chain, size_t *size, char **anchor,
                   size_t *anchor_size) {
    enum copp_result result = strlen(order->manufacturer) < NAME_ROOM - 20 ? issue(order, chain, size) : COPP_E_ARGUMENT;
    if (result != COPP_OK)
        return complain_of_names(in, result);
    return check_and_take_root(in, order, *chain, *size, anchor, anchor_size);
}
