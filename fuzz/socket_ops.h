/* What the input of fuzz_socket is made of, shared with the program that writes the seeds. */
#ifndef COPP_FUZZ_SOCKET_OPS_H
#define COPP_FUZZ_SOCKET_OPS_H

/* What the player does. Behind each stands a reply. */
enum socket_ask {
    ASK_LIST, /* index (1) */
    ASK_TRANSPORT, /* opens a device */
    ASK_KEY_EXCHANGE, /* these on the transport */
    ASK_SEQUENCE_START,
    ASK_COMMAND,
    ASK_STATUS,
    ASK_WATCH,
    ASK_NEWS,
    ASK_ADOPT, /* lends a file, and then asks whether it still does: a reply more */
    ASK_KINDS
};

/* What the daemon has sent by then. */
enum socket_sent {
    SENT_OK, /* the request's own answer: a size (2) and so much of the answer's body, the rest zeros; list's and open's says its size */
    SENT_STATUS, /* the same without body, with this HRESULT (4) */
    SENT_NEWS, /* a kind (1), a size (1) and so many bytes; then (1) whether they say their size: 0, as they are */
    SENT_DISCONNECT, /* status (1) */
    SENT_BYTES, /* a size (2) and so many bytes, whatever they are */
    SENT_NONE, /* it has hung up */
    SENT_WAKE, /* a wake-up with this body's size (1), and behind it another one of these */
    SENT_KINDS
};

#endif
