/* How a connector's content protection is written: by the card's DRM master alone. */
#ifndef COPP_OUTPUTS_KMS_WRITE_H
#define COPP_OUTPUTS_KMS_WRITE_H

#include "outputs/kms/card.h"

/* Whether this process may write properties just now. Says why not. */
bool kms_card_may_write(struct kms_card *card);

/* As the write of struct hdcp_link_ops. A card of our own has us as its master for just so long. */
enum copp_result kms_card_write(struct kms_card *card, size_t index, enum hdcp_value value);

#endif
