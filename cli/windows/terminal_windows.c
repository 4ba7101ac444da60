#include "cli/protect/terminal.h"

/* A console belongs to all of its programs. It has no foreground, and the command does not see Ctrl-C. */
int terminal_open(void) {
    return -1;
}

void terminal_close(int *terminal) {
    *terminal = -1;
}

bool terminal_is_ours(int terminal) {
    (void)terminal;
    return false;
}

void terminal_give(int terminal, int group) {
    (void)terminal;
    (void)group;
}

void terminal_take(int terminal, int group) {
    (void)terminal;
    (void)group;
}

/* Nobody but this program holds the command. */
void terminal_suspend(bool job) {
    (void)job;
}

void terminal_pass_interrupt(void) {
}
