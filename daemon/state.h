/* What the daemon knows: the data of its one thread. Structures only; the functions stand in the parts that change them. */
#ifndef COPPD_STATE_H
#define COPPD_STATE_H

#include <stdatomic.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "common/recording.h"
#include "common/seldom.h"
#include "copp/certificate.h"
#include "copp/socket.h"
#include "identity.h"
#include "journal.h"
#include "metrics.h"
#include "outputs/outputs.h"
#include "packet.h"
#include "settings.h"
#include "srm_lists.h"
#include "users.h"

/* A change, for subscribers. */
struct news {
    enum copp_socket_kind kind;
    bool everyone; /* may know */
    uid_t uid; /* else whose it is */
    uint8_t body[PACKET_NEWS_SIZE_MAX];
};
#define NEWS_MAX 4096u

/* Descriptors that have come with a packet. */
struct passed {
    int fds[PACKET_ADOPT_FDS]; /* -1: it has been taken */
    size_t count;
    bool aside; /* they may be anything, and are closed in a thread */
    uid_t uid; /* whose they are */
    bool more; /* there were more of them, or there was no room for them: the kernel has dropped those */
};

/* A file of a user's that is being closed, in a thread (passed.h): it may wait for the user. */
struct closing {
    atomic_bool busy;
    uid_t uid;
    int fd;
};
#define CLOSINGS_MAX 32u /* one a user */

/* A graphics card that a client lends (lending.h). */
struct lending {
    struct lending *next;
    struct client *client;
    struct copp_backend_loan loan;
    char owner[64]; /* whose card it is, for a person */
    enum disconnect_reason over; /* why its connection is to end; 0: it goes on */
    int owner_fd; /* a pidfd; -1: it is the client's own */
    sd_event_source *owner_end;
};
#define LENDERS_MAX 16u /* users that may lend */

/* A packet in one piece, as one call takes it; every request's body fits, and every answer's. */
struct request {
    uint8_t head[PACKET_HEADER_SIZE];
    union {
        uint8_t bytes[PACKET_CONFIGURE_MAX];
        struct copp_signature signature;
        struct copp_command command;
        struct copp_status_input input;
        struct {
            uint8_t ahead[PACKET_INFORMATION_AHEAD];
            uint8_t mac[COPP_MAC_SIZE];
            struct copp_status_input input;
        } information;
        struct {
            uint8_t ahead[PACKET_CONFIGURE_AHEAD];
            struct copp_command command;
            uint8_t additional[COPP_OPM_ADDITIONAL_MAX];
        } configure;
    } body;
};
struct answer {
    uint8_t head[PACKET_HEADER_SIZE];
    union {
        uint8_t bytes[COPP_RANDOM_SIZE + COPP_CHAIN_SIZE_MAX];
        struct copp_status_output output;
    } body;
};

/* One connection: at most one COPP device, and nothing of it is left when the connection ends (EVT-5). */
struct client {
    struct client *previous;
    struct client *next;
    struct server *server;
    struct user *user;
    sd_event_source *source;
    uint64_t id;
    uint64_t began_ms;
    pid_t pid; /* who connected; 0: unknown */
    int fd;
    struct copp_device *device;
    unsigned semantics; /* enum copp_semantics: the device's */
    struct identity *identity; /* the device's: what it was opened with */
    uint32_t connector; /* the device's, by index */
    bool wakes; /* it has asked for wake-ups */
    bool woken; /* it was sent one since its last request */
    struct lending *lending; /* NULL: it lends nothing */
    struct recording *recording; /* NULL: it records nothing */
    uint32_t exchange; /* of its device, for recordings: the last request's number */
    struct subscriber *subscriber; /* NULL: it does not watch */
    uint8_t told[PACKET_SESSION_NEWS_SIZE]; /* as watchers know it */
    bool untold; /* it has changed since, and will be told at the end of the interval */
    struct client *next_waiting; /* while it is: who came later */
    bool waiting; /* its command is under way (CMD-6), or its answer waits for the disk: nothing is read meanwhile */
    enum packet_type command; /* while it is: how it came */
    struct srm_wait srm_wait; /* due is not 0: it has succeeded, and its list is on the way to the disk (srm_lists.h) */
    uint64_t srm_deadline_ms; /* when it is refused all the same; only while that is so */
    bool queued; /* it waits for its user's turn (turns.h) */
    uint32_t queued_events; /* to be served then */
    struct client *previous_queued;
    struct client *next_queued;
};

