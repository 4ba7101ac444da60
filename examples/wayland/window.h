/* The least window there can be: one colour, on any compositor with xdg-shell. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include <wayland-client.h>

struct window;

/* NULL if there is no compositor, or one without wl_shm or xdg-shell. socket NULL: WAYLAND_DISPLAY. */
struct window *window_open(const char *socket);
void window_close(struct window *window);

struct wl_display *window_display(const struct window *window);
struct wl_surface *window_surface(const struct window *window);

/* Shows 0xRRGGBB, by a wl_surface_commit. */
void window_show(struct window *window, uint32_t colour);

/* Handles what the compositor has sent; false if the connection is broken. */
bool window_handle(struct window *window);

#endif
