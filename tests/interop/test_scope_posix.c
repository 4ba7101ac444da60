/*
 * Scopes of systemd's (cli/protect/scope.h), asked of a stand-in for its manager: a process that is both the bus and the manager, and
 * misbehaves as each case wants. What a real manager does is tried elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "cli/protect/containment.h"

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"

enum behaviour {
    WORKS, /* makes a cgroup, and puts the process there */
    LIES, /* says so, and does nothing */
    REFUSES,
    FAILS, /* takes the job, which fails */
    IS_EARLY, /* says that the job is done before it has taken it */
    IS_SILENT, /* takes the connection and says nothing */
    DOES_NOT_ANSWER, /* the call */
    NEVER_ENDS, /* the job */
    ENDS_ANOTHER, /* job, and never this one */
    HANGS_UP,
    TALKS, /* answers nonsense */
};

static bool systemd_runs; /* as scope_systemd_runs has it */

bool __wrap_scope_systemd_runs(void);
bool __wrap_scope_systemd_runs(void) {
    return systemd_runs;
}

/* --- the stand-in --- */

struct asked {
    char unit[128];
    char description[128];
    char collect[64];
    uint32_t pid;
    int delegate;
};

static int read_property(sd_bus_message *m, struct asked *asked) {
    const char *name;
    const char *text;
    int result = sd_bus_message_read(m, "s", &name);
    if (result < 0)
        return result;
    if (strcmp(name, "PIDs") == 0) {
        if ((result = sd_bus_message_enter_container(m, 'v', "au")) < 0 ||
            (result = sd_bus_message_enter_container(m, 'a', "u")) < 0)
            return result;
        result = sd_bus_message_read(m, "u", &asked->pid);
        (void)sd_bus_message_exit_container(m);
        (void)sd_bus_message_exit_container(m);
        return result;
    }
    if (strcmp(name, "Delegate") == 0)
        return sd_bus_message_read(m, "v", "b", &asked->delegate);
    if (strcmp(name, "Description") != 0 && strcmp(name, "CollectMode") != 0)
        return sd_bus_message_skip(m, "v");
    result = sd_bus_message_read(m, "v", "s", &text);
    if (result >= 0)
        (void)snprintf(name[0] == 'D' ? asked->description : asked->collect, 64, "%s", text);
    return result;
}

static bool read_request(sd_bus_message *m, struct asked *asked) {
    const char *unit;
    const char *mode;
    if (sd_bus_message_read(m, "ss", &unit, &mode) < 0 || strcmp(mode, "fail") != 0 ||
        sd_bus_message_enter_container(m, 'a', "(sv)") < 0)
        return false;
    (void)snprintf(asked->unit, sizeof asked->unit, "%s", unit);
    while (sd_bus_message_enter_container(m, 'r', "sv") > 0) {
        if (read_property(m, asked) < 0 || sd_bus_message_exit_container(m) < 0)
            return false;
    }
    return asked->delegate && asked->pid > 1 && strcmp(asked->collect, "inactive-or-failed") == 0 &&
           strcmp(asked->description, "what it is") == 0;
}

