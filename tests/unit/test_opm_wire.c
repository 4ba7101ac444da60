/* OPM on the wire: sizes, layouts, GUIDs, codes and OMACs, written out here from the tables of docs/protocol.md. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "wire/answers.h"
#include "wire/handshake_bytes.h"
#include "wire/requests.h"

/* Fails unless bytes are those of hex. */
static void assert_hex(const uint8_t *bytes, const char *hex) {
    uint8_t expected[64];
    size_t size = from_hex(hex, expected, sizeof expected);
    assert_int_not_equal(size, 0);
    assert_memory_equal(bytes, expected, size);
}

static void sizes(void) {
    assert_int_equal(COPP_OPM_GET_INFO_SIZE, 4112);
    assert_int_equal(sizeof(struct copp_status_output), 4096); /* OPM-WIRE-2 */
    assert_int_equal(sizeof(struct copp_command), 4096); /* OPM-WIRE-3 */
    assert_int_equal(sizeof(struct copp_status_input), 4096); /* OPM-WIRE-4 */
    assert_int_equal(sizeof(struct copp_signature), 256); /* OPM-WIRE-5 */
    assert_int_equal(COPP_STATUS_SIZE, 32); /* OPM-WIRE-6 */
    assert_int_equal(COPP_STATUS_DISPLAY_SIZE, 44); /* OPM-WIRE-7 */
    assert_int_equal(COPP_OPM_OUTPUT_ID_SIZE, 28);
    assert_int_equal(COPP_SET_PROTECTION_LEVEL_SIZE, 16); /* OPM-WIRE-9 */
    assert_int_equal(COPP_OPM_SET_HDCP_SRM_SIZE, 4);
    assert_int_equal(COPP_SET_SIGNALING_SIZE, 64); /* OPM-WIRE-11 */
    assert_int_equal(COPP_STATUS_SIGNALING_SIZE, 88); /* OPM-WIRE-12 */
    assert_int_equal(COPP_STATUS_HDCP_KEY_SIZE, 72); /* OPM-WIRE-13 */
}

static void output_id(void) {
    struct copp_opm_output_id id = {.flags = 0x04030201, .id = 0x0102030405060708}, back = {.flags = 0};
    uint8_t bytes[COPP_OPM_OUTPUT_ID_SIZE + 1];
    memset(id.r_app, 0xAB, sizeof id.r_app);
    memset(bytes, 0xEE, sizeof bytes);
    copp_opm_output_id_encode(&id, bytes);
    assert_hex(bytes, "abababababababababababababababab010203040807060504030201ee");
    assert_int_equal(copp_opm_output_id_decode(bytes, COPP_OPM_OUTPUT_ID_SIZE, &back), COPP_OK);
    assert_memory_equal(back.r_app, id.r_app, sizeof id.r_app);
    assert_int_equal(back.flags, id.flags);
    assert_true(back.id == id.id);
    for (size_t size = 0; size < COPP_OPM_OUTPUT_ID_SIZE; size++)
        assert_int_equal(copp_opm_output_id_decode(bytes, size, &back), COPP_E_TRUNCATED);
}

static void srm_version(void) {
    struct copp_opm_set_hdcp_srm set = {0x01020304};
    uint8_t bytes[COPP_OPM_SET_HDCP_SRM_SIZE + 1];
    memset(bytes, 0xEE, sizeof bytes);
    copp_opm_set_hdcp_srm_encode(&set, bytes);
    assert_hex(bytes, "04030201ee");
    set.version = 0;
    assert_int_equal(copp_opm_set_hdcp_srm_decode(bytes, COPP_OPM_SET_HDCP_SRM_SIZE, &set), COPP_OK);
    assert_int_equal(set.version, 0x01020304);
    assert_int_equal(copp_opm_set_hdcp_srm_decode(bytes, COPP_OPM_SET_HDCP_SRM_SIZE - 1, &set), COPP_E_TRUNCATED);
}

