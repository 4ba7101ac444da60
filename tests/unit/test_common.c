/* The small things of common/. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/transfer.h"
#include "harness.h"
#include "system_kit.h"

#ifndef _WIN32
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#endif

static void the_clock_goes_on(void) {
    uint64_t before = clock_ms();
    uint64_t now = before;
    for (unsigned long looks = 0; now == before && looks < 2000000000ul; looks++)
        now = clock_ms();
    assert_true(now > before && now - before < 60000);
#ifndef _WIN32
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    assert_true(clock_ms() / 1000 - (uint64_t)t.tv_sec < 60); /* the one that poll and timers count by */
#endif
}

/* More than a pipe holds, so that it goes through in parts. */
#define PIECE 200000u

static char *file_name(char *directory) {
    char *name = malloc(strlen(directory) + sizeof "/file");
    assert_non_null(name);
    (void)strcat(strcpy(name, directory), "/file");
    return name;
}

static void files_are_read_and_written_whole(void) {
    char *directory = test_directory_new();
    char *name = file_name(directory);
    uint8_t *bytes = malloc(PIECE);
    uint8_t *read = malloc(PIECE + 1);
    assert_true(bytes && read);
    memset(bytes, 0xA5, PIECE);
    int file = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    assert_true(write_all(file, bytes, PIECE));
    assert_true(write_all(file, NULL, 0));
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    assert_int_equal(read_all(file, read, 7), 7); /* not more than it is asked for */
    assert_int_equal(read_all(file, read, PIECE + 1), PIECE - 7); /* less at the end */
    assert_memory_equal(read, bytes, PIECE - 7);
    assert_int_equal(read_all(file, read, PIECE), 0);
    assert_int_equal(close(file), 0);
    file = open(name, O_RDONLY);
    assert_false(write_all(file, bytes, 1));
    assert_int_equal(errno, EBADF);
    assert_int_equal(close(file), 0);
    file = open(name, O_WRONLY);
    assert_int_equal(read_all(file, read, 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(close(file), 0);
    assert_int_equal(remove(name), 0);
    free(name);
    free(bytes);
    free(read);
    test_directory_remove(directory);
}

#ifndef _WIN32
static void on_alarm(int number) {
    (void)number;
}

/* A pipe takes and gives parts, and signals come in between. */
static void parts_and_interruptions_are_gone_through(void) {
    int ends[2];
    uint8_t *bytes = calloc(1, PIECE);
    assert_non_null(bytes);
    for (size_t i = 0; i < PIECE; i++)
        bytes[i] = (uint8_t)(i / 251);
    assert_int_equal(pipe(ends), 0);
    const struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
    const struct itimerval often = {{0, 1000}, {0, 1000}};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        (void)close(ends[0]);
        (void)setitimer(ITIMER_REAL, &often, NULL);
        _exit(!write_all(ends[1], bytes, PIECE));
    }
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    uint8_t *got = malloc(PIECE + 1);
    assert_non_null(got);
    (void)usleep(20000); /* the writer waits meanwhile, and is interrupted */
    assert_int_equal(read_all(ends[0], got, PIECE + 1), PIECE);
    assert_int_equal(setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 0}}, NULL), 0);
    assert_memory_equal(got, bytes, PIECE);
    int status;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
    assert_int_equal(close(ends[0]), 0);
    free(bytes);
    free(got);
}
#endif

int main(void) {
    static const struct test_case cases[] = {
        TEST(the_clock_goes_on, ""),
        TEST(files_are_read_and_written_whole, ""),
#ifndef _WIN32
        TEST(parts_and_interruptions_are_gone_through, ""),
#endif
    };
    return RUN_SUITE("common", cases);
}
