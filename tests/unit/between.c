#include "between.h"

#include <string.h>

/* Where the fields of requests lie, by the tables of docs/protocol.md. */
enum { GUID_AT = 16, SEQUENCE_AT = 32, SIZE_AT = 36, DATA_AT = 40, BINDING_AT = 3968 };

const char between_adapter[] = "[adapter]\n"
                               "bus = pci-express\n"
                               "integrated = yes\n"
                               "[output HDMI-1]\n"
                               "type = hdmi\n"
                               "protections = hdcp\n"
                               "modes = 1080p60 720p60\n"
                               "ksv = b70361f714\n"
                               "[output HDMI-2]\n"
                               "type = hdmi\n"
                               "protections = hdcp\n"
                               "modes = 1080p60\n"
                               "ksv = b70361f714\n"
                               "[output DVI-1]\n"
                               "type = dvi\n"
                               "protections = hdcp acp\n"
                               "modes = 720p60\n"
                               "ksv = b70361f714\n";

static void put(uint8_t *bytes, uint32_t word) {
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (8 * i));
}

static uint32_t get(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool asks(const struct copp_status_input *input, enum copp_request request) {
    return memcmp(input->bytes + GUID_AT, copp_request_guid(request), COPP_GUID_SIZE) == 0;
}

static bool asks_level(const struct copp_status_input *input) {
    return asks(input, COPP_QUERY_LOCAL_PROTECTION_LEVEL) || asks(input, COPP_QUERY_GLOBAL_PROTECTION_LEVEL);
}

/* Another question in its place, without data. */
static void turn_into(struct copp_status_input *input, enum copp_request request) {
    memcpy(input->bytes + GUID_AT, copp_request_guid(request), COPP_GUID_SIZE);
    put(input->bytes + SIZE_AT, 0);
    put(input->bytes + DATA_AT, 0);
}

/* Hands a question on, in step with the driver. */
static enum copp_result pass(struct between *between, struct copp_status_input *input, struct copp_status_output *output,
                             uint32_t *hresult) {
    struct copp_status_input sent = *input;
    put(sent.bytes + SEQUENCE_AT, get(input->bytes + SEQUENCE_AT) + between->shift);
    return between->inner->ops->protection_status(between->inner, between->call, &sent, output, hresult);
}

static enum copp_result pass_command(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    return between->inner->ops->protection_command(between->inner, between->call, command, hresult);
}

static enum copp_result swallow(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    (void)between;
    (void)command;
    *hresult = COPP_HR_OK;
    return COPP_OK;
}

/* The types of an HDMI connector are 1, and so is the level "on". */
static enum copp_result types_for_levels(struct between *between, struct copp_status_input *input,
                                         struct copp_status_output *output, uint32_t *hresult) {
    if (asks_level(input))
        turn_into(input, COPP_QUERY_PROTECTION_TYPE);
    return pass(between, input, output, hresult);
}

static enum copp_result keep(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    between->kept = *command;
    between->keeps = true;
    return swallow(between, command, hresult);
}

static enum copp_result deliver_late(struct between *between, struct copp_status_input *input, struct copp_status_output *output,
                                     uint32_t *hresult) {
    uint32_t ignored;
    if (asks_level(input) && between->keeps)
        (void)pass_command(between, &between->kept, &ignored);
    between->keeps = between->keeps && !asks_level(input);
    return pass(between, input, output, hresult);
}

static enum copp_result no_receiver(struct between *between, struct copp_status_input *input, struct copp_status_output *output,
                                    uint32_t *hresult) {
    if (!asks(input, COPP_QUERY_HDCP_KEY_DATA))
        return pass(between, input, output, hresult);
    *hresult = COPP_HR_INVALIDARG;
    return COPP_OK;
}

/* The driver refuses something as well, so that the counts agree. */
static enum copp_result no_receiver_made_up_for(struct between *between, struct copp_status_input *input,
                                                struct copp_status_output *output, uint32_t *hresult) {
    if (asks(input, COPP_QUERY_HDCP_KEY_DATA))
        memset(input->bytes + GUID_AT, 0, COPP_GUID_SIZE);
    return pass(between, input, output, hresult);
}

static enum copp_result no_receiver_out_of_step(struct between *between, struct copp_status_input *input,
                                                struct copp_status_output *output, uint32_t *hresult) {
    if (asks(input, COPP_QUERY_HDCP_KEY_DATA))
        put(input->bytes + SEQUENCE_AT, get(input->bytes + SEQUENCE_AT) + 7);
    return pass(between, input, output, hresult);
}

static enum copp_result no_receiver_by_size(struct between *between, struct copp_status_input *input,
                                            struct copp_status_output *output, uint32_t *hresult) {
    if (asks(input, COPP_QUERY_HDCP_KEY_DATA))
        put(input->bytes + SIZE_AT, 4);
    return pass(between, input, output, hresult);
}

static enum copp_result no_receiver_after_all(struct between *between, struct copp_status_input *input,
                                              struct copp_status_output *output, uint32_t *hresult) {
    enum copp_result result = pass(between, input, output, hresult);
    if (!asks(input, COPP_QUERY_HDCP_KEY_DATA) || *hresult != COPP_HR_OK)
        return result;
    between->shift++;
    *hresult = COPP_HR_INVALIDARG;
    return result;
}

/* The driver refuses the very bytes that the player is told were refused, having answered them before. */
static enum copp_result no_receiver_the_second_time(struct between *between, struct copp_status_input *input,
                                                    struct copp_status_output *output, uint32_t *hresult) {
    enum copp_result result = pass(between, input, output, hresult);
    if (!asks(input, COPP_QUERY_HDCP_KEY_DATA) || *hresult != COPP_HR_OK)
        return result;
    result = pass(between, input, output, hresult);
    between->shift++;
    return result;
}

/* Asks first for itself, which takes the event flags (EVT-2). */
static enum copp_result eat_flags(struct between *between, struct copp_status_input *input, struct copp_status_output *output,
                                  uint32_t *hresult) {
    enum copp_result result = pass(between, input, output, hresult);
    if (result || *hresult != COPP_HR_OK)
        return result;
    between->shift++;
    return pass(between, input, output, hresult);
}

static enum copp_result hide_loss(struct between *between, struct copp_status_input *input, struct copp_status_output *output,
                                  uint32_t *hresult) {
    if (asks_level(input))
        turn_into(input, COPP_QUERY_PROTECTION_TYPE);
    return eat_flags(between, input, output, hresult);
}

static enum copp_result bus_for_connector(struct between *between, struct copp_status_input *input,
                                          struct copp_status_output *output, uint32_t *hresult) {
    if (asks(input, COPP_QUERY_CONNECTOR_TYPE))
        turn_into(input, COPP_QUERY_BUS_DATA);
    return pass(between, input, output, hresult);
}

static enum copp_result local_for_global(struct between *between, struct copp_status_input *input,
                                         struct copp_status_output *output, uint32_t *hresult) {
    if (asks(input, COPP_QUERY_GLOBAL_PROTECTION_LEVEL))
        memcpy(input->bytes + GUID_AT, copp_request_guid(COPP_QUERY_LOCAL_PROTECTION_LEVEL), COPP_GUID_SIZE);
    return pass(between, input, output, hresult);
}

/* The last one: any that came behind it would be out of step (CMD-2). */
static enum copp_result swallow_acp(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    bool acp = get(command->bytes + DATA_AT) == COPP_PROTECTION_TYPE_ACP;
    return acp ? swallow(between, command, hresult) : pass_command(between, command, hresult);
}

static enum copp_result hdcp_for_acp(struct between *between, struct copp_status_input *input, struct copp_status_output *output,
                                     uint32_t *hresult) {
    if (asks_level(input))
        put(input->bytes + DATA_AT, COPP_PROTECTION_TYPE_HDCP);
    return pass(between, input, output, hresult);
}

static enum copp_result report_done(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    enum copp_result result = pass_command(between, command, hresult);
    *hresult = COPP_HR_OK;
    return result;
}

static enum copp_result report_refused(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    enum copp_result result = pass_command(between, command, hresult);
    *hresult = COPP_HR_INVALIDARG;
    return result;
}

static enum copp_result another_refusal(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    enum copp_result result = pass_command(between, command, hresult);
    *hresult = COPP_HR_TOOBIGSIZE;
    return result;
}

static enum copp_result send_twice(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    uint32_t ignored;
    enum copp_result result = pass_command(between, command, hresult);
    (void)pass_command(between, command, &ignored);
    return result;
}

static enum copp_result command_as_query(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    struct copp_status_input input;
    struct copp_status_output output;
    memcpy(input.bytes, command->bytes, sizeof input.bytes);
    enum copp_result result = between->inner->ops->protection_status(between->inner, between->call, &input, &output, hresult);
    *hresult = COPP_HR_OK;
    return result;
}

static enum copp_result own_question(struct between *between, struct copp_status_input *input, struct copp_status_output *output,
                                     uint32_t *hresult) {
    struct copp_status_input own = {{0}};
    struct copp_status_output answer;
    uint32_t ignored;
    (void)between->inner->ops->protection_status(between->inner, between->call, &own, &answer, &ignored);
    return pass(between, input, output, hresult);
}

static enum copp_result cut_off(struct between *between, struct copp_status_input *input, struct copp_status_output *output,
                                uint32_t *hresult) {
    enum copp_result result = pass(between, input, output, hresult);
    memset(output->bytes + BINDING_AT, 0, sizeof output->bytes - BINDING_AT);
    return result;
}

static enum copp_result first_answer_again(struct between *between, struct copp_status_input *input,
                                           struct copp_status_output *output, uint32_t *hresult) {
    enum copp_result result = pass(between, input, output, hresult);
    if (between->answered)
        *output = between->first;
    between->first = *output;
    between->answered = true;
    return result;
}

#define HDCP_ON .wanted = {.size = sizeof(struct copp_requirement), .hdcp = COPP_HDCP_ON}
#define HDCP_TO_ANYBODY                                                                                                          \
    .wanted = {.size = sizeof(struct copp_requirement), .hdcp = COPP_HDCP_ON, .unnamed_receiver = true},                         \
    .before = "repeater HDMI-1 on"
#define ON_HDMI .connector = "HDMI-1"

const struct between_trick between_tricks[] = {
    {"commands swallowed, types told for levels", swallow, types_for_levels, ON_HDMI, HDCP_ON, .fools = true},
    {"commands kept back and delivered later", keep, deliver_late, ON_HDMI, HDCP_ON, .fools = true},
    {"a refusal forged: there is no receiver", NULL, no_receiver, ON_HDMI, HDCP_TO_ANYBODY, .fools = true},
    {"the same, and another request refused", NULL, no_receiver_made_up_for, ON_HDMI, HDCP_TO_ANYBODY, .fools = true},
    {"the same, by a wrong sequence number", NULL, no_receiver_out_of_step, ON_HDMI, HDCP_TO_ANYBODY, .fools = true},
    {"the same, by a wrong size", NULL, no_receiver_by_size, ON_HDMI, HDCP_TO_ANYBODY, .fools = true},
    {"the same, and the answer kept", NULL, no_receiver_after_all, ON_HDMI, HDCP_TO_ANYBODY, .fools = true},
    {"the same, and really refused, once it was answered", NULL, no_receiver_the_second_time, ON_HDMI, HDCP_TO_ANYBODY,
     .fools = true},
    {"event flags eaten", NULL, eat_flags, ON_HDMI, HDCP_ON, .after = "mode HDMI-1 720p60", .fools = true},
    {"a loss hidden", NULL, hide_loss, ON_HDMI, HDCP_ON, .after = "hdcp-fail HDMI-1", .fools = true},
    {"another connector", NULL, NULL, ON_HDMI, HDCP_ON, .opened = "HDMI-2", .fools = true},
    {"an embedded connector made up", NULL, bus_for_connector, ON_HDMI,
     .wanted = {.size = sizeof(struct copp_requirement), .hdcp = COPP_HDCP_ON, .embedded_unbound = true}, .fools = true},
    {"the local level for the global one", NULL, local_for_global, ON_HDMI, HDCP_ON, .fools = true},
    {"another type's level", swallow_acp, hdcp_for_acp, .connector = "DVI-1",
     .wanted = {.size = sizeof(struct copp_requirement), .hdcp = COPP_HDCP_ON, .acp = 1}, .fools = true},
    {"a refused command reported as done", report_done, types_for_levels, ON_HDMI, HDCP_ON, .before = "hdcp-refuse HDMI-1 on",
     .fools = true},
    {"a command that was done reported as refused", report_refused, NULL, ON_HDMI, HDCP_ON},
    {"another reason for a refusal", another_refusal, NULL, ON_HDMI, HDCP_ON, .before = "hdcp-refuse HDMI-1 on"},
    {"an old command again", send_twice, NULL, ON_HDMI, HDCP_ON, .fools = true},
    {"a command sent as a query", command_as_query, types_for_levels, ON_HDMI, HDCP_ON, .fools = true},
    {"questions of one's own", NULL, own_question, ON_HDMI, HDCP_ON, .fools = true},
    {"the binding cut off", NULL, cut_off, ON_HDMI, HDCP_ON, .fools = true},
    {"the first answer for every question", NULL, first_answer_again, ON_HDMI, HDCP_ON},
};
const size_t between_trick_count = sizeof between_tricks / sizeof between_tricks[0];

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain, size_t *size, uint32_t *hresult) {
    struct copp_transport *inner = ((struct between *)(void *)transport)->inner;
    return inner->ops->key_exchange(inner, call, random, chain, size, hresult);
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    struct copp_transport *inner = ((struct between *)(void *)transport)->inner;
    return inner->ops->session_sequence_start(inner, call, signature, hresult);
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    struct between *between = (struct between *)(void *)transport;
    between->call = call;
    return between->trick->command ? between->trick->command(between, message, hresult) : pass_command(between, message, hresult);
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    struct between *between = (struct between *)(void *)transport;
    between->call = call;
    struct copp_status_input own = *input;
    between->queries++;
    return between->trick->status ? between->trick->status(between, &own, output, hresult) : pass(between, &own, output, hresult);
}

static void free_inner(struct copp_transport *transport) {
    copp_transport_free(&((struct between *)(void *)transport)->inner);
}

void between_init(struct between *between, struct copp_transport *inner, const struct between_trick *trick) {
    static const struct copp_transport_ops ops = {.size = sizeof ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = free_inner};
    *between = (struct between){.transport = {&ops}, .inner = inner, .trick = trick};
}
