/* The wire: layouts byte by byte against the tables of docs/protocol.md, written out here by hand, and the cursor's bounds. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "wire/answers.h"
#include "wire/base64.h"
#include "wire/binding.h"
#include "wire/cursor.h"
#include "wire/handshake_bytes.h"
#include "wire/requests.h"

/* Offset and value of a little-endian word that a layout prescribes. */
struct word {
    size_t offset;
    uint32_t value;
};

static uint32_t word_at(const uint8_t *bytes, size_t offset) {
    return (uint32_t)bytes[offset] + ((uint32_t)bytes[offset + 1] << 8) + ((uint32_t)bytes[offset + 2] << 16) +
           ((uint32_t)bytes[offset + 3] << 24);
}

static void check_words(const uint8_t *bytes, const struct word *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        assert_int_equal(word_at(bytes, words[i].offset), words[i].value);
}

static void fill(uint8_t *bytes, size_t size, uint8_t first) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(first + i);
}

static void signature_is_256_bytes(void) {
    assert_int_equal(sizeof(struct copp_signature), 256);
    assert_int_equal(COPP_SIGNATURE_SIZE, 256);
}

static void command_layout(void) {
    assert_int_equal(sizeof(struct copp_command), 4096);
    uint8_t data[COPP_COMMAND_DATA_SIZE];
    fill(data, sizeof data, 3);
    struct copp_command_fields fields = {.sequence = 0x11223344, .size = sizeof data, .data = data};
    fill(fields.mac, 16, 0xA0);
    fill(fields.guid, 16, 0xC0);
    struct copp_command message;
    memset(&message, 0xEE, sizeof message);
    assert_int_equal(copp_command_encode(&fields, &message), COPP_OK);
    assert_memory_equal(message.bytes, fields.mac, 16);
    assert_memory_equal(message.bytes + 16, fields.guid, 16);
    assert_int_equal(word_at(message.bytes, 32), 0x11223344);
    assert_int_equal(word_at(message.bytes, 36), 4056);
    assert_memory_equal(message.bytes + 40, data, sizeof data);
    struct copp_command_fields back;
    copp_command_decode(&message, &back);
    assert_memory_equal(back.mac, fields.mac, 16);
    assert_memory_equal(back.guid, fields.guid, 16);
    assert_int_equal(back.sequence, fields.sequence);
    assert_int_equal(back.size, fields.size);
    assert_ptr_equal(back.data, message.bytes + 40);

    fields.size = 3;
    assert_int_equal(copp_command_encode(&fields, &message), COPP_OK);
    for (size_t i = 43; i < 4096; i++)
        assert_int_equal(message.bytes[i], 0);
    struct copp_command before = message;
    fields.size = COPP_COMMAND_DATA_SIZE + 1;
    assert_int_equal(copp_command_encode(&fields, &message), COPP_E_TOO_LARGE);
    assert_memory_equal(&before, &message, sizeof message);
}

static void status_input_layout(void) {
    assert_int_equal(sizeof(struct copp_status_input), 4096);
    uint8_t data[4] = {1, 2, 3, 4};
    struct copp_status_input_fields fields = {.sequence = 0xFFFFFFFF, .size = 4, .data = data};
    fill(fields.r_app, 16, 0x10);
    fill(fields.guid, 16, 0x30);
    struct copp_status_input message;
    memset(&message, 0xEE, sizeof message);
    assert_int_equal(copp_status_input_encode(&fields, &message), COPP_OK);
    assert_memory_equal(message.bytes, fields.r_app, 16);
    assert_memory_equal(message.bytes + 16, fields.guid, 16);
    assert_int_equal(word_at(message.bytes, 32), 0xFFFFFFFF);
    assert_int_equal(word_at(message.bytes, 36), 4);
    assert_memory_equal(message.bytes + 40, data, 4);
    for (size_t i = 44; i < 4096; i++)
        assert_int_equal(message.bytes[i], 0);
    struct copp_status_input_fields back;
    copp_status_input_decode(&message, &back);
    assert_memory_equal(back.r_app, fields.r_app, 16);
    assert_memory_equal(back.guid, fields.guid, 16);
    assert_int_equal(back.sequence, 0xFFFFFFFF);
    assert_int_equal(back.size, 4);
    assert_ptr_equal(back.data, message.bytes + 40);
    fields.size = COPP_STATUS_DATA_SIZE + 1;
    assert_int_equal(copp_status_input_encode(&fields, &message), COPP_E_TOO_LARGE);
}

