#include "embedded.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/hierarchy.h"
#include "io.h"
#include "recording.h"
#include "report.h"
#include "unlike.h"
#include "wait.h"
#include "why.h"

#define DESCRIPTION_MAX 65536u

uint64_t embedded_now(const struct embedded *host) {
    return clock_ms() + host->skew_ms;
}

static uint64_t pump_now(struct copp_pump *pump) {
    return embedded_now((struct embedded *)(void *)pump);
}

/* Within an int, however far away. */
static int timeout_until(const struct embedded *host, uint64_t deadline_ms) {
    uint64_t now = embedded_now(host);
    if (deadline_ms <= now)
        return 0;
    return deadline_ms - now < 60000 ? (int)(deadline_ms - now) : 60000;
}

static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    struct embedded *host = (struct embedded *)(void *)pump;
    uint64_t due_ms = embedded_deadline_ms(host);
    const uint64_t end_ms = due_ms < deadline_ms ? due_ms : deadline_ms;
    if (host->hurry && end_ms != COPP_NO_DEADLINE && end_ms > embedded_now(host))
        host->skew_ms += end_ms - embedded_now(host);
    const int fds[] = {events_fd(host->events), host->wake_fd};
    bool ready[2];
    wait_readable(fds, ready, 2, timeout_until(host, end_ms));
    if (ready[0])
        events_read(host->events, embedded_now(host));
    if (ready[1] && host->skew_ms == 0)
        host->skew_ms = COPP_PENDING_LIMIT_MS + 1;
    embedded_dispatch(host);
}

static const struct copp_pump_ops pump_ops = {.size = sizeof pump_ops, .now_ms = pump_now, .wait = pump_wait};

void embedded_dispatch(struct embedded *host) {
    uint64_t now = embedded_now(host);
    unsigned line;
    char *text;
    copp_sim_dispatch(host->sim, now);
    while ((text = events_take(host->events, now, &line)) != NULL) {
        struct copp_sim_error error;
        if (copp_sim_event(host->sim, text, &error) != COPP_OK)
            events_complain(host->events, line, error.text);
        free(text);
    }
}

uint64_t embedded_deadline_ms(const struct embedded *host) {
    uint64_t sim = copp_sim_deadline_ms(host->sim);
    uint64_t event = events_deadline_ms(host->events);
    return sim < event ? sim : event;
}

static int make_hierarchy(const struct invocation *in, struct embedded *host) {
    static const char *const names[HIERARCHY_KEYS] = {"copp embedded test driver", "copp embedded test IHV",
                                                      "copp embedded test root"};
    struct hierarchy made;
    enum copp_result result = hierarchy_make(names, HIERARCHY_SECURITY_LEVEL, &made);
    if (result == COPP_OK) {
        host->leaf = made.keys[HIERARCHY_LEAF];
        host->anchor = made.anchor;
        host->chain_bytes = made.chain_bytes;
        host->chain_size = made.chain_size;
        made.keys[HIERARCHY_LEAF] = NULL;
        made.chain_bytes = NULL;
    }
    hierarchy_free(&made);
    return result == COPP_OK ? STATUS_YES
                             : fail(in, STATUS_UNKNOWN, NULL, "cannot create a test hierarchy: %s", copp_strerror(result));
}

static int make_opm_hierarchy(const struct invocation *in, struct embedded *host) {
    static const char *const names[OPM_HIERARCHY_KEYS] = {"copp embedded test driver", "copp embedded test root"};
    enum copp_result result = opm_hierarchy_make(names, &host->opm);
    return result == COPP_OK
               ? STATUS_YES
               : fail(in, STATUS_UNKNOWN, NULL, "cannot create a test hierarchy for OPM: %s", copp_strerror(result));
}

static int make_hierarchies(const struct invocation *in, unsigned chains, struct embedded *host) {
    host->semantics = (chains & EMBEDDED_OPM) != 0 ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP;
    int status = (chains & EMBEDDED_COPP) != 0 ? make_hierarchy(in, host) : STATUS_YES;
    return status == STATUS_YES && host->semantics == COPP_SEMANTICS_OPM ? make_opm_hierarchy(in, host) : status;
}

