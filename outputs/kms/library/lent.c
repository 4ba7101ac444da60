#include "outputs/kms/library/lent.h"

#include <string.h>

#include "outputs/kms/write.h"

const struct kms_connector *kms_lent_connector(const struct kms_lent *lent) {
    return &lent->card->connectors[lent->index];
}

static bool exists(const struct kms_lent *lent) {
    return kms_lent_connector(lent)->id == lent->id;
}

static void observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    const struct kms_lent *lent = (const struct kms_lent *)link;
    if (!exists(lent))
        return;
    kms_card_observe(lent->card, lent->index, observation);
    observation->hdcp = kms_request_cover(&lent->request, observation->hdcp);
}

static enum copp_result write_value(struct hdcp_link *link, enum hdcp_value value) {
    struct kms_lent *lent = (struct kms_lent *)link;
    if (!exists(lent) || !kms_lent_connector(lent)->protection_property)
        return value == HDCP_UNDESIRED ? COPP_OK : COPP_E_FAILED;
    if (lent->by_host)
        return kms_request_write(&lent->request, value, *lent->now_ms);
    return kms_card_write(lent->card, lent->index, value);
}

static const struct hdcp_link_ops lent_ops = {.observe = observe, .write = write_value};

/* A command that has been given up asks for Desired no more. Undesired may be a step of a command, or owed. */
static bool is_wanted(const struct kms_lent *lent) {
    bool rises = lent->link.pending && !lent->link.asked;
    return rises || (lent->request.value == HDCP_UNDESIRED && lent->link.owed);
}

/* What the connector does not have is not offered (QRY-6). */
static bool can_offer(const struct kms_lent *lent) {
    const struct kms_connector *connector = kms_lent_connector(lent);
    if (connector->protection_property && lent->card->type1 && !connector->type_property)
        copp_backend_say(lent->card->log, COPP_BACKEND_WARNING,
                         "%s: does not have HDCP content type 1, which is asked for: it offers no HDCP", connector->name);
    return connector->protection_property && (!lent->card->type1 || connector->type_property);
}

void kms_lent_start(struct kms_lent *lent) {
    hdcp_link_init(&lent->link, &lent_ops, can_offer(lent));
    hdcp_link_look(&lent->link);
}

void kms_lent_dispatch(struct kms_lent *lent, bool look) {
    hdcp_link_dispatch(&lent->link, *lent->now_ms);
    if (!is_wanted(lent) && kms_request_drop(&lent->request))
        hdcp_link_owe(&lent->link);
    if (look)
        hdcp_link_look(&lent->link);
}

static bool is_open(const struct kms_lent *lent) {
    return lent->request.state == KMS_REQUEST_OPEN && is_wanted(lent) && exists(lent);
}

void kms_lent_request(const struct kms_lent *lent, struct copp_kms_request *request) {
    const struct kms_connector *connector = kms_lent_connector(lent);
    request->count = 0;
    if (!is_open(lent))
        return;
    if (lent->request.value == HDCP_DESIRED && connector->type_property)
        request->properties[request->count++] = (struct copp_kms_property){lent->id, connector->type_property, lent->card->type1};
    request->properties[request->count++] =
        (struct copp_kms_property){lent->id, connector->protection_property, lent->request.value};
}

bool kms_lent_committed(struct kms_lent *lent, const struct copp_kms_request *request, int error) {
    if (!request->count)
        return true;
    const struct copp_kms_property *last = &request->properties[request->count - 1];
    if (last->object != lent->id || last->property != kms_lent_connector(lent)->protection_property || last->value > HDCP_DESIRED)
        return false;
    bool on = last->value == HDCP_DESIRED;
    bool waited_for = kms_request_committed(&lent->request, (enum hdcp_value)last->value, error, *lent->now_ms);
    if (on && !error && !waited_for)
        hdcp_link_owe(&lent->link); /* it was asked for once */
    return true;
}

uint64_t kms_lent_deadline_ms(const struct kms_lent *lent) {
    return is_open(lent) ? lent->request.deadline_ms : COPP_BACKEND_NEVER;
}
