#include "outputs/kms/library/output.h"

#include <string.h>

#include "outputs/kms/write.h"

const struct kms_connector *kms_output_connector(const struct kms_output *output) {
    return &output->card->connectors[output->index];
}

static bool exists(const struct kms_output *output) {
    return kms_output_connector(output)->id == output->id;
}

static void observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    const struct kms_output *output = (const struct kms_output *)link;
    if (!exists(output))
        return;
    kms_card_observe(output->card, output->index, observation);
    observation->hdcp = kms_request_cover(&output->request, observation->hdcp);
    if (observation->companions)
        observation->state.mode = COPP_MODE_THEATRE; /* ARB-6: the others are not ours to protect */
}

static enum copp_result write_value(struct hdcp_link *link, enum hdcp_value value) {
    struct kms_output *output = (struct kms_output *)link;
    if (!exists(output) || !kms_card_can_write(output->card, output->index))
        return value == HDCP_UNDESIRED ? COPP_OK : COPP_E_FAILED;
    if (output->by_host)
        return kms_request_write(&output->request, value, *output->now_ms);
    return kms_card_write(output->card, output->index, value);
}

static const struct hdcp_link_ops output_ops = {.observe = observe, .write = write_value};

/* A command that has been given up asks for Desired no more. Undesired may be a step of a command, or owed. */
static bool is_wanted(const struct kms_output *output) {
    bool rises = output->link.pending && !output->link.asked;
    return rises || (output->request.value == HDCP_UNDESIRED && output->link.owes);
}

/* What the connector does not have is not offered (QRY-6). */
static bool can_offer(const struct kms_output *output) {
    const struct kms_connector *connector = kms_output_connector(output);
    if (connector->protection_property && output->card->type1 && !connector->type_property)
        copp_backend_say(output->card->log, COPP_BACKEND_WARNING,
                         "%s: lacks HDCP content type 1, which is required: it does not offer HDCP", connector->name);
    return kms_card_can_protect(output->card, connector);
}

void kms_output_start(struct kms_output *output) {
    hdcp_link_init(&output->link, &output_ops, can_offer(output));
    hdcp_link_look(&output->link);
}

void kms_output_dispatch(struct kms_output *output, bool look) {
    hdcp_link_dispatch(&output->link, *output->now_ms);
    if (!is_wanted(output) && kms_request_drop(&output->request))
        hdcp_link_owe(&output->link);
    if (look)
        hdcp_link_look(&output->link);
}

static bool is_open(const struct kms_output *output) {
    return output->request.state == KMS_REQUEST_OPEN && is_wanted(output) && exists(output);
}

void kms_output_request(const struct kms_output *output, struct copp_kms_request *request) {
    const struct kms_connector *connector = kms_output_connector(output);
    request->count = 0;
    if (!is_open(output))
        return;
    if (output->request.value == HDCP_DESIRED && connector->type_property)
        request->properties[request->count++] =
            (struct copp_kms_property){output->id, connector->type_property, output->card->type1};
    request->properties[request->count++] =
        (struct copp_kms_property){output->id, connector->protection_property, output->request.value};
}

bool kms_output_committed(struct kms_output *output, const struct copp_kms_request *request, int error) {
    if (!request->count)
        return true;
    const struct copp_kms_property *last = &request->properties[request->count - 1];
    if (last->object != output->id || last->property != kms_output_connector(output)->protection_property ||
        last->value > HDCP_DESIRED)
        return false;
    bool on = last->value == HDCP_DESIRED;
    bool waited_for = kms_request_committed(&output->request, (enum hdcp_value)last->value, error, *output->now_ms);
    if (on && !error && !waited_for)
        hdcp_link_owe(&output->link); /* it was asked for once */
    return true;
}

uint64_t kms_output_deadline_ms(const struct kms_output *output) {
    return is_open(output) ? output->request.deadline_ms : COPP_BACKEND_NEVER;
}
