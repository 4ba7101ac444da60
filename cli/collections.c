#include "collections.h"

#include "io.h"
#include "report.h"
#include "unlike.h"
#include "why.h"

int load_chain(const struct invocation *in, const char *name, const struct copp_public_key *anchor, struct copp_chain **chain) {
    struct blob blob;
    struct copp_verdict verdict;
    int status = read_file(in, name, COPP_CHAIN_SIZE_MAX, &blob);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = anchor != NULL
                                  ? copp_chain_validate_logged(blob.bytes, blob.size, anchor, why_log(), chain, &verdict)
                                  : copp_chain_parse_logged(blob.bytes, blob.size, why_log(), chain, &verdict);
    if (result == COPP_OK && copp_chain_count(*chain) == 0) { /* any XML can be looked into; show has nothing to show */
        copp_chain_free(chain);
        verdict = (struct copp_verdict){.rule = COPP_RULE_CERT_4, .certificate = -1, .detail = "it holds no certificate"};
        result = COPP_E_INVALID;
    }
    if (result != COPP_OK)
        status = fail_unlike(in, name, &blob, KIND(FILE_CHAIN), COLLECTION_CHAIN, result, &verdict);
    blob_free(&blob);
    return status;
}

int load_opm_chain(const struct invocation *in, const char *name, const struct copp_opm_trust *trust,
                   struct copp_opm_chain **chain) {
    struct blob blob;
    struct copp_verdict verdict;
    int status = read_file(in, name, COPP_OPM_CHAIN_SIZE_MAX, &blob);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = trust != NULL ? copp_opm_chain_validate(blob.bytes, blob.size, trust, chain, &verdict)
                                            : copp_opm_chain_parse(blob.bytes, blob.size, why_log(), chain, &verdict);
    if (result == COPP_E_ARGUMENT)
        status = fail(in, STATUS_UNKNOWN, NULL, "--purpose takes an object identifier, such as 1.3.6.1.4.1.311.10.5.10");
    else if (result != COPP_OK)
        status = fail_unlike(in, name, &blob, KINDS_OPM_CHAIN, COLLECTION_OPM, result, &verdict);
    blob_free(&blob);
    return status;
}

int load_list(const struct invocation *in, const char *name, const struct copp_public_key *anchor,
              struct copp_revocation_list **list) {
    struct blob blob;
    struct copp_verdict verdict;
    int status = read_file(in, name, COPP_REVOCATION_TEXT_MAX, &blob);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = anchor != NULL
                                  ? copp_revocation_validate_logged(blob.bytes, blob.size, anchor, why_log(), list, &verdict)
                                  : copp_revocation_parse(blob.bytes, blob.size, list, &verdict);
    if (result != COPP_OK)
        status = fail_unlike(in, name, &blob, KINDS_LIST, COLLECTION_LIST, result, &verdict);
    blob_free(&blob);
    return status;
}
