/*
 * A session's way to coppd: a Unix socket, one connection a COPP device. docs/daemon-protocol.md describes the packets.
 * Not on Windows.
 *
 * A connection belongs to the process that made it. A child made by fork() has its copy closed, as exec() does: else what the
 * connection holds would outlive its player (EVT-5). There every call answers COPP_E_TRANSPORT; close and free as ever.
 */
#ifndef COPP_SOCKET_H
#define COPP_SOCKET_H

#include "transport.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_SOCKET_DEFAULT "/run/coppd/socket"
#define COPP_SOCKET_DISPLAY_SIZE 32u /* of a display's name, with its NUL */

/* What is known of who receives at an output. */
enum copp_socket_receiver {
    COPP_SOCKET_RECEIVER_UNKNOWN = 0, /* nothing was read: nothing is plugged in, or the outputs cannot be read */
    COPP_SOCKET_RECEIVER_READ = 1,
    /* why it cannot be read */
    COPP_SOCKET_RECEIVER_NO_BUS = 2, /* the kernel names no bus to it: an analog output, or a hub in between */
    COPP_SOCKET_RECEIVER_NO_ACCESS = 3, /* no permission to use its bus */
    COPP_SOCKET_RECEIVER_NO_NODE = 4, /* its bus has no device node */
    COPP_SOCKET_RECEIVER_SILENT = 5, /* nothing answers, or not as an HDCP receiver does */
    COPP_SOCKET_RECEIVER_HANGS = 6, /* its bus does not answer in time */
    COPP_SOCKET_RECEIVER_BUSY = 7, /* its driver is authenticating it */
    COPP_SOCKET_RECEIVER_NO_PROGRAM = 8 /* what reads could not be started */
};
/* Of one that was read, an OR. */
#define COPP_SOCKET_RECEIVER_HDCP1 1u /* it can do HDCP 1.x */
#define COPP_SOCKET_RECEIVER_HDCP2 2u /* it can do HDCP 2.x */
#define COPP_SOCKET_RECEIVER_REPEATER 4u
#define COPP_SOCKET_RECEIVER_KSV_VALID 8u /* its KSV has 20 ones (SRM-5) */
#define COPP_SOCKET_RECEIVER_KSV_TOLD 16u /* and is given: only to root and to coppd's own user */

/* What the daemon says of a connector before any handshake. Not authenticated: good to choose and to show, not to rely on. */
struct copp_socket_connector {
    size_t size; /* sizeof this struct */
    char name[COPP_CONNECTOR_NAME_SIZE];
    bool real; /* false: it is simulated, and protects nothing */
    bool plugged; /* a display is there, as far as the driver can tell */
    uint32_t connector_type; /* COPP_CONNECTOR_*, with the INTERNAL bit */
    uint32_t protection_types; /* OR of COPP_PROTECTION_TYPE_* */
    uint32_t hdcp; /* the levels it applies now, COPP_*_ */
    uint32_t acp;
    uint32_t cgmsa;
    uint32_t devices; /* open on it */
    char display[COPP_SOCKET_DISPLAY_SIZE]; /* what the display calls itself, in ASCII; "": none, or not known */
    uint32_t pending_limit_ms; /* how long coppd lets a command wait for the output (CMD-6); 0: not known */
    uint32_t receiver; /* an enum copp_socket_receiver, or one that is to come; what follows is 0 unless it was read */
    uint32_t receiver_flags; /* an OR of COPP_SOCKET_RECEIVER_HDCP1 and so on */
    uint32_t receiver_devices; /* behind a repeater, which knows them only once it has been authenticated */
    uint32_t receiver_depth; /* of the cascade behind it */
    uint8_t receiver_ksv[COPP_KSV_SIZE]; /* most significant byte first; zeros unless it is given */
};

/* A connection without a device as yet. */
struct copp_socket;

struct copp_socket_config {
    size_t size; /* sizeof this struct */
    const char *path; /* NULL: COPP_SOCKET_DEFAULT; borrowed during the call */
    uint32_t answer_ms; /* how long an answer may take; 0: 2000, the longest time between two polls (APP-3) */
    uint32_t command_ms; /* how long a command may take; 0: as long as coppd lets it wait (CMD-6), and answer_ms more */
    const int *give_up_fd; /* borrowed: once it can be read from, waiting for a command ends; NULL: none */
    /* Of the device that copp_socket_transport_open opens, and that of each copp_transport_reopen. COPP_SEMANTICS_NONE: COPP's. */
    enum copp_semantics semantics;
};

