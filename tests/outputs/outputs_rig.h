/* A backend's outputs, run by hand as an event loop would, and what was said meanwhile. */
#ifndef COPP_TEST_OUTPUTS_RIG_H
#define COPP_TEST_OUTPUTS_RIG_H

#include "../unit/device_rig.h"
#include "outputs/outputs.h"

#define RIG_READ_MS                                                                                                              \
    20000u /* a card's answer is waited for, however busy the machine is: the adapter's time does not pass meanwhile */

struct said {
    struct copp_backend_log log;
    char text[4096]; /* lines, one after the other */
};
void said_init(struct said *said);

struct outputs_rig {
    struct rig rig; /* only for its key and random numbers */
    struct copp_outputs *outputs;
    uint64_t now_ms;
};

/* Takes the backend over. */
void outputs_rig_init(struct outputs_rig *rig, struct copp_backend *backend);
void outputs_rig_end(struct outputs_rig *rig);

/* Fails the test if there is no such output. */
struct copp_connector *outputs_rig_connector(const struct outputs_rig *rig, const char *name);

/* Lets so much time pass, event by event; nothing comes from the fd. */
void outputs_rig_pass(struct outputs_rig *rig, uint64_t by_ms);
/* Waits in real time, up to 5 s, for the fd, and no time passes for the adapter. */
void outputs_rig_wait(struct outputs_rig *rig);

/* Whether every process that a kms backend has made to write has ended, and been looked at. One that is killed within a call leaves umockdev,
 * whose connection it may share with us, in the midst of a message. */
bool outputs_rig_nobody_writes(void);

#endif
