#include "terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

static void change_mask(int how, int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(how, &set, NULL);
}

/* Who is not in the foreground is stopped for changing it, unless SIGTTOU is blocked. */
static void set_foreground(int terminal, pid_t group) {
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGTTOU);
    sigprocmask(SIG_BLOCK, &block, &before);
    (void)tcsetpgrp(terminal, group);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static int open_controlling(void) {
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

/* In a pipeline the terminal is the others' as much, a pager's say. */
int terminal_open(void) {
    struct stat output;
    bool piped = fstat(STDOUT_FILENO, &output) == 0 && (S_ISFIFO(output.st_mode) || S_ISSOCK(output.st_mode));
    return isatty(STDIN_FILENO) && !piped ? open_controlling() : -1;
}

void terminal_close(int *terminal) {
    if (*terminal >= 0)
        (void)close(*terminal);
    *terminal = -1;
}

bool terminal_is_ours(int terminal) {
    return terminal >= 0 && tcgetpgrp(terminal) == getpgrp();
}

void terminal_give(int terminal, int group) {
    if (group > 0 && terminal_is_ours(terminal))
        set_foreground(terminal, group);
}

void terminal_take(int terminal, int group) {
    if (terminal >= 0 && (group == TERMINAL_ANYBODY || (group > 0 && tcgetpgrp(terminal) == group)))
        set_foreground(terminal, getpgrp());
}

void terminal_take_back(int group) {
    int terminal = open_controlling();
    terminal_take(terminal, group);
    terminal_close(&terminal);
}

void terminal_suspend(bool job) {
    kill(job ? 0 : getpid(), SIGTSTP);
    change_mask(SIG_UNBLOCK, SIGTSTP); /* here it stops */
    change_mask(SIG_BLOCK, SIGTSTP);
}

void terminal_pass_interrupt(void) {
    int terminal = open_controlling();
    bool ours = terminal_is_ours(terminal);
    terminal_close(&terminal);
    if (!ours)
        return;
    signal(SIGINT, SIG_DFL);
    kill(0, SIGINT);
    change_mask(SIG_UNBLOCK, SIGINT);
}