static void status_output_layout(void) {
    assert_int_equal(sizeof(struct copp_status_output), 4096);
    uint8_t data[COPP_STATUS_ANSWER_SIZE];
    fill(data, sizeof data, 9);
    struct copp_status_output_fields fields = {.size = sizeof data, .data = data};
    fill(fields.mac, 16, 0x50);
    struct copp_status_output message;
    assert_int_equal(copp_status_output_encode(&fields, &message), COPP_OK);
    assert_memory_equal(message.bytes, fields.mac, 16);
    assert_int_equal(word_at(message.bytes, 16), 4076);
    assert_memory_equal(message.bytes + 20, data, sizeof data);
    struct copp_status_output_fields back;
    copp_status_output_decode(&message, &back);
    assert_memory_equal(back.mac, fields.mac, 16);
    assert_int_equal(back.size, 4076);
    assert_ptr_equal(back.data, message.bytes + 20);
    fields.size = COPP_STATUS_ANSWER_SIZE + 1;
    assert_int_equal(copp_status_output_encode(&fields, &message), COPP_E_TOO_LARGE);
    fields.size = 0;
    fields.data = NULL;
    assert_int_equal(copp_status_output_encode(&fields, &message), COPP_OK);
    assert_int_equal(message.bytes[20], 0);
}

