/* What faulty drivers make of answers. */
#include <string.h>

#include "faulty_opm_hooks.h"

static bool is_answered(const struct faulty_call *call, const struct faulty_rule *rule) {
    return call->hresult == COPP_HR_OK && faulty_opm_is(call, rule);
}

static uint32_t read_at(const struct faulty_call *call, uint32_t at) {
    return faulty_opm_word(call->answer.bytes + at);
}

static void write_at(struct faulty_session *s, struct faulty_call *call, uint32_t at, uint32_t word) {
    faulty_opm_put(call->answer.bytes + at, word);
    faulty_opm_seal_answer(s, call);
}

bool answer_word(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule) && (rule->from == 0 || read_at(call, rule->at) == rule->from))
        write_at(s, call, rule->at, (read_at(call, rule->at) & rule->mask) ^ rule->value);
    return false;
}

bool answer_mac(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)s;
    if (is_answered(call, rule))
        call->answer.bytes[rule->at] ^= 0x40;
    return false;
}

bool answer_short_mac(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule))
        faulty_opm_tag(s->outer_mac, call->answer.bytes + COPP_MAC_SIZE, rule->last, call->answer.bytes);
    return false;
}

bool answer_random(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule)) {
        memcpy(call->answer.bytes + AT_RANDOM, s->last_random, COPP_RANDOM_SIZE);
        faulty_opm_seal_answer(s, call);
    }
    return false;
}

bool answer_same_id(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!is_answered(call, rule))
        return false;
    faulty_opm_put(call->answer.bytes + AT_WORD, rule->value);
    write_at(s, call, AT_WORD + 4, 0);
    return false;
}

bool answer_other_id(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!is_answered(call, rule) || (rule->text != NULL && strcmp(rule->text, s->driver->happened) != 0))
        return false;
    write_at(s, call, AT_WORD, (uint32_t)s->number + 1);
    return false;
}

bool answer_types_by_event(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule) && strcmp(rule->text, s->driver->happened) == 0)
        write_at(s, call, AT_WORD, rule->value);
    return false;
}

bool answer_code_as_word(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (call->hresult != rule->from || !faulty_opm_is(call, rule))
        return false;
    memset(&call->answer, 0, sizeof call->answer);
    faulty_opm_put(call->answer.bytes + AT_ANSWER_SIZE, COPP_STATUS_SIZE);
    memcpy(call->answer.bytes + AT_RANDOM, call->bytes, COPP_RANDOM_SIZE);
    call->hresult = COPP_HR_OK;
    s->status++;
    write_at(s, call, AT_WORD, rule->value);
    return false;
}

bool unpack_id(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    uint8_t *bytes = call->answer.bytes;
    if (!is_answered(call, rule))
        return false;
    memmove(bytes + AT_WORD + 4, bytes + AT_WORD, 8);
    faulty_opm_put(bytes + AT_WORD, 0);
    write_at(s, call, AT_ANSWER_SIZE, 32);
    return false;
}

/* --- flags --- */

static void write_flags(struct faulty_session *s, struct faulty_call *call, uint32_t flags) {
    write_at(s, call, AT_FLAGS, flags);
}

bool flags_again(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule))
        write_flags(s, call, read_at(call, AT_FLAGS) | s->flags);
    return false;
}

bool flags_once_for_all(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!is_answered(call, rule) || read_at(call, AT_FLAGS) == 0)
        return false;
    if (s->driver->told)
        write_flags(s, call, 0);
    s->driver->told = true;
    return false;
}

/* Fresh: opened after the event before. */
bool flags_for_new(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule) && s->fresh && s->driver->happened[0] != '\0' && s->count++ == 0)
        write_flags(s, call, COPP_STATUS_LINK_LOST);
    return false;
}

bool flags_after_refusal(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (call->hresult != COPP_HR_OK)
        s->count = 1;
    else if (is_answered(call, rule) && s->count != 0)
        write_flags(s, call, 0);
    return false;
}

bool flags_after_command(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule) && s->count != 0)
        write_flags(s, call, 0);
    return false;
}

bool note_command(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)call, (void)rule;
    s->count = 1;
    return false;
}

bool flags_one_by_one(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    const uint32_t flags = is_answered(call, rule) ? read_at(call, AT_FLAGS) : 0;
    if ((flags & (flags - 1)) == 0 || (flags & COPP_STATUS_REVOKED_HDCP_DEVICE) != 0)
        return false;
    s->events |= flags & (flags - 1);
    write_flags(s, call, flags & ~(flags - 1));
    return false;
}

bool flags_of_bus_only(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!is_answered(call, rule) || call->request == COPP_QUERY_BUS_DATA || call->request == COPP_QUERY_LOCAL_PROTECTION_LEVEL ||
        call->request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL)
        return false;
    s->events |= read_at(call, AT_FLAGS);
    write_flags(s, call, 0);
    return false;
}

