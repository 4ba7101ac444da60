#include "arguments.h"

#include <string.h>

#include "cli/describe.h"
#include "cli/report.h"

#define RECONNECT_MAX_S 86400u
#define HOLD_MAX_MS 600000u
#define HOLD_DEFAULT_MS 2000u /* longer than a mode change takes, and no longer than an answer may (APP-3) */
#define GRACE_MAX_MS 60000u

const struct option_spec protect_options[] = {
    {.name = "hdcp",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct protect_arguments, hdcp),
     .argument = "N",
     .words = "1",
     .help = "HDCP level: 1 is on"},
    {.name = "type1",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct protect_arguments, type1),
     .help = "HDCP 2.2 or later, and no device that is not Type 1,\nbehind repeaters either (OPM)"},
    {.name = "acp",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct protect_arguments, acp),
     .argument = "N",
     .words = "1 2 3",
     .help = "ACP level: 1, 2 or 3"},
    {.name = "cgmsa",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct protect_arguments, cgmsa),
     .argument = "LEVEL",
     .words = "copy-freely copy-no-more copy-one-generation copy-never copy-never,redistribution",
     .help = "CGMS-A level: copy-freely, copy-no-more,\n"
             "copy-one-generation or copy-never; with\n"
             "\",redistribution\" redistribution control too"},
    {.name = "output",
     .kind = OPTION_LIST,
     .offset = offsetof(struct protect_arguments, outputs),
     .argument = "NAME|all",
     .words = PROTECTION_OUTPUTS_ALL,
     .help = "an output to protect; may be given several times:\n"
             "COMMAND runs while all are protected. all: every\n"
             "output with a display, also one that is plugged in\n"
             "later (default: the first that offers what is\n"
             "asked for; see copp status)"},
    CRL_OPTION(struct protect_arguments, device.revocation),
    SRM_OPTIONS(struct protect_arguments, device.revocation),
    {.name = "hold",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct protect_arguments, hold),
     .argument = "MS",
     .max = HOLD_MAX_MS,
     .initial = HOLD_DEFAULT_MS,
     .help = "kill COMMAND once it has been held for this long\n"
             "without protection: a frozen player still shows\n"
             "its last frame (default: 2000)"},
    {.name = "grace",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct protect_arguments, grace),
     .argument = "MS",
     .max = GRACE_MAX_MS,
     .help = "when protection is lost, tell COMMAND to end and\n"
             "kill it after this time: CONTENT MAY BE SHOWN\n"
             "UNPROTECTED meanwhile (default: 0, kill it at once)"},
    {.name = "reconnect",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct protect_arguments, reconnect),
     .argument = "SECONDS",
     .max = RECONNECT_MAX_S,
     .help = "if coppd or the link to the display is lost, hold\n"
             "COMMAND and try a new session for this long\n"
             "(default: 0, kill it)"},
    {.name = "unnamed-receiver",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct protect_arguments, unnamed_receiver),
     .help = "accept HDCP if the driver does not name the\n"
             "receiver, as Linux's do not: repeaters and revoked\n"
             "receivers are then not refused"},
    {.name = "allow-simulated",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct protect_arguments, allow_simulated),
     .help = "accept a simulated output, which protects nothing,\n"
             "for tests (the embedded adapter implies it)"},
    {.name = "require-cgroup",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct protect_arguments, require_cgroup),
     .help = "do not start COMMAND unless a cgroup can contain\n"
             "it (Linux)"},
    DEVICE_OPTIONS(struct protect_arguments),
    SEMANTICS_OPTION(struct protect_arguments),
    DEVICE_RECORD_OPTIONS(struct protect_arguments),
    {.name = "adapter",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct protect_arguments, device.adapter),
     .argument = "FILE",
     .help = "the description of the simulated adapter"},
    {.name = "events",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct protect_arguments, device.events),
     .argument = "FILE",
     .help = "events while it runs: lines such as\n"
             "\"+2 unplug HDMI-1\"; \"-\" is standard input"},
    {.name = NULL},
};

/* Somebody who names an output twice may have meant another one, which would go unprotected. */
static int check_outputs(const struct invocation *in, const struct text_list *outputs) {
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->count > 1 && strcmp(outputs->items[i], PROTECTION_OUTPUTS_ALL) == 0)
            return fail(in, STATUS_UNKNOWN, NULL, "--output all means every output: remove the other --output");
        for (size_t j = 0; j < i; j++) {
            if (strcmp(outputs->items[i], outputs->items[j]) == 0)
                return fail(in, STATUS_UNKNOWN, outputs->items[i], "this output is named twice");
        }
    }
    return STATUS_YES;
}

/* Where nothing else is said, OPM is taken if it can be had; what one protocol alone has chooses it. */
static void read_device(const struct protect_arguments *o, uint32_t cgmsa, struct adapter_options *device) {
    *device = o->device;
    if (device->semantics == NULL)
        device->semantics = "auto";
    device->opm_alone = o->type1 ? "--type1" : NULL;
    device->copp_alone = (cgmsa & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED) != 0 ? "redistribution control" : NULL;
}

int arguments_read(const struct invocation *in, struct choice_terms *terms, struct protection_limits *limits,
                   struct adapter_options *device) {
    const struct protect_arguments *o = in->options;
    struct copp_requirement *wanted = &terms->wanted;
    *terms = (struct choice_terms){.wanted = {.size = sizeof *wanted,
                                              .hdcp = o->hdcp,
                                              .acp = o->acp,
                                              .unnamed_receiver = o->unnamed_receiver,
                                              .type1 = o->type1},
                                   .allow_simulated = o->allow_simulated};
    if (!copp_level_valid(COPP_PROTECTION_TYPE_HDCP, o->hdcp))
        return fail(in, STATUS_UNKNOWN, NULL, "--hdcp takes 0 or 1");
    if (!copp_level_valid(COPP_PROTECTION_TYPE_ACP, o->acp))
        return fail(in, STATUS_UNKNOWN, NULL, "--acp takes 0 to 3");
    if (o->cgmsa != NULL && !read_cgmsa(o->cgmsa, &wanted->cgmsa))
        return fail(in, STATUS_UNKNOWN, NULL,
                    "--cgmsa takes copy-freely, copy-no-more, copy-one-generation or copy-never, "
                    "and \",redistribution\" after it; not '%s'",
                    o->cgmsa);
    if (wanted->hdcp == 0 && !wanted->type1 && wanted->acp == 0 && wanted->cgmsa == 0)
        return fail(in, STATUS_UNKNOWN, NULL, "no protection is requested: give --hdcp, --type1, --acp or --cgmsa");
    read_device(o, wanted->cgmsa, device);
    *limits = (struct protection_limits){.hold_ms = o->hold, .reconnect_ms = (uint64_t)o->reconnect * 1000};
    return check_outputs(in, &o->outputs);
}
