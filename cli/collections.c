#include "collections.h"

#include "io.h"
#include "report.h"

int load_chain(const struct invocation *in, const char *name, const struct copp_public_key *anchor, struct copp_chain **chain) {
    struct blob blob;
    struct copp_verdict verdict;
    int status = read_file(in, name, COPP_CHAIN_SIZE_MAX, &blob);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = anchor != NULL ? copp_chain_validate(blob.bytes, blob.size, anchor, chain, &verdict)
                                             : copp_chain_parse(blob.bytes, blob.size, chain, &verdict);
    blob_free(&blob);
    return result == COPP_OK ? STATUS_YES : fail_validation(in, name, COLLECTION_CHAIN, result, &verdict);
}

int load_list(const struct invocation *in, const char *name, const struct copp_public_key *anchor,
              struct copp_revocation_list **list) {
    struct blob blob;
    struct copp_verdict verdict;
    int status = read_file(in, name, COPP_REVOCATION_SIZE_MAX, &blob);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = anchor != NULL ? copp_revocation_validate(blob.bytes, blob.size, anchor, list, &verdict)
                                             : copp_revocation_parse(blob.bytes, blob.size, list, &verdict);
    blob_free(&blob);
    return result == COPP_OK ? STATUS_YES : fail_validation(in, name, COLLECTION_LIST, result, &verdict);
}
