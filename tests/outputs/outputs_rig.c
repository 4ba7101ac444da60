#include "outputs_rig.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void say(struct copp_backend_log *log, enum copp_backend_priority priority, const char *text) {
    struct said *said = (struct said *)log;
    size_t used = strlen(said->text);
    (void)snprintf(said->text + used, sizeof said->text - used, "%d %s\n", (int)priority, text);
}

void said_init(struct said *said) {
    *said = (struct said){.log = {say}};
}

void outputs_rig_init(struct outputs_rig *rig, struct copp_backend *backend) {
    rig_init(&rig->rig, NULL);
    rig->now_ms = 0; /* as in struct app */
    const struct copp_adapter_config config = {.size = sizeof config,
                                               .chain_bytes = rig_chain,
                                               .chain_size = sizeof rig_chain,
                                               .key = &rig->rig.key.key,
                                               .random = &rig->rig.random.random,
                                               .unbound = true};
    assert_int_equal(copp_outputs_new(&config, &backend, &rig->outputs), COPP_OK);
    assert_null(backend);
    outputs_rig_pass(rig, 1);
}

void outputs_rig_end(struct outputs_rig *rig) {
    copp_outputs_free(&rig->outputs);
    assert_null(rig->outputs);
    rig_end(&rig->rig);
}

struct copp_connector *outputs_rig_connector(const struct outputs_rig *rig, const char *name) {
    const char *found;
    for (size_t i = 0; (found = copp_outputs_name(rig->outputs, i)) != NULL; i++) {
        if (strcmp(found, name) == 0)
            return copp_outputs_connector(rig->outputs, i);
    }
    fail_msg("there is no output %s", name);
    return NULL;
}

void outputs_rig_pass(struct outputs_rig *rig, uint64_t by_ms) {
    uint64_t until = rig->now_ms + by_ms;
    while (rig->now_ms < until) {
        uint64_t next = copp_outputs_deadline_ms(rig->outputs);
        next = next < rig->now_ms + 1 ? rig->now_ms + 1 : next;
        rig->now_ms = next < until ? next : until;
        copp_outputs_dispatch(rig->outputs, rig->now_ms);
    }
}

void outputs_rig_wait(struct outputs_rig *rig) {
    struct pollfd fd = {.fd = copp_outputs_fd(rig->outputs), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 5000), 1);
    copp_outputs_dispatch(rig->outputs, rig->now_ms);
}

/* The program that reads the card is a child of ours as well, and lives as long as the outputs do. */
static bool is_reader(unsigned long pid) {
    char path[64];
    char name[32] = "";
    (void)snprintf(path, sizeof path, "/proc/%lu/comm", pid);
    FILE *file = fopen(path, "re");
    if (file) {
        (void)fgets(name, sizeof name, file);
        (void)fclose(file);
    }
    return strcmp(name, "copp-read-card\n") == 0;
}

bool outputs_rig_nobody_writes(void) {
    char path[64];
    unsigned long pid;
    bool none = true;
    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fscanf(file, "%lu", &pid) == 1)
        none = none && is_reader(pid);
    (void)fclose(file);
    return none;
}