/* As docs/protocol.md prints them, in their order in memory: 4, 2 and 2 bytes reversed. */
static void guids(void) {
    static const struct {
        enum copp_request request;
        const char *name;
        const char *memory;
    } table[] = {
        {COPP_SET_PROTECTION_LEVEL, "OPM_SET_PROTECTION_LEVEL", "7c32b99bb54e27479f00b42b0919c0da"},
        {COPP_SET_SIGNALING, "OPM_SET_ACP_AND_CGMSA_SIGNALING", "a531a60984d6604c8e4dd3bb0f0be3ee"},
        {COPP_QUERY_CONNECTOR_TYPE, "OPM_GET_CONNECTOR_TYPE", "d5bfd081fe6ac24899c095a08f97c5da"},
        {COPP_QUERY_PROTECTION_TYPE, "OPM_GET_SUPPORTED_PROTECTION_TYPES", "01a8f2386c9abb489107b6696e6f1797"},
        {COPP_QUERY_LOCAL_PROTECTION_LEVEL, "OPM_GET_VIRTUAL_PROTECTION_LEVEL", "575807b2da3e5d4d88db748f8c1a0549"},
        {COPP_QUERY_GLOBAL_PROTECTION_LEVEL, "OPM_GET_ACTUAL_PROTECTION_LEVEL", "0a21571966772a45b99ad27aed54f03a"},
        {COPP_QUERY_DISPLAY_DATA, "OPM_GET_ACTUAL_OUTPUT_FORMAT", "a31bbfd713ad8e4faf980dcb3ca204cc"},
        {COPP_QUERY_HDCP_KEY_DATA, "OPM_GET_CONNECTED_HDCP_DEVICE_INFORMATION", "749db50d92a92e49a0bdc23fda564e00"},
        {COPP_QUERY_BUS_DATA, "OPM_GET_ADAPTER_BUS_TYPE", "73d6f4c6746184418e35f6db5200bcba"},
        {COPP_QUERY_SIGNALING, "OPM_GET_ACP_AND_CGMSA_SIGNALING", "91a52966793bf34c924a11e8e7811671"},
        {COPP_OPM_QUERY_SRM_VERSION, "OPM_GET_CURRENT_HDCP_SRM_VERSION", "ffcec5991d5f794881c1c52443c9482b"},
        {COPP_OPM_QUERY_OUTPUT_ID, "OPM_GET_OUTPUT_ID", "f36dcb724f24ce40b09e20506af6302f"},
        {COPP_OPM_QUERY_DVI_CHARACTERISTICS, "OPM_GET_DVI_CHARACTERISTICS", "bbb370a4d75d7241839c3d3776e0ebf5"},
        {COPP_OPM_QUERY_HARDWARE_PROTECTION, "OPM_GET_OUTPUT_HARDWARE_PROTECTION_SUPPORT", "8995123bf82af04e96a2704a845a218e"},
        {COPP_OPM_SET_PROTECTION_LEVEL_CSS, "OPM_SET_PROTECTION_LEVEL_ACCORDING_TO_CSS_DVD", "3e33ce39c04cae44bfccda50b5f82e72"},
        {COPP_OPM_SET_HDCP_SRM, "OPM_SET_HDCP_SRM", "d1f55e8b0dc3ff4484a5ea71dce78f13"},
    };
    assert_int_equal(sizeof table / sizeof table[0], COPP_OPM_REQUEST_COUNT);
    for (size_t i = 0; i < COPP_OPM_REQUEST_COUNT; i++) {
        enum copp_request found;
        const uint8_t *guid = copp_opm_request_guid(table[i].request);
        assert_int_equal(table[i].request, i);
        assert_hex(guid, table[i].memory);
        assert_string_equal(copp_opm_request_name(table[i].request), table[i].name);
        assert_true(copp_opm_request_from_guid(guid, &found));
        assert_int_equal(found, i);
        assert_int_equal(copp_request_from_guid(guid, &found), i < COPP_REQUEST_COUNT); /* COPP knows its own alone */
        uint8_t other[COPP_GUID_SIZE];
        memcpy(other, guid, sizeof other);
        other[15] ^= 1;
        assert_false(copp_opm_request_from_guid(other, &found));
    }
    assert_null(copp_opm_request_guid(COPP_OPM_REQUEST_COUNT));
    assert_null(copp_opm_request_name(COPP_OPM_REQUEST_COUNT));
    assert_null(copp_request_guid(COPP_OPM_QUERY_OUTPUT_ID));
    assert_null(copp_request_name(COPP_OPM_QUERY_OUTPUT_ID));
}

