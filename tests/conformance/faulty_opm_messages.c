/* What faulty drivers make of requests and commands. */
#include <string.h>

#include "faulty_opm_hooks.h"

static uint32_t expected(const struct faulty_session *s, const struct faulty_call *call) {
    return call->is_command ? s->command : s->status;
}

static bool is_level_request(const struct faulty_call *call) {
    return call->known &&
           (call->request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || call->request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL);
}

static bool is_level_command(const struct faulty_call *call) {
    return call->known && (call->request == COPP_SET_PROTECTION_LEVEL || call->request == COPP_OPM_SET_PROTECTION_LEVEL_CSS);
}

static bool is_list(const struct faulty_call *call) {
    return call->is_command && call->known && call->request == COPP_OPM_SET_HDCP_SRM;
}

static uint32_t right_size(const struct faulty_call *call) {
    if (call->is_command)
        return is_list(call) ? COPP_OPM_SET_HDCP_SRM_SIZE : COPP_SET_PROTECTION_LEVEL_SIZE;
    return is_level_request(call) ? 4 : 0;
}

static bool has_spare(const struct faulty_call *call) {
    for (size_t at = AT_DATA + right_size(call); at < COPP_MESSAGE_SIZE; at++) {
        if (call->bytes[at] != 0)
            return true;
    }
    return false;
}

/* Whether what text says is so; NULL is always so. */
static bool holds(const struct faulty_session *s, const struct faulty_call *call, const char *text) {
    if (text == NULL)
        return true;
    if (strcmp(text, "inactive") == 0)
        return !s->active;
    if (strcmp(text, "unauthentic") == 0)
        return s->active && !call->authentic;
    if (strcmp(text, "out of turn") == 0)
        return call->authentic && !call->in_turn;
    if (!call->authentic || !call->in_turn)
        return false;
    if (strcmp(text, "unknown") == 0)
        return !call->known;
    if (strcmp(text, "size") == 0)
        return call->size != right_size(call);
    if (strcmp(text, "short") == 0)
        return call->size < right_size(call);
    if (strcmp(text, "long") == 0)
        return call->size > right_size(call) && call->size <= COPP_STATUS_DATA_SIZE;
    if (strcmp(text, "too long") == 0)
        return call->size > COPP_STATUS_DATA_SIZE;
    if (strcmp(text, "spare") == 0)
        return has_spare(call);
    if (strcmp(text, "beside") == 0)
        return call->additional_size > 0 && !is_list(call);
    if (strcmp(text, "large") == 0)
        return call->additional_size > COPP_OPM_ADDITIONAL_MAX;
    if (strcmp(text, "off unplugged") == 0)
        return is_level_command(call) && call->level == 0 && strcmp(s->driver->happened, "unplug") == 0;
    if (strcmp(text, "off lost") == 0)
        return is_level_command(call) && call->level == 0 && strcmp(s->driver->happened, "hdcp-fail") == 0;
    if (strcmp(text, "reserved") == 0)
        return is_level_command(call) && (faulty_opm_word(call->bytes + 48) | faulty_opm_word(call->bytes + 52)) != 0;
    if (strcmp(text, "no type") == 0)
        return is_level_command(call) && call->type == 0;
    if (strcmp(text, "wrong level") == 0)
        return is_level_command(call) && call->level > 4;
    if (strcmp(text, "on") == 0)
        return is_level_command(call) && call->level != 0;
    if (strcmp(text, "off") == 0)
        return is_level_command(call) && call->level == 0;
    if (strcmp(text, "again") == 0)
        return is_level_command(call) && call->level != 0 && s->held[faulty_opm_type_index(call->type)] == call->level;
    if (strcmp(text, "list 1") == 0)
        return is_list(call) && call->additional_size > 0 && call->additional[0] >> 4 == 8;
    if (strcmp(text, "list 2") == 0)
        return is_list(call) && call->additional_size > 0 && call->additional[0] >> 4 == 9;
    if (strcmp(text, "older list") == 0)
        return is_list(call) && call->type == 2;
    if (strcmp(text, "list again") == 0)
        return is_list(call) && s->count > 0;
    if (strcmp(text, "after a list") == 0)
        return is_level_command(call) && call->level != 0 && s->count > 0;
    if (strcmp(text, "before a list") == 0)
        return is_level_command(call) && call->level != 0 && s->count == 0;
    return strcmp(text, s->driver->happened) == 0 && (!call->is_command || call->level != 0);
}

/* --- before the device --- */

