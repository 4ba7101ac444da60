/* umockdev's card is a terminal to fstat: to the library that is linked with --wrap=fstat64 it is a card. */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int __real_fstat64(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status) {
    int result = __real_fstat64(fd, status);
    if (result == 0 && fd > STDERR_FILENO && S_ISCHR(status->st_mode))
        status->st_rdev = makedev(226, 0);
    return result;
}
