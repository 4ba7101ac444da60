/* A coppd of the test's own, in a directory of its own, and players that connect to it. */
#ifndef COPP_TEST_DAEMON_KIT_H
#define COPP_TEST_DAEMON_KIT_H

#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "../unit/harness.h"
#include "common/clock.h"

#define KIT_PATH 128u

struct kit {
    char directory[KIT_PATH];
    char config[KIT_PATH]; /* files in it */
    char socket[KIT_PATH];
    char events[KIT_PATH];
    char output[KIT_PATH]; /* what the daemon has said */
    unsigned port; /* of its metrics */
    int fifo;
    pid_t pid; /* 0: it does not run */
    rlim_t file_limit; /* if not 0: open files it may have */
    rlim_t size_limit; /* if not 0: bytes a file of its may have */
    mode_t mask; /* if not 0: the umask it is started with */
    bool own_driver; /* a [driver] is configured, and anchor is the test's to set */
    bool bound_by_modes; /* files' modes bind it, also as root */
    struct copp_public_key anchor;
    struct copp_opm_anchor opm_anchor; /* as the anchor */
    enum copp_semantics semantics; /* of players; NONE: COPP's */
    const char *argument; /* if not NULL: one more that the daemon is started with */
    const char *preload; /* if not NULL: a library the daemon is started with */
};

/*
 * A coppd makes the keys of its test hierarchies, which takes a second. So the first kit of a program keeps what its coppd has made, and the
 * others find it in their directories. A suite about the hierarchies themselves says so before its first kit.
 */
void kit_without_hierarchies(void);

/* Makes the directory. settings is text behind what every test needs, in the section [daemon] first. */
void kit_make(struct kit *kit, const char *settings);
/* Another configuration, read at the next start or SIGHUP. */
void kit_configure(struct kit *kit, const char *settings);
/* Starts it and waits until it listens. */
void kit_start(struct kit *kit);
/* Starts it with these arguments, waits until it ends; what it said is in *said (free it). Its exit status. */
int kit_run(struct kit *kit, const char *option, char **said);
/* SIGTERM: it must end with 0, which with sanitizers also says that nothing leaked. */
void kit_stop(struct kit *kit);
void kit_kill(struct kit *kit);
/* Takes the directory away. */
void kit_end(struct kit *kit);

/* Returns once it has happened. */
void kit_event(struct kit *kit, const char *event);
/* How often it has said text. */
unsigned kit_times_said(struct kit *kit, const char *text);
/* Waits until it has said text so many times. */
void kit_wait_said(struct kit *kit, const char *text, unsigned times);
/* How many entries its directory of open files has. */
unsigned kit_open_files(const struct kit *kit);
/* Waits until so many connections are open. */
void kit_wait_sessions(struct kit *kit, unsigned count);
/* SIGHUP; returns once the configuration has been read. */
void kit_reload(struct kit *kit);
/* A metric's value by the line's beginning, such as "copp_connections_open "; fails the test if there is none. */
double kit_metric(struct kit *kit, const char *line);
/* All of it; free it. */
char *kit_metrics(struct kit *kit);
/* What it has said; free it. */
char *kit_output(struct kit *kit);

struct player {
    struct copp_transport *transport;
    struct copp_session *session;
};
/* COPP_OK: with a session that is established. */
enum copp_result player_try(struct kit *kit, const char *connector, const struct copp_chain *known, struct player *player);
void player_begin(struct kit *kit, const char *connector, struct player *player);
void player_end(struct player *player);
uint32_t player_global(struct player *player, uint32_t type);
uint32_t player_local(struct player *player, uint32_t type);
/* It learns that it has lost what it held, by 2 s after began (EVT-1, APP-3). */
void player_loses(struct player *player, uint32_t type, uint64_t began);

/* A process that holds HDCP on a connector; returns once it does. */
pid_t holder_begin(struct kit *kit, const char *connector);
/* Kills it, and waits until it is gone. */
void process_kill(pid_t pid);

#define PROTOCOL_VERSION 3u /* docs/daemon-protocol.md */
/* Open, of a connector by name: without flags, for COPP. Its answer, and list's. */
#define RAW_OPEN_SIZE (12u + 76u)
#define RAW_OPEN(name) "\3\0\0\0\2\0\0\0\0\0\0\0\x4c\0\0\0\0\0\0\0\1\0\0\0" name
#define RAW_OPENED_SIZE (12u + 12u)
#define RAW_LISTED_SIZE (12u + 156u)

/* A socket that is connected, for packets put together by hand. */
int raw_connect(struct kit *kit);
void raw_send(int fd, uint32_t version, uint32_t type, uint32_t status, size_t body);
/* An answer's bytes; 0: the daemon has closed. */
size_t raw_receive(int fd, uint8_t *bytes, size_t size);
/* The next packet is a disconnect packet with this cause, and nothing comes behind it. */
void raw_disconnect(int fd, uint32_t cause);

/* A process that listens and answers the first packet of each connection with these, or never. */
pid_t false_daemon(const char *path, const struct iovec *packets, size_t count);

void sleep_ms(unsigned ms);

#endif
