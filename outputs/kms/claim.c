#include "outputs/kms/claim.h"

#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/number.h"

#define LINES_MAX 4096u /* locks of the whole machine */

/* "7: FLOCK  ADVISORY  WRITE 812 00:06:345 0 EOF"; 0: it is another file's. */
static uint32_t holder_in(char *line, const char *file) {
    char *words[6];
    char *rest = NULL;
    uint32_t pid = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        words[i] = strtok_r(i ? NULL : line, " \n", &rest);
        if (!words[i])
            return 0;
    }
    bool same = strcmp(words[1], "FLOCK") == 0 && strcmp(words[5], file) == 0;
    return same && number_read_word(words[4], 1, INT32_MAX, &pid) ? pid : 0;
}

static uint32_t find_holder(int fd) {
    struct stat status;
    char name[64];
    char line[160];
    uint32_t pid = 0;
    FILE *file = fstat(fd, &status) == 0 ? fopen("/proc/locks", "re") : NULL;
    if (!file)
        return 0;
    (void)snprintf(name, sizeof name, "%02x:%02x:%lu", major(status.st_dev), minor(status.st_dev), (unsigned long)status.st_ino);
    for (unsigned lines = 0; !pid && lines < LINES_MAX && fgets(line, sizeof line, file); lines++)
        pid = holder_in(line, name);
    (void)fclose(file);
    return pid;
}

static void name_holder(int fd, char holder[KMS_HOLDER_SIZE]) {
    char path[32];
    char command[32] = "";
    unsigned pid = find_holder(fd);
    holder[0] = 0;
    if (!pid)
        return;
    (void)snprintf(path, sizeof path, "/proc/%u/comm", pid);
    FILE *file = fopen(path, "re");
    if (file) {
        if (!fgets(command, sizeof command, file))
            command[0] = 0;
        (void)fclose(file);
    }
    command[strcspn(command, "\n")] = 0;
    (void)snprintf(holder, KMS_HOLDER_SIZE, "%s%s(process %u)", command, command[0] ? " " : "", pid);
}

bool kms_claim(int fd, char holder[KMS_HOLDER_SIZE]) {
    holder[0] = 0;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    name_holder(fd, holder);
    return false;
}
