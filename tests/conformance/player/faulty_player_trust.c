/* Chains, lists and receivers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faulty_player.h"

static size_t read_file(const char *path, uint8_t *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    size_t size = file != NULL ? fread(bytes, 1, room, file) : 0;
    if (file != NULL)
        fclose(file);
    return size;
}

static size_t read_state(const char *name, uint8_t *bytes, size_t room) {
    char path[1024];
    const char *state = getenv("COPP_STATE_DIR");
    (void)snprintf(path, sizeof path, "%s/%s", state != NULL ? state : ".", name);
    return read_file(path, bytes, room);
}

/* A fault for each rule of a chain: "skips CERT-4" goes on as if that rule were not there. */
static bool is_skipped(const struct player *p, enum copp_rule rule) {
    static const struct {
        enum player_fault fault;
        const char *rule;
    } rules[] = {
        {FAULT_skips_cert_1, "CERT-1"},         {FAULT_skips_cert_2, "CERT-2"},         {FAULT_skips_cert_3, "CERT-3"},
        {FAULT_skips_cert_4, "CERT-4"},         {FAULT_skips_cert_5, "CERT-5"},         {FAULT_skips_cert_6, "CERT-6"},
        {FAULT_skips_cert_7, "CERT-7"},         {FAULT_skips_cert_8, "CERT-8"},         {FAULT_skips_cert_9, "CERT-9"},
        {FAULT_skips_cert_10, "CERT-10"},       {FAULT_skips_cert_11, "CERT-11"},       {FAULT_skips_cert_12, "CERT-12"},
        {FAULT_skips_cert_13, "CERT-13"},       {FAULT_skips_opm_cert_1, "OPM-CERT-1"}, {FAULT_skips_opm_cert_2, "OPM-CERT-2"},
        {FAULT_skips_opm_cert_3, "OPM-CERT-3"}, {FAULT_skips_opm_cert_4, "OPM-CERT-4"}, {FAULT_skips_opm_cert_5, "OPM-CERT-5"},
        {FAULT_skips_opm_cert_6, "OPM-CERT-6"}, {FAULT_skips_opm_cert_8, "OPM-CERT-8"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (has(p, rules[i].fault) && strcmp(rules[i].rule, copp_rule_id(rule)) == 0)
            return true;
    }
    return has(p, FAULT_no_chain) || (p->again && has(p, FAULT_first_chain_alone));
}

static bool list_allows(struct player *p, const struct copp_chain *chain, const struct copp_public_key *anchor) {
    uint8_t bytes[8192];
    size_t size = read_state("revocation.crl", bytes, sizeof bytes);
    struct copp_revocation_list *list = NULL;
    struct copp_verdict verdict;
    if (size == 0 || has(p, FAULT_no_list))
        return true;
    if (has(p, FAULT_any_list_revokes))
        return false;
    enum copp_result result = copp_revocation_validate(bytes, size, anchor, &list, &verdict);
    if (result != COPP_OK)
        return has(p, FAULT_damaged_list_accepted);
    result = copp_revocation_check(list, chain, &verdict);
    bool leaf = verdict.certificate == 0;
    copp_revocation_free(&list);
    return result == COPP_OK || (!leaf && has(p, FAULT_vendor_list_ignored));
}

static bool trust_copp(struct player *p, const uint8_t *anchor_bytes, size_t anchor_size, struct copp_public_key *leaf) {
    struct copp_public_key anchor;
    struct copp_chain *chain = NULL;
    struct copp_verdict verdict;
    if (copp_public_key_read((const char *)anchor_bytes, anchor_size, &anchor) != COPP_OK)
        exit(3);
    enum copp_result result = copp_chain_validate(p->chain, p->chain_size, &anchor, &chain, &verdict);
    if (result != COPP_OK)
        return is_skipped(p, verdict.rule);
    *leaf = *copp_chain_leaf_key(chain);
    bool allowed = list_allows(p, chain, &anchor);
    copp_chain_free(&chain);
    return allowed;
}

static bool trust_opm(struct player *p, const uint8_t *anchor_bytes, size_t anchor_size, struct copp_public_key *leaf) {
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    struct copp_opm_chain *chain = NULL;
    struct copp_verdict verdict;
    if (copp_opm_anchor_read(anchor_bytes, anchor_size, &anchor) != COPP_OK)
        exit(3);
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor};
    enum copp_result result = copp_opm_chain_validate(p->chain, p->chain_size, &trust, &chain, &verdict);
    if (result != COPP_OK)
        return is_skipped(p, verdict.rule);
    *leaf = *copp_opm_chain_leaf_key(chain);
    copp_opm_chain_free(&chain);
    return true;
}

bool trust_leaf(struct player *p, const char *anchor_path, struct copp_public_key *leaf) {
    uint8_t anchor[8192];
    size_t size = read_file(anchor_path, anchor, sizeof anchor);
    *leaf = (struct copp_public_key){.modulus_size = 0};
    return p->opm ? trust_opm(p, anchor, size, leaf) : trust_copp(p, anchor, size, leaf);
}

/* --- receivers --- */

static struct copp_srm *message;

bool trust_message(struct player *p) {
    uint8_t bytes[8192];
    size_t size = read_state("hdcp1.srm", bytes, sizeof bytes);
    const struct copp_srm_key key = {.size = sizeof key, .kind = COPP_SRM_KEY_FACSIMILE};
    struct copp_verdict verdict;
    if (size == 0 || has(p, FAULT_no_message))
        return true;
    return copp_srm_verify(bytes, size, &key, &message, &verdict) == COPP_OK || has(p, FAULT_damaged_message_accepted);
}

static bool key_is_valid(const struct player *p, const uint8_t *ksv) {
    static const uint8_t zeros[COPP_KSV_SIZE];
    if (has(p, FAULT_key_unchecked) || (has(p, FAULT_zero_key_accepted) && memcmp(ksv, zeros, sizeof zeros) == 0))
        return true;
    return copp_ksv_valid(ksv);
}

bool trust_receiver(struct player *p, const struct told *told) {
    uint8_t ksv[COPP_KSV_SIZE];
    bool repeater = (packets_get(told->bytes + 20) & COPP_HDCP_REPEATER) != 0;
    copp_ksv_from_bksv(told->bytes + 24, ksv);
    if (has(p, FAULT_any_message_revokes) && message != NULL)
        return false;
    if (repeater && !has(p, FAULT_repeater_accepted) && !(p->playing && has(p, FAULT_later_repeater_accepted)))
        return false;
    return key_is_valid(p, ksv) && (message == NULL || !copp_srm_revoked(message, ksv));
}
