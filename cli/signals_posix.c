#include "signals_posix.h"

#include <limits.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "signals.h"

/* Whoever started us wants us to ignore it: nohup, or a shell without job control for what runs in the background. */
static bool is_ignored(int number) {
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int signal_fd(const int *numbers, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++) {
        if (!is_ignored(numbers[i]))
            sigaddset(&set, numbers[i]);
    }
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC) : -1;
}

/* Whether it would end this program, and can be kept from it. (A fault of our own ends us all the same: the kernel sees to
 * that. What is meant here is the same signal, sent by somebody.) */
static bool would_end_us(int number) {
    static const int others[] = {SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (number == others[i])
            return false;
    }
    return true;
}

bool signals_open(struct signals *signals) {
    static const int child[] = {SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU};
    int ending[NSIG];
    size_t count = 0;
    for (int number = 1; number < NSIG; number++) {
        if (would_end_us(number))
            ending[count++] = number;
    }
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the exit status away */
    *signals = (struct signals){signal_fd(ending, count), signal_fd(child, 4), INT_MAX};
    return signals->ending >= 0 && signals->children >= 0;
}

void signals_close(struct signals *signals) {
    if (signals->ending >= 0)
        close(signals->ending);
    if (signals->children >= 0)
        close(signals->children);
    *signals = (struct signals){-1, -1, INT_MAX};
}

int signals_take_from(const struct signals *signals, bool *suspend, bool *typed) {
    struct signalfd_siginfo info;
    *suspend = false;
    *typed = false;
    while (read(signals->children, &info, sizeof info) == sizeof info)
        *suspend = *suspend || info.ssi_signo != SIGCHLD; /* which child it was, child_look sees for itself */
    if (read(signals->ending, &info, sizeof info) != sizeof info)
        return 0;
    *typed = info.ssi_code == SI_KERNEL && (info.ssi_signo == SIGINT || info.ssi_signo == SIGQUIT);
    return (int)info.ssi_signo;
}

int signals_take(const struct signals *signals, bool *suspend) {
    bool typed;
    return signals_take_from(signals, suspend, &typed);
}
