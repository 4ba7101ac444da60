#include "firmware.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/transfer.h"
#include "stored_file.h"

#define FIRST_PATH_MAX 256u /* bytes of firmware_class.path */

void firmware_path(const char *root, const char *below, char *path, size_t size) {
    size_t length = strlen(root);
    while (length > 0 && root[length - 1] == '/')
        length--;
    if (snprintf(path, size, "%.*s%s", (int)length, root, below) >= (int)size)
        path[0] = 0; /* a part of it would be another name */
}

/* Where this kernel was told to look first; "" where it was not, or for another root's kernel. */
static void read_first_path(const char *root, char *path, size_t size) {
    path[0] = 0;
    int fd = strcmp(root, "/") == 0 ? open("/sys/module/firmware_class/parameters/path", O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    ssize_t got = read_all(fd, path, size - 1);
    path[got > 0 ? got : 0] = 0;
    path[strcspn(path, "\n")] = 0;
    (void)close(fd);
}

/* The kernel passes over what is empty, and over what is not a file. */
static bool loads(const char *root, const char *path) {
    struct stat status;
    int fd = open_below(root, path, O_PATH);
    bool good = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
    if (fd >= 0)
        (void)close(fd);
    return good;
}

bool firmware_find(const char *root, struct firmware_file *file) {
    static const char *const endings[] = {"", ".zst", ".xz"};
    char first[FIRST_PATH_MAX];
    struct utsname kernel;
    *file = (struct firmware_file){.below = ""};
    if (uname(&kernel) != 0)
        return false;
    read_first_path(root, first, sizeof first);
    const char *const places[][2] = {{first, ""},
                                     {FIRMWARE_DIRECTORY "/updates/", kernel.release},
                                     {FIRMWARE_DIRECTORY "/updates", ""},
                                     {FIRMWARE_DIRECTORY "/", kernel.release},
                                     {FIRMWARE_DIRECTORY, ""}};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        for (size_t j = 0; j < sizeof places / sizeof places[0]; j++) {
            (void)snprintf(file->below, sizeof file->below, "%s%s/" FIRMWARE_LIST "%s", places[j][0], places[j][1], endings[i]);
            if (places[j][0][0] == 0 || !loads(root, file->below))
                continue;
            firmware_path(root, file->below, file->path, sizeof file->path);
            return true;
        }
    }
    file->below[0] = 0;
    return false;
}
