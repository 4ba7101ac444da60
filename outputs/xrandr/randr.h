/* RandR's requests, all of them. */
#ifndef COPP_OUTPUTS_XRANDR_RANDR_H
#define COPP_OUTPUTS_XRANDR_RANDR_H

#include <xcb/randr.h>

#include "outputs/backend.h"
#include "outputs/link/link.h"
#include "outputs/xrandr/watchdog.h"

#define RANDR_OUTPUTS 32u

enum randr_atom {
    RANDR_PROTECTION,
    RANDR_CONTENT_TYPE,
    RANDR_CONNECTOR_ID,
    RANDR_EDID,
    RANDR_TYPE0,
    RANDR_UNDESIRED,
    RANDR_DESIRED,
    RANDR_ENABLED,
    RANDR_ATOMS
};

struct randr {
    xcb_connection_t *connection;
    struct randr_watchdog *watchdog; /* of the connection */
    bool silent; /* it has not answered in time: whatever it says later is not listened to */
    uint64_t deadline_ms; /* by when it must have answered */
    bool writing; /* it has not answered the last write: the driver takes its time, and nothing else is asked meanwhile */
    uint64_t write_ms; /* when that was */
    unsigned writes[2]; /* its requests, 0: none */
    unsigned write_end; /* the request behind them, which has an answer */
    xcb_window_t root;
    uint8_t first_event;
    xcb_atom_t atoms[RANDR_ATOMS];
};

struct randr_output {
    xcb_randr_output_t id;
    char name[COPP_BACKEND_NAME_SIZE];
    bool protection; /* it has "Content Protection" */
    bool content_type; /* and "HDCP Content Type" */
    char display[EDID_DISPLAY_SIZE]; /* what the display calls itself, by a property that any client can write; "": not known */
    uint32_t connector_id; /* by the driver's word, which no client can change; 0: unknown */
};

/* COPP_E_NOT_FOUND: no such server, or no RandR 1.3. Close it in any case. It waits for the server without limit: connect.h. */
COPP_NODISCARD enum copp_result randr_open(struct randr *randr, const char *display);
void randr_close(struct randr *randr);
/* False: the connection has broken off, or the server has not answered in time. */
bool randr_alive(const struct randr *randr);

/* What is asked from here on must be answered within a second, all of it together. */
void randr_begin(struct randr *randr);

/* Returns how many there are, at most RANDR_OUTPUTS. */
size_t randr_outputs(struct randr *randr, struct randr_output *outputs);

/* Takes the events that have come; whether there were any. */
bool randr_events(struct randr *randr);

/* hdcp is the property as the server shows it. */
void randr_observe(struct randr *randr, const struct randr_output *output, struct hdcp_observation *observation);

/* Whether it still has the last write to carry out; for how long, in *for_ms. Then it is not to be observed. */
bool randr_busy(struct randr *randr, uint64_t *for_ms);

/* Waits, as for any answer, until it is not busy any more. */
void randr_settle(struct randr *randr);

/* COPP_OK: it has taken the value, or goes on with it: what comes of it is to be observed. COPP_E_PENDING: it is busy. */
enum copp_result randr_write(struct randr *randr, const struct randr_output *output, bool on);

#endif
