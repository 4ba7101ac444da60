#include "lending.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/number.h"
#include "common/printable.h"
#include "log.h"

#define USER_NAME_MAX 64u
#define FDINFO_MAX 512u

/* --- who may --- */

static bool read_user(const char *word, size_t length, uid_t *uid, struct error_text *error) {
    char name[USER_NAME_MAX];
    uint32_t number;
    if (length >= sizeof name)
        return error_set(error, "[outputs] lenders: \"%.40s\" is too long for a user's name", word);
    memcpy(name, word, length);
    name[length] = 0;
    if (number_read_word(name, 0, UINT32_MAX - 1, &number)) {
        *uid = (uid_t)number;
        return true;
    }
    const struct passwd *entry = getpwnam(name);
    if (!entry)
        return error_set(error, "[outputs] lenders: unknown user \"%s\"", name);
    *uid = entry->pw_uid;
    return true;
}

bool lenders_read(const char *words, uid_t list[LENDERS_MAX], size_t *count, struct error_text *error) {
    static const char blank[] = " \t,";
    *count = 0;
    while (*(words += strspn(words, blank))) {
        size_t length = strcspn(words, blank);
        if (*count == LENDERS_MAX)
            return error_set(error, "[outputs] lenders: more than %u users: remove some", LENDERS_MAX);
        if (!read_user(words, length, &list[*count], error))
            return false;
        ++*count;
        words += length;
    }
    return true;
}

bool lending_allowed(const struct server *server, uid_t uid) {
    bool may = uid == 0;
    for (size_t i = 0; i < server->lender_count; i++)
        may = may || server->lenders[i] == uid;
    return may;
}

/* --- whose card it is --- */

/* By its name, before anything else is done with the descriptor. */
static bool is_pidfd(int fd) {
    char path[64];
    char target[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return false;
    target[length] = 0;
    return strcmp(target, "anon_inode:[pidfd]") == 0 || strncmp(target, "pidfd:[", 7) == 0; /* from Linux 6.9 on */
}

/* What is read in one piece; "" without it. */
static void read_text(const char *path, char *text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, size - 1);
    if (fd >= 0)
        (void)close(fd);
    text[length > 0 ? length : 0] = 0;
}

/* 0: it has ended, or is of another pid namespace. */
static pid_t pid_of(int pidfd) {
    char path[64];
    char text[FDINFO_MAX];
    uint64_t pid = 0;
    (void)snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    read_text(path, text, sizeof text);
    const char *line = strstr(text, "\nPid:\t");
    const char *digits = line ? line + 6 : "";
    (void)number_take(&digits, INT32_MAX, &pid);
    return (pid_t)pid;
}

/* "sway (pid 4242)": as the lender calls it, or the kernel if it lets us see it. */
static void name_owner(struct lending *lending, const char *told, pid_t pid) {
    char path[64];
    char name[PACKET_ADOPT_OWNER_SIZE] = "";
    (void)snprintf(name, sizeof name, "%s", told);
    if (!name[0] && pid > 0) {
        (void)snprintf(path, sizeof path, "/proc/%ld/comm", (long)pid);
        read_text(path, name, sizeof name);
        name[strcspn(name, "\n")] = 0;
    }
    make_printable(name);
    if (name[0])
        (void)snprintf(lending->owner, sizeof lending->owner, "%s (pid %ld)", name, (long)pid);
    else
        (void)snprintf(lending->owner, sizeof lending->owner, "pid %ld", (long)pid);
}

static int on_owner_end(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct lending *lending = userdata;
    (void)source;
    (void)fd;
    (void)events;
    lending->over = DISCONNECT_OWNER_ENDED;
    (void)sd_event_source_set_enabled(lending->client->server->lendings_end, SD_EVENT_ONESHOT);
    return 0;
}

/* --- its life --- */

