/* copp probe: whether this machine's outputs can be protected, and if not, what to do about it (QRY, SES, CERT). */
#include "cli/adapter.h"
#include "cli/commands.h"
#include "cli/probe/cards.h"
#include "cli/probe/coppd.h"
#include "cli/probe/lists.h"
#include "cli/report.h"

struct probe_options {
    struct adapter_options device;
    bool set;
};

static const struct option_spec options[] = {
    {.name = "device",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct probe_options, device) + offsetof(struct adapter_options, device),
     .argument = "unix:PATH",
     .words = "unix:",
     .help = "coppd's socket (default: $COPP_DEVICE, else\n" COPP_SOCKET_DEFAULT ")"},
    {.name = "anchor",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct probe_options, device) + offsetof(struct adapter_options, anchor),
     .argument = "microsoft|FILE",
     .words = "microsoft",
     .help = "the anchor of coppd's chain for COPP\n(default: $COPP_ANCHOR, else microsoft)"},
    DEVICE_RECORD_OPTIONS(struct probe_options),
    CRL_OPTION(struct probe_options, device.revocation),
    {.name = "set",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct probe_options, set),
     .help = "switch HDCP on and off again; without this\nnothing is changed"},
    {.name = NULL},
};

static int print(const struct invocation *in, struct findings *findings, enum coppd_answer answer) {
    static const int statuses[] = {[COPPD_PROTECTS] = STATUS_YES, [COPPD_FAILS] = STATUS_NO, [COPPD_UNKNOWN] = STATUS_UNKNOWN};
    if (in->json) {
        json_t *ok = answer == COPPD_UNKNOWN ? json_null() : json_boolean(answer == COPPD_PROTECTS);
        int printed = print_json(json_pack("{so sO}", "ok", ok, "findings", findings->list));
        return printed == STATUS_YES ? statuses[answer] : STATUS_UNKNOWN;
    }
    return table_print(&findings->table) ? statuses[answer] : fail_result(in, NULL, COPP_E_MEMORY);
}

static int run(const struct invocation *in) {
    const struct probe_options *o = in->options;
    struct findings findings;
    struct probe_outputs outputs = {.count = 0};
    findings_begin(&findings);
    enum coppd_answer answer = probe_coppd(in, &o->device, o->set, &findings, &outputs);
    probe_lists(in, "/", NULL, &findings);
    probe_cards(in, &findings, &outputs);
    if (answer == COPPD_PROTECTS && !probe_protects(&outputs))
        answer = COPPD_FAILS;
    int status = print(in, &findings, answer);
    findings_end(&findings);
    return status;
}

const struct command command_probe = {
    .name = "probe",
    .operands = "",
    .summary = "Find out where this machine's output protection fails",
    .details = "Asks coppd, opens a session with each of its outputs, and looks at the kernel's graphics\n"
               "cards: their owners, connectors and receivers. Each obstacle comes with its remedy.\n"
               "Exit status 0: a display can be protected through coppd; 1: none can; 2: could not tell.",
    .options = options,
    .options_size = sizeof(struct probe_options),
    .run = run,
};
