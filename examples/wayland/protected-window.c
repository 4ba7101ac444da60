/*
 * A player that shows its picture (green) only while the compositor says that all outputs it is on have HDCP, and black
 * otherwise. Ends when protection is lost, or does not come within 20 s.
 */
#include <stdio.h>
#include <unistd.h>

#include "copp-wayland.h"
#include "window.h"

#define GREEN 0x00a000u
#define BLACK 0u
#define TENTHS_TO_WAIT 200

static int play(struct window *window, struct copp_wayland *protection) {
    bool showing = false;
    int waited = 0;
    for (;;) {
        struct copp_wayland_status status = {.size = sizeof status};
        if (!window_handle(window) || copp_wayland_status(protection, &status)) {
            puts("the compositor has gone");
            return 2;
        }
        if (status.flags & COPP_STATUS_LINK_LOST || (!status.local && waited++ > TENTHS_TO_WAIT)) {
            window_show(window, BLACK);
            puts(showing ? "protection is lost: stopped" : "protection does not come up: nothing was shown");
            return 1;
        }
        if (status.local && !showing) {
            window_show(window, GREEN);
            puts("protected: playing");
            (void)fflush(stdout);
            showing = true;
        }
        (void)usleep(100000);
    }
}

int main(void) {
    struct copp_wayland *protection;
    struct window *window = window_open(NULL);
    if (!window) {
        puts("there is no Wayland compositor to show a window on");
        return 2;
    }
    int status = 1;
    enum copp_result result = copp_wayland_open(window_display(window), window_surface(window), &protection);
    if (!result)
        result = copp_wayland_set(protection, COPP_WAYLAND_TYPE0);
    if (!result) {
        window_show(window, BLACK); /* its commit asks for the protection */
        status = play(window, protection);
    } else if (result == COPP_E_UNSUPPORTED) {
        puts("this compositor cannot protect a window: nothing is shown");
    } else {
        printf("the window cannot be protected, and nothing is shown: %s\n",
               result == COPP_E_MEMORY ? "out of memory" : "the compositor has gone, or refuses");
    }
    copp_wayland_free(&protection);
    window_close(window);
    return status;
}
