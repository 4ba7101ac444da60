#include "srm_lists.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"

/* The thread's alone, but for what it borrows of the lists: keys and files, which do not change. */
struct srm_write {
    pthread_t thread;
    const struct srm_file *file;
    size_t kind;
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
    log_info("revoked HDCP devices: %s for HDCP %u.x: version %u, which names %zu", what, copp_srm_hdcp(srm),
             copp_srm_version(srm), copp_srm_count(srm));
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
        log_warning("[outputs] srm_keys: lists of revoked HDCP devices are believed that are signed with keys for tests");
    lists->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lists->fd < 0)
        return error_set(error, "no eventfd can be made: %s", strerror(errno));
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
    lists->states[kind] = SRM_NEW;
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
    if (!lists->told[kind])
        log_error("%s; the newer list is in force, and lost when coppd ends unless it can be stored by then", why);
    lists->told[kind] = true;
    lists->states[kind] = SRM_FAILED;
}

static void begin(struct srm_lists *lists, size_t kind) {
    struct srm_write *write = calloc(1, sizeof *write);
    const struct srm_list *list = &lists->taken[kind];
    struct error_text error;
    int cause = ENOMEM;
    lists->begun++;
    if (write && copy(list->bytes, list->size, &write->list)) {
        write->file = &lists->files[kind];
        write->kind = kind;
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
    lists->ended++;
    lists->writes[false]++;
    fail(lists, kind, error.text);
}

static void begin_next(struct srm_lists *lists) {
    for (size_t kind = 0; kind < SRM_KINDS && !lists->write; kind++) {
        if (lists->states[kind] == SRM_NEW)
            begin(lists, kind);
    }
}

uint64_t srm_lists_sync(struct srm_lists *lists, struct copp_adapter *adapter) {
    uint64_t wait = lists->begun;
    for (size_t kind = 0; kind < SRM_KINDS; kind++) {
        look(lists, kind, adapter);
        if (lists->states[kind] == SRM_FAILED)
            lists->states[kind] = SRM_NEW;
        wait += lists->states[kind] == SRM_NEW;
    }
    begin_next(lists);
    return wait;
}

bool srm_lists_done(const struct srm_lists *lists, uint64_t wait) {
    return lists->ended >= wait;
}

/* The write has ended, or will. Its list may not be the newest any more. */
static void end(struct srm_lists *lists) {
    struct srm_write *write = lists->write;
    lists->write = NULL;
    (void)pthread_join(write->thread, NULL);
    size_t kind = write->kind;
    lists->ended++;
    lists->writes[write->good]++;
    if (lists->states[kind] == SRM_WRITING && write->good)
        lists->states[kind] = SRM_STORED;
    else if (lists->states[kind] == SRM_WRITING)
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
            log_error("%s; the next coppd has an older list until a player brings this one", error.text);
        srm_list_free(&lists->taken[kind]);
    }
    srm_keys_free(&lists->keys);
    if (lists->fd >= 0)
        (void)close(lists->fd);
    srm_lists_init(lists);
}
