#include "outputs/kms/claim.h"

#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LINES_MAX 4096u /* locks of the whole machine */

/* "7: FLOCK  ADVISORY  WRITE 812 00:06:345 0 EOF"; -1: it is another file's. */
static int holder_in(const char *line, const struct stat *status) {
    int pid;
    unsigned int device[2];
    unsigned long inode;
    if (sscanf(line, "%*u: FLOCK %*15s %*15s %9d %8x:%8x:%20lu", &pid, &device[0], &device[1], &inode) != 4)
        return -1;
    bool same = device[0] == major(status->st_dev) && device[1] == minor(status->st_dev) && inode == status->st_ino;
    return same && pid > 0 ? pid : -1;
}

static int find_holder(int fd) {
    struct stat status;
    char line[160];
    int pid = -1;
    FILE *file = fstat(fd, &status) == 0 ? fopen("/proc/locks", "re") : NULL;
    if (!file)
        return -1;
    for (unsigned lines = 0; pid < 0 && lines < LINES_MAX && fgets(line, sizeof line, file); lines++)
        pid = holder_in(line, &status);
    (void)fclose(file);
    return pid;
}

static void name_holder(int fd, char holder[KMS_HOLDER_SIZE]) {
    char path[32];
    char command[32] = "";
    int pid = find_holder(fd);
    holder[0] = 0;
    if (pid < 0)
        return;
    (void)snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE *file = fopen(path, "re");
    if (file) {
        if (!fgets(command, sizeof command, file))
            command[0] = 0;
        (void)fclose(file);
    }
    command[strcspn(command, "\n")] = 0;
    (void)snprintf(holder, KMS_HOLDER_SIZE, "%s%s(process %d)", command, command[0] ? " " : "", pid);
}

bool kms_claim(int fd, char holder[KMS_HOLDER_SIZE]) {
    holder[0] = 0;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    name_holder(fd, holder);
    return false;
}
