/* The inside of the tests' own COPP driver: written from docs/protocol.md alone, without libcopp's device, so that the two check each other. */
#ifndef COPP_TEST_FAULTY_COPP_H
#define COPP_TEST_FAULTY_COPP_H

#include "copp.h"
#include "faulty.h"

enum faulty_copp_fault {
    FAULT_NONE,
#define FAULT(identifier, what, cases) FAULT_##identifier,
#include "faults_copp.def"
#undef FAULT
};

enum { HDCP, ACP, CGMSA, TYPES };

struct faulty_device;

struct faulty_output {
    /* what it is */
    const char *name;
    uint32_t connector_type;
    uint32_t types;
    uint32_t standards;
    uint32_t default_standard;
    uint32_t tv_type;
    const char *modes; /* words; the first is the one at the start */
    const char *ksv; /* NULL: no receiver */
    /* how it is */
    char mode[24];
    bool unplugged;
    bool link_refused;
    bool hanging; /* HDCP neither comes up nor fails: the command ends at once, as if its time limit had passed */
    bool clone;
    uint32_t desktop_acp;
    uint32_t last_flags; /* of what has happened: told to newcomers by one fault alone */
    uint32_t standard;
    uint32_t aspect_mask[3];
    uint32_t aspect[3];
    struct faulty_device *devices;
    uint32_t ghosts[TYPES]; /* what closed devices hold: of one fault alone */
};

enum faulty_state { OPENED, EXCHANGED, ACTIVE };

struct faulty_device {
    struct copp_transport transport; /* first */
    struct faulty_driver *driver;
    struct faulty_output *output;
    struct faulty_device *next;
    enum faulty_state state;
    uint8_t random[COPP_RANDOM_SIZE];
    bool spent;
    struct copp_omac *omac;
    uint8_t key[COPP_KEY_SIZE];
    uint32_t status_sequence;
    uint32_t command_sequence;
    uint32_t level[TYPES];
    uint32_t flags;
    uint32_t refused;
    uint8_t record[16];
};

struct faulty_driver {
    struct driver_target target; /* first */
    enum faulty_copp_fault fault;
    struct faulty_output outputs[5];
    struct copp_public_key anchor;
    struct copp_private_key *key;
    uint8_t *chain_bytes;
    size_t chain_size;
    uint64_t random;
    bool bound;
    /* what some faults share among sessions */
    uint8_t last_random[COPP_RANDOM_SIZE];
    uint8_t last_key[COPP_KEY_SIZE];
    uint8_t last_r_app[COPP_RANDOM_SIZE];
    uint32_t last_command_sequence;
    bool spent;
    bool over;
};

/* Whether this driver has that fault. */
static inline bool faulty(const struct faulty_driver *driver, enum faulty_copp_fault fault) {
    return driver->fault == fault;
}

/* faulty_copp_connector.c: what is held and in force (ARB), what the signal is, and what happens to it (EVT). */
void faulty_outputs_init(struct faulty_driver *driver);
void faulty_join(struct faulty_device *device);
void faulty_leave(struct faulty_device *device);
uint32_t faulty_global(const struct faulty_driver *driver, const struct faulty_output *output, int type);
void faulty_signal(const struct faulty_output *output, struct copp_display *display, bool *interlaced);
bool faulty_fits(const struct faulty_output *output, uint32_t standard);
bool faulty_carries_acp(const struct faulty_driver *driver, const struct faulty_output *output);
bool faulty_cause(struct driver_target *target, const char *event);

/* faulty_copp_command.c, faulty_copp_status.c */
uint32_t faulty_command(struct faulty_device *device, const uint8_t *message);
/* What became of a message goes into the record (BIND-3). */
void faulty_note(struct faulty_device *device, bool command, const uint8_t *message, uint32_t hresult);
void faulty_tag(struct faulty_device *device, const uint8_t *bytes, size_t size, uint8_t *tag);
int faulty_type_index(const struct faulty_device *device, uint32_t type);
bool faulty_same_guid(const struct faulty_device *device, const uint8_t *guid, enum copp_request request);
bool faulty_sequence(const struct faulty_device *device, uint32_t got, uint32_t expected, bool command);
uint32_t faulty_next(const struct faulty_device *device, uint32_t number, bool command);

uint32_t faulty_status(struct faulty_device *device, const uint8_t *request, uint8_t *answer);

uint32_t faulty_get(const uint8_t *bytes);
void faulty_put(uint8_t *bytes, uint32_t value);

#endif
