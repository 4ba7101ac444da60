/*
 * A Weston module that switches content protection on where the backend does not, and plays the display: each '0', '1' or '2'
 * written to the FIFO named by COPP_TEST_HDCP is the state of all heads from then on.
 *
 * Weston's headers go by another name in each release; these few calls have stayed.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <wayland-server-core.h>

struct weston_head;
struct weston_compositor {
    struct wl_signal destroy_signal;
    struct wl_display *display; /* NULL in younger releases: a bool stands there, which is false while modules are loaded */
    struct wl_display *younger_display;
};
int weston_compositor_enable_content_protection(struct weston_compositor *compositor);
struct weston_head *weston_compositor_iterate_heads(struct weston_compositor *compositor, struct weston_head *head);
void weston_head_set_content_protection_status(struct weston_head *head, int status);
__attribute__((visibility("default"))) int wet_module_init(struct weston_compositor *compositor, int *argc, char *argv[]);

static int on_readable(int fd, uint32_t mask, void *data) {
    struct weston_compositor *compositor = data;
    char status;
    (void)mask;
    while (read(fd, &status, 1) == 1) {
        struct weston_head *head = NULL;
        while ((head = weston_compositor_iterate_heads(compositor, head)) != NULL)
            weston_head_set_content_protection_status(head, status - '0');
    }
    return 0;
}

int wet_module_init(struct weston_compositor *compositor, int *argc, char *argv[]) {
    (void)argc;
    (void)argv;
    const char *name = getenv("COPP_TEST_HDCP");
    int fd = name ? open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd < 0 || weston_compositor_enable_content_protection(compositor) < 0)
        return -1;
    struct wl_display *display = compositor->display ? compositor->display : compositor->younger_display;
    return wl_event_loop_add_fd(wl_display_get_event_loop(display), fd, WL_EVENT_READABLE, on_readable, compositor) ? 0 : -1;
}
