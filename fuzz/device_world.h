/* An adapter to be fuzzed, what must be true of it, and what its sessions have been told. */
#ifndef COPP_FUZZ_DEVICE_WORLD_H
#define COPP_FUZZ_DEVICE_WORLD_H

#include "device/internal.h"
#include "device_ops.h"
#include "fuzz.h"

#define WORLD_TYPES 3u /* COPP's: every device here speaks COPP */

/* An output whose answers the input chooses. It tells what is really in force. */
struct own_output {
    struct copp_output output;
    enum output_answer answer;
    bool pending;
    uint32_t height; /* of its signal, 1080 or 480 lines */
    enum copp_multi_adapter_mode mode;
    struct copp_protection wanted;
    struct copp_protection in_force;
};

/* One session, as whoever counts only what succeeded would keep it. */
struct slot {
    struct copp_device *device; /* NULL: closed */
    unsigned connector;
    struct copp_omac *omac; /* keyed with the session key */
    bool active;
    uint8_t random[COPP_RANDOM_SIZE];
    uint32_t status_sequence;
    uint32_t command_sequence;
    uint32_t level[WORLD_TYPES];
    bool pending; /* a command has not ended; it asked for: */
    bool pending_signaling;
    size_t pending_type;
    uint32_t pending_level;
    struct copp_set_signaling pending_set;
};

struct world {
    struct copp_sim *sim;
    struct fuzz_key key;
    struct fuzz_random random;
    struct own_output own;
    uint64_t now_ms;
    struct copp_connector *connector[CONNECTORS];
    uint32_t desktop_acp[CONNECTORS];
    bool desktop_unsure[CONNECTORS]; /* a change of mode may have ended it */
    struct copp_protection signaling[CONNECTORS]; /* its tv_standard and aspect */
    struct slot slots[SLOTS];
};

/* The session key of every slot. */
extern const uint8_t world_session_key[COPP_KEY_SIZE];

void world_begin(struct world *world);
/* Closes everything, lets time pass, and checks that nothing is protected any more. */
void world_end(struct world *world);

void world_open(struct world *world, struct slot *slot, unsigned connector);
void world_close(struct world *world, struct slot *slot);
/* A command has succeeded. */
void world_succeeded(struct world *world, struct slot *slot);
void world_advance(struct world *world, uint64_t by_ms);
void world_own_lands(struct world *world, enum output_answer answer);
/* What has happened to the own output is told to its connector in the same breath. */
void world_own_drops(struct world *world, uint32_t types);

/* From the protocol's tables, not the library's. */
bool world_level_valid(size_t type, uint32_t level);

/* The levels (one a type) that a connector must apply by ARB-2 and ARB-3 for its sessions' sake. */
void world_held(const struct world *world, unsigned connector, uint32_t *level);

/* What must be true after every call. */
void world_check(struct world *world);

#endif
