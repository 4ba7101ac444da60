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
};

struct driver_output {
    const char *name; /* the target's */
    uint32_t has; /* NEED_* */
    uint32_t connector_type;
    uint32_t types; /* as QueryProtectionType answers */
    uint32_t standards; /* as QuerySignaling answers; 0 without it */
    uint32_t standard; /* which of them is active by default */
};

#define DRIVER_OUTPUTS_MAX 32u
#define DRIVER_CLIENTS_MAX 80u

struct driver_client;

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
    bool events_caused; /* by the running case, so that the output is put back */
};

static inline struct driver_suite *driver_suite_of(const struct case_run *run) {
    return run->subject;
}

/*
 * Asks each output what it is, by a session of its own. False if no output could be asked; error then says why in words. semantics is
 * set before.
 */
bool driver_survey(struct driver_suite *suite, char *error, size_t error_size);

/* For struct runner_options. */
bool driver_prepare(struct case_run *run);
void driver_finish(struct case_run *run);

/* Makes something happen to the running case's output: "unplug", "mode 1080i". NAME is put in behind the first word. False, and the case ends as not
 * supported, if nothing can. */
bool driver_cause(struct case_run *run, const char *event);

#define DRIVER_CASES_MAX 1024u

/* Fills in all cases, of both semantics, list after list; returns how many they are. */
size_t driver_cases(const struct conformance_case *cases[DRIVER_CASES_MAX]);

/* The lists that driver_cases joins (cases.c names them too); each ends with a case without an id. */
extern const struct conformance_case driver_cases_session[];
extern const struct conformance_case driver_cases_command[];
extern const struct conformance_case driver_cases_status[];

#endif
