/* What a device needs of the thing that really protects a connector. Backends implement this. */
#ifndef COPP_OUTPUT_H
#define COPP_OUTPUT_H

#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a connector is to apply: the effective levels of all sessions (ARB-2) and the signaling (CMD-5). */
struct copp_protection {
    size_t size; /* sizeof this struct */
    uint32_t hdcp; /* COPP_HDCP_*: of COPP's and OPM's sessions together */
    uint32_t acp; /* COPP_ACP_* */
    uint32_t cgmsa; /* COPP_CGMSA_*, with REDISTRIBUTION_CONTROL_REQUIRED or-ed in (ARB-3) */
    uint32_t tv_standard; /* one of COPP_TV_STANDARD_* or NONE */
    uint32_t aspect[COPP_ASPECT_WORDS];
    uint32_t reserved; /* 0. It stands where shorter structs end in padding (docs/abi.md) */
    /* 1: every receiver gets the content as Type 1, so only HDCP 2.2 and later will do (OPM-HDCP-2). Never 1 without hdcp. */
    uint32_t type1;
    uint32_t dpcp; /* 1: DisplayPort content protection is on (OPM-HDCP-3) */
};

/* An output that sets none has SINGLE: that alone says nothing is protected, which only apply can (CMD-4). */
enum copp_multi_adapter_mode {
    COPP_MODE_SINGLE = 0,
    COPP_MODE_DUALVIEW,
    COPP_MODE_CLONE, /* refused at open (ARB-6) */
    COPP_MODE_THEATRE /* refused at open (ARB-6) */
};

/* The protocol that a receiver authenticates with: it says which revocation list the receiver is looked up in (OPM-SRM-7). */
enum copp_hdcp_version {
    COPP_HDCP_VERSION_NONE = 0, /* no receiver, or we cannot tell: then both lists count */
    COPP_HDCP_VERSION_1, /* HDCP 1.x */
    COPP_HDCP_VERSION_2 /* HDCP 2.x */
};

#define COPP_DOWNSTREAM_MAX 127u /* devices behind a repeater: HDCP 1.x allows so many, HDCP 2.x 31 */

/* What is on the connector just now. Zero says that the output does not have it, or does not know. */
struct copp_output_state {
    size_t size; /* set by the library: an output fills in no member beyond it */
    struct copp_display display;
    enum copp_multi_adapter_mode mode;
    uint32_t tv_type; /* as QuerySignaling reports it */
    bool hdcp_receiver; /* one is there: bksv and repeater hold */
    bool repeater;
    uint8_t bksv[COPP_KSV_SIZE]; /* least significant byte first, as WIRE-9. HDCP 2.x: the receiver id, in the same order */
    /*
     * The devices behind a repeater, as it reported them when HDCP came up: downstream_count times COPP_KSV_SIZE bytes, each KSV
     * or receiver id in the order of bksv. They belong to the output, and hold until its next operation is called. More than
     * COPP_DOWNSTREAM_MAX, or a count without bytes, counts as a topology with a revoked device (OPM-SRM-7).
     */
    const uint8_t *downstream;
    size_t downstream_count;
    uint32_t hdcp_version; /* enum copp_hdcp_version, of the receiver and all behind it */
};

/* Embed this as the first member of your own structure. */
struct copp_output {
    const struct copp_output_ops *ops;
};

struct copp_output_ops {
    size_t size; /* sizeof this struct */
    /*
     * Fills in what is on the connector. An output tells its connector nothing from within state. What it finds out here and would
     * have to tell, it tells later, and until then its answers go on as before: a session must not read that there is no receiver
     * any more before it is told of the loss (EVT-1, EVT-3, QRY-6).
     */
    void (*state)(struct copp_output *output, struct copp_output_state *state);
    /*
     * Put exactly this in force, all of it or nothing: on failure what was in force before still is.
     * COPP_OK: in force, as far as the hardware can tell. COPP_E_PENDING: begun; answer with
     * copp_connector_applied. COPP_E_RESOLUTION: the present mode forbids it. COPP_E_FAILED: it did not come up.
     * COPP_E_LINK_LOST: it did not come up, and what was in force before is gone as well (EVT-3). COPP_E_UNSUPPORTED: what is
     * plugged in cannot do it: it has no HDCP, none that does Type 1, or no DPCP. COPP_E_REVOKED: the hardware
     * looked devices up in lists of its own, and a revoked one receives. COPP_E_STATE: other outputs
     * use all HDCP engines.
     * Not called while an earlier one is pending; after an event it may ask for what is in force already. It may be
     * called from within copp_connector_*, but not the other way round: an output tells its connector nothing from
     * within state, apply or cancel.
     */
    enum copp_result (*apply)(struct copp_output *output, const struct copp_protection *wanted);
    /* Gives a pending apply up: what was in force before it is again, and copp_connector_applied is not called for it. */
    void (*cancel)(struct copp_output *output);
    /*
     * An OR of COPP_BOUND_PLUGGED and COPP_BOUND_RECEIVER; other bits are ignored (BIND-6). It is called for every status
     * answer, and so tells what is known already and does not ask the hardware. NULL: nothing is known, and players that have handed an
     * SRM to a session under OPM do not play there (OPM-SRM-7).
     */
    uint32_t (*presence)(struct copp_output *output);
    /*
     * The COPP_HDCP_* that is in force at the output, whoever has asked for it. What another program has switched on is one more
     * holder (ARB-5), which apply is not asked for and which the global level shows (QRY-5). It is called for every such answer, and
     * so tells what is known already and does not ask the hardware. NULL: nothing but what apply has put in force.
     */
    uint32_t (*hdcp)(struct copp_output *output);
    /*
     * Shows black instead of every frame, or frames again (OPM-STA-6). An output begins with frames shown. It neither depends on
     * apply nor changes what that has put in force. COPP_OK: done. COPP_E_UNSUPPORTED: this output cannot blank. COPP_E_FAILED:
     * nothing has changed. NULL: as COPP_E_UNSUPPORTED.
     */
    enum copp_result (*blank)(struct copp_output *output, bool blank);
};

/*
 * ARB-6: an S-Video and a composite output fed with the same signal, as one output that protects both: every apply
 * reaches both, and one that fails on either is undone on the other. state is the S-Video output's. Neither half may
 * answer COPP_E_PENDING (it counts as COPP_E_FAILED): both signals are analog and are switched at once.
 */
struct copp_output_pair {
    struct copp_output output;
    struct copp_output *svideo;
    struct copp_output *composite;
    uint64_t room[32]; /* the pair's own */
};
COPP_API void copp_output_pair_init(struct copp_output_pair *pair, struct copp_output *svideo, struct copp_output *composite);

#ifdef __cplusplus
}
#endif

#endif