bool flags_by_event(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    const uint32_t flags = is_answered(call, rule) ? read_at(call, AT_FLAGS) : 0;
    if (flags != 0 && strcmp(rule->text, s->driver->happened) == 0)
        write_flags(s, call, (flags & rule->mask) ^ rule->value);
    return false;
}

bool flags_stuck(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!is_answered(call, rule))
        return false;
    s->count |= read_at(call, AT_FLAGS) & COPP_STATUS_LINK_LOST;
    write_flags(s, call, read_at(call, AT_FLAGS) | s->count);
    return false;
}

static bool is_virtual(const struct faulty_call *call, const struct faulty_rule *rule) {
    return is_answered(call, rule) && call->request == COPP_QUERY_LOCAL_PROTECTION_LEVEL;
}

bool loss_hidden(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!is_virtual(call, rule) || strncmp(rule->text, s->driver->happened, strlen(rule->text)) != 0)
        return false;
    write_flags(s, call, 0);
    write_at(s, call, AT_WORD, s->held[faulty_opm_type_index(call->type)]);
    return false;
}

bool answer_late(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_virtual(call, rule) && s->held[faulty_opm_type_index(call->type)] != 0 && s->count++ == 0)
        write_at(s, call, AT_WORD, 0);
    return false;
}

/* --- revoked devices --- */

bool revoked_at_once(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule) && strcmp(s->driver->happened, "revoke on") == 0 && read_at(call, AT_FLAGS) != 0)
        write_flags(s, call, COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE);
    return false;
}

bool revoked_again(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!is_answered(call, rule))
        return false;
    if ((read_at(call, AT_FLAGS) & COPP_STATUS_REVOKED_HDCP_DEVICE) != 0)
        s->count = 1;
    else if (s->count != 0)
        write_flags(s, call, COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE);
    return false;
}

bool revoked_to_all(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule) && strcmp(s->driver->happened, "revoke on") == 0 && s->count++ == 0)
        write_flags(s, call, COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE);
    return false;
}

/* --- levels --- */

bool virtual_stays(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_answered(call, rule) && call->request == COPP_QUERY_LOCAL_PROTECTION_LEVEL)
        write_at(s, call, AT_WORD, s->held[faulty_opm_type_index(call->type)]);
    return false;
}

bool virtual_is_actual(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    uint32_t word;
    if (is_answered(call, rule) && call->request == COPP_QUERY_LOCAL_PROTECTION_LEVEL &&
        faulty_opm_inner_get(s, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, call->type, &word))
        write_at(s, call, AT_WORD, word);
    return false;
}

/* Of all sessions, or of OPM's alone; the numerically highest. */
static uint32_t highest(const struct faulty_opm *driver, uint32_t type, bool first_only) {
    uint32_t level = 0;
    for (size_t i = 0; i < FAULTY_SESSIONS; i++) {
        const struct faulty_session *other = driver->sessions[i];
        if (other == NULL || !other->opm)
            continue;
        const uint32_t held = other->held[faulty_opm_type_index(type)];
        level = held > level ? held : level;
        if (first_only && other->active)
            break;
    }
    return level;
}

static bool actual(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule, uint32_t level) {
    if (is_answered(call, rule) && call->request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL)
        write_at(s, call, AT_WORD, level);
    return false;
}

bool actual_stays(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    const uint32_t level = highest(s->driver, call->type, false);
    return level == 0 ? false : actual(s, call, rule, level);
}

bool actual_of_sessions(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    return actual(s, call, rule, highest(s->driver, call->type, false));
}

bool actual_of_first(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    return actual(s, call, rule, highest(s->driver, call->type, true));
}

bool actual_of_last(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    return actual(s, call, rule, s->driver->last[faulty_opm_type_index(call->type)]);
}

/* Once a session has ended beside others, the level is value. */
bool actual_after_end(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    return s->driver->ended && actual(s, call, rule, rule->value);
}

bool tell_list_version(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    struct faulty_rule answer = *rule;
    answer.value = s->driver->word;
    answer.from = COPP_HR_OPM_SRM_NEVER_SET;
    answer.request = ONLY(COPP_OPM_QUERY_SRM_VERSION);
    if (s->driver->word != 0)
        (void)answer_code_as_word(s, call, &answer);
    if (is_answered(call, &answer) && s->driver->word != 0)
        write_at(s, call, AT_WORD, s->driver->word);
    return false;
}

bool copp_sees_itself(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (call->hresult == COPP_HR_OK && ONLY(call->request) == rule->request)
        write_at(s, call, AT_WORD, (read_at(call, AT_WORD) & rule->mask) ^ rule->value);
    return false;
}
