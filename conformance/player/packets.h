/*
 * coppd's packets as docs/daemon-protocol.md describes them, for a server that must also be able to send wrong ones. It shares no code with
 * the library's own, so that a mistake there is not made twice.
 */
#ifndef COPP_CONFORMANCE_PACKETS_H
#define COPP_CONFORMANCE_PACKETS_H

#include <stddef.h>
#include <stdint.h>

#define PACKETS_VERSION 3u
#define PACKETS_HEADER 12u
#define PACKETS_ANSWER 0x80000000u
#define PACKETS_WAKE 0x20000000u
#define PACKETS_NEWS 0x40000000u
#define PACKETS_NEWS_CONNECTOR 1u
#define PACKETS_NEWS_COMPLETE 5u
#define PACKETS_DISCONNECT 0xFFFFFFFFu
#define PACKETS_PLAYER_OUTPUT "HDMI-1" /* the one output of a case's driver */
#define PACKETS_MALFORMED 1u /* a reason to disconnect */

enum packets_type {
    PACKETS_LIST = 1,
    PACKETS_OPEN = 2,
    PACKETS_KEY_EXCHANGE = 3,
    PACKETS_SEQUENCE_START = 4,
    PACKETS_COMMAND = 5,
    PACKETS_STATUS = 6,
    PACKETS_WATCH = 7,
    PACKETS_ADOPT = 8,
    PACKETS_INFORMATION = 10,
    PACKETS_CONFIGURE = 11,
    PACKETS_COPP_INFORMATION =
        0x100 /* COPPCompatibleGetInformation, of dxva2.dll alone; the body is that of status. coppd has no such request */
};

/* Bodies. */
#define PACKETS_LISTED 156u
#define PACKETS_LISTED_FLAGS 4u
#define PACKETS_LISTED_NAME 16u
#define PACKETS_LISTED_HDCP 80u
#define PACKETS_LISTED_DISPLAY 96u
#define PACKETS_LISTED_LIMIT 128u
#define PACKETS_NEWS_AHEAD 16u /* of a connector: size, index, losses, reconfigurations */
#define PACKETS_NAME 64u
#define PACKETS_OPENING 76u
#define PACKETS_OPENED 12u
#define PACKETS_OPEN_WAKE 1u
#define PACKETS_CONNECTOR_PLUGGED 2u
#define PACKETS_INFORMATION_BODY 4116u /* size, MAC, the message */
#define PACKETS_CONFIGURE_BODY 4104u /* size, additional size, the message; the additional bytes come behind it */
#define PACKETS_GROWTH 256u
#define PACKETS_MAX (PACKETS_HEADER + PACKETS_CONFIGURE_BODY + 65536u + PACKETS_GROWTH)

static inline uint32_t packets_get(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline void packets_put(uint8_t *bytes, uint32_t word) {
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (8 * i));
}

#endif
