/* A simulated graphics driver for the examples, with a certificate chain of its own and a clock that never waits. */
#ifndef EXAMPLE_DRIVER_H
#define EXAMPLE_DRIVER_H

#include <copp.h>

/* A video session on the simulated adapter's HDMI connector; anchor receives the root its chain leads to. NULL: failed. */
struct copp_transport *driver_open(struct copp_public_key *anchor);
/* What a real player has from copp_revocation_load: a list under that root, with nothing on it. It lives until the close. */
const struct copp_session_lists *driver_lists(void);
void driver_close(struct copp_transport **driver);

/* The simulator's time in milliseconds, and a way to let it pass. */
uint64_t driver_now(void);
void driver_wait(uint64_t deadline_ms);

#endif