/* decode(encode(x)) = x, every size below the structure's is COPP_E_TRUNCATED, and nothing is written past it. */
#define ROUND_TRIP(kind, value, size)                                                                                            \
    do {                                                                                                                         \
        uint8_t whole[(size) + 1];                                                                                               \
        memset(whole, 0x77, sizeof whole);                                                                                       \
        copp_##kind##_encode(&(value), whole);                                                                                   \
        assert_int_equal(whole[size], 0x77);                                                                                     \
        struct copp_##kind back;                                                                                                 \
        memset(&back, 0x55, sizeof back);                                                                                        \
        assert_int_equal(copp_##kind##_decode(whole, size, &back), COPP_OK);                                                     \
        assert_memory_equal(&back, &(value), sizeof back);                                                                       \
        for (size_t cut = 0; cut < (size); cut++) {                                                                              \
            uint8_t *exact = malloc(cut + !cut); /* the sanitizer sees a read past it */                                         \
            assert_non_null(exact);                                                                                              \
            memcpy(exact, whole, cut);                                                                                           \
            assert_int_equal(copp_##kind##_decode(exact, cut, &back), COPP_E_TRUNCATED);                                         \
            free(exact);                                                                                                         \
        }                                                                                                                        \
    } while (0)

static void set_protection_level_layout(void) {
    const struct copp_set_protection_level value = {0x01020304, 0x05060708, 0x090a0b0c, 0x0d0e0f10};
    uint8_t bytes[16];
    copp_set_protection_level_encode(&value, bytes);
    const struct word words[] = {{0, 0x01020304}, {4, 0x05060708}, {8, 0x090a0b0c}, {12, 0x0d0e0f10}};
    check_words(bytes, words, 4);
    ROUND_TRIP(set_protection_level, value, 16);
    assert_int_equal(COPP_SET_PROTECTION_LEVEL_SIZE, 16);
}

static void set_signaling_layout(void) {
    const struct copp_set_signaling value = {1, {{2, 3}, {4, 5}, {6, 7}}, {8, 9, 10, 11}, {12, 13, 14, 15}, 16};
    uint8_t bytes[64];
    copp_set_signaling_encode(&value, bytes);
    for (uint32_t i = 0; i < 16; i++)
        assert_int_equal(word_at(bytes, 4 * i), i + 1);
    ROUND_TRIP(set_signaling, value, 64);
    assert_int_equal(COPP_SET_SIGNALING_SIZE, 64);
}

static void status_layout(void) {
    struct copp_status value = {.flags = 0xA1, .data = 0xA2, .extended_info_valid_mask = 0xA3, .extended_info_data = 0xA4};
    fill(value.r_app, 16, 1);
    uint8_t bytes[32];
    copp_status_encode(&value, bytes);
    assert_memory_equal(bytes, value.r_app, 16);
    const struct word words[] = {{16, 0xA1}, {20, 0xA2}, {24, 0xA3}, {28, 0xA4}};
    check_words(bytes, words, 4);
    ROUND_TRIP(status, value, 32);
    assert_int_equal(COPP_STATUS_SIZE, 32);
}

static void status_display_layout(void) {
    struct copp_status_display value = {.flags = 1, .display = {1920, 1080, 0x12345678, 22, 60000, 1001}};
    fill(value.r_app, 16, 1);
    uint8_t bytes[44];
    copp_status_display_encode(&value, bytes);
    assert_memory_equal(bytes, value.r_app, 16);
    const struct word words[] = {{16, 1}, {20, 1920}, {24, 1080}, {28, 0x12345678}, {32, 22}, {36, 60000}, {40, 1001}};
    check_words(bytes, words, 7);
    ROUND_TRIP(status_display, value, 44);
    assert_int_equal(COPP_STATUS_DISPLAY_SIZE, 44);
}

static void status_hdcp_key_layout(void) {
    struct copp_status_hdcp_key value = {.flags = 2, .hdcp_flags = COPP_HDCP_REPEATER};
    fill(value.r_app, 16, 1);
    fill(value.bksv, 16, 0x40);
    fill(value.reserved1, 16, 0x60);
    fill(value.reserved2, 16, 0x80);
    uint8_t bytes[72];
    copp_status_hdcp_key_encode(&value, bytes);
    const struct word words[] = {{16, 2}, {20, 1}};
    check_words(bytes, words, 2);
    assert_memory_equal(bytes + 24, value.bksv, 16);
    assert_memory_equal(bytes + 40, value.reserved1, 16);
    assert_memory_equal(bytes + 56, value.reserved2, 16);
    ROUND_TRIP(status_hdcp_key, value, 72);
    assert_int_equal(COPP_STATUS_HDCP_KEY_SIZE, 72);
}

static void status_signaling_layout(void) {
    struct copp_status_signaling value = {.flags = 0,
                                          .available_standards = 1,
                                          .active_standard = 2,
                                          .tv_type = 3,
                                          .aspect = {{4, 5}, {6, 7}, {8, 9}},
                                          .extended_info_valid_mask = {10, 11, 12, 13},
                                          .extended_info_data = {14, 15, 16, 17}};
    fill(value.r_app, 16, 1);
    uint8_t bytes[88];
    copp_status_signaling_encode(&value, bytes);
    assert_memory_equal(bytes, value.r_app, 16);
    for (uint32_t i = 0; i < 18; i++)
        assert_int_equal(word_at(bytes, 16 + 4 * i), i);
    ROUND_TRIP(status_signaling, value, 88);
    assert_int_equal(COPP_STATUS_SIGNALING_SIZE, 88);
}

/* Both sides keep an answer in a buffer of this size. */
static void every_answer_has_room(void) {
    static const size_t sizes[] = {COPP_STATUS_SIZE, COPP_STATUS_DISPLAY_SIZE, COPP_STATUS_HDCP_KEY_SIZE,
                                   COPP_STATUS_SIGNALING_SIZE};
    size_t largest = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        largest = sizes[i] > largest ? sizes[i] : largest;
    assert_int_equal(COPP_ANSWER_SIZE_MAX, largest);
    assert_true(COPP_ANSWER_SIZE_MAX <= COPP_STATUS_ANSWER_SIZE);
}

static void format_bit_field(void) {
    const struct {
        struct copp_format format;
        uint32_t word;
    } cases[] = {
        {{.sample_format = 0xFF}, 0xFFu},
        {{.chroma_subsampling = 0xF}, 0xFu << 8},
        {{.nominal_range = 7}, 7u << 12},
        {{.transfer_matrix = 7}, 7u << 15},
        {{.lighting = 0xF}, 0xFu << 18},
        {{.primaries = 0x1F}, 0x1Fu << 22},
        {{.transfer_function = 0x1F}, 0x1Fu << 27},
        {{.sample_format = 0x1FF}, 0xFFu},
        {{2, 1, 2, 3, 4, 5, 6}, 2u | 1u << 8 | 2u << 12 | 3u << 15 | 4u << 18 | 5u << 22 | 6u << 27},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(copp_format_pack(&cases[i].format), cases[i].word);
        struct copp_format back = copp_format_unpack(cases[i].word);
        assert_int_equal(copp_format_pack(&back), cases[i].word);
    }
}

/* "9bb9327c-4eb5-4727-9f00-b42b0919c0da" as docs/protocol.md prints it, to the bytes of memory: 4, 2 and 2 reversed. */
static void guid_from_text(const char *text, uint8_t *bytes) {
    static const unsigned order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    char hex[33];
    size_t length = 0;
    for (const char *c = text; *c; c++) {
        if (*c != '-')
            hex[length++] = *c;
    }
    hex[length] = 0;
    uint8_t written[16];
    assert_int_equal(from_hex(hex, written, 16), 16);
    for (size_t i = 0; i < 16; i++)
        bytes[i] = written[order[i]];
}

static void guids(void) {
    static const struct {
        enum copp_request request;
        const char *name;
        const char *guid;
    } table[] = {
        {COPP_SET_PROTECTION_LEVEL, "SetProtectionLevel", "9bb9327c-4eb5-4727-9f00-b42b0919c0da"},
        {COPP_SET_SIGNALING, "SetSignaling", "09a631a5-d684-4c60-8e4d-d3bb0f0be3ee"},
        {COPP_QUERY_CONNECTOR_TYPE, "QueryConnectorType", "81d0bfd5-6afe-48c2-99c0-95a08f97c5da"},
        {COPP_QUERY_PROTECTION_TYPE, "QueryProtectionType", "38f2a801-9a6c-48bb-9107-b6696e6f1797"},
        {COPP_QUERY_LOCAL_PROTECTION_LEVEL, "QueryLocalProtectionLevel", "b2075857-3eda-4d5d-88db-748f8c1a0549"},
        {COPP_QUERY_GLOBAL_PROTECTION_LEVEL, "QueryGlobalProtectionLevel", "1957210a-7766-452a-b99a-d27aed54f03a"},
        {COPP_QUERY_DISPLAY_DATA, "QueryDisplayData", "d7bf1ba3-ad13-4f8e-af98-0dcb3ca204cc"},
        {COPP_QUERY_HDCP_KEY_DATA, "QueryHDCPKeyData", "0db59d74-a992-492e-a0bd-c23fda564e00"},
        {COPP_QUERY_BUS_DATA, "QueryBusData", "c6f4d673-6174-4184-8e35-f6db5200bcba"},
        {COPP_QUERY_SIGNALING, "QuerySignaling", "6629a591-3b79-4cf3-924a-11e8e7811671"},
    };
    assert_int_equal(sizeof table / sizeof table[0], COPP_REQUEST_COUNT);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t guid[16];
        enum copp_request found;
        guid_from_text(table[i].guid, guid);
        assert_memory_equal(copp_request_guid(table[i].request), guid, 16);
        assert_string_equal(copp_request_name(table[i].request), table[i].name);
        assert_true(copp_request_from_guid(guid, &found));
        assert_int_equal(found, table[i].request);
        guid[15] ^= 1;
        assert_false(copp_request_from_guid(guid, &found));
    }
    assert_null(copp_request_guid(COPP_REQUEST_COUNT));
    assert_null(copp_request_name(COPP_REQUEST_COUNT));
}

/* ARB-2, written out: from the strongest down. */
static void precedence(void) {
    static const uint32_t hdcp[] = {1, 0};
    static const uint32_t acp[] = {2, 3, 1, 0};
    static const uint32_t cgmsa[] = {4, 2, 3, 1, 0};
    static const struct {
        uint32_t type;
        const uint32_t *levels;
        size_t count;
    } types[] = {
        {COPP_PROTECTION_TYPE_HDCP, hdcp, 2}, {COPP_PROTECTION_TYPE_ACP, acp, 4}, {COPP_PROTECTION_TYPE_CGMSA, cgmsa, 5}};
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < types[t].count; i++) {
            assert_true(copp_level_valid(types[t].type, types[t].levels[i]));
            assert_int_equal(copp_level_rank(types[t].type, types[t].levels[i]), types[t].count - 1 - i);
        }
        assert_false(copp_level_valid(types[t].type, COPP_NO_PROTECTION_LEVEL_AVAILABLE));
        assert_false(copp_level_valid(types[t].type, 5));
        assert_int_equal(copp_level_rank(types[t].type, 5), 0);
    }
    assert_true(copp_level_valid(COPP_PROTECTION_TYPE_CGMSA, 12));
    assert_false(copp_level_valid(COPP_PROTECTION_TYPE_CGMSA, 13));
    assert_false(copp_level_valid(COPP_PROTECTION_TYPE_HDCP, 8));
    assert_false(copp_level_valid(COPP_PROTECTION_TYPE_ACP, 8));
    assert_false(copp_level_valid(0x40, 0));
    assert_int_equal(copp_level_rank(COPP_PROTECTION_TYPE_CGMSA, 8 | 3), 2);
}

