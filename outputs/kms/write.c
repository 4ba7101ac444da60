#include "outputs/kms/write.h"

#include <errno.h>
#include <string.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "outputs/kms/lent.h"

/* A refusal is said once, until a write works again. */
static bool refused(struct kms_card *card, const char *why) {
    if (!card->refused)
        copp_backend_say(card->log, COPP_BACKEND_WARNING, "%s: %s", card->name, why);
    card->refused = true;
    return false;
}

static bool become_master(struct kms_card *card) {
    if (card->access == KMS_LENT || drmSetMaster(card->fd) == 0)
        return true;
    if (errno == EBUSY)
        return refused(card, "a compositor or X server owns its outputs (it is DRM master), so HDCP cannot be switched here; use "
                             "the xrandr outputs under X, or start without a compositor");
    if (errno == EACCES || errno == EPERM)
        return refused(card, "a compositor or X server had its outputs first, and without CAP_SYS_ADMIN HDCP cannot be switched "
                             "here; use the xrandr outputs under X, or start before the compositor");
    return refused(card, strerror(errno));
}

static void leave_master(struct kms_card *card) {
    if (card->access == KMS_OWN && drmDropMaster(card->fd) != 0)
        copp_backend_say(card->log, COPP_BACKEND_ERROR, "%s: DRM master cannot be given up: %s", card->name, strerror(errno));
}

bool kms_card_may_write(struct kms_card *card) {
    if (card->lent)
        return true;
    if (!become_master(card))
        return false;
    leave_master(card);
    return true;
}

/* Without blocking: HDCP authentication takes seconds on some drivers, and everybody else would wait. */
static int commit(const struct kms_card *card, const struct kms_connector *connector, enum hdcp_value value) {
    drmModeAtomicReqPtr request = drmModeAtomicAlloc();
    if (!request)
        return -ENOMEM;
    int result = 0;
    if (value == HDCP_DESIRED && connector->type_property)
        result = drmModeAtomicAddProperty(request, connector->id, connector->type_property, card->type1);
    if (result >= 0)
        result = drmModeAtomicAddProperty(request, connector->id, connector->protection_property, value);
    if (result >= 0)
        result = drmModeAtomicCommit(card->fd, request, DRM_MODE_ATOMIC_ALLOW_MODESET | DRM_MODE_ATOMIC_NONBLOCK, NULL);
    drmModeAtomicFree(request);
    return result;
}

static int set_properties(const struct kms_card *card, const struct kms_connector *connector, enum hdcp_value value) {
    int result = 0;
    if (value == HDCP_DESIRED && connector->type_property)
        result = drmModeConnectorSetProperty(card->fd, connector->id, connector->type_property, card->type1);
    if (result >= 0)
        result = drmModeConnectorSetProperty(card->fd, connector->id, connector->protection_property, value);
    return result;
}

enum copp_result kms_card_write(struct kms_card *card, size_t index, enum hdcp_value value) {
    const struct kms_connector *connector = &card->connectors[index];
    if (!connector->id || !connector->protection_property)
        return value == HDCP_UNDESIRED ? COPP_OK : COPP_E_FAILED; /* it has come back with less */
    if (card->lent)
        return kms_lent_write(card, index, value);
    if (!become_master(card))
        return COPP_E_FAILED;
    int result = card->atomic ? commit(card, connector, value) : set_properties(card, connector, value);
    leave_master(card);
    if (result == -EBUSY)
        return COPP_E_PENDING; /* an earlier commit has not ended */
    if (result < 0) {
        copp_backend_say(card->log, COPP_BACKEND_WARNING, "%s: the driver refuses to switch HDCP %s: %s", connector->name,
                         value == HDCP_UNDESIRED ? "off" : "on", strerror(-result));
        return COPP_E_FAILED;
    }
    card->refused = false;
    return COPP_OK;
}
