#include "lent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/number.h"

#define FILES_MAX 32u /* of one card in one process */

/* Not that the process or its file has gone. */
static bool is_denied(int error) {
    return error == EACCES || error == EPERM || error == ENOSYS;
}

/* Its descriptors that are the node. */
static size_t list_files(pid_t pid, const char *node, uint32_t files[FILES_MAX], bool *unseen) {
    char path[48];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *list = opendir(path);
    *unseen = *unseen || (!list && is_denied(errno));
    for (const struct dirent *entry; list && count < FILES_MAX && (entry = readdir(list)) != NULL;) {
        char target[PATH_MAX];
        ssize_t size = readlinkat(dirfd(list), entry->d_name, target, sizeof target - 1);
        target[size > 0 ? size : 0] = 0;
        if (strcmp(target, node) == 0 && number_read_word(entry->d_name, 0, INT_MAX, &files[count]))
            count++;
    }
    if (list)
        (void)closedir(list);
    return count;
}

bool card_is_shared(pid_t owner, pid_t other, const char *node, bool *unseen) {
    uint32_t owners[FILES_MAX];
    uint32_t others[FILES_MAX];
    size_t owner_count = list_files(owner, node, owners, unseen);
    size_t other_count = list_files(other, node, others, unseen);
    for (size_t i = 0; i < owner_count; i++) {
        for (size_t j = 0; j < other_count; j++) {
            long order = syscall(SYS_kcmp, owner, other, KCMP_FILE, (unsigned long)owners[i], (unsigned long)others[j]);
            if (order == 0)
                return true;
            *unseen = *unseen || (order < 0 && is_denied(errno));
        }
    }
    return false;
}
