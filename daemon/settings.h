/* What coppd.conf says (coppd.conf(5)): data alone; config.h reads it. */
#ifndef COPPD_SETTINGS_H
#define COPPD_SETTINGS_H

#include <stdint.h>

#define CONFIG_TEXT 200u /* of a value, with the NUL: an ini line has no more */

struct config {
    /* [daemon] */
    char socket[CONFIG_TEXT];
    char state_directory[CONFIG_TEXT];
    char runtime_directory[CONFIG_TEXT]; /* what must be taken down is noted there */
    uint32_t sessions; /* connections at a time */
    uint32_t sessions_per_user;
    uint32_t connections_per_second; /* of a user; 0: any number */
    uint32_t pending_limit_ms; /* CMD-6 */
    /* [driver]: both or neither; neither is a test hierarchy of each kind in the state directory */
    char chain[CONFIG_TEXT];
    char key[CONFIG_TEXT]; /* an OSSL_STORE URI */
    char passphrase_file[CONFIG_TEXT];
    char opm_chain[CONFIG_TEXT]; /* both or neither, and not without those of COPP */
    char opm_key[CONFIG_TEXT];
    char opm_passphrase_file[CONFIG_TEXT];
    /* [outputs] */
    char backend[CONFIG_TEXT];
    char description[CONFIG_TEXT]; /* of the simulated adapter */
    char events[CONFIG_TEXT]; /* a FIFO that tells it what happens */
    char device[CONFIG_TEXT]; /* a graphics card */
    uint32_t hdcp_type; /* the content type that is asked for: 0 or 1 */
    char lenders[CONFIG_TEXT]; /* users that may lend a card, besides root */
    char display[CONFIG_TEXT]; /* an X server */
    char connectors[CONFIG_TEXT]; /* the kernel's name for its outputs */
    uint32_t trust_server; /* 0 or 1 */
    char srm_keys[CONFIG_TEXT]; /* who signs lists of revoked HDCP devices */
    /* [metrics]: "" is off */
    char metrics_address[CONFIG_TEXT];
    char metrics_file[CONFIG_TEXT];
};

#endif
