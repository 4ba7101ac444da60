/* Who the daemon is to its applications: a certificate chain and the private key of its leaf. */
#ifndef COPPD_IDENTITY_H
#define COPPD_IDENTITY_H

#include "copp/certificate.h"
#include "copp/key.h"
#include "copp/log.h"
#include "error.h"
#include "settings.h"

#define DRIVER_NAME 512u

/* Keeps the last error that the library tells its log. */
struct identity_log {
    struct copp_log log;
    char why[2 + COPP_LOG_TEXT_MAX]; /* ": ..."; "" if there was none */
};

/* Belongs to the server for as long as new devices have it, and to each client whose device was opened with it. */
struct identity {
    size_t holders;
    char name[DRIVER_NAME]; /* of the chain's file */
    char leaf[2 * COPP_DIGEST_SIZE + 1]; /* its first certificate's digest, as revocation lists name it (CRL-4); "": just made */
    char *chain_bytes;
    size_t chain_size;
    struct copp_private_key *key;
    struct identity_log log; /* the key's */
};

/* What [driver] names; else the test hierarchy in the state directory, which is made if it is not there, and if keep is true
 * put there. With one holder. False, with the reason; release in any case. */
bool identity_open(const struct config *config, bool keep, struct identity **identity, struct error_text *error);

/* Whether no file that [driver] names makes whoever reads it wait (file_is_ready). False, with the reason. */
bool identity_is_ready(const struct config *config, struct error_text *error);

/* Whether players that know its root can believe the chain (CERT-1 to CERT-11, CERT-13). False, with the reason. */
bool identity_check(const struct identity *identity, struct error_text *error);

/* Returns the same, which now has one holder more. */
struct identity *identity_hold(struct identity *identity);
/* Gives it back: without holders it is closed, and its key wiped. NULL-safe; clears the pointer. */
void identity_release(struct identity **identity);

#endif