static void names(void) {
    assert_string_equal(copp_hresult_name(0x80070057u), "E_INVALIDARG");
    assert_string_equal(copp_hresult_name(1), "unknown HRESULT");
    assert_string_equal(copp_connector_type_name(COPP_CONNECTOR_HDMI | COPP_CONNECTOR_INTERNAL), "HDMI");
    assert_string_equal(copp_connector_type_name(COPP_CONNECTOR_UNKNOWN), "unknown");
    assert_string_equal(copp_bus_type_name(COPP_BUS_AGP | COPP_BUS_INTEGRATED), "AGP");
    assert_string_equal(copp_protection_type_name(4), "CGMS-A");
    assert_string_equal(copp_tv_standard_name(0x4000), "ARIBTRB15_1125i");
    assert_string_equal(copp_level_name(COPP_PROTECTION_TYPE_CGMSA, 12), "copy-never");
    assert_string_equal(copp_level_name(COPP_PROTECTION_TYPE_CGMSA, 0xFFFFFFFF), "not available");
    assert_string_equal(copp_level_name(9, 1), "unknown");
    assert_string_equal(copp_rule_id(COPP_RULE_CERT_1), "CERT-1");
    assert_string_equal(copp_rule_id(COPP_RULE_CERT_13), "CERT-13");
    assert_string_equal(copp_rule_id(COPP_RULE_CRL_1), "CRL-1");
    assert_string_equal(copp_rule_id(COPP_RULE_SRM_5), "SRM-5");
    assert_string_equal(copp_rule_id(COPP_RULE_APP_3), "APP-3");
    assert_string_equal(copp_rule_id(COPP_RULE_NONE), "");
    assert_string_equal(copp_rule_id((enum copp_rule)999), "");
    assert_string_equal(copp_strerror(COPP_OK), "success");
    assert_string_equal(copp_strerror(COPP_E_KEY), "not a usable key");
    assert_string_equal(copp_strerror(COPP_E_FAILED), "the protection did not come into force");
    assert_string_equal(copp_strerror((enum copp_result)1), "unknown result");
    assert_string_equal(copp_strerror((enum copp_result) - 25), "unknown result");
    assert_true(copp_version()[0] >= '0' && copp_version()[0] <= '9');
}