/* One key for three kinds of messages: no GUID of a command may look like an answer's size (the states of OPM-INI). */
static void no_command_looks_like_an_answer(void) {
    for (int request = 0; request < COPP_OPM_REQUEST_COUNT; request++) {
        const uint8_t *guid = copp_opm_request_guid((enum copp_request)request);
        assert_true(guid[2] || guid[3]); /* the first word is above 65535 */
    }
    assert_true(COPP_STATUS_ANSWER_SIZE < 65536);
}

static void error_codes(void) {
    static const uint8_t with_status[] = {0x00, 0x01, 0x02, 0x03, 0x05, 0x0B, 0x0C, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13,
                                          0x14, 0x15, 0x16, 0x17, 0x18, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x21,
                                          0x80, 0x81, 0x82, 0x83, 0xE0, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7};
    bool known[256] = {false};
    for (size_t i = 0; i < sizeof with_status; i++) {
        uint32_t hresult = 0xC0262500u | with_status[i];
        known[with_status[i]] = true;
        assert_string_not_equal(copp_hresult_name(hresult), "unknown HRESULT");
        assert_int_equal(copp_opm_ntstatus(hresult), 0xC01E0500u | with_status[i]);
        assert_int_equal(copp_opm_hresult(0xC01E0500u | with_status[i]), hresult);
    }
    for (uint32_t nn = 0; nn < 256; nn++) {
        if (!known[nn])
            assert_string_equal(copp_hresult_name(0xC0262500u | nn), "unknown HRESULT");
    }
    assert_string_equal(copp_hresult_name(COPP_HR_OPM_NO_HDCP), "ERROR_GRAPHICS_OPM_OUTPUT_DOES_NOT_SUPPORT_HDCP");
    assert_string_equal(copp_hresult_name(COPP_HR_NO_MONITOR), "ERROR_GRAPHICS_NO_MONITORS_CORRESPOND_TO_DISPLAY_DEVICE");
}

/* Where the two sides have no number in common. */
static void codes_without_a_partner(void) {
    static const struct {
        uint32_t status, hresult;
    } one_way[] = {{0xC01E0504, 0xC02625E6}, {0xC01E0506, 0xC02625E1}, {0xC01E0507, 0xC02625E2}, {0xC01E0508, 0xC02625E3},
                   {0xC01E050A, 0xC02625E4}, {0xC01E050D, 0xC02625E5}, {0xC01E05E8, 0xC02605E8}};
    for (size_t i = 0; i < sizeof one_way / sizeof one_way[0]; i++)
        assert_int_equal(copp_opm_hresult(one_way[i].status), one_way[i].hresult);
    assert_int_equal(copp_opm_ntstatus(0xC02605E8), 0xC01E05E8);
    assert_int_equal(copp_opm_hresult(0), COPP_HR_OK);
    assert_int_equal(copp_opm_ntstatus(COPP_HR_OK), 0);
    assert_int_equal(copp_opm_hresult(0xC0000017), COPP_HR_OUTOFMEMORY);
    assert_int_equal(copp_opm_ntstatus(COPP_HR_OUTOFMEMORY), 0xC0000017);
    assert_int_equal(copp_opm_ntstatus(COPP_HR_POINTER), 0xC000000D);
    assert_int_equal(copp_opm_ntstatus(COPP_HR_INVALIDARG), 0xC000000D);
    static const uint32_t strange[] = {0xC01E0509, 0xC01E0519, 0xC01E0522, 0xC01E0400, 0xC00000BB, 0xC02625E8};
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        assert_int_equal(copp_opm_hresult(strange[i]), 0xC026251E);
    assert_int_equal(copp_opm_ntstatus(0xC0262519), 0xC01E051E);
    assert_int_equal(copp_opm_ntstatus(COPP_HR_UNEXPECTED), 0xC01E051E);
}

