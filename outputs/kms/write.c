#include "outputs/kms/write.h"

#include <errno.h>
#include <string.h>

#include "outputs/kms/property.h"

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
    if (!kms_card_can_write(card, index))
        return value == HDCP_UNDESIRED ? COPP_OK : COPP_E_FAILED; /* it has come back with less */
    int result = write_value(card, connector, value);
    if (kms_is_busy(result))
        return COPP_E_PENDING; /* an earlier commit has not ended */
    if (result < 0) {
        kms_card_warn_of_refusal(card, index, value, -result, NULL);
        return result == -EACCES ? COPP_E_STATE : COPP_E_FAILED; /* the owner of a lent file is not master just now */
    }
    return COPP_OK;
}
