/*
 * The chains and lists of the cases for players break one rule each, and that is the one which the case names: by the library's own
 * validators.
 */
#include <stdio.h>
#include <string.h>

#include "conformance/player/player.h"

static int complain(const char *id, const char *what) {
    fprintf(stderr, "%s: %s\n", id, what);
    return 1;
}

static enum copp_result validate(const struct player_trust *trust, bool opm, const struct trust_bytes *chain,
                                 struct copp_verdict *verdict) {
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    const struct copp_opm_trust opm_trust = {.size = sizeof opm_trust, .anchor = &anchor};
    if (!opm)
        return copp_chain_validate(chain->bytes, chain->size, &trust->public_keys[TRUST_ROOT], NULL, verdict);
    enum copp_result result = copp_opm_anchor_read(trust->opm_anchor, trust->opm_anchor_size, &anchor);
    return result == COPP_OK ? copp_opm_chain_validate(chain->bytes, chain->size, &opm_trust, NULL, verdict) : result;
}

/* The rule that the case's first word names. One kind's chain from a driver of the other kind is not a chain there at all. */
static bool is_named(const struct conformance_case *test, enum copp_rule rule) {
    const struct player_plan *plan = test->with;
    size_t size = strcspn(test->rules, " ");
    const char *id = copp_rule_id(rule);
    return plan->chain == CHAIN_OF_OTHER_KIND || (strlen(id) == size && strncmp(test->rules, id, size) == 0);
}

static int check_chain(const struct player_trust *trust, const struct conformance_case *test) {
    const struct player_plan *plan = test->with;
    struct copp_verdict verdict = {.rule = COPP_RULE_NONE};
    struct trust_bytes chain;
    if (trust_chain(trust, test->semantics, plan->chain, &chain) != COPP_OK)
        return complain(test->id, "its chain cannot be made");
    enum copp_result result = validate(trust, test->semantics == COPP_SEMANTICS_OPM, &chain, &verdict);
    trust_bytes_free(&chain);
    if (plan->chain == CHAIN_GOOD)
        return result == COPP_OK ? 0 : complain(test->id, "the right chain is not valid");
    if (result != COPP_E_INVALID)
        return complain(test->id, "its chain is valid");
    return is_named(test, verdict.rule) ? 0 : complain(test->id, copp_rule_id(verdict.rule));
}

static int check_message(const struct conformance_case *test, const struct trust_bytes *list) {
    const struct player_plan *plan = test->with;
    const struct copp_srm_key key = {.size = sizeof key, .kind = COPP_SRM_KEY_FACSIMILE};
    struct copp_verdict verdict;
    enum copp_result result = copp_srm_verify(list->bytes, list->size, &key, NULL, &verdict);
    if (plan->list == LIST_SRM)
        return result == COPP_OK ? 0 : complain(test->id, "its message is not valid");
    if (result != COPP_E_INVALID)
        return complain(test->id, "its message is valid");
    return verdict.rule == COPP_RULE_SRM_1 || is_named(test, verdict.rule) ? 0 : complain(test->id, copp_rule_id(verdict.rule));
}

/* Revoked, or not to be believed. */
static int check_list(const struct player_trust *trust, const struct conformance_case *test) {
    const struct player_plan *plan = test->with;
    struct trust_bytes list, chain_bytes = {.bytes = NULL};
    struct copp_revocation_list *revocations = NULL;
    struct copp_chain *chain = NULL;
    struct copp_verdict verdict = {.rule = COPP_RULE_NONE};
    if (trust_list(trust, plan->list, &list) != COPP_OK)
        return complain(test->id, "its list cannot be made");
    int bad = plan->list >= LIST_SRM ? check_message(test, &list) : 0;
    const struct copp_public_key *anchor = &trust->public_keys[TRUST_ROOT];
    enum copp_result result = COPP_OK;
    if (plan->list < LIST_SRM)
        result = copp_revocation_validate(list.bytes, list.size, anchor, &revocations, &verdict);
    if (revocations != NULL && trust_chain(trust, test->semantics, plan->chain, &chain_bytes) == COPP_OK &&
        copp_chain_validate(chain_bytes.bytes, chain_bytes.size, anchor, &chain, &verdict) == COPP_OK)
        result = copp_revocation_check(revocations, chain, &verdict);
    if (plan->expect == EXPECT_PLAY && result != COPP_OK)
        bad = complain(test->id, "its list matters");
    else if (plan->expect == EXPECT_NO_START && (result == COPP_OK || !is_named(test, verdict.rule)))
        bad = complain(test->id, copp_rule_id(verdict.rule));
    copp_chain_free(&chain);
    copp_revocation_free(&revocations);
    trust_bytes_free(&list);
    trust_bytes_free(&chain_bytes);
    return bad;
}

int main(void) {
    const struct conformance_case *cases[PLAYER_CASES_MAX];
    size_t count = player_cases(cases);
    struct player_trust trust;
    int bad = 0;
    if (trust_make(&trust) != COPP_OK)
        return complain("trust", "no hierarchy can be made");
    for (size_t i = 0; i < count; i++) {
        const struct player_plan *plan = cases[i]->with;
        bad |= check_chain(&trust, cases[i]);
        if (plan->list != LIST_NONE)
            bad |= check_list(&trust, cases[i]);
    }
    trust_free(&trust);
    return bad;
}