static bool try_bits(struct faulty_session *s, const struct faulty_call *call, uint32_t at) {
    struct faulty_call copy = *call;
    uint8_t given[COPP_MAC_SIZE];
    memcpy(given, call->is_command ? call->bytes : call->mac, sizeof given);
    for (unsigned bit = 0; bit < 8; bit++) {
        uint8_t *byte = call->is_command ? &copy.bytes[at] : &copy.bytes[at - COPP_MAC_SIZE];
        if (bit != at % 8)
            continue; /* a byte's bit that is tried here is always this one */
        *byte ^= (uint8_t)(1u << bit);
        faulty_opm_resign(s, &copy);
        *byte ^= (uint8_t)(1u << bit);
        if (memcmp(copy.is_command ? copy.bytes : copy.mac, given, sizeof given) == 0)
            return true;
    }
    return false;
}

bool accept_mac(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    bool taken = rule->last == 0;
    if (!s->active || call->authentic)
        return false;
    for (uint32_t at = rule->first; !taken && at <= rule->last; at++)
        taken = try_bits(s, call, at);
    if (taken)
        faulty_opm_resign(s, call);
    return false;
}

bool accept_short_mac(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    uint8_t tag[COPP_MAC_SIZE] = {0};
    const uint8_t *from = call->bytes + (rule->value != 0 ? COPP_MAC_SIZE : 0);
    if (!s->active || copp_omac_tag(s->outer_mac, from, COPP_AUTHENTICATED_SIZE, tag) != COPP_OK)
        return false;
    if (memcmp(tag, call->mac, sizeof tag) == 0)
        faulty_opm_resign(s, call);
    return false;
}

bool ignore_mac_bytes(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    struct faulty_call right = *call;
    uint8_t *mac = call->is_command ? call->bytes : call->mac;
    if (!s->active)
        return false;
    faulty_opm_resign(s, &right);
    const uint8_t *tag = right.is_command ? right.bytes : right.mac;
    for (uint32_t at = 0; at < COPP_MAC_SIZE; at++) {
        if ((at < rule->first || at > rule->last) && mac[at] != tag[at])
            return false;
    }
    faulty_opm_resign(s, call);
    return false;
}

bool accept_any_key(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)rule;
    for (size_t i = 0; i < FAULTY_SESSIONS && !call->authentic; i++) {
        struct faulty_session *other = s->driver->sessions[i];
        struct faulty_call copy = *call;
        if (other == NULL || !other->active || !other->opm)
            continue;
        faulty_opm_resign(other, &copy);
        if (memcmp(copy.is_command ? copy.bytes : copy.mac, call->is_command ? call->bytes : call->mac, COPP_MAC_SIZE) == 0)
            faulty_opm_resign(s, call);
    }
    return false;
}

static uint32_t reversed(uint32_t word) {
    return word >> 24 | (word >> 8 & 0xFF00) | (word << 8 & 0xFF0000) | word << 24;
}

bool accept_number(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    const uint32_t right = expected(s, call);
    bool taken = rule->mask != 0 && ((call->sequence ^ right) & rule->mask) == 0;
    if (!call->authentic)
        return false;
    if (rule->text == NULL && rule->mask == 0)
        taken = call->sequence == right + rule->value;
    else if (rule->text != NULL && strcmp(rule->text, "any") == 0)
        taken = true;
    else if (rule->text != NULL && strcmp(rule->text, "swapped") == 0)
        taken = call->sequence == reversed(right);
    else if (rule->text != NULL)
        taken = call->sequence == (call->is_command ? s->status : s->command);
    if (taken) {
        faulty_opm_put(call->bytes + AT_SEQUENCE, right);
        faulty_opm_resign(s, call);
    }
    return false;
}

static void put_and_resign(struct faulty_session *s, struct faulty_call *call, uint32_t at, uint32_t word) {
    if (!call->authentic)
        return;
    faulty_opm_put(call->bytes + at, word);
    faulty_opm_resign(s, call);
}

bool accept_size(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (faulty_opm_is(call, rule) && call->size >= rule->from && call->size <= rule->to)
        put_and_resign(s, call, AT_SIZE, right_size(call));
    return false;
}

bool accept_guid(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    const bool is = rule->request == 0 ? !call->known : faulty_opm_is(call, rule);
    if (!is || !call->authentic)
        return false;
    memcpy(call->bytes + AT_GUID, copp_opm_request_guid((enum copp_request)rule->value), COPP_GUID_SIZE);
    call->request = (enum copp_request)rule->value;
    call->known = true;
    put_and_resign(s, call, AT_SIZE, right_size(call));
    return false;
}

