/*
 * What is known to be revoked, for the commands that start a session: the lists and messages that --crl and --srm name, and
 * those that the installation stores (state.h). One that is there and does not validate tells nothing: no command goes on
 * without it.
 */
#ifndef COPP_CLI_REVOCATION_H
#define COPP_CLI_REVOCATION_H

#include "copp.h"
#include "io.h"
#include "options.h"
#include "state.h"

struct revocation_options {
    struct text_list crls;
    struct text_list srms;
    const char *srm_key;
};

/* Entries for a command's table: of the options structure type, in which member is the struct revocation_options. */
#define CRL_OPTION(type, member)                                                                                                 \
    {                                                                                                                            \
        .name = "crl", .kind = OPTION_LIST, .offset = offsetof(type, member) + offsetof(struct revocation_options, crls),        \
        .argument = "FILE",                                                                                                      \
        .help = "a revocation list: a driver it revokes is refused;\nmay be given several times. The installation's own\n"       \
                "list is checked in any case"                                                                                    \
    }
#define SRM_OPTIONS(type, member)                                                                                                \
    {.name = "srm",                                                                                                              \
     .kind = OPTION_LIST,                                                                                                        \
     .offset = offsetof(type, member) + offsetof(struct revocation_options, srms),                                               \
     .argument = "FILE",                                                                                                         \
     .help = "an HDCP renewability message: a receiver it\nrevokes is refused; one for HDCP 1.x, and one for\n2.x beside it"},   \
        SRM_SIGNER_OPTION(type, member)
#define SRM_SIGNER_OPTION(type, member)                                                                                          \
    {                                                                                                                            \
        .name = "srm-key", .kind = OPTION_TEXT, .offset = offsetof(type, member) + offsetof(struct revocation_options, srm_key), \
        .argument = "production|facsimile|FILE", .words = "production facsimile",                                                \
        .help = "who must have signed it (default:\n$COPP_SRM_KEY, else production)"                                             \
    }

struct revocation_source;

/* Who looks receivers up in HDCP messages. */
enum receivers {
    RECEIVERS_NONE, /* nobody: they are not read */
    RECEIVERS_SESSION, /* each session does (APP-2) */
    RECEIVERS_DRIVER /* the driver, which is given the messages (OPM-SRM-1) */
};

struct revocation {
    const struct revocation_options *options;
    const struct copp_public_key *anchor;
    enum receivers receivers;
    struct revocation_source *sources;
    size_t count;
    const void **arrays; /* what lists points to */
    struct copp_session_lists lists; /* for a session */
    unsigned renewals; /* so often they have been exchanged for others */
};

/*
 * Reads all there is, and HDCP messages if somebody looks receivers up. anchor is the one that chain and lists must lead to;
 * NULL: there can be no lists, under OPM and under that of the embedded adapter, made for this run. STATUS_YES, or complains and
 * answers STATUS_UNKNOWN; close in any case.
 */
int revocation_open(const struct invocation *in, const struct revocation_options *options, const struct copp_public_key *anchor,
                    enum receivers receivers, struct revocation *revocation);
void revocation_close(struct revocation *revocation);

/* The message of HDCP 1.x or 2.x that a driver is to be given: one that was named goes before a stored one. NULL: none. It holds until
 * revocation_close. */
const struct blob *revocation_message(const struct revocation *revocation, unsigned hdcp);

/* Gives a message to the driver of a session of OPM. COPP_OK also if its output does no HDCP, and if an event waits that the next poll tells. */
enum copp_result revocation_give(struct copp_session *session, const struct blob *message);

/* A file is another one than when it was read, or a store has come or gone. */
bool revocation_changed(const struct revocation *revocation);

/*
 * Reads what has changed and hands it to sessions: to all that have the lists, since the old ones are freed. The first one is output's, and
 * the answer is about it. Drivers under OPM are given the messages. STATUS_YES; STATUS_NO: its driver is revoked now, and the session dead; STATUS_UNKNOWN: what has come does not
 * validate, or is older than what was there (CRL-3, SRM-3). Complains for the latter two. Of the others, one whose driver is revoked is
 * dead as well: its next poll says so.
 */
int revocation_renew(const struct invocation *in, struct revocation *revocation, const char *output,
                     struct copp_session *const *sessions, size_t count);

#endif
