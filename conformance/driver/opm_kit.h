/* What the cases of OPM semantics have beside client.h: messages that are wrong in one way each, and answers that are looked at whole. */
#ifndef COPP_CONFORMANCE_OPM_KIT_H
#define COPP_CONFORMANCE_OPM_KIT_H

#include "client.h"
#include "copp/device.h"
#include "copp/opm.h"

/* Offsets in an answer (OPM-WIRE-2, OPM-WIRE-6). */
#define OPM_AT_SIZE 16u
#define OPM_AT_RANDOM 20u
#define OPM_AT_FLAGS 36u
#define OPM_AT_WORD 40u

/* A type that the output offers, in place of one that is named. */
#define OPM_TYPE_ANY 0xFFFF0000u

enum opm_mac {
    OPM_MAC_RIGHT = 0,
    OPM_MAC_ZERO,
    OPM_MAC_OTHER_KEY, /* another session's */
    OPM_MAC_SHORT /* over the first 4080 bytes of a request alone */
};

/* A status request or a command, and what is wrong about it. Zeroed, it is SET_PROTECTION_LEVEL with type 0. */
struct opm_message {
    enum copp_request request;
    const uint8_t *guid; /* in place of the request's; NULL: the request's */
    bool sized; /* size below counts, and not the right one */
    uint32_t size; /* of the parameters, as the message says */
    uint32_t type;
    uint32_t level;
    uint32_t reserved[2];
    uint32_t sequence; /* added to the right number */
    bool swapped; /* the number's bytes are reversed */
    enum opm_mac mac;
    uint32_t spare; /* the unused rest of the parameters is filled with this byte */
    uint32_t first, last,
        step; /* the MAC is made over a message that differs in one bit of each of these bytes, one after the other */
    uint32_t beside; /* so many additional bytes */
    uint32_t code; /* that is right */
};

/* The MAC that goes beside a request (OPM-GET-1). */
void opm_request_mac(struct driver_client *client, const struct copp_status_input *input, uint8_t *mac);

/* The type that *type becomes: HDCP, if the output has it, else another that it offers. False, and not supported, if it offers none. */
bool opm_any_type(struct case_run *run, uint32_t *type);

/* Sends such a message, or one after the other (first), each of which has to be answered by its code. False after the case has ended. */
bool opm_send_get(struct case_run *run, struct driver_client *client, const struct opm_message *message);
bool opm_send_set(struct case_run *run, struct driver_client *client, const struct opm_message *message);

/* Cases that are one such message to a session that has just begun; with is the message. */
void opm_run_get(struct case_run *run);
void opm_run_set(struct case_run *run);

/* A request that has to succeed; *output is its answer. type is for the two level requests, and left out of the others. */
bool opm_query(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type,
               struct copp_status_output *output);
/* The same; the word and the flags of OPM-WIRE-6. flags may be NULL. */
bool opm_ask(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type, uint32_t *word,
             uint32_t *flags);
/* Asks without judging what the answer is. */
bool opm_try(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type, uint32_t *hresult);

/* The virtual and the actual level have to be these. rule: whose it is if they are not. */
bool opm_want_virtual(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level);
bool opm_want_actual(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level);
/* The same of an actual level that another session's end has changed: a driver elsewhere may take a moment to see that end. */
bool opm_want_actual_soon(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level);
/* So have the flags of the answer to a request of the bus, which is not a level. */
bool opm_want_flags(struct case_run *run, struct driver_client *client, const char *rule, uint32_t flags);
/* Flags and virtual level in one answer. */
bool opm_want_loss(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level,
                   uint32_t flags);

/* SET_PROTECTION_LEVEL and its CSS form; *hresult is not judged, or has to be right. */
bool opm_set(struct case_run *run, struct driver_client *client, uint32_t type, uint32_t level, uint32_t *hresult);
bool opm_want_set(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level,
                  uint32_t right);
bool opm_want_css(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level,
                  uint32_t right);

/* SET_HDCP_SRM with size bytes beside it, and the version that the command says. */
bool opm_want_srm(struct case_run *run, struct driver_client *client, const char *rule, uint32_t version, const uint8_t *bytes,
                  size_t size, uint32_t right);

/* What happens to the running case's output, and what puts it back when the case ends; NULL: nothing has to. Both as driver_cause. */
struct opm_event {
    const char *event;
    const char *back;
};
bool opm_cause(struct case_run *run, const struct opm_event *event);

/* The request's name as opmapi.h has it. */
const char *opm_name(enum copp_request request);

#endif
