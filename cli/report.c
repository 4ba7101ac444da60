#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/printable.h"
#include "encode.h"
#include "io_system.h"
#include "why.h"

#define LINE_MAX_BYTES 8192u /* a longer line is cut */

/* What a person can do about it. Rules without a line speak for themselves. */
static const struct remedy {
    enum copp_rule rule;
    const char *text;
} remedies[] = {
    {COPP_RULE_CERT_1, "fetch the chain again: it must be one XML document without DTD"},
    {COPP_RULE_CERT_2, "save the chain as UTF-8, byte for byte as the driver sent it"},
    {COPP_RULE_CERT_3, "give a collection of version 2.0 or later"},
    {COPP_RULE_CERT_4, "give a chain that holds driver, IHV and root certificate, in this order"},
    {COPP_RULE_CERT_5, "do not trust it: a repeated element is how a forged chain hides what is signed"},
    {COPP_RULE_CERT_6, "use keys of 2048 bits for driver and IHV, and of 1024 bits for the root"},
    {COPP_RULE_CERT_7, "use a key with an odd exponent of at least 3 and at most 4 bytes, such as 65537"},
    {COPP_RULE_CERT_8, "ask the driver's vendor: this is not a COPP driver's certificate"},
    {COPP_RULE_CERT_9, "put each certificate before the one whose key signed it"},
    {COPP_RULE_CERT_10, "fetch the chain again: the certificate was changed after it was signed"},
    {COPP_RULE_CERT_11, "do not trust it; fetch the chain again or ask the driver's vendor"},
    {COPP_RULE_CERT_12, "name the anchor of the chain with --anchor, never one that came with it"},
    {COPP_RULE_CERT_13, "ask the driver's vendor: the certificate is incomplete"},
    {COPP_RULE_OPM_CERT_1, "fetch the whole chain again, in DER as the driver sent it; a single certificate is for --anchor"},
    {COPP_RULE_OPM_CERT_2, "give a chain that holds the certificates from the driver's to the root's, and no others"},
    {COPP_RULE_OPM_CERT_3, "do not trust it; fetch the chain again or ask the driver's vendor"},
    {COPP_RULE_OPM_CERT_4, "name the anchor of the chain with --anchor, never one that came with it"},
    {COPP_RULE_OPM_CERT_5, "ask the driver's vendor: the driver's key must have 2048 bits, those above it 2048 to 4096"},
    {COPP_RULE_OPM_CERT_6, "sign with RSA, PKCS #1 v1.5, and SHA-1 or SHA-2, or ask the driver's vendor"},
    {COPP_RULE_OPM_CERT_8, "ask the driver's vendor: this certificate is for another purpose"},
    {COPP_RULE_OPM_CERT_9, "ask the driver's vendor: the certificate is malformed, or has content that is not understood"},
    {COPP_RULE_CRL_1, "name the list's own anchor with --anchor: the list must be signed directly under it"},
    {COPP_RULE_CRL_2, "fetch it again: the list was changed after it was signed"},
    {COPP_RULE_CRL_3, "keep the stored list; to replace it, ask for one with a higher version"},
    {COPP_RULE_CRL_4, "do not use this driver; ask its vendor for one with a new certificate"},
    {COPP_RULE_CRL_5, "fetch it again: the list is truncated or padded"},
    {COPP_RULE_SRM_1, "fetch the message again, byte for byte as it was published: a truncated or padded one cannot be verified"},
    {COPP_RULE_SRM_2, "name the key that signed it with --key (beside --srm: --srm-key), or fetch the message again"},
    {COPP_RULE_SRM_4, "fetch it again: the message is malformed and is ignored"},
    {COPP_RULE_SRM_5, "fetch it again: the message lists something that is not a KSV"},
};

static const char *remedy(enum copp_rule rule) {
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
        if (remedies[i].rule == rule)
            return remedies[i].text;
    }
    return "";
}

/* One line, whatever is in the names that are part of it. */
static void print_line(FILE *out, const char *format, va_list arguments) {
    char text[LINE_MAX_BYTES];
    vsnprintf(text, sizeof text, format, arguments);
    print_foreign(out, text);
    fputc('\n', out);
}

void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(stdout, format, arguments);
    va_end(arguments);
}

void complain(const char *format, ...) {
    va_list arguments;
    fflush(stdout); /* keep the two in order where both go to one place */
    fputs("copp: ", stderr);
    va_start(arguments, format);
    print_line(stderr, format, arguments);
    va_end(arguments);
}

