#include "device/srm_store.h"

#include <stdlib.h>

#include "base/log.h"
#include "certificate/srm.h"

struct copp_srm_store {
    struct copp_log *log;
    struct copp_srm *spare; /* room for the message that is looked at */
    struct copp_srm *kept[COPP_SRM_KINDS]; /* the same for each kind; a message where it is valid */
    size_t count;
    struct copp_srm_verifier verifiers[];
};

static enum copp_result read_keys(struct copp_srm_store *store, const struct copp_srm_key *keys) {
    enum copp_result result = COPP_OK;
    for (size_t i = 0; !result && i < store->count; i++)
        result = copp_srm_verifier_read(keys ? &keys[i] : NULL, 0, &store->verifiers[i], store->log);
    return result;
}

static bool make_room(struct copp_srm_store *store) {
    struct copp_srm **rooms[] = {&store->spare, &store->kept[0], &store->kept[1]};
    bool made = true;
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        *rooms[i] = calloc(1, copp_srm_room(COPP_SRM_OFFER_MAX));
        made = made && *rooms[i];
    }
    return made;
}

enum copp_result copp_srm_store_new(const struct copp_srm_key *keys, size_t count, struct copp_log *log,
                                    struct copp_srm_store **store) {
    *store = NULL;
    if (!keys != !count)
        return COPP_E_ARGUMENT;
    size_t verifiers = count ? count : 1;
    bool fits = verifiers <= (SIZE_MAX - sizeof **store) / sizeof(*store)->verifiers[0];
    struct copp_srm_store *made = fits ? calloc(1, sizeof *made + verifiers * sizeof made->verifiers[0]) : NULL;
    if (!made)
        return COPP_E_MEMORY;
    made->log = log;
    made->count = verifiers;
    enum copp_result result = make_room(made) ? read_keys(made, keys) : COPP_E_MEMORY;
    if (result)
        copp_srm_store_free(&made);
    *store = made;
    return result;
}

void copp_srm_store_free(struct copp_srm_store **store) {
    if (!store || !*store)
        return;
    copp_srm_free(&(*store)->spare);
    for (size_t i = 0; i < COPP_SRM_KINDS; i++)
        copp_srm_free(&(*store)->kept[i]);
    free(*store);
    *store = NULL;
}

static size_t kind_of(const struct copp_srm *srm) {
    return copp_srm_hdcp(srm) - 1;
}

/* Into the spare room (OPM-SRM-1). */
static enum copp_result judge(struct copp_srm_store *store, const uint8_t *bytes, size_t size, struct copp_verdict *verdict) {
    enum copp_result result = copp_srm_verify_in(store->spare, bytes, size, store->verifiers, store->count, store->log, verdict);
    if (result == COPP_E_INVALID)
        COPP_LOG(store->log, COPP_LOG_WARNING, "a list of revoked HDCP devices is refused: ", copp_rule_id(verdict->rule), ": ",
                 verdict->detail);
    return result;
}

/* What is in the spare room changes places with what is kept, if it is newer (OPM-SRM-4). */
static void keep(struct copp_srm_store *store) {
    struct copp_srm **kept = &store->kept[kind_of(store->spare)];
    struct copp_srm *spare = store->spare;
    if (copp_srm_valid(*kept) && !copp_srm_newer(spare, *kept))
        return;
    store->spare = *kept;
    *kept = spare;
}

/* OPM-SRM-2, and OPM-SRM-4 within one output */
static const char *refusal(const struct copp_srm *srm, uint32_t version, const struct copp_srm_given *given) {
    size_t kind = kind_of(srm);
    if (version != copp_srm_version(srm))
        return "its version is not the one in the command (OPM-SRM-2)";
    if (given->has[kind] && version < given->newest[kind])
        return "it is older than the one before (OPM-SRM-4)";
    return NULL;
}

enum copp_result copp_srm_store_offer(struct copp_srm_store *store, const uint8_t *bytes, size_t size, uint32_t version,
                                      struct copp_srm_given *given) {
    struct copp_verdict verdict;
    if (!bytes || size > COPP_SRM_OFFER_MAX)
        return COPP_E_INVALID;
    enum copp_result result = judge(store, bytes, size, &verdict);
    if (result)
        return result;
    const char *why = refusal(store->spare, version, given);
    if (why) {
        COPP_LOG(store->log, COPP_LOG_WARNING, "a list of revoked HDCP devices is refused: ", why);
        return COPP_E_INVALID;
    }
    size_t kind = kind_of(store->spare);
    given->ever = given->has[kind] = true;
    given->version = given->newest[kind] = (uint16_t)version;
    keep(store);
    return COPP_OK;
}

enum copp_result copp_srm_store_load(struct copp_srm_store *store, const uint8_t *bytes, size_t size,
                                     struct copp_verdict *verdict) {
    struct copp_verdict unused;
    verdict = verdict ? verdict : &unused;
    *verdict = (struct copp_verdict){.certificate = -1, .detail = ""};
    if (size > COPP_SRM_OFFER_MAX)
        return COPP_E_TOO_LARGE;
    enum copp_result result = judge(store, bytes, size, verdict);
    if (result)
        return result;
    const struct copp_srm *kept = store->kept[kind_of(store->spare)];
    if (copp_srm_valid(kept) && copp_srm_version(store->spare) < copp_srm_version(kept))
        return COPP_E_ROLLBACK;
    keep(store);
    return COPP_OK;
}

const struct copp_srm *copp_srm_store_newest(const struct copp_srm_store *store, unsigned hdcp) {
    const struct copp_srm *kept = store && hdcp >= 1 && hdcp <= COPP_SRM_KINDS ? store->kept[hdcp - 1] : NULL;
    return copp_srm_valid(kept) ? kept : NULL;
}

static bool on_list(const struct copp_srm_store *store, unsigned hdcp, const uint8_t *ksv) {
    const struct copp_srm *list = copp_srm_store_newest(store, hdcp);
    return list && copp_srm_revoked(list, ksv);
}

/* bksv: least significant byte first, as outputs have it */
static bool is_revoked(const struct copp_srm_store *store, uint32_t hdcp_version, const uint8_t *bksv) {
    uint8_t ksv[COPP_KSV_SIZE];
    copp_ksv_from_bksv(bksv, ksv);
    if (!copp_ksv_valid(ksv))
        return true;
    bool first = hdcp_version != COPP_HDCP_VERSION_2;
    bool second = hdcp_version != COPP_HDCP_VERSION_1;
    return (first && on_list(store, 1, ksv)) || (second && on_list(store, 2, ksv));
}

bool copp_srm_store_revokes(const struct copp_srm_store *store, const struct copp_output_state *state) {
    if (state->hdcp_receiver && is_revoked(store, state->hdcp_version, state->bksv))
        return true;
    if (state->downstream_count > COPP_DOWNSTREAM_MAX || (state->downstream_count && !state->downstream))
        return true;
    for (size_t i = 0; i < state->downstream_count; i++) {
        if (is_revoked(store, state->hdcp_version, &state->downstream[i * COPP_KSV_SIZE]))
            return true;
    }
    return false;
}
