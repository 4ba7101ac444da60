/*
 * An output whose only protection is HDCP, switched by a property with the values Undesired, Desired and Enabled.
 *
 * One state machine for all that works that way: a backend says how the property is written and what is to be seen at the
 * connector; what is in force is only ever what was read back.
 */
#ifndef COPP_OUTPUTS_LINK_H
#define COPP_OUTPUTS_LINK_H

#include "copp/device.h"
#include "outputs/edid.h"

enum hdcp_value { /* the kernel's numbers */
                  HDCP_UNDESIRED = 0,
                  HDCP_DESIRED = 1,
                  HDCP_ENABLED = 2,
                  HDCP_UNREADABLE = 3 /* it may be any of them */
};

struct hdcp_observation {
    bool connected; /* a display is there */
    bool driven; /* and gets a signal */
    enum hdcp_value hdcp; /* HDCP_UNDESIRED for an output that is no more */
    struct copp_output_state state;
    char display[EDID_DISPLAY_SIZE]; /* what the display calls itself; "": not known */
};

struct hdcp_link;
struct hdcp_link_ops {
    void (*observe)(struct hdcp_link *link, struct hdcp_observation *observation);
    /* Asks for HDCP or for none. COPP_OK: it is asked for. COPP_E_PENDING: the hardware is busy, try again. COPP_E_FAILED. */
    enum copp_result (*write)(struct hdcp_link *link, bool on);
};

/* Embed this as the first member of your own structure. */
struct hdcp_link {
    struct copp_output output;
    const struct hdcp_link_ops *ops;
    struct copp_connector *connector; /* NULL: nobody to tell */
    bool offered; /* what is not offered is never written */
    bool target; /* what was asked for last */
    bool pending; /* an apply waits for the target */
    bool write_pending; /* the target could not be written yet */
    bool in_force;
    bool plugged; /* a display is there, as of the last look */
    char display[EDID_DISPLAY_SIZE]; /* which one; "": none, or it does not tell */
    bool watched; /* seen holds what its devices were told */
    struct hdcp_observation seen;
};

void hdcp_link_init(struct hdcp_link *link, const struct hdcp_link_ops *ops, bool offered);

/* Looks, and tells the connector what has happened (EVT-1). What nobody uses is not looked at. */
void hdcp_link_dispatch(struct hdcp_link *link);

/* Looks whether a display is there, also where nobody uses it: to be called when that may have changed. */
void hdcp_link_look(struct hdcp_link *link);

/* What is behind the link had gone, which a look has found, and is there again: what it may have kept is taken down. */
void hdcp_link_returned(struct hdcp_link *link);

/* The way to write has been taken away while HDCP may stay on: who waits for it or relies on it is told of its loss (EVT-1). */
void hdcp_link_cut(struct hdcp_link *link);

/* Milliseconds from one look to the next; UINT64_MAX: none is needed. */
uint64_t hdcp_link_interval(const struct hdcp_link *link);

/* Takes down what this link has asked for. */
void hdcp_link_end(struct hdcp_link *link);

#endif
