/* copp srm: HDCP system renewability messages (SRM-1..5). */
#include <string.h>

#include "cli/commands.h"
#include "cli/encode.h"
#include "cli/io.h"
#include "cli/keys.h"
#include "cli/report.h"
#include "cli/srm.h"
#include "cli/unlike.h"
#include "cli/why.h"

static const struct option_spec options[] = {
    {.name = "key",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct srm_options, key),
     .argument = "production|facsimile|FILE",
     .words = "production facsimile",
     .help = "who must have signed it: the licensing body (the\n"
             "default), the specifications' test keys, or the\n"
             "PEM public key in FILE"},
    {.name = NULL},
};

int read_srm(const struct invocation *in, const char *name, const char *key_name, struct copp_srm **srm,
             struct copp_verdict *verdict) {
    struct blob message;
    struct blob pem = {0};
    struct copp_srm_key key = {.size = sizeof key, .kind = COPP_SRM_KEY_PRODUCTION};
    *srm = NULL;
    if (key_name != NULL && strcmp(key_name, "facsimile") == 0) {
        key.kind = COPP_SRM_KEY_FACSIMILE;
    } else if (key_name != NULL && strcmp(key_name, "production") != 0) {
        int status = read_file(in, key_name, 65536, &pem);
        if (status != STATUS_YES)
            return status;
        key = (struct copp_srm_key){
            .size = sizeof(struct copp_srm_key), .kind = COPP_SRM_KEY_PEM, .pem = (const char *)pem.bytes, .pem_size = pem.size};
    }
    int status = read_file(in, name, COPP_SRM_SIZE_MAX, &message);
    if (status == STATUS_YES) {
        enum copp_result result = copp_srm_verify_logged(message.bytes, message.size, &key, why_log(), srm, verdict);
        if (result == COPP_E_KEY)
            status = fail_kind(in, key_name, &pem,
                               KIND(FILE_PUBLIC_KEY) | KIND(FILE_TEXT) | (pem.bytes == NULL ? KIND(FILE_EMPTY) : 0),
                               "is not a key for this message: HDCP 1.x takes DSA-1024, HDCP 2.x RSA-3072");
        else if (result != COPP_OK)
            status = fail_unlike(in, name, &message, KINDS_SRM, COLLECTION_CHAIN, result, verdict);
    }
    blob_free(&message);
    blob_free(&pem);
    return status;
}

static json_t *json_srm(const char *name, const struct copp_srm *srm, bool valid) {
    json_t *entries = json_array();
    for (size_t i = 0; i < copp_srm_count(srm); i++)
        json_add(&entries, json_hex(copp_srm_entry(srm, i), COPP_KSV_SIZE));
    return json_pack("{so so si si si so}", "file", json_text(name), "valid", valid ? json_true() : json_null(), "hdcp",
                     (int)copp_srm_hdcp(srm), "version", (int)copp_srm_version(srm), "generation", (int)copp_srm_generation(srm),
                     "revoked", entries);
}

static int run_verify(const struct invocation *in) {
    const struct srm_options *o = in->options;
    const char *name = in->operands[0];
    struct copp_srm *srm;
    struct copp_verdict verdict;
    int status = read_srm(in, name, o->key, &srm, &verdict);
    if (status != STATUS_YES)
        return status;
    if (in->json)
        status = print_json(json_srm(name, srm, true));
    else
        say("%s: valid: HDCP %u.x, version %u, %zu revoked, signed by the %s key", name, copp_srm_hdcp(srm),
            copp_srm_version(srm), copp_srm_count(srm), o->key != NULL ? o->key : "production");
    copp_srm_free(&srm);
    return status;
}

static int run_show(const struct invocation *in) {
    const char *name = in->operands[0];
    struct blob message;
    struct copp_srm *srm;
    struct copp_verdict verdict;
    int status = read_file(in, name, COPP_SRM_SIZE_MAX, &message);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = copp_srm_parse(message.bytes, message.size, &srm, &verdict);
    if (result != COPP_OK)
        status = fail_unlike(in, name, &message, KINDS_SRM, COLLECTION_CHAIN, result, &verdict);
    blob_free(&message);
    if (result != COPP_OK)
        return status;
    if (in->json) {
        status = print_json(json_srm(name, srm, false));
    } else {
        say("%s: HDCP %u.x, version %u, generation %u, %zu revoked; signature not checked (see copp srm verify)", name,
            copp_srm_hdcp(srm), copp_srm_version(srm), copp_srm_generation(srm), copp_srm_count(srm));
        for (size_t i = 0; i < copp_srm_count(srm); i++) {
            char text[2 * COPP_KSV_SIZE + 1];
            hex_encode(copp_srm_entry(srm, i), COPP_KSV_SIZE, text);
            printf("  %s\n", text);
        }
    }
    copp_srm_free(&srm);
    return status;
}

const struct command command_srm_verify = {
    .name = "srm verify",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Check an HDCP renewability message: layout and signature",
    .details = "",
    .options = options,
    .options_size = sizeof(struct srm_options),
    .run = run_verify,
};

static const struct option_spec show_options[] = {{.name = NULL}};

const struct command command_srm_show = {
    .name = "srm show",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "List the receivers an HDCP renewability message revokes",
    .details = "Looks at the layout only: what it prints is not proven to come from the licensing body.",
    .options = show_options,
    .options_size = 0,
    .run = run_show,
};
