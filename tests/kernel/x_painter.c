/* x_painter: a window of the X server of DISPLAY, painted anew 60 times a second, until the server ends. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <xcb/xcb.h>

#define SIDE 160

static xcb_window_t open_window(xcb_connection_t *server, const xcb_screen_t *screen) {
    xcb_window_t window = xcb_generate_id(server);
    xcb_create_window(server, XCB_COPY_FROM_PARENT, window, screen->root, 0, 0, SIDE, SIDE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
                      screen->root_visual, 0, NULL);
    xcb_map_window(server, window);
    return window;
}

static void paint(xcb_connection_t *server, xcb_window_t window, xcb_gcontext_t context, uint32_t color) {
    const xcb_rectangle_t all = {0, 0, SIDE, SIDE};
    xcb_change_gc(server, context, XCB_GC_FOREGROUND, &color);
    xcb_poly_fill_rectangle(server, window, context, 1, &all);
    (void)xcb_flush(server);
}

int main(void) {
    const struct timespec frame = {.tv_nsec = 16666667};
    xcb_connection_t *server = xcb_connect(NULL, NULL);
    if (xcb_connection_has_error(server)) {
        fputs("x_painter: no X server answers\n", stderr);
        return 1;
    }
    const xcb_screen_t *screen = xcb_setup_roots_iterator(xcb_get_setup(server)).data;
    xcb_window_t window = open_window(server, screen);
    xcb_gcontext_t context = xcb_generate_id(server);
    xcb_create_gc(server, context, window, 0, NULL);
    for (uint32_t color = 0; !xcb_connection_has_error(server); color ^= 0xffffff) {
        paint(server, window, context, color);
        (void)nanosleep(&frame, NULL);
    }
    return 0;
}
