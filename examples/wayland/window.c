#include "window.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "xdg-shell-client-protocol.h"

#define SIDE 64

struct window {
    struct wl_display *display;
    struct wl_registry *registry;
    struct wl_compositor *compositor;
    struct wl_shm *shm;
    struct xdg_wm_base *shell;
    struct wl_surface *surface;
    struct xdg_surface *shell_surface;
    struct xdg_toplevel *toplevel;
    struct wl_buffer *buffer;
    uint32_t *pixels;
    bool configured;
};

static void on_global(void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
    struct window *window = data;
    (void)version;
    if (strcmp(interface, wl_compositor_interface.name) == 0)
        window->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 1);
    else if (strcmp(interface, wl_shm_interface.name) == 0)
        window->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
    else if (strcmp(interface, xdg_wm_base_interface.name) == 0)
        window->shell = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
    (void)data;
    (void)registry;
    (void)name;
}

static const struct wl_registry_listener registry_listener = {on_global, on_global_remove};

static void on_ping(void *data, struct xdg_wm_base *shell, uint32_t serial) {
    (void)data;
    xdg_wm_base_pong(shell, serial);
}

static const struct xdg_wm_base_listener shell_listener = {on_ping};

static void on_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
    struct window *window = data;
    xdg_surface_ack_configure(surface, serial);
    window->configured = true;
}

static const struct xdg_surface_listener surface_listener = {on_configure};

static bool make_buffer(struct window *window) {
    const size_t size = SIDE * SIDE * sizeof(uint32_t);
    int fd = memfd_create("window", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    bool sized = ftruncate(fd, (off_t)size) == 0;
    void *pixels = sized ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (pixels != MAP_FAILED) {
        struct wl_shm_pool *pool = wl_shm_create_pool(window->shm, fd, (int32_t)size);
        window->buffer = wl_shm_pool_create_buffer(pool, 0, SIDE, SIDE, SIDE * (int32_t)sizeof(uint32_t), WL_SHM_FORMAT_XRGB8888);
        wl_shm_pool_destroy(pool);
        window->pixels = pixels;
    }
    (void)close(fd);
    return window->buffer != NULL;
}

static bool make_surface(struct window *window) {
    window->surface = wl_compositor_create_surface(window->compositor);
    (void)xdg_wm_base_add_listener(window->shell, &shell_listener, window);
    window->shell_surface = xdg_wm_base_get_xdg_surface(window->shell, window->surface);
    (void)xdg_surface_add_listener(window->shell_surface, &surface_listener, window);
    window->toplevel = xdg_surface_get_toplevel(window->shell_surface);
    wl_surface_commit(window->surface);
    while (!window->configured) {
        if (wl_display_dispatch(window->display) < 0)
            return false;
    }
    return true;
}

struct window *window_open(const char *socket) {
    struct window *window = calloc(1, sizeof *window);
    if (!window)
        return NULL;
    window->display = wl_display_connect(socket);
    if (window->display) {
        window->registry = wl_display_get_registry(window->display);
        (void)wl_registry_add_listener(window->registry, &registry_listener, window);
        if (wl_display_roundtrip(window->display) >= 0 && window->compositor && window->shm && window->shell &&
            make_buffer(window) && make_surface(window))
            return window;
    }
    window_close(window);
    return NULL;
}

void window_close(struct window *window) {
    if (window->toplevel)
        xdg_toplevel_destroy(window->toplevel);
    if (window->shell_surface)
        xdg_surface_destroy(window->shell_surface);
    if (window->surface)
        wl_surface_destroy(window->surface);
    if (window->buffer)
        wl_buffer_destroy(window->buffer);
    if (window->pixels)
        (void)munmap(window->pixels, SIDE * SIDE * sizeof(uint32_t));
    if (window->shell)
        xdg_wm_base_destroy(window->shell);
    if (window->shm)
        wl_shm_destroy(window->shm);
    if (window->compositor)
        wl_compositor_destroy(window->compositor);
    if (window->registry)
        wl_registry_destroy(window->registry);
    if (window->display)
        wl_display_disconnect(window->display);
    free(window);
}

struct wl_display *window_display(const struct window *window) {
    return window->display;
}

struct wl_surface *window_surface(const struct window *window) {
    return window->surface;
}

void window_show(struct window *window, uint32_t colour) {
    for (size_t i = 0; i < SIDE * SIDE; i++)
        window->pixels[i] = colour;
    wl_surface_attach(window->surface, window->buffer, 0, 0);
    wl_surface_damage(window->surface, 0, 0, SIDE, SIDE);
    wl_surface_commit(window->surface);
    (void)wl_display_flush(window->display);
}

bool window_handle(struct window *window) {
    return wl_display_roundtrip(window->display) >= 0;
}
