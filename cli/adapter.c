#include "adapter.h"

#include <stdlib.h>
#include <string.h>

#include "io_system.h"
#include "keys.h"
#include "remote.h"
#include "report.h"
#include "srm.h"
#include "wait.h"
#include "why.h"

#define EMBEDDED "embedded"

/* Where to go: device->path is NULL for the embedded adapter. */
static int choose(const struct invocation *in, const struct adapter_options *o, struct adapter *adapter) {
    const char *name = o->device;
    if (name == NULL && (o->adapter != NULL || o->events != NULL))
        return STATUS_YES;
    if (name == NULL)
        name = variable("COPP_DEVICE");
    if (name == NULL) {
        adapter->path = remote_default(); /* whether or not there is one: protection is not given up for convenience */
        return STATUS_YES;
    }
    if (strcmp(name, EMBEDDED) == 0)
        return STATUS_YES;
    if (!remote_find(name, &adapter->path))
        return fail(in, STATUS_UNKNOWN, name, "unknown device: give %s or embedded", remote_kinds);
    if (o->adapter != NULL || o->events != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "--adapter and --events are for the embedded adapter, not for %s", name);
    return STATUS_YES;
}

/* An option that COPP alone has: nobody lists OPM's chains. */
static const char *copp_alone(const struct adapter_options *o) {
    return o->copp_alone == NULL && o->revocation.crls.count > 0 ? "--crl" : o->copp_alone;
}

/* What is asked for may be of one protocol alone. */
static int check_semantics(const struct invocation *in, const struct adapter_options *o, enum copp_semantics semantics) {
    const char *copp = copp_alone(o);
    if (o->opm_alone != NULL && copp != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "%s is for OPM only, and %s for COPP: remove one", o->opm_alone, copp);
    if (semantics == COPP_SEMANTICS_COPP && o->opm_alone != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "%s is for OPM only: it cannot be used with --semantics copp", o->opm_alone);
    if (semantics == COPP_SEMANTICS_OPM && copp != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "%s is for COPP only: it cannot be used with --semantics opm", copp);
    return STATUS_YES;
}

/* What is not said is left to the adapter; the one inside this program then speaks COPP. */
static enum copp_semantics demanded(const struct adapter_options *o, const struct adapter *adapter) {
    bool either = o->semantics != NULL && strcmp(o->semantics, "auto") == 0;
    if (o->semantics != NULL && strcmp(o->semantics, "opm") == 0)
        return COPP_SEMANTICS_OPM;
    if (either && o->opm_alone != NULL)
        return COPP_SEMANTICS_OPM;
    bool copp = copp_alone(o) != NULL || adapter->path == NULL;
    return either && !copp ? COPP_SEMANTICS_NONE : COPP_SEMANTICS_COPP;
}

static int choose_semantics(const struct invocation *in, const struct adapter_options *o, struct adapter *adapter) {
    adapter->semantics = demanded(o, adapter);
    return check_semantics(in, o, adapter->semantics);
}

int adapter_find(const struct invocation *in, const struct adapter_options *options, bool follow, struct adapter *adapter) {
    *adapter = (struct adapter){.wake_fd = -1, .host = {.wake_fd = -1}};
    int status = choose(in, options, adapter);
    if (status == STATUS_YES)
        status = choose_semantics(in, options, adapter);
    if (status == STATUS_YES)
        status = recording_open(in, &options->recording, adapter->path == NULL, &adapter->recorder);
    if (status != STATUS_YES || adapter->path != NULL)
        return status;
    if (options->names_only)
        return embedded_names(in, options->adapter, &adapter->host);
    const unsigned own = adapter->semantics == COPP_SEMANTICS_OPM ? EMBEDDED_OPM : EMBEDDED_COPP;
    const unsigned chains = options->both && own == EMBEDDED_OPM ? EMBEDDED_OPM | EMBEDDED_COPP : own;
    status = embedded_open(in, options->adapter, options->events, follow, chains, &adapter->host);
    adapter->host.recorder = adapter->recorder;
    return status;
}

