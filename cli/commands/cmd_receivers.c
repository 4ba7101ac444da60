/* copp receivers: who receives at each output, and whether the licensing body has revoked it (APP-1, APP-2). */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/encode.h"
#include "cli/receivers/receivers.h"
#include "cli/report.h"
#include "cli/table.h"

#define COLUMNS 7u

struct receivers_options {
    bool direct;
    struct adapter_options device;
};

static const struct option_spec options[] = {
    {.name = "direct",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct receivers_options, direct),
     .help = "read the displays from here, without coppd; needs\n"
             "root, or access to the cards and their buses"},
    {.name = "device",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct receivers_options, device) + offsetof(struct adapter_options, device),
     .argument = "unix:PATH",
     .words = "unix:",
     .help = "coppd's socket (default: $COPP_DEVICE, else\n" COPP_SOCKET_DEFAULT ")"},
    {.name = "srm",
     .kind = OPTION_LIST,
     .offset = offsetof(struct receivers_options, device.revocation) + offsetof(struct revocation_options, srms),
     .argument = "FILE",
     .help = "an HDCP renewability message to look receivers up\nin; one for HDCP 1.x, and one for 2.x beside it"},
    SRM_SIGNER_OPTION(struct receivers_options, device.revocation),
    {.name = NULL},
};

enum revoked { REVOKED_UNKNOWN, REVOKED_NO, REVOKED_YES };

static bool has(const struct receiver_row *row, uint32_t flag) {
    return row->output.receiver == COPP_SOCKET_RECEIVER_READ && (row->output.receiver_flags & flag) != 0;
}

static enum revoked revoked(const struct receiver_row *row, const struct copp_session_lists *lists) {
    if (!has(row, COPP_SOCKET_RECEIVER_KSV_TOLD) || lists->srm_count == 0)
        return REVOKED_UNKNOWN;
    for (size_t i = 0; i < lists->srm_count; i++) {
        if (copp_srm_revoked(lists->srms[i], row->output.receiver_ksv))
            return REVOKED_YES;
    }
    return REVOKED_NO;
}

/* Why it could not be told who receives, or whether that is revoked; text is "" if it could. */
struct row_error {
    const char *text;
    const char *remedy;
};

/* Where there are lists, a KSV that is kept from us may be on one (APP-2). */
static struct row_error error_of(const struct receiver_row *row, const struct copp_session_lists *lists) {
    bool withheld = has(row, COPP_SOCKET_RECEIVER_KSV_VALID) && !has(row, COPP_SOCKET_RECEIVER_KSV_TOLD);
    if (withheld && lists->srm_count > 0)
        return (struct row_error){"cannot be looked up: coppd shows its KSV only to root and to its own user", "run it as root"};
    return (struct row_error){receiver_row_error(row), receiver_row_remedy(row)};
}

static void describe_ksv(const struct receiver_row *row, char text[16]) {
    if (has(row, COPP_SOCKET_RECEIVER_KSV_TOLD))
        hex_encode(row->output.receiver_ksv, sizeof row->output.receiver_ksv, text);
    else
        (void)snprintf(text, 16, "%s", has(row, COPP_SOCKET_RECEIVER_KSV_VALID) ? "for root" : "-");
}

static const char *yes_or_no(const struct receiver_row *row, uint32_t flag) {
    if (row->output.receiver != COPP_SOCKET_RECEIVER_READ)
        return "-";
    return has(row, flag) ? "yes" : "no";
}

static void add_row(struct table *table, const struct receiver_row *row, enum revoked is) {
    static const char *const words[] = {[REVOKED_UNKNOWN] = "not checked", [REVOKED_NO] = "no", [REVOKED_YES] = "yes"};
    bool plugged = row->output.plugged;
    bool known = row->output.receiver == COPP_SOCKET_RECEIVER_READ;
    char name[96];
    char ksv[16];
    char devices[16];
    describe_output(row->output.name, row->output.real, true, name, sizeof name);
    describe_ksv(row, ksv);
    (void)snprintf(devices, sizeof devices, "%lu", (unsigned long)row->output.receiver_devices);
    const char *const cells[COLUMNS] = {
        name,
        !plugged ? "no display"
        : known  ? yes_or_no(row, COPP_SOCKET_RECEIVER_HDCP1)
                 : "?",
        yes_or_no(row, COPP_SOCKET_RECEIVER_HDCP2),
        yes_or_no(row, COPP_SOCKET_RECEIVER_REPEATER),
        has(row, COPP_SOCKET_RECEIVER_REPEATER) ? devices : "-",
        ksv,
        has(row, COPP_SOCKET_RECEIVER_KSV_VALID) ? words[is] : "-",
    };
    for (size_t i = 0; i < COLUMNS; i++)
        table_add(table, cells[i]);
}

static json_t *json_flag(const struct receiver_row *row, uint32_t flag) {
    return row->output.receiver == COPP_SOCKET_RECEIVER_READ ? json_boolean(has(row, flag)) : json_null();
}

