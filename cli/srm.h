/* Reading a renewability message, for the commands that need one. */
#ifndef COPP_CLI_SRM_H
#define COPP_CLI_SRM_H

#include <jansson.h>

#include "copp.h"
#include "io.h"
#include "options.h"

#define SRM_KEY_HELP                                                                                                             \
    "who must have signed it: the licensing body (the\n"                                                                         \
    "default), the specifications' test keys, or the\n"                                                                          \
    "PEM public key in FILE"

/* An entry for a command's table: of the options structure type, in which member is the name of the key. */
#define SRM_KEY_OPTION(type, member)                                                                                             \
    {                                                                                                                            \
        .name = "key", .kind = OPTION_TEXT, .offset = offsetof(type, member), .argument = "production|facsimile|FILE",           \
        .words = "production facsimile", .help = SRM_KEY_HELP                                                                    \
    }

/* The key that messages must be signed by. */
struct srm_key {
    const char *name; /* as it is shown: "production", "facsimile", or a file */
    struct copp_srm_key key;
    struct blob pem; /* what key points into */
};

/* name is "production" (or NULL), "facsimile", or a PEM file. STATUS_YES, or complains; close in any case. */
int srm_key_open(const struct invocation *in, const char *name, struct srm_key *key);
void srm_key_close(struct srm_key *key);

/* Verifies what was read from the file name: STATUS_YES with a message to free, or complains. */
int srm_verify(const struct invocation *in, const char *name, const struct blob *message, const struct srm_key *key,
               struct copp_srm **srm, struct copp_verdict *verdict);

/* All of it: STATUS_YES with a verified message to free, or complains. Its bytes are in message, which is empty before, to free in any case. */
int read_srm(const struct invocation *in, const char *name, const char *key_name, struct copp_srm **srm, struct blob *message,
             struct copp_verdict *verdict);

/* What a message says. valid: it was verified. */
json_t *json_srm(const char *name, const struct copp_srm *srm, bool valid);

#endif
