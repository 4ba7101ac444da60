/*
 * copp-bench: what libcopp costs, as ratios to the crypto library's own primitives, taken in one run.
 *
 * Contenders take turns, a batch each, many rounds; a ratio is the median of the rounds' paired ratios. The machine's
 * noise and its clock's changes hit both sides alike, so that the ratios hold where the times do not. Time is processor
 * time, but where it is waited for another process: there batches are short, a millisecond or less, so that on a busy machine
 * too more than half of them run without a break.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"

/* What is measured in this process alone. */
static void library(void) {
    bench_setup();
    bench_omac();
    bench_query();
    bench_opm_query();
    bench_handshake();
    bench_chain();
    bench_many();
    bench_teardown();
}

/* copp-bench [OUT [daemon]]: everything, or coppd alone. copp-bench frames: what loss.c protects. */
int main(int argc, char **argv) {
#ifdef COPP
    if (argc == 2 && strcmp(argv[1], "frames") == 0) {
        bench_show_frames();
        return 0;
    }
#endif
    const char *out = argc > 1 ? argv[1] : "bench.json";
    bool all = argc < 3 || strcmp(argv[2], "daemon") != 0;
    printf("%-58s %11s %11s %8s\n", "figure", "ours ns", "against ns", "ratio");
    if (all)
        library();
#ifdef COPPD
    bench_daemon();
#endif
    int missed = bench_write(out);
    printf("\n%d of the goals missed; times in nanoseconds, medians of many rounds; written to %s\n", missed, out);
    return 0;
}
