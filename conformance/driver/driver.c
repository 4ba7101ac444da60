#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "copp/opm.h"

static void free_clients(struct case_run *run, struct driver_suite *suite) {
    for (size_t i = 0; i < suite->client_count; i++) {
        struct driver_client *client = suite->clients[i];
        client_close(run, client);
        copp_omac_free(&client->omac);
        copp_handshake_wipe(&client->handshake);
        free(client->chain_bytes);
        free(client);
    }
    suite->client_count = 0;
}

/* What the output itself says that it has. */
static bool ask_output(struct case_run *run, struct driver_output *output) {
    struct copp_status answer;
    struct copp_status_output signaling;
    struct copp_status_input input;
    uint32_t hresult;
    struct driver_client *client = client_start_on(run, output);
    if (client == NULL || !client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer))
        return false;
    output->connector_type = answer.data;
    if (!client_ask(run, client, COPP_QUERY_PROTECTION_TYPE, 0, &answer))
        return false;
    output->types = answer.data;
    if (client->semantics == COPP_SEMANTICS_OPM)
        return true;
    client_make_status(run, client, COPP_QUERY_SIGNALING, NULL, 0, &input);
    if (!client_status(run, client, &input, NULL, &signaling, &hresult))
        return false;
    output->standards = get_u32(signaling.bytes + 40);
    output->standard = get_u32(signaling.bytes + 44);
    static const uint8_t mark[COPP_GUID_SIZE] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a,
                                                 0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57}; /* BIND-1 */
    output->has |= memcmp(signaling.bytes + 3968, mark, sizeof mark) == 0 ? NEED_BOUND : NEED_UNBOUND;
    client_make_status(run, client, COPP_QUERY_HDCP_KEY_DATA, NULL, 0, &input);
    if (!client_status(run, client, &input, NULL, &signaling, &hresult))
        return false;
    output->has |= hresult == COPP_HR_OK ? NEED_RECEIVER : 0;
    return true;
}

static void conclude(const struct driver_suite *suite, struct driver_output *output) {
    const bool opm = suite->semantics == COPP_SEMANTICS_OPM;
    const uint32_t hdcp = opm ? COPP_PROTECTION_TYPE_OPM_HDCP : COPP_PROTECTION_TYPE_HDCP;
    output->has |= (output->types & hdcp) != 0 ? NEED_HDCP : NEED_NO_HDCP;
    output->has |= (output->types & COPP_PROTECTION_TYPE_ACP) != 0 ? NEED_ACP : NEED_NO_ACP;
    output->has |= (output->types & COPP_PROTECTION_TYPE_CGMSA) != 0 ? NEED_CGMSA : 0;
    output->has |= output->standards != 0 ? NEED_SIGNALING : 0;
    output->has |= suite->target->ops->cause != NULL ? NEED_EVENTS : 0;
}

bool driver_survey(struct driver_suite *suite, char *error, size_t error_size) {
    static const struct conformance_case survey = {
        .id = "DRV-SURVEY", .title = "what outputs there are", .rules = "QRY-6", .source = "", .sends = "", .right = ""};
    (void)snprintf(error, error_size, "the driver has no outputs");
    for (size_t i = 0; suite->output_count < DRIVER_OUTPUTS_MAX; i++) {
        const char *name = suite->target->ops->output(suite->target, i);
        if (name == NULL)
            break;
        if (suite->only_output != NULL && strcmp(name, suite->only_output) != 0)
            continue;
        struct case_outcome outcome = {.test = &survey};
        struct case_run run = {.test = &survey, .outcome = &outcome, .subject = suite, .start_us = clock_us()};
        struct driver_output *output = &suite->outputs[suite->output_count];
        *output = (struct driver_output){.name = name};
        if (ask_output(&run, output)) {
            conclude(suite, output);
            suite->output_count++;
        } else {
            (void)snprintf(error, error_size, "%s: %s", name, outcome.seen);
        }
        free_clients(&run, suite);
        exchange_list_free(&outcome.exchanges);
    }
    return suite->output_count > 0;
}

bool driver_prepare(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    suite->output = NULL;
    suite->events_caused = false;
    for (size_t i = 0; i < suite->output_count && suite->output == NULL; i++) {
        if ((suite->outputs[i].has & run->test->needs) == run->test->needs)
            suite->output = &suite->outputs[i];
    }
    if (suite->output == NULL)
        return case_skip(run, CASE_NOT_SUPPORTED, "no output has what this case needs");
    (void)snprintf(run->outcome->subject, sizeof run->outcome->subject, "%s", suite->output->name);
    return true;
}

/* What happens beyond the case is none of its business: its verdict stands. */
void driver_finish(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    const enum case_result result = run->outcome->result;
    for (size_t i = 0; i < suite->client_count; i++) {
        struct driver_client *client = suite->clients[i];
        for (uint32_t type = 1; client->transport != NULL && client->raised >= type && type != 0; type <<= 1) {
            uint32_t hresult;
            if ((client->raised & type) != 0)
                (void)client_set_level(run, client, type, 0, &hresult);
        }
    }
    free_clients(run, suite);
    run->outcome->result = result;
}

bool driver_cause(struct case_run *run, const char *event) {
    struct driver_suite *suite = driver_suite_of(run);
    char text[128];
    size_t word = strcspn(event, " ");
    (void)snprintf(text, sizeof text, "%.*s %s%s", (int)word, event, suite->output->name, event + word);
    if (suite->target->ops->cause == NULL || !suite->target->ops->cause(suite->target, text))
        return case_skip(run, CASE_NOT_SUPPORTED, "nothing can be made to happen here: %s", text);
    suite->events_caused = true;
    case_record(run, (struct exchange){.kind = EXCHANGE_EVENT, .note = text});
    return true;
}
