#include "revocation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collections.h"
#include "report.h"
#include "srm.h"
#include "why.h"

enum kind { KIND_CRL, KIND_SRM };

/* As it was read, for drivers that judge themselves (OPM-SRM-1). Sessions borrow it, so that those before it are kept. */
struct message {
    struct blob blob;
    struct message *older;
};

/* What one source held: one of the two, or neither where a store is not there. */
struct loaded {
    struct copp_revocation_list *list;
    struct copp_srm *srm;
    struct message *message; /* with it */
    struct file_identity identity; /* as it was before it was read */
};

struct revocation_source {
    enum kind kind;
    char *name;
    bool stored; /* the installation's: need not be there */
    unsigned hdcp; /* of a store of messages: the only kind that belongs there */
    struct loaded now;
    struct loaded next; /* while it is being renewed */
    bool renewed;
};

static void loaded_free(struct loaded *loaded) {
    copp_revocation_free(&loaded->list);
    copp_srm_free(&loaded->srm);
    for (struct message *older; loaded->message != NULL; loaded->message = older) {
        older = loaded->message->older;
        blob_free(&loaded->message->blob);
        free(loaded->message);
    }
}

/* --- which there are --- */

/* Takes name over. */
static bool add_source(struct revocation *r, struct revocation_source source) {
    void *more = source.name != NULL ? realloc(r->sources, (r->count + 1) * sizeof *r->sources) : NULL;
    if (more == NULL) {
        free(source.name);
        return false;
    }
    r->sources = more;
    r->sources[r->count++] = source;
    return true;
}

static bool add_named(struct revocation *r, enum kind kind, const struct text_list *names) {
    for (size_t i = 0; i < names->count; i++) {
        if (!add_source(r, (struct revocation_source){.kind = kind, .name = strdup(names->items[i])}))
            return false;
    }
    return true;
}

static bool add_sources(struct revocation *r, bool receivers) {
    bool good = add_named(r, KIND_CRL, &r->options->crls);
    if (good && r->anchor != NULL)
        good = add_source(r, (struct revocation_source){.kind = KIND_CRL, .name = state_path(STORE_CRL), .stored = true});
    if (good && receivers)
        good = add_named(r, KIND_SRM, &r->options->srms) &&
               add_source(
                   r, (struct revocation_source){.kind = KIND_SRM, .name = state_path(STORE_SRM_1), .stored = true, .hdcp = 1}) &&
               add_source(
                   r, (struct revocation_source){.kind = KIND_SRM, .name = state_path(STORE_SRM_2), .stored = true, .hdcp = 2});
    return good;
}

/* --- reading --- */

/* The installation's list, as copp crl install left it. */
static int load_stored_list(const struct invocation *in, const struct revocation *r, const char *name,
                            struct copp_revocation_list **list) {
    struct copp_verdict verdict;
    enum copp_result result = copp_revocation_load_logged(name, r->anchor, why_log(), list, &verdict);
    if (result == COPP_E_INVALID)
        return fail_verdict_with(
            in, STATUS_UNKNOWN, name, COLLECTION_LIST, &verdict,
            "this is the stored list that every session is checked against: if it belongs to another anchor, "
            "name that with --anchor, or another directory with COPP_STATE_DIR; if it is damaged, install it "
            "again (copp-crl(1))");
    return result == COPP_OK ? STATUS_YES : fail_result(in, name, result);
}

static const char *message_key(const struct revocation *r, bool stored) {
    return stored || r->options->srm_key == NULL ? variable("COPP_SRM_KEY") : r->options->srm_key;
}