/* A client that records sessions (recordings.h). */
struct recording {
    struct recording *next;
    struct client *client;
    int fd; /* its socket, which comes from it */
    bool all; /* every user's sessions */
    bool gone; /* it does not read any more, which the loop has still to hear of */
    uint32_t missing; /* messages that there was no room for, and that it was not told of yet */
};

/* A client that watches: its place in the ring of news. */
struct subscriber {
    struct subscriber *next;
    struct client *client;
    uint64_t position; /* of the next piece of news in the ring */
    size_t connectors; /* of those there were, told so far */
    uint64_t before; /* sessions with lower ids have not been told, but for those of no concern */
    bool complete; /* how things were has been told */
    bool full; /* the socket takes no more at present */
    bool dropped; /* by us: it does not read */
    bool gone; /* by itself, which the loop has still to hear of: nothing is sent any more */
};

#define SCRAPER_REQUEST_MAX 4096u

/* A connection that asks for metrics over HTTP. */
struct scraper {
    struct scraper *older;
    struct server *server;
    sd_event_source *source;
    int fd;
    size_t length;
    char request[SCRAPER_REQUEST_MAX + 1];
};

/* All of it: who is connected, what the outputs do, what was told last. */
struct server {
    sd_event *event;
    const char *config_name; /* NULL: the default one */
    const char *socket; /* of the command line: beats the configuration's; NULL: none */
    struct config config;
    struct identity *identity; /* of the devices that are opened from now on */
    struct copp_outputs *outputs;
    struct srm_lists srm_lists; /* its adapter's */
    struct metrics metrics;
    struct journal journal;
    struct user *users;
    struct client *clients; /* the youngest first */
    struct precedence *precedences; /* precedence.h */
    struct lending *lendings; /* lending.h */
    struct recording *recordings; /* recordings.h */
    struct closing closings[CLOSINGS_MAX]; /* passed.h */
    timer_t hurry; /* hurry.h */
    bool hurries; /* there is one */
    uid_t lenders[LENDERS_MAX]; /* who may lend besides root */
    size_t lender_count;
    struct client *waiting; /* those whose command is under way: one a connector (CMD-6) */
    uint64_t last_id; /* of a session */
    size_t client_count;
    size_t max_sessions; /* what the limit on file descriptors leaves */
    uint64_t slept_ms; /* how long the machine has, since it was started */
    int listen_fd;
    int metrics_fd; /* -1: none */
    struct scraper *scrapers; /* the youngest first */
    struct copp_socket_connector_news *connectors; /* as they were told last */
    uint32_t *revocations; /* of each, as they were told last */
    size_t connector_count;
    struct subscriber *subscribers;
    struct news news[NEWS_MAX]; /* a ring; the last ones there were */
    uint64_t news_count; /* ever */
    uint64_t news_sent; /* of them, to subscribers that keep up */
    uint32_t connector_news; /* told in the present interval, as users have changed connectors */
    bool news_rationed; /* somebody has used up something of the interval */
    sd_event_source *news_timer;
    uint64_t turn; /* turns.h */
    unsigned accepts; /* in this turn */
    bool listener_rests; /* until the next one */
    struct seldom not_accepted; /* why not */
    struct seldom not_written; /* the metrics' file */
    bool scrapers_rest; /* as well */
    size_t queued_count; /* clients that wait for a turn */
    sd_event_source *turn_end;
    sd_event_source *lendings_end; /* some are over */
    sd_event_source *listener;
    sd_event_source *metrics_listener; /* NULL: none */
    sd_event_source *listen_again;
    sd_event_source *timer;
    sd_event_source *metrics_timer;
    sd_event_source *journal_timer;
    /* one of each for all sessions: there is one thread, and nothing is kept from one packet to the next */
    struct request request;
    struct passed passed; /* with the request */
    struct answer answer;
    uint8_t block[RECORDING_BLOCK_MAX]; /* of a recording, on its way out */
    uint64_t wall_offset_us; /* of recordings' times to the clock's; 0: not known yet */
};

#endif
