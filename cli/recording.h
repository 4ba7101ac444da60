/* --record and --record-secrets, of every command that runs sessions. */
#ifndef COPP_CLI_RECORDING_H
#define COPP_CLI_RECORDING_H

#include "conformance/record/recorder.h"
#include "invocation.h"

/* What the options say: NULL where they were not given. */
struct recording_options {
    const char *record;
    const char *secrets;
};

/* Entries for a command's table: of the options structure type, whose struct recording_options is member. */
#define RECORD_OPTIONS(type, member)                                                                                             \
    {.name = "record",                                                                                                           \
     .kind = OPTION_TEXT,                                                                                                        \
     .offset = offsetof(type, member) + offsetof(struct recording_options, record),                                              \
     .argument = "FILE",                                                                                                         \
     .help = "record the sessions' messages in a new file, for\ncopp decode and Wireshark"},                                     \
    {                                                                                                                            \
        .name = "record-secrets", .kind = OPTION_TEXT,                                                                           \
        .offset = offsetof(type, member) + offsetof(struct recording_options, secrets), .argument = "FILE",                      \
        .help = "beside --record: write the sessions' keys to a new\nfile, each when its session has ended"                      \
    }

/* *recorder is NULL if nothing is to be recorded. STATUS_YES, or complains; recorder_close in any case. */
int recording_open(const struct invocation *in, const struct recording_options *options, bool simulated,
                   struct recorder **recorder);

/* What recorder_wrap does, if there is a recorder. */
enum copp_result recording_wrap(struct recorder *recorder, const char *connector, struct copp_transport **transport,
                                struct copp_random **random);

#endif
