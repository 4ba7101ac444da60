/* QRY: status queries. */
#include "client.h"

static void right_mac(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_output output;
    uint8_t tag[COPP_MAC_SIZE];
    if (client == NULL || !client_query(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &output))
        return;
    if (copp_omac_tag(client->omac, output.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag) != COPP_OK) {
        case_error(run, "no MAC could be made");
    } else if (!copp_equal(tag, output.bytes, sizeof tag)) {
        case_mark_right(run, true, 0, COPP_MAC_SIZE, tag);
        case_fail(run, "QRY-2", NULL, "the answer's MAC is another one");
    }
}

const struct conformance_case driver_cases_status[] = {
    {.id = "DRV-QRY-2-1",
     .title = "an answer's MAC is right",
     .rules = "QRY-2",
     .source = "WDK, COPPQueryStatus",
     .sends = "QueryConnectorType",
     .right = "the first 16 bytes of the answer are OMAC-1 over the other 4080",
     .semantics = COPP_SEMANTICS_COPP,
     .run = right_mac},
    {.id = NULL},
};
