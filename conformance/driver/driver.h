/* What the cases for a driver know of it: how to reach it, which outputs it has, and how to make something happen to them. */
#ifndef COPP_CONFORMANCE_DRIVER_H
#define COPP_CONFORMANCE_DRIVER_H

#include "conformance/case.h"
#include "conformance/runner.h"
#include "copp/certificate.h"
#include "copp/protocol.h"
#include "copp/x509.h"

/* What a case needs of an output, an OR; the first output that has all of it is the case's. */
#define NEED_HDCP 1u
#define NEED_ACP 2u
#define NEED_CGMSA 4u
#define NEED_SIGNALING 8u /* it offers TV standards */
#define NEED_EVENTS 0x10u /* we can make something happen to it */
#define NEED_BOUND 0x20u /* its answers are bound (BIND-2) */
#define NEED_UNBOUND 0x40u /* or are not */
#define NEED_RECEIVER 0x80u /* an HDCP receiver is there */
#define NEED_NO_HDCP 0x100u
#define NEED_NO_ACP 0x200u
#define NEED_TYPE 0x400u /* it offers a protection type */
#define NEED_CEA 0x800u /* its default standard is one of CEA-805-A, which can carry redistribution control */
#define NEED_NO_CEA 0x1000u /* its default standard is another one */
#define NEED_NO_SIGNALING 0x2000u
#define NEED_COMPONENT 0x4000u /* it is component video, whose ACP depends on the resolution */
#define NEED_FIXED 0x8000u /* it is S-Video or composite, whose signal is fixed */
#define NEED_TWO_TYPES 0x10000u
#define NEED_NO_RECEIVER 0x20000u
/* The same under OPM semantics alone. */
#define NEED_NO_CGMSA 0x40000u
#define NEED_DPCP 0x80000u
#define NEED_NO_DPCP 0x100000u
#define NEED_TYPE1 0x200000u /* it offers type enforcement */
#define NEED_NO_TYPE1 0x400000u
#define NEED_DVI 0x800000u
#define NEED_NO_DVI 0x1000000u
#define NEED_EMBEDDED 0x2000000u /* an embedded link */
#define NEED_LISTS 0x4000000u /* the driver takes the suite's own lists of revoked HDCP devices (opm_lists.h) */
#define NEED_COPP 0x8000000u /* it has COPP's sessions as well */
#define NEED_TWO 0x10000000u /* the adapter has two outputs or more */

struct driver_target;

struct driver_target_ops {
    /* The name of an output; NULL beyond the last. */
    const char *(*output)(struct driver_target *target, size_t index);
    /* Opens a new device on it. Freeing the transport closes the device. */
    enum copp_result (*open)(struct driver_target *target, const char *output, enum copp_semantics semantics,
                             struct copp_transport **transport);
    /*
     * Makes something happen: an event as of docs/simulator.md, in which the output is named ("unplug HDMI-1"). False: it cannot.
     * NULL: nothing can be made to happen.
     */
    bool (*cause)(struct driver_target *target, const char *event);
    /* Lets time pass on the driver's clock until milliseconds have gone by. NULL: a real clock, which the suite waits for. */
    void (*pass)(struct driver_target *target, uint32_t milliseconds);
};

/* Embed this as the first member of your own structure. */
struct driver_target {
    const struct driver_target_ops *ops;
    const struct copp_public_key *anchor; /* whom the driver's chain leads to under COPP; NULL: not known */
    const struct copp_opm_anchor *opm_anchor; /* and under OPM */
    uint32_t
        settle_ms; /* so long it may take until what was made to happen, or a device that was closed, shows; 0: it shows at once */
    bool test_lists; /* its driver takes lists that are signed under the keys of opm_lists.h */
    bool both_semantics; /* it opens devices of either semantics */
    bool opm_interface; /* it is reached through OPM's interface, whose codes it has under COPP's semantics too (OPM-DDI-6) */
};

struct driver_output {
    const char *name; /* the target's */
    uint32_t has; /* NEED_* */
    uint32_t connector_type;
    uint32_t types; /* as QueryProtectionType answers */
    uint32_t standards; /* as QuerySignaling answers; 0 without it */
    uint32_t standard; /* which of them is active by default */
    char mode[32]; /* its signal, as docs/simulator.md writes modes: "1080i59.94"; "": not known */
};