/* Connects; config may be NULL. COPP_E_NOT_FOUND: no daemon there; COPP_E_TRANSPORT: connecting failed, errno says why;
 * COPP_E_TOO_LARGE: a path longer than a socket's may be; COPP_E_ARGUMENT: also for unknown semantics. */
COPP_API COPP_NODISCARD enum copp_result copp_socket_connect(const struct copp_socket_config *config,
                                                             struct copp_socket **connection);

/* Connectors by index from 0 on. COPP_E_NOT_FOUND beyond the last one. */
COPP_API COPP_NODISCARD enum copp_result copp_socket_connector(struct copp_socket *connection, uint32_t index,
                                                               struct copp_socket_connector *connector);

/*
 * Opens a device on a connector and turns the connection into its transport: *connection is then NULL. Its descriptor becomes readable
 * when an event waits on the device (EVT-1, EVT-2): copp_session_fd says what to do then.
 * COPP_E_NOT_FOUND: no connector of that name; COPP_E_UNSUPPORTED_MODE as copp_device_open_as; COPP_E_UNSUPPORTED: coppd has no chain
 * and key for the semantics, or it is from before it knew OPM (OPM-OUT-4); COPP_E_REFUSED: the daemon
 * has no more room; COPP_E_TRANSPORT. After any error the connection is still there to be closed.
 */
COPP_API COPP_NODISCARD enum copp_result copp_socket_transport_open(struct copp_socket **connection, const char *name,
                                                                    struct copp_transport **transport);

/*
 * Watching coppd. After copp_socket_watch the connection carries news and nothing else: first how things are, until
 * COPP_SOCKET_COMPLETE, then every change. Connectors are sent to everybody; sessions and refusals to their own user, and
 * all of them to root and to coppd's own. As above it is not authenticated: good to show.
 */
enum copp_socket_kind {
    COPP_SOCKET_CONNECTOR = 1, /* how a connector is now, or a new one */
    COPP_SOCKET_SESSION = 2, /* how a session is now, or a new one */
    COPP_SOCKET_ENDED = 3, /* a session has ended; ignore one that was never reported */
    COPP_SOCKET_REFUSED = 4,
    COPP_SOCKET_COMPLETE = 5 /* all there was when watching began has been told */
};

enum copp_socket_state {
    COPP_SOCKET_OPENED = 1, /* a device, without a session key */
    COPP_SOCKET_ACTIVE = 2,
    COPP_SOCKET_UNDER_WAY = 3 /* active, and its command has not ended (CMD-6) */
};

struct copp_socket_connector_news {
    uint32_t index; /* as of copp_socket_connector */
    uint32_t losses; /* so often LinkLost and RenegotiationRequired were raised; from UINT32_MAX on to 0 */
    uint32_t reconfigurations;
    struct copp_socket_connector now; /* last, since it can grow */
};

struct copp_socket_session_news {
    uint64_t id; /* of one coppd's no two have the same */
    uint64_t age_ms; /* of its connection */
    uint32_t connector; /* index */
    uint32_t uid;
    uint32_t pid; /* as the kernel told coppd when it connected; 0: unknown */
    enum copp_socket_state state;
    uint32_t hdcp; /* what it holds; COPP_NO_PROTECTION_LEVEL_AVAILABLE if the connector does not support the type */
    uint32_t acp;
    uint32_t cgmsa;
    uint32_t events; /* COPP_STATUS_* that its player has not been told yet (EVT-2) */
};

struct copp_socket_ended_news {
    uint64_t id;
    const char *cause; /* in words, static; "": the player has closed it, or died */
};

struct copp_socket_refused_news {
    uint64_t id; /* of the connection; it may be without a session */
    uint32_t uid;
    uint32_t pid; /* as above */
    const char *request; /* "ProtectionCommand" and so on, static; "": to be let in at all */
    uint32_t hresult; /* the answer; without a request none is sent, and it is 0 */
    const char *cause; /* without a request: why not, in words; else "" */
    uint32_t count; /* 1; more: the last of so many of this user's; the others were not sent */
};

struct copp_socket_news {
    size_t size; /* sizeof this struct */
    enum copp_socket_kind kind;
    union {
        struct copp_socket_connector_news connector;
        struct copp_socket_session_news session;
        struct copp_socket_ended_news ended;
        struct copp_socket_refused_news refused;
    } u;
};

/* Begins to watch. COPP_E_UNSUPPORTED: a coppd from before that; COPP_E_REFUSED: it has no memory for it; COPP_E_TRANSPORT as ever,
 * copp_socket_disconnect_reason says whether the user watches too often already. Only copp_socket_news is of use then, and closing. */
