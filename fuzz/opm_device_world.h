/* A driver to be fuzzed under OPM semantics, its output, and what its sessions have been told. */
#ifndef COPP_FUZZ_OPM_DEVICE_WORLD_H
#define COPP_FUZZ_OPM_DEVICE_WORLD_H

#include "copp/ddi.h"
#include "device/internal.h"
#include "fuzz.h"
#include "opm_device_ops.h"

/* An output whose answers the input chooses. It tells what is really in force. */
struct own_output {
    struct copp_output output;
    enum opm_device_answer answer;
    bool pending;
    bool dark;
    bool no_hdcp; /* what is plugged in does not do it */
    uint32_t height;
    enum copp_multi_adapter_mode mode;
    uint8_t bksv[COPP_KSV_SIZE];
    struct copp_protection wanted;
    struct copp_protection in_force;
};

/* One session, as whoever counts only what succeeded would keep it. */
struct slot {
    uintptr_t handle; /* 0: none */
    struct copp_device *device;
    uint32_t vos;
    unsigned target;
    struct copp_omac *omac; /* keyed once active */
    bool random_given;
    bool spent; /* OPM-INI-8 */
    bool active;
    uint8_t random[COPP_RANDOM_SIZE];
    uint32_t status_sequence;
    uint32_t command_sequence;
    uint32_t level[COPP_TYPES];
    bool given; /* a list, and which: of either kind the newest, and the last one's version */
    bool has[2];
    uint32_t newest[2];
    uint32_t version;
};

struct world {
    struct copp_pump pump; /* first */
    struct fuzz_input *input;
    struct fuzz_key copp_key;
    struct copp_private_key key; /* of OPM's leaf: the identity */
    struct fuzz_random random;
    struct own_output own[OPMD_TARGETS];
    struct copp_adapter *adapter;
    struct copp_connector *connector[OPMD_TARGETS];
    struct copp_ddi *ddi;
    uint64_t now_ms;
    uint32_t kept[2]; /* the versions of the lists that the adapter keeps; 0: none */
    struct slot slots[OPMD_SLOTS];
};

/* input is taken from as long as the world is there. */
void world_begin(struct world *world, struct fuzz_input *input);
void world_end(struct world *world);

/* OPMD_CREATE to OPMD_KEY; and OPMD_EVENT, OPMD_OUTPUT, OPMD_CERTIFICATE. */
void world_on_slot(struct world *world, struct slot *slot, enum opm_device_op op, struct fuzz_input *input);
void world_changes(struct world *world, enum opm_device_op op, struct fuzz_input *input);

/* What must be true after every call. */
void world_check(struct world *world);

/* The device's level of a type that it has; and what the session knows of it from now on. */
uint32_t world_level(const struct slot *slot, uint32_t type);
void world_note(struct slot *slot, uint32_t type, uint32_t level);
/* Whether the session's next answers tell it that something is lost. */
bool world_will_tell(const struct slot *slot);

/* Revocation lists, OPMD_LISTS of them. */
const struct fuzz_bytes *world_lists(void);

#endif
