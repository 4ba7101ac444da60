/* The rule of copp.h on NULL, for every function of src/libcopp.map: what none may be is answered, never followed. */
#include <stdlib.h>

#include "device_rig.h"
#include "fake_driver.h"

static const char *tried[500];
static size_t tried_count;

static void try(const char *function) {
    assert_true(tried_count < sizeof tried / sizeof tried[0]);
    tried[tried_count++] = function;
}

/* Each calls a function once and notes its name. */
#define ANSWERS(value, function, ...) (try(#function), assert_int_equal(function(__VA_ARGS__), value))
#define REFUSES(function, ...) ANSWERS(COPP_E_ARGUMENT, function, __VA_ARGS__)
#define POINTER(function, ...) ANSWERS(COPP_HR_POINTER, function, __VA_ARGS__)
#define DENIES(function, ...) (try(#function), assert_false(function(__VA_ARGS__)))
#define GIVES_NULL(function, ...) (try(#function), assert_null(function(__VA_ARGS__)))
#define GIVES_TEXT(function, ...) (try(#function), assert_non_null(function(__VA_ARGS__)))
#define RETURNS(function, ...) (try(#function), function(__VA_ARGS__))

static const uint8_t some[COPP_MESSAGE_SIZE];
static const uint8_t zeros[COPP_MESSAGE_SIZE];
static uint8_t room[COPP_MESSAGE_SIZE];
static struct copp_verdict verdict;
static void *const garbage = room; /* what an object's pointer holds before the call */

static void base_and_protocol(void) {
    GIVES_TEXT(copp_strerror, COPP_OK);
    GIVES_TEXT(copp_rule_id, COPP_RULE_NONE);
    GIVES_TEXT(copp_version);
    ANSWERS(0, copp_text_plain, NULL, 1, (char *)room);
    ANSWERS(0, copp_text_plain, some, 1, NULL);
    RETURNS(copp_release, NULL, 1);
    DENIES(copp_equal, NULL, some, 1);
    DENIES(copp_equal, some, NULL, 1);
    DENIES(copp_equal, NULL, NULL, 0);
    GIVES_TEXT(copp_hresult_name, COPP_HR_OK);
    GIVES_TEXT(copp_request_guid, COPP_SET_SIGNALING);
    GIVES_TEXT(copp_request_name, COPP_SET_SIGNALING);
    enum copp_request request;
    DENIES(copp_request_from_guid, NULL, &request);
    DENIES(copp_request_from_guid, copp_request_guid(COPP_SET_SIGNALING), NULL);
    GIVES_TEXT(copp_opm_request_guid, COPP_SET_SIGNALING);
    GIVES_TEXT(copp_opm_request_name, COPP_SET_SIGNALING);
    DENIES(copp_opm_request_from_guid, NULL, &request);
    DENIES(copp_opm_request_from_guid, copp_opm_request_guid(COPP_OPM_SET_HDCP_SRM), NULL);
    ANSWERS(0, copp_opm_ntstatus, COPP_HR_OK);
    ANSWERS(COPP_HR_OK, copp_opm_hresult, 0);
    ANSWERS(COPP_SEMANTICS_NONE, copp_opm_semantics_of_vos, 9);
    ANSWERS(COPP_SEMANTICS_NONE, copp_opm_semantics_of_certificate, 9);
    GIVES_TEXT(copp_opm_bus_modifier_name, 0);
    GIVES_TEXT(copp_connector_type_name, 0);
    GIVES_TEXT(copp_bus_type_name, 0);
    GIVES_TEXT(copp_protection_type_name, 0);
    GIVES_TEXT(copp_tv_standard_name, 0);
    GIVES_TEXT(copp_level_name, 0, 0);
    DENIES(copp_level_valid, 0, 0);
    ANSWERS(0, copp_level_rank, 0, 0);
    ANSWERS(0, copp_format_pack, NULL);
    RETURNS(copp_format_unpack, 0);
}

static void messages(void) {
    struct copp_command command;
    struct copp_status_input input;
    struct copp_status_output output;
    struct copp_command_fields command_fields = {.size = 1};
    struct copp_status_input_fields input_fields = {.size = 1};
    struct copp_status_output_fields output_fields = {.size = 1};
    REFUSES(copp_command_encode, NULL, &command);
    REFUSES(copp_command_encode, &command_fields, &command); /* no data */
    REFUSES(copp_command_encode, &(struct copp_command_fields){.size = 0}, NULL);
    REFUSES(copp_status_input_encode, NULL, &input);
    REFUSES(copp_status_input_encode, &input_fields, &input);
    REFUSES(copp_status_input_encode, &(struct copp_status_input_fields){.size = 0}, NULL);
    REFUSES(copp_status_output_encode, NULL, &output);
    REFUSES(copp_status_output_encode, &output_fields, &output);
    REFUSES(copp_status_output_encode, &(struct copp_status_output_fields){.size = 0}, NULL);
    RETURNS(copp_command_decode, (const struct copp_command *)some, NULL);
    RETURNS(copp_command_decode, NULL, &command_fields);
    assert_true(command_fields.size == 0 && !command_fields.data);
    RETURNS(copp_status_input_decode, (const struct copp_status_input *)some, NULL);
    RETURNS(copp_status_input_decode, NULL, &input_fields);
    assert_true(input_fields.size == 0 && !input_fields.data);
    RETURNS(copp_status_output_decode, (const struct copp_status_output *)some, NULL);
    RETURNS(copp_status_output_decode, NULL, &output_fields);
    assert_true(output_fields.size == 0 && !output_fields.data);
}