static void constants(void) {
    assert_int_equal(COPP_PROTECTION_TYPE_OPM_HDCP | COPP_PROTECTION_TYPE_ENFORCEMENT | COPP_PROTECTION_TYPE_DPCP |
                         COPP_PROTECTION_TYPE_MASK,
                     COPP_OPM_PROTECTION_TYPE_MASK);
    assert_int_equal(COPP_STATUS_TAMPERING_DETECTED, 4);
    assert_int_equal(COPP_STATUS_REVOKED_HDCP_DEVICE, 8);
    assert_string_equal(copp_connector_type_name(15), "Miracast");
    assert_string_equal(copp_connector_type_name(18), "unknown");
    assert_string_equal(copp_protection_type_name(8), "HDCP");
    assert_string_equal(copp_protection_type_name(0x20), "HDCP type enforcement");
    assert_int_equal(copp_opm_semantics_of_vos(0), COPP_SEMANTICS_COPP);
    assert_int_equal(copp_opm_semantics_of_vos(1), COPP_SEMANTICS_OPM);
    assert_int_equal(copp_opm_semantics_of_vos(2), COPP_SEMANTICS_NONE); /* OPM-OUT-3 */
    assert_int_equal(copp_opm_semantics_of_certificate(0), COPP_SEMANTICS_OPM); /* the other way round */
    assert_int_equal(copp_opm_semantics_of_certificate(1), COPP_SEMANTICS_COPP);
    assert_int_equal(copp_opm_semantics_of_certificate(2), COPP_SEMANTICS_NONE);
}

/* All of the word's three parts (OPM-CONST-1). */
static void buses(void) {
    assert_int_equal(0x80020003u & COPP_OPM_BUS_TYPE_MASK, COPP_BUS_PCI_EXPRESS);
    assert_int_equal(0x80020003u & COPP_OPM_BUS_MODIFIER_MASK, COPP_OPM_BUS_TRACKS_TO_CHIP);
    assert_int_equal(0x80020003u & COPP_OPM_BUS_NON_STANDARD, 0x80000000u);
    assert_string_equal(copp_opm_bus_modifier_name(0x80050003u), "connector of a daughter board inside a closed enclosure");
    assert_string_equal(copp_opm_bus_modifier_name(3), "");
    assert_string_equal(copp_opm_bus_modifier_name(0x60003), "unknown");
    assert_string_equal(copp_opm_bus_modifier_name(0x10000), "inside the chipset");
}

static void levels(void) {
    static const struct {
        uint32_t type, highest;
    } types[] = {{COPP_PROTECTION_TYPE_OPM_HDCP, 1}, {COPP_PROTECTION_TYPE_DPCP, 1}, {COPP_PROTECTION_TYPE_ENFORCEMENT, 2}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (uint32_t level = 0; level <= types[i].highest; level++) {
            assert_true(copp_level_valid(types[i].type, level));
            assert_int_equal(copp_level_rank(types[i].type, level), level); /* OPM-ARB-3: the higher number wins */
        }
        assert_false(copp_level_valid(types[i].type, types[i].highest + 1));
        assert_false(copp_level_valid(types[i].type, 8));
        assert_string_equal(copp_level_name(types[i].type, 0), "off");
    }
    assert_string_equal(copp_level_name(COPP_PROTECTION_TYPE_ENFORCEMENT, 2), "Type 1");
}

/* --- the OMACs: a request's covers 4096 bytes, the others' 4080 --- */

