/*
 * A driver's adapter on an output that does what the test says, and applications on the other side of its devices.
 *
 * Messages are put together byte by byte from the tables of docs/protocol.md and signed with the CMAC of crypto_kit.h:
 * nothing of libcopp is on the application's side here.
 */
#ifndef COPP_TEST_DEVICE_RIG_H
#define COPP_TEST_DEVICE_RIG_H

#include <string.h>

#include "harness.h"

#define RIG_PENDING_LIMIT 5000u

/* Where the fields lie, by the tables of docs/protocol.md (bytes). */
enum {
    /* in a command and in a request (WIRE-2, WIRE-3) */
    AT_MAC = 0,
    AT_R_APP = 0,
    AT_GUID = 16,
    AT_SEQUENCE = 32,
    AT_SIZE = 36,
    AT_DATA = 40,
    /* in an answer (WIRE-4) */
    AT_ANSWER_SIZE = 16,
    AT_ANSWER = 20,
    /* in what SetProtectionLevel takes (WIRE-5) */
    IN_SET_TYPE = 0,
    IN_SET_LEVEL = 4,
    IN_SET_EXTENDED_MASK = 8,
    IN_SET_EXTENDED_DATA = 12,
    /* in what SetSignaling takes (WIRE-6) */
    IN_SIGNALING_SET_STANDARD = 0,
    IN_SIGNALING_SET_ASPECT = 4,
    IN_SIGNALING_SET_MASK = 28,
    IN_SIGNALING_SET_DATA = 44,
    IN_SIGNALING_SET_RESERVED = 60,
    /* in S, the secrets of a handshake (SES-4) */
    IN_S_KEY = 16,
    IN_S_STATUS_SEQUENCE = 32,
    IN_S_COMMAND_SEQUENCE = 36,
    /* in the structures of answers (WIRE-7..10) */
    IN_FLAGS = 16,
    IN_STATUS_DATA = 20,
    IN_STATUS_EXTENDED_MASK = 24,
    IN_STATUS_EXTENDED_DATA = 28,
    IN_DISPLAY_HEIGHT = 24,
    IN_HDCP_FLAGS = 20,
    IN_HDCP_BKSV = 24,
    IN_SIGNALING_ACTIVE = 24,
    IN_SIGNALING_ASPECT = 32 /* mask and data in turn */
};

/* A private key whose operation leaves the number as it is: a signature is S and what follows, as it stands. */
struct rig_key {
    struct copp_private_key key;
    enum copp_result result; /* what the operation answers */
};

/* Serves known bytes: next, next + 1, ... */
struct rig_random {
    struct copp_random random;
    uint8_t next;
    bool fails;
};

struct rig_output {
    struct copp_output output;
    struct copp_output_state state;
    enum copp_result answer; /* to every apply; COPP_E_PENDING: it stays under way */
    bool revokes; /* instead it is COPP_E_REVOKED if HDCP is asked for */
    struct copp_protection in_force;
    bool pending;
    struct copp_protection wanted; /* by the last apply */
    unsigned applies;
    unsigned cancels;
};
void rig_output_init(struct rig_output *output);
/* What is pending ends. */
void rig_output_end(struct rig_output *output, struct copp_connector *connector, enum copp_result result);

struct rig {
    struct rig_key key;
    struct rig_random random;
    struct rig_output output;
    struct copp_adapter *adapter;
    struct copp_connector *connector;
};

extern const uint8_t rig_chain[100];

/* DVI with all three protections and all standards, at 720p60; default standard CEA805A_TypeA_750p. */
struct copp_connector_config rig_config(void);
/* config's output is replaced by the rig's own; NULL: rig_config(). */
void rig_init(struct rig *rig, const struct copp_connector_config *config);
/* The same, and whether its answers are bound (BIND-2); those of rig_init are not. */
void rig_init_bound(struct rig *rig, const struct copp_connector_config *config, bool bound);
void rig_end(struct rig *rig);
/* The signal on the output. */
void rig_set_mode(struct rig_output *output, uint32_t width, uint32_t height, bool interlaced);

/* An application and its device. */
struct app {
    struct copp_device *device;
    uint8_t key[COPP_KEY_SIZE];
    uint8_t random[COPP_RANDOM_SIZE]; /* the device's */
    uint32_t status_sequence; /* of the next request */
    uint32_t command_sequence; /* of the next command */
    uint64_t now_ms;
    uint32_t flags; /* of the last answer */
};

void app_open(struct app *app, struct copp_connector *connector); /* the device alone */
void app_exchange(struct app *app); /* GetCertificateLength and KeyExchange */
uint32_t app_start(struct app *app); /* SequenceStart with an S that is right */
void app_begin(struct app *app, struct copp_connector *connector); /* all three, with success */
struct copp_signature app_signature(const struct app *app); /* S under rig_key */

void put_u32(uint8_t *bytes, uint32_t word);
uint32_t get_u32(const uint8_t *bytes);

/* A GUID's bytes by the request's name in the protocol: from a table of this file's own. */
const uint8_t *rig_guid(enum copp_request request);

/* A command, signed. size is cbSizeData; data has as many bytes, at most 4056 are taken. */
struct copp_command app_command(const struct app *app, enum copp_request request, const uint8_t *data, uint32_t size);
void app_sign(const struct app *app, struct copp_command *command);
/* Sends it; counts the sequence number on if it succeeds at once. */
uint32_t app_send(struct app *app, const struct copp_command *command);
uint32_t app_set_level(struct app *app, uint32_t type, uint32_t level);
/* Ends a command that was pending: its result, with the sequence number counted on if it was S_OK. */
uint32_t app_result(struct app *app);

struct rig_signaling {
    uint32_t standard;
    uint32_t mask[3];
    uint32_t data[3];
    uint32_t extended_mask[4];
    uint32_t extended_data[4];
    uint32_t reserved;
};
uint32_t app_set_signaling(struct app *app, const struct rig_signaling *signaling);

/* A request with a fresh rApp. */
struct copp_status_input app_request(const struct app *app, enum copp_request request, const uint8_t *data, uint32_t size);
/* Asks; checks MAC, rApp, cbSizeData and the zeros behind the answer; keeps its flags. answer gets size bytes. */
uint32_t app_ask(struct app *app, enum copp_request request, const uint32_t *type, uint8_t *answer, size_t size);
/* dwData of a query that must succeed. */
uint32_t app_word(struct app *app, enum copp_request request);
uint32_t app_local(struct app *app, uint32_t type);
uint32_t app_global(struct app *app, uint32_t type);
/* Fails the test unless its local levels are these. */
void app_levels(struct app *app, uint32_t hdcp, uint32_t acp, uint32_t cgmsa);
/* The flags that its next answer carries. */
uint32_t app_flags(struct app *app);

/* A rig with one application whose session has begun; config as of rig_init. */
struct rig_session {
    struct rig rig;
    struct app app;
};
void rig_session_begin(struct rig_session *session, const struct copp_connector_config *config);
void rig_session_end(struct rig_session *session);

/* A rig with several. */
#define RIG_APPS 3
struct rig_scene {
    struct rig rig;
    struct app apps[RIG_APPS];
};
void rig_scene_begin(struct rig_scene *scene);
void rig_scene_begin_on(struct rig_scene *scene, const struct copp_connector_config *config);
void rig_scene_end(struct rig_scene *scene);
/* Fails the test unless its connector applies these. */
void rig_scene_levels(const struct rig_scene *scene, uint32_t hdcp, uint32_t acp, uint32_t cgmsa);

#endif
