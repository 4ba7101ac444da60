/* Standard input, output and error, where whoever started a program may have closed them. POSIX only. */
#ifndef COPP_COMMON_STANDARD_STREAMS_H
#define COPP_COMMON_STANDARD_STREAMS_H

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

/* Call it before anything is opened: no file then takes the place of a standard stream that is closed, and gets its lines. False:
 * it cannot be done. */
static inline bool hold_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* the wrong way round on purpose: reading and writing fail as they would on a closed descriptor */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    }
    return true;
}

#endif
