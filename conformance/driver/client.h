/*
 * The suite's own application: a session that can also do wrong. It checks nothing by itself but that the driver answered, so that a
 * fault is found by the case that is about it and by no other.
 */
#ifndef COPP_CONFORMANCE_CLIENT_H
#define COPP_CONFORMANCE_CLIENT_H

#include "copp/handshake.h"
#include "copp/omac.h"
#include "driver.h"

struct driver_client {
    uint32_t number; /* of its exchanges */
    struct copp_transport *transport; /* NULL: closed */
    enum copp_semantics semantics;
    const struct driver_output *output;
    struct copp_omac *omac;
    uint8_t random[COPP_RANDOM_SIZE]; /* of KeyExchange */
    uint8_t *chain_bytes; /* a copy */
    size_t chain_size;
    struct copp_public_key leaf; /* of that chain; size 0 before */
    struct copp_handshake handshake; /* what was sealed last, or is to be */
    uint32_t status_sequence; /* what the next request has to carry */
    uint32_t command_sequence;
    uint32_t raised; /* protection types that it has raised a level of */
};

/* Opens a device on the running case's output, or on another one. NULL after the case has ended. It is closed with the case. */
struct driver_client *client_open(struct case_run *run);
struct driver_client *client_open_on(struct case_run *run, const struct driver_output *output);
void client_close(struct case_run *run, struct driver_client *client);
/* Closes the devices of all the case's clients, and frees them. */
void client_close_all(struct case_run *run);

/* One KeyExchange, whatever it answers. True if the driver answered. */
bool client_key_exchange(struct case_run *run, struct driver_client *client, uint32_t *hresult);
/* Draws a session key and sequence numbers, and seals them. False after the case has ended. */
bool client_seal(struct case_run *run, struct driver_client *client, enum copp_handshake_form form,
                 struct copp_signature *signature);
bool client_seal_again(struct case_run *run, struct driver_client *client, enum copp_handshake_form form,
                       struct copp_signature *signature); /* client->handshake as it stands */
/* One SequenceStart; after S_OK the client's key and numbers are those of client->handshake. */
bool client_sequence_start(struct case_run *run, struct driver_client *client, const struct copp_signature *signature,
                           uint32_t *hresult);
/* KeyExchange that has to succeed, after which the leaf's key is known. */
bool client_greet(struct case_run *run, struct driver_client *client);
/* All of it, as a correct application does it. NULL, and the case ends in an error, if that fails. */
struct driver_client *client_start(struct case_run *run);
struct driver_client *client_start_on(struct case_run *run, const struct driver_output *output);
/* The handshake alone, of a client that is open. */
bool client_handshake(struct case_run *run, struct driver_client *client);

/* A correct command of size bytes of data, with its MAC. */
void client_make_command(struct driver_client *client, enum copp_request request, const void *data, size_t size,
                         struct copp_command *command);
/* The MAC anew, over what now stands behind it. */
void client_sign_command(struct driver_client *client, struct copp_command *command);
/* Sends it: true if the driver answered. After S_OK the next sequence number is one more. */
bool client_command(struct case_run *run, struct driver_client *client, const struct copp_command *command, uint32_t *hresult);
/* The same with bytes beside it (OPM-SET). */
bool client_command_beside(struct case_run *run, struct driver_client *client, const struct copp_command *command,
                           const uint8_t *additional, size_t additional_size, uint32_t *hresult);

/* A correct request with a random number of its own. */
void client_make_status(struct case_run *run, struct driver_client *client, enum copp_request request, const void *data,
                        size_t size, struct copp_status_input *input);
/* Sends it. Under OPM its MAC goes beside it; mac NULL: the correct one. *output is zero unless *hresult is S_OK. */
bool client_status(struct case_run *run, struct driver_client *client, const struct copp_status_input *input, const uint8_t *mac,
                   struct copp_status_output *output, uint32_t *hresult);

/* SetProtectionLevel, as a correct application does it. */
bool client_set_level(struct case_run *run, struct driver_client *client, uint32_t type, uint32_t level, uint32_t *hresult);
/* The same, which has to succeed: else the case fails. */
bool client_raise(struct case_run *run, struct driver_client *client, uint32_t type, uint32_t level);

/* A correct query was answered with this: the case fails unless it is S_OK. It is not supported where OPM's interface has no answer. */
bool want_answered(struct case_run *run, enum copp_request request, uint32_t hresult);
/* A query that has to be answered S_OK: else the case fails. */
bool client_query(struct case_run *run, struct driver_client *client, enum copp_request request, const void *data, size_t size,
                  struct copp_status_output *output);
/* One whose answer is WIRE-7. type is for the two level queries, and left out of the others. */
bool client_ask(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type,
                struct copp_status *answer);

/* The flags of the next answer, or of a later one as long as an event may need to show. */
bool client_await_flags(struct case_run *run, struct driver_client *client, uint32_t *flags);

/* Compares an HRESULT with what is right; what names the request. False, and the case fails. */
bool want_hresult(struct case_run *run, const char *rule, const char *what, uint32_t got, uint32_t right);
/* Compares a field of the last answer, at offset and 4 bytes long. */
bool want_field(struct case_run *run, const char *rule, const char *what, size_t offset, uint32_t got, uint32_t right);

/* Where a bound answer's binding begins, and whether it has one (BIND-1). */
#define BINDING_AT 3968u
bool client_is_bound(const struct copp_status_output *output);

void put_u32(uint8_t *bytes, uint32_t value);
uint32_t get_u32(const uint8_t *bytes);

#endif
