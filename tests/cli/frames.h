/* What is seen of a film: of two processes that each count the frames that they show, a millisecond apart. */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#define FRAMES_LOOK_MS 300u /* longer than a process that runs shows no frame */

static inline void pause_ms(long ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Either of them shows something. */
static inline bool frames_move(const atomic_int frames[2]) {
    int before[2] = {frames[0], frames[1]};
    pause_ms(FRAMES_LOOK_MS);
    return frames[0] != before[0] || frames[1] != before[1];
}

/* Waits until both of them show something, or neither does. False: not within patience_ms. */
static inline bool frames_await(const atomic_int frames[2], bool moving, unsigned patience_ms) {
    for (unsigned ms = 0; ms < patience_ms; ms += FRAMES_LOOK_MS) {
        int before[2] = {frames[0], frames[1]};
        pause_ms(FRAMES_LOOK_MS);
        if ((frames[0] != before[0]) == moving && (frames[1] != before[1]) == moving)
            return true;
    }
    return false;
}

#endif
