#include "findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/report.h"

static const char *const states[] = {
    [FINDING_GOOD] = "ok", [FINDING_BAD] = "FAILS", [FINDING_UNKNOWN] = "unknown", [FINDING_NOTE] = "-"};
static const char *const json_states[] = {
    [FINDING_GOOD] = "ok", [FINDING_BAD] = "fails", [FINDING_UNKNOWN] = "unknown", [FINDING_NOTE] = "note"};

static void add_row(struct table *table, const char *where, const char *check, const char *state, const char *result) {
    table_add(table, where);
    table_add(table, check);
    table_add(table, state);
    table_add(table, result);
}

void findings_begin(struct findings *findings) {
    *findings = (struct findings){.table = {.columns = 4}, .list = json_array(), .where = "", .first = true};
    add_row(&findings->table, "WHERE", "CHECK", "STATE", "RESULT");
}

void findings_at(struct findings *findings, const char *where) {
    findings->where = where;
    findings->first = true;
}

void findings_add(struct findings *findings, enum finding state, const char *check, const char *remedy, const char *format, ...) {
    char text[512];
    char advice[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    findings->unknown += state == FINDING_UNKNOWN;
    add_row(&findings->table, findings->first ? findings->where : "", check, states[state], text);
    findings->first = false;
    if (remedy) {
        (void)snprintf(advice, sizeof advice, "remedy: %s", remedy);
        add_row(&findings->table, "", "", "", advice);
    }
    json_add(&findings->list, json_pack("{so ss ss so so}", "where", json_text(findings->where), "check", check, "state",
                                        json_states[state], "result", json_text(text), "remedy", json_optional(remedy)));
}

void findings_end(struct findings *findings) {
    json_decref(findings->list);
    table_free(&findings->table);
}
