/* The daemon's one thread: who is connected, what the outputs do, what time it is. */
#ifndef COPPD_SERVER_H
#define COPPD_SERVER_H

#include <systemd/sd-event.h>

#include "backend.h"
#include "config.h"
#include "copp/certificate.h"
#include "identity.h"
#include "metrics.h"
#include "packet.h"
#include "users.h"

struct client;
struct scraper;
struct subscriber;

/* A change, for those who watch. */
struct news {
    enum copp_socket_kind kind;
    bool everyone; /* may know */
    uid_t uid; /* else whose it is */
    uint8_t body[PACKET_NEWS_SIZE_MAX];
};
#define NEWS_MAX 4096u

/* A packet in one piece, as one call takes it; every request's body fits, and every answer's. */
struct request {
    uint8_t head[PACKET_HEADER_SIZE];
    union {
        uint8_t bytes[COPP_MESSAGE_SIZE];
        struct copp_signature signature;
        struct copp_command command;
        struct copp_status_input input;
    } body;
};
struct answer {
    uint8_t head[PACKET_HEADER_SIZE];
    union {
        uint8_t bytes[COPP_RANDOM_SIZE + COPP_CHAIN_SIZE_MAX];
        struct copp_status_output output;
    } body;
};

struct server {
    sd_event *event;
    const char *config_name; /* NULL: the default one */
    const char *socket; /* of the command line: beats the configuration's; NULL: none */
    struct config config;
    struct identity identity;
    struct backend *backend;
    struct metrics metrics;
    struct user *users;
    struct client *clients; /* the youngest first */
    struct client *waiting; /* those whose command is under way: one a connector (CMD-6) */
    uint64_t last_id; /* of a session */
    size_t client_count;
    size_t max_sessions; /* what the limit on file descriptors leaves */
    uint64_t slept_ms; /* how long the machine has, since it was started */
    int listen_fd;
    int metrics_fd; /* -1: none */
    struct scraper *scrapers; /* the youngest first */
    struct copp_socket_connector_news *connectors; /* as they were told last */
    size_t connector_count;
    struct subscriber *subscribers;
    struct news news[NEWS_MAX]; /* a ring; the last ones there were */
    uint64_t news_count; /* ever */
    sd_event_source *listener;
    sd_event_source *metrics_listener; /* NULL: none */
    sd_event_source *listen_again;
    sd_event_source *timer;
    sd_event_source *metrics_timer;
    /* one of each for all sessions: there is one thread, and nothing is kept from one packet to the next */
    struct request request;
    struct answer answer;
};

/* What the file and the command line say. False, with the reason. */
bool server_configure(const struct server *server, struct config *config, struct error_text *error);

/* All that a start does and nobody else notices; plan: where its outputs would come from. False, with the reason. */
bool server_check(const struct server *server, char *plan, size_t size, struct error_text *error);

/* All but players: who it is, outputs, metrics. False, with the reason; close in any case. */
bool server_open(struct server *server, struct error_text *error);
/* Then players: fd listens, and stays the caller's, to be closed after the server. False, with the reason. */
bool server_listen(struct server *server, int fd, struct error_text *error);
void server_close(struct server *server);

/* To be called before anything is served: what was protected when the machine went to sleep is not any more. */
void server_wake(struct server *server);

/* Something may have changed on a connector: ends commands that have ended, tells, and sets the next moment. */
void server_sync_outputs(struct server *server);

/*
 * A connection, or -1. Without descriptors or memory the listener would be readable for ever: those who wait are let in a
 * second later.
 */
int server_accept(struct server *server, sd_event_source *listener, int listen_fd);

/* metrics_server.c; check: whether that what is configured can be used, as far as can be told without serving it */
bool metrics_check(const struct config *config, struct error_text *error);
bool metrics_serve(struct server *server, struct error_text *error);
void metrics_end_all(struct server *server);

#endif
