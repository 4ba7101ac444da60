#include "outputs/wayland/copp-wayland.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <wayland-client.h>

#include "common/sized.h"
#include "weston-content-protection-client-protocol.h"

struct copp_wayland {
    struct wl_display *display;
    struct wl_event_queue *queue; /* of its own: the client's handlers are not called from here */
    struct wl_registry *registry;
    struct weston_content_protection *global;
    struct weston_protected_surface *surface;
    enum copp_wayland_level wanted; /* what was asked for and has not been lost since */
    enum copp_wayland_level told; /* by the last status event */
    bool reached; /* wanted is in force, as copp_wayland_status has told */
    bool lost; /* LinkLost has not been delivered yet */
};

static void on_status(void *data, struct weston_protected_surface *surface, uint32_t type) {
    struct copp_wayland *wayland = data;
    (void)surface;
    /* a type of a later version says nothing of HDCP */
    wayland->told = type <= COPP_WAYLAND_TYPE1 ? (enum copp_wayland_level)type : COPP_WAYLAND_OFF;
    if (wayland->reached && wayland->told < wayland->wanted) {
        wayland->lost = true; /* EVT-1 */
        wayland->reached = false;
        wayland->wanted = COPP_WAYLAND_OFF; /* EVT-3 */
    }
}

static const struct weston_protected_surface_listener surface_listener = {on_status};

static void on_global(void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
    struct copp_wayland *wayland = data;
    (void)version;
    if (!wayland->global && strcmp(interface, weston_content_protection_interface.name) == 0)
        wayland->global = wl_registry_bind(registry, name, &weston_content_protection_interface, 1);
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
    (void)data;
    (void)registry;
    (void)name;
}

static const struct wl_registry_listener registry_listener = {on_global, on_global_remove};

static enum copp_result find_global(struct copp_wayland *wayland) {
    wayland->queue = wl_display_create_queue(wayland->display);
    struct wl_display *wrapper = wayland->queue ? wl_proxy_create_wrapper(wayland->display) : NULL;
    if (!wrapper)
        return COPP_E_MEMORY;
    wl_proxy_set_queue((struct wl_proxy *)wrapper, wayland->queue);
    wayland->registry = wl_display_get_registry(wrapper);
    wl_proxy_wrapper_destroy(wrapper);
    if (!wayland->registry)
        return COPP_E_MEMORY;
    (void)wl_registry_add_listener(wayland->registry, &registry_listener, wayland);
    if (wl_display_roundtrip_queue(wayland->display, wayland->queue) < 0)
        return COPP_E_TRANSPORT;
    return wayland->global ? COPP_OK : COPP_E_UNSUPPORTED;
}

static enum copp_result find_surface(struct copp_wayland *wayland, struct wl_surface *surface) {
    wayland->surface = weston_content_protection_get_protection(wayland->global, surface);
    if (!wayland->surface)
        return COPP_E_MEMORY;
    (void)weston_protected_surface_add_listener(wayland->surface, &surface_listener, wayland);
    return wl_display_roundtrip_queue(wayland->display, wayland->queue) < 0 ? COPP_E_TRANSPORT : COPP_OK;
}

enum copp_result copp_wayland_open(struct wl_display *display, struct wl_surface *surface, struct copp_wayland **wayland) {
    if (!wayland)
        return COPP_E_ARGUMENT;
    *wayland = NULL;
    if (!display || !surface)
        return COPP_E_ARGUMENT;
    struct copp_wayland *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    made->display = display;
    enum copp_result result = find_global(made);
    if (!result)
        result = find_surface(made, surface);
    if (result)
        copp_wayland_free(&made);
    *wayland = made;
    return result;
}

void copp_wayland_free(struct copp_wayland **wayland) {
    if (!wayland || !*wayland)
        return;
    struct copp_wayland *old = *wayland;
    if (old->surface)
        weston_protected_surface_destroy(old->surface);
    if (old->global)
        weston_content_protection_destroy(old->global);
    if (old->registry)
        wl_registry_destroy(old->registry);
    if (old->queue)
        wl_event_queue_destroy(old->queue);
    (void)wl_display_flush(old->display);
    free(old);
    *wayland = NULL;
}

enum copp_result copp_wayland_set(struct copp_wayland *wayland, enum copp_wayland_level level) {
    if (level != COPP_WAYLAND_OFF && level != COPP_WAYLAND_TYPE0 && level != COPP_WAYLAND_TYPE1)
        return COPP_E_ARGUMENT;
    weston_protected_surface_set_type(wayland->surface, level);
    /* A lower level is held on. A higher one is not held before a status: events from before may still be on their way. */
    wayland->reached = wayland->reached && level != COPP_WAYLAND_OFF && level <= wayland->wanted;
    wayland->wanted = level;
    return COPP_OK;
}

/* Reads what there is to be read, for all queues of the display, and handles what is in ours. */
static bool take_in(struct copp_wayland *wayland) {
    struct wl_display *display = wayland->display;
    while (wl_display_prepare_read_queue(display, wayland->queue) != 0) {
        if (wl_display_dispatch_queue_pending(display, wayland->queue) < 0)
            return false;
    }
    if (wl_display_flush(display) < 0 && errno != EAGAIN) {
        wl_display_cancel_read(display);
        return false;
    }
    struct pollfd fd = {.fd = wl_display_get_fd(display), .events = POLLIN};
    if (poll(&fd, 1, 0) <= 0)
        wl_display_cancel_read(display);
    else if (wl_display_read_events(display) < 0)
        return false;
    return wl_display_dispatch_queue_pending(display, wayland->queue) >= 0;
}

enum copp_result copp_wayland_status(struct copp_wayland *wayland, struct copp_wayland_status *status) {
    if (!copp_sized_room(status))
        return COPP_E_ARGUMENT;
    bool alive = take_in(wayland);
    if (!alive)
        on_status(wayland, wayland->surface, COPP_WAYLAND_OFF);
    if (wayland->wanted != COPP_WAYLAND_OFF && wayland->told >= wayland->wanted)
        wayland->reached = true;
    struct copp_wayland_status told = {.flags = wayland->lost ? COPP_STATUS_LINK_LOST : COPP_STATUS_NORMAL,
                                       .local = wayland->reached ? wayland->wanted : COPP_WAYLAND_OFF,
                                       .global = wayland->told};
    copp_sized_write(status, &told, sizeof told);
    wayland->lost = false; /* EVT-2 */
    return alive ? COPP_OK : COPP_E_TRANSPORT;
}