static bool put_into_scope(const struct asked *asked) {
    int own = cgroup_open_of(getpid());
    if (own < 0 || mkdirat(own, asked->unit, 0755) != 0)
        return false;
    int scope = openat(own, asked->unit, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool put = scope >= 0 && cgroup_add(scope, (pid_t)asked->pid);
    (void)close(scope);
    (void)close(own);
    return put;
}

static void report_job(sd_bus *bus, const char *unit, const char *result) {
    sd_bus_message *m = NULL;
    if (sd_bus_message_new_signal(bus, &m, MANAGER_PATH, MANAGER ".Manager", "JobRemoved") < 0 ||
        sd_bus_message_set_sender(m, MANAGER) < 0 ||
        sd_bus_message_append(m, "uoss", 7u, MANAGER_PATH "/job/7", unit, result) < 0 || sd_bus_send(bus, m, NULL) < 0)
        _exit(40);
    sd_bus_message_unref(m);
}

static int start_unit(sd_bus *bus, sd_bus_message *m, enum behaviour behaviour) {
    struct asked asked = {.pid = 0};
    if (!read_request(m, &asked))
        _exit(41);
    if ((behaviour == WORKS || behaviour == IS_EARLY) && !put_into_scope(&asked))
        _exit(42);
    if (behaviour == REFUSES)
        return sd_bus_reply_method_errorf(m, "org.freedesktop.DBus.Error.AccessDenied", "Permission denied");
    if (behaviour == HANGS_UP)
        _exit(0);
    if (behaviour == IS_EARLY)
        report_job(bus, asked.unit, "done");
    if (behaviour == DOES_NOT_ANSWER)
        return 1;
    if (sd_bus_reply_method_return(m, "o", MANAGER_PATH "/job/7") < 0)
        _exit(43);
    if (behaviour == WORKS || behaviour == LIES)
        report_job(bus, asked.unit, "done");
    if (behaviour == FAILS)
        report_job(bus, asked.unit, "failed");
    if (behaviour == ENDS_ANOTHER)
        report_job(bus, "another.scope", "done");
    return 1;
}

static enum behaviour behaviour_now;

static int on_message(sd_bus_message *m, void *context, sd_bus_error *error) {
    sd_bus *bus = context;
    (void)error;
    if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus", "Hello"))
        return sd_bus_reply_method_return(m, "s", ":1.7");
    if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus", "AddMatch"))
        return sd_bus_reply_method_return(m, "");
    if (sd_bus_message_is_method_call(m, MANAGER ".Manager", "StartTransientUnit"))
        return start_unit(bus, m, behaviour_now);
    return 0;
}

static void serve(int socket, enum behaviour behaviour) {
    sd_bus *bus = NULL;
    sd_id128_t id;
    int result = sd_id128_randomize(&id);
    behaviour_now = behaviour;
    if (result < 0 || sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, socket, socket) < 0 || sd_bus_set_server(bus, 1, id) < 0 ||
        sd_bus_add_filter(bus, NULL, on_message, bus) < 0 || sd_bus_start(bus) < 0)
        _exit(44);
    while ((result = sd_bus_process(bus, NULL)) >= 0) {
        if (result == 0)
            (void)sd_bus_wait(bus, UINT64_MAX);
    }
    _exit(0); /* it was left */
}

static void talk(int socket) {
    static const char nonsense[] = "OK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\nl\1\0\1\377\377\377\377";
    if (write(socket, nonsense, sizeof nonsense) != sizeof nonsense)
        _exit(45);
    char rest[1024];
    while (read(socket, rest, sizeof rest) > 0)
        ;
    _exit(0);
}

/* --- asking it --- */

struct manager {
    pid_t pid;
    char name[64];
};

static void be_manager(int listening, enum behaviour behaviour) {
    int socket = accept(listening, NULL, NULL);
    if (behaviour == TALKS)
        talk(socket);
    if (behaviour != IS_SILENT)
        serve(socket, behaviour);
    char rest[1024];
    while (read(socket, rest, sizeof rest) > 0)
        ;
    _exit(0);
}

static void start_manager(struct manager *manager, enum behaviour behaviour) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char where[128];
    (void)snprintf(manager->name, sizeof manager->name, "/tmp/copp-bus-%d", (int)getpid());
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", manager->name);
    (void)snprintf(where, sizeof where, "unix:path=%s", manager->name);
    (void)unlink(manager->name);
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(setenv("DBUS_SYSTEM_BUS_ADDRESS", where, 1) | setenv("DBUS_SESSION_BUS_ADDRESS", where, 1), 0);
    manager->pid = fork();
    if (manager->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        be_manager(listening, behaviour);
    }
    close(listening);
}

/* It has met nothing that it did not expect. */
static void end_manager(const struct manager *manager) {
    int status;
    assert_int_equal(waitpid(manager->pid, &status, 0), manager->pid);
    assert_int_equal(status, 0);
    (void)unlink(manager->name);
}

/* What is to become the command. */
static pid_t start_placeholder(void) {
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* also where the test fails */
        _exit(pause());
    }
    return pid;
}

