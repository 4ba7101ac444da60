/* Who the daemon is to its applications: a certificate chain and the private key of its leaf. */
#ifndef COPPD_IDENTITY_H
#define COPPD_IDENTITY_H

#include "config.h"
#include "copp/key.h"
#include "copp/log.h"

#define DRIVER_NAME 512u

/* Keeps the last error that the library tells its log. */
struct identity_log {
    struct copp_log log;
    char why[2 + COPP_LOG_TEXT_MAX]; /* ": ..."; "" if there was none */
};

struct identity {
    char name[DRIVER_NAME]; /* of the chain's file */
    char *chain_bytes;
    size_t chain_size;
    struct copp_private_key *key;
    struct identity_log log; /* the key's */
};

/* What [driver] names; else the test hierarchy in the state directory, which is made if it is not there, and if keep is true
 * put there. False, with the reason; close in any case. */
bool identity_open(const struct config *config, bool keep, struct identity *identity, struct error_text *error);

/* Whether players that know its root can believe the chain (CERT-1 to CERT-11, CERT-13). False, with the reason. */
bool identity_check(const struct identity *identity, struct error_text *error);

void identity_close(struct identity *identity);

#endif
