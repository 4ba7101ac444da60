/*
 * Output protection for one surface of a Wayland client, where the compositor has Weston's content protection protocol.
 *
 * The compositor owns the connectors, so that no daemon can protect them; it protects those a surface is shown on. Nothing
 * here is authenticated: a client believes its compositor. Link with libcopp-wayland. One of these belongs to one thread.
 */
#ifndef COPP_WAYLAND_H
#define COPP_WAYLAND_H

#include "copp/protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wl_display;
struct wl_surface;
struct copp_wayland;

enum copp_wayland_level {
    COPP_WAYLAND_OFF = 0,
    COPP_WAYLAND_TYPE0 = 1, /* any HDCP: COPP's HDCP level 1 */
    COPP_WAYLAND_TYPE1 = 2 /* HDCP 2.2 and later */
};

struct copp_wayland_status {
    size_t size; /* sizeof this struct */
    uint32_t flags; /* COPP_STATUS_LINK_LOST once after it happened (EVT-2): stop; set again for another try */
    enum copp_wayland_level
        local; /* what was asked for and is in force; COPP_WAYLAND_OFF until it is, and after a loss (EVT-3) */
    enum copp_wayland_level global; /* the lowest of the outputs that the surface is on, whoever asked */
};

/*
 * display and surface are borrowed; the surface must have no other content protection object. Waits for the compositor's
 * answer. COPP_E_UNSUPPORTED: it has no content protection; nothing can be protected here. COPP_E_TRANSPORT: the connection
 * is broken.
 */
COPP_API COPP_NODISCARD enum copp_result copp_wayland_open(struct wl_display *display, struct wl_surface *surface,
                                                           struct copp_wayland **wayland);

/* To be called before the surface is destroyed; its protection goes with it. NULL-safe; clears the pointer. */
COPP_API void copp_wayland_free(struct copp_wayland **wayland);

/*
 * Asks for a level; the caller's next wl_surface_commit carries it out. It may take 20 s to come, or not come at all: ask
 * copp_wayland_status. COPP_E_ARGUMENT for an invalid level.
 */
COPP_API COPP_NODISCARD enum copp_result copp_wayland_set(struct copp_wayland *wayland, enum copp_wayland_level level);

/*
 * Takes in what the compositor has told, without waiting. Ask at least every 2 s (APP-3), and whenever the display's file
 * descriptor is readable. COPP_E_TRANSPORT: the connection is broken, and *status says that nothing is in force.
 */
COPP_API COPP_NODISCARD enum copp_result copp_wayland_status(struct copp_wayland *wayland, struct copp_wayland_status *status);

#ifdef __cplusplus
}
#endif

#endif