bool accept_near_guid(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)rule;
    for (int request = 0; !call->known && call->authentic && request <= COPP_OPM_SET_HDCP_SRM; request++) {
        const uint8_t *guid = copp_opm_request_guid((enum copp_request)request);
        unsigned bits = 0;
        for (size_t i = 0; i < COPP_GUID_SIZE; i++) {
            for (unsigned difference = guid[i] ^ call->bytes[AT_GUID + i]; difference != 0; difference &= difference - 1)
                bits++;
        }
        if (bits != 1)
            continue;
        memcpy(call->bytes + AT_GUID, guid, COPP_GUID_SIZE);
        faulty_opm_resign(s, call);
        break;
    }
    return false;
}

bool accept_type(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if ((is_level_request(call) || is_level_command(call)) && call->type == rule->from)
        put_and_resign(s, call, AT_DATA, rule->to);
    return false;
}

bool accept_level(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_level_command(call) && faulty_opm_is(call, rule) && call->level == rule->from)
        put_and_resign(s, call, AT_LEVEL, rule->to);
    return false;
}

bool accept_reserved(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (is_level_command(call) && faulty_opm_is(call, rule)) {
        put_and_resign(s, call, 48, 0);
        put_and_resign(s, call, 52, 0);
    }
    return false;
}

bool accept_beside(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)s;
    if (!is_list(call) && faulty_opm_is(call, rule)) {
        call->additional = NULL;
        call->additional_size = 0;
    }
    return false;
}

bool accept_srm_version(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!is_list(call) || call->additional_size < 4)
        return false;
    uint32_t version = (uint32_t)call->additional[2] << 8 | call->additional[3];
    if (rule->text != NULL)
        version = (call->type >> 8 & 0xFF) | (call->type << 8 & 0xFF00); /* read the other way round */
    if (((version ^ call->type) & rule->mask) == 0 || rule->text != NULL)
        put_and_resign(s, call, AT_DATA, version);
    return false;
}

bool answer_if(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!faulty_opm_is(call, rule) || !holds(s, call, rule->text))
        return false;
    call->hresult = rule->to;
    return true;
}

bool ask_instead(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!faulty_opm_is(call, rule) || !call->authentic)
        return false;
    memcpy(call->bytes + AT_GUID, copp_opm_request_guid((enum copp_request)rule->value), COPP_GUID_SIZE);
    faulty_opm_resign(s, call);
    return false;
}

/* --- after it --- */

/* Its counter goes with what is answered. */
bool change_code(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (call->hresult != rule->from || !faulty_opm_is(call, rule) || !holds(s, call, rule->text))
        return false;
    uint32_t *counter = call->is_command ? &s->command : &s->status;
    *counter += (uint32_t)(rule->to == COPP_HR_OK) - (uint32_t)(rule->from == COPP_HR_OK);
    call->hresult = rule->to;
    if (!call->is_command && rule->to == COPP_HR_OK)
        faulty_opm_seal_answer(s, call);
    return false;
}

bool count_refusal(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (call->hresult == COPP_HR_OK || !faulty_opm_is(call, rule) || !holds(s, call, rule->text))
        return false;
    *(call->is_command ? &s->command : &s->status) += 1;
    return false;
}

bool count_both(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)rule;
    if (call->hresult == COPP_HR_OK)
        *(call->is_command ? &s->status : &s->command) += 1;
    return false;
}

bool skip_zero(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    uint32_t *counter = call->is_command ? &s->command : &s->status;
    (void)rule;
    if (call->hresult == COPP_HR_OK && *counter == 0)
        *counter = 1;
    return false;
}

bool set_anyway(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    const bool wrong = rule->text == NULL ? call->authentic : false;
    struct faulty_call before = *call; /* conditions are about the message, before anything was counted */
    if (call->hresult == COPP_HR_OK || !is_level_command(call) || call->type != COPP_PROTECTION_TYPE_OPM_HDCP)
        return false;
    if (wrong || holds(s, &before, rule->text))
        (void)faulty_opm_inner_set(s, COPP_SET_PROTECTION_LEVEL, call->type, call->level);
    return false;
}

bool set_and_forget(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (call->hresult == COPP_HR_OK && is_level_command(call) && faulty_opm_is(call, rule) && call->level != 0)
        (void)faulty_opm_inner_set(s, COPP_SET_PROTECTION_LEVEL, call->type, 0);
    return false;
}