static void end_placeholder(pid_t pid) {
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void assert_refused(enum behaviour behaviour, const char *why) {
    char unit[SCOPE_UNIT_SIZE];
    char reason[SCOPE_REASON_SIZE] = "";
    struct manager manager;
    pid_t pid = start_placeholder();
    start_manager(&manager, behaviour);
    assert_false(scope_start(pid, "what it is", unit, reason));
    if (!strstr(reason, why))
        fail_msg("case %d: \"%s\", not \"%s\"", (int)behaviour, reason, why);
    end_manager(&manager);
    end_placeholder(pid);
}

static void what_it_refuses_is_said(void **state) {
    (void)state;
    assert_refused(REFUSES, "systemd refuses a scope: Permission denied");
    assert_refused(FAILS, "systemd could not start the scope: failed");
}

static void who_does_not_answer_is_not_waited_for(void **state) {
    (void)state;
    assert_refused(IS_SILENT, "within a second");
    assert_refused(DOES_NOT_ANSWER, "within a second");
    assert_refused(NEVER_ENDS, "within a second");
    assert_refused(ENDS_ANOTHER, "within a second");
}

static void a_connection_that_is_lost_is_said(void **state) {
    (void)state;
    assert_refused(HANGS_UP, "Connection terminated");
    assert_refused(TALKS, "within a second");
}

static void without_a_bus_it_is_said(void **state) {
    (void)state;
    char unit[SCOPE_UNIT_SIZE];
    char reason[SCOPE_REASON_SIZE] = "";
    assert_int_equal(setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1), 0);
    assert_int_equal(setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1), 0);
    assert_false(scope_start(getpid(), "what it is", unit, reason));
    assert_string_equal(reason,
                        geteuid() == 0 ? "no system bus: No such file or directory" : "no user bus: No such file or directory");
}

static struct containment place(enum behaviour behaviour, pid_t pid) {
    struct containment containment;
    struct manager manager;
    start_manager(&manager, behaviour);
    systemd_runs = true;
    assert_int_equal(containment_prepare(&containment), -1); /* nothing is made before systemd has been asked */
    containment_place(&containment, pid, "what it is");
    systemd_runs = false;
    end_manager(&manager);
    return containment;
}

static void a_scope_is_taken(void **state) {
    (void)state;
    const enum behaviour good[] = {WORKS, IS_EARLY};
    for (size_t i = 0; i < 2; i++) {
        char path[PROCESS_CGROUP_SIZE];
        pid_t pid = start_placeholder();
        struct containment c = place(good[i], pid);
        if (c.kind != CONTAINMENT_SCOPE)
            fail_msg("%s", c.reason);
        assert_string_equal(c.reason, "");
        assert_true(process_cgroup(pid, path));
        assert_string_equal(path, c.path);
        assert_non_null(strstr(path, ".scope/copp-protect-"));
        assert_true(cgroup_hold(c.cgroup.fd, 1000));
        assert_true(cgroup_kill(c.cgroup.fd));
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        containment_end(&c);
        *strrchr(path, '/') = '\0'; /* what systemd does once it is empty */
        int own = cgroup_open_of(getpid());
        assert_int_equal(unlinkat(own, strrchr(path, '/') + 1, AT_REMOVEDIR), 0);
        close(own);
    }
}

/* The manager's word is not believed, and where systemd manages cgroups none is made beside it without its leave. */
static void who_lies_is_not_believed(void **state) {
    (void)state;
    pid_t pid = start_placeholder();
    struct containment c = place(LIES, pid);
    assert_int_not_equal(c.kind, CONTAINMENT_SCOPE);
    if (geteuid() == 0) {
        assert_int_equal(c.kind, CONTAINMENT_PROCESSES);
        assert_non_null(strstr(c.reason, "not in a cgroup of version 2 there; systemd has not delegated"));
    }
    containment_end(&c);
    end_placeholder(pid);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_refuses_is_said),
        cmocka_unit_test(who_does_not_answer_is_not_waited_for),
        cmocka_unit_test(a_connection_that_is_lost_is_said),
        cmocka_unit_test(without_a_bus_it_is_said),
        cmocka_unit_test(a_scope_is_taken),
        cmocka_unit_test(who_lies_is_not_believed),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
