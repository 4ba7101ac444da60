#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fork.h"

#define ENTROPY_MAX 256u /* bytes that getentropy gives at once */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct copp_private_fd *files; /* under the mutex */
static bool handling; /* the handlers below are registered; under the mutex */

static atomic_uint last; /* given out on the way to this process */
static atomic_uint unwiped; /* the number, where the kernel has no page that a fork wipes */
static _Atomic(atomic_uint *) number; /* where it stands; NULL before it is asked for */

/* 0 in a child that fork() or clone() has made, even past the C library; as it was in one of vfork(). */
static atomic_uint *wiped_page(void) {
#ifdef MADV_WIPEONFORK
    long size = sysconf(_SC_PAGESIZE);
    void *page = size > 0 ? mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, (size_t)size, MADV_WIPEONFORK) == 0)
        return page;
    (void)munmap(page, (size_t)size);
#endif
    return NULL;
}

static unsigned next_number(void) {
    return atomic_fetch_add(&last, 1) + 1;
}

/* EVT-5: the kernel ends a connection when nobody has it any more. */
static void close_files(void) {
    while (files) {
        struct copp_private_fd *file = files;
        files = file->next;
        (void)close(file->fd);
        *file = (struct copp_private_fd){.fd = -1};
    }
}

/* --- what fork() calls --- */

static void before_fork(void) {
    (void)pthread_mutex_lock(&mutex);
}

static void in_parent(void) {
    (void)pthread_mutex_unlock(&mutex);
}

static void in_child(void) {
    close_files();
    atomic_uint *at = atomic_load(&number);
    if (at)
        atomic_store(at, next_number());
    (void)pthread_mutex_unlock(&mutex);
}

/* --- */

static atomic_uint *begin(void) {
    (void)pthread_mutex_lock(&mutex);
    atomic_uint *at = atomic_load(&number);
    if (!handling)
        handling = pthread_atfork(before_fork, in_parent, in_child) == 0;
    if (!at && handling) {
        at = wiped_page();
        at = at ? at : &unwiped;
        atomic_store(at, next_number());
        atomic_store(&number, at);
    }
    (void)pthread_mutex_unlock(&mutex);
    return at;
}

/* The page was wiped, and no handler was called: something has gone past the C library's fork(). The mutex may be a thread's that is
 * not here. */
static unsigned begin_wiped(atomic_uint *at) {
    unsigned now = 0;
    const unsigned fresh = next_number();
    if (pthread_mutex_trylock(&mutex) == 0) {
        if (atomic_load(at) == 0)
            close_files();
        (void)pthread_mutex_unlock(&mutex);
    }
    return atomic_compare_exchange_strong(at, &now, fresh) ? fresh : now;
}

uint32_t copp_process(void) {
    atomic_uint *at = atomic_load(&number);
    if (!at)
        at = begin();
    unsigned now = at ? atomic_load(at) : 0;
    return now || !at ? now : begin_wiped(at);
}

bool copp_process_freshen(uint8_t *bytes, size_t size) {
    uint8_t more[ENTROPY_MAX];
    if (copp_process() == COPP_PROCESS_FIRST)
        return true;
    for (size_t done = 0; done < size; done += sizeof more) {
        size_t count = size - done < sizeof more ? size - done : sizeof more;
        if (getentropy(more, count) != 0)
            return false;
        for (size_t i = 0; i < count; i++)
            bytes[done + i] ^= more[i];
    }
    explicit_bzero(more, sizeof more);
    return true;
}

void copp_private_fd_add(struct copp_private_fd *file) {
    (void)pthread_mutex_lock(&mutex);
    file->previous = NULL;
    file->next = files;
    if (files)
        files->previous = file;
    files = file;
    (void)pthread_mutex_unlock(&mutex);
}

void copp_private_fd_remove(struct copp_private_fd *file) {
    (void)pthread_mutex_lock(&mutex);
    if (file->previous)
        file->previous->next = file->next;
    else if (files == file)
        files = file->next;
    if (file->next)
        file->next->previous = file->previous;
    (void)pthread_mutex_unlock(&mutex);
}