static int print_error(const struct invocation *in, int status, json_t *answer) {
    int printed = in->command->json_lines ? print_json_line(answer) : print_json(answer);
    return printed == STATUS_YES ? status : STATUS_UNKNOWN;
}

json_t *json_optional(const char *text) {
    return text != NULL && text[0] != '\0' ? json_text(text) : json_null();
}

/* The id of a rule that a text names, as in "(SES-8)"; null without one. */
static json_t *json_rule_in(const char *text) {
    for (const char *at = strchr(text, '('); at != NULL; at = strchr(at + 1, '(')) {
        size_t letters = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-"); /* with the dash before the number */
        const char *number = at + 1 + letters;
        size_t digits = letters > 1 && number[-1] == '-' ? strspn(number, "0123456789") : 0;
        if (digits > 0 && (number[digits] == ')' || number[digits] == ','))
            return json_stringn(at + 1, letters + digits);
    }
    return json_null();
}

/* What every error has, with or without a verdict; a NULL value is memory that ran out. */
static json_t *json_error(const char *file, const char *error, json_t *rule, json_t *certificate, const char *remedy_text) {
    return json_pack("{so so so so so}", "file", json_optional(file), "error", json_text(error), "rule", rule, "certificate",
                     certificate, "remedy", json_optional(remedy_text));
}

static int fail_text(const struct invocation *in, int status, const char *file, const char *remedy_text, const char *text) {
    if (in->note != NULL) {
        *in->note = (struct error_note){.rule = COPP_RULE_NONE};
        (void)snprintf(in->note->text, sizeof in->note->text, "%.250s%s%s", file != NULL ? file : "", file != NULL ? ": " : "",
                       text);
        (void)snprintf(in->note->remedy, sizeof in->note->remedy, "%s", remedy_text);
        return status;
    }
    complain("%s%s%s", file != NULL ? file : "", file != NULL ? ": " : "", text);
    if (remedy_text[0] != '\0')
        complain("remedy: %s", remedy_text);
    if (!in->json)
        return status;
    return print_error(in, status, json_error(file, text, json_rule_in(text), json_null(), remedy_text));
}

int fail(const struct invocation *in, int status, const char *file, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fail_text(in, status, file, "", text);
}

int fail_with(const struct invocation *in, int status, const char *file, const char *remedy_text, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fail_text(in, status, file, remedy_text, text);
}

int fail_to_read(const struct invocation *in, const char *file, const char *what, int error) {
    const char *remedy_text = error == EACCES ? "let the user that runs copp read it, or run copp as its owner" : "";
    return fail_with(in, STATUS_UNKNOWN, file, remedy_text, "%s: %s", what, strerror(error));
}

int fail_to_write(const struct invocation *in, const char *file, const char *what, int error) {
    const char *remedy_text = error == EACCES ? "let the user that runs copp write there, or name another place" : "";
    return fail_with(in, STATUS_UNKNOWN, file, remedy_text, "%s: %s", what, strerror(error));
}

int fail_result(const struct invocation *in, const char *file, enum copp_result result) {
    if (result == COPP_E_IO)
        return fail_to_read(in, file, copp_strerror(result), errno);
    return fail(in, STATUS_UNKNOWN, file, "%s%s", copp_strerror(result), why_result(result));
}

const char *certificate_role(enum collection collection, int certificate) {
    static const char *const roles[][3] = {{"driver", "IHV", "root"}, {"signer", "root", "surplus"}};
    if (collection == COLLECTION_OPM)
        return "";
    return certificate >= 0 && certificate < 3 ? roles[collection][certificate] : "surplus";
}

/* CRL-1 stands for the certificate rule behind it, if that says more. */
static const char *verdict_remedy(const struct copp_verdict *verdict) {
    bool behind = verdict->because != COPP_RULE_NONE && verdict->because != COPP_RULE_CERT_12;
    return remedy(verdict->rule == COPP_RULE_CRL_1 && behind ? verdict->because : verdict->rule);
}