struct message {
    uint32_t sequence; /* at 32 of a request, 32 of a command */
    enum copp_request request;
    uint32_t words[5]; /* the size, and what follows */
};

static void put_word(uint8_t *bytes, uint32_t word) {
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (8 * i));
}

static struct copp_omac *keyed_omac(void) {
    struct copp_omac *omac;
    uint8_t key[COPP_KEY_SIZE];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(0xA0 + i);
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    assert_int_equal(copp_omac_set_key(omac, key), COPP_OK);
    return omac;
}

static void tag_of(const uint8_t *bytes, size_t size, const char *expected) {
    uint8_t tag[COPP_MAC_SIZE];
    struct copp_omac *omac = keyed_omac();
    assert_int_equal(copp_omac_tag(omac, bytes, size, tag), COPP_OK);
    assert_hex(tag, expected);
    copp_omac_free(&omac);
}

static void request_bytes(uint8_t *bytes, const struct message *message) {
    memset(bytes, 0, COPP_MESSAGE_SIZE);
    for (size_t i = 0; i < COPP_RANDOM_SIZE; i++)
        bytes[i] = (uint8_t)(0x40 + i);
    memcpy(bytes + 16, copp_opm_request_guid(message->request), COPP_GUID_SIZE);
    put_word(bytes + 32, message->sequence);
    for (size_t i = 0; i < 5; i++)
        put_word(bytes + 36 + 4 * i, message->words[i]);
}

static void a_request_is_authenticated_as_a_whole(void) {
    uint8_t bytes[COPP_MESSAGE_SIZE];
    request_bytes(bytes, &(struct message){0x01020304, COPP_QUERY_CONNECTOR_TYPE, {0}});
    tag_of(bytes, COPP_MESSAGE_SIZE, "faa702c7ac1bb8102920e8afcbcb49fc");
    request_bytes(bytes, &(struct message){0x01020305, COPP_QUERY_LOCAL_PROTECTION_LEVEL, {4, 8}});
    tag_of(bytes, COPP_MESSAGE_SIZE, "07aec5ec3dd3dd2a5a7fcdd340e55ac9");
}

static void an_answer_and_a_command_as_in_copp(void) {
    uint8_t bytes[COPP_MESSAGE_SIZE] = {0};
    put_word(bytes + 16, 32);
    for (size_t i = 0; i < COPP_RANDOM_SIZE; i++)
        bytes[20 + i] = (uint8_t)(0x40 + i);
    put_word(bytes + 40, COPP_CONNECTOR_HDMI);
    tag_of(bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, "7fd408fbe06c408a11a92836ec800531");
    request_bytes(bytes, &(struct message){0xFFFFFFFE, COPP_SET_PROTECTION_LEVEL, {16, 8, 1}});
    tag_of(bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, "ec894edf3640ca1064526c4fec733159");
}

static const struct test_case cases[] = {
    TEST(sizes, "OPM-WIRE-1 OPM-WIRE-2 OPM-WIRE-3 OPM-WIRE-4 OPM-WIRE-5 OPM-WIRE-6 OPM-WIRE-7 OPM-WIRE-9 OPM-WIRE-11 OPM-WIRE-12 "
                "OPM-WIRE-13"),
    TEST(output_id, "OPM-WIRE-8"),
    TEST(srm_version, "OPM-WIRE-10"),
    TEST(guids, ""),
    TEST(no_command_looks_like_an_answer, ""),
    TEST(error_codes, ""),
    TEST(codes_without_a_partner, ""),
    TEST(constants, "OPM-OUT-3"),
    TEST(buses, "OPM-CONST-1"),
    TEST(levels, "OPM-ARB-3"),
    TEST(a_request_is_authenticated_as_a_whole, "OPM-WIRE-1 OPM-GET-1"),
    TEST(an_answer_and_a_command_as_in_copp, "OPM-WIRE-2 OPM-WIRE-3"),
};

int main(void) {
    return RUN_SUITE("opm_wire", cases);
}
