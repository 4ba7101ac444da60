/*
 * An adapter with OPM credentials on an output that does what the test says, and applications under OPM semantics.
 *
 * As in device_rig.h, messages are put together byte by byte and signed by crypto_kit.h. The handshake is sealed by libcopp, which the
 * vectors of test_oaep.c hold to account.
 */
#ifndef COPP_TEST_OPM_RIG_H
#define COPP_TEST_OPM_RIG_H

#include "device_rig.h"

#define OPM_HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define OPM_DPCP COPP_PROTECTION_TYPE_DPCP
#define OPM_ENFORCEMENT COPP_PROTECTION_TYPE_ENFORCEMENT

/* What is plugged in, and what comes of an apply. */
struct opm_output {
    struct copp_output output;
    struct copp_output_state state;
    bool no_hdcp; /* the monitor does not do it */
    bool no_type1;
    bool no_dpcp;
    bool no_engine;
    bool link_fails;
    bool slow; /* applies are pending until opm_output_end */
    bool cannot_blank;
    const uint8_t *behind; /* a device that a repeater tells of once HDCP is up; NULL: none */
    struct copp_protection in_force;
    struct copp_protection wanted;
    bool pending;
    bool dark;
    unsigned applies;
    unsigned blanks;
};
void opm_output_end(struct opm_output *output, struct copp_connector *connector);

/* Serves what the test puts into it, once each, and then counts. */
struct opm_random {
    struct copp_random random;
    uint8_t bytes[4][COPP_RANDOM_SIZE];
    size_t given, taken;
    uint8_t next;
};

struct opm_rig {
    struct copp_private_key *key; /* of OPM's leaf */
    struct rig_key copp_key;
    struct opm_random random;
    struct opm_output output;
    struct copp_adapter *adapter;
    struct copp_connector *connector;
};

/* HDMI with HDCP and Type 1, bus PCI Express, tracks to a chip, 1080p60. */
struct copp_connector_config opm_config(void);
/* config's output is replaced; NULL: opm_config(). bound: as rig_init_bound. It has the vectors' SRM keys and DCP's. */
void opm_rig_init(struct opm_rig *rig, const struct copp_connector_config *config, bool bound);
void opm_rig_end(struct opm_rig *rig);

/* An application under OPM semantics; its status and command sequences are the next ones. */
struct opm_app {
    struct copp_device *device;
    uint8_t key[COPP_KEY_SIZE];
    uint8_t random[COPP_RANDOM_SIZE];
    uint32_t status_sequence, command_sequence;
    uint32_t flags; /* of the last answer */
    uint64_t now_ms;
};

void opm_open(struct opm_app *app, struct copp_connector *connector);
void opm_exchange(struct opm_app *app);
struct copp_signature opm_sealed(const struct opm_app *app, struct copp_private_key *key);
void opm_begin(struct opm_app *app, struct opm_rig *rig); /* all of the handshake */

/* A request and its OMAC. */
struct opm_request {
    uint8_t mac[COPP_MAC_SIZE];
    struct copp_status_input input;
};
struct opm_request opm_request(const struct opm_app *app, enum copp_request request, const uint8_t *data, uint32_t size);
void opm_sign_request(const struct opm_app *app, struct opm_request *request);
/* Sends it; checks that a refusal writes nothing, and the answer's OMAC, random number and size. */
uint32_t opm_get(struct opm_app *app, const struct opm_request *request, uint8_t *answer, size_t size);
uint32_t opm_ask(struct opm_app *app, enum copp_request request, const uint32_t *type, uint8_t *answer, size_t size);
/* The word of an answer that must succeed. */
uint32_t opm_word(struct opm_app *app, enum copp_request request);
uint32_t opm_virtual(struct opm_app *app, uint32_t type);
uint32_t opm_actual(struct opm_app *app, uint32_t type);
/* The HRESULT of a level request. */
uint32_t opm_virtual_code(struct opm_app *app, uint32_t type);

struct copp_command opm_command(const struct opm_app *app, enum copp_request request, const uint8_t *data, uint32_t size);
void opm_sign_command(const struct opm_app *app, struct copp_command *command);
uint32_t opm_send(struct opm_app *app, const struct copp_command *command, const uint8_t *additional, size_t size);
uint32_t opm_set(struct opm_app *app, uint32_t type, uint32_t level);
uint32_t opm_set_css(struct opm_app *app, uint32_t type, uint32_t level);
/* SET_HDCP_SRM with a file of tests/vectors/opm. */
uint32_t opm_set_srm(struct opm_app *app, uint32_t version, const char *file);

#endif
