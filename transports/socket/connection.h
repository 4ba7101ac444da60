/* A connection to coppd, as the parts of the application's end share it. */
#ifndef COPP_SOCKET_CONNECTION_H
#define COPP_SOCKET_CONNECTION_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/fork.h"
#include "packet.h"

struct copp_socket {
    struct copp_transport transport; /* first: its calls find the rest through it */
    struct copp_private_fd file; /* -1 in a child of the process that connected (EVT-5) */
    uint32_t process; /* that one (base/fork.h) */
    enum copp_semantics semantics; /* of the device */
    uint32_t answer_ms;
    uint32_t command_ms; /* 0: by pending_limit_ms */
    uint32_t pending_limit_ms; /* of the device; 0: none is open */
    int give_up_fd; /* -1: none */
    char path[sizeof((struct sockaddr_un *)NULL)->sun_path]; /* both for reopening */
    char name[COPP_CONNECTOR_NAME_SIZE];
    bool wakes; /* coppd may send wake-ups: they were asked for, and granted */
    bool lends; /* coppd has adopted a card: what it says next is why that has ended */
    bool broken; /* an answer may still be on its way: no other may be taken for it */
    uint32_t disconnect;
    uint8_t *chain_bytes;
};

/* A request's body, and the room for its answer's. */
struct socket_call {
    enum packet_type type;
    const uint8_t *ahead; /* of the body; its parts travel in this order */
    size_t ahead_size;
    const uint8_t *body;
    size_t size;
    const uint8_t *behind;
    size_t behind_size;
    const int *fds; /* that go along */
    size_t fd_count; /* at most PACKET_ADOPT_FDS */
    struct iovec answer[2];
    size_t answer_size; /* exactly, of a successful answer; others have no body */
    uint64_t deadline_ms; /* the caller's; COPP_NO_DEADLINE: our own time limit alone */
    size_t got; /* bytes of the answer's body */
    bool bounded; /* answer_size is the most that it may have: the body says more */
};

/* Whether it can be used. In a forked process it cannot: the parent's answers would come here (QRY-4), and what it holds would
 * outlive it (EVT-5). The copy has been closed there. */
bool copp_socket_usable(struct copp_socket *s);

/* One request and its answer. Whatever else happens, the connection is of no more use. */
COPP_NODISCARD enum copp_result copp_socket_ask(struct copp_socket *s, struct socket_call *call, uint32_t *hresult);

/* A packet; flags as of recvmsg. False: none has come that could be one, errno says why. */
bool copp_socket_receive(struct copp_socket *s, struct socket_call *call, int flags, struct packet_header *header);

#endif
