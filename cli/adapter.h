/*
 * The adapter that a command speaks to: one outside this program (remote.h), or the simulated one inside. --device says which, else
 * COPP_DEVICE, else it is the machine's own: the simulated one is used only when asked for.
 */
#ifndef COPP_CLI_ADAPTER_H
#define COPP_CLI_ADAPTER_H

#include "adapter_state.h"
#include "recording.h"
#include "revocation.h"

/* What the options say: NULL where they were not given. */
struct adapter_options {
    const char *device; /* "unix:PATH", on Windows "opm", or "embedded" */
    const char *anchor; /* whom to trust outside this program; NULL: COPP_ANCHOR, else Microsoft's */
    const char *adapter; /* these two ask for the embedded adapter */
    const char *events;
    struct revocation_options revocation; /* for the commands that start sessions */
    struct recording_options recording;
    const char *semantics; /* "copp", "opm", or "auto"; NULL: a command that speaks COPP alone */
    const char *opm_alone; /* the name of an option that is given, and that OPM alone has; NULL: none */
    const char *copp_alone; /* the same of COPP */
    bool both; /* of the embedded adapter: it has chains of both protocols, whichever its sessions speak */
    const struct copp_srm_key *srm_keys; /* whose lists the embedded adapter's driver takes; NULL: --srm-key's */
    size_t srm_key_count;
    bool names_only; /* of the embedded adapter: adapter_output works, and no session can be opened */
};

/* Entries for a command's table: of the options structure type, in which a struct adapter_options is called device. */
#ifdef _WIN32
#define DEVICE_KINDS "opm|embedded"
#define DEVICE_WORDS "opm embedded"
#define DEVICE_HELP                                                                                                              \
    "the machine's own driver, through OPM, or the\nsimulated adapter inside this program, which\nprotects nothing (default: "   \
    "$COPP_DEVICE, else opm)"
#define DEVICE_OWNER "the driver's"
#else
#define DEVICE_KINDS "unix:PATH|embedded"
#define DEVICE_WORDS "unix: embedded"
#define DEVICE_HELP                                                                                                              \
    "coppd's socket, or the simulated adapter inside\nthis program, which protects nothing (default:\n$COPP_DEVICE, "            \
    "else " COPP_SOCKET_DEFAULT ")"
#define DEVICE_OWNER "coppd's"
#endif
#define DEVICE_OPTION(type)                                                                                                      \
    {                                                                                                                            \
        .name = "device", .kind = OPTION_TEXT, .offset = offsetof(type, device) + offsetof(struct adapter_options, device),      \
        .argument = DEVICE_KINDS, .words = DEVICE_WORDS, .help = DEVICE_HELP                                                     \
    }
#define DEVICE_OPTIONS(type)                                                                                                     \
    DEVICE_OPTION(type), {                                                                                                       \
        .name = "anchor", .kind = OPTION_TEXT, .offset = offsetof(type, device) + offsetof(struct adapter_options, anchor),      \
        .argument = "microsoft|FILE", .words = "microsoft",                                                                      \
        .help = "the anchor of " DEVICE_OWNER " chain (default:\n$COPP_ANCHOR, else microsoft)"                                  \
    }

#define SEMANTICS_OPTION(type)                                                                                                   \
    {                                                                                                                            \
        .name = "semantics", .kind = OPTION_CHOICE,                                                                              \
        .offset = offsetof(type, device) + offsetof(struct adapter_options, semantics), .argument = "auto|copp|opm",             \
        .words = "auto copp opm",                                                                                                \
        .help = "which protocol the sessions speak; auto, the\ndefault, is OPM if " DEVICE_OWNER                                 \
                " side and the\nanchor support it, else COPP"                                                                    \
    }

#define DEVICE_RECORD_OPTIONS(type) RECORD_OPTIONS(type, device.recording)

#define SIMULATED_NOTE "simulated: protects nothing"

/* follow is as of events_open. STATUS_YES, or complains; close in any case. */
int adapter_find(const struct invocation *in, const struct adapter_options *options, bool follow, struct adapter *adapter);
/* Reads whom to trust, and what is known to be revoked. STATUS_YES, or complains. */
int adapter_trust(const struct invocation *in, const struct adapter_options *options, struct adapter *adapter);
/* Both, and reads what outputs there are: complains of none. */
int adapter_open(const struct invocation *in, const struct adapter_options *options, bool follow, struct adapter *adapter);
void adapter_close(struct adapter *adapter);

/* Reads once more what outputs there are: there may be none. STATUS_YES, or complains; the list is then what it was. */
int adapter_refresh(const struct invocation *in, struct adapter *adapter);

/*
 * Begins to listen to news of outputs, and reads once more which there are: none that comes is missed in between. STATUS_YES, or complains.
 * Nothing vouches for it, as for the list. The outputs of the adapter inside this program are there from the start.
 */
int adapter_follow(const struct invocation *in, struct adapter *adapter);
/* To poll for reading, for adapter_next_output; -1: no news comes. */
int adapter_news_fd(const struct adapter *adapter);

enum adapter_news adapter_next_output(struct adapter *adapter, struct output *output);

/* The outputs; NULL beyond the last. */
const char *adapter_output(const struct adapter *adapter, size_t index);
/* How the output of that name is; one that is not in the list passes for a simulated one. */
void adapter_look(const struct adapter *adapter, const char *name, struct output *output);
/*
 * The outputs that show what the output of that name shows, itself among them, or all outputs of the monitor of that name (OPM-OUT-1); NULL
 * beyond the last. Of a name that is in no list it is the name alone.
 */
const char *adapter_twin(const struct adapter *adapter, const char *name, size_t index);
/* Whether answers need not be bound (BIND-5): those of the machine's own driver on Windows. */
bool adapter_unbound(const struct adapter *adapter);

uint64_t adapter_now(const struct adapter *adapter);
/* When something happens by itself, and letting it happen: nothing ever does in this process where the adapter is outside. */
uint64_t adapter_deadline_ms(const struct adapter *adapter);
void adapter_dispatch(struct adapter *adapter);
/* To poll for reading, for events_read of the embedded adapter's; -1: none. */
int adapter_events_fd(const struct adapter *adapter);
/* A command ends early once fd can be read from; whether one did. */
void adapter_wake_by(struct adapter *adapter, int fd);
bool adapter_woken(const struct adapter *adapter);

/* True if no session can be opened because of the output's mode (ARB-6). */
bool adapter_refuses(struct adapter *adapter, const char *output);

/* A session with an output: STATUS_YES, or complains. Close the link in any case, and before the device. */
int adapter_establish(const struct invocation *in, struct adapter *adapter, const char *output, struct link *link);

#endif