/* The text of each stands in no order that a new one could disturb. */
static void every_result_and_rule_has_its_own_text(void) {
    for (int result = COPP_E_AMBIGUOUS; result <= COPP_OK; result++) {
        const char *text = copp_strerror((enum copp_result)result);
        assert_string_not_equal(text, "unknown result");
        for (int other = result + 1; other <= COPP_OK; other++)
            assert_string_not_equal(text, copp_strerror((enum copp_result)other));
    }
    for (int rule = COPP_RULE_CERT_1; rule <= COPP_RULE_APP_3; rule++) {
        const char *id = copp_rule_id((enum copp_rule)rule);
        assert_string_not_equal(id, "");
        for (int other = rule + 1; other <= COPP_RULE_APP_3; other++)
            assert_string_not_equal(id, copp_rule_id((enum copp_rule)other));
    }
}

static void cursor_keeps_its_bounds(void) {
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct copp_reader in = {bytes, sizeof bytes};
    uint32_t value;
    uint8_t one;
    const uint8_t *view;
    assert_true(copp_read_u24be(&in, &value));
    assert_int_equal(value, 0x010203);
    assert_true(copp_read_u16be(&in, &value));
    assert_int_equal(value, 0x0405);
    assert_false(copp_read_view(&in, &view, 5));
    assert_false(copp_read_view(&in, &view, SIZE_MAX));
    assert_true(copp_read_u32le(&in, &value));
    assert_int_equal(value, 0x09080706);
    assert_int_equal(in.left, 0);
    assert_false(copp_read_u8(&in, &one));
    assert_false(copp_read_u32be(&in, &value));
    assert_false(copp_read_u32le(&in, &value));

    uint8_t buffer[9];
    struct copp_writer out = {buffer, sizeof buffer};
    assert_true(copp_write_u8(&out, 1));
    assert_true(copp_write_u16be(&out, 0x0203));
    assert_true(copp_write_u32be(&out, 0x04050607));
    assert_false(copp_write_u32be(&out, 0));
    assert_false(copp_write_u32le(&out, 0));
    assert_false(copp_write_bytes(&out, bytes, 3));
    assert_true(copp_write_bytes(&out, NULL, 0));
    assert_true(copp_write_bytes(&out, bytes + 7, 2));
    assert_memory_equal(buffer, bytes, sizeof bytes);
}