static int load_message(const struct invocation *in, const struct revocation *r, const struct revocation_source *source,
                        struct loaded *loaded) {
    struct copp_verdict verdict;
    loaded->message = calloc(1, sizeof *loaded->message);
    if (loaded->message == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    struct copp_srm **srm = &loaded->srm;
    if (read_srm(in, source->name, message_key(r, source->stored), srm, &loaded->message->blob, &verdict) != STATUS_YES)
        return STATUS_UNKNOWN;
    if (source->hdcp == 0 || copp_srm_hdcp(*srm) == source->hdcp)
        return STATUS_YES;
    return fail(in, STATUS_UNKNOWN, source->name,
                "is a message for HDCP %u.x, but one for HDCP %u.x belongs there: move it to its place", copp_srm_hdcp(*srm),
                source->hdcp);
}

/* Into loaded, which is empty and is the source's own. Whatever is wrong, nothing is known: STATUS_UNKNOWN. */
static int load(const struct invocation *in, const struct revocation *r, const struct revocation_source *source,
                struct loaded *loaded) {
    bool input = strcmp(source->name, "-") == 0;
    if (!input && file_identify(source->name, &loaded->identity) != 0)
        return fail(in, STATUS_UNKNOWN, source->name, "cannot be examined: %s%s", strerror(errno),
                    errno == ENOENT ? "; a symbolic link leads nowhere" : "");
    if (source->stored && !loaded->identity.there)
        return STATUS_YES;
    if (source->stored && !loaded->identity.regular)
        return fail(in, STATUS_UNKNOWN, source->name, "is not a regular file: put the list itself in its place");
    if (loaded == &source->next && loaded->identity.there && !loaded->identity.regular) /* reading it might wait for ever */
        return fail(in, STATUS_UNKNOWN, source->name, "is not a regular file any more: restore the list, or start again");
    int status;
    if (source->kind == KIND_SRM)
        status = load_message(in, r, source, loaded);
    else if (source->stored)
        status = load_stored_list(in, r, source->name, &loaded->list);
    else
        status = load_list(in, source->name, r->anchor, &loaded->list);
    return status == STATUS_YES ? STATUS_YES : STATUS_UNKNOWN;
}

/* --- all of it together --- */

static const struct loaded *newest(const struct revocation_source *source) {
    return source->renewed ? &source->next : &source->now;
}

static const struct revocation_source *find_message(const struct revocation *r, unsigned hdcp, bool stored, size_t from) {
    for (size_t i = from; i < r->count; i++) {
        const struct copp_srm *srm = newest(&r->sources[i])->srm;
        if (srm != NULL && r->sources[i].stored == stored && copp_srm_hdcp(srm) == hdcp)
            return &r->sources[i];
    }
    return NULL;
}

/* A Bksv is HDCP 1's: whoever is checked is checked by a message of HDCP 1.x (APP-2). */
static int check_messages(const struct invocation *in, const struct revocation *r) {
    for (unsigned hdcp = 1; hdcp <= 2; hdcp++) {
        const struct revocation_source *first = find_message(r, hdcp, false, 0);
        const struct revocation_source *second =
            first != NULL ? find_message(r, hdcp, false, (size_t)(first - r->sources) + 1) : NULL;
        if (second != NULL)
            return fail(in, STATUS_UNKNOWN, second->name, "is for HDCP %u.x, as is %s: give one message of each kind, the newest",
                        hdcp, first->name);
    }
    if (r->receivers == RECEIVERS_DRIVER) /* it takes both kinds (OPM-SRM-7) */
        return STATUS_YES;
    const struct revocation_source *checked = find_message(r, 1, false, 0);
    const struct revocation_source *other = find_message(r, 2, false, 0);
    if (checked == NULL)
        checked = find_message(r, 1, true, 0);
    if (other == NULL)
        other = find_message(r, 2, true, 0);
    if (other == NULL || checked != NULL)
        return STATUS_YES;
    return fail(in, STATUS_UNKNOWN, other->name,
                "is a message for HDCP 2.x, but drivers name their receivers by HDCP 1.x keys: alone it checks nothing (APP-2); "
                "give one for HDCP 1.x too");
}

const struct blob *revocation_message(const struct revocation *r, unsigned hdcp) {
    const struct revocation_source *source = find_message(r, hdcp, false, 0);
    if (source == NULL)
        source = find_message(r, hdcp, true, 0);
    return source != NULL ? &newest(source)->message->blob : NULL;
}

/* What the sources hold now, for a session. *arrays is to be freed once the session has others. */
static bool collect(const struct revocation *r, const void ***arrays, struct copp_session_lists *lists) {
    const void **all = calloc(2 * r->count + 1, sizeof *all);
    if (all == NULL)
        return false;
    const struct copp_revocation_list **revocations = (const struct copp_revocation_list **)(void *)all;
    const struct copp_srm **srms = (const struct copp_srm **)(void *)(all + r->count);
    *lists = (struct copp_session_lists){.size = sizeof(struct copp_session_lists), .revocations = revocations, .srms = srms};
    for (size_t i = 0; i < r->count; i++) {
        const struct loaded *loaded = newest(&r->sources[i]);
        if (loaded->list != NULL)
            revocations[lists->revocation_count++] = loaded->list;
        if (loaded->srm != NULL && copp_srm_hdcp(loaded->srm) == 1)
            srms[lists->srm_count++] = loaded->srm;
    }
    *arrays = all;
    return true;
}

static int check_options(const struct invocation *in, const struct revocation *r) {
    if (r->options->srm_key != NULL && r->options->srms.count == 0)
        return fail(in, STATUS_UNKNOWN, NULL, "--srm-key needs --srm");
    const char *directory = variable("COPP_STATE_DIR");
    struct file_identity identity;
    if (directory != NULL && (file_identify(directory, &identity) != 0 || !identity.there))
        return fail(in, STATUS_UNKNOWN, directory, "COPP_STATE_DIR is empty: name a directory, or no stored list can be checked");
    if (r->anchor == NULL && r->options->crls.count > 0)
        return fail(in, STATUS_UNKNOWN, r->options->crls.items[0],
                    "--crl cannot be used with the embedded adapter: its anchor is made for this run, so no list is signed under "
                    "it; name another adapter with --device");
    return STATUS_YES;
}

int revocation_open(const struct invocation *in, const struct revocation_options *options, const struct copp_public_key *anchor,
                    enum receivers receivers, struct revocation *r) {
    *r = (struct revocation){.options = options, .anchor = anchor, .receivers = receivers};
    int status = check_options(in, r);
    if (status == STATUS_YES && !add_sources(r, receivers != RECEIVERS_NONE))
        status = fail_result(in, NULL, COPP_E_MEMORY);
    for (size_t i = 0; status == STATUS_YES && i < r->count; i++)
        status = load(in, r, &r->sources[i], &r->sources[i].now);
    if (status == STATUS_YES)
        status = check_messages(in, r);
    if (status == STATUS_YES && !collect(r, &r->arrays, &r->lists))
        status = fail_result(in, NULL, COPP_E_MEMORY);
    return status;
}

void revocation_close(struct revocation *r) {
    for (size_t i = 0; i < r->count; i++) {
        loaded_free(&r->sources[i].now);
        loaded_free(&r->sources[i].next);
        free(r->sources[i].name);
    }
    free(r->sources);
    free(r->arrays);
    *r = (struct revocation){.count = 0};
}

/* --- while a session runs --- */

/* What cannot be read twice has been read once and for all. */
static bool source_changed(const struct revocation_source *source) {
    struct file_identity identity;
    if (strcmp(source->name, "-") == 0 || (source->now.identity.there && !source->now.identity.regular))
        return false;
    return file_identify(source->name, &identity) != 0 || !file_same(&identity, &source->now.identity);
}

bool revocation_changed(const struct revocation *r) {
    for (size_t i = 0; i < r->count; i++) {
        if (source_changed(&r->sources[i]))
            return true;
    }
    return false;
}

/* CRL-3, SRM-3: never back, and a store that has gone is the farthest back there is. */
static int check_progress(const struct invocation *in, const struct revocation_source *source) {
    const struct loaded *was = &source->now;
    const struct loaded *is = &source->next;
    if ((was->list != NULL && is->list == NULL) || (was->srm != NULL && is->srm == NULL))
        return fail(in, STATUS_UNKNOWN, source->name,
                    "has gone while a session was checked against it: restore it, or start again");
    if (was->list != NULL && copp_revocation_version(is->list) < copp_revocation_version(was->list))
        return fail(in, STATUS_UNKNOWN, source->name,
                    "went back from version %lu to %lu while a session was checked against it (CRL-3): install the newest",
                    (unsigned long)copp_revocation_version(was->list), (unsigned long)copp_revocation_version(is->list));
    if (was->srm != NULL && copp_srm_may_replace(was->srm, is->srm) != COPP_OK)
        return fail(in, STATUS_UNKNOWN, source->name,
                    "was replaced by an older message, or one of another kind, while a session was checked against it (SRM-3): "
                    "put the newest there");
    return STATUS_YES;
}

/* All that has changed, beside what is there: nothing is exchanged before all of it is sound. */
static int load_changes(const struct invocation *in, struct revocation *r) {
    int status = STATUS_YES;
    for (size_t i = 0; status == STATUS_YES && i < r->count; i++) {
        struct revocation_source *source = &r->sources[i];
        source->renewed = source_changed(source);
        if (!source->renewed)
            continue;
        status = load(in, r, source, &source->next);
        if (status == STATUS_YES)
            status = check_progress(in, source);
    }
    return status == STATUS_YES ? check_messages(in, r) : status;
}

/* The sessions have the new ones: the old ones go. */
static void exchange(struct revocation *r) {
    for (size_t i = 0; i < r->count; i++) {
        struct revocation_source *source = &r->sources[i];
        if (!source->renewed)
            continue;
        if (source->next.message != NULL) { /* who has the old one goes on with it */
            source->next.message->older = source->now.message;
            source->now.message = NULL;
        }
        loaded_free(&source->now);
        source->now = source->next;
        source->next = (struct loaded){.list = NULL};
        source->renewed = false;
    }
}

enum copp_result revocation_give(struct copp_session *session, const struct blob *message) {
    enum copp_result result = copp_session_set_srm(session, message->bytes, message->size);
    bool none_needed = result == COPP_E_REFUSED && copp_session_hresult(session) == COPP_HR_OPM_NO_HDCP;
    return result == COPP_E_LINK_LOST || none_needed ? COPP_OK : result;
}

/* A driver that judges receivers is given what has changed (OPM-SRM-1). COPP_OK also if the session's next poll tells what is wrong. */
static enum copp_result hand_over(const struct revocation *r, struct copp_session *session) {
    enum copp_result result = COPP_OK;
    for (size_t i = 0; result == COPP_OK && i < r->count; i++) {
        const struct loaded *next = &r->sources[i].next;
        if (!r->sources[i].renewed || next->message == NULL ||
            revocation_message(r, copp_srm_hdcp(next->srm)) != &next->message->blob)
            continue;
        result = revocation_give(session, &next->message->blob);
    }
    return result;
}

int revocation_renew(const struct invocation *in, struct revocation *r, const char *output, struct copp_session *const *sessions,
                     size_t count) {
    const void **arrays = NULL;
    struct copp_session_lists lists;
    struct copp_verdict verdict;
    int status = load_changes(in, r);
    if (status != STATUS_YES)
        return status;
    if (!collect(r, &arrays, &lists))
        return fail_result(in, NULL, COPP_E_MEMORY);
    enum copp_result result = copp_session_set_lists(sessions[0], &lists, &verdict);
    for (size_t i = 1; i < count; i++) {
        if (copp_session_set_lists(sessions[i], &lists, NULL) == COPP_E_ARGUMENT)
            result = COPP_E_ARGUMENT; /* it still has the old ones; any other error is the session's own, and its end */
    }
    for (size_t i = 0; i < count && result == COPP_OK; i++)
        result = copp_session_opm_chain(sessions[i]) != NULL ? hand_over(r, sessions[i]) : COPP_OK;
    free(r->arrays);
    r->arrays = arrays;
    r->lists = lists;
    r->renewals++;
    exchange(r);
    if (result == COPP_E_REVOKED && verdict.rule != COPP_RULE_NONE)
        return fail_verdict(in, STATUS_NO, output, COLLECTION_CHAIN, &verdict);
    return result == COPP_OK ? STATUS_YES : fail_result(in, output, result);
}
