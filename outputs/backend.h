/*
 * A set of outputs, real or simulated, as a host with an event loop runs it.
 *
 * The host adds a connector for each output with the configuration that describe gives (copp_connector_add) and tells the
 * backend by attach. It calls dispatch whenever one of the fds is readable or the deadline has come; whatever has happened is
 * told to the connectors from there. Before close the adapter is freed. All of it belongs to the adapter's thread.
 */
#ifndef COPP_OUTPUTS_BACKEND_H
#define COPP_OUTPUTS_BACKEND_H

#include "common/seldom.h"
#include "copp/device.h"
#include "outputs/receiver/receiver.h"

#define COPP_BACKEND_NAME_SIZE 64u
#define COPP_BACKEND_FDS 4u
#define COPP_BACKEND_NEVER UINT64_MAX

/* Where a backend says what a person should know. Embed it as the first member of your own structure. */
enum copp_backend_priority { /* syslog's numbers */
                             COPP_BACKEND_ERROR = 3,
                             COPP_BACKEND_WARNING = 4,
                             COPP_BACKEND_INFO = 6
};
struct copp_backend_log {
    void (*say)(struct copp_backend_log *log, enum copp_backend_priority priority, const char *text);
};

struct copp_backend_output {
    char name[COPP_BACKEND_NAME_SIZE]; /* unique in the backend: "card0-HDMI-A-1" */
    char second_name[COPP_BACKEND_NAME_SIZE]; /* of a pair's other half (ARB-6), which finds it too; "": none */
    struct copp_connector_config config;
};

/* An open file of somebody else's, through which outputs are switched: their card's DRM master, or the lessee of its connectors. */
struct copp_backend_loan {
    uint32_t id; /* the backend's number for it: no two have the same */
    char card[COPP_BACKEND_NAME_SIZE]; /* "card0": the names of its outputs begin with that */
    uint32_t outputs; /* how many are switched through it now */
};

/* How it is with a loan. */
enum copp_backend_lent {
    COPP_BACKEND_LENT = 0, /* it goes on */
    COPP_BACKEND_LENT_OVERWRITTEN = 1, /* whose it is writes the property itself, and takes back what we wrote */
    COPP_BACKEND_LENT_GONE = 2 /* the card is */
};

/* Each backend's structure begins with this. */
struct copp_backend {
    const struct copp_backend_ops *ops;
    uint32_t pending_limit_ms; /* the adapter's, as long as its outputs need (CMD-6); 0: the host's own */
};

struct copp_backend_ops {
    bool real; /* its outputs are displays; zero: they are simulated, and protect nothing */
    /* How many outputs there are; it never falls, and rises from within dispatch only (a dock that was plugged in). */
    size_t (*count)(const struct copp_backend *backend);
    /* Of output index < count; the same for as long as the backend lives. */
    void (*describe)(const struct copp_backend *backend, size_t index, struct copp_backend_output *output);
    /* Whether a display is there; false where that is not known. It changes from within dispatch only. NULL: never known. */
    bool (*plugged)(const struct copp_backend *backend, size_t index);
    /* What the display there calls itself, in printable ASCII of less than EDID_DISPLAY_SIZE characters; "": not known, or none is
     * there. It changes from within dispatch only. NULL: never known. */
    const char *(*display)(const struct copp_backend *backend, size_t index);
    /* Who receives there, as it was read when a display came or in the last poll; *receiver holds for RECEIVER_READ alone. It asks no
     * hardware. NULL: never known. */
    enum receiver_state (*receiver)(const struct copp_backend *backend, size_t index, struct hdcp_receiver *receiver);
    /* Whether outputs that are there already may still be found: it waits for somebody's first answer. NULL: never. */
    bool (*searching)(const struct copp_backend *backend);
    /* Whom to tell what happens to the output; NULL: nobody any more. */
    void (*attach)(struct copp_backend *backend, size_t index, struct copp_connector *connector);
    /* File descriptors to poll for reading, the same for as long as the backend lives; returns how many. */
    size_t (*fds)(const struct copp_backend *backend, int fds[COPP_BACKEND_FDS]);
    void (*dispatch)(struct copp_backend *backend, uint64_t now_ms);
    /* What the time is, before a command: lets happen what was due, and no more. NULL: outputs that need not be told. */
    void (*tell_time)(struct copp_backend *backend, uint64_t now_ms);
    /* When dispatch has something to do though no fd says so; may be in the past. To be asked anew after every call of the
     * adapter or of the backend. COPP_BACKEND_NEVER if nothing. */
    uint64_t (*deadline_ms)(const struct copp_backend *backend);
    /*
     * Switches the outputs of a card through fd from now on; owner says for a person whose file that is. COPP_OK: fd is the
     * backend's, which closes it when it is given back; else it stays the caller's. COPP_E_NOT_FOUND: it is not open on one of the
     * backend's cards; COPP_E_STATE: it is neither master nor lessee; COPP_E_PENDING: that card is lent already, or another coppd has it;
     * COPP_E_UNSUPPORTED; COPP_E_MEMORY. NULL, with the two that follow: not supported.
     */
    enum copp_result (*adopt)(struct copp_backend *backend, int fd, const char *owner, struct copp_backend_loan *loan);
    /* It changes from within dispatch only. */
    enum copp_backend_lent (*lent)(const struct copp_backend *backend, uint32_t id);
    /* Tries once, without waiting, to take down what was written through the file, and closes it. Sessions that relied on it are told
     * of a loss (EVT-1). */
    void (*give_back)(struct copp_backend *backend, uint32_t id);
    /* Takes down what is in force and frees everything. */
    void (*close)(struct copp_backend *backend);
};

/* NULL-safe; clears the pointer. */
void copp_backend_close(struct copp_backend **backend);

/* Says what printf would print, without characters that could harm a terminal; log may be NULL. */
void copp_backend_say(struct copp_backend_log *log, enum copp_backend_priority priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct copp_backend_cause {
    int number; /* such as an errno */
    uint64_t now_ms; /* of any monotonic clock */
};

/* The same, seldom (common/seldom.h): some drivers refuse the same thing for ever. Whether it was said. */
bool copp_backend_say_seldom(struct copp_backend_log *log, struct seldom *said, enum copp_backend_priority priority,
                             const struct copp_backend_cause *cause, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* A warning. */
void copp_backend_warn(struct copp_backend_log *log, struct seldom *said, int cause, uint64_t now_ms, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
