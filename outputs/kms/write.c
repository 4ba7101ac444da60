#include "outputs/kms/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xf86drm.h>

#include "outputs/kms/master.h"
#include "outputs/kms/property.h"

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
        "so HDCP cannot be switched here until it ends, or its card is lent (copp lend); under X use the xrandr outputs",
        card->name, master, card->name + strcspn(card->name, "0123456789"));
}

static bool become_master(struct kms_card *card) {
    if (!kms_card_claim(card))
        return false;
    if (card->access == KMS_BORROWED || drmSetMaster(card->fd) == 0)
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
    if (!become_master(card))
        return false;
    leave_master(card);
    return true;
}

/* Without blocking where that can be: HDCP authentication takes seconds on some drivers, and everybody else would wait. */
static int write_value(const struct kms_card *card, const struct kms_connector *connector, enum hdcp_value value) {
    struct kms_property properties[2];
    uint32_t count = 0;
    if (value == HDCP_DESIRED && connector->type_property)
        properties[count++] = (struct kms_property){connector->type_property, card->type1 || connector->type1};
    properties[count++] = (struct kms_property){connector->protection_property, value};
    if (card->atomic)
        return kms_properties_commit(card->fd, connector->id, properties, count, false);
    int result = 0;
    for (uint32_t i = 0; i < count && !result; i++)
        result = kms_property_set(card->fd, connector->id, &properties[i]);
    return result;
}

enum copp_result kms_card_write(struct kms_card *card, size_t index, enum hdcp_value value) {
    struct kms_connector *connector = &card->connectors[index];
    if (!connector->id || !connector->protection_property)
        return value == HDCP_UNDESIRED ? COPP_OK : COPP_E_FAILED; /* it has come back with less */
    if (!become_master(card))
        return COPP_E_STATE;
    int result = write_value(card, connector, value);
    leave_master(card);
    if (kms_is_busy(result))
        return COPP_E_PENDING; /* an earlier commit has not ended */
    if (result < 0) {
        /* on and off are refused for different reasons, though by the same number */
        int cause = value == HDCP_UNDESIRED ? result : -result;
        copp_backend_warn(card->log, &connector->warnings, cause, card->now_ms, "%s: the driver refuses to switch HDCP %s: %s",
                          connector->name, value == HDCP_UNDESIRED ? "off" : "on", strerror(-result));
        return result == -EACCES ? COPP_E_STATE : COPP_E_FAILED; /* the owner of a lent file is not master just now */
    }
    return COPP_OK;
}
