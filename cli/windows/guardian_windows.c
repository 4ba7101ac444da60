/* Nobody but the system is needed: the job that the command runs in ends with the last handle of it, which is copp's
 * (child_windows.c). Windows has no signal that stops a program behind its back. */
#include "cli/protect/guardian.h"

#include <stddef.h>

enum guardian_side guardian_start(struct guardian *guardian, int *status) {
    (void)status;
    *guardian = (struct guardian)GUARDIAN_NONE;
    return GUARDIAN_IS_COPP;
}

void guardian_close(struct guardian *guardian) {
    (void)guardian;
}

int guardian_fd(const struct guardian *guardian) {
    return guardian->fd;
}

bool guardian_has_ended(const struct guardian *guardian) {
    (void)guardian;
    return false;
}

void guardian_command_starts(struct guardian *guardian) {
    (void)guardian;
}

void guardian_command_runs(struct guardian *guardian, int group) {
    (void)guardian;
    (void)group;
}

void guardian_command_ends(struct guardian *guardian, unsigned at_most_ms) {
    (void)guardian;
    (void)at_most_ms;
}

void guardian_command_ended(struct guardian *guardian) {
    (void)guardian;
}

void guardian_command_is_held(struct guardian *guardian, bool held) {
    (void)guardian;
    (void)held;
}

bool guardian_beat(struct guardian *guardian) {
    (void)guardian;
    return false;
}

bool guardian_release(struct guardian *guardian) {
    (void)guardian;
    return true;
}

void guardian_suspend(struct guardian *guardian) {
    (void)guardian;
}

void guardian_go_on(struct guardian *guardian) {
    (void)guardian;
}
