/*
 * The driver of this process: an adapter described by an ini file, with chains and keys of one's own. It comes from a directory
 * that has chain.xml and leaf.pem for COPP semantics, chain.p7b and opm-leaf.pem for OPM semantics, or both, and adapter.ini.
 */
#ifndef COPP_WIN32_DRIVER_H
#define COPP_WIN32_DRIVER_H

#include <stdbool.h>
#include <windows.h>

#include "copp.h"

struct driver {
    struct copp_sim *sim;
    struct copp_connector *connector; /* the output that is used; NULL: there is no driver */
    struct copp_private_key *key[2]; /* by enum driver_semantics */
    size_t chain_size[2]; /* 0: there are no devices of these semantics (OPM-OUT-4) */
};
enum driver_semantics { DRIVER_COPP, DRIVER_OPM };

/* False, and *driver all zero, if none is available; a debugger learns why. module is the DLL. */
bool driver_load(HMODULE module, struct driver *driver);

#endif