static json_t *json_verdict(const char *file, enum collection collection, const struct copp_verdict *verdict,
                            const char *remedy_text) {
    int certificate = verdict->certificate;
    json_t *object = json_error(file, verdict->detail, json_rule(verdict->rule),
                                certificate >= 0 ? json_integer(certificate + 1) : json_null(), remedy_text);
    json_put(&object, "valid", json_false());
    json_put(&object, "because", json_rule(verdict->because));
    json_put(&object, "role", json_optional(certificate >= 0 ? certificate_role(collection, certificate) : NULL));
    json_put(&object, "detail", json_text(verdict->detail));
    return object;
}

int fail_verdict_with(const struct invocation *in, int status, const char *file, enum collection collection,
                      const struct copp_verdict *verdict, const char *remedy_text) {
    char where[64] = "";
    const char *role = certificate_role(collection, verdict->certificate);
    if (verdict->certificate >= 0)
        snprintf(where, sizeof where, "certificate %d%s%s%s: ", verdict->certificate + 1, role[0] != '\0' ? " (" : "", role,
                 role[0] != '\0' ? ")" : "");
    const char *because = copp_rule_id(verdict->because);
    if (in->note != NULL) {
        *in->note = (struct error_note){.rule = verdict->rule};
        (void)snprintf(in->note->text, sizeof in->note->text, "%.250s: %s%s (%s)", file, where, verdict->detail,
                       copp_rule_id(verdict->rule));
        (void)snprintf(in->note->remedy, sizeof in->note->remedy, "%s", remedy_text);
        return status;
    }
    complain("%s: %s%s (%s%s%s)", file, where, verdict->detail, copp_rule_id(verdict->rule), because[0] != '\0' ? ", by " : "",
             because);
    if (remedy_text[0] != '\0')
        complain("remedy: %s", remedy_text);
    if (!in->json)
        return status;
    return print_error(in, status, json_verdict(file, collection, verdict, remedy_text));
}

int fail_verdict(const struct invocation *in, int status, const char *file, enum collection collection,
                 const struct copp_verdict *verdict) {
    return fail_verdict_with(in, status, file, collection, verdict, verdict_remedy(verdict));
}

int fail_validation(const struct invocation *in, const char *file, enum collection collection, enum copp_result result,
                    const struct copp_verdict *verdict) {
    if ((result == COPP_E_INVALID || result == COPP_E_REVOKED) && verdict->rule != COPP_RULE_NONE)
        return fail_verdict(in, STATUS_NO, file, collection, verdict);
    return fail_result(in, file, result);
}

static int print_document(json_t *value, size_t flags) {
    /* in ASCII: control characters beyond it cannot drive a terminal either */
    int failed = value == NULL || json_dumpf(value, stdout, flags | JSON_ENSURE_ASCII) != 0 || fputc('\n', stdout) == EOF;
    json_decref(value);
    if (!failed)
        return STATUS_YES;
    if (!ferror(stdout)) /* else the end of the program says so */
        complain("no memory");
    return STATUS_UNKNOWN;
}

int print_json(json_t *value) {
    return print_document(value, JSON_INDENT(2));
}

int print_json_line(json_t *value) {
    int status = print_document(value, JSON_COMPACT);
    fflush(stdout); /* a reader follows along */
    return status;
}

void json_add(json_t **array, json_t *value) {
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

void json_put(json_t **object, const char *key, json_t *value) {
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

json_t *json_text(const char *text) {
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    char *plain = strdup(text);
    if (plain == NULL)
        return NULL;
    for (char *c = plain; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    }
    value = json_string(plain);
    free(plain);
    return value;
}

json_t *json_hex(const uint8_t *bytes, size_t size) {
    char *text = malloc(2 * size + 1);
    if (text == NULL)
        return NULL;
    hex_encode(bytes, size, text);
    json_t *value = json_stringn(text, 2 * size);
    copp_release(text, 2 * size);
    return value;
}

json_t *json_rule(enum copp_rule rule) {
    return rule == COPP_RULE_NONE ? json_null() : json_string(copp_rule_id(rule));
}

void print_foreign(FILE *out, const char *text) {
    char piece[512];
    size_t used = 0;
    while (*text != '\0') {
        bool begins = ((unsigned char)*text & 0xc0) != 0x80; /* a character, which stays in one piece */
        if (used == sizeof piece - 1 || (begins && used > sizeof piece - 8)) {
            piece[used] = '\0';
            system_print(out, piece);
            used = 0;
        }
        text = next_printable(text, &piece[used++]);
    }
    piece[used] = '\0';
    system_print(out, piece);
}

void clean_foreign(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; to++)
        from = next_printable(from, to);
    *to = '\0';
}
