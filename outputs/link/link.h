/*
 * An output whose only protection is HDCP, switched by a property with the values Undesired, Desired and Enabled.
 *
 * One state machine for all that works that way: a backend says how the property is written and what is to be seen at the
 * connector. What is in force is only ever what was read back. What sessions want and what must be taken down are kept apart: a
 * link that has set the property owes it until it has read Undesired for longer than an authentication takes. What another
 * program has set is one more holder (ARB-5): it counts, the global level shows it (QRY-5), and it is never taken down.
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

enum hdcp_want { HDCP_WANT_NOTHING = 0, HDCP_WANT_ANY, HDCP_WANT_TYPE1 };

struct hdcp_observation {
    bool connected; /* a display is there */
    bool driven; /* and gets a signal */
    enum hdcp_value hdcp; /* HDCP_UNDESIRED for an output that is no more, HDCP_UNREADABLE for one that cannot be reached */
    bool type1; /* and it is HDCP 2.2 or later, with the content as Type 1: of HDCP_ENABLED alone */
    bool settling; /* it reads HDCP_ENABLED, which is shown as HDCP_DESIRED until more is known: nothing is written over it */
    /* A bit for each output that shows another part of the same picture, or may: by the backend's numbers, and for it alone. */
    uint32_t companions;
    struct copp_output_state state;
    char display[EDID_DISPLAY_SIZE]; /* what the display calls itself; "": not known */
};

struct hdcp_link;
struct hdcp_link_ops {
    void (*observe)(struct hdcp_link *link, struct hdcp_observation *observation);
    /*
     * Writes HDCP_UNDESIRED or HDCP_DESIRED, the latter with the content type that the link's type1 says. COPP_OK: the driver has been asked. COPP_E_PENDING: it is busy, and nothing comes of
     * this call: the link looks again, and asks again if that is still right, for 20 s at most. COPP_E_FAILED: refused.
     * COPP_E_STATE: nobody lets us write just now, and the driver was not asked.
     */
    enum copp_result (*write)(struct hdcp_link *link, enum hdcp_value value);
    /*
     * Whether this program may have set the property and has to take it down: true before HDCP_DESIRED is written, false once
     * nothing is owed any more. For a file that outlives a kill -9 (hdcp_link_owe). NULL: that is kept in memory alone.
     */
    void (*note)(struct hdcp_link *link, bool owes);
    /* How much sessions of other outputs want here just now, though it may not have been called yet (hdcp_link_call). NULL: nothing. */
    enum hdcp_want (*others)(const struct hdcp_link *link);
};

/* Embed this as the first member of your own structure. */
struct hdcp_link {
    struct copp_output output;
    const struct hdcp_link_ops *ops;
    struct copp_connector *connector; /* NULL: nobody to tell */
    bool offered; /* HDCP may be switched on here just now */
    bool offers_type1; /* set by the backend: it writes and reads the content type (OPM-HDCP-2) */
    bool plugged; /* a display is there, as of the last look */
    char display[EDID_DISPLAY_SIZE]; /* which one; "": none, or it does not tell */
    bool watched; /* seen holds what its devices were told */
    struct hdcp_observation seen;
    uint64_t now_ms; /* of the last dispatch */

    /* what is wanted, and by whom */
    enum hdcp_want sessions; /* of this output want that much */
    enum hdcp_want others; /* of other outputs do, which show parts of the same picture (hdcp_link_call) */
    bool pending; /* an apply or call waits for Enabled */
    bool attempted; /* Desired has been written for it, or a driver was too busy */
    bool asked; /* and has been taken */
    bool in_force; /* what they hold is */
    bool fallen; /* and a session's question has shown that it is not any more: not told yet */
    struct copp_output_state partner; /* as of the last look that found it enabled; only who receives counts */
    bool type1; /* pending or in force is Type 1: an Enabled that is less does not count */
    bool enabled; /* Enabled, as of the last look, whoever has asked for it */
    bool blind; /* it could not be read at the last look */
    unsigned events; /* property events since the last look that could */
    bool announces; /* the event of our own success may still come */

    /* what must be taken down */
    bool noted; /* as the backend was told */
    bool owes; /* the property is set by us, or may be */
    bool cleared; /* Undesired was taken, or read, after what we have set: an Enabled that is read now is not believed */
    bool late; /* when it took that, an authentication may have been under way */
    bool down; /* Undesired has been read since */
    uint64_t down_ms; /* since when without a break */
    uint64_t busy_ms; /* since when writes are answered COPP_E_PENDING */
    uint64_t retry_ms; /* not before this is a take-down tried again */
    uint64_t backoff_ms;
};

void hdcp_link_init(struct hdcp_link *link, const struct hdcp_link_ops *ops, bool offered);

/*
 * Whether HDCP may be switched on here: masters come and go. While it may not, a command fails unless HDCP is enabled already.
 * What is owed is tried all the same, and at once when it may again.
 */
void hdcp_link_offer(struct hdcp_link *link, bool offered);

/* This program has written HDCP_DESIRED here without the link's knowledge: in an earlier run, by its note, or by a write that was
 * answered COPP_E_PENDING and carried out after all. */
void hdcp_link_owe(struct hdcp_link *link);

/* The kernel has told that it has moved the property (a uevent with CONNECTOR and PROPERTY). Call it once for each event, before
 * the dispatch that is to look into them. */
void hdcp_link_evidence(struct hdcp_link *link);

/* Events were lost on their way: there may have been any number. */
void hdcp_link_events_lost(struct hdcp_link *link);

/*
 * Sessions of another output want HDCP, which shows a part of the same picture (ARB-6): it is switched on here as well and held, whatever
 * sessions there are here. Answers as apply does. COPP_E_PENDING: pending falls when it has ended. Once it can no longer come up, others is
 * HDCP_WANT_NOTHING.
 */
COPP_NODISCARD enum copp_result hdcp_link_call(struct hdcp_link *link, enum hdcp_want want);
/* They want it no more. */
void hdcp_link_dismiss(struct hdcp_link *link);

/* Looks, goes on with what is under way, and tells the connector what has happened (EVT-1). What nobody uses, and owes nothing,
 * is not looked at. */
void hdcp_link_dispatch(struct hdcp_link *link, uint64_t now_ms);

/* Looks whether a display is there, also where nobody uses it: to be called when that may have changed. */
void hdcp_link_look(struct hdcp_link *link);

/* What is behind the link was out of reach and is there again: what is owed is tried at once. */
void hdcp_link_returned(struct hdcp_link *link);

/* The way to write has been taken away while HDCP may stay on: sessions that wait for it or rely on it learn of its loss (EVT-1). */
void hdcp_link_cut(struct hdcp_link *link);

/* Milliseconds from the last dispatch to the next; UINT64_MAX: none is needed. */
uint64_t hdcp_link_interval(const struct hdcp_link *link);

/* Tries once, without waiting, to take down what is owed. What it cannot, and what a driver may still bring up, stays noted. */
void hdcp_link_end(struct hdcp_link *link);

#endif
