#include "choice.h"

#include <string.h>

#include "cli/describe.h"
#include "cli/report.h"

/* HDCP has a number in each protocol; Type 1 OPM alone can ask for. */
static uint32_t wanted_types(const struct choice_terms *terms, bool opm) {
    return (terms->wanted.hdcp == 0 ? 0
            : opm                   ? COPP_PROTECTION_TYPE_OPM_HDCP
                                    : COPP_PROTECTION_TYPE_HDCP) |
           (terms->wanted.type1 ? COPP_PROTECTION_TYPE_ENFORCEMENT : 0) |
           (terms->wanted.acp != 0 ? COPP_PROTECTION_TYPE_ACP : 0) | (terms->wanted.cgmsa != 0 ? COPP_PROTECTION_TYPE_CGMSA : 0);
}

/* What protects nothing will do only for who has asked for it. */
bool choice_too_little(const struct choice_terms *terms, const struct adapter *adapter, const struct output *output) {
    return !output->real && !terms->allow_simulated && adapter->path != NULL;
}

/* Whether it is real, and plugged in, comes with the answer; what the list says only orders the candidates (BIND-6). */
static int ask_types(const struct invocation *in, const struct link *link, struct output *chosen, uint32_t *types) {
    enum copp_result result = copp_session_protection_types(link->session, types);
    if (result != COPP_OK)
        return fail_session(in, chosen->name, "QueryProtectionType", result, link->session);
    adapter_confirm(link, chosen);
    return STATUS_YES;
}

static int refuse_too_little(const struct invocation *in, const struct choice_terms *terms, const struct adapter *adapter,
                             const struct output *chosen) {
    if (choice_too_little(terms, adapter, chosen))
        return fail(
            in, STATUS_NO, chosen->name,
            "is simulated and protects nothing: name a real output (see copp status), or give --allow-simulated in a test");
    return STATUS_YES;
}

/* The adapter says first whether there is such an output: it may go by a name that is in no list (ARB-6). */
int choice_open(const struct invocation *in, const struct choice_terms *terms, struct adapter *adapter, struct link *link,
                struct output *chosen) {
    adapter_look(adapter, terms->output, chosen);
    int status = adapter_establish(in, adapter, terms->output, link);
    uint32_t types;
    if (status == STATUS_YES)
        status = ask_types(in, link, chosen, &types);
    return status == STATUS_YES && chosen->plugged ? refuse_too_little(in, terms, adapter, chosen) : status;
}

static int take_named(const struct invocation *in, const struct choice_terms *terms, struct adapter *adapter, struct link *link,
                      struct output *chosen) {
    int status = choice_open(in, terms, adapter, link, chosen);
    if (status == STATUS_YES && !chosen->plugged)
        return fail(in, STATUS_NO, terms->output, "nothing is plugged in");
    return status;
}

/* What there would have been, had it been good enough. */
static int fail_choice(const struct invocation *in, const struct choice_terms *terms, bool opm, bool simulated, bool unplugged) {
    char text[64];
    describe_types(wanted_types(terms, opm), text, sizeof text);
    return fail(in, STATUS_NO, NULL, "no output of this adapter offers %s%s%s (see copp status)", text,
                unplugged ? "; outputs with nothing plugged in were left out" : "",
                simulated ? "; simulated ones, which protect nothing, were left out: give --allow-simulated in a test" : "");
}

/* Whether another display could show the content unprotected. Nothing of an adapter in this process shows any. */
static bool is_one_of_several(const struct choice_terms *terms, const struct adapter *adapter, const struct output *chosen) {
    const char *name;
    for (size_t i = 0; adapter->path != NULL && (name = adapter_output(adapter, i)) != NULL; i++) {
        struct output other;
        adapter_look(adapter, name, &other);
        bool twin = other.monitor[0] != '\0' && strcmp(other.monitor, chosen->monitor) == 0; /* it is protected, too */
        if (other.plugged && !choice_too_little(terms, adapter, &other) && !twin && strcmp(other.name, chosen->name) != 0)
            return true;
    }
    return false;
}

/* The player may show its content elsewhere: only a person knows. */
static int take_first(const struct invocation *in, const struct choice_terms *terms, const struct adapter *adapter,
                      const struct output *chosen) {
    if (!in->json && is_one_of_several(terms, adapter, chosen))
        complain("%s: chosen among several displays; only this one is protected: name the player's with --output, or give "
                 "--output all",
                 chosen->name);
    return STATUS_YES;
}

int choice_make(const struct invocation *in, const struct choice_terms *terms, struct adapter *adapter, struct link *link,
                struct output *chosen) {
    const char *name;
    bool simulated = false;
    bool unplugged = false;
    if (terms->output != NULL)
        return take_named(in, terms, adapter, link, chosen);
    for (size_t i = 0; (name = adapter_output(adapter, i)) != NULL; i++) {
        uint32_t types;
        adapter_look(adapter, name, chosen);
        bool too_little = choice_too_little(terms, adapter, chosen);
        simulated = simulated || too_little;
        unplugged = unplugged || !chosen->plugged;
        if (too_little || !chosen->plugged || adapter_refuses(adapter, chosen->name))
            continue;
        int status = adapter_establish(in, adapter, chosen->name, link);
        if (status == STATUS_YES)
            status = ask_types(in, link, chosen, &types);
        if (status != STATUS_YES)
            return status;
        too_little = choice_too_little(terms, adapter, chosen);
        simulated = simulated || too_little;
        unplugged = unplugged || !chosen->plugged;
        uint32_t wanted = wanted_types(terms, link_is_opm(link));
        if ((types & wanted) == wanted && !too_little && chosen->plugged)
            return take_first(in, terms, adapter, chosen);
        link_close(link);
    }
    return fail_choice(in, terms, adapter->semantics == COPP_SEMANTICS_OPM, simulated, unplugged);
}
