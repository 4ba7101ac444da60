/*
 * What a display's HDCP registers say: who receives, and what is behind it.
 *
 * Registers are read by whoever wants to know them (bus.h) and understood here. None of their bytes is authenticated: a KSV is that
 * of the receiver which the driver has authenticated only where HDCP 1.x is in force and nothing else was plugged in meanwhile.
 */
#ifndef COPP_OUTPUTS_RECEIVER_H
#define COPP_OUTPUTS_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECEIVER_KSV_SIZE 5u

enum receiver_link {
    RECEIVER_DDC, /* HDMI and DVI: I2C address 0x3A */
    RECEIVER_AUX, /* DisplayPort: DPCD */
    RECEIVER_LINKS
};

enum receiver_register {
    RECEIVER_BKSV,
    RECEIVER_BCAPS,
    RECEIVER_TOPOLOGY, /* Bstatus of HDMI, Binfo of DisplayPort */
    RECEIVER_VERSION, /* HDCP2Version of HDMI, RxCaps of DisplayPort */
    RECEIVER_REGISTERS
};
#define RECEIVER_REGISTER_MAX 5u /* bytes of the longest one */

struct receiver_span {
    uint32_t offset;
    uint32_t size; /* bytes; 1 to RECEIVER_REGISTER_MAX */
};

/* What is known of who receives; the numbers of enum copp_socket_receiver, whose words they have. */
enum receiver_state {
    RECEIVER_UNKNOWN = 0,
    RECEIVER_READ = 1,
    RECEIVER_NO_BUS = 2,
    RECEIVER_NO_ACCESS = 3,
    RECEIVER_NO_NODE = 4,
    RECEIVER_SILENT = 5,
    RECEIVER_HANGS = 6,
    RECEIVER_BUSY = 7,
    RECEIVER_NO_PROGRAM = 8
};

/* Every register that is ever read. Nothing else is, and none is written: see docs/outputs-reference.md. */
extern const struct receiver_span receiver_spans[RECEIVER_LINKS][RECEIVER_REGISTERS];

/* Registers as they were read; of each the first bytes, as many as its span has. */
struct receiver_bytes {
    uint32_t link; /* enum receiver_link */
    uint8_t registers[RECEIVER_REGISTERS][RECEIVER_REGISTER_MAX];
};

struct hdcp_receiver {
    bool hdcp1; /* it can do HDCP 1.x: it says so (DisplayPort), or its KSV is valid (HDMI has no such bit) */
    bool hdcp2; /* it can do HDCP 2.x */
    bool ksv_valid; /* bksv has exactly 20 ones (SRM-5) */
    bool repeater;
    uint8_t devices; /* behind a repeater: 0 to 127. A repeater knows them only once it has been authenticated. */
    uint8_t depth; /* of the cascade behind it, 0 to 7 */
    bool too_many; /* devices, for HDCP 1.x */
    bool too_deep; /* a cascade */
    uint8_t bksv[RECEIVER_KSV_SIZE]; /* least significant byte first, as in the register and in WIRE-9 */
};

/* Understands any bytes at all. */
void receiver_decode(const struct receiver_bytes *bytes, struct hdcp_receiver *receiver);

/*
 * Whether an HDCP that is in force must be with the KSV read: it is valid, and the receiver can do nothing but HDCP 1.x. With
 * one that can do 2.x the driver chooses the version, and does not report which.
 */
bool receiver_named(const struct hdcp_receiver *receiver);

/* Whether both are the same receiver with the same capabilities, as far as registers tell. What is behind a repeater comes and goes. */
bool receiver_same(const struct hdcp_receiver *a, const struct hdcp_receiver *b);

#endif
