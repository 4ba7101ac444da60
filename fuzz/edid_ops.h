/* What the input of fuzz_edid is, by its first byte: shared with the program that writes the seeds. */
#ifndef COPP_FUZZ_EDID_OPS_H
#define COPP_FUZZ_EDID_OPS_H

enum edid_op {
    EDID_AS_IT_IS, /* an EDID */
    EDID_SEALED, /* one whose header and checksum are put right, so that it is read */
    EDID_NAMES, /* the connector's name, its driver and what a player says, each up to a NUL */
    EDID_OPS
};

#endif
