#include "outputs/kms/master.h"

#include <stdio.h>
#include <string.h>

#define LINES_MAX 256u /* open files of a card */
#define COMMAND_WIDTH 20u /* of the first column, right-aligned; a command may hold blanks */

/* "             command  tgid dev master a   uid      magic": who is master has a "y" there. */
static bool is_master(const char *line, char name[KMS_MASTER_SIZE]) {
    int pid;
    char master;
    if (strlen(line) <= COMMAND_WIDTH || sscanf(line + COMMAND_WIDTH, " %9d %*9d %c", &pid, &master) != 2 || master != 'y')
        return false;
    const char *command = line + strspn(line, " ");
    if (command >= line + COMMAND_WIDTH)
        return false;
    (void)snprintf(name, KMS_MASTER_SIZE, "%.*s (process %d)", (int)(line + COMMAND_WIDTH - command), command, pid);
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
