/*
 * What owns a machine's outputs, and how it plugs into the event loop: one file descriptor that becomes readable (an
 * epoll one where a backend has several), and one moment at which it has something to do by itself. The adapter, its
 * connectors and their time limits (CMD-6) are the backend's: advance calls copp_adapter_dispatch, deadline_ms heeds
 * copp_adapter_deadline_ms. Connectors may be added while it runs; none goes away before close.
 */
#ifndef COPPD_BACKEND_H
#define COPPD_BACKEND_H

#include "copp/device.h"
#include "copp/socket.h"
#include "error.h"

struct copp_backend_log; /* outputs/backend.h */

struct backend_setup {
    const uint8_t *chain; /* as in struct copp_adapter_config; the key is borrowed */
    size_t chain_size;
    struct copp_private_key *key;
    uint32_t pending_limit_ms;
    uint64_t now_ms; /* CLOCK_MONOTONIC, as every now_ms here */
    const char *description; /* of a simulated adapter: a file; "": none */
    const char *events; /* a FIFO that tells it what happens; "": none */
    const char *device; /* a graphics card, /dev/dri/card0; "": every one */
    const char *display; /* an X server, :0; "": as the environment has it */
    const char *connectors; /* as in struct copp_xrandr_config; "": none is named */
    bool hdcp_type1; /* HDCP content type 1, and nothing less */
    bool trust_server; /* as in struct copp_xrandr_config */
    bool wait; /* outputs that are not there yet are waited for */
    struct copp_backend_log *log; /* where it says what it finds; NULL: the daemon's */
};

/* Embed this as the first member of your own structure. */
struct backend {
    const struct backend_ops *ops;
};

struct backend_ops {
    const char *name; /* as in the configuration */
    bool real; /* false: its outputs are simulated, and protect nothing */
    /* What can be said of the setup without touching real outputs. False, with the reason. */
    bool (*check)(const struct backend_setup *setup, struct error_text *error);
    /* Where its outputs come from, for a person. */
    void (*plan)(const struct backend_setup *setup, char *text, size_t size);
    /* COPP_E_NOT_FOUND: this machine has no such outputs. Else COPP_OK, or *fault says why. */
    enum copp_result (*open)(const struct backend_setup *setup, struct backend **backend, struct error_text *error);
    void (*close)(struct backend *backend); /* every device has been closed */
    /* The connectors: NULL beyond the last. A name has at most 63 bytes. */
    const char *(*name_of)(const struct backend *backend, size_t index);
    struct copp_connector *(*connector)(struct backend *backend, size_t index);
    bool (*plugged)(const struct backend *backend, size_t index); /* a display is there, as far as is known */
    /* By a name that is not in the list (ARB-6: a pair has two); NULL: there is none. */
    struct copp_connector *(*named)(struct backend *backend, const char *name);
    bool (*searching)(const struct backend *backend); /* outputs that are there already may still be found */
    int (*fd)(const struct backend *backend); /* -1: none. The same for as long as the backend lives */
    void (*ready)(struct backend *backend, uint64_t now_ms); /* fd can be read from */
    uint64_t (*deadline_ms)(const struct backend *backend); /* UINT64_MAX: never */
    void (*advance)(struct backend *backend, uint64_t now_ms);
};

extern const struct backend_ops backend_auto; /* the first of the real ones that has outputs */
extern const struct backend_ops backend_sim;
extern const struct backend_ops backend_kms; /* docs/outputs.md */
extern const struct backend_ops backend_xrandr;

bool backend_known(const char *name);
/* All of them, as a person would list them. */
void backend_names(char *text, size_t size);
/* Whether name, which is known, may come to be that backend: it is the same, or "auto" and the other one real. */
bool backend_is(const char *name, const char *backend);

/* The X server that is meant, by the setup or the environment; "": none. */
const char *backend_display(const struct backend_setup *setup);

/* The backend has nothing to say against the setup. Else false, with the reason. */
bool backend_check(const char *name, const struct backend_setup *setup, struct error_text *error);

/* Where the outputs will come from, for a person. */
void backend_plan(const char *name, const struct backend_setup *setup, char *text, size_t size);

/* By name. It may have no outputs yet. NULL, with the reason. */
struct backend *backend_open(const char *name, const struct backend_setup *setup, struct error_text *error);
/* NULL-safe; clears the pointer. */
void backend_close(struct backend **backend);

/* How a connector is now, as players are told of it. */
void backend_look(struct backend *backend, size_t index, struct copp_socket_connector *connector);

/* NULL if there is none of that name; else *index is its place. */
struct copp_connector *backend_find(struct backend *backend, const char *name, uint32_t *index);

#endif
