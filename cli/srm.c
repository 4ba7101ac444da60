#include "srm.h"

#include <string.h>

#include "report.h"
#include "unlike.h"
#include "why.h"

int srm_key_open(const struct invocation *in, const char *name, struct srm_key *key) {
    *key = (struct srm_key){.name = name != NULL ? name : "production",
                            .key = {.size = sizeof key->key, .kind = COPP_SRM_KEY_PRODUCTION}};
    if (strcmp(key->name, "production") == 0)
        return STATUS_YES;
    if (strcmp(key->name, "facsimile") == 0) {
        key->key.kind = COPP_SRM_KEY_FACSIMILE;
        return STATUS_YES;
    }
    int status = read_file(in, name, 65536, &key->pem);
    if (status != STATUS_YES)
        return status;
    key->key.kind = COPP_SRM_KEY_PEM;
    key->key.pem = (const char *)key->pem.bytes;
    key->key.pem_size = key->pem.size;
    return STATUS_YES;
}

void srm_key_close(struct srm_key *key) {
    blob_free(&key->pem);
}

int srm_verify(const struct invocation *in, const char *name, const struct blob *message, const struct srm_key *key,
               struct copp_srm **srm, struct copp_verdict *verdict) {
    enum copp_result result = copp_srm_verify_logged(message->bytes, message->size, &key->key, why_log(), srm, verdict);
    if (result == COPP_E_KEY)
        return fail_kind(in, key->name, &key->pem,
                         KIND(FILE_PUBLIC_KEY) | KIND(FILE_TEXT) | (key->pem.bytes == NULL ? KIND(FILE_EMPTY) : 0),
                         "is not a key for this message: HDCP 1.x takes DSA-1024, HDCP 2.x RSA-3072", NULL);
    return result == COPP_OK ? STATUS_YES : fail_unlike(in, name, message, KINDS_SRM, COLLECTION_CHAIN, result, verdict);
}

int read_srm(const struct invocation *in, const char *name, const char *key_name, struct copp_srm **srm, struct blob *message,
             struct copp_verdict *verdict) {
    struct srm_key key;
    *srm = NULL;
    int status = srm_key_open(in, key_name, &key);
    if (status == STATUS_YES)
        status = read_file(in, name, COPP_SRM_SIZE_MAX, message);
    if (status == STATUS_YES)
        status = srm_verify(in, name, message, &key, srm, verdict);
    srm_key_close(&key);
    return status;
}

json_t *json_srm(const char *name, const struct copp_srm *srm, bool valid) {
    json_t *entries = json_array();
    for (size_t i = 0; i < copp_srm_count(srm); i++)
        json_add(&entries, json_hex(copp_srm_entry(srm, i), COPP_KSV_SIZE));
    return json_pack("{so so si si si so}", "file", json_text(name), "valid", valid ? json_true() : json_null(), "hdcp",
                     (int)copp_srm_hdcp(srm), "version", (int)copp_srm_version(srm), "generation", (int)copp_srm_generation(srm),
                     "revoked", entries);
}