#define DRIVER_OUTPUTS_MAX 32u
#define DRIVER_CLIENTS_MAX 80u
#define DRIVER_UNDO_MAX 8u

struct driver_client;

/* What most cases build on. Where it does not work they cannot tell anything, and the cases about it say why. */
#define BROKEN_HANDSHAKE 1u /* a correct handshake does not start a session (SES-5) */
#define BROKEN_QUERIES 2u /* of several correct queries and commands in turn, a query is refused (SES-4, QRY-1, QRY-3) */
#define BROKEN_COMMANDS 4u /* the same of a command (SES-4, CMD-1 to CMD-3) */
#define BROKEN_MACS 8u /* answers are not authentic (QRY-2) */

/* The subject of all driver cases (case_run.subject). */
struct driver_suite {
    struct driver_target *target;
    enum copp_semantics semantics; /* COPP or OPM */
    const char *only_output; /* NULL: whichever has what a case needs */
    struct driver_output outputs[DRIVER_OUTPUTS_MAX];
    size_t output_count;
    const struct driver_output *output; /* the running case's */
    struct driver_client *clients[DRIVER_CLIENTS_MAX]; /* the running case's, closed when it ends */
    size_t client_count;
    bool probed;
    unsigned broken; /* BROKEN_*: what does not work at all */
    char undo[DRIVER_UNDO_MAX][96]; /* events that put the output back, the last one first */
    size_t undo_count;
};

static inline struct driver_suite *driver_suite_of(const struct case_run *run) {
    return run->subject;
}

/*
 * Asks each output what it is, by a session of its own. False if no output could be asked; error then says why in words. semantics is
 * set before.
 */
bool driver_survey(struct driver_suite *suite, char *error, size_t error_size);

/* Finds out what is broken, by a session with one output. */
void driver_probe(struct driver_suite *suite);

/* For struct runner_options. */
bool driver_prepare(struct case_run *run);
void driver_finish(struct case_run *run);

/* Of several bits the lowest one; 0 of none. */
static inline uint32_t lowest_bit(uint32_t bits) {
    return bits & (~bits + 1);
}

/*
 * Make something happen to the running case's output, as of docs/simulator.md without the output's name: "unplug", "mode 1080i59.94".
 *
 * driver_try: false if that cannot be; a mode is put back when the case ends.
 * driver_cause: the same, and the case ends as not supported.
 * driver_cause_until_end: the same; undo happens when the case ends.
 * driver_go_elsewhere: the first of modes (NULL at the end) that the output has and is not in; else the case ends as not supported.
 */
bool driver_try(struct case_run *run, const char *event);
bool driver_cause(struct case_run *run, const char *event);
bool driver_cause_until_end(struct case_run *run, const char *event, const char *undo);
bool driver_go_elsewhere(struct case_run *run, const char *const *modes);

/* Lets pass the time that the target may need to show what has happened. */
void driver_settle(struct case_run *run);
/* Until when, on clock_us, it may take from now on. */
static inline uint64_t driver_patience(const struct case_run *run) {
    return clock_us() + (uint64_t)driver_suite_of(run)->target->settle_ms * 1000u;
}

#define DRIVER_CASES_MAX 1024u

/* Fills in all cases, of both semantics, list after list; returns how many they are. */
size_t driver_cases(const struct conformance_case *cases[DRIVER_CASES_MAX]);

/* The lists that driver_cases joins (cases.c names them too); each ends with a case without an id. */
extern const struct conformance_case driver_cases_session[];
extern const struct conformance_case driver_cases_command[];
extern const struct conformance_case driver_cases_status[];
extern const struct conformance_case driver_cases_certificate[];
extern const struct conformance_case driver_cases_level[];
extern const struct conformance_case driver_cases_signaling[];
extern const struct conformance_case driver_cases_content[];
extern const struct conformance_case driver_cases_events[];
extern const struct conformance_case driver_cases_arbitration[];
extern const struct conformance_case driver_cases_binding[];
extern const struct conformance_case driver_cases_sessions[];

#endif
