/* What both stories of copp demo are made of: players, and facts about their sessions. */
#ifndef COPP_CLI_DEMO_H
#define COPP_CLI_DEMO_H

#include "cli/embedded.h"
#include "steps.h"
#include "trace.h"

/* One application: its session, and what goes by between it and the driver. */
struct player {
    const char *name;
    struct trace trace;
    struct copp_session *session;
};

struct demo {
    struct steps steps;
    struct embedded host;
    const char *output;
    struct player first;
    struct player second;
    struct player third;
};

/* "done", or what went wrong. */
const char *demo_ok_or(enum copp_result result);
/* A fact in hexadecimal, of at most 32 bytes, with rest behind it. */
void demo_fact_hex(struct demo *d, const char *label, const uint8_t *bytes, size_t size, const char *rest);

/* A device on the story's output, and a session that has not begun. Close it in any case. */
bool demo_player_open(struct demo *d, struct player *p, const char *name, enum copp_semantics semantics);
void demo_player_close(struct player *p);

/* Both levels of a type as a session sees them, which must be those. */
void demo_tell_levels(struct demo *d, struct player *p, uint32_t type, uint32_t local_wanted, uint32_t global_wanted);
/* The player sets a level, which the driver must take. */
void demo_tell_command(struct demo *d, struct player *p, uint32_t type, uint32_t level);
/* The events that come with the next answer, which must be those. */
void demo_tell_events(struct demo *d, struct player *p, const char *when, uint32_t wanted);
/* Something happens on the story's output: verb, and what follows its name. */
void demo_happen(struct demo *d, const char *verb, const char *rest);

/* The story of OPM. */
void demo_tell_opm(struct demo *d);

#endif
