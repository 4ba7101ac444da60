/* copp status: what an application learns of each output through a session of its own (QRY, EVT). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/adapter.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/encode.h"
#include "cli/output_name.h"
#include "cli/report.h"
#include "cli/table.h"

#define COLUMNS 7u /* without DISPLAY */

struct status_options {
    struct adapter_options device;
    struct text_list outputs; /* none: all */
};

static const struct option_spec options[] = {
    DEVICE_OPTIONS(struct status_options),
    SEMANTICS_OPTION(struct status_options),
    {.name = "output",
     .kind = OPTION_LIST,
     .offset = offsetof(struct status_options, outputs),
     .argument = "NAME",
     .help = "an output, by its name or by what a player calls\nits display; may be given several times (default:\nall)"},
    CRL_OPTION(struct status_options, device.revocation),
    SRM_OPTIONS(struct status_options, device.revocation),
    DEVICE_RECORD_OPTIONS(struct status_options),
    {.name = "adapter",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct status_options, device.adapter),
     .argument = "FILE",
     .help = "the description of the simulated adapter"},
    {.name = "events",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct status_options, device.events),
     .argument = "FILE",
     .help = "events before the sessions ask: lines\n"
             "such as \"unplug HDMI-1\"; \"-\" is standard\n"
             "input"},
    {.name = NULL},
};

/* What the queries of one session answered. */
struct answers {
    struct output output;
    char name[96]; /* with its marks */
    uint32_t connector_type;
    uint32_t bus_type;
    uint32_t types;
    struct copp_display display;
    uint32_t local[ALL_PROTECTION_TYPES];
    uint32_t global[ALL_PROTECTION_TYPES];
    bool opm; /* then there is neither a receiver nor signaling, but what follows */
    bool has_output_id; /* older drivers do not know these two */
    uint64_t output_id;
    bool has_hardware_protection;
    uint32_t hardware_protection;
    bool has_receiver;
    struct copp_status_hdcp_key key;
    bool receiver_revoked; /* APP-2 */
    bool receiver_checked; /* there is a message to check it against */
    struct copp_status_signaling signaling;
    uint32_t events;
};

static enum copp_result ask_levels(struct copp_session *session, struct answers *a) {
    enum copp_result result = COPP_OK;
    for (size_t i = 0; result == COPP_OK && i < ALL_PROTECTION_TYPES; i++) {
        if ((a->types & all_protection_types[i]) == 0)
            continue;
        result = copp_session_local_level(session, all_protection_types[i], &a->local[i]);
        if (result == COPP_OK)
            result = copp_session_global_level(session, all_protection_types[i], &a->global[i]);
    }
    return result;
}

/* Through OPM's interface a connector without TV signals refuses (OPM-DDI-6), where COPP's tells of none. */
static enum copp_result ask_signaling(struct copp_session *session, struct copp_status_signaling *signaling) {
    enum copp_result result = copp_session_signaling(session, signaling);
    if (result != COPP_E_REFUSED || copp_session_hresult(session) != COPP_HR_OPM_SIGNALING_NOT_SUPPORTED)
        return result;
    *signaling = (struct copp_status_signaling){.flags = COPP_STATUS_NORMAL};
    return COPP_OK;
}

static enum copp_result ask_copp(struct copp_session *session, struct answers *a) {
    enum copp_result result = ask_signaling(session, &a->signaling);
    if (result != COPP_OK || (a->types & COPP_PROTECTION_TYPE_HDCP) == 0)
        return result;
    result = copp_session_hdcp_key(session, &a->key);
    a->has_receiver = result == COPP_OK;
    return result == COPP_E_REFUSED ? COPP_OK : result; /* there is none (QRY-6) */
}

/* The result of a request that came later, which an older driver refuses as one that it does not know. */
static enum copp_result know(const struct copp_session *session, enum copp_result result, bool *known) {
    *known = result == COPP_OK;
    bool unknown = result == COPP_E_REFUSED && copp_session_hresult(session) == COPP_HR_OPM_INVALID_INFORMATION_REQUEST;
    return unknown ? COPP_OK : result;
}

/* OPM-GET-10 */
static enum copp_result ask_opm(struct copp_session *session, struct answers *a) {
    enum copp_result result = know(session, copp_session_output_id(session, &a->output_id), &a->has_output_id);
    if (result != COPP_OK)
        return result;
    result = copp_session_hardware_protection(session, &a->hardware_protection);
    return know(session, result, &a->has_hardware_protection);
}

