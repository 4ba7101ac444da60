/*
 * How a recording of sessions is written (docs/recording.md): a pcapng file of exported PDUs, one for each message. These functions fill
 * buffers; whoever calls them writes. The reader is conformance/decode/recording_file.h.
 */
#ifndef COPP_COMMON_RECORDING_H
#define COPP_COMMON_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#define RECORDING_VERSION 1u
#define RECORDING_LINKTYPE 252u /* LINKTYPE_WIRESHARK_UPPER_PDU */
#define RECORDING_DISSECTOR "copp" /* what the tag before each message names */
#define RECORDING_HEADER_SIZE 32u /* of a message, behind the tags */

/* pcapng */
#define PCAPNG_SECTION 0x0A0D0D0Au
#define PCAPNG_INTERFACE 1u
#define PCAPNG_PACKET 6u /* enhanced packet block */
#define PCAPNG_MAGIC 0x1A2B3C4Du
/* exported PDU */
#define PDU_TAG_END 0u
#define PDU_TAG_DISSECTOR 12u

enum recording_kind {
    RECORDING_OPEN = 1, /* request: the connector's name */
    RECORDING_KEY_EXCHANGE, /* answer: the driver's random number, and its chain */
    RECORDING_SEQUENCE_START, /* request: WIRE-1 */
    RECORDING_COMMAND, /* request: WIRE-2, and what OPM sends beside it */
    RECORDING_STATUS, /* request: WIRE-3, and OPM's MAC beside it; answer: WIRE-4 */
    RECORDING_CLOSE,
    RECORDING_EVENT, /* a note: something was done to the driver, told in words */
    RECORDING_DROPPED, /* a note: so many messages are missing here, 8 bytes */
    RECORDING_KIND_COUNT
};

enum recording_direction {
    RECORDING_REQUEST = 0, /* application to driver */
    RECORDING_ANSWER,
    RECORDING_NOTE /* of whoever records */
};

/* Flags of a message, an OR. */
#define RECORDING_SIMULATED 1u /* the driver is known to be a simulated one */
#define RECORDING_AT_DRIVER 2u /* recorded by the driver's side (coppd), not by the application's */
#define RECORDING_IDENTIFIES 4u /* it names one receiver among all others: a KSV */
#define RECORDING_CUT 8u /* the additional bytes are not all here */

struct recording_message {
    uint64_t time_us; /* since 1970 */
    enum recording_kind kind;
    enum recording_direction direction;
    unsigned semantics; /* enum copp_semantics */
    uint32_t flags;
    uint32_t session;
    uint32_t exchange; /* a request and its answer have the same number */
    uint32_t hresult; /* of an answer */
    int32_t result; /* of an answer, enum copp_result: 0 if the driver has answered at all */
    const uint8_t *bytes;
    size_t size;
    const uint8_t *additional; /* what goes beside the message */
    size_t additional_size;
};

#define RECORDING_BYTES_MAX (16u + 65536u) /* of a message: the largest is a chain behind a random number */
#define RECORDING_ADDITIONAL_MAX 65536u
/* Of any block that is written here: nothing has both a chain and additional bytes. */
#define RECORDING_BLOCK_MAX (RECORDING_ADDITIONAL_MAX + 4096u + 512u)

/* The beginning of a file: who records, and a remark on all of it. Returns how many bytes of block were written. */
size_t recording_begin(const char *application, const char *remark, uint8_t *block);

/* One message. A message or additional bytes that are larger than the limits are cut, and flagged. Returns how many bytes were written. */
size_t recording_put(const struct recording_message *message, uint8_t *block);

#endif
