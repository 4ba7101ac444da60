/*
 * The console part of copp protect (cli/protect/console.c, cli/protect/terminal.c): signals, the terminal, and what is printed. Each
 * case that takes signals or a terminal runs in a process of its own.
 */
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/harness.h"

#undef fail /* cmocka's; the tool has a function of that name */
#include "cli/commands.h"
#include "cli/io_system.h"
#include "cli/protect/console.h"
#include "cli/protect/terminal.h"

void system_print(FILE *out, const char *text) {
    (void)fputs(text, out);
}

static const struct command command = {.name = "protect", .json_lines = true};

static void in_own_process(int (*run)(void)) {
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(run());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- what is printed --- */

static char out_text[4096];
static char err_text[4096];

static void read_back(int file, char *text, size_t size) {
    ssize_t got = pread(file, text, size - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    close(file);
}

static int new_file(void) {
    char name[] = "/tmp/copp-console-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    (void)unlink(name);
    return file;
}

/* What say prints to the two. */
static void capture(bool json, int operands, void (*told)(const struct console *console)) {
    const struct invocation in = {.command = &command, .json = json, .operand_count = operands};
    const struct console console = {.in = &in, .signals = {-1, -1, 0}, .output = "HD\x1bMI"};
    int out = new_file();
    int err = new_file();
    (void)fflush(stdout);
    int old_out = dup(STDOUT_FILENO);
    int old_err = dup(STDERR_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    told(&console);
    (void)fflush(stdout);
    dup2(old_out, STDOUT_FILENO);
    dup2(old_err, STDERR_FILENO);
    close(old_out);
    close(old_err);
    read_back(out, out_text, sizeof out_text);
    read_back(err, err_text, sizeof err_text);
}

static void happens(const struct console *console) {
    console_tell(console, true, "reconnecting", "the driver cannot be reached", "; the command is held");
}

static void stops(const struct console *console) {
    const struct console_stop stop = {.text = "the driver refused",
                                      .answer = ": E_FAIL",
                                      .rule = COPP_RULE_EVT_4,
                                      .fate = "; the command is killed",
                                      .command = "killed",
                                      .hint = "; look",
                                      .remedy = "plug it in"};
    console_tell_stop(console, false, &stop);
}

static void stops_without_rule(const struct console *console) {
    const struct console_stop stop = {.text = "unknown", .answer = "", .rule = COPP_RULE_NONE, .fate = "", .hint = ""};
    console_tell_stop(console, false, &stop);
}

static void ends(const struct console *console) {
    console_tell_end(console, false, 5);
}

static void starts_in_a_scope(const struct console *console) {
    console_tell_start(console, false, "scope", "");
}

static void starts_in_a_cgroup(const struct console *console) {
    console_tell_start(console, false, "cgroup", "no user bus");
}

static void starts_without_a_cgroup(const struct console *console) {
    console_tell_start(console, true, "processes", "none is mounted");
}

/* Who has less than a cgroup learns it in any case. */
static void what_holds_the_command_is_told(void) {
    capture(false, 1, starts_in_a_scope);
    assert_string_equal(err_text, "");
    capture(false, 1, starts_in_a_cgroup);
    assert_string_equal(err_text, "");
    capture(false, 1, starts_without_a_cgroup);
    assert_string_equal(err_text, "copp: HD?MI: no cgroup for the command (none is mounted); "
                                  "its processes are found through /proc alone\n");
    capture(true, 1, starts_in_a_scope);
    assert_non_null(strstr(out_text, "\"containment\":\"scope\",\"reason\":null"));
    capture(true, 1, starts_without_a_cgroup);
    assert_non_null(strstr(out_text, "\"containment\":\"processes\",\"reason\":\"none is mounted\""));
}

static void people_are_told_in_words(void) {
    capture(false, 0, happens);
    assert_string_equal(out_text, "HD?MI: the driver cannot be reached; the command is held\n");
    assert_string_equal(err_text, "");
    capture(false, 1, happens); /* standard output is the command's */
    assert_string_equal(out_text, "");
    assert_string_equal(err_text, "HD?MI: the driver cannot be reached; the command is held\n");
    capture(false, 1, stops);
    assert_string_equal(err_text, "copp: HD?MI: the driver refused: E_FAIL (EVT-4); the command is killed; look\n"
                                  "copp: remedy: plug it in\n");
    capture(false, 1, stops_without_rule);
    assert_string_equal(err_text, "copp: HD?MI: unknown\n");
    capture(false, 1, ends);
    assert_string_equal(err_text, "");
    assert_string_equal(out_text, "");
}

static json_t *object(void) {
    json_t *value = json_loads(out_text, 0, NULL);
    assert_non_null(value);
    return value;
}

static void assert_member(const json_t *value, const char *key, const char *text) {
    const json_t *member = json_object_get(value, key);
    assert_non_null(member);
    if (text)
        assert_string_equal(json_string_value(member), text);
    else
        assert_true(json_is_null(member));
}

static void programs_are_told_in_json(void) {
    capture(true, 1, happens);
    json_t *value = object();
    assert_member(value, "event", "reconnecting");
    assert_member(value, "text", "the driver cannot be reached");
    assert_true(json_is_true(json_object_get(value, "simulated")));
    json_decref(value);
    capture(true, 1, stops);
    value = object();
    assert_member(value, "event", "stopped");
    assert_member(value, "rule", "EVT-4");
    assert_member(value, "remedy", "plug it in");
    assert_member(value, "command", "killed");
    assert_member(value, "text", "the driver refused");
    assert_true(json_is_false(json_object_get(value, "simulated")));
    json_decref(value);
    capture(true, 1, stops_without_rule);
    value = object();
    assert_member(value, "rule", NULL);
    assert_member(value, "remedy", NULL);
    assert_member(value, "command", NULL);
    json_decref(value);
    capture(true, 1, ends);
    value = object();
    assert_member(value, "event", "ended");
    assert_int_equal(json_integer_value(json_object_get(value, "status")), 5);
    json_decref(value);
}

/* --- signals --- */

static bool is_ready(const struct console *console, int fd, uint64_t timeout_ms) {
    bool ready;
    console_wait(console, &fd, &ready, 1, timeout_ms);
    return ready;
}

static int take_signals(void) {
    const struct invocation in = {.command = &command};
    struct console console = CONSOLE_CLOSED(&in);
    int ends_of_pipe[2];
    bool suspended;
    if (console_open(&console) != STATUS_YES || pipe(ends_of_pipe) != 0)
        return 2;
    if (signals_take(&console.signals, &suspended) != 0 || suspended || is_ready(&console, ends_of_pipe[0], 1))
        return 3;
    raise(SIGUSR1);
    (void)is_ready(&console, ends_of_pipe[0], 60000); /* a signal ends the wait */
    if (signals_take(&console.signals, &suspended) != SIGUSR1 || suspended)
        return 4;
    raise(SIGTSTP);
    (void)is_ready(&console, -1, 60000);
    if (signals_take(&console.signals, &suspended) != 0 || !suspended)
        return 5;
    if (write(ends_of_pipe[1], "x", 1) != 1 || !is_ready(&console, ends_of_pipe[0], 60000))
        return 6;
    if (console_flush(STATUS_NO) != STATUS_NO)
        return 7;
    console_close(&console);
    return console.signals.ending == -1 ? 0 : 8;
}

static void signals_are_read_and_end_nothing(void) {
    in_own_process(take_signals);
}

/* --- the terminal --- */

/* With a terminal that is this process's, as a shell's is. */
static int own_terminal(void) {
    char name[64];
    int person = posix_openpt(O_RDWR | O_NOCTTY);
    if (person < 0 || grantpt(person) != 0 || unlockpt(person) != 0 || ptsname_r(person, name, sizeof name) != 0 || setsid() < 0)
        return -1;
    int terminal = open(name, O_RDWR);
    return terminal >= 0 && dup2(terminal, STDIN_FILENO) == STDIN_FILENO && dup2(terminal, STDOUT_FILENO) == STDOUT_FILENO
               ? terminal
               : -1;
}

static int lend_terminal(void) {
    int own = own_terminal();
    int terminal = own >= 0 ? terminal_open() : -1;
    if (terminal < 0 || !terminal_is_ours(terminal))
        return 2;
    pid_t pid = fork();
    if (pid == 0)
        _exit(pause());
    setpgid(pid, pid);
    terminal_give(terminal, pid);
    if (terminal_is_ours(terminal) || tcgetpgrp(terminal) != pid)
        return 3;
    terminal_take(terminal, pid + 1); /* whoever has it is another */
    if (terminal_is_ours(terminal))
        return 4;
    terminal_take(terminal, 0);
    if (terminal_is_ours(terminal))
        return 5;
    terminal_take(terminal, pid);
    if (!terminal_is_ours(terminal))
        return 6;
    terminal_give(terminal, 0);
    if (!terminal_is_ours(terminal))
        return 7;
    terminal_give(terminal, pid);
    terminal_take(terminal, TERMINAL_ANYBODY);
    if (!terminal_is_ours(terminal))
        return 8;
    kill(pid, SIGKILL);
    terminal_close(&terminal);
    terminal_give(terminal, pid); /* nothing happens without one */
    return terminal == -1 && !terminal_is_ours(terminal) ? 0 : 9;
}

static void the_foreground_is_given_and_taken(void) {
    in_own_process(lend_terminal);
}

static int in_a_pipeline(void) {
    int ends_of_pipe[2];
    if (own_terminal() < 0 || pipe(ends_of_pipe) != 0 || dup2(ends_of_pipe[1], STDOUT_FILENO) != STDOUT_FILENO)
        return 2;
    return terminal_open() == -1 ? 0 : 3;
}

static void a_pipeline_keeps_its_terminal(void) {
    in_own_process(in_a_pipeline);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(people_are_told_in_words, ""),          TEST(programs_are_told_in_json, ""),
        TEST(what_holds_the_command_is_told, ""),    TEST(signals_are_read_and_end_nothing, ""),
        TEST(the_foreground_is_given_and_taken, ""), TEST(a_pipeline_keeps_its_terminal, ""),
    };
    return RUN_SUITE("console", cases);
}
