#include "srm_lists.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "files.h"
#include "log.h"

/* The thread's alone, but for what it borrows of the lists: keys and files, which do not change. */
struct srm_write {
    pthread_t thread;
    const struct srm_file *file;
    size_t kind;
    uint64_t due; /* what it settles */
    struct srm_list list;
    int fd;
    bool good;
    struct error_text error;
};

void srm_lists_init(struct srm_lists *lists) {
    *lists = (struct srm_lists){.fd = -1};
}

/* --- at the start --- */

static bool read_keys(struct srm_lists *lists, const struct config *config, struct error_text *error) {
    if (!srm_keys_read(config->srm_keys, &lists->keys, error))
        return false;
    for (size_t kind = 0; kind < SRM_KINDS; kind++)
        srm_file_name(config->state_directory, (unsigned)kind + 1, &lists->keys, &lists->files[kind]);
    return true;
}

bool srm_lists_check(const struct config *config, struct error_text *error) {
    struct srm_lists lists;
    srm_lists_init(&lists);
    bool good = read_keys(&lists, config, error);
    for (size_t kind = 0; good && kind < SRM_KINDS; kind++)
        good = srm_file_read(&lists.files[kind], &lists.taken[kind], error);
    srm_lists_close(&lists);
    return good;
}

static void tell(const struct srm_list *list, const char *what) {
    struct copp_srm *srm = NULL;
    if (copp_srm_parse(list->bytes, list->size, &srm, NULL)) /* without memory: it is in force all the same */
        return;
    log_info("revoked HDCP devices: %s for HDCP %u.x: version %u, revoked: %zu", what, copp_srm_hdcp(srm), copp_srm_version(srm),
             copp_srm_count(srm));
    copp_srm_free(&srm);
}

static bool load(struct srm_lists *lists, size_t kind, struct copp_adapter *adapter, struct error_text *error) {
    struct srm_list *list = &lists->taken[kind];
    if (!srm_file_read(&lists->files[kind], list, error))
        return false;
    if (!list->bytes)
        return true;
    enum copp_result result = copp_adapter_load_srm(adapter, list->bytes, list->size, NULL);
    if (result)
        return error_set(error, "%s: %s", lists->files[kind].path, copp_strerror(result));
    tell(list, "the stored list");
    struct error_text why;
    if (file_settle(lists->files[kind].path, &why)) /* who stored it may have been killed before it was on the disk */
        return true;
    log_error("%s; coppd tries again when a player brings a list", why.text);
    lists->told[kind] = true;
    lists->states[kind] = SRM_FAILED;
    return true;
}

bool srm_lists_open(struct srm_lists *lists, const struct config *config, struct copp_adapter *adapter,
                    struct error_text *error) {
    if (!read_keys(lists, config, error))
        return false;
    enum copp_result result = copp_adapter_keep_srms(adapter, lists->keys.keys, lists->keys.count);
    if (result)
        return error_set(error, "[outputs] srm_keys: %s", copp_strerror(result));
    if (srm_keys_are_for_tests(&lists->keys))
        log_warning("[outputs] srm_keys: coppd accepts lists of revoked HDCP devices that are signed with test keys");
    lists->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lists->fd < 0)
        return error_set(error, "cannot create an eventfd: %s", strerror(errno));
    return load(lists, 0, adapter, error) && load(lists, 1, adapter, error);
}

/* --- newer ones --- */

static bool copy(const uint8_t *bytes, size_t size, struct srm_list *list) {
    uint8_t *made = malloc(size);
    if (!made)
        return false;
    memcpy(made, bytes, size);
    *list = (struct srm_list){made, size};
    return true;
}

/* It is to be written, once more if it failed. */
static void want(struct srm_lists *lists, size_t kind) {
    lists->states[kind] = SRM_NEW;
    lists->due[kind]++;
}

static void look(struct srm_lists *lists, size_t kind, const struct copp_adapter *adapter) {
    struct srm_list *taken = &lists->taken[kind];
    struct srm_list next;
    const uint8_t *bytes;
    size_t size;
    if (copp_adapter_srm(adapter, (unsigned)kind + 1, &bytes, &size) ||
        (taken->size == size && memcmp(taken->bytes, bytes, size) == 0))
        return;
    if (!copy(bytes, size, &next)) {
        log_error("%s: a newer list is not stored: out of memory", lists->files[kind].path);
        return;
    }
    srm_list_free(taken);
    *taken = next;
    want(lists, kind);
    lists->told[kind] = false;
    lists->updates[kind]++;
    tell(taken, "a player has brought a newer list");
}

