#include "binding_kit.h"

#include <string.h>

static void put(uint8_t *bytes, uint32_t word) {
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (8 * i));
}

void kit_note(struct kit_binding *binding, const uint8_t *session_key, uint32_t kind, const uint8_t *message, uint32_t hresult) {
    uint8_t bytes[68];
    memcpy(bytes, binding->record, 16);
    put(bytes + 16, hresult);
    put(bytes + 20, kind);
    memcpy(bytes + 24, message, 44);
    kit_cmac(session_key, bytes, sizeof bytes, binding->record);
    binding->refused += hresult != COPP_HR_OK;
}

void kit_bind(const struct kit_binding *binding, const uint8_t *request, uint8_t *bytes) {
    /* a1c264db-7bc8-4a31-a969-b0bb2ed8c157 in memory */
    assert_int_equal(from_hex("db64c2a1c87b314aa969b0bb2ed8c157", bytes, 16), 16);
    memset(bytes + 16, 0, KIT_BINDING_SIZE - 16);
    memcpy(bytes + 16, request + 16, 24); /* GUID, sequence number, cbSizeData */
    if (request[36] == 4)
        memcpy(bytes + 40, request + 40, 4); /* a level query's type */
    put(bytes + 44, binding->command_sequence);
    put(bytes + 48, binding->refused);
    put(bytes + 52, binding->flags);
    memcpy(bytes + 56, binding->record, 8);
    if (binding->connector)
        memcpy(bytes + 64, binding->connector, strlen(binding->connector));
}
