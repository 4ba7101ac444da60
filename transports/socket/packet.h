/* coppd's packets, for both ends. docs/daemon-protocol.md is the description; keep the two in step. */
#ifndef COPP_SOCKET_PACKET_H
#define COPP_SOCKET_PACKET_H

#include <stdbool.h>

#include "copp/opm.h"
#include "copp/socket.h"

#define PACKET_VERSION 3u
#define PACKET_HEADER_SIZE 12u
/* These bodies begin with their own size, and a younger daemon's may be longer than ours: what it has added is passed over. */
#define PACKET_CONNECTOR_SIZE (PACKET_CONNECTOR_LEAST + PACKET_RECEIVER_SIZE)
#define PACKET_CONNECTOR_LEAST                                                                                                   \
    (COPP_CONNECTOR_NAME_SIZE + COPP_SOCKET_DISPLAY_SIZE + 36u) /* an older daemon's, which tells of no receiver */
#define PACKET_RECEIVER_SIZE 24u
#define PACKET_OPENED_SIZE 12u
#define PACKET_ADOPTED_SIZE (COPP_CONNECTOR_NAME_SIZE + 12u)
#define PACKET_CONNECTOR_NEWS_SIZE (PACKET_CONNECTOR_SIZE + 12u)
#define PACKET_SESSION_NEWS_SIZE 52u
#define PACKET_ENDED_NEWS_SIZE 16u
#define PACKET_REFUSED_NEWS_SIZE 32u
#define PACKET_NEWS_SIZE_MAX PACKET_CONNECTOR_NEWS_SIZE
#define PACKET_GROWING_BOUND 256u /* none of them, and no kind of news that is added, will be longer */
/* So do these of requests. What a younger client has added and is not zero asks for something that is not known here. */
#define PACKET_OPEN_SIZE (COPP_CONNECTOR_NAME_SIZE + 12u)
#define PACKET_ADOPT_OWNER_SIZE 32u
#define PACKET_ADOPT_SIZE (PACKET_ADOPT_OWNER_SIZE + 8u)
#define PACKET_ADOPT_FDS 2u /* the card's, and of whose it is */
#define PACKET_RECORD_SIZE 8u
#define PACKET_RECORDED_SIZE 8u
#define PACKET_INFORMATION_AHEAD 4u /* its size, ahead of what the device gets */
#define PACKET_INFORMATION_SIZE (PACKET_INFORMATION_AHEAD + COPP_OPM_GET_INFO_SIZE)
#define PACKET_CONFIGURE_AHEAD 8u /* its size, and that of the additional bytes */
#define PACKET_CONFIGURE_SIZE (PACKET_CONFIGURE_AHEAD + COPP_MESSAGE_SIZE) /* the additional bytes come behind it */
#define PACKET_OPM_GROWTH 256u /* what a younger client may append to either */
#define PACKET_INFORMATION_MAX (PACKET_INFORMATION_SIZE + PACKET_OPM_GROWTH)
#define PACKET_CONFIGURE_MAX (PACKET_CONFIGURE_SIZE + COPP_OPM_ADDITIONAL_MAX + PACKET_OPM_GROWTH)
#define PACKET_SIZE_MAX (PACKET_HEADER_SIZE + PACKET_CONFIGURE_MAX) /* none is larger, in either direction */
#define PACKET_CHAIN_MAX 65536u
/* A connector's flags. Without any it is simulated and unplugged: nothing is promised that was not said. */
#define PACKET_CONNECTOR_REAL 1u
#define PACKET_CONNECTOR_PLUGGED 2u
#define PACKET_PENDING_LIMIT_MAX 3600000u /* as of coppd.conf */
#define PACKET_ANSWER 0x80000000u /* or-ed into the type of a request */

