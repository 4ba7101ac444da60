/* What a person is told: errors name the file, the rule and the remedy; with --json the verdict is on standard output. */
#ifndef COPP_CLI_REPORT_H
#define COPP_CLI_REPORT_H

#include <jansson.h>

#include "copp.h"
#include "invocation.h"

/* A line on standard output; names in it are printed as print_foreign does. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "copp: ..." on standard error, in the same way. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The last error of an invocation that notes errors: for a caller that tries again before it says what was wrong. */
struct error_note {
    char text[768]; /* as it would have been printed, without remedy; "": none */
    char remedy[256]; /* "": none */
    enum copp_rule rule; /* that decides, COPP_RULE_NONE: none */
};

/* Complains about file (which may be NULL), with --json also on standard output, and answers status. */
int fail(const struct invocation *in, int status, const char *file, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with a remedy ("" for none), which is a line of its own. */
int fail_with(const struct invocation *in, int status, const char *file, const char *remedy_text, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* fail with strerror(error) behind what, and a remedy where the user lacks a permission: STATUS_UNKNOWN. */
int fail_to_read(const struct invocation *in, const char *file, const char *what, int error);
int fail_to_write(const struct invocation *in, const char *file, const char *what, int error);

/* A result without verdict: STATUS_UNKNOWN. For COPP_E_IO errno must still be the failure's. */
int fail_result(const struct invocation *in, const char *file, enum copp_result result);

/* What the certificates of a collection are called. */
enum collection {
    COLLECTION_CHAIN, /* driver, IHV, root */
    COLLECTION_LIST, /* signer, root */
    COLLECTION_OPM /* in any order: a certificate's place says nothing about its role */
};
/* "" where the place says nothing. */
const char *certificate_role(enum collection collection, int certificate);

/* COPP_E_INVALID or COPP_E_REVOKED with its verdict; answers status. */
int fail_verdict(const struct invocation *in, int status, const char *file, enum collection collection,
                 const struct copp_verdict *verdict);

/* The same, where more can be done about it, or something else, than the rule tells. */
int fail_verdict_with(const struct invocation *in, int status, const char *file, enum collection collection,
                      const struct copp_verdict *verdict, const char *remedy_text);

/* Chooses between fail_result and fail_verdict; a verdict means STATUS_NO. */
int fail_validation(const struct invocation *in, const char *file, enum collection collection, enum copp_result result,
                    const struct copp_verdict *verdict);

/* Prints value as one JSON document (or, with line, on one line) and lets it go. STATUS_YES or STATUS_UNKNOWN. A NULL
 * value is memory that ran out. */
int print_json(json_t *value);
int print_json_line(json_t *value);

/* Adds to an array or object, taking value over. Where memory runs out *whole becomes NULL, and stays it: an answer that
 * lacks something is not printed. */
void json_add(json_t **array, json_t *value);
void json_put(json_t **object, const char *key, json_t *value);

/* A JSON string of text that may not be UTF-8, such as a file's name. */
json_t *json_text(const char *text);
/* The same; null for "" and for NULL. */
json_t *json_optional(const char *text);
/* Of size bytes, in hexadecimal. */
json_t *json_hex(const uint8_t *bytes, size_t size);
/* A rule's id, or null. */
json_t *json_rule(enum copp_rule rule);

/* Prints text that came from outside: control characters become '?', so that it cannot drive a terminal. */
void print_foreign(FILE *out, const char *text);
/* The same in place. */
void clean_foreign(char *text);

#endif