/* The embedded adapter's chain is made for each run: who names whom to trust does not mean that one. */
static int refuse_anchor(const struct invocation *in, const char *option) {
    return fail(in, STATUS_UNKNOWN, NULL,
                "%s names an anchor for drivers outside this program, but the embedded adapter has its own certificate chain: %s",
                option != NULL ? "--anchor" : "COPP_ANCHOR",
                option != NULL ? "remove --anchor, or name another --device" : "unset it, or name another --device");
}

/* An anchor in a file is of one protocol, and so may be an option: what chose the protocol is told where they do not go together. */
static int read_anchor_beside(const struct invocation *in, const char *name, const char *option, struct adapter *adapter) {
    enum copp_semantics semantics = option != NULL ? COPP_SEMANTICS_NONE : adapter->semantics;
    int status = read_anchors(in, name, &semantics, &adapter->anchor, &adapter->opm_anchor);
    if (option == NULL)
        adapter->semantics = semantics;
    if (status != STATUS_YES || semantics == COPP_SEMANTICS_NONE || semantics == adapter->semantics)
        return status;
    bool opm = semantics == COPP_SEMANTICS_OPM;
    return fail_with(in, STATUS_UNKNOWN, name,
                     opm ? "name COPP's anchor, or remove the option" : "name OPM's anchor, or remove the option",
                     "is an anchor for %s, but %s is for %s only", opm ? "OPM" : "COPP", option, opm ? "COPP" : "OPM");
}

/* Whom to trust outside this program. */
static int find_anchor(const struct invocation *in, const struct adapter_options *o, const char *name, struct adapter *adapter) {
    bool file = name != NULL && strcmp(name, "microsoft") != 0 && strcmp(name, "-") != 0;
    const char *missing = file ? remote_missing_anchor(name) : NULL;
    bool either = o->semantics != NULL && strcmp(o->semantics, "auto") == 0;
    const char *alone = adapter->semantics == COPP_SEMANTICS_OPM ? o->opm_alone : copp_alone(o);
    return missing != NULL ? fail(in, STATUS_UNKNOWN, name, "the anchor does not exist: %s", missing)
                           : read_anchor_beside(in, name, either ? alone : NULL, adapter);
}

/* What a driver under OPM is given first: with a message of HDCP 1.x that of HDCP 2.x comes before it (give_second). */
static const struct blob *first_message(const struct adapter *adapter) {
    const struct blob *message = revocation_message(&adapter->revocation, 1);
    return message != NULL ? message : revocation_message(&adapter->revocation, 2);
}

/* The embedded adapter's driver judges lists by the key that they are verified by here. */
static int keep_lists(const struct invocation *in, const struct adapter_options *options, struct adapter *adapter) {
    const char *name = options->revocation.srm_key != NULL ? options->revocation.srm_key : variable("COPP_SRM_KEY");
    struct srm_key key;
    adapter->host.srm = first_message(adapter);
    int status = srm_key_open(in, name, &key);
    if (status == STATUS_YES && options->srm_keys != NULL)
        status = embedded_keep_lists(in, &adapter->host, options->srm_keys, options->srm_key_count);
    else if (status == STATUS_YES)
        status = embedded_keep_lists(in, &adapter->host, &key.key, 1);
    srm_key_close(&key);
    return status;
}