static json_t *json_row(const struct receiver_row *row, const struct row_error *error, enum revoked is) {
    const struct copp_socket_connector *output = &row->output;
    bool repeater = has(row, COPP_SOCKET_RECEIVER_REPEATER);
    json_t *json =
        json_pack("{so so sb sb sb so so}", "output", json_text(output->name), "display", json_optional(output->display),
                  "simulated", !output->real, "plugged", output->plugged, "read", output->receiver == COPP_SOCKET_RECEIVER_READ,
                  "error", json_optional(error->text), "remedy", json_optional(error->remedy));
    json_put(&json, "hdcp1", json_flag(row, COPP_SOCKET_RECEIVER_HDCP1));
    json_put(&json, "hdcp2", json_flag(row, COPP_SOCKET_RECEIVER_HDCP2));
    json_put(&json, "repeater", json_flag(row, COPP_SOCKET_RECEIVER_REPEATER));
    json_put(&json, "devices", repeater ? json_integer((json_int_t)output->receiver_devices) : json_null());
    json_put(&json, "depth", repeater ? json_integer((json_int_t)output->receiver_depth) : json_null());
    json_put(&json, "ksv_valid", json_flag(row, COPP_SOCKET_RECEIVER_KSV_VALID));
    json_put(&json, "ksv",
             has(row, COPP_SOCKET_RECEIVER_KSV_TOLD) ? json_hex(output->receiver_ksv, sizeof output->receiver_ksv) : json_null());
    json_put(&json, "revoked", is == REVOKED_UNKNOWN ? json_null() : json_boolean(is == REVOKED_YES));
    return json;
}

/* Revoked outweighs what could not be told: it is an answer. */
static int judge(int status, const struct row_error *error, enum revoked is) {
    if (is == REVOKED_YES || status == STATUS_NO)
        return STATUS_NO;
    return error->text[0] != '\0' ? STATUS_UNKNOWN : status;
}

static void complain_of(const struct receiver_row *row, const struct row_error *error, enum revoked is) {
    if (is == REVOKED_YES)
        complain("%s: %s (%s)", row->output.name, copp_stop_text(COPP_STOP_REVOKED),
                 copp_rule_id(copp_stop_rule(COPP_STOP_REVOKED)));
    if (error->text[0] == '\0')
        return;
    complain("%s: the receiver %s", row->output.name, error->text);
    complain("remedy: %s", error->remedy);
}

static int print_rows(const struct invocation *in, const struct receiver_rows *rows, const struct copp_session_lists *lists) {
    static const char *const head[COLUMNS] = {"OUTPUT", "HDCP 1.4", "HDCP 2.x", "REPEATER", "DEVICES", "KSV", "REVOKED"};
    struct table table = {.columns = COLUMNS};
    json_t *list = json_array();
    int status = STATUS_YES;
    for (size_t i = 0; i < COLUMNS; i++)
        table_add(&table, head[i]);
    for (size_t i = 0; i < rows->count; i++) {
        const struct receiver_row *row = &rows->rows[i];
        const struct row_error error = error_of(row, lists);
        enum revoked is = revoked(row, lists);
        add_row(&table, row, is);
        json_add(&list, json_row(row, &error, is));
        status = judge(status, &error, is);
    }
    int printed = in->json ? print_json(json_pack("{so}", "receivers", list)) : STATUS_YES;
    if (!in->json) {
        json_decref(list);
        printed = table_print(&table) ? STATUS_YES : fail_result(in, NULL, COPP_E_MEMORY);
        (void)fflush(stdout);
    }
    for (size_t i = 0; !in->json && i < rows->count; i++) {
        const struct row_error error = error_of(&rows->rows[i], lists);
        complain_of(&rows->rows[i], &error, revoked(&rows->rows[i], lists));
    }
    table_free(&table);
    return printed == STATUS_YES ? status : printed;
}

static int run(const struct invocation *in) {
    const struct receivers_options *o = in->options;
    struct receiver_rows rows = {0};
    struct revocation revocation;
    int status = revocation_open(in, &o->device.revocation, NULL, RECEIVERS_SESSION, &revocation);
    if (status == STATUS_YES && o->direct && o->device.device != NULL)
        status = fail(in, STATUS_UNKNOWN, NULL, "--direct does not ask coppd: remove --device");
    else if (status == STATUS_YES)
        status = o->direct ? receivers_read(in, &rows) : receivers_ask(in, &o->device, &rows);
    if (status == STATUS_YES)
        status = print_rows(in, &rows, &revocation.lists);
    receiver_rows_free(&rows);
    revocation_close(&revocation);
    return status;
}

const struct command command_receivers = {
    .name = "receivers",
    .operands = "",
    .operands_max = 0,
    .summary = "Print the receiver at each output, and whether it is revoked",
    .details = "Asks coppd, which reads the HDCP registers of each display. It shows KSVs only to root and to\n"
               "its own user; a session learns the KSV of its own receiver.\n"
               "What is read is not authenticated. It names the receiver that HDCP is in force with only if\n"
               "that is HDCP 1.x.",
    .options = options,
    .options_size = sizeof(struct receivers_options),
    .run = run,
};
