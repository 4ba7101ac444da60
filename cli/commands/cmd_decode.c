/* copp decode: what a recording of sessions says, and the first thing that went wrong in it. */
#include <inttypes.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/io.h"
#include "cli/report.h"
#include "cli/test/write_report.h"
#include "conformance/decode/decode.h"
#include "conformance/html/html.h"

#define RECORDING_MAX (256u * 1024u * 1024u)
#define KEY_LOG_MAX (16u * 1024u * 1024u)

struct decode_options {
    const char *keys;
    const char *html;
    bool fields;
};

static const struct option_spec options[] = {
    {.name = "keys",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct decode_options, keys),
     .argument = "FILE",
     .help = "the sessions' keys, as --record-secrets writes\nthem: MACs are then checked"},
    {.name = "fields",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct decode_options, fields),
     .help = "show every field of every message"},
    {.name = "html",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct decode_options, html),
     .argument = "FILE",
     .help = "write a page for a browser, with timelines, fields\nand bytes"},
    {.name = NULL},
};

static const char *const kinds[RECORDING_KIND_COUNT] = {
    [RECORDING_OPEN] = "open",
    [RECORDING_KEY_EXCHANGE] = "key exchange",
    [RECORDING_SEQUENCE_START] = "sequence start",
    [RECORDING_COMMAND] = "command",
    [RECORDING_STATUS] = "status",
    [RECORDING_CLOSE] = "close",
    [RECORDING_EVENT] = "event",
    [RECORDING_DROPPED] = "dropped",
};
static const char *const directions[] = {"request", "answer", "note"};
static const char *const arrows[] = {"->", "<-", "--"};
static const char *const states[] = {"plain", "right", "wrong"};
static const char *const weights[] = {"fine", "refused", "broken"};

/* --- as text --- */

static void say_field(const struct decoded_field *field) {
    static const char *const marks[] = {"", "  right", "  WRONG"};
    say("          %s%5" PRIu32 " %5" PRIu32 "  %-28s  %s%s", field->beside ? "+" : " ", field->offset, field->size, field->name,
        field->value, marks[field->state]);
}

static void say_message(const struct decode_options *o, const struct decoded_message *message) {
    const struct recording_message *m = &message->entry->message;
    say("%6u  %4" PRIu64 ".%06" PRIu64 "  %4" PRIu32 "  %s %s", message->entry->frame, message->after_us / 1000000,
        message->after_us % 1000000, m->session, message->entry->malformed != NULL ? "??" : arrows[m->direction],
        message->summary);
    if (message->weight != DECODED_FINE)
        say("                           %s %s%s%s", message->weight == DECODED_BROKEN ? "!!" : "*",
            message->rule != NULL ? message->rule : "", message->rule != NULL ? ": " : "", message->note);
    for (size_t i = 0; o->fields && i < message->field_count; i++)
        say_field(&message->fields[i]);
}

static void say_first(const char *what, const struct decoded_message *first) {
    say("%s: message %u, session %" PRIu32 ": %s", what, first->entry->frame, first->entry->message.session, first->summary);
    say("  %s%s%s%s", first->note, first->rule != NULL ? " (" : "", first->rule != NULL ? first->rule : "",
        first->rule != NULL ? ")" : "");
}

static void say_all(const struct decode_options *o, const struct recording_file *file, const struct decoded *decoded) {
    if (file->application[0] != '\0' || file->remark[0] != '\0')
        say("recorded by %s: %s", file->application, file->remark);
    for (size_t i = 0; i < decoded->count; i++)
        say_message(o, &decoded->messages[i]);
    say("%zu messages, %zu sessions, keys of %zu of them%s", decoded->count, decoded->sessions, decoded->keys,
        decoded->keys < decoded->sessions ? ": where a key is missing, MACs are not checked" : "");
    if (o->keys != NULL && decoded->keys == 0)
        say("%s has the key of none of these sessions: name the log that --record-secrets has written beside this recording",
            o->keys);
    if (file->foreign > 0)
        say("ignored %u packets of other protocols", file->foreign);
    if (decoded->first_broken != NULL)
        say_first("the first thing that went wrong", decoded->first_broken);
    else if (decoded->first_refused != NULL)
        say_first("no rule is broken; the first refusal or event from the driver", decoded->first_refused);
    else
        say("no rule is broken");
}

/* --- as JSON --- */

static json_t *json_fields(const struct decoded_message *message) {
    json_t *fields = json_array();
    for (size_t i = 0; i < message->field_count; i++) {
        const struct decoded_field *field = &message->fields[i];
        json_add(&fields, json_pack("{ss sI sI sb ss ss}", "name", field->name, "offset", (json_int_t)field->offset, "size",
                                    (json_int_t)field->size, "beside", field->beside, "value", field->value, "state",
                                    states[field->state]));
    }
    return fields;
}

static json_t *json_hresult(const struct recording_message *m) {
    return m->direction == RECORDING_ANSWER && m->result == 0 ? json_integer((json_int_t)m->hresult) : json_null();
}

