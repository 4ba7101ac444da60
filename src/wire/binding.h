/*
 * What a bound answer ends in (BIND-1): what the driver has received and done, in clear and under the answer's MAC. Rules of
 * our own; a driver of Microsoft's world writes zeros there (QRY-2).
 */
#ifndef COPP_BINDING_H
#define COPP_BINDING_H

#include "copp/protocol.h"

#define COPP_BINDING_SIZE 128u
#define COPP_BINDING_AT (COPP_MESSAGE_SIZE - COPP_BINDING_SIZE) /* in a struct copp_status_output */
#define COPP_BINDING_DATA_SIZE 4u /* QRY-1: more than that no query is asked with */
#define COPP_BINDING_RECORD_SIZE 8u

struct copp_binding {
    uint8_t guid[COPP_GUID_SIZE];
    uint32_t sequence;
    uint32_t size; /* cbSizeData */
    uint8_t data[COPP_BINDING_DATA_SIZE]; /* zeros behind cbSizeData */
    uint32_t command_sequence; /* expected next */
    uint32_t refused; /* BIND-3 */
    uint32_t flags; /* COPP_BOUND_REAL, PLUGGED, RECEIVER */
    uint8_t record[COPP_BINDING_RECORD_SIZE]; /* BIND-3 */
    char connector[COPP_CONNECTOR_NAME_SIZE]; /* filled up with zero bytes */
};

/* What the driver received of a request; fills in guid, sequence, size and data. */
void copp_binding_of_request(const struct copp_status_input_fields *fields, struct copp_binding *binding);

/* bytes has COPP_BINDING_SIZE. */
void copp_binding_encode(const struct copp_binding *binding, uint8_t *bytes);
/* False where the mark is missing: the answer is not bound. */
COPP_NODISCARD bool copp_binding_decode(const uint8_t *bytes, struct copp_binding *binding);

/* Whether bytes are those of the expected binding, its flags apart, which are what bytes say (BIND-4). */
COPP_NODISCARD bool copp_binding_matches(const uint8_t *bytes, struct copp_binding *expected);

/* A connector's name as it stands in a binding; NULL is the empty one. False if it is too long. */
COPP_NODISCARD bool copp_connector_name_set(char name[COPP_CONNECTOR_NAME_SIZE], const char *text);

#endif
