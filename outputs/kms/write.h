/* How a card's content protection is written through somebody else's open file, in its owner's thread (libcopp-kms). */
#ifndef COPP_OUTPUTS_KMS_WRITE_H
#define COPP_OUTPUTS_KMS_WRITE_H

#include "outputs/kms/card.h"

/* As the write of struct hdcp_link_ops, through a KMS_BORROWED card's file. It does not wait for the driver where the file knows commits. */
enum copp_result kms_card_write(struct kms_card *card, size_t index, enum hdcp_value value);

#endif
