/* What a driver's outputs are, and whether the most basic things work. */
#include "driver.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "copp/opm.h"

static const struct conformance_case survey_case = {
    .id = "DRV-SURVEY", .title = "what outputs there are", .rules = "QRY-6", .source = "", .sends = "", .right = ""};

/* As docs/simulator.md writes it. */
static void name_mode(const struct copp_display *d, char *mode, size_t size) {
    const unsigned scan = copp_format_unpack(d->format).sample_format;
    const bool interlaced = scan >= COPP_SAMPLE_INTERLEAVED_EVEN_FIRST && scan <= COPP_SAMPLE_SINGLE_ODD_FIELD;
    const unsigned long denominator = d->frequency_denominator != 0 ? d->frequency_denominator : 1;
    const unsigned long hundredths = (unsigned long)((uint64_t)d->frequency_numerator * 100 / denominator);
    char rate[16];
    (void)snprintf(rate, sizeof rate, hundredths % 100 != 0 ? "%lu.%02lu" : "%lu", hundredths / 100, hundredths % 100);
    (void)snprintf(mode, size, "%lu%c%s", (unsigned long)d->height, interlaced ? 'i' : 'p', rate);
}

/* What may be refused is asked for without a verdict. */
static bool ask_freely(struct case_run *run, struct driver_client *client, enum copp_request request,
                       struct copp_status_output *output) {
    struct copp_status_input input;
    uint32_t hresult;
    client_make_status(run, client, request, NULL, 0, &input);
    return client_status(run, client, &input, NULL, output, &hresult) && hresult == COPP_HR_OK;
}

/* What COPP alone has. */
static void ask_more(struct case_run *run, struct driver_client *client, struct driver_output *output) {
    struct copp_status_output answer;
    if (ask_freely(run, client, COPP_QUERY_SIGNALING, &answer)) {
        output->standards = get_u32(answer.bytes + 40);
        output->standard = get_u32(answer.bytes + 44);
        output->has |= client_is_bound(&answer) ? NEED_BOUND : NEED_UNBOUND;
    }
    output->has |= ask_freely(run, client, COPP_QUERY_HDCP_KEY_DATA, &answer) ? NEED_RECEIVER : NEED_NO_RECEIVER;
}

/* What the output itself says that it has. */
static bool ask_output(struct case_run *run, struct driver_output *output) {
    struct copp_status answer;
    struct copp_status_output message;
    struct copp_status_display display;
    struct driver_client *client = client_start_on(run, output);
    if (client == NULL || !client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer))
        return false;
    output->connector_type = answer.data;
    if (!client_ask(run, client, COPP_QUERY_PROTECTION_TYPE, 0, &answer))
        return false;
    output->types = answer.data;
    if (ask_freely(run, client, COPP_QUERY_DISPLAY_DATA, &message) &&
        copp_status_display_decode(message.bytes + 20, COPP_STATUS_DISPLAY_SIZE, &display) == COPP_OK)
        name_mode(&display.display, output->mode, sizeof output->mode);
    if (client->semantics != COPP_SEMANTICS_OPM)
        ask_more(run, client, output);
    return true;
}

/* What is different where OPM's types or connectors are (OPM-SET-7, OPM-HDCP-2). */
static void conclude_opm(const struct driver_suite *suite, struct driver_output *output) {
    const uint32_t type = output->connector_type;
    const bool embedded =
        type == COPP_CONNECTOR_LVDS || type == COPP_CONNECTOR_DISPLAYPORT_EMBEDDED || type == COPP_CONNECTOR_UDI_EMBEDDED;
    output->has |= (output->types & COPP_PROTECTION_TYPE_CGMSA) != 0 ? 0 : NEED_NO_CGMSA;
    output->has |= (output->types & COPP_PROTECTION_TYPE_DPCP) != 0 ? NEED_DPCP : NEED_NO_DPCP;
    output->has |= (output->types & COPP_PROTECTION_TYPE_ENFORCEMENT) != 0 ? NEED_TYPE1 : NEED_NO_TYPE1;
    output->has |= type == COPP_CONNECTOR_DVI ? NEED_DVI : NEED_NO_DVI;
    output->has |= embedded ? NEED_EMBEDDED : 0;
    output->has |= suite->target->test_lists ? NEED_LISTS : 0;
    output->has |= suite->target->both_semantics ? NEED_COPP : 0;
    output->has |= suite->target->ops->output(suite->target, 1) != NULL ? NEED_TWO : 0;
}

