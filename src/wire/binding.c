#include "wire/binding.h"

#include <string.h>

#include "copp/omac.h"
#include "wire/answers.h"
#include "wire/cursor.h"

#define MARK_SIZE COPP_GUID_SIZE
#define FLAGS_AT 52u

_Static_assert(MARK_SIZE + COPP_GUID_SIZE + 4 + 4 + COPP_BINDING_DATA_SIZE + 4 + 4 + 4 + COPP_BINDING_RECORD_SIZE +
                       COPP_CONNECTOR_NAME_SIZE ==
                   COPP_BINDING_SIZE,
               "BIND-1: the fields are the whole binding");
_Static_assert(COPP_ANSWER_SIZE_MAX + COPP_BINDING_SIZE <= COPP_STATUS_ANSWER_SIZE, "BIND-1: behind the longest answer");

static const uint8_t mark[MARK_SIZE] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a,
                                        0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57};

void copp_binding_of_request(const struct copp_status_input_fields *fields, struct copp_binding *binding) {
    size_t size = fields->size < sizeof binding->data ? fields->size : sizeof binding->data;
    struct copp_reader in = {fields->data, size};
    memcpy(binding->guid, fields->guid, sizeof binding->guid);
    binding->sequence = fields->sequence;
    binding->size = fields->size;
    memset(binding->data, 0, sizeof binding->data);
    if (size)
        (void)copp_read_bytes(&in, binding->data, size);
}

/* BIND-1; the sizes are known to fit, so that the cursor cannot refuse. */
void copp_binding_encode(const struct copp_binding *binding, uint8_t *bytes) {
    struct copp_writer out = {bytes, COPP_BINDING_SIZE};
    (void)copp_write_bytes(&out, mark, sizeof mark);
    (void)copp_write_bytes(&out, binding->guid, sizeof binding->guid);
    (void)copp_write_u32le(&out, binding->sequence);
    (void)copp_write_u32le(&out, binding->size);
    (void)copp_write_bytes(&out, binding->data, sizeof binding->data);
    (void)copp_write_u32le(&out, binding->command_sequence);
    (void)copp_write_u32le(&out, binding->refused);
    (void)copp_write_u32le(&out, binding->flags);
    (void)copp_write_bytes(&out, binding->record, sizeof binding->record);
    (void)copp_write_bytes(&out, (const uint8_t *)binding->connector, sizeof binding->connector);
}

bool copp_binding_decode(const uint8_t *bytes, struct copp_binding *binding) {
    struct copp_reader in = {bytes, COPP_BINDING_SIZE};
    uint8_t found[MARK_SIZE];
    return copp_read_bytes(&in, found, sizeof found) && copp_equal(found, mark, sizeof mark) &&
           copp_read_bytes(&in, binding->guid, sizeof binding->guid) && copp_read_u32le(&in, &binding->sequence) &&
           copp_read_u32le(&in, &binding->size) && copp_read_bytes(&in, binding->data, sizeof binding->data) &&
           copp_read_u32le(&in, &binding->command_sequence) && copp_read_u32le(&in, &binding->refused) &&
           copp_read_u32le(&in, &binding->flags) && copp_read_bytes(&in, binding->record, sizeof binding->record) &&
           copp_read_bytes(&in, (uint8_t *)binding->connector, sizeof binding->connector);
}

bool copp_binding_matches(const uint8_t *bytes, struct copp_binding *expected) {
    struct copp_reader in = {bytes, COPP_BINDING_SIZE};
    const uint8_t *before;
    uint8_t expected_bytes[COPP_BINDING_SIZE];
    if (!copp_read_view(&in, &before, FLAGS_AT) || !copp_read_u32le(&in, &expected->flags))
        return false;
    copp_binding_encode(expected, expected_bytes);
    return copp_equal(bytes, expected_bytes, sizeof expected_bytes);
}

bool copp_connector_name_set(char name[COPP_CONNECTOR_NAME_SIZE], const char *text) {
    size_t size = text ? strlen(text) : 0;
    if (size >= COPP_CONNECTOR_NAME_SIZE)
        return false;
    memset(name, 0, COPP_CONNECTOR_NAME_SIZE);
    if (size)
        memcpy(name, text, size);
    return true;
}
