#include "printer.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_SIZE 65536u /* bytes that wait for a reader, in each lane */
#define BUFFER_SIZE 16384u /* more than a line has */

struct piece {
    struct piece *next;
    size_t size;
    int fd;
    char bytes[];
};

/* What one thread writes. */
struct lane {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct piece *first; /* being written, if any */
    struct piece **end;
    size_t waiting; /* bytes */
    bool over; /* the thread ends once it has written all */
    bool ended;
    pthread_t thread;
};

/* Standard output or standard error. */
struct stream {
    struct lane *lane;
    FILE *before;
    FILE *queue;
    const char *lost_format; /* the line that tells of lines lost */
    unsigned lost; /* under the lane's mutex, as the next one */
    int error; /* of the first write that failed */
    int fd;
};

static struct lane lanes[2];
static struct stream streams[2];
static bool started;

/* --- the thread --- */

static int write_all(const struct piece *piece) {
    for (size_t done = 0; done < piece->size;) {
        ssize_t put = write(piece->fd, piece->bytes + done, piece->size - done);
        if (put < 0 && errno != EINTR && errno != EAGAIN)
            return errno;
        if (put < 0 && errno == EAGAIN) /* somebody else made the descriptor so */
            nanosleep(&(struct timespec){.tv_nsec = 20 * 1000000}, NULL);
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

static struct stream *stream_of(int fd) {
    return &streams[fd == STDERR_FILENO];
}

static void *write_lane(void *context) {
    struct lane *lane = context;
    pthread_mutex_lock(&lane->mutex);
    for (;;) {
        while (!lane->first && !lane->over)
            pthread_cond_wait(&lane->changed, &lane->mutex);
        struct piece *piece = lane->first;
        if (!piece)
            break;
        struct stream *stream = stream_of(piece->fd);
        int error = stream->error;
        pthread_mutex_unlock(&lane->mutex);
        if (!error) /* whoever cannot be written to is not tried again */
            error = write_all(piece);
        pthread_mutex_lock(&lane->mutex);
        stream->error = error;
        lane->first = piece->next;
        if (!lane->first)
            lane->end = &lane->first;
        lane->waiting -= piece->size;
        free(piece);
        pthread_cond_broadcast(&lane->changed);
    }
    lane->ended = true;
    pthread_cond_broadcast(&lane->changed);
    pthread_mutex_unlock(&lane->mutex);
    return NULL;
}

/* --- the queue --- */

/* False: there is no room. */
static bool append(const struct stream *stream, const char *bytes, size_t size, size_t limit) {
    struct lane *lane = stream->lane;
    struct piece *piece = lane->waiting + size <= limit ? malloc(sizeof *piece + size) : NULL;
    if (!piece)
        return false;
    *piece = (struct piece){.size = size, .fd = stream->fd};
    memcpy(piece->bytes, bytes, size);
    *lane->end = piece;
    lane->end = &piece->next;
    lane->waiting += size;
    pthread_cond_broadcast(&lane->changed);
    return true;
}

/* Where lines were lost a line stands in their place. */
static bool tell_lost(struct stream *stream, size_t limit) {
    char text[128];
    if (stream->lost == 0)
        return true;
    int size = snprintf(text, sizeof text, stream->lost_format, stream->lost);
    if (!append(stream, text, (size_t)size, limit))
        return false;
    stream->lost = 0;
    return true;
}

static unsigned lines_in(const char *bytes, size_t size) {
    unsigned lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    return lines;
}

static ssize_t enqueue(void *context, const char *bytes, size_t size) {
    struct stream *stream = context;
    pthread_mutex_lock(&stream->lane->mutex);
    if (!tell_lost(stream, QUEUE_SIZE) || !append(stream, bytes, size, QUEUE_SIZE))
        stream->lost += lines_in(bytes, size);
    pthread_mutex_unlock(&stream->lane->mutex);
    return (ssize_t)size;
}

/* --- starting and stopping --- */

static bool same_file(void) {
    struct stat out;
    struct stat err;
    return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 && out.st_dev == err.st_dev &&
           out.st_ino == err.st_ino;
}

static bool start_lane(struct lane *lane) {
    pthread_condattr_t attributes;
    *lane = (struct lane){.end = &lane->first};
    pthread_mutex_init(&lane->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&lane->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    errno = pthread_create(&lane->thread, NULL, write_lane, lane);
    return errno == 0;
}

static bool open_stream(struct stream *stream, FILE *before, int fd, struct lane *lane, const char *lost_format) {
    *stream = (struct stream){.lane = lane, .before = before, .fd = fd, .lost_format = lost_format};
    stream->queue = fopencookie(stream, "w", (cookie_io_functions_t){.write = enqueue});
    return stream->queue && setvbuf(stream->queue, NULL, fd == STDERR_FILENO ? _IOLBF : _IOFBF, BUFFER_SIZE) == 0;
}

static void end_lane(struct lane *lane) {
    pthread_mutex_lock(&lane->mutex);
    lane->over = true;
    pthread_cond_broadcast(&lane->changed);
    pthread_mutex_unlock(&lane->mutex);
}

bool printer_start(bool json) {
    (void)fflush(stdout);
    struct lane *second = same_file() ? &lanes[0] : &lanes[1]; /* one file's lines stay in order */
    if (!start_lane(&lanes[0]))
        return false;
    if (second != &lanes[0] && !start_lane(second)) {
        end_lane(&lanes[0]);
        return false;
    }
    started = open_stream(&streams[0], stdout, STDOUT_FILENO, &lanes[0],
                          json ? "{\"event\":\"lost\",\"lines\":%u}\n" : "copp: %u lines lost: they were not read\n") &&
              open_stream(&streams[1], stderr, STDERR_FILENO, second, "copp: %u lines lost: they were not read\n");
    if (!started) {
        end_lane(&lanes[0]);
        if (second != &lanes[0])
            end_lane(second);
        errno = ENOMEM;
        return false;
    }
    stdout = streams[0].queue;
    stderr = streams[1].queue;
    return true;
}

static struct timespec moment_in(unsigned ms) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += (time_t)(ms / 1000u);
    moment.tv_nsec += (long)(ms % 1000u) * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

static void wait_until_written(struct lane *lane, const struct timespec *until) {
    pthread_mutex_lock(&lane->mutex);
    while (lane->first && pthread_cond_timedwait(&lane->changed, &lane->mutex, until) == 0)
        ;
    pthread_mutex_unlock(&lane->mutex);
}

int printer_flush(unsigned limit_ms) {
    const struct timespec until = moment_in(limit_ms);
    if (!started)
        return 0;
    for (int i = 0; i < 2; i++) {
        (void)fflush(streams[i].queue);
        wait_until_written(streams[i].lane, &until);
    }
    pthread_mutex_lock(&streams[0].lane->mutex);
    int error = streams[0].error;
    pthread_mutex_unlock(&streams[0].lane->mutex);
    return error;
}

/* True once the thread has written everything. */
static bool wait_for_end(struct lane *lane, const struct timespec *until) {
    pthread_mutex_lock(&lane->mutex);
    while (!lane->ended && pthread_cond_timedwait(&lane->changed, &lane->mutex, until) == 0)
        ;
    bool ended = lane->ended;
    pthread_mutex_unlock(&lane->mutex);
    return ended;
}

/* A thread that waits for a reader is left to itself: it ends with the program, and so its piece stays. */
void printer_stop(unsigned limit_ms) {
    const struct timespec until = moment_in(limit_ms);
    if (!started)
        return;
    started = false;
    stdout = streams[0].before;
    stderr = streams[1].before;
    for (int i = 0; i < 2; i++) {
        (void)fclose(streams[i].queue);
        pthread_mutex_lock(&streams[i].lane->mutex);
        (void)tell_lost(&streams[i], SIZE_MAX);
        pthread_mutex_unlock(&streams[i].lane->mutex);
    }
    for (int i = 0; i < 2; i++)
        end_lane(streams[i].lane);
    for (int i = 0; i < 2; i++) {
        bool again = i == 1 && streams[1].lane == streams[0].lane;
        if (!again && wait_for_end(streams[i].lane, &until))
            (void)pthread_join(streams[i].lane->thread, NULL);
    }
}
