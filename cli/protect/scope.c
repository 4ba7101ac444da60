#include "scope.h"

#include <stdio.h>
#include <unistd.h>

bool scope_systemd_runs(void) {
    return access("/run/systemd/system", F_OK) == 0; /* as sd_booted(3) has it */
}

#ifdef COPP_SCOPES

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "common/clock.h"

#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE MANAGER ".Manager"
#define STOP_US UINT64_C(2000000) /* as long as the manager waits at its own end before it kills a command that is held */

struct request {
    const char *unit;
    char *reason;
    bool accepted;
    bool done;
    bool failed;
};

static void give_up(struct request *request, const char *what, const char *why) {
    if (!request->failed)
        (void)snprintf(request->reason, SCOPE_REASON_SIZE, "%s%s%s", what, why[0] != '\0' ? ": " : "", why);
    request->failed = true;
}

static int on_answer(sd_bus_message *m, void *context, sd_bus_error *error) {
    struct request *request = context;
    (void)error;
    const sd_bus_error *refusal = sd_bus_message_get_error(m);
    if (refusal)
        give_up(request, "systemd refuses a scope", refusal->message ? refusal->message : refusal->name);
    request->accepted = true;
    return 1;
}

/* Jobs of other units do not concern us. */
static int on_job_removed(sd_bus_message *m, void *context, sd_bus_error *error) {
    struct request *request = context;
    const char *unit;
    const char *result;
    (void)error;
    if (sd_bus_message_read(m, "uoss", NULL, NULL, &unit, &result) < 0 || strcmp(unit, request->unit) != 0)
        return 0;
    if (strcmp(result, "done") != 0)
        give_up(request, "systemd could not start the scope", result);
    request->done = true;
    return 0;
}

static int append_properties(sd_bus_message *m, pid_t pid, const char *description) {
    int result = sd_bus_message_open_container(m, 'a', "(sv)");
    if (result >= 0)
        result = sd_bus_message_append(m, "(sv)", "Description", "s", description);
    if (result >= 0)
        result = sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, (uint32_t)pid);
    if (result >= 0)
        result = sd_bus_message_append(m, "(sv)", "Delegate", "b", 1);
    if (result >= 0)
        result = sd_bus_message_append(m, "(sv)", "CollectMode", "s", "inactive-or-failed");
    if (result >= 0)
        result = sd_bus_message_append(m, "(sv)", "TimeoutStopUSec", "t", STOP_US);
    return result >= 0 ? sd_bus_message_close_container(m) : result;
}

/* Nothing is waited for: not even the connection is there yet. */
static int send_request(sd_bus *bus, struct request *request, pid_t pid, const char *description) {
    sd_bus_message *m = NULL;
    int result = sd_bus_match_signal_async(bus, NULL, MANAGER, MANAGER_PATH, MANAGER_INTERFACE, "JobRemoved", on_job_removed,
                                           NULL, request);
    if (result >= 0)
        result = sd_bus_message_new_method_call(bus, &m, MANAGER, MANAGER_PATH, MANAGER_INTERFACE, "StartTransientUnit");
    if (result >= 0)
        result = sd_bus_message_append(m, "ss", request->unit, "fail");
    if (result >= 0)
        result = append_properties(m, pid, description);
    if (result >= 0)
        result = sd_bus_message_append(m, "a(sa(sv))", 0);
    if (result >= 0)
        result = sd_bus_call_async(bus, NULL, m, on_answer, request, 0);
    sd_bus_message_unref(m);
    return result;
}

static void serve(sd_bus *bus, struct request *request, uint64_t limit) {
    int result = 0;
    while (result >= 0 && !request->failed && !(request->accepted && request->done)) {
        uint64_t now = clock_ms();
        if (now >= limit) {
            give_up(request, "systemd does not answer within a second", "");
            return;
        }
        result = sd_bus_process(bus, NULL);
        if (result == 0)
            result = sd_bus_wait(bus, (limit - now) * 1000);
        if (result == -EINTR)
            result = 0;
    }
    if (result < 0)
        give_up(request, "the connection to systemd was lost", strerror(-result));
}

bool scope_start(pid_t pid, const char *description, char unit[static SCOPE_UNIT_SIZE], char reason[static SCOPE_REASON_SIZE]) {
    uint64_t limit = clock_ms() + SCOPE_MS;
    struct request request = {.unit = unit, .reason = reason};
    sd_bus *bus = NULL;
    bool root = geteuid() == 0;
    (void)snprintf(unit, SCOPE_UNIT_SIZE, "copp-protect-%d-%08x.scope", (int)getpid(), (unsigned)(clock_ns() & UINT32_MAX));
    int result = root ? sd_bus_open_system(&bus) : sd_bus_open_user(&bus);
    if (result < 0)
        give_up(&request, root ? "no system bus" : "no user bus",
                result == -ENOMEDIUM ? "XDG_RUNTIME_DIR is not set" : strerror(-result));
    else if ((result = send_request(bus, &request, pid, description)) < 0)
        give_up(&request, "cannot ask systemd for a scope", strerror(-result));
    else
        serve(bus, &request, limit);
    sd_bus_close_unref(bus);
    return !request.failed;
}

#else

bool scope_start(pid_t pid, const char *description, char unit[static SCOPE_UNIT_SIZE], char reason[static SCOPE_REASON_SIZE]) {
    (void)pid;
    (void)description;
    unit[0] = '\0';
    (void)snprintf(reason, SCOPE_REASON_SIZE, "this copp was built without systemd's scopes");
    return false;
}

#endif
