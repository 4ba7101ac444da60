/* A certificate chain and the private key of its leaf, of one of the two protocols: configured, or a test hierarchy's. */
#ifndef COPPD_CREDENTIALS_H
#define COPPD_CREDENTIALS_H

#include "copp/certificate.h"
#include "copp/key.h"
#include "copp/log.h"
#include "error.h"

#define DRIVER_NAME 512u

/* Keeps the last error that the library tells its log. */
struct credentials_log {
    struct copp_log log;
    char why[2 + COPP_LOG_TEXT_MAX]; /* ": ..."; "" if there was none */
};
struct copp_log *credentials_log_begin(struct credentials_log *log);

struct credentials {
    char name[DRIVER_NAME]; /* of the chain's file */
    char leaf[2 * COPP_DIGEST_SIZE +
              1]; /* of COPP: its first certificate's digest, as revocation lists name it (CRL-4); "": just made */
    char *chain_bytes; /* NULL: there are none of this protocol */
    size_t chain_size;
    struct copp_private_key *key;
    struct credentials_log log; /* the key's */
};

/* A test hierarchy that was made. What is of the keys above the leaf's is forgotten. */
struct credentials_made {
    struct copp_private_key *key; /* the leaf's */
    char *chain_bytes; /* for copp_release, as the anchor */
    size_t chain_size;
    char *anchor; /* as players want it */
    size_t anchor_size;
};

/* What the two protocols do in their own ways. */
struct credentials_kind {
    const char *hierarchy; /* the test hierarchy's directory, in the state directory */
    const char *chain_name; /* in it */
    const char *anchor_name;
    size_t chain_max;
    enum copp_result (*make)(struct credentials_made *made);
    /* Whether the chain's leaf is about the key: else every player would lose its session. The error says why not. */
    enum copp_result (*belongs)(struct credentials *credentials, struct error_text *error);
    /* Whether players that know the chain's own root can believe it. False, with the reason. */
    bool (*check)(const struct credentials *credentials, struct error_text *error);
};
extern const struct credentials_kind credentials_copp; /* CERT-1 to CERT-11, CERT-13 */
extern const struct credentials_kind credentials_opm; /* OPM-CERT-1 to OPM-CERT-9 */

/* Opens the files named. On an error, which error tells, close them all the same. */
enum copp_result credentials_open(const struct credentials_kind *kind, const char *chain, const char *key,
                                  const char *passphrase_file, struct credentials *credentials, struct error_text *error);

/* Opens the test hierarchy, which is made if it is not there, and if keep is true put there. False, with the reason; close in any case. */
bool credentials_hierarchy(const struct credentials_kind *kind, const char *state_directory, bool keep,
                           struct credentials *credentials, struct error_text *error);

/* A file, as the configuration names it or as a URI; what a provider has does not concern us. */
const char *credentials_key_path(const char *name);

/* Wipes the key; what is NULL is left alone. */
void credentials_close(struct credentials *credentials);

#endif
