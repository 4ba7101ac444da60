/*
 * A connector with content protection as drivers make it, with their faults: it moves by itself as time passes. What it really protects
 * and what the property says are two things.
 */
#ifndef COPP_TEST_MODEL_DRIVER_H
#define COPP_TEST_MODEL_DRIVER_H

#include "outputs/link/link.h"

#define MODEL_EVENTS 16u

struct model_random {
    uint64_t state;
};
uint32_t model_random(struct model_random *random, uint32_t below);
bool model_chance(struct model_random *random, uint32_t percent);

/* What becomes of Desired that is written over Enabled: three drivers differ. */
enum model_over { MODEL_KEEPS, MODEL_STICKS, MODEL_ANNOUNCES };

struct model {
    struct model_random *random;
    uint64_t now_ms;

    /* what it is like */
    enum model_over over;
    bool picky; /* refuses Undesired unless it is Enabled */
    bool works_on; /* an authentication goes on though Undesired has been taken */
    bool gives_up; /* it tries once */

    /* for how long */
    uint64_t refuses_ms; /* any write, until then */
    uint64_t refuses_down_ms; /* Undesired */
    uint64_t busy_ms;
    uint64_t ignores_ms; /* says yes, and does nothing */
    uint64_t hidden_ms; /* cannot be read */

    enum hdcp_value value;
    bool real; /* there is HDCP on the wire */
    uint64_t fell_ms; /* when there was HDCP on the wire last */
    bool connected;
    uint32_t width;
    uint64_t works_ms; /* when its worker is done; UINT64_MAX: it has none */
    bool stale; /* the worker has been asked for by what is Undesired by now */
    bool lies; /* and what it then says of HDCP is not true */
    unsigned falls; /* how often it has fallen away by itself */
    bool fallen; /* and has not come back yet */

    /* uevents on their way, in order */
    size_t events;
    struct {
        uint64_t due_ms;
        bool property; /* else a hotplug */
        unsigned falls; /* so many have been told by it */
    } queue[MODEL_EVENTS];
};

void model_init(struct model *model, struct model_random *random, uint64_t now_ms);

/* When it moves, or tells something, next. */
uint64_t model_deadline_ms(const struct model *model);
/* Lets the driver's worker do what is due. */
void model_move(struct model *model, uint64_t now_ms);
/* Takes the next event that has come; false: there is none. */
bool model_event(struct model *model, bool *property, unsigned *falls);

/* A write as a program does it. */
enum copp_result model_write(struct model *model, enum hdcp_value value);
void model_observe(const struct model *model, struct hdcp_observation *observation);

/* Enabled, and no lie. */
bool model_protects(const struct model *model);

/* Falls away by itself; it may come back. With an event for it or without, the one of the return coalesced with it or not. */
void model_demote(struct model *model, bool tells);
void model_plug(struct model *model, bool connected);
void model_set_mode(struct model *model);
/* From here on it takes what is written. */
void model_recover(struct model *model);

#endif
