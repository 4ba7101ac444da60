/* The public keys that HDCP renewability messages are signed with (SRM-2). */
#ifndef COPP_CERTIFICATE_SRM_KEYS_H
#define COPP_CERTIFICATE_SRM_KEYS_H

#include "crypto/crypto.h"

extern const struct copp_dsa_key copp_srm_hdcp1_production;
extern const struct copp_dsa_key copp_srm_hdcp1_facsimile; /* the specification's test key */
extern const struct copp_rsa3072_key copp_srm_hdcp2_production;
extern const struct copp_rsa3072_key copp_srm_hdcp2_facsimile; /* the same for HDCP 2.x */

#endif
