/*
 * A driver for the tests of the application's side: honest, until it is told to go wrong in one way at one call.
 *
 * What a session seals it opens, and what it sends and reads it signs, with crypto_kit.h: nothing of libcopp's own
 * cryptography is on this side.
 */
#ifndef COPP_TEST_FAKE_DRIVER_H
#define COPP_TEST_FAKE_DRIVER_H

#include "binding_kit.h"

enum fake_fault {
    FAKE_HONEST = 0,
    FAKE_LOST, /* the call does not get through: the transport answers the error in fault_value */
    FAKE_REFUSES, /* answers the HRESULT in fault_value, and for a query writes a signed answer all the same */
    FAKE_DENIES, /* does what a command asks for, and answers the HRESULT in fault_value all the same */
    FAKE_PRETENDS, /* does not, and answers S_OK */
    FAKE_REFUSES_ANOTHER, /* bit fault_value of the request is the other one, in the caller's memory; COPP_HR_INVALIDARG */
    FAKE_MAC_BIT, /* bit fault_value of macKDI is the other one */
    FAKE_BODY_BIT, /* bit fault_value behind macKDI is the other one; not signed */
    FAKE_SIZE, /* cbSizeData is fault_value; signed */
    FAKE_R_APP_BIT, /* bit fault_value of rApp is the other one; signed */
    FAKE_REPLAY, /* the answer before, once more */
    FAKE_REWRITE, /* the same, and its rApp is written into the request, as a driver in the same process could */
    FAKE_REFLECT, /* the session's own last command, as an answer */
    FAKE_SILENT /* S_OK, and no answer written */
};

#define FAKE_TYPES 0x21 /* levels are found by protection type: 1, 2 and 4; under OPM 2 to 0x20 */
#define FAKE_LOG 512

struct fake_driver {
    struct copp_transport transport;
    struct kit_key *key; /* leaf.pem */
    uint8_t *chain_bytes;
    size_t chain_size;

    /* How it goes wrong: once, at the status query, command or other call after `honest` more of them. */
    enum fake_fault fault;
    unsigned honest;
    uint32_t fault_value;
    void (*before)(struct fake_driver *driver, enum copp_request request); /* a test's own script; may be NULL */

    void (*spoil)(struct fake_driver *driver,
                  uint8_t *answer); /* what else goes wrong with an answer, before it is signed; NULL */

    /* What it is. */
    uint8_t random[COPP_RANDOM_SIZE];
    uint32_t connector_type;
    uint32_t types;
    uint32_t bus;
    uint32_t local[FAKE_TYPES];
    uint32_t others[FAKE_TYPES]; /* what other sessions hold: the global level is the higher rank */
    const uint32_t *global; /* levels told instead, by type; NULL: the true ones */
    uint32_t flags; /* events, told with the next answer */
    uint32_t level_hresult[FAKE_TYPES]; /* what raising the level of a type is answered */
    uint32_t hdcp_hresult; /* what QueryHDCPKeyData is answered */
    uint32_t hdcp_flags;
    uint8_t bksv[COPP_KSV_SIZE]; /* least significant byte first */
    struct copp_display display;
    struct copp_set_signaling signaling; /* as set last */

    /* Under OPM semantics, which fake_opm_driver_init gives it. */
    bool opm;
    struct copp_private_key *opm_key; /* opm/leaf-key.pem */
    uint32_t slow_asks; /* the virtual level of a type is told as 0 for so many queries after it was raised (OPM-SET-5) */
    uint32_t asks_left;
    uint32_t srm_hresult; /* what SET_HDCP_SRM is answered */
    uint32_t srm_version; /* as set last; 0: never */
    uint32_t srm_lie; /* told instead; 0: the truth */
    uint64_t output_id;
    uint32_t dvi, hardware_protection;
    bool revoked_waits; /* a level query tells REVOKED beside what it tells anyway (OPM-STA-4) */
    uint8_t mac[COPP_MAC_SIZE]; /* that came with the last status request */
    uint8_t additional[64]; /* that came with the last command */
    size_t additional_size;
    unsigned waits;
    bool stuck; /* its clock does not go on while somebody waits */
    bool unbound; /* its answers end in zeros (BIND-2) */
    struct kit_binding binding; /* what else it binds: flags and connector are the test's to set */

    /* What it has seen. */
    unsigned exchanges, starts, commands, queries;
    struct copp_signature signature;
    uint8_t block[COPP_SIGNATURE_SIZE]; /* what the signature opens to, padding and all */
    uint8_t session_key[COPP_KEY_SIZE];
    uint32_t status_sequence; /* expected next */
    uint32_t command_sequence; /* expected next */
    struct copp_command last_command;
    struct copp_status_output last_answer;
    struct copp_status_input last_request;
    struct {
        uint8_t r_app[COPP_RANDOM_SIZE];
        enum copp_request request;
    } asked[FAKE_LOG]; /* the queries answered, in turn */
    struct {
        uint32_t type;
        uint32_t level;
    } set[FAKE_LOG]; /* the levels set, in turn */
    unsigned sets;
    bool freed;
    uint64_t deadline_ms; /* of the last call */
    unsigned reopens;

    /* With fake_driver_can_more: its clock, which goes on by takes_ms in each call, and what the optional operations answer. */
    uint64_t now_ms;
    uint64_t takes_ms;
    int fd;
    struct copp_transport_info info;
    enum copp_result reopen_result;
};

/* An HDMI connector with all three protections and a valid receiver, under chain-good.xml. */
void fake_driver_init(struct fake_driver *driver);
/* One with OPM semantics: HDMI, all of OPM's protections, under opm/chain-good-sha1-leaf-root-ca.p7b. It has a clock, and can wait. */
void fake_opm_driver_init(struct fake_driver *driver);
/* Gives it the operations that a transport need not have. */
void fake_driver_can_more(struct fake_driver *driver);
void fake_driver_end(struct fake_driver *driver);

/* Goes wrong at the call after `honest` more. */
void fake_driver_fault(struct fake_driver *driver, enum fake_fault fault, unsigned honest, uint32_t value);

/* Opens an AMCOPPSignature with the raw RSA operation: the big-endian block, padding and all. */
void fake_driver_open(struct kit_key *key, const uint8_t *signature, uint8_t *block);

/* A random source that serves known bytes: next, next + 1, ...; or an error after `good` calls, if good is not negative. */
struct fake_random {
    struct copp_random random;
    uint8_t next;
    int good;
};
void fake_random_init(struct fake_random *random, uint8_t next);

/* An SRM under the test key that revokes 511ef21acd, the fake driver's receiver, and e72697f401; hex, 59 bytes. */
extern const char facsimile_srm[];

/* A session with the driver. config may be NULL; its anchor, if NULL, becomes that of the test vectors, of the kind that the driver has. */
struct copp_session *fake_session_new(struct fake_driver *driver, const struct copp_session_config *config);
struct copp_session *fake_session(struct fake_driver *driver, const struct copp_session_config *config); /* established */

#endif