static void conclude(const struct driver_suite *suite, struct driver_output *output) {
    const bool opm = suite->semantics == COPP_SEMANTICS_OPM;
    const uint32_t hdcp = opm ? COPP_PROTECTION_TYPE_OPM_HDCP : COPP_PROTECTION_TYPE_HDCP;
    const uint32_t kind = output->connector_type & ~COPP_CONNECTOR_INTERNAL;
    const uint32_t types = output->types & (hdcp | COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA);
    output->has |= (output->types & hdcp) != 0 ? NEED_HDCP : NEED_NO_HDCP;
    output->has |= (output->types & COPP_PROTECTION_TYPE_ACP) != 0 ? NEED_ACP : NEED_NO_ACP;
    output->has |= (output->types & COPP_PROTECTION_TYPE_CGMSA) != 0 ? NEED_CGMSA : 0;
    output->has |= types != 0 ? NEED_TYPE : 0;
    output->has |= (types & (types - 1)) != 0 ? NEED_TWO_TYPES : 0;
    output->has |= output->standards != 0 ? NEED_SIGNALING : NEED_NO_SIGNALING;
    if (output->standard != 0)
        output->has |= (output->standard & COPP_TV_STANDARD_CEA805A_MASK) != 0 ? NEED_CEA : NEED_NO_CEA;
    output->has |= kind == COPP_CONNECTOR_COMPONENT || kind == COPP_CONNECTOR_D_JPN ? NEED_COMPONENT : 0;
    output->has |= kind == COPP_CONNECTOR_SVIDEO || kind == COPP_CONNECTOR_COMPOSITE ? NEED_FIXED : 0;
    output->has |= suite->target->ops->cause != NULL ? NEED_EVENTS : 0;
    if (opm)
        conclude_opm(suite, output);
}

static void say_none(const struct driver_suite *suite, char *error, size_t error_size) {
    const char *name = suite->target->ops->output(suite->target, 0);
    if (suite->only_output == NULL || name == NULL) {
        (void)snprintf(error, error_size, "the driver has no outputs");
        return;
    }
    size_t used = (size_t)snprintf(error, error_size, "not an output of this driver, which has: %s", name);
    for (size_t i = 1; used < error_size && (name = suite->target->ops->output(suite->target, i)) != NULL; i++)
        used += (size_t)snprintf(error + used, error_size - used, ", %s", name);
}

/* Where no output tells what it is, one that opens is known by its name alone: cases that need nothing of it say what is wrong. */
bool driver_survey(struct driver_suite *suite, char *error, size_t error_size) {
    const char *silent = NULL;
    say_none(suite, error, error_size);
    for (size_t i = 0; suite->output_count < DRIVER_OUTPUTS_MAX; i++) {
        const char *name = suite->target->ops->output(suite->target, i);
        if (name == NULL)
            break;
        if (suite->only_output != NULL && strcmp(name, suite->only_output) != 0)
            continue;
        struct case_outcome outcome = {.test = &survey_case};
        struct case_run run = {.test = &survey_case, .outcome = &outcome, .subject = suite, .start_us = clock_us()};
        struct driver_output *output = &suite->outputs[suite->output_count];
        *output = (struct driver_output){.name = name};
        const bool answers = ask_output(&run, output);
        if (answers) {
            conclude(suite, output);
            suite->output_count++;
        } else {
            if (silent == NULL && suite->client_count > 0)
                silent = name;
            (void)snprintf(error, error_size, "%s: %s", name, outcome.seen);
        }
        client_close_all(&run);
        exchange_list_free(&outcome.exchanges);
    }
    if (suite->output_count == 0 && silent != NULL)
        suite->outputs[suite->output_count++] = (struct driver_output){.name = silent};
    return suite->output_count > 0;
}

/* Queries and commands in turn, as a correct application sends them. */
static unsigned probe(struct case_run *run, struct driver_client *client) {
    struct copp_status_output output;
    uint8_t tag[COPP_MAC_SIZE];
    unsigned broken = 0;
    const uint32_t types = client->output->types & (client->semantics == COPP_SEMANTICS_OPM ? 0x3E : 7);
    for (int i = 0; i < 3; i++) {
        uint32_t hresult = COPP_HR_OK;
        if (!ask_freely(run, client, COPP_QUERY_CONNECTOR_TYPE, &output))
            broken |= BROKEN_QUERIES;
        else if (copp_omac_tag(client->omac, output.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag) != COPP_OK ||
                 !copp_equal(tag, output.bytes, sizeof tag))
            broken |= BROKEN_MACS;
        if (types != 0 && (!client_set_level(run, client, lowest_bit(types), 0, &hresult) || hresult != COPP_HR_OK))
            broken |= BROKEN_COMMANDS;
    }
    return broken;
}

void driver_probe(struct driver_suite *suite) {
    struct case_outcome outcome = {.test = &survey_case};
    struct case_run run = {.test = &survey_case, .outcome = &outcome, .subject = suite, .start_us = clock_us()};
    const struct driver_output *output = &suite->outputs[0];
    for (size_t i = 0; i < suite->output_count && (output->has & NEED_TYPE) == 0; i++)
        output = &suite->outputs[i];
    struct driver_client *client = client_start_on(&run, output);
    suite->broken = client != NULL ? probe(&run, client) : BROKEN_HANDSHAKE;
    suite->probed = true;
    client_close_all(&run);
    exchange_list_free(&outcome.exchanges);
}