static void base64_vectors(void) {
    /* RFC 4648, section 10 */
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char text[16] = "";
        uint8_t bytes[16];
        size_t size = sizeof bytes;
        size_t length = strlen(vectors[i][0]);
        copp_base64_encode((const uint8_t *)vectors[i][0], length, text);
        assert_int_equal(copp_base64_length(length), strlen(vectors[i][1]));
        assert_string_equal(text, vectors[i][1]);
        assert_true(copp_base64_decode(text, strlen(text), bytes, &size));
        assert_int_equal(size, length);
        assert_memory_equal(bytes, vectors[i][0], length);
        size_t small = length ? length - 1 : 0;
        assert_int_equal(copp_base64_decode(text, strlen(text), bytes, &small), length == 0);
    }
}

static void base64_is_strict(void) {
    static const char *const good[] = {" Z m\n9\r\tv ", "Zm9vYg\n==", "Zg=\n="};
    static const char *const bad[] = {"Z",        "Zm",       "Zm9",          "Zg=",  "Zg===",    "=",
                                      "====",     "Zg==Zg==", "Zm9v=",        "Zh==", "Zm9=",     "Zm-_",
                                      "Zm9v\x01", "Z=g=",     "Zg==\xC2\xA0", "Zg=A", "Zg==ZgAA", "Zm8=AAAA"};
    uint8_t bytes[16];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t size = sizeof bytes;
        assert_true(copp_base64_decode(good[i], strlen(good[i]), bytes, &size));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t size = sizeof bytes;
        assert_false(copp_base64_decode(bad[i], strlen(bad[i]), bytes, &size));
    }
}

static void handshake_bytes_layout(void) {
    struct copp_handshake handshake = {.status_sequence = 0x04030201, .command_sequence = 0x08070605};
    fill(handshake.random, 16, 0x10);
    fill(handshake.session_key, 16, 0x20);
    uint8_t bytes[40];
    copp_handshake_encode(&handshake, bytes);
    assert_memory_equal(bytes, handshake.random, 16);
    assert_memory_equal(bytes + 16, handshake.session_key, 16);
    for (uint8_t i = 0; i < 8; i++)
        assert_int_equal(bytes[32 + i], i + 1);
    struct copp_handshake back;
    copp_handshake_decode(bytes, &back);
    assert_memory_equal(&back, &handshake, sizeof back);
}