static enum copp_result ask(const struct link *link, struct answers *a) {
    struct copp_session *session = link->session;
    a->opm = link_is_opm(link);
    enum copp_result result = copp_session_connector_type(session, &a->connector_type);
    if (result == COPP_OK)
        result = copp_session_bus_type(session, &a->bus_type);
    if (result == COPP_OK)
        result = copp_session_protection_types(session, &a->types);
    if (result == COPP_OK)
        result = copp_session_display(session, &a->display);
    if (result == COPP_OK)
        result = ask_levels(session, a);
    if (result == COPP_OK)
        result = a->opm ? ask_opm(session, a) : ask_copp(session, a);
    a->events = copp_session_take_events(session);
    return result;
}

/* APP-2: what a player would refuse is told beside the table. */
static void check_receiver(struct answers *a, const struct copp_session_lists *lists) {
    uint8_t ksv[COPP_KSV_SIZE];
    a->receiver_checked = a->has_receiver && lists->srm_count > 0;
    if (!a->receiver_checked)
        return;
    copp_ksv_from_bksv(a->key.bksv, ksv);
    for (size_t i = 0; i < lists->srm_count; i++)
        a->receiver_revoked = a->receiver_revoked || copp_srm_revoked(lists->srms[i], ksv);
    if (a->receiver_revoked)
        complain("%s: %s (%s)", a->name, copp_stop_text(COPP_STOP_REVOKED), copp_rule_id(copp_stop_rule(COPP_STOP_REVOKED)));
}

/* The column is there if any display says which one it is. */
static void add_display(struct table *table, const char *display, bool first) {
    if (table->columns > COLUMNS)
        table_add(table, display[0] != '\0' || !first ? display : "-");
}

static void add_row(struct table *table, const struct answers *a, size_t type, bool first) {
    char text[128];
    table_add(table, first ? a->name : "");
    describe_connector(a->connector_type, text, sizeof text);
    table_add(table, first ? text : "");
    add_display(table, first ? a->output.display : "", first);
    describe_display(&a->display, text, sizeof text);
    table_add(table, first ? text : "");
    if (type < ALL_PROTECTION_TYPES) {
        table_add(table, copp_protection_type_name(all_protection_types[type]));
        describe_level(all_protection_types[type], a->local[type], text, sizeof text);
        table_add(table, text);
        describe_level(all_protection_types[type], a->global[type], text, sizeof text);
        table_add(table, text);
    } else {
        table_add(table, "none");
        table_add(table, "-");
        table_add(table, "-");
    }
    describe_events(a->events, text, sizeof text);
    table_add(table, first ? text : "");
}

static const char refusal[] = "no session: clone or theatre mode (ARB-6)";

static void add_refusal(struct table *table, const struct answers *a) {
    table_add(table, a->name);
    table_add(table, "-");
    add_display(table, a->output.display, true);
    for (size_t i = 0; i < 4; i++)
        table_add(table, "-");
    table_add(table, refusal);
}

static void add_rows(struct table *table, const struct answers *a) {
    bool first = true;
    for (size_t i = 0; i < ALL_PROTECTION_TYPES; i++) {
        if ((a->types & all_protection_types[i]) == 0)
            continue;
        add_row(table, a, i, first);
        first = false;
    }
    if (first)
        add_row(table, a, ALL_PROTECTION_TYPES, true);
}

static json_t *json_receiver(const struct answers *a) {
    uint8_t ksv[COPP_KSV_SIZE];
    if (!a->has_receiver)
        return json_null();
    copp_ksv_from_bksv(a->key.bksv, ksv);
    return json_pack("{so sb sb so}", "ksv", json_hex(ksv, sizeof ksv), "ksv_valid", copp_ksv_valid(ksv), "repeater",
                     (a->key.hdcp_flags & COPP_HDCP_REPEATER) != 0, "revoked",
                     a->receiver_checked ? json_boolean(a->receiver_revoked) : json_null());
}

static json_t *json_standards(uint32_t standards) {
    json_t *array = json_array();
    for (uint32_t bit = 1; bit <= COPP_TV_STANDARD_MASK; bit <<= 1) {
        if ((standards & bit) != 0)
            json_add(&array, json_string(copp_tv_standard_name(bit)));
    }
    return array;
}

