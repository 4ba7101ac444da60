#ifndef COPP_BENCH_H
#define COPP_BENCH_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "copp.h"

struct contender {
    void (*run)(void);
    unsigned batch; /* runs between two looks at the clock */
    double (*clock)(void); /* nanoseconds; NULL: bench_own_time */
};

struct figure {
    double ours_ns;
    double theirs_ns;
    double ratio; /* median of paired ours / theirs */
};

double bench_time_of(clockid_t clock);
double bench_now(void);
double bench_own_time(void); /* processor time of this program: what else runs on the machine does not count */
_Noreturn void bench_fail(const char *what);
void bench_must(int good, const char *what);
struct figure bench_compare(const struct contender *ours, const struct contender *theirs);
/* bench_compare has 61 rounds: fewer for what takes long, at most 301 for what seldom runs without a break. */
struct figure bench_compare_rounds(const struct contender *ours, const struct contender *theirs, unsigned rounds);
void bench_report(const char *name, struct figure figure, double ratio, double goal, int at_least);
/* A figure that has no goal: what the others are to be judged by. */
void bench_tell(const char *name, struct figure figure);
/* Writes what was reported and told, in JSON; returns how many goals were missed. Call it once, at the end. */
int bench_write(const char *path);

/* parts.c */
void bench_setup(void);
void bench_omac(void);
void bench_query(void);
void bench_handshake(void);
void bench_chain(void);
void bench_many(void);
void bench_teardown(void);

/* opm.c */
void bench_opm_query(void);

/*
 * place.c: processors, by index among those this program may use. The kernel, left alone, places each contender as it
 * sees fit; pid 0 is the calling thread, and threads that it starts inherit its place.
 */
size_t bench_processors(void);
void bench_place(pid_t pid, size_t index);
void bench_place_anywhere(pid_t pid); /* back to the kernel's choice */

/* loss.c; only where daemon and tool are built. events: a FIFO that coppd reads. */
void bench_loss(const char *directory, const char *socket, const char *events, pid_t coppd);
/* The picture: until nobody reads it. */
void bench_show_frames(void);

/* daemon.c; only where the daemon is built */
void bench_daemon(void);

/* flood.c; likewise. Users of a coppd's that is started with BENCH_PEERS loaded before the C library, and a file at path; then the flood. */
void bench_flood_users(const char *path);
void bench_flood(const char *socket_path);

#endif
