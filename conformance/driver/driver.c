#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
    static const uint8_t mark[COPP_GUID_SIZE] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a,
                                                 0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57}; /* BIND-1 */
    struct copp_status_output answer;
    if (ask_freely(run, client, COPP_QUERY_SIGNALING, &answer)) {
        output->standards = get_u32(answer.bytes + 40);
        output->standard = get_u32(answer.bytes + 44);
        output->has |= memcmp(answer.bytes + 3968, mark, sizeof mark) == 0 ? NEED_BOUND : NEED_UNBOUND;
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
    suite->undo_count = 0;
    for (size_t i = 0; i < suite->output_count && suite->output == NULL; i++) {
        if ((suite->outputs[i].has & run->test->needs) == run->test->needs)
            suite->output = &suite->outputs[i];
    }
    if (suite->output == NULL)
        return case_skip(run, CASE_NOT_SUPPORTED, "no output has what this case needs");
    (void)snprintf(run->outcome->subject, sizeof run->outcome->subject, "%s", suite->output->name);
    return true;
}

/* The levels that a session still holds, before it is closed: not every driver takes back what a closed device held. */
static void lower(struct case_run *run, struct driver_client *client) {
    uint32_t hresult;
    for (uint32_t type = 1; client->transport != NULL && type != 0; type <<= 1) {
        if ((client->raised & type) != 0)
            (void)client_set_level(run, client, type, 0, &hresult);
    }
}

/* What comes of this is no part of the case: its verdict and its marks stand. */
void driver_finish(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    const struct case_outcome before = *run->outcome;
    for (size_t i = 0; i < suite->client_count; i++)
        lower(run, suite->clients[i]);
    free_clients(run, suite);
    while (suite->undo_count > 0) {
        const char *event = suite->undo[--suite->undo_count];
        (void)suite->target->ops->cause(suite->target, event);
        case_record(run, (struct exchange){.kind = EXCHANGE_EVENT, .note = event});
        driver_settle(run);
    }
    const struct exchange_list exchanges = run->outcome->exchanges;
    *run->outcome = before;
    run->outcome->exchanges = exchanges;
}

/* The output's name goes behind the event's first word. */
static void name_event(const struct driver_suite *suite, const char *event, char *text, size_t size) {
    size_t word = strcspn(event, " ");
    (void)snprintf(text, size, "%.*s %s%s", (int)word, event, suite->output->name, event + word);
}

uint64_t driver_patience(const struct case_run *run) {
    return clock_us() + (uint64_t)driver_suite_of(run)->target->settle_ms * 1000u;
}

void driver_settle(struct case_run *run) {
    for (uint64_t end = driver_patience(run), now = clock_us(); now < end; now = clock_us())
        (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static bool remember(struct driver_suite *suite, const char *event) {
    if (suite->undo_count == DRIVER_UNDO_MAX)
        return false;
    name_event(suite, event, suite->undo[suite->undo_count], sizeof suite->undo[0]);
    suite->undo_count++;
    return true;
}

static bool make_happen(struct case_run *run, const char *event) {
    struct driver_suite *suite = driver_suite_of(run);
    char text[96];
    name_event(suite, event, text, sizeof text);
    if (suite->target->ops->cause == NULL || !suite->target->ops->cause(suite->target, text))
        return false;
    case_record(run, (struct exchange){.kind = EXCHANGE_EVENT, .note = text});
    driver_settle(run);
    return true;
}

bool driver_try(struct case_run *run, const char *event) {
    struct driver_suite *suite = driver_suite_of(run);
    char back[64];
    if (strncmp(event, "mode ", 5) != 0)
        return make_happen(run, event);
    if (strcmp(event + 5, suite->output->mode) == 0)
        return true; /* it is there already */
    (void)snprintf(back, sizeof back, "mode %s", suite->output->mode);
    return make_happen(run, event) && (suite->output->mode[0] == '\0' || remember(suite, back));
}

bool driver_cause(struct case_run *run, const char *event) {
    return driver_try(run, event) ||
           case_skip(run, CASE_NOT_SUPPORTED, "nothing makes this happen here: %s (see --event-command)", event);
}

bool driver_cause_until_end(struct case_run *run, const char *event, const char *undo) {
    return driver_cause(run, event) && (remember(driver_suite_of(run), undo) || case_error(run, "too many events"));
}

bool driver_go_elsewhere(struct case_run *run, const char *const *modes) {
    for (; *modes != NULL; modes++) {
        if (strcmp(*modes + 5, driver_suite_of(run)->output->mode) != 0 && driver_try(run, *modes))
            return true;
    }
    return case_skip(run, CASE_NOT_SUPPORTED, "the output cannot be brought into another mode");
}