static json_t *json_levels(const struct answers *a) {
    json_t *levels = json_object();
    for (size_t i = 0; i < ALL_PROTECTION_TYPES; i++) {
        uint32_t type = all_protection_types[i];
        char local[64], global[64];
        if ((a->types & type) == 0)
            continue;
        describe_level(type, a->local[i], local, sizeof local);
        describe_level(type, a->global[i], global, sizeof global);
        json_put(&levels, copp_protection_type_name(type),
                 json_pack("{sI ss sI ss}", "local", (json_int_t)a->local[i], "local_name", local, "global",
                           (json_int_t)a->global[i], "global_name", global));
    }
    return levels;
}

static const char *bus_name(const struct answers *a) {
    return copp_bus_type_name(a->opm ? a->bus_type & COPP_OPM_BUS_TYPE_MASK : a->bus_type); /* OPM-CONST-1 */
}

/* In hexadecimal: there are numbers in it that JSON's readers cannot hold. */
static json_t *json_output_id(uint64_t id) {
    char text[17];
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)id);
    return json_string(text);
}

/* What one of the two protocols alone tells is null under the other. */
static void put_semantics(json_t **object, const struct answers *a) {
    json_put(object, "semantics", json_string(a->opm ? "opm" : "copp"));
    json_put(object, "hdcp_receiver", json_receiver(a));
    json_put(object, "tv_standard", a->opm ? json_null() : json_string(copp_tv_standard_name(a->signaling.active_standard)));
    json_put(object, "tv_standards", a->opm ? json_null() : json_standards(a->signaling.available_standards));
    json_put(object, "output_id", a->has_output_id ? json_output_id(a->output_id) : json_null());
    json_put(object, "hardware_protection", a->has_hardware_protection ? json_boolean(a->hardware_protection != 0) : json_null());
}

static json_t *json_answers(const struct answers *a) {
    char connector[64];
    describe_connector(a->connector_type, connector, sizeof connector);
    json_t *object = json_pack("{so sb sb so ss ss so so so so}", "output", json_text(a->output.name), "simulated",
                               !a->output.real, "plugged", a->output.plugged, "display", json_optional(a->output.display),
                               "connector", connector, "bus", bus_name(a), "signal", json_display(&a->display), "protections",
                               json_types(a->types), "levels", json_levels(a), "events", json_events(a->events));
    if (object != NULL)
        put_semantics(&object, a);
    return object;
}

/* Every event is given its time before anything is asked. */
static void let_events_happen(struct adapter *adapter) {
    struct embedded *host = &adapter->host;
    if (adapter->path != NULL)
        return;
    while (!events_ended(host->events))
        host->pump.ops->wait(&host->pump, UINT64_MAX);
    embedded_dispatch(host);
}

static json_t *json_refusal(const struct answers *a) {
    return json_pack("{so sb sb so ss}", "output", json_text(a->output.name), "simulated", !a->output.real, "plugged",
                     a->output.plugged, "display", json_optional(a->output.display), "refused", refusal);
}

/* Consumes the list. */
static int print_answers(const struct invocation *in, bool simulated, const struct table *table, json_t *list) {
    if (in->json)
        return print_json(json_pack("{so sb}", "outputs", list, "simulated", simulated));
    json_decref(list);
    return table_print(table) ? STATUS_YES : fail_result(in, NULL, COPP_E_MEMORY);
}

static bool any_display(const struct adapter *adapter) {
    const char *name;
    for (size_t i = 0; (name = adapter_output(adapter, i)) != NULL; i++) {
        struct output output;
        adapter_look(adapter, name, &output);
        if (output.display[0] != '\0')
            return true;
    }
    return false;
}

/* The outputs that are asked for. */
struct asked {
    size_t count;
    const char **names; /* the adapter's own */
    struct link *links;
};

