#include "levels.h"

#include "copp/opm.h"

#define GUID_AT 16u
#define DATA_AT 40u /* of requests and of answers */

static uint32_t word(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static size_t lane_of(struct levels *levels, uint32_t type) {
    size_t i = 0;
    while (i < levels->count && levels->lanes[i].type != type)
        i++;
    if (i == levels->count && i < LEVELS_TYPES)
        levels->lanes[levels->count++] = (struct level_lane){.type = type};
    return i;
}

static bool succeeded(const struct view_exchange *exchange) {
    const struct decoded_message *answer = exchange->answer;
    return answer != NULL && answer->entry->message.result == 0 && answer->entry->message.hresult == COPP_HR_OK;
}

static bool find_request(const struct recording_message *m, enum copp_request *request) {
    return m->size == COPP_MESSAGE_SIZE &&
           (m->semantics == COPP_SEMANTICS_OPM ? copp_opm_request_from_guid(m->bytes + GUID_AT, request)
                                               : copp_request_from_guid(m->bytes + GUID_AT, request));
}

bool levels_take(struct levels *levels, const struct view_exchange *exchange, struct level_told *told) {
    const struct recording_message *asked = &exchange->first->entry->message;
    enum copp_request request;
    if (is_note(exchange) || !succeeded(exchange) || !find_request(asked, &request))
        return false;
    const struct recording_message *answer = &exchange->answer->entry->message;
    bool sets = asked->kind == RECORDING_COMMAND && request == COPP_SET_PROTECTION_LEVEL;
    told->global = request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    bool asks = asked->kind == RECORDING_STATUS && answer->size == COPP_MESSAGE_SIZE &&
                (told->global || request == COPP_QUERY_LOCAL_PROTECTION_LEVEL);
    if (!sets && !asks)
        return false;
    told->lane = lane_of(levels, word(asked->bytes + DATA_AT));
    told->level = sets ? word(asked->bytes + DATA_AT + 4) : word(answer->bytes + DATA_AT);
    if (told->lane == LEVELS_TYPES)
        return false;
    if (!told->global) {
        levels->lanes[told->lane].own = told->level;
        levels->lanes[told->lane].known = true;
    }
    return true;
}