static uint32_t refusal(enum copp_result result) {
    switch (result) {
    case COPP_E_NOT_FOUND:
        return COPP_HR_INVALIDARG;
    case COPP_E_STATE:
        return COPP_HR_NOEXCLUSIVEMODE;
    case COPP_E_PENDING:
        return COPP_HR_EXCLUSIVEMODEALREADYSET;
    case COPP_E_UNSUPPORTED:
        return COPP_HR_NOTIMPL;
    default:
        return COPP_HR_OUTOFMEMORY;
    }
}

static void free_lending(struct lending *lending) {
    sd_event_source_disable_unref(lending->owner_end);
    if (lending->owner_fd >= 0)
        (void)close(lending->owner_fd);
    free(lending);
}

/* Takes the descriptors that it uses. */
static uint32_t adopt(struct lending *lending, struct passed *passed) {
    struct server *server = lending->client->server;
    if (passed->count == 2) {
        lending->owner_fd = passed->fds[1];
        passed->fds[1] = -1;
    }
    if (lending->owner_fd >= 0 &&
        sd_event_add_io(server->event, &lending->owner_end, lending->owner_fd, EPOLLIN, on_owner_end, lending) < 0)
        return COPP_HR_OUTOFMEMORY;
    enum copp_result result = copp_outputs_adopt(server->outputs, passed->fds[0], lending->owner, &lending->loan);
    if (result)
        return refusal(result);
    passed->fds[0] = -1;
    return COPP_HR_OK;
}

uint32_t lending_begin(struct client *client, const struct packet_adopt *wanted) {
    struct server *server = client->server;
    struct passed *passed = &server->passed;
    if (client->device || client->lending)
        return COPP_HR_UNEXPECTED;
    if (!lending_allowed(server, client->user->uid))
        return COPP_HR_ACCESSDENIED;
    if (passed->count == 0 || passed->more || (passed->count == 2 && !is_pidfd(passed->fds[1])))
        return COPP_HR_INVALIDARG;
    struct lending *lending = calloc(1, sizeof *lending);
    if (!lending)
        return COPP_HR_OUTOFMEMORY;
    lending->client = client;
    lending->owner_fd = -1;
    name_owner(lending, wanted->owner, passed->count == 2 ? pid_of(passed->fds[1]) : client->pid);
    uint32_t status = adopt(lending, passed);
    if (status != COPP_HR_OK) {
        free_lending(lending);
        return status;
    }
    lending->next = server->lendings;
    server->lendings = lending;
    client->lending = lending;
    log_info("%s: user %lu, pid %ld lends the card that %s owns: coppd switches HDCP through it", lending->loan.card,
             (unsigned long)client->user->uid, (long)client->pid, lending->owner);
    return COPP_HR_OK;
}

void lending_end(struct client *client, enum disconnect_reason why) {
    struct lending *lending = client->lending;
    struct server *server = client->server;
    if (!lending)
        return;
    struct lending **link = &server->lendings;
    while (*link != lending)
        link = &(*link)->next;
    *link = lending->next;
    client->lending = NULL;
    copp_outputs_give_back(server->outputs, lending->loan.id);
    if (why == DISCONNECT_OVERWRITTEN)
        log_warning("%s: given back: %s undoes the HDCP that is written through its card; under Weston, let players ask Weston "
                    "itself (libcopp-wayland)",
                    lending->loan.card, lending->owner);
    else
        log_info("%s: given back to %s%s%s", lending->loan.card, lending->owner, why ? ": " : "",
                 why ? copp_packet_disconnect_text(why) : "");
    free_lending(lending);
}

bool lending_look(struct server *server) {
    bool over = false;
    for (struct lending *lending = server->lendings; lending; lending = lending->next) {
        enum copp_backend_lent lent = copp_outputs_lent(server->outputs, lending->loan.id);
        if (!lending->over && lent != COPP_BACKEND_LENT)
            lending->over = lent == COPP_BACKEND_LENT_OVERWRITTEN ? DISCONNECT_OVERWRITTEN : DISCONNECT_CARD_GONE;
        over = over || lending->over;
    }
    return over;
}