static int ask_all(const struct invocation *in, const struct asked *asked, const struct adapter *adapter) {
    struct table table = {.columns = COLUMNS + any_display(adapter)};
    static const char *const head[COLUMNS] = {"OUTPUT", "TYPE", "SIGNAL", "PROTECTION", "LOCAL", "GLOBAL", "EVENTS"};
    json_t *list = json_array();
    int status = STATUS_YES;
    bool simulated = false;
    for (size_t i = 0; i < COLUMNS; i++) {
        table_add(&table, head[i]);
        if (i == 1)
            add_display(&table, "DISPLAY", true);
    }
    for (size_t i = 0; status == STATUS_YES && i < asked->count; i++) {
        const struct link *link = &asked->links[i];
        struct answers a = {.connector_type = 0};
        adapter_look(adapter, asked->names[i], &a.output);
        enum copp_result result = link->session != NULL ? ask(link, &a) : COPP_OK;
        adapter_confirm(link, &a.output);
        describe_output(a.output.name, a.output.real, a.output.plugged, a.name, sizeof a.name);
        simulated = simulated || !a.output.real;
        if (link->session == NULL) {
            add_refusal(&table, &a);
            json_add(&list, json_refusal(&a));
            continue;
        }
        if (result != COPP_OK) {
            status = fail_session(in, a.output.name, "query", result, link->session);
        } else {
            check_receiver(&a, &adapter->revocation.lists);
            add_rows(&table, &a);
            json_add(&list, json_answers(&a));
        }
    }
    if (status == STATUS_YES)
        status = print_answers(in, simulated, &table, list);
    else
        json_decref(list);
    table_free(&table);
    return status;
}

static bool is_asked(const struct asked *asked, const char *name) {
    for (size_t i = 0; i < asked->count; i++) {
        if (strcmp(asked->names[i], name) == 0)
            return true;
    }
    return false;
}

static int make_room(const struct invocation *in, size_t count, struct asked *asked) {
    asked->names = calloc(count + 1, sizeof *asked->names);
    asked->links = calloc(count + 1, sizeof *asked->links);
    return asked->names != NULL && asked->links != NULL ? STATUS_YES : fail_result(in, NULL, COPP_E_MEMORY);
}

/* All, or those that are named; one that is named twice is shown once. */
static int choose(const struct invocation *in, const struct adapter *adapter, const struct text_list *outputs,
                  struct asked *asked) {
    const char *name;
    size_t all = 0;
    while (adapter_output(adapter, all) != NULL)
        all++;
    int status = make_room(in, outputs->count > 0 ? outputs->count : all, asked);
    for (size_t i = 0; status == STATUS_YES && outputs->count == 0 && i < all; i++)
        asked->names[asked->count++] = adapter_output(adapter, i);
    for (size_t i = 0; status == STATUS_YES && i < outputs->count; i++) {
        status = output_listed(in, adapter, outputs->items[i], &name);
        if (status == STATUS_YES && !is_asked(asked, name))
            asked->names[asked->count++] = name;
    }
    return status;
}

static void leave(struct asked *asked) {
    for (size_t i = 0; i < asked->count; i++)
        link_close(&asked->links[i]);
    free(asked->links);
    free(asked->names);
}

static int establish_all(const struct invocation *in, struct adapter *adapter, struct asked *asked) {
    int status = STATUS_YES;
    for (size_t i = 0; status == STATUS_YES && i < asked->count; i++) {
        if (!adapter_refuses(adapter, asked->names[i]))
            status = adapter_establish(in, adapter, asked->names[i], &asked->links[i]);
    }
    return status;
}

static int run(const struct invocation *in) {
    const struct status_options *o = in->options;
    struct adapter_options device = o->device;
    struct adapter adapter;
    struct asked asked = {.count = 0};
    if (device.semantics == NULL)
        device.semantics = "auto";
    if (device.revocation.srms.count > 0)
        device.copp_alone = "--srm"; /* of OPM's receivers the driver alone knows (OPM-SRM-1) */
    int status = adapter_open(in, &device, false, &adapter);
    if (status == STATUS_YES)
        status = choose(in, &adapter, &o->outputs, &asked);
    if (status == STATUS_YES)
        status = establish_all(in, &adapter, &asked);
    if (status == STATUS_YES) {
        let_events_happen(&adapter);
        if (adapter.path == NULL && events_failed(adapter.host.events))
            status = fail(in, STATUS_UNKNOWN, events_name(adapter.host.events), "not all of its events could happen");
        else
            status = ask_all(in, &asked, &adapter);
    }
    leave(&asked);
    adapter_close(&adapter);
    return status;
}

const struct command command_status = {
    .name = "status",
    .operands = "",
    .operands_max = 0,
    .summary = "Print what the adapter's outputs are and how they are protected",
    .details = "Each line comes from a session of its own: chain, handshake, authenticated queries.\n"
               "LOCAL is what that session holds, GLOBAL what the output applies for all sessions.",
    .options = options,
    .options_size = sizeof(struct status_options),
    .run = run,
};
