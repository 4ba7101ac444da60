#include "outputs/kms/master.h"

#include <stdio.h>
#include <string.h>

#include "common/number.h"

#define LINES_MAX 256u /* open files of a card */
#define COMMAND_WIDTH 20u /* of the first column, right-aligned; a command may hold blanks */

/* "             command  tgid dev master a   uid      magic": who is master has a "y" there. */
static bool is_master(char *line, char name[KMS_MASTER_SIZE]) {
    char *rest = NULL;
    uint32_t pid;
    const char *command = line + strspn(line, " ");
    if (strlen(line) <= COMMAND_WIDTH || command >= line + COMMAND_WIDTH)
        return false;
    int length = (int)(line + COMMAND_WIDTH - command);
    const char *tgid = strtok_r(line + COMMAND_WIDTH, " ", &rest);
    const char *minor = tgid ? strtok_r(NULL, " ", &rest) : NULL;
    const char *master = minor ? strtok_r(NULL, " ", &rest) : NULL;
    if (!master || strcmp(master, "y") != 0 || !number_read_word(tgid, 1, INT32_MAX, &pid))
        return false;
    (void)snprintf(name, KMS_MASTER_SIZE, "%.*s (process %u)", length, command, (unsigned)pid);
    return true;
}

/* The oldest open file comes first: a lessee is master of its lease, and its lessor came before. */
bool kms_master_name(const char *card, char name[KMS_MASTER_SIZE]) {
    char path[64];
    char line[160];
    bool found = false;
    name[0] = 0;
    if (strncmp(card, "card", 4) != 0)
        return false;
    (void)snprintf(path, sizeof path, "/sys/kernel/debug/dri/%.10s/clients", card + 4);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    for (unsigned lines = 0; !found && lines < LINES_MAX && fgets(line, sizeof line, file); lines++)
        found = is_master(line, name);
    (void)fclose(file);
    return found;
}