/* Of the two protocols the driver speaks those that it has a chain for (OPM-OUT-4). */
static int speak_opm(const struct invocation *in, struct embedded *host) {
    struct copp_adapter *adapter = copp_sim_adapter(host->sim);
    const struct copp_adapter_config config = {.size = sizeof config,
                                               .chain_bytes = (const uint8_t *)host->chain_bytes,
                                               .chain_size = host->chain_size,
                                               .key = host->leaf,
                                               .opm_chain_bytes = host->opm.chain_bytes,
                                               .opm_chain_size = host->opm.chain_size,
                                               .opm_key = host->opm.leaf};
    enum copp_result result = copp_adapter_renew_all(adapter, &config);
    return result == COPP_OK ? STATUS_YES : fail_result(in, NULL, result);
}

static int fail_description(const struct invocation *in, const char *name, const struct blob *blob,
                            const struct copp_sim_error *error) {
    char text[sizeof error->text + 32];
    char line[24] = "";
    if (error->line > 0)
        snprintf(line, sizeof line, "line %u: ", error->line);
    snprintf(text, sizeof text, "%s%s", line, error->text);
    return fail_kind(in, name, blob, KIND(FILE_TEXT), text, NULL);
}

static enum copp_result refuse_decryption(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    (void)key, (void)in, (void)out, (void)size;
    return COPP_E_KEY;
}

/* Where only the outputs' names are asked for there is neither chain nor key, and no device is opened. */
static int make_adapter(const struct invocation *in, const char *name, struct embedded *host) {
    struct blob text = {0};
    struct copp_sim_error error;
    static const struct copp_private_key_ops no_key_ops = {.size = sizeof no_key_ops, .decrypt_raw = refuse_decryption};
    static struct copp_private_key no_key = {&no_key_ops};
    static const uint8_t no_chain[1];
    int status = name != NULL ? read_file(in, name, DESCRIPTION_MAX, &text) : STATUS_YES;
    if (status != STATUS_YES)
        return status;
    const struct copp_sim_config config = {
        .size = sizeof config,
        .description = (const char *)text.bytes,
        .chain_bytes = host->chain_bytes != NULL ? (const uint8_t *)host->chain_bytes : no_chain,
        .chain_size = host->chain_bytes != NULL ? host->chain_size : sizeof no_chain,
        .key = host->leaf != NULL ? host->leaf : &no_key,
        .now_ms = embedded_now(host),
        .log = why_log(),
    };
    enum copp_result result = COPP_E_INVALID;
    if (name != NULL && strlen((const char *)text.bytes) != text.size)
        error = (struct copp_sim_error){.text = "holds a NUL character: give a text file"};
    else
        result = copp_sim_new(&config, &host->sim, &error);
    if (result == COPP_E_INVALID)
        status = fail_description(in, name, &text, &error);
    else if (result != COPP_OK)
        status = fail_result(in, name, result);
    blob_free(&text);
    return status;
}

int embedded_open(const struct invocation *in, const char *adapter, const char *events, bool follow, unsigned chains,
                  struct embedded *host) {
    *host = (struct embedded){.pump.ops = &pump_ops, .wake_fd = -1};
    int status = events_open(in, events, follow, &host->events);
    if (status == STATUS_YES)
        status = make_hierarchies(in, chains, host);
    if (status == STATUS_YES)
        status = make_adapter(in, adapter, host);
    return status == STATUS_YES && host->semantics == COPP_SEMANTICS_OPM ? speak_opm(in, host) : status;
}

int embedded_names(const struct invocation *in, const char *adapter, struct embedded *host) {
    *host = (struct embedded){.pump.ops = &pump_ops, .wake_fd = -1};
    int status = events_open(in, NULL, false, &host->events);
    return status == STATUS_YES ? make_adapter(in, adapter, host) : status;
}

