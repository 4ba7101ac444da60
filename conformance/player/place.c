#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/transfer.h"
#include "player.h"

bool place_make_root(char directory[PLAYER_PATH]) {
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(directory, PLAYER_PATH, "%s/copp-test-XXXXXX", temporary != NULL && *temporary == '/' ? temporary : "/tmp");
    return mkdtemp(directory) != NULL;
}

bool place_make(struct player_place *place, const char *directory, const char *case_id) {
    int size = snprintf(place->directory, sizeof place->directory, "%s/%s", directory, case_id);
    if (size < 0 || (size_t)size >= sizeof place->directory) {
        errno = ENAMETOOLONG;
        return false;
    }
    (void)snprintf(place->channel, sizeof place->channel, "%s/socket", place->directory);
    (void)snprintf(place->anchor, sizeof place->anchor, "%s/anchor", place->directory);
    (void)snprintf(place->state, sizeof place->state, "%s/state", place->directory);
    (void)snprintf(place->list, sizeof place->list, "%s/revocation.crl", place->state);
    (void)snprintf(place->srm, sizeof place->srm, "%s/hdcp1.srm", place->state);
    return mkdir(place->directory, 0700) == 0 && mkdir(place->state, 0700) == 0;
}

bool place_write(const char *path, const void *bytes, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool written = write_all(fd, bytes, size);
    return close(fd) == 0 && written;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status, (void)kind, (void)walk;
    (void)remove(path);
    return 0;
}

/* The player may have left files of its own there. */
void place_remove(const char *directory) {
    (void)nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
