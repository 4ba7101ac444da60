/* Connectors of the kernel's, while no compositor or X server owns them. docs/outputs-reference.md tells what it can and cannot do. */
#ifndef COPP_OUTPUTS_KMS_H
#define COPP_OUTPUTS_KMS_H

#include "outputs/backend.h"
#include "outputs/receiver/watch.h"

struct copp_kms_config {
    const char *device; /* "/dev/dri/card0"; NULL: every card */
    bool type1; /* ask for HDCP content type 1 (HDCP 2.2 and later) and believe nothing less */
    /* A directory, copied, in which what must be taken down outlives a kill -9 (note.h), and no reboot; NULL: memory alone. */
    const char *notes;
    uint32_t read_ms; /* how long a card's answer is waited for before what was read last has to do; 0: KMS_READ_MS */
    bool wait; /* a card that is not there is no error: its connectors are added when it comes */
    struct copp_backend_log *log; /* borrowed; NULL: nothing is said */
    const struct receiver_system
        *receivers; /* where displays are read; borrowed, as long as the backend lives. NULL: as always */
};

/* COPP_E_NOT_FOUND: the machine has no such card with connectors. COPP_E_IO: it has one that cannot be opened. */
COPP_NODISCARD enum copp_result copp_kms_open(const struct copp_kms_config *config, struct copp_backend **backend);

#endif