int adapter_trust(const struct invocation *in, const struct adapter_options *options, struct adapter *adapter) {
    const char *anchor = options->anchor != NULL ? options->anchor : variable("COPP_ANCHOR");
    bool remote = adapter->path != NULL;
    if (!remote && anchor != NULL)
        return refuse_anchor(in, options->anchor);
    int status = remote ? find_anchor(in, options, anchor, adapter) : STATUS_YES;
    bool lists = remote && adapter->semantics != COPP_SEMANTICS_OPM; /* they are COPP's, under its anchor */
    if (status == STATUS_YES)
        status = revocation_open(in, &options->revocation, lists ? &adapter->anchor : NULL,
                                 adapter->semantics == COPP_SEMANTICS_OPM ? RECEIVERS_DRIVER : RECEIVERS_SESSION,
                                 &adapter->revocation);
    if (status == STATUS_YES && !remote && adapter->semantics == COPP_SEMANTICS_OPM)
        status = keep_lists(in, options, adapter);
    return status;
}

int adapter_open(const struct invocation *in, const struct adapter_options *options, bool follow, struct adapter *adapter) {
    int status = adapter_find(in, options, follow, adapter);
    if (status == STATUS_YES)
        status = adapter_trust(in, options, adapter);
    if (status != STATUS_YES || adapter->path == NULL)
        return status;
    status = remote_outputs(in, adapter);
    if (status == STATUS_YES && adapter->count == 0)
        status = fail(in, STATUS_UNKNOWN, adapter->path, "there are no outputs yet; %s", remote_no_outputs);
    return status;
}

void adapter_close(struct adapter *adapter) {
    free(adapter->outputs);
    adapter->outputs = NULL;
    remote_unfollow(&adapter->news);
    revocation_close(&adapter->revocation);
    embedded_close(&adapter->host);
    recorder_close(&adapter->recorder);
}

int adapter_refresh(const struct invocation *in, struct adapter *adapter) {
    struct output *before = adapter->outputs;
    size_t count = adapter->count;
    if (adapter->path == NULL)
        return STATUS_YES;
    adapter->outputs = NULL;
    adapter->count = 0;
    int status = remote_outputs(in, adapter);
    if (status == STATUS_YES) {
        free(before);
        return STATUS_YES;
    }
    free(adapter->outputs);
    adapter->outputs = before;
    adapter->count = count;
    return status;
}

int adapter_follow(const struct invocation *in, struct adapter *adapter) {
    if (adapter->path == NULL)
        return STATUS_YES;
    remote_unfollow(&adapter->news);
    int status = remote_follow(in, adapter, &adapter->news);
    return status == STATUS_YES ? adapter_refresh(in, adapter) : status;
}

int adapter_news_fd(const struct adapter *adapter) {
    return adapter->news != NULL ? remote_news_fd(adapter->news) : -1;
}

enum adapter_news adapter_next_output(struct adapter *adapter, struct output *output) {
    enum adapter_news news = adapter->news != NULL ? remote_next_output(adapter->news, output) : ADAPTER_NO_NEWS;
    if (news == ADAPTER_NEWS_ENDED)
        remote_unfollow(&adapter->news);
    return news;
}

const char *adapter_output(const struct adapter *adapter, size_t index) {
    if (adapter->path == NULL)
        return copp_sim_name(adapter->host.sim, index);
    return index < adapter->count ? adapter->outputs[index].name : NULL;
}

void adapter_look(const struct adapter *adapter, const char *name, struct output *output) {
    *output = (struct output){.real = false, .plugged = true};
    (void)snprintf(output->name, sizeof output->name, "%s", name);
    if (adapter->path == NULL)
        output->plugged = copp_sim_plugged(adapter->host.sim, name);
    if (adapter->path == NULL)
        (void)snprintf(output->display, sizeof output->display, "%s", copp_sim_display(adapter->host.sim, name));
    const struct output *known = adapter_known_output(adapter, name);
    if (known != NULL)
        *output = *known;
}

const char *adapter_twin(const struct adapter *adapter, const char *name, size_t index) {
    const struct output *known = adapter_known_output(adapter, name);
    const char *monitor = known != NULL ? known->monitor : name;
    size_t found = 0;
    for (size_t i = 0; monitor[0] != '\0' && i < adapter->count; i++) {
        if (strcmp(adapter->outputs[i].monitor, monitor) == 0 && found++ == index)
            return adapter->outputs[i].name;
    }
    return found == 0 && index == 0 ? name : NULL;
}