static void *write_list(void *argument) {
    struct srm_write *write = argument;
    write->good = srm_file_write(write->file, &write->list, &write->error);
    (void)eventfd_write(write->fd, 1);
    return NULL;
}

static void free_write(struct srm_write *write) {
    if (!write)
        return;
    srm_list_free(&write->list);
    free(write);
}

static void fail(struct srm_lists *lists, size_t kind, const char *why) {
    lists->settled[kind] = lists->due[kind];
    if (!lists->told[kind])
        log_error("%s; the newer list is in force, but is lost when coppd ends unless coppd can store it before then", why);
    lists->told[kind] = true;
    lists->states[kind] = SRM_FAILED;
}

static void begin(struct srm_lists *lists, size_t kind) {
    struct srm_write *write = calloc(1, sizeof *write);
    const struct srm_list *list = &lists->taken[kind];
    struct error_text error;
    int cause = ENOMEM;
    lists->last_kind = kind;
    if (write && copy(list->bytes, list->size, &write->list)) {
        write->file = &lists->files[kind];
        write->kind = kind;
        write->due = lists->due[kind];
        write->fd = lists->fd;
        cause = pthread_create(&write->thread, NULL, write_list, write);
    }
    if (!cause) {
        lists->write = write;
        lists->states[kind] = SRM_WRITING;
        return;
    }
    (void)error_set(&error, "%s: cannot be written: %s", lists->files[kind].path, strerror(cause));
    free_write(write);
    lists->writes[false]++;
    fail(lists, kind, error.text);
}

/* One kind after the other, so that newer and newer lists of one do not keep the other from the disk. */
static void begin_next(struct srm_lists *lists) {
    for (size_t kind = lists->last_kind + 1, end = kind + SRM_KINDS; kind < end && !lists->write; kind++) {
        if (lists->states[kind % SRM_KINDS] == SRM_NEW)
            begin(lists, kind % SRM_KINDS);
    }
}

struct srm_wait srm_lists_sync(struct srm_lists *lists, struct copp_adapter *adapter, size_t kind) {
    for (size_t each = 0; each < SRM_KINDS; each++) {
        look(lists, each, adapter);
        if (lists->states[each] == SRM_FAILED)
            want(lists, each);
    }
    begin_next(lists);
    bool waits = lists->states[kind] == SRM_NEW || lists->states[kind] == SRM_WRITING;
    return (struct srm_wait){.kind = kind, .due = waits ? lists->due[kind] : 0};
}

bool srm_lists_done(const struct srm_lists *lists, const struct srm_wait *wait) {
    return lists->settled[wait->kind] >= wait->due;
}

/* The write has ended, or will. If a newer list has come meanwhile and this one could not be stored, that one's write decides. */
static void end(struct srm_lists *lists) {
    struct srm_write *write = lists->write;
    lists->write = NULL;
    (void)pthread_join(write->thread, NULL);
    size_t kind = write->kind;
    bool newest = lists->states[kind] == SRM_WRITING;
    lists->writes[write->good]++;
    if (write->good)
        lists->settled[kind] = write->due;
    if (newest && write->good)
        lists->states[kind] = SRM_STORED;
    else if (newest)
        fail(lists, kind, write->error.text);
    free_write(write);
}

void srm_lists_written(struct srm_lists *lists) {
    eventfd_t ended;
    if (!lists->write || eventfd_read(lists->fd, &ended) != 0)
        return;
    end(lists);
    begin_next(lists);
}

void srm_lists_close(struct srm_lists *lists) {
    struct error_text error;
    if (lists->write)
        end(lists);
    for (size_t kind = 0; kind < SRM_KINDS; kind++) {
        if (lists->states[kind] != SRM_STORED && !srm_file_write(&lists->files[kind], &lists->taken[kind], &error))
            log_error("%s; the next coppd uses an older list until a player brings this one", error.text);
        srm_list_free(&lists->taken[kind]);
    }
    srm_keys_free(&lists->keys);
    if (lists->fd >= 0)
        (void)close(lists->fd);
    srm_lists_init(lists);
}
