#include "outputs/kms/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "outputs/kms/lent.h"
#include "outputs/kms/master.h"

/* Each master is a cause of its own: a compositor after a splash is news. */
static void warn_of_master(struct kms_card *card) {
    char master[KMS_MASTER_SIZE];
    uint32_t cause = EBUSY;
    if (!kms_master_name(card->name, master))
        (void)snprintf(master, sizeof master, "a compositor or X server");
    for (const char *letter = master; *letter; letter++)
        cause = cause * 31u + (uint8_t)*letter;
    copp_backend_warn(
        card->log, &card->warnings, (int)(cause & INT32_MAX), card->now_ms,
        "%s: %s owns its outputs (it is DRM master; root sees which program is in /sys/kernel/debug/dri/%.10s/clients), "
        "so HDCP cannot be switched here until it ends; under X use the xrandr outputs",
        card->name, master, card->name + strcspn(card->name, "0123456789"));
}

static bool become_master(struct kms_card *card) {
    if (!kms_card_claim(card))
        return false;
    if (card->access == KMS_LENT || drmSetMaster(card->fd) == 0)
        return true;
    int cause = errno;
    bool denied = cause == EACCES || cause == EPERM;
    if (denied && kms_card_reopen(card))
        return true;
    if (denied || cause == EBUSY)
        warn_of_master(card);
    else
        copp_backend_warn(card->log, &card->warnings, cause, card->now_ms, "%s: DRM master cannot be taken: %s", card->name,
                          strerror(cause));
    return false;
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
    struct kms_connector *connector = &card->connectors[index];
    if (!connector->id || !connector->protection_property)
        return value == HDCP_UNDESIRED ? COPP_OK : COPP_E_FAILED; /* it has come back with less */
    if (card->lent)
        return kms_lent_write(card, index, value);
    if (!become_master(card))
        return COPP_E_STATE;
    int result = card->atomic ? commit(card, connector, value) : set_properties(card, connector, value);
    leave_master(card);
    if (result == -EBUSY)
        return COPP_E_PENDING; /* an earlier commit has not ended */
    if (result < 0) {
        /* on and off are refused for different reasons, though by the same number */
        int cause = value == HDCP_UNDESIRED ? result : -result;
        copp_backend_warn(card->log, &connector->warnings, cause, card->now_ms, "%s: the driver refuses to switch HDCP %s: %s",
                          connector->name, value == HDCP_UNDESIRED ? "off" : "on", strerror(-result));
        return COPP_E_FAILED;
    }
    return COPP_OK;
}
