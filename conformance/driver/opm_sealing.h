/* What FinishInitialization is sent: the right 256 bytes, and those that are wrong in one way each (OPM-INI-4..8). */
#ifndef COPP_CONFORMANCE_OPM_SEALING_H
#define COPP_CONFORMANCE_OPM_SEALING_H

#include "opm_kit.h"

enum opm_sealing {
    OPM_SEAL_RIGHT,
    OPM_SEAL_LONG, /* a message longer than the 40 bytes */
    OPM_SEAL_FULL, /* as long as fits: 126 bytes */
    OPM_SEAL_SHORT, /* 39 bytes */
    OPM_SEAL_REVERSED,
    OPM_SEAL_SWAP40,
    OPM_SEAL_SWAP256,
    OPM_SEAL_PLAIN, /* not encrypted at all */
    OPM_SEAL_RAW, /* encrypted without a padding */
    OPM_SEAL_MASK_SHA1,
    OPM_SEAL_SHA1,
    OPM_SEAL_LABEL,
    OPM_SEAL_FIRST_BYTE,
    OPM_SEAL_LABEL_HASH,
    OPM_SEAL_PADDING,
    OPM_SEAL_SEPARATOR,
    OPM_SEAL_FLIPPED,
    OPM_SEAL_RANDOM_FIRST, /* the first bit of the random number is another */
    OPM_SEAL_RANDOM_LAST,
    OPM_SEAL_RANDOM_FIFTH, /* a bit of its fifth byte: those that compare a word do not see it */
    OPM_SEAL_RANDOM_ZERO,
    OPM_SEAL_ZERO,
    OPM_SEAL_ONE,
    OPM_SEAL_BELOW_MODULUS,
    OPM_SEAL_MODULUS,
    OPM_SEAL_ABOVE_MODULUS,
    OPM_SEAL_ONES
};

/* client->handshake holds right secrets, and *sealed their right ciphertext, which becomes that one. False after the case has ended. */
bool opm_seal_as(struct case_run *run, struct driver_client *client, enum opm_sealing sealing, struct copp_signature *sealed);

#endif
