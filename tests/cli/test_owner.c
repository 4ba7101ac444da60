/* Who owns a graphics card (cli/probe/owner.c, lent.c), by a list of the kernel's and processes that the test makes up. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/probe/lent.h"
#include "cli/probe/owner.h"
#include "unit/harness.h"

#define NODE "/dev/dri/card0"

static char directory[64];
static char debugfs[96];
static char proc[96];

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...) {
    char command[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    assert_int_equal(system(command), 0);
}

static void begin(void) {
    (void)snprintf(directory, sizeof directory, "/tmp/copp-owner-XXXXXX");
    assert_non_null(mkdtemp(directory));
    (void)snprintf(debugfs, sizeof debugfs, "%s/debug", directory);
    (void)snprintf(proc, sizeof proc, "%s/proc", directory);
    run("mkdir -p %s/dri/0 %s", debugfs, proc);
}

static void end(void) {
    run("rm -r %s", directory);
}

/* With nothing the kernel's list cannot be read. */
static void clients(const char *text) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/dri/0/clients", debugfs);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "             command  tgid dev master a   uid      magic\n%s", text) > 0);
    assert_int_equal(fclose(file), 0);
}

static void process(int pid, const char *name, const char *file) {
    run("mkdir -p %s/%d/fd && echo '%s' >%s/%d/comm && ln -s %s %s/%d/fd/7", proc, pid, name, proc, pid, file, proc, pid);
}

static struct card_owners look(void) {
    struct card_owners owners;
    card_owners_read(debugfs, proc, 0, NODE, &owners);
    return owners;
}

static void expect_master(int pid, const char *name) {
    struct card_owners owners = look();
    const struct card_owner *master = card_owners_master(&owners);
    assert_non_null(master);
    assert_int_equal(master->pid, pid);
    assert_string_equal(master->name, name);
}

static void the_master_is_named(void) {
    begin();
    clients("                 mpv   901   0   n    n  1000          0\n"
            "                sway   812   0   y    y  1000          0\n");
    process(812, "sway", NODE);
    process(901, "mpv", NODE);
    process(77, "sh", "/dev/null");
    expect_master(812, "sway");
    assert_int_equal(look().count, 2);
    end();
}

static void a_name_may_hold_blanks(void) {
    begin();
    clients("      my 1 0 y shell   812   0   y    y  1000          0\n");
    expect_master(812, "my 1 0 y shell");
    end();
}

/* Up to Linux 6.5 the list names who has opened the card, which for most compositors is logind or seatd. */
static void who_opens_for_others_is_not_the_master(void) {
    begin();
    clients("      systemd-logind   420   0   y    y     0          0\n");
    process(420, "systemd-logind", NODE);
    process(812, "sway", NODE);
    expect_master(812, "sway");
    process(333, "coppd", NODE); /* which has every card open */
    expect_master(812, "sway");
    process(901, "mpv", NODE); /* which of the two it opened the card for is not known */
    expect_master(420, "systemd-logind");
    end();
}

static void nobody_is_master(void) {
    begin();
    clients("                 mpv   901   0   n    n  1000          0\n");
    struct card_owners owners = look();
    assert_null(card_owners_master(&owners));
    assert_true(owners.clients_known);
    end();
}

static void what_cannot_be_read_is_not_known(void) {
    begin();
    process(812, "sway", NODE);
    run("mkdir %s/9", proc); /* as a process of another user's: its descriptors are not ours to see */
    struct card_owners owners = look();
    assert_null(card_owners_master(&owners));
    assert_false(owners.clients_known);
    assert_false(owners.all_seen);
    assert_int_equal(owners.count, 1);
    end();
}

static void lists_that_cannot_be_are_passed_over(void) {
    begin();
    clients("short\n"
            "                sway  zero   0   y    y  1000          0\n"
            "                sway     0   0   y    y  1000          0\n"
            "                sway   -12   0   y    y  1000          0\n");
    assert_int_equal(look().count, 0);
    for (int pid = 1000; pid < 1000 + (int)OWNERS_MAX + 3; pid++)
        process(pid, "many", NODE);
    assert_int_equal(look().count, OWNERS_MAX);
    end();
}

/* --- whether the card was lent --- */

static void an_open_file_that_was_lent_is_seen(void) {
    int pipe_fds[2];
    char byte;
    bool unseen = false;
    int lent = open("/dev/zero", O_RDONLY);
    assert_true(lent >= 0);
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)close(pipe_fds[1]);
        int own = open("/dev/full", O_RDONLY); /* both have that one open, each by itself */
        _exit(own < 0 || read(pipe_fds[0], &byte, 1) != 0);
    }
    assert_true(child > 0);
    (void)close(pipe_fds[0]);
    int own = open("/dev/full", O_RDONLY);
    assert_true(own >= 0);
    assert_true(card_is_shared(child, getpid(), "/dev/zero", &unseen));
    assert_false(card_is_shared(child, getpid(), "/dev/full", &unseen));
    assert_int_equal(close(lent), 0);
    assert_false(card_is_shared(child, getpid(), "/dev/zero", &unseen));
    assert_false(unseen);
    assert_int_equal(close(own), 0);
    assert_int_equal(close(pipe_fds[1]), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Nobody is taken for one who has not lent because we may not look. */
static void what_may_not_be_seen_is_said(void) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        bool unseen = false;
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
            _exit(2);
        bool denied = access("/proc/1/fd", R_OK) != 0;
        bool shared = card_is_shared(1, 1, "/dev/null", &unseen);
        _exit(denied && (shared || !unseen));
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(the_master_is_named, ""),
        TEST(a_name_may_hold_blanks, ""),
        TEST(who_opens_for_others_is_not_the_master, ""),
        TEST(nobody_is_master, ""),
        TEST(what_cannot_be_read_is_not_known, ""),
        TEST(lists_that_cannot_be_are_passed_over, ""),
        TEST(an_open_file_that_was_lent_is_seen, ""),
        TEST(what_may_not_be_seen_is_said, ""),
    };
    return RUN_SUITE("owner", cases);
}
