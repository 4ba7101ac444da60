/* An X server without a screen (Xvfb), and a RandR client that plays the graphics driver behind its one output, "screen". */
#ifndef COPP_TEST_X_SERVER_H
#define COPP_TEST_X_SERVER_H

#include <sys/types.h>

#include <xcb/randr.h>

#include "../unit/harness.h"

struct x_server {
    pid_t pid; /* 0: it does not run */
    char display[16];
    xcb_connection_t *driver; /* the client that plays it */
    xcb_randr_output_t output;
};

/* With "Content Protection" at Undesired. */
void x_server_start(struct x_server *server);
/* The server and the driver have gone; it may be started again, at the same display. */
void x_server_stop(struct x_server *server);
void x_server_restart(struct x_server *server);
/* Stopped as by a debugger: it takes connections and requests, and answers nothing. */
void x_server_freeze(const struct x_server *server);
void x_server_thaw(const struct x_server *server);

xcb_atom_t x_atom(const struct x_server *server, const char *name);
/* Returns when the server has carried out what the driver has asked for. */
void x_driver_sync(const struct x_server *server);
void x_driver_says(const struct x_server *server, const char *value);
/* The display's EDID, in elements of so many bits. */
void x_driver_edid(const struct x_server *server, const char *hex, uint8_t format);
/* The property is gone. */
void x_driver_deletes(const struct x_server *server);
/* Whether the property has this value. */
bool x_driver_has(const struct x_server *server, const char *value);

/* A process of its own that turns the next Desired into Enabled, as the hardware does; wait for it with x_driver_end. */
pid_t x_driver_begin(const struct x_server *server);
void x_driver_end(pid_t pid);

#endif
