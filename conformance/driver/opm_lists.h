/*
 * Lists of revoked HDCP devices that a driver is given (OPM-SRM). Two are DCP's own, which every driver takes. The others were made for
 * tests, and revoke devices that do not exist: a driver takes them only where it has been told to trust their keys.
 */
#ifndef COPP_CONFORMANCE_OPM_LISTS_H
#define COPP_CONFORMANCE_OPM_LISTS_H

#include "copp/srm.h"

enum opm_list_name {
    OPM_LIST_GENUINE1, /* of HDCP 1.x: version 1, nobody is revoked (OPM-SRM-9) */
    OPM_LIST_GENUINE2, /* of HDCP 2.x: version 1 */
    OPM_LIST_TEST1_V2, /* of HDCP 1.x: revokes dcd78815e4 */
    OPM_LIST_TEST1_V5, /* revokes ea8c90d793, dcd78815e4 and 1cbe2256ce */
    OPM_LIST_TEST2_V3, /* of HDCP 2.x: nobody is revoked */
    OPM_LIST_TEST2_V7 /* revokes 4a35f219f8 and ea8c90d793 */
};

struct opm_list {
    const uint8_t *bytes;
    size_t size;
    uint32_t version;
};
const struct opm_list *opm_list(enum opm_list_name name);

/* Whose lists these are, *count of them: DCP's keys, and those of the tests. */
const struct copp_srm_key *opm_list_keys(size_t *count);

#endif