/* BIND-1, field by field; what stands in the answer before it is untouched by it. */
static void binding_layout(void) {
    static const uint8_t mark[16] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a,
                                     0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57};
    struct copp_binding binding = {
        .sequence = 0x01020304, .size = 4, .command_sequence = 0x11121314, .refused = 0x21222324, .flags = 0x31323334};
    uint8_t expected[128];
    uint8_t bytes[128];
    assert_int_equal(COPP_BINDING_SIZE, 128);
    assert_int_equal(COPP_BINDING_AT, 3968);
    fill(binding.guid, sizeof binding.guid, 0x40);
    fill(binding.data, sizeof binding.data, 0x50);
    fill(binding.record, sizeof binding.record, 0x60);
    assert_true(copp_connector_name_set(binding.connector, "DP-1"));
    memset(bytes, 0x55, sizeof bytes);
    copp_binding_encode(&binding, bytes);
    memset(expected, 0, sizeof expected);
    memcpy(expected, mark, 16);
    fill(expected + 16, 16, 0x40);
    fill(expected + 40, 4, 0x50);
    fill(expected + 56, 8, 0x60);
    memcpy(expected + 64, "DP-1", 4);
    const struct word words[] = {{32, 0x01020304}, {36, 4}, {44, 0x11121314}, {48, 0x21222324}, {52, 0x31323334}};
    check_words(bytes, words, sizeof words / sizeof words[0]);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        memcpy(expected + words[i].offset, bytes + words[i].offset, 4);
    assert_memory_equal(bytes, expected, sizeof bytes);

    struct copp_binding decoded;
    uint8_t again[128];
    assert_true(copp_binding_decode(bytes, &decoded));
    copp_binding_encode(&decoded, again);
    assert_memory_equal(again, bytes, sizeof again);
    decoded.flags = 0;
    assert_true(copp_binding_matches(bytes, &decoded));
    assert_int_equal(decoded.flags, 0x31323334);
    for (size_t i = 0; i < 16; i++) { /* without its mark it does not count */
        bytes[i] ^= 1;
        assert_false(copp_binding_decode(bytes, &decoded));
        bytes[i] ^= 1;
    }
}

/* Of a request's data only what cbSizeData says. */
static void binding_of_a_request(void) {
    static const uint8_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t wanted[4][4] = {{0}, {1, 2}, {1, 2, 3, 4}, {1, 2, 3, 4}};
    static const uint32_t sizes[4] = {0, 2, 4, 8};
    for (size_t i = 0; i < 4; i++) {
        struct copp_binding binding;
        memset(&binding, 0x55, sizeof binding);
        copp_binding_of_request(&(struct copp_status_input_fields){.sequence = 7, .size = sizes[i], .data = data}, &binding);
        assert_memory_equal(binding.data, wanted[i], 4);
        assert_int_equal(binding.sequence, 7);
        assert_int_equal(binding.size, sizes[i]);
    }
    char name[COPP_CONNECTOR_NAME_SIZE];
    memset(name, 0x55, sizeof name);
    assert_true(copp_connector_name_set(name, NULL));
    static const char zeros[COPP_CONNECTOR_NAME_SIZE];
    assert_memory_equal(name, zeros, sizeof name);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(binding_layout, "BIND-1"),
        TEST(binding_of_a_request, "BIND-1 BIND-7"),
        TEST(signature_is_256_bytes, "WIRE-1"),
        TEST(command_layout, "WIRE-2"),
        TEST(status_input_layout, "WIRE-3"),
        TEST(status_output_layout, "WIRE-4"),
        TEST(set_protection_level_layout, "WIRE-5"),
        TEST(set_signaling_layout, "WIRE-6"),
        TEST(status_layout, "WIRE-7"),
        TEST(status_display_layout, "WIRE-8"),
        TEST(status_hdcp_key_layout, "WIRE-9"),
        TEST(status_signaling_layout, "WIRE-10"),
        TEST(every_answer_has_room, "QRY-2"),
        TEST(format_bit_field, "WIRE-8"),
        TEST(guids, ""),
        TEST(precedence, "ARB-2"),
        TEST(names, ""),
        TEST(every_result_and_rule_has_its_own_text, ""),
        TEST(cursor_keeps_its_bounds, ""),
        TEST(base64_vectors, ""),
        TEST(base64_is_strict, ""),
        TEST(handshake_bytes_layout, "SES-4"),
    };
    return RUN_SUITE("wire", cases);
}