enum packet_type {
    PACKET_LIST = 1,
    PACKET_OPEN = 2,
    PACKET_KEY_EXCHANGE = 3,
    PACKET_SEQUENCE_START = 4,
    PACKET_COMMAND = 5,
    PACKET_STATUS = 6,
    PACKET_WATCH = 7,
    PACKET_ADOPT = 8, /* descriptors come with these two alone */
    PACKET_RECORD = 9,
    PACKET_OPM_INFORMATION = 10,
    PACKET_OPM_CONFIGURE = 11,
    PACKET_TYPE_COUNT = 12
};
#define PACKET_NEWS 0x40000000u /* or-ed into an enum copp_socket_kind: what a watcher is told without asking */
/* An event waits on the device (EVT-2). A header alone, and one at most before each answer; to whoever has asked for it. */
#define PACKET_WAKE 0x20000000u
#define PACKET_DISCONNECT 0xFFFFFFFFu /* the daemon ends the connection; status is an enum disconnect_reason */

enum disconnect_reason {
    DISCONNECT_MALFORMED = 1,
    DISCONNECT_VERSION = 2,
    DISCONNECT_FULL = 3,
    DISCONNECT_USER_LIMIT = 4,
    DISCONNECT_RATE = 5,
    DISCONNECT_UNREAD = 6, /* never sent to whom it concerns, who does not read: told to watchers */
    /* what was lent is given back */
    DISCONNECT_OWNER_ENDED = 7,
    DISCONNECT_OVERWRITTEN = 8, /* the card's owner writes the property itself */
    DISCONNECT_CARD_GONE = 9,
    DISCONNECT_COUNT = 10
};
/* In words; NULL for an unknown one. */
const char *copp_packet_disconnect_text(uint32_t disconnect);

struct packet_header {
    uint32_t version;
    uint32_t type;
    uint32_t status; /* 0 in a request, an HRESULT in an answer */
};

void copp_packet_header_encode(const struct packet_header *header, uint8_t bytes[PACKET_HEADER_SIZE]);
void copp_packet_header_decode(const uint8_t bytes[PACKET_HEADER_SIZE], struct packet_header *header);

void copp_packet_connector_encode(const struct copp_socket_connector *connector, uint8_t bytes[PACKET_CONNECTOR_SIZE]);
/* size: of the body, as it came. False for a body of another size than it says, one that lacks something, a name without NUL. */
bool copp_packet_connector_decode(const uint8_t *bytes, size_t size, struct copp_socket_connector *connector);

/* What open asks for. */
struct packet_open {
    uint32_t flags; /* PACKET_OPEN_* */
    uint32_t semantics; /* an enum copp_semantics */
    char name[COPP_CONNECTOR_NAME_SIZE];
};
#define PACKET_OPEN_WAKE 1u /* wake-ups, as below */
#define PACKET_OPEN_FLAGS PACKET_OPEN_WAKE /* those that are known */

void copp_packet_open_encode(const struct packet_open *open, uint8_t bytes[PACKET_OPEN_SIZE]);
/* size: of the body, as it came, which says the same of itself. False for flags and bytes behind it that are not known here, and a
 * name without NUL. */
bool copp_packet_open_decode(const uint8_t *bytes, size_t size, struct packet_open *open);

/* What open has come to. */
struct packet_opened {
    uint32_t flags; /* those that were asked for and are granted */
    uint32_t pending_limit_ms;
};
void copp_packet_opened_encode(const struct packet_opened *opened, uint8_t bytes[PACKET_OPENED_SIZE]);
/* size: of the body, as it came. False for a body of another size than it says, one that lacks something, a limit that no coppd has. */
bool copp_packet_opened_decode(const uint8_t *bytes, size_t size, struct packet_opened *opened);

/* What adopt says of the descriptors that come with it. */
struct packet_adopt {
    uint32_t flags; /* none is known */
    char owner[PACKET_ADOPT_OWNER_SIZE]; /* what the lender calls the program whose card it is; "": it does not say */
};
void copp_packet_adopt_encode(const struct packet_adopt *adopt, uint8_t bytes[PACKET_ADOPT_SIZE]);
/* size: of the body, as it came, which says the same of itself. False as for open. */
bool copp_packet_adopt_decode(const uint8_t *bytes, size_t size, struct packet_adopt *adopt);