static json_t *json_message(const struct decoded_message *message) {
    const struct recording_message *m = &message->entry->message;
    bool good = message->entry->malformed == NULL;
    static const char *const semantics[] = {"none", "copp", "opm"};
    json_t *object =
        json_pack("{sI sI sI so so ss}", "frame", (json_int_t)message->entry->frame, "time_us", (json_int_t)message->after_us,
                  "session", (json_int_t)m->session, "kind", good ? json_string(kinds[m->kind]) : json_null(), "direction",
                  good ? json_string(directions[m->direction]) : json_null(), "semantics", semantics[m->semantics]);
    json_put(&object, "simulated", json_boolean((m->flags & RECORDING_SIMULATED) != 0));
    json_put(&object, "at_driver", json_boolean((m->flags & RECORDING_AT_DRIVER) != 0));
    json_put(&object, "identifies_receiver", json_boolean((m->flags & RECORDING_IDENTIFIES) != 0));
    json_put(&object, "summary", json_text(message->summary));
    json_put(&object, "hresult", json_hresult(m));
    json_put(&object, "verdict", json_string(weights[message->weight]));
    json_put(&object, "rule", json_optional(message->rule));
    json_put(&object, "note", json_optional(message->note));
    json_put(&object, "fields", json_fields(message));
    return object;
}

static json_t *json_first(const struct decoded_message *first) {
    return first == NULL ? json_null()
                         : json_pack("{sI sI so so}", "frame", (json_int_t)first->entry->frame, "session",
                                     (json_int_t)first->entry->message.session, "rule", json_optional(first->rule), "note",
                                     json_text(first->note));
}

static int print_all(const struct recording_file *file, const struct decoded *decoded) {
    json_t *messages = json_array();
    for (size_t i = 0; i < decoded->count; i++)
        json_add(&messages, json_message(&decoded->messages[i]));
    return print_json(json_pack("{sb so so sI sI so so so so}", "ok", decoded->first_broken == NULL, "application",
                                json_optional(file->application), "remark", json_optional(file->remark), "sessions",
                                (json_int_t)decoded->sessions, "keys", (json_int_t)decoded->keys, "damage",
                                json_optional(file->damage), "first_broken", json_first(decoded->first_broken), "first_refused",
                                json_first(decoded->first_refused), "messages", messages));
}

/* --- as a page --- */

struct page_of {
    const char *name;
    const struct recording_file *file;
    const struct decoded *decoded;
};

static bool print_page(FILE *out, const void *what) {
    const struct page_of *page = what;
    return html_of_recording(out, page->name, copp_version(), page->file, page->decoded, time(NULL));
}

static int write_page(const struct invocation *in, const struct recording_file *file, const struct decoded *decoded) {
    const struct decode_options *o = in->options;
    const struct page_of page = {in->operands[0], file, decoded};
    return o->html == NULL ? STATUS_YES : write_report(in, o->html, print_page, &page);
}

/* --- */

/* What is damaged is told behind all that could be read, and is a recording of which not everything is known. */
static int tell(const struct invocation *in, const struct recording_file *file, const struct decoded *decoded) {
    int status = decoded->first_broken != NULL ? STATUS_NO : STATUS_YES;
    if (write_page(in, file, decoded) != STATUS_YES || (in->json && print_all(file, decoded) != STATUS_YES))
        return STATUS_UNKNOWN;
    if (!in->json)
        say_all(in->options, file, decoded);
    if (file->damage == NULL)
        return status;
    complain("%s: damaged at byte %zu: %s; the part before it is shown", in->operands[0], file->damage_at, file->damage);
    return status == STATUS_YES ? STATUS_UNKNOWN : status;
}

static int decode_file(const struct invocation *in, const struct blob *blob, const struct key_log *log) {
    struct recording_file file;
    struct decoded decoded = {.count = 0};
    enum copp_result result = recording_file_read(blob->bytes, blob->size, &file);
    int status = STATUS_UNKNOWN;
    if (result == COPP_OK)
        result = decode(&file, log, &decoded);
    if (result == COPP_E_INVALID)
        status = fail(in, STATUS_UNKNOWN, in->operands[0], "is not a pcapng file: name what --record has written");
    else if (result != COPP_OK)
        status = fail_result(in, in->operands[0], result);
    else
        status = tell(in, &file, &decoded);
    decoded_free(&decoded);
    recording_file_free(&file);
    return status;
}

static int read_keys(const struct invocation *in, const char *name, struct key_log *log) {
    struct blob blob;
    unsigned line;
    int status = read_file(in, name, KEY_LOG_MAX, &blob);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = key_log_read(blob.bytes, blob.size, log, &line);
    if (result == COPP_E_INVALID)
        status = fail(in, STATUS_UNKNOWN, name, "line %u is not one that --record-secrets writes", line);
    else if (result != COPP_OK)
        status = fail_result(in, name, result);
    blob_free(&blob);
    return status;
}

static int run(const struct invocation *in) {
    const struct decode_options *o = in->options;
    struct key_log log = {.count = 0};
    struct blob blob = {0};
    int status = o->keys != NULL ? read_keys(in, o->keys, &log) : STATUS_YES;
    if (status == STATUS_YES)
        status = read_file(in, in->operands[0], RECORDING_MAX, &blob);
    if (status == STATUS_YES)
        status = decode_file(in, &blob, &log);
    blob_free(&blob);
    key_log_free(&log);
    return status;
}

const struct command command_decode = {
    .name = "decode",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Explain a recording of sessions, and the first thing that went wrong",
    .details = "FILE is what --record has written; Wireshark reads it too. Exit status 0: no rule is broken;\n"
               "1: one is; 2: could not tell.",
    .options = options,
    .options_size = sizeof(struct decode_options),
    .run = run,
};
