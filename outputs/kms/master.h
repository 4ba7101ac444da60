/* Who a card's DRM master is. */
#ifndef COPP_OUTPUTS_KMS_MASTER_H
#define COPP_OUTPUTS_KMS_MASTER_H

#include <stdbool.h>
#include <stddef.h>

#define KMS_MASTER_SIZE 64u

/*
 * Writes the master of "card0" as "Xorg (process 812)". The kernel tells that in debugfs, and so to root alone. False: it does not
 * tell; name is "".
 */
bool kms_master_name(const char *card, char name[KMS_MASTER_SIZE]);

#endif
