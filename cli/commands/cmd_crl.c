/* copp crl verify, show and install: certificate revocation lists (CRL-1..5). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/collections.h"
#include "cli/commands.h"
#include "cli/encode.h"
#include "cli/io.h"
#include "cli/keys.h"
#include "cli/report.h"
#include "cli/state.h"
#include "cli/unlike.h"

struct crl_options {
    const char *anchor;
    const char *store;
};

static const struct option_spec verify_table[] = {ANCHOR_OPTION(struct crl_options), {.name = NULL}};

static const struct option_spec install_table[] = {
    ANCHOR_OPTION(struct crl_options),
    {.name = "store",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct crl_options, store),
     .argument = "FILE",
     .help = "the stored list, replaced if this one is newer\n(default: the installation's, which every session\nis checked "
             "against: " STORE_CRL " in\n$COPP_STATE_DIR, else " STATE_SHOWN ")"},
    {.name = NULL},
};

static const struct option_spec show_table[] = {{.name = NULL}};

static json_t *json_list(const char *name, const struct copp_revocation_list *list, bool valid) {
    json_t *digests = json_array();
    for (size_t i = 0; i < copp_revocation_count(list); i++)
        json_add(&digests, json_hex(copp_revocation_digest(list, i), COPP_DIGEST_SIZE));
    return json_pack("{so so sI so}", "file", json_text(name), "valid", valid ? json_true() : json_null(), "version",
                     (json_int_t)copp_revocation_version(list), "revoked", digests);
}

static int run_verify(const struct invocation *in) {
    const struct crl_options *o = in->options;
    const char *name = in->operands[0];
    struct copp_public_key anchor;
    struct copp_revocation_list *list;
    int status = read_anchor(in, o->anchor, &anchor);
    if (status == STATUS_YES)
        status = load_list(in, name, &anchor, &list);
    if (status != STATUS_YES)
        return status;
    if (in->json)
        status = print_json(json_list(name, list, true));
    else
        say("%s: valid under the anchor %s: version %lu, %zu revoked", name, o->anchor != NULL ? o->anchor : "microsoft",
            (unsigned long)copp_revocation_version(list), copp_revocation_count(list));
    copp_revocation_free(&list);
    return status;
}

static int run_show(const struct invocation *in) {
    const char *name = in->operands[0];
    struct copp_revocation_list *list;
    int status = load_list(in, name, NULL, &list);
    if (status != STATUS_YES)
        return status;
    if (in->json) {
        status = print_json(json_list(name, list, false));
    } else {
        say("%s: version %lu, %zu revoked, not validated (see copp crl verify)", name,
            (unsigned long)copp_revocation_version(list), copp_revocation_count(list));
        for (size_t i = 0; i < copp_revocation_count(list); i++) {
            char text[2 * COPP_DIGEST_SIZE + 1];
            hex_encode(copp_revocation_digest(list, i), COPP_DIGEST_SIZE, text);
            printf("  %s\n", text);
        }
    }
    copp_revocation_free(&list);
    return status;
}

/* The stored file may be at fault as well as the new list: say which. */
static int fail_store(const struct invocation *in, const char *store, const struct blob *blob,
                      const struct copp_public_key *anchor, enum copp_result result, const struct copp_verdict *verdict) {
    struct copp_revocation_list *list = NULL;
    struct copp_verdict stored;
    if (result == COPP_E_ROLLBACK)
        return fail_verdict(in, STATUS_NO, in->operands[0], COLLECTION_LIST, verdict);
    if (result == COPP_E_IO && (errno == ELOOP || errno == EINVAL))
        return fail(in, STATUS_UNKNOWN, store,
                    "is not a regular file: a link, pipe or device is not replaced; give --store another name");
    if (result == COPP_E_INVALID && copp_revocation_load(store, anchor, &list, &stored) == COPP_E_INVALID)
        return fail_verdict_with(in, STATUS_UNKNOWN, store, COLLECTION_LIST, &stored,
                                 "the stored list stays as it is; if --anchor is right, move it away and install again");
    copp_revocation_free(&list);
    if (result == COPP_E_IO)
        return fail_result(in, store, result);
    return fail_unlike(in, in->operands[0], blob, KINDS_LIST, COLLECTION_LIST, result, verdict);
}

static int install(const struct invocation *in, const char *store) {
    const struct crl_options *o = in->options;
    struct copp_public_key anchor;
    struct blob blob;
    struct copp_revocation_list *list;
    struct copp_verdict verdict;
    int status = read_anchor(in, o->anchor, &anchor);
    if (status == STATUS_YES)
        status = read_file(in, in->operands[0], COPP_REVOCATION_TEXT_MAX, &blob);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = copp_revocation_store(store, blob.bytes, blob.size, &anchor, &list, &verdict);
    if (result != COPP_OK)
        status = fail_store(in, store, &blob, &anchor, result, &verdict);
    blob_free(&blob);
    if (result != COPP_OK)
        return status;
    if (in->json)
        status = print_json(json_list(store, list, true));
    else
        say("%s: version %lu is in force, %zu revoked", store, (unsigned long)copp_revocation_version(list),
            copp_revocation_count(list));
    copp_revocation_free(&list);
    return status;
}

static int run_install(const struct invocation *in) {
    const struct crl_options *o = in->options;
    if (o->store != NULL)
        return install(in, o->store);
    char *store = state_path(STORE_CRL);
    if (store == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    int status =
        state_make_public(store) == 0 ? install(in, store) : fail_to_write(in, store, "its directory cannot be created", errno);
    free(store);
    return status;
}

const struct command command_crl_verify = {
    .name = "crl verify",
    .operands = "CRL",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Check a revocation list, binary or base64, against an anchor",
    .details = "",
    .options = verify_table,
    .options_size = sizeof(struct crl_options),
    .run = run_verify,
};

const struct command command_crl_show = {
    .name = "crl show",
    .operands = "CRL",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Print a revocation list without validating it",
    .details = "",
    .options = show_table,
    .options_size = sizeof(struct crl_options),
    .run = run_show,
};

const struct command command_crl_install = {
    .name = "crl install",
    .operands = "CRL",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Replace the stored revocation list with a newer one",
    .details = "A list that is older, or does not validate, never replaces the stored one. Exit status 0 if this\n"
               "list is stored already; 1 if it is older, or differs from the stored one of the same version.",
    .options = install_table,
    .options_size = sizeof(struct crl_options),
    .run = run_install,
};
