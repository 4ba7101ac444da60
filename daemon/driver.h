/* Who the daemon is to its applications: a certificate chain and the private key of its leaf. */
#ifndef COPPD_DRIVER_H
#define COPPD_DRIVER_H

#include "config.h"
#include "copp/key.h"

struct driver {
    char *chain;
    size_t chain_size;
    struct copp_private_key *key;
};

/* What [driver] names; else the test hierarchy in the state directory, which is made if it is not there. False, with the
 * reason; close in any case. */
bool driver_open(const struct config *config, struct driver *driver, struct fault *fault);
void driver_close(struct driver *driver);

#endif
