#include "containment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ADD_REASON_MAX (sizeof((struct containment *)0)->reason)

const char *containment_name(enum containment_kind kind) {
    return kind == CONTAINMENT_SCOPE ? "scope" : kind == CONTAINMENT_CGROUP ? "cgroup" : "processes";
}

static void __attribute__((format(printf, 2, 3))) add_reason(struct containment *c, const char *format, ...) {
    size_t used = strlen(c->reason);
    va_list arguments;
    if (used > 0 && used + 2 < ADD_REASON_MAX) {
        memcpy(c->reason + used, "; ", 3);
        used += 2;
    }
    va_start(arguments, format);
    (void)vsnprintf(c->reason + used, ADD_REASON_MAX - used, format, arguments);
    va_end(arguments);
}

/* In our own cgroup. Where systemd manages that, only if it has handed it over. */
static bool make_direct(struct containment *c) {
    int own = cgroup_open_of(getpid());
    if (own < 0) {
        add_reason(c, "no cgroup of version 2 is mounted here");
        return false;
    }
    if (scope_systemd_runs() && !cgroup_is_delegated(own)) {
        (void)close(own);
        add_reason(c, "systemd has not delegated the cgroup that copp is in");
        return false;
    }
    if (!cgroup_make(&c->cgroup, own)) {
        add_reason(c, "cannot create a cgroup in that of copp: %s", strerror(errno));
        return false;
    }
    return true;
}

int containment_prepare(struct containment *c) {
    *c = (struct containment){.prepared = true, .cgroup = {.fd = -1, .parent = -1}};
    return !scope_systemd_runs() && make_direct(c) ? c->cgroup.fd : -1;
}

/* A manager's own attributes of the scope are the manager's: what we freeze is a cgroup in it. */
static bool make_in_scope(struct containment *c, pid_t pid, const char *description) {
    char unit[SCOPE_UNIT_SIZE];
    char reason[SCOPE_REASON_SIZE] = "";
    if (!scope_start(pid, description, unit, reason)) {
        add_reason(c, "%s", reason);
        return false;
    }
    const char *last = process_cgroup(pid, c->path) ? strrchr(c->path, '/') : NULL;
    int scope = last && strcmp(last + 1, unit) == 0 ? cgroup_open_of(pid) : -1;
    if (scope < 0)
        add_reason(c, "systemd has started a scope, but the command is not in a cgroup of version 2 there");
    else if (!cgroup_make(&c->cgroup, scope))
        add_reason(c, "cannot create a cgroup in the scope: %s", strerror(errno));
    return c->cgroup.fd >= 0;
}

/* It must be there, by the kernel's word, and we must be able to tell it from others. */
static bool put(struct containment *c, pid_t pid) {
    bool there = cgroup_has(c->cgroup.fd, pid) || (cgroup_add(c->cgroup.fd, pid) && cgroup_has(c->cgroup.fd, pid));
    const char *last = there && process_cgroup(pid, c->path) ? strrchr(c->path, '/') : NULL;
    if (last && strcmp(last + 1, c->cgroup.name) == 0)
        return true;
    add_reason(c, "cannot move the command to its cgroup: %s", there ? "/proc does not show which that is" : strerror(errno));
    return false;
}

void containment_place(struct containment *c, pid_t pid, const char *description) {
    bool scope = c->cgroup.fd < 0 && scope_systemd_runs() && make_in_scope(c, pid, description);
    bool made = c->cgroup.fd >= 0 || (scope_systemd_runs() && make_direct(c));
    if (made && put(c, pid))
        c->kind = scope ? CONTAINMENT_SCOPE : CONTAINMENT_CGROUP;
}

void containment_end(struct containment *c) {
    if (c->prepared)
        cgroup_remove(&c->cgroup);
    c->kind = CONTAINMENT_PROCESSES;
}
