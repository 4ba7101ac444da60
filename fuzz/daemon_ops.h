/* What the input of fuzz_daemon is made of, shared with the program that writes the seeds. */
#ifndef COPP_FUZZ_DAEMON_OPS_H
#define COPP_FUZZ_DAEMON_OPS_H

/* What happens, one byte, then its arguments. client: one byte, as are all others without a size. */
enum daemon_op {
    DO_CONNECT, /* client */
    DO_OPEN, /* client, connector: one more than there are does not exist */
    DO_OPEN_OPM, /* the same, under OPM semantics */
    DO_START, /* client: the whole handshake, on the device it has opened */
    DO_SET_LEVEL, /* client, type, level: authentic */
    DO_QUERY, /* client, request, type: right */
    DO_CONFIGURE, /* client, request, type, level, how many additional bytes (3): authentic */
    DO_INFORMATION, /* client, request, type: right */
    DO_REQUEST, /* client, type, a size (2) and so many bytes of the body, the rest zeros */
    DO_BYTES, /* client, a size (2) and so many bytes: a packet, whatever it is */
    DO_READ, /* client: everything there is */
    DO_SHUT_DOWN, /* client: says no more */
    DO_HANG_UP, /* client */
    DO_RUN, /* the daemon: until there is nothing to do */
    DO_ADVANCE, /* tens of milliseconds (2) */
    DO_SLEEP, /* the machine: seconds */
    DO_EVENT, /* connector, enum daemon_event */
    DO_EVENT_BYTES, /* a size (2) and so many bytes */
    DO_RECORD, /* client, flags, enum daemon_passed */
    DO_COUNT
};

enum daemon_event {
    HAPPENS_PLUG,
    HAPPENS_UNPLUG,
    HAPPENS_LOST,
    HAPPENS_HANG,
    HAPPENS_HANG_OFF,
    HAPPENS_REFUSE,
    HAPPENS_REFUSE_OFF,
    HAPPENS_KINDS
};

/* What comes with a request to record. */
enum daemon_passed {
    PASSES_PAIR, /* what is right */
    PASSES_NONE,
    PASSES_TWO,
    PASSES_STREAM,
    PASSES_KINDS
};

#define DAEMON_CLIENTS 6u /* of one user, who may have one less */
#define DAEMON_CONNECTORS 3u

#endif
