/* Reading and writing to the end: what the system does in parts, and interrupts. On Windows a descriptor of the C library's. */
#ifndef COPP_COMMON_TRANSFER_H
#define COPP_COMMON_TRANSFER_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#define TRANSFER_MAX 0x40000000u /* bytes at once: Windows counts in 32 bits */

/* Reads up to size bytes, fewer only at the end. Returns how many, or -1 with errno set. */
static inline ssize_t read_all(int fd, void *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t step = read(fd, (uint8_t *)bytes + done, (unsigned)(size - done < TRANSFER_MAX ? size - done : TRANSFER_MAX));
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return -1;
        if (step == 0)
            break;
        done += (size_t)step;
    }
    return (ssize_t)done;
}

/* Writes all of size bytes. False with errno set: fewer were written. */
static inline bool write_all(int fd, const void *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t step =
            write(fd, (const uint8_t *)bytes + done, (unsigned)(size - done < TRANSFER_MAX ? size - done : TRANSFER_MAX));
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return false;
        done += (size_t)step;
    }
    return true;
}

#endif
