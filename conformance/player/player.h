/* The cases for players: each starts the player once, against a driver that does exactly one thing wrong. */
#ifndef COPP_CONFORMANCE_PLAYER_H
#define COPP_CONFORMANCE_PLAYER_H

#include <signal.h>

#include "conformance/runner.h"
#include "plan.h"
#include "seen.h"
#include "trust.h"
#include "wait_list.h"

#define PLAYER_CASES_MAX 256u
#define PLAYER_PATH 512u

/* The private directory of one case, and what is in it. */
struct player_place {
    char directory[PLAYER_PATH];
    char channel[PLAYER_PATH +
                 16]; /* where the driver listens: a socket in the directory; on Windows a pipe that the directory names */
    char anchor[PLAYER_PATH + 16]; /* COPP's: a PEM public key; OPM's: a certificate */
    char state[PLAYER_PATH + 16]; /* the player's COPP_STATE_DIR */
    char list[PLAYER_PATH + 32]; /* a revocation list that may be there */
    char srm[PLAYER_PATH + 32]; /* a renewability message that may be there */
};

/* The player's process: the tool's. All calls come from one thread, the case's own. */
struct player_process {
    const struct player_process_ops *ops;
};
struct player_process_ops {
    /* Starts it. False: *error says why. */
    bool (*start)(struct player_process *process, const struct player_place *place, const char *case_id, char *error,
                  size_t size);
    /* Adds what to wait for. */
    void (*waits)(const struct player_process *process, struct wait_list *list);
    /* Reads what it shows by now, without waiting: calls seen_shown, and keeps shown and exited_ms. */
    void (*look)(struct player_process *process, struct player_seen *seen, uint64_t now_ms);
    /* Its last words, cleaned; "": none. */
    const char *(*words)(const struct player_process *process);
    /* Ends all of it. False: some of it runs on. */
    bool (*end)(struct player_process *process);
    /* Another one of the same terms that has not been started, for discard; NULL: no memory. For jobs_windows.c alone. */
    struct player_process *(*another)(const struct player_process *process);
    void (*discard)(struct player_process *process);
};

/* What all cases share; runner_options.subject. */
struct player_suite {
    const struct player_trust *trust;
    struct player_process *process;
    const char *directory; /* the run's own */
    bool can_see; /* as of struct player_seen */
    bool can_hide;
    uint32_t tolerance_ms;
    uint32_t start_ms; /* as long as the player has to begin to play */
    const volatile sig_atomic_t *stop; /* NULL: never */
};

size_t player_cases(const struct conformance_case *cases[PLAYER_CASES_MAX]);
extern const struct conformance_case player_cases_copp[];
extern const struct conformance_case player_cases_chain[];
extern const struct conformance_case player_cases_opm[];

/* run of all of them */
void player_run(struct case_run *run);

/* place.c, place_windows.c: false with errno. */
/* The run's own directory, for place_remove. */
bool place_make_root(char directory[PLAYER_PATH]);
bool place_make(struct player_place *place, const char *directory, const char *case_id);
/* Whether file could be written. */
bool place_write(const char *path, const void *bytes, size_t size);
void place_remove(const char *directory);

/* jobs.c, jobs_windows.c: as runner_run, but as many as jobs cases at a time, each in a process of its own, on Windows in a thread. */
bool player_run_all(const struct runner_options *options, const struct conformance_case *const *cases, size_t count,
                    unsigned jobs, struct runner_report *report);

/* judge.c: whether all is known. The verdict, if it is not a pass, has been given. */
bool judge_look(struct case_run *run, const struct player_seen *seen, const char *words, uint64_t now_ms);

#endif