bool adapter_unbound(const struct adapter *adapter) {
    return adapter->path != NULL && remote_binding == COPP_BINDING_OPTIONAL;
}

uint64_t adapter_now(const struct adapter *adapter) {
    return embedded_now(&adapter->host);
}

uint64_t adapter_deadline_ms(const struct adapter *adapter) {
    return adapter->path == NULL ? embedded_deadline_ms(&adapter->host) : UINT64_MAX;
}

void adapter_dispatch(struct adapter *adapter) {
    if (adapter->path == NULL)
        embedded_dispatch(&adapter->host);
}

int adapter_events_fd(const struct adapter *adapter) {
    return adapter->path == NULL ? events_fd(adapter->host.events) : -1;
}

void adapter_wake_by(struct adapter *adapter, int fd) {
    adapter->wake_fd = fd;
    adapter->host.wake_fd = fd;
}

bool adapter_woken(const struct adapter *adapter) {
    bool ready = false;
    if (adapter->path == NULL)
        return adapter->host.skew_ms != 0;
    wait_readable(&adapter->wake_fd, &ready, 1, 0);
    return ready;
}

bool adapter_refuses(struct adapter *adapter, const char *output) {
    return adapter->path == NULL ? output_refuses(&adapter->host, output) : remote_refuses(adapter, output);
}

/* A session hands over one message itself, when it sets HDCP (OPM-APP-1). */
static int give_second(const struct invocation *in, const struct adapter *adapter, const char *output, struct link *link) {
    const struct blob *message = revocation_message(&adapter->revocation, 2);
    if (!link_is_opm(link) || message == NULL || message == first_message(adapter))
        return STATUS_YES;
    enum copp_result result = revocation_give(link->session, message);
    return result == COPP_OK ? STATUS_YES : fail_session(in, output, "SET_HDCP_SRM", result, link->session);
}

static int establish_remote(const struct invocation *in, struct adapter *adapter, const char *output, struct link *link) {
    const struct blob *message = first_message(adapter);
    struct copp_session_config config = {.size = sizeof config,
                                         .anchor = adapter->semantics == COPP_SEMANTICS_OPM ? NULL : &adapter->anchor,
                                         .opm_anchor = adapter->semantics == COPP_SEMANTICS_COPP ? NULL : &adapter->opm_anchor,
                                         .lists = &adapter->revocation.lists,
                                         .log = why_log(),
                                         .binding = remote_binding,
                                         .connector = output,
                                         .srm_bytes = message != NULL ? message->bytes : NULL,
                                         .srm_size = message != NULL ? message->size : 0};
    struct copp_verdict verdict = {.detail = ""};
    *link = (struct link){.transport = NULL};
    int status = remote_open(in, adapter, output, &link->transport);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = recording_wrap(adapter->recorder, output, &link->transport, &config.random);
    if (result == COPP_OK)
        result = copp_session_new(&config, link->transport, &link->session);
    if (result != COPP_OK)
        return fail_session(in, output, "session", result, link->session);
    adapter->semantics = link_is_opm(link) ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP; /* no later session is of the other kind */
    status = link_handshake(in, output, link, &verdict);
    if ((verdict.rule == COPP_RULE_CERT_12 || verdict.rule == COPP_RULE_OPM_CERT_4) && in->note == NULL)
        remote_explain_anchor(adapter);
    return status;
}

int adapter_establish(const struct invocation *in, struct adapter *adapter, const char *output, struct link *link) {
    int status = adapter->path == NULL ? link_establish(in, &adapter->host, output, &adapter->revocation.lists, link)
                                       : establish_remote(in, adapter, output, link);
    return status == STATUS_YES ? give_second(in, adapter, output, link) : status;
}
