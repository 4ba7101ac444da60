/* Who the daemon is to its applications: the chains and keys of COPP and OPM. */
#ifndef COPPD_IDENTITY_H
#define COPPD_IDENTITY_H

#include "copp/device.h"
#include "credentials.h"
#include "settings.h"

/* Belongs to the server for as long as new devices have it, and to each client whose device was opened with it. */
struct identity {
    size_t holders;
    struct credentials copp;
    struct credentials opm; /* without a chain: no device of OPM is opened (OPM-OUT-4) */
};

/* What [driver] names; else the test hierarchies in the state directory, which are made if they are not there, and if keep is true
 * put there. With one holder. False, with the reason; release in any case. */
bool identity_open(const struct config *config, bool keep, struct identity **identity, struct error_text *error);

/* Whether no file that [driver] names makes whoever reads it wait (file_is_ready). False, with the reason. */
bool identity_is_ready(const struct config *config, struct error_text *error);

/* Whether players that know their roots can believe the chains. False, with the reason. */
bool identity_check(const struct identity *identity, struct error_text *error);

/* Puts the chains and keys into an adapter's config, which borrows them. */
void identity_configure(const struct identity *identity, struct copp_adapter_config *config);

/* Returns the same, which now has one holder more. */
struct identity *identity_hold(struct identity *identity);
/* Gives it back: without holders it is closed, and its keys wiped. NULL-safe; clears the pointer. */
void identity_release(struct identity **identity);

#endif
