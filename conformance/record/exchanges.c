#include "exchanges.h"

#include <string.h>

#include "copp.h"

static bool happens_to_nobody(const struct exchange *e) {
    return e->kind == EXCHANGE_EVENT || e->kind == EXCHANGE_NOTE;
}

/* A note is told once; so is an end, and a beginning that has succeeded. */
static bool has_answer(const struct exchange *e) {
    return !happens_to_nobody(e) && e->kind != EXCHANGE_CLOSE && (e->kind != EXCHANGE_OPEN || e->result != COPP_OK);
}

/* QueryHDCPKeyData answers the receiver's KSV, which no other receiver has. */
uint32_t exchange_flags(const uint8_t request[COPP_MESSAGE_SIZE]) {
    struct copp_status_input_fields fields;
    struct copp_status_input input;
    enum copp_request asked;
    memcpy(input.bytes, request, sizeof input.bytes);
    copp_status_input_decode(&input, &fields);
    return copp_request_from_guid(fields.guid, &asked) && asked == COPP_QUERY_HDCP_KEY_DATA ? RECORDING_IDENTIFIES : 0;
}

/* The kinds up to the event are the same. */
static struct recording_message request_of(const struct exchange *e, uint32_t number) {
    struct recording_message m = {.time_us = e->time_us,
                                  .kind = e->kind == EXCHANGE_NOTE ? RECORDING_EVENT : (enum recording_kind)e->kind,
                                  .direction = happens_to_nobody(e) ? RECORDING_NOTE : RECORDING_REQUEST,
                                  .semantics = (unsigned)e->semantics,
                                  .session = e->session,
                                  .exchange = number,
                                  .bytes = e->request,
                                  .size = e->request_size,
                                  .additional = e->additional,
                                  .additional_size = e->additional_size};
    if (happens_to_nobody(e) || e->kind == EXCHANGE_OPEN) {
        m.bytes = (const uint8_t *)e->note;
        m.size = strlen(e->note);
    }
    return m;
}

static struct recording_message answer_of(const struct exchange *e, uint32_t number) {
    struct recording_message m = request_of(e, number);
    m.direction = RECORDING_ANSWER;
    m.time_us += e->delay_us;
    m.hresult = e->hresult;
    m.result = e->result;
    m.bytes = e->answer;
    m.size = e->answer_size;
    m.additional = NULL;
    m.additional_size = 0;
    if (e->kind == EXCHANGE_STATUS && e->answer_size > 0 && e->request_size == COPP_MESSAGE_SIZE)
        m.flags = exchange_flags(e->request);
    return m;
}

size_t exchange_messages(const struct exchange *exchange, uint32_t number, struct recording_message messages[2]) {
    messages[0] = request_of(exchange, number);
    if (!has_answer(exchange))
        return 1;
    messages[1] = answer_of(exchange, number);
    return 2;
}