#define STRUCTURE(name, size)                                                                                                    \
    do {                                                                                                                         \
        struct copp_##name value = {0};                                                                                          \
        REFUSES(copp_##name##_decode, NULL, size, &value);                                                                       \
        REFUSES(copp_##name##_decode, some, size, NULL);                                                                         \
        memset(room, 0xA5, sizeof room);                                                                                         \
        RETURNS(copp_##name##_encode, &value, NULL);                                                                             \
        RETURNS(copp_##name##_encode, NULL, room);                                                                               \
        assert_memory_equal(room, zeros, size);                                                                                  \
        assert_int_equal(room[size], 0xA5);                                                                                      \
    } while (0)

static void structures(void) {
    STRUCTURE(set_protection_level, COPP_SET_PROTECTION_LEVEL_SIZE);
    STRUCTURE(set_signaling, COPP_SET_SIGNALING_SIZE);
    STRUCTURE(status, COPP_STATUS_SIZE);
    STRUCTURE(status_display, COPP_STATUS_DISPLAY_SIZE);
    STRUCTURE(status_hdcp_key, COPP_STATUS_HDCP_KEY_SIZE);
    STRUCTURE(status_signaling, COPP_STATUS_SIGNALING_SIZE);
    STRUCTURE(opm_output_id, COPP_OPM_OUTPUT_ID_SIZE);
    STRUCTURE(opm_set_hdcp_srm, COPP_OPM_SET_HDCP_SRM_SIZE);
}

static void keys_and_handshakes(void) {
    const struct copp_public_key anchor = test_anchor();
    struct copp_public_key key;
    struct copp_private_key *opened = garbage;
    char *pem = garbage;
    size_t size;
    GIVES_TEXT(copp_anchor_microsoft);
    REFUSES(copp_public_key_read, NULL, 1, &key);
    REFUSES(copp_public_key_read, "AQAB", 4, NULL);
    DENIES(copp_public_key_equal, NULL, &anchor);
    DENIES(copp_public_key_equal, &anchor, NULL);
    DENIES(copp_public_key_equal, NULL, NULL);
    REFUSES(copp_private_key_open, "leaf.pem", NULL, NULL);
    REFUSES(copp_private_key_open, NULL, NULL, &opened);
    assert_null(opened);
    REFUSES(copp_private_key_open_logged, "leaf.pem", NULL, NULL, NULL);
    opened = garbage;
    REFUSES(copp_private_key_open_logged, NULL, NULL, NULL, &opened);
    assert_null(opened);
    REFUSES(copp_private_key_open_issuer, "leaf.pem", NULL, NULL, NULL);
    opened = garbage;
    REFUSES(copp_private_key_open_issuer, NULL, NULL, NULL, &opened);
    assert_null(opened);
    REFUSES(copp_private_key_generate, 1024, NULL);
    pem = garbage;
    REFUSES(copp_public_key_to_pem, NULL, &pem, &size);
    assert_null(pem);
    REFUSES(copp_public_key_to_pem, &key, NULL, &size);
    REFUSES(copp_public_key_to_pem, &key, &pem, NULL);
    REFUSES(copp_private_key_to_pem, NULL, &pem, &size);
    assert_null(pem);
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    REFUSES(copp_private_key_to_pem, leaf, NULL, &size);
    REFUSES(copp_private_key_to_pem, leaf, &pem, NULL);
    RETURNS(copp_private_key_free, NULL);
    ANSWERS(false, copp_private_key_constant_time, NULL);
    struct copp_handshake handshake = {.status_sequence = 1};
    struct copp_signature signature;
    REFUSES(copp_handshake_seal, NULL, COPP_FORM_SWAP40, &anchor, &signature);
    REFUSES(copp_handshake_seal, &handshake, COPP_FORM_SWAP40, NULL, &signature);
    REFUSES(copp_handshake_seal, &handshake, COPP_FORM_SWAP40, &anchor, NULL);
    REFUSES(copp_handshake_open, leaf, (const struct copp_signature *)some, NULL);
    REFUSES(copp_handshake_open, leaf, NULL, &handshake);
    assert_int_equal(handshake.status_sequence, 0);
    REFUSES(copp_handshake_open, NULL, (const struct copp_signature *)some, &handshake);
    handshake.status_sequence = 1;
    REFUSES(copp_handshake_open_opm, leaf, NULL, some, &handshake);
    assert_int_equal(handshake.status_sequence, 0);
    REFUSES(copp_handshake_open_opm, NULL, (const struct copp_signature *)some, some, &handshake);
    REFUSES(copp_handshake_open_opm, leaf, (const struct copp_signature *)some, NULL, &handshake);
    REFUSES(copp_handshake_open_opm, leaf, (const struct copp_signature *)some, some, NULL);
    RETURNS(copp_handshake_wipe, NULL);
    copp_private_key_free(&leaf);
    struct copp_omac *omac = NULL;
    REFUSES(copp_omac_new, NULL);
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    REFUSES(copp_omac_set_key, NULL, some);
    REFUSES(copp_omac_set_key, omac, NULL);
    REFUSES(copp_omac_tag, NULL, some, 1, room);
    REFUSES(copp_omac_tag, omac, NULL, 1, room);
    REFUSES(copp_omac_tag, omac, some, 1, NULL);
    RETURNS(copp_omac_free, NULL);
    copp_omac_free(&omac);
}

static void certificates(void) {
    const struct copp_public_key anchor = test_anchor();
    struct copp_chain *chain = garbage;
    struct copp_certificate certificate = {.size = sizeof certificate};
    size_t size = 1;
    char *xml = garbage;
    REFUSES(copp_chain_validate, NULL, 1, &anchor, &chain, &verdict);
    assert_null(chain);
    REFUSES(copp_chain_validate, some, 1, NULL, NULL, NULL);
    chain = garbage;
    REFUSES(copp_chain_validate_logged, NULL, 1, &anchor, NULL, &chain, &verdict);
    assert_null(chain);
    REFUSES(copp_chain_validate_logged, some, 1, NULL, NULL, NULL, NULL);
    chain = garbage;
    REFUSES(copp_chain_parse, NULL, 1, &chain, NULL);
    assert_null(chain);
    REFUSES(copp_chain_parse, some, 1, NULL, NULL);
    chain = garbage;
    REFUSES(copp_chain_parse_logged, NULL, 1, NULL, &chain, NULL);
    assert_null(chain);
    REFUSES(copp_chain_parse_logged, some, 1, NULL, NULL, NULL);
    RETURNS(copp_chain_free, NULL);
    DENIES(copp_chain_valid, NULL);
    GIVES_NULL(copp_chain_bytes, NULL, &size);
    assert_int_equal(size, 0);
    GIVES_NULL(copp_chain_bytes, NULL, NULL);
    GIVES_NULL(copp_chain_leaf_key, NULL);
    ANSWERS(0, copp_chain_count, NULL);
    REFUSES(copp_chain_certificate, NULL, 0, &certificate);
    REFUSES(copp_chain_issue, NULL, 1, &xml, &size);
    assert_null(xml);
    const struct copp_certificate_request request = {.size = sizeof request, .manufacturer = ""};
    REFUSES(copp_chain_issue, &request, 1, NULL, &size);
    REFUSES(copp_chain_issue, &request, 1, &xml, NULL);
}

static void opm_certificates(void) {
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = copp_opm_anchor_microsoft()};
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    struct copp_opm_chain *chain = garbage;
    struct copp_opm_certificate certificate = {.size = sizeof certificate};
    size_t size = 1;
    GIVES_TEXT(copp_opm_anchor_microsoft);
    REFUSES(copp_opm_anchor_read, NULL, 1, &anchor);
    REFUSES(copp_opm_anchor_read, some, 1, NULL);
    REFUSES(copp_opm_chain_validate, NULL, 1, &trust, &chain, &verdict);
    assert_null(chain);
    REFUSES(copp_opm_chain_validate, some, 1, NULL, NULL, NULL);
    REFUSES(copp_opm_chain_validate, some, 1, &(struct copp_opm_trust){.size = sizeof trust}, NULL, NULL); /* no anchor */
    chain = garbage;
    REFUSES(copp_opm_chain_parse, NULL, 1, NULL, &chain, NULL);
    assert_null(chain);
    REFUSES(copp_opm_chain_parse, some, 1, NULL, NULL, NULL);
    RETURNS(copp_opm_chain_free, NULL);
    DENIES(copp_opm_chain_valid, NULL);
    GIVES_NULL(copp_opm_chain_bytes, NULL, &size);
    assert_int_equal(size, 0);
    GIVES_NULL(copp_opm_chain_bytes, NULL, NULL);
    GIVES_NULL(copp_opm_chain_leaf_key, NULL);
    ANSWERS(0, copp_opm_chain_count, NULL);
    REFUSES(copp_opm_chain_certificate, NULL, 0, &certificate);
    uint8_t *issued = garbage;
    const struct copp_opm_certificate_request requests[2] = {{.size = sizeof *requests, .name = ""},
                                                             {.size = sizeof *requests, .name = ""}};
    REFUSES(copp_opm_chain_issue, NULL, 2, COPP_OPM_HASH_SHA1, &issued, &size);
    assert_null(issued);
    REFUSES(copp_opm_chain_issue, requests, 2, COPP_OPM_HASH_SHA1, NULL, &size);
    REFUSES(copp_opm_chain_issue, requests, 2, COPP_OPM_HASH_SHA1, &issued, NULL);
}

static void revocation_lists(void) {
    const struct copp_public_key anchor = test_anchor();
    const struct copp_certificate_request request = {.size = sizeof request, .manufacturer = ""};
    struct copp_revocation_list *list = garbage;
    uint8_t *out = garbage;
    size_t size = 1;
    REFUSES(copp_revocation_validate, NULL, 1, &anchor, &list, &verdict);
    assert_null(list);
    REFUSES(copp_revocation_validate, some, 1, NULL, NULL, NULL);
    list = garbage;
    REFUSES(copp_revocation_validate_logged, NULL, 1, &anchor, NULL, &list, &verdict);
    assert_null(list);
    REFUSES(copp_revocation_validate_logged, some, 1, NULL, NULL, NULL, NULL);
    list = garbage;
    REFUSES(copp_revocation_parse, NULL, 1, &list, NULL);
    assert_null(list);
    REFUSES(copp_revocation_parse, some, 1, NULL, NULL);
    RETURNS(copp_revocation_free, NULL);
    DENIES(copp_revocation_valid, NULL);
    ANSWERS(0, copp_revocation_version, NULL);
    ANSWERS(0, copp_revocation_count, NULL);
    GIVES_NULL(copp_revocation_digest, NULL, 0);
    GIVES_NULL(copp_revocation_certificates, NULL, &size);
    assert_int_equal(size, 0);
    GIVES_NULL(copp_revocation_certificates, NULL, NULL);
    REFUSES(copp_revocation_check, NULL, NULL, NULL); /* not "not revoked" */
    REFUSES(copp_revocation_issue, 1, NULL, 1, &request, 1, garbage, &out, &size);
    assert_null(out);
    REFUSES(copp_revocation_issue, 1, NULL, 0, NULL, 1, garbage, &out, &size);
    REFUSES(copp_revocation_issue, 1, NULL, 0, &request, 1, NULL, &out, &size);
    REFUSES(copp_revocation_issue, 1, NULL, 0, &request, 1, garbage, NULL, &size);
    REFUSES(copp_revocation_issue, 1, NULL, 0, &request, 1, garbage, &out, NULL);
    list = garbage;
    REFUSES(copp_revocation_load, NULL, &anchor, &list, NULL);
    assert_null(list);
    REFUSES(copp_revocation_load, "list", NULL, NULL, NULL);
    list = garbage;
    REFUSES(copp_revocation_load_logged, NULL, &anchor, NULL, &list, NULL);
    assert_null(list);
    REFUSES(copp_revocation_load_logged, "list", NULL, NULL, NULL, NULL);
    list = garbage;
    REFUSES(copp_revocation_store, NULL, some, 1, &anchor, &list, NULL);
    assert_null(list);
    REFUSES(copp_revocation_store, "list", NULL, 1, &anchor, NULL, NULL);
    REFUSES(copp_revocation_store, "list", some, 1, NULL, NULL, NULL);
}

static void renewability_messages(void) {
    struct copp_srm *srm = garbage;
    DENIES(copp_ksv_valid, NULL);
    memset(room, 0xA5, sizeof room);
    RETURNS(copp_ksv_from_bksv, some, NULL);
    RETURNS(copp_ksv_from_bksv, NULL, room);
    assert_false(copp_ksv_valid(room));
    REFUSES(copp_srm_verify, NULL, 1, NULL, &srm, NULL);
    assert_null(srm);
    srm = garbage;
    REFUSES(copp_srm_verify_logged, NULL, 1, NULL, NULL, &srm, NULL);
    assert_null(srm);
    srm = garbage;
    REFUSES(copp_srm_parse, NULL, 1, &srm, NULL);
    assert_null(srm);
    RETURNS(copp_srm_free, NULL);
    DENIES(copp_srm_valid, NULL);
    ANSWERS(0, copp_srm_hdcp, NULL);
    ANSWERS(0, copp_srm_version, NULL);
    ANSWERS(0, copp_srm_generation, NULL);
    ANSWERS(0, copp_srm_count, NULL);
    GIVES_NULL(copp_srm_entry, NULL, 0);
    ANSWERS(true, copp_srm_revoked, NULL, some); /* nobody has looked */
    REFUSES(copp_srm_may_replace, NULL, NULL);
}

static void sessions(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    const struct copp_public_key anchor = test_anchor();
    const struct copp_session_config config = {.size = sizeof config, .anchor = &anchor};
    struct copp_session *session = garbage;
    REFUSES(copp_session_new, NULL, &driver.transport, &session);
    assert_null(session);
    REFUSES(copp_session_new, &config, NULL, &session);
    REFUSES(copp_session_new, &config, &driver.transport, NULL);
    RETURNS(copp_session_free, NULL);
    REFUSES(copp_session_exchange, NULL, NULL);
    REFUSES(copp_session_start, NULL);
    REFUSES(copp_session_establish, NULL, NULL);
    session = fake_session(&driver, NULL);
    REFUSES(copp_session_set_lists, NULL, &(struct copp_session_lists){.size = sizeof(struct copp_session_lists)}, NULL);
    REFUSES(copp_session_set_lists, session, NULL, NULL);
    GIVES_NULL(copp_session_chain, NULL);
    POINTER(copp_session_hresult, NULL);
    ANSWERS(0, copp_session_bound, NULL);
    ANSWERS(COPP_STATUS_LINK_LOST, copp_session_take_events, NULL);
    REFUSES(copp_session_set_protection_level, NULL, 1, 1);
    REFUSES(copp_session_set_signaling, NULL, &(struct copp_set_signaling){0});
    REFUSES(copp_session_set_signaling, session, NULL);
    REFUSES(copp_session_set_protection_level_css, NULL, 8, 1);
    REFUSES(copp_session_set_srm, NULL, some, 48);
    REFUSES(copp_session_set_srm, session, NULL, 48);
    GIVES_NULL(copp_session_opm_chain, NULL);
    ANSWERS(COPP_STOP_INTERNAL, copp_session_protect, NULL,
            &(struct copp_requirement){.size = sizeof(struct copp_requirement), .hdcp = 1}, 0);
    ANSWERS(COPP_STOP_INTERNAL, copp_session_protect, session, NULL, 0);
    REFUSES(copp_session_unprotect, NULL);
    struct copp_poll poll = {.size = sizeof poll, .state = COPP_POLL_PROTECTED, .stop = COPP_STOP_NONE};
    RETURNS(copp_session_poll, session, 0, NULL);
    RETURNS(copp_session_poll, NULL, 0, &poll);
    assert_true(poll.state == COPP_POLL_STOP && poll.stop == COPP_STOP_INTERNAL);
    poll = (struct copp_poll){.size = sizeof poll, .state = COPP_POLL_PROTECTED, .stop = COPP_STOP_NONE};
    RETURNS(copp_session_poll_until, session, 0, UINT64_MAX, NULL);
    RETURNS(copp_session_poll_until, NULL, 0, UINT64_MAX, &poll);
    assert_true(poll.state == COPP_POLL_STOP && poll.stop == COPP_STOP_INTERNAL);
    GIVES_TEXT(copp_stop_text, COPP_STOP_NONE);
    ANSWERS(COPP_RULE_NONE, copp_stop_rule, COPP_STOP_NONE);
    GIVES_TEXT(copp_session_explain, NULL, COPP_E_REFUSED, NULL, COPP_STOP_NONE, NULL, 9);
    GIVES_TEXT(copp_session_explain, NULL, COPP_E_INVALID, NULL, COPP_STOP_NONE, (char *)room, sizeof room);
    GIVES_TEXT(copp_session_remedy, NULL, COPP_E_REFUSED, NULL, COPP_STOP_NONE);
    copp_session_free(&session);
    fake_driver_end(&driver);
    ANSWERS(-1, copp_session_fd, NULL);
    struct copp_transport_info info = {.size = sizeof info};
    REFUSES(copp_transport_info, NULL, &info);
    REFUSES(copp_transport_info, &driver.transport, NULL);
    REFUSES(copp_transport_reopen, NULL);
    RETURNS(copp_transport_free, NULL);
}

/* Queries: without a session, and without room for the answer. */
static void queries(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    uint32_t word;
    REFUSES(copp_session_connector_type, NULL, &word);
    REFUSES(copp_session_connector_type, session, NULL);
    REFUSES(copp_session_protection_types, NULL, &word);
    REFUSES(copp_session_protection_types, session, NULL);
    REFUSES(copp_session_local_level, NULL, 1, &word);
    REFUSES(copp_session_local_level, session, 1, NULL);
    REFUSES(copp_session_global_level, NULL, 1, &word);
    REFUSES(copp_session_global_level, session, 1, NULL);
    REFUSES(copp_session_display, NULL, &(struct copp_display){0});
    REFUSES(copp_session_display, session, NULL);
    REFUSES(copp_session_hdcp_key, NULL, &(struct copp_status_hdcp_key){.flags = 0});
    REFUSES(copp_session_hdcp_key, session, NULL);
    REFUSES(copp_session_bus_type, NULL, &word);
    REFUSES(copp_session_bus_type, session, NULL);
    REFUSES(copp_session_signaling, NULL, &(struct copp_status_signaling){.flags = 0});
    REFUSES(copp_session_signaling, session, NULL);
    REFUSES(copp_session_srm_version, NULL, &word);
    REFUSES(copp_session_srm_version, session, NULL);
    REFUSES(copp_session_dvi_characteristics, NULL, &word);
    REFUSES(copp_session_dvi_characteristics, session, NULL);
    REFUSES(copp_session_hardware_protection, NULL, &word);
    REFUSES(copp_session_hardware_protection, session, NULL);
    REFUSES(copp_session_output_id, NULL, &(uint64_t){0});
    REFUSES(copp_session_output_id, session, NULL);
    assert_int_equal(driver.queries, 0);
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static void adapters_and_connectors(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    struct copp_adapter *adapter = garbage;
    struct copp_connector *connector = garbage;
    const struct copp_connector_config config = rig_config();
    REFUSES(copp_adapter_new, NULL, &adapter);
    assert_null(adapter);
    REFUSES(copp_adapter_new,
            &(struct copp_adapter_config){.size = sizeof(struct copp_adapter_config), .chain_bytes = some, .chain_size = 1},
            NULL);
    REFUSES(copp_adapter_renew, NULL, some, 1, &rig.key.key);
    REFUSES(copp_adapter_renew, rig.adapter, NULL, 1, &rig.key.key);
    REFUSES(copp_adapter_renew, rig.adapter, some, 1, NULL);
    REFUSES(copp_adapter_renew_opm, NULL, some, 1, &rig.key.key);
    REFUSES(copp_adapter_renew_opm, rig.adapter, NULL, 1, &rig.key.key);
    REFUSES(copp_adapter_renew_opm, rig.adapter, some, 1, NULL);
    REFUSES(copp_adapter_renew_all, rig.adapter, NULL);
    REFUSES(copp_adapter_renew_all, NULL,
            &(struct copp_adapter_config){
                .size = sizeof(struct copp_adapter_config), .chain_bytes = some, .chain_size = 1, .key = &rig.key.key});
    const uint8_t *list = some;
    size_t list_size = 1;
    REFUSES(copp_adapter_keep_srms, NULL, NULL, 0);
    REFUSES(copp_adapter_load_srm, NULL, some, 1, NULL);
    REFUSES(copp_adapter_load_srm, rig.adapter, NULL, 1, NULL);
    REFUSES(copp_adapter_srm, NULL, 1, &list, &list_size);
    assert_null(list);
    REFUSES(copp_adapter_srm, rig.adapter, 1, NULL, &list_size);
    REFUSES(copp_adapter_srm, rig.adapter, 1, &list, NULL);
    list = some;
    REFUSES(copp_adapter_chain, NULL, COPP_SEMANTICS_COPP, &list, &list_size);
    assert_null(list);
    REFUSES(copp_adapter_chain, rig.adapter, COPP_SEMANTICS_COPP, NULL, &list_size);
    REFUSES(copp_adapter_chain, rig.adapter, COPP_SEMANTICS_COPP, &list, NULL);
    REFUSES(copp_adapter_renew_opm, NULL, some, 1, &rig.key.key);
    REFUSES(copp_adapter_renew_opm, rig.adapter, NULL, 1, &rig.key.key);
    REFUSES(copp_adapter_renew_opm, rig.adapter, some, 1, NULL);
    RETURNS(copp_adapter_free, NULL);
    RETURNS(copp_adapter_dispatch, NULL, 1);
    ANSWERS(UINT64_MAX, copp_adapter_deadline_ms, NULL);
    REFUSES(copp_connector_add, NULL, &config, &connector);
    assert_null(connector);
    REFUSES(copp_connector_add, rig.adapter, NULL, &connector);
    REFUSES(copp_connector_add, rig.adapter, &config, NULL);
    struct copp_protection protection = {.size = sizeof protection, .hdcp = COPP_HDCP_ON};
    RETURNS(copp_connector_protection, rig.connector, NULL);
    RETURNS(copp_connector_protection, NULL, &protection);
    assert_int_equal(protection.hdcp, COPP_HDCP_OFF);
    ANSWERS(0, copp_connector_devices, NULL);
    struct copp_connector_view view = {.size = sizeof view, .protection_types = 1};
    RETURNS(copp_connector_inspect, rig.connector, NULL);
    RETURNS(copp_connector_inspect, NULL, &view);
    assert_int_equal(view.protection_types, 0);
    ANSWERS(COPP_MODE_CLONE, copp_connector_mode, NULL); /* refused at open (ARB-6) */
    GIVES_TEXT(copp_connector_name, NULL);
    assert_string_equal(copp_connector_name(NULL), "");
    RETURNS(copp_connector_set_busy, NULL, true);
    RETURNS(copp_connector_unplugged, NULL);
    RETURNS(copp_connector_protection_lost, NULL, 1);
    RETURNS(copp_connector_reconfigured, NULL);
    RETURNS(copp_connector_tampered, NULL);
    RETURNS(copp_connector_receivers_changed, NULL);
    RETURNS(copp_connector_revoked, NULL);
    REFUSES(copp_connector_set_desktop_acp, NULL, COPP_ACP_OFF);
    RETURNS(copp_connector_applied, NULL, COPP_OK);
    struct copp_output_pair pair;
    RETURNS(copp_output_pair_init, NULL, &rig.output.output, &rig.output.output);
    RETURNS(copp_output_pair_init, &pair, NULL, &rig.output.output);
    RETURNS(copp_output_pair_init, &pair, &rig.output.output, NULL);
    struct copp_connector_config half = rig_config();
    half.output = &pair.output;
    REFUSES(copp_connector_add, rig.adapter, &half, &connector);
    struct copp_transport *transport = garbage;
    REFUSES(copp_local_transport_open, NULL, NULL, &transport);
    assert_null(transport);
    REFUSES(copp_local_transport_open, rig.connector, NULL, NULL);
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_COPP};
    transport = garbage;
    REFUSES(copp_local_transport_open_as, NULL, &options, NULL, &transport);
    assert_null(transport);
    transport = garbage;
    REFUSES(copp_local_transport_open_as, rig.connector, NULL, NULL, &transport);
    assert_null(transport);
    REFUSES(copp_local_transport_open_as, rig.connector, &options, NULL, NULL);
    rig_end(&rig);
}

static void devices(void) {
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    app_begin(&app, rig.connector);
    struct copp_device *device = garbage;
    uint32_t length;
    REFUSES(copp_device_open, NULL, &device);
    assert_null(device);
    REFUSES(copp_device_open, rig.connector, NULL);
    REFUSES(copp_device_open_named, NULL, "HDMI-1", &device);
    REFUSES(copp_device_open_named, rig.connector, "HDMI-1", NULL);
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_COPP};
    REFUSES(copp_device_open_as, rig.connector, &options, NULL);
    device = garbage;
    REFUSES(copp_device_open_as, NULL, &options, &device);
    assert_null(device);
    device = garbage;
    REFUSES(copp_device_open_as, rig.connector, NULL, &device);
    assert_null(device);
    RETURNS(copp_device_abandon, NULL);
    RETURNS(copp_device_close, NULL);
    POINTER(copp_device_get_certificate_length, NULL, &length);
    POINTER(copp_device_get_certificate_length, app.device, NULL);
    POINTER(copp_device_key_exchange, NULL, room, room);
    POINTER(copp_device_key_exchange, app.device, NULL, room);
    POINTER(copp_device_key_exchange, app.device, room, NULL);
    const uint8_t *exchanged = room;
    size_t exchanged_size = 1;
    POINTER(copp_device_exchange, NULL, room, &exchanged, &exchanged_size);
    assert_null(exchanged);
    assert_int_equal(exchanged_size, 0);
    POINTER(copp_device_exchange, app.device, NULL, &exchanged, &exchanged_size);
    POINTER(copp_device_exchange, app.device, room, NULL, &exchanged_size);
    POINTER(copp_device_exchange, app.device, room, &exchanged, NULL);
    POINTER(copp_device_sequence_start, NULL, (const struct copp_signature *)some);
    POINTER(copp_device_sequence_start, app.device, NULL);
    POINTER(copp_device_command, NULL, (const struct copp_command *)some, 0);
    POINTER(copp_device_command, app.device, NULL, 0);
    POINTER(copp_device_command_result, NULL);
    POINTER(copp_device_status, NULL, (const struct copp_status_input *)some, (struct copp_status_output *)room);
    POINTER(copp_device_status, app.device, NULL, (struct copp_status_output *)room);
    POINTER(copp_device_status, app.device, (const struct copp_status_input *)some, NULL);
    POINTER(copp_device_get_copp_information, NULL, (const struct copp_status_input *)some, (struct copp_status_output *)room);
    POINTER(copp_device_get_copp_information, app.device, NULL, (struct copp_status_output *)room);
    POINTER(copp_device_get_copp_information, app.device, (const struct copp_status_input *)some, NULL);
    POINTER(copp_device_get_information, NULL, some, (const struct copp_status_input *)some, (struct copp_status_output *)room);
    POINTER(copp_device_get_information, app.device, NULL, (const struct copp_status_input *)some,
            (struct copp_status_output *)room);
    POINTER(copp_device_get_information, app.device, some, NULL, (struct copp_status_output *)room);
    POINTER(copp_device_get_information, app.device, some, (const struct copp_status_input *)some, NULL);
    POINTER(copp_device_configure, NULL, (const struct copp_command *)some, NULL, 0, 0);
    POINTER(copp_device_configure, app.device, NULL, NULL, 0, 0);
    POINTER(copp_device_configure, app.device, (const struct copp_command *)some, NULL, 1, 0);
    struct copp_device_view view = {.size = sizeof view, .active = true};
    RETURNS(copp_device_inspect, app.device, NULL);
    RETURNS(copp_device_inspect, NULL, &view);
    assert_false(view.active);
    copp_device_close(&app.device);
    rig_end(&rig);
}

#define INVALID(function, ...) ANSWERS(0xC000000D, function, __VA_ARGS__) /* STATUS_INVALID_PARAMETER */

static uint64_t no_time(struct copp_pump *pump) {
    (void)pump;
    return 0;
}

static void no_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    (void)pump;
    (void)deadline_ms;
}

static void driver_functions(void) {
    static const struct copp_pump_ops ops = {sizeof ops, no_time, no_wait};
    const struct copp_command *command = (const struct copp_command *)some;
    const struct copp_status_input *input = (const struct copp_status_input *)some;
    struct copp_pump pump = {&ops};
    struct copp_signature signature = {{0}};
    struct copp_status_output output;
    struct copp_ddi *ddi = garbage;
    struct rig rig;
    uint32_t size;
    uintptr_t handle;
    rig_init(&rig, NULL);
    const struct copp_ddi_config config = {.size = sizeof config, .adapter = rig.adapter, .pump = &pump};
    REFUSES(copp_ddi_new, NULL, &ddi);
    assert_null(ddi);
    REFUSES(copp_ddi_new, &config, NULL);
    assert_int_equal(copp_ddi_new(&config, &ddi), COPP_OK);
    REFUSES(copp_ddi_add_target, NULL, 1, rig.connector);
    REFUSES(copp_ddi_add_target, ddi, 1, NULL);
    RETURNS(copp_ddi_set_scan, NULL, COPP_DDI_SCAN_FAILED);
    copp_ddi_set_scan(ddi, COPP_DDI_SCAN_PASSED);
    INVALID(copp_ddi_get_certificate_size, NULL, COPP_OPM_CERTIFICATE_COPP, &size);
    INVALID(copp_ddi_get_certificate_size, ddi, COPP_OPM_CERTIFICATE_COPP, NULL);
    INVALID(copp_ddi_get_certificate, NULL, COPP_OPM_CERTIFICATE_COPP, 1, room);
    INVALID(copp_ddi_get_certificate, ddi, COPP_OPM_CERTIFICATE_COPP, sizeof rig_chain, NULL);
    INVALID(copp_ddi_create_protected_output, NULL, 1, COPP_OPM_VOS_COPP, &handle);
    INVALID(copp_ddi_create_protected_output, ddi, 1, COPP_OPM_VOS_COPP, NULL);
    assert_int_equal(copp_ddi_add_target(ddi, 1, rig.connector), COPP_OK);
    assert_int_equal(copp_ddi_create_protected_output(ddi, 1, COPP_OPM_VOS_COPP, &handle), 0);
    INVALID(copp_ddi_get_random_number, NULL, handle, room);
    INVALID(copp_ddi_get_random_number, ddi, handle, NULL);
    INVALID(copp_ddi_set_signing_key_and_sequence_numbers, NULL, handle, &signature);
    INVALID(copp_ddi_set_signing_key_and_sequence_numbers, ddi, handle, NULL);
    INVALID(copp_ddi_get_information, NULL, handle, some, &output);
    INVALID(copp_ddi_get_information, ddi, handle, NULL, &output);
    INVALID(copp_ddi_get_information, ddi, handle, some, NULL);
    INVALID(copp_ddi_get_copp_compatible_information, NULL, handle, input, &output);
    INVALID(copp_ddi_get_copp_compatible_information, ddi, handle, NULL, &output);
    INVALID(copp_ddi_get_copp_compatible_information, ddi, handle, input, NULL);
    INVALID(copp_ddi_configure_protected_output, NULL, handle, command, 0, NULL);
    INVALID(copp_ddi_configure_protected_output, ddi, handle, NULL, 0, NULL);
    INVALID(copp_ddi_configure_protected_output, ddi, handle, command, 1, NULL);
    INVALID(copp_ddi_destroy_protected_output, NULL, handle);
    RETURNS(copp_ddi_free, NULL);
    copp_ddi_free(&ddi);
    RETURNS(copp_ddi_free, &ddi);
    rig_end(&rig);
}

static void simulators(void) {
    struct copp_private_key *key = test_private_key("leaf.pem");
    const struct copp_sim_config config = {.size = sizeof config, .chain_bytes = some, .chain_size = 1, .key = key};
    struct copp_sim *sim = garbage;
    struct copp_sim_error error;
    REFUSES(copp_sim_new, NULL, &sim, &error);
    assert_null(sim);
    REFUSES(copp_sim_new, &config, NULL, NULL);
    assert_int_equal(copp_sim_new(&config, &sim, NULL), COPP_OK);
    GIVES_TEXT(copp_sim_default);
    RETURNS(copp_sim_free, NULL);
    GIVES_NULL(copp_sim_adapter, NULL);
    ANSWERS(0, copp_sim_count, NULL);
    GIVES_NULL(copp_sim_name, NULL, 0);
    GIVES_NULL(copp_sim_connector, NULL, "HDMI-1");
    GIVES_NULL(copp_sim_connector, sim, NULL);
    DENIES(copp_sim_blank, NULL, "HDMI-1");
    DENIES(copp_sim_blank, sim, NULL);
    DENIES(copp_sim_plugged, NULL, "HDMI-1");
    DENIES(copp_sim_plugged, sim, NULL);
    GIVES_TEXT(copp_sim_display, NULL, "HDMI-1");
    GIVES_TEXT(copp_sim_display, sim, NULL);
    REFUSES(copp_sim_event, NULL, "unplug HDMI-1", &error);
    REFUSES(copp_sim_event, sim, NULL, NULL);
    RETURNS(copp_sim_dispatch, NULL, 1);
    struct copp_connector_config connector = {.size = sizeof connector, .protection_types = COPP_PROTECTION_TYPE_HDCP};
    GIVES_NULL(copp_sim_second_name, NULL, 0);
    REFUSES(copp_sim_connector_config, NULL, 0, &connector);
    assert_int_equal(connector.protection_types, 0);
    REFUSES(copp_sim_connector_config, sim, 0, NULL);
    RETURNS(copp_sim_attach, NULL, 0, NULL);
    RETURNS(copp_sim_attach, sim, 0, NULL);
    ANSWERS(0, copp_sim_pending_limit_ms, NULL);
    ANSWERS(UINT64_MAX, copp_sim_deadline_ms, NULL);
    copp_sim_free(&sim);
    copp_private_key_free(&key);
}

#ifndef _WIN32
static void sockets(void) {
    struct copp_socket *none = NULL;
    struct copp_transport *transport = garbage;
    struct copp_socket_connector connector = {.size = sizeof connector};
    struct copp_socket_news news = {.size = sizeof news};
    REFUSES(copp_socket_connect, NULL, NULL);
    REFUSES(copp_socket_connector, NULL, 0, &connector);
    REFUSES(copp_socket_transport_open, NULL, "HDMI-1", &transport);
    assert_null(transport);
    REFUSES(copp_socket_transport_open, &none, "HDMI-1", &transport);
    REFUSES(copp_socket_transport_open, &none, "HDMI-1", NULL);
    REFUSES(copp_socket_watch, NULL);
    ANSWERS(-1, copp_socket_fd, NULL);
    REFUSES(copp_socket_news, NULL, &news);
    REFUSES(copp_socket_record, NULL, 0, NULL);
    REFUSES(copp_socket_adopt, NULL, &(struct copp_socket_lend){.size = sizeof(struct copp_socket_lend)}, NULL);
    REFUSES(copp_socket_adopted, NULL);
    RETURNS(copp_socket_close, NULL);
    GIVES_TEXT(copp_socket_disconnect_reason, NULL);
}
#endif

static bool was_tried(const char *name) {
    for (size_t i = 0; i < tried_count; i++) {
        if (strcmp(tried[i], name) == 0)
            return true;
    }
    return false;
}

/* Last: whoever exports a function says here what it makes of NULL. */
static void every_exported_function_was_tried(void) {
    size_t size;
    char *map = (char *)read_test_file("../src/libcopp.map", &size);
    unsigned exported = 0;
    for (char *word = strtok(map, " ;\n"); word; word = strtok(NULL, " ;\n")) {
        if (strncmp(word, "copp_", 5) != 0)
            continue;
#ifdef _WIN32
        if (strncmp(word, "copp_socket_", 12) == 0)
            continue;
#endif
        exported++;
        if (!was_tried(word))
            fail_msg("%s: test_null.c does not call it", word);
    }
    assert_true(exported > 100);
    free(map);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(base_and_protocol, ""),
        TEST(messages, ""),
        TEST(structures, ""),
        TEST(keys_and_handshakes, ""),
        TEST(certificates, ""),
        TEST(opm_certificates, ""),
        TEST(revocation_lists, ""),
        TEST(renewability_messages, ""),
        TEST(sessions, ""),
        TEST(queries, ""),
        TEST(adapters_and_connectors, ""),
        TEST(devices, ""),
        TEST(driver_functions, ""),
        TEST(simulators, ""),
#ifndef _WIN32
        TEST(sockets, ""),
#endif
        TEST(every_exported_function_was_tried, ""),
    };
    return RUN_SUITE("null", cases);
}
