/* coppd's packets, for both ends. docs/daemon-protocol.md is the description; keep the two in step. */
#ifndef COPP_SOCKET_PACKET_H
#define COPP_SOCKET_PACKET_H

#include <stdbool.h>

#include "copp/socket.h"

#define PACKET_VERSION 1u
#define PACKET_HEADER_SIZE 12u
#define PACKET_CONNECTOR_SIZE (COPP_CONNECTOR_NAME_SIZE + 16u)
#define PACKET_CHAIN_MAX 65536u
#define PACKET_ANSWER 0x80000000u /* or-ed into the type of a request */

enum packet_type {
    PACKET_LIST = 1,
    PACKET_OPEN = 2,
    PACKET_KEY_EXCHANGE = 3,
    PACKET_SEQUENCE_START = 4,
    PACKET_COMMAND = 5,
    PACKET_STATUS = 6,
    PACKET_TYPE_COUNT = 7
};
#define PACKET_FAREWELL 0xFFFFFFFFu /* the daemon ends the connection; status is an enum packet_farewell */

enum packet_farewell {
    FAREWELL_MALFORMED = 1,
    FAREWELL_VERSION = 2,
    FAREWELL_FULL = 3,
    FAREWELL_USER_LIMIT = 4,
    FAREWELL_RATE = 5,
    FAREWELL_COUNT = 6
};

struct packet_header {
    uint32_t version;
    uint32_t type;
    uint32_t status; /* 0 in a request, an HRESULT in an answer */
};

void packet_header_encode(const struct packet_header *header, uint8_t bytes[PACKET_HEADER_SIZE]);
void packet_header_decode(const uint8_t bytes[PACKET_HEADER_SIZE], struct packet_header *header);

void packet_connector_encode(const struct copp_socket_connector *connector, uint8_t bytes[PACKET_CONNECTOR_SIZE]);
/* False for a name without NUL. */
bool packet_connector_decode(const uint8_t bytes[PACKET_CONNECTOR_SIZE], struct copp_socket_connector *connector);

uint32_t packet_word(const uint8_t bytes[4]);
void packet_put_word(uint32_t word, uint8_t bytes[4]);

#endif
