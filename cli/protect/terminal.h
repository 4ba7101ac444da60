/*
 * The terminal that copp protect shares with its command: a process group gets the foreground as a shell would give it, so that
 * Ctrl-C and Ctrl-Z are the command's. Groups are numbers of process groups, 0 for none. (terminal.c; on Windows, where a
 * console has no foreground, terminal_windows.c)
 */
#ifndef COPP_CLI_TERMINAL_H
#define COPP_CLI_TERMINAL_H

#include <stdbool.h>

/* The controlling terminal if its foreground is the command's to use: a descriptor to close with terminal_close; -1: it is not. */
int terminal_open(void);
void terminal_close(int *terminal);

/* Whether this program's process group has the foreground. */
bool terminal_is_ours(int terminal);

#define TERMINAL_ANYBODY (-1)

/* Gives group the foreground if this program has it; takes it back if group, or with TERMINAL_ANYBODY whoever else, has it.
 * Nothing happens without terminal (-1). */
void terminal_give(int terminal, int group);
void terminal_take(int terminal, int group);

/* The same without terminal_open: takes the controlling terminal's back. (Not on Windows.) */
void terminal_take_back(int group);

/* Stops this program, and with job the other processes of its job as well, as the terminal's Ctrl-Z does. Returns when the
 * person continues it. */
void terminal_suspend(bool job);

/* Gives whoever called this program, and the program itself, the SIGINT that the terminal has given the command alone. Call it
 * last: SIGINT is blocked until then. */
void terminal_pass_interrupt(void);

#endif
