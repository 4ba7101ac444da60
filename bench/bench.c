/* Comparing two contenders, and keeping what came of it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "bench.h"

#define ROUNDS 61
#define ROUNDS_MAX 301

double bench_time_of(clockid_t clock) {
    struct timespec time;
    bench_must(clock_gettime(clock, &time) == 0, "no clock");
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

double bench_now(void) {
    return bench_time_of(CLOCK_MONOTONIC);
}

double bench_own_time(void) {
    return bench_time_of(CLOCK_PROCESS_CPUTIME_ID);
}

void bench_fail(const char *what) {
    (void)fprintf(stderr, "copp-bench: %s\n", what);
    exit(2);
}

void bench_must(int good, const char *what) {
    if (!good)
        bench_fail(what);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

static double batch(const struct contender *contender) {
    double (*clock)(void) = contender->clock ? contender->clock : bench_own_time;
    double start = clock();
    for (unsigned i = 0; i < contender->batch; i++)
        contender->run();
    return (clock() - start) / contender->batch;
}

struct figure bench_compare_rounds(const struct contender *ours, const struct contender *theirs, unsigned rounds) {
    double ratios[ROUNDS_MAX];
    double ours_ns[ROUNDS_MAX];
    double theirs_ns[ROUNDS_MAX];
    bench_must(rounds <= ROUNDS_MAX, "too many rounds");
    (void)batch(ours); /* warm up */
    (void)batch(theirs);
    for (size_t i = 0; i < rounds; i++) {
        ours_ns[i] = batch(ours);
        theirs_ns[i] = batch(theirs);
        ratios[i] = ours_ns[i] / theirs_ns[i];
    }
    return (struct figure){median(ours_ns, rounds), median(theirs_ns, rounds), median(ratios, rounds)};
}

struct figure bench_compare(const struct contender *ours, const struct contender *theirs) {
    return bench_compare_rounds(ours, theirs, ROUNDS);
}

static json_t *results;
static int missed;

static void keep(json_t *entry) {
    results = results ? results : json_array();
    bench_must(entry && json_array_append_new(results, entry) == 0, "out of memory");
}

void bench_report(const char *name, struct figure figure, double ratio, double goal, int at_least) {
    int met = at_least ? ratio >= goal : ratio <= goal;
    missed += !met;
    printf("%-58s %11.0f %11.0f %8.3f  %s %.2f  %s\n", name, figure.ours_ns, figure.theirs_ns, ratio,
           at_least ? ">=" : "<=", goal, met ? "met" : "MISSED");
    (void)fflush(stdout);
    json_t *entry =
        json_pack("{s:s, s:f, s:f, s:f, s:f, s:s, s:b}", "name", name, "ours_ns", figure.ours_ns, "reference_ns",
                  figure.theirs_ns, "ratio", ratio, "goal", goal, "goal_is", at_least ? "at least" : "at most", "met", met);
    keep(entry);
}

void bench_tell(const char *name, struct figure figure) {
    printf("%-58s %11.0f %11.0f %8.3f\n", name, figure.ours_ns, figure.theirs_ns, figure.ratio);
    (void)fflush(stdout);
    json_t *entry = json_pack("{s:s, s:f, s:f, s:f}", "name", name, "ours_ns", figure.ours_ns, "reference_ns", figure.theirs_ns,
                              "ratio", figure.ratio);
    keep(entry);
}

int bench_write(const char *path) {
    json_t *root =
        json_pack("{s:s, s:s, s:o}", "version", copp_version(), "crypto", OpenSSL_version(OPENSSL_VERSION), "figures", results);
    bench_must(root && json_dump_file(root, path, JSON_INDENT(2)) == 0, "the result file could not be written");
    json_decref(root);
    return missed;
}