COPP_API COPP_NODISCARD enum copp_result copp_socket_watch(struct copp_socket *connection);

/*
 * Lending coppd a graphics card. Only a card's DRM master, or the lessee of its connectors, can switch their HDCP, and that goes with
 * the open file: a compositor or a player that is master lends coppd its own, and coppd switches HDCP through it for all sessions.
 * coppd sets nothing else through it, and gives up no mastership. See docs/outputs-reference.md.
 */
struct copp_socket_lend {
    size_t size; /* sizeof this struct */
    int card_fd; /* open on /dev/dri/cardN; borrowed during the call, coppd gets a copy of its own */
    /* A pidfd of the program whose file that is: coppd gives it back as soon as that has ended. Borrowed during the call. NULL: the
     * file is this process's own. */
    const int *owner_fd;
    const char *owner_name; /* what coppd's journal calls that program, at most 31 bytes of it; borrowed; NULL: its pid alone */
};

struct copp_socket_loan {
    size_t size; /* sizeof this struct */
    char card[COPP_CONNECTOR_NAME_SIZE]; /* "card0": the names of its connectors begin with that */
    uint32_t connectors; /* of its connectors, those whose HDCP coppd switches through the file now */
};

/*
 * Lends a card for as long as the connection is open: closing it, or the end of this process, gives the card back. coppd then tries
 * once to switch HDCP off, closes its copy within 100 ms, and the sessions that relied on it see LinkLost (EVT-1). Afterwards
 * only copp_socket_adopted is of use, and closing. loan may be NULL.
 * The thread is the connection's. Returns COPP_E_REFUSED: coppd does not let this user lend, or not any more in this connection;
 * COPP_E_UNSUPPORTED: its outputs are not graphics cards, or it is from before that; COPP_E_NOT_FOUND: the file is not open on one
 * of its cards; COPP_E_STATE: the file is neither DRM master's nor a lessee's at present; COPP_E_PENDING: the card is lent
 * already, or another coppd has it; COPP_E_TRANSPORT. After any error the connection is still there to be closed.
 */
COPP_API COPP_NODISCARD enum copp_result copp_socket_adopt(struct copp_socket *connection, const struct copp_socket_lend *lend,
                                                           struct copp_socket_loan *loan);

/*
 * Whether coppd still has the card, without waiting: to be called when copp_socket_fd can be read from. COPP_OK: it has.
 * COPP_E_NOT_FOUND: the program whose card it is has ended, or the card is gone. COPP_E_FAILED: that program writes the property
 * itself, and takes HDCP back at once: it cannot be helped by lending. COPP_E_STATE: nothing was lent. COPP_E_TRANSPORT: coppd is
 * gone, or talks nonsense. copp_socket_disconnect_reason says the same in words.
 */
COPP_API COPP_NODISCARD enum copp_result copp_socket_adopted(struct copp_socket *connection);

/*
 * Begins to record: from now on coppd writes what goes by in the sessions of the connection's user to *fd, or in those of every user, which is for
 * root alone. Each packet that is received there (at most 128 KiB) is the next piece of a pcapng file (docs/recording.md). What is not
 * received in time is left out, and told. It ends when the connection is closed; close *fd as well. Only closing is of use to the connection then.
 * COPP_E_UNSUPPORTED: a coppd from before that; COPP_E_REFUSED: this user may not; COPP_E_MEMORY; COPP_E_IO: no descriptors are left;
 * COPP_E_TRANSPORT as ever, copp_socket_disconnect_reason says whether the user records too often already. *fd is -1 after an error.
 */
#define COPP_SOCKET_RECORD_ALL 1u /* of flags: every user's sessions */
COPP_API COPP_NODISCARD enum copp_result copp_socket_record(struct copp_socket *connection, uint32_t flags, int *fd);

/* To poll for reading; -1 for NULL, and in a child made by fork(). */
COPP_API int copp_socket_fd(const struct copp_socket *connection);

/* The next piece of news. COPP_E_PENDING: none at present; COPP_E_TRANSPORT: the daemon is gone, or has dropped a watcher
 * that did not read, or tells nonsense. */
COPP_API COPP_NODISCARD enum copp_result copp_socket_news(struct copp_socket *connection, struct copp_socket_news *news);

/* NULL-safe; clears the pointer. */
COPP_API void copp_socket_close(struct copp_socket **connection);

/* Why the daemon ended the connection, in words; "" if it said nothing. Static. */
COPP_API const char *copp_socket_disconnect_reason(const struct copp_socket *connection);

#ifdef __cplusplus
}
#endif

#endif