/* What adopt has come to. */
struct packet_adopted {
    uint32_t flags; /* 0 */
    uint32_t connectors; /* whose HDCP is switched through the descriptor */
    char card[COPP_CONNECTOR_NAME_SIZE]; /* "card0" */
};
void copp_packet_adopted_encode(const struct packet_adopted *adopted, uint8_t bytes[PACKET_ADOPTED_SIZE]);
/* size: of the body, as it came. False for a body of another size than it says, one that lacks something, a name without NUL. */
bool copp_packet_adopted_decode(const uint8_t *bytes, size_t size, struct packet_adopted *adopted);

/* What record asks for; one descriptor comes with it. */
struct packet_record {
    uint32_t flags; /* PACKET_RECORD_* */
};
#define PACKET_RECORD_ALL 1u /* every user's sessions */
#define PACKET_RECORD_FLAGS PACKET_RECORD_ALL /* those that are known */
void copp_packet_record_encode(const struct packet_record *record, uint8_t bytes[PACKET_RECORD_SIZE]);
/* size: of the body, as it came, which says the same of itself. False as for open. */
bool copp_packet_record_decode(const uint8_t *bytes, size_t size, struct packet_record *record);
/* The answer: flags, of which there are none. */
void copp_packet_recorded_encode(uint8_t bytes[PACKET_RECORDED_SIZE]);
/* size: of the body, as it came. False for a body of another size than it says, and one that lacks something. */
bool copp_packet_recorded_decode(const uint8_t *bytes, size_t size);

/* What a watcher is told, before it is words. */
struct packet_news {
    enum copp_socket_kind kind;
    union {
        struct copp_socket_connector_news connector;
        struct copp_socket_session_news session;
        struct {
            uint64_t id;
            uint32_t disconnect; /* 0: the client has gone by itself */
        } ended;
        struct {
            uint64_t id;
            uint32_t uid;
            uint32_t pid;
            uint32_t request; /* enum packet_type; 0: the connection was not let in */
            uint32_t status; /* its HRESULT, or an enum disconnect_reason */
            uint32_t count; /* this one, and so many less one before it that were not told */
        } refused;
    } u;
};

/* The size of a kind's body as it is encoded; 0 for COPP_SOCKET_COMPLETE and for unknown kinds. */
size_t copp_packet_news_size(uint32_t kind);
void copp_packet_news_encode(const struct packet_news *news, uint8_t bytes[PACKET_NEWS_SIZE_MAX]);
/* size: of the body, as it came. False for what cannot be. */
bool copp_packet_news_decode(const uint8_t *bytes, size_t size, uint32_t kind, struct packet_news *news);

/*
 * OPM's two requests; size: of the body, as it came, which says the same of itself and is at least PACKET_..._SIZE. False for what is not
 * known here and asks for something. additional_size is what the player says of its additional bytes: they come along if there are no more
 * than COPP_OPM_ADDITIONAL_MAX of them, and none of them does otherwise (OPM-SET-3). False if those that have come are fewer.
 */
bool copp_packet_information_known(const uint8_t *bytes, size_t size);
void copp_packet_information_encode(const uint8_t mac[COPP_MAC_SIZE], uint8_t ahead[PACKET_INFORMATION_AHEAD + COPP_MAC_SIZE]);
bool copp_packet_configure_decode(const uint8_t *bytes, size_t size, uint32_t *additional_size);
/* Returns how many of the additional bytes go behind the command. */
size_t copp_packet_configure_encode(size_t additional_size, uint8_t ahead[PACKET_CONFIGURE_AHEAD]);

uint32_t copp_packet_word(const uint8_t bytes[4]);
void copp_packet_put_word(uint32_t word, uint8_t bytes[4]);

#endif