bool release_all(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (call->hresult != COPP_HR_OK || !is_level_command(call) || call->level != 0)
        return false;
    for (size_t i = 0; i < FAULTY_SESSIONS; i++) {
        struct faulty_session *other = s->driver->sessions[i];
        if (other != NULL && other != s && other->active && other->opm)
            (void)faulty_opm_inner_set(other, COPP_SET_PROTECTION_LEVEL, call->type, 0);
    }
    if (rule->text != NULL) /* and its own other books */
        (void)faulty_opm_inner_set(s, COPP_SET_PROTECTION_LEVEL, COPP_PROTECTION_TYPE_ENFORCEMENT, 0);
    return false;
}

static bool succeeded(const struct faulty_call *call) {
    return call->hresult == COPP_HR_OK;
}

bool change_any(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!succeeded(call) && faulty_opm_is(call, rule)) {
        call->hresult = COPP_HR_OK;
        s->command++;
    }
    return false;
}

static bool came_to_nothing(struct faulty_session *s, const struct faulty_call *call) {
    uint32_t word;
    return succeeded(call) && call->known && call->request == COPP_OPM_SET_PROTECTION_LEVEL_CSS && call->level != 0 &&
           faulty_opm_inner_get(s, COPP_QUERY_LOCAL_PROTECTION_LEVEL, call->type, &word) && word != call->level;
}

bool css_strict(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (came_to_nothing(s, call)) {
        call->hresult = rule->to;
        s->command--;
    }
    return false;
}

bool css_uncounted(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)rule;
    s->command -= came_to_nothing(s, call);
    return false;
}

bool drop_on_failure(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    if (!succeeded(call) && is_level_command(call) && faulty_opm_is(call, rule))
        (void)faulty_opm_inner_set(s, COPP_SET_PROTECTION_LEVEL, call->type, 0);
    return false;
}

bool fail_for_all(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    for (size_t i = 0; i < FAULTY_SESSIONS && !succeeded(call) && is_level_command(call) && faulty_opm_is(call, rule); i++) {
        struct faulty_session *other = s->driver->sessions[i];
        if (other != NULL && other != s && other->active && other->opm)
            (void)faulty_opm_inner_set(other, COPP_SET_PROTECTION_LEVEL, COPP_PROTECTION_TYPE_OPM_HDCP, 0);
    }
    return false;
}

bool hold_twice(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)rule;
    if (!succeeded(call) || !is_level_command(call))
        return false;
    s->count += call->level != 0;
    if (call->level == 0 && s->count > 1)
        (void)faulty_opm_inner_set(s, COPP_SET_PROTECTION_LEVEL, call->type, 1);
    return false;
}

bool list_replaces(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    s->driver->mark = s->driver->mark || (is_list(call) && succeeded(call) && call->type == 2);
    if (s->driver->mark && is_level_command(call) && call->hresult == rule->from) {
        call->hresult = rule->to;
        s->command++;
    }
    return false;
}

bool count_for_all(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)rule;
    for (size_t i = 0; i < FAULTY_SESSIONS && succeeded(call); i++) {
        struct faulty_session *other = s->driver->sessions[i];
        if (other != NULL && other != s && other->opm)
            other->status++;
    }
    return false;
}

bool accept_level_if_old(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    return strcmp(s->driver->happened, "hdcp-version 1.4") == 0 && accept_level(s, call, rule);
}

bool accept_answer(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)s, (void)rule;
    call->hresult = COPP_HR_OK;
    return call->authentic && !call->known;
}

bool refuse_pointer(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)s;
    call->hresult = rule->to;
    return call->additional != NULL && call->additional_size == 0;
}

bool css_apart(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)rule;
    if (!is_level_command(call) || !call->authentic || !call->in_turn)
        return false;
    if (call->request == COPP_OPM_SET_PROTECTION_LEVEL_CSS)
        s->count = call->level;
    call->hresult = COPP_HR_OK;
    return call->request == COPP_SET_PROTECTION_LEVEL && call->level == 0 && s->count != 0;
}

bool keep_list_version(struct faulty_session *s, struct faulty_call *call, const struct faulty_rule *rule) {
    (void)rule;
    if (!is_list(call))
        return false;
    s->count += call->hresult == COPP_HR_OK;
    if (call->hresult == COPP_HR_OK || rule->value != 0)
        s->driver->word = call->type;
    return false;
}