int embedded_keep_lists(const struct invocation *in, struct embedded *host, const struct copp_srm_key *keys, size_t count) {
    enum copp_result result = copp_adapter_keep_srms(copp_sim_adapter(host->sim), keys, count);
    return result == COPP_OK ? STATUS_YES : fail_result(in, NULL, result);
}

void embedded_close(struct embedded *host) {
    copp_sim_free(&host->sim);
    copp_private_key_free(&host->leaf);
    copp_release(host->chain_bytes, host->chain_size);
    host->chain_bytes = NULL;
    opm_hierarchy_free(&host->opm);
    events_free(&host->events);
}

enum copp_result link_open(struct embedded *host, const char *output, const struct copp_session_lists *lists, struct link *link) {
    const bool opm = host->semantics == COPP_SEMANTICS_OPM;
    const struct copp_device_options device = {.size = sizeof device, .semantics = host->semantics};
    struct copp_session_config config = {.size = sizeof config,
                                         .anchor = opm ? NULL : &host->anchor,
                                         .opm_anchor = opm ? &host->opm.anchor : NULL,
                                         .lists = opm ? NULL : lists,
                                         .srm_bytes = opm && host->srm != NULL ? host->srm->bytes : NULL,
                                         .srm_size = opm && host->srm != NULL ? host->srm->size : 0,
                                         .log = why_log()};
    *link = (struct link){.transport = NULL};
    struct copp_connector *connector = copp_sim_connector(host->sim, output);
    if (connector == NULL)
        return COPP_E_NOT_FOUND;
    config.connector = copp_connector_name(connector); /* of a pair, not the name it was asked for by (ARB-6) */
    enum copp_result result = copp_local_transport_open_as(connector, &device, &host->pump, &link->transport);
    if (result == COPP_OK)
        result = recording_wrap(host->recorder, config.connector, &link->transport, &config.random);
    return result == COPP_OK ? copp_session_new(&config, link->transport, &link->session) : result;
}

bool output_refuses(struct embedded *host, const char *output) {
    struct link link;
    struct recorder *recorder = host->recorder;
    host->recorder = NULL; /* nobody asks anything */
    enum copp_result result = link_open(host, output, NULL, &link);
    link_close(&link);
    host->recorder = recorder;
    return result == COPP_E_UNSUPPORTED_MODE;
}

bool link_is_opm(const struct link *link) {
    struct copp_transport_info info = {.size = sizeof info};
    return copp_transport_info(link->transport, &info) == COPP_OK && info.semantics == COPP_SEMANTICS_OPM;
}

int link_handshake(const struct invocation *in, const char *output, struct link *link, struct copp_verdict *verdict) {
    enum copp_result result = copp_session_establish(link->session, verdict);
    if (result == COPP_OK)
        return STATUS_YES;
    if (result == COPP_E_INVALID || result == COPP_E_REVOKED)
        return fail_verdict(in, STATUS_NO, output, link_is_opm(link) ? COLLECTION_OPM : COLLECTION_CHAIN, verdict);
    return fail_session(in, output, "handshake", result, link->session);
}

int link_establish(const struct invocation *in, struct embedded *host, const char *output, const struct copp_session_lists *lists,
                   struct link *link) {
    struct copp_verdict verdict;
    enum copp_result result = link_open(host, output, lists, link);
    if (result == COPP_E_NOT_FOUND)
        return fail(in, STATUS_UNKNOWN, output, "is not an output of this adapter (see copp status)");
    if (result != COPP_OK)
        return fail_session(in, output, "session", result, link->session);
    return link_handshake(in, output, link, &verdict);
}

void link_close(struct link *link) {
    copp_session_free(&link->session);
    copp_transport_free(&link->transport);
}

int fail_session(const struct invocation *in, const char *output, const char *what, enum copp_result result,
                 const struct copp_session *session) {
    char text[512];
    copp_session_explain(session, result, NULL, COPP_STOP_NONE, text, sizeof text);
    return fail(in, STATUS_UNKNOWN, output, "%s: %s%s", what, text, why_result(result));
}
