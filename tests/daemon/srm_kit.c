#include "srm_kit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void srm_path(const struct kit *kit, const char *name, char *path) {
    assert_true(snprintf(path, KIT_PATH, "%s/%s", kit->directory, name) < (int)KIT_PATH);
}

uint8_t *srm_vector(const char *name, size_t *size) {
    char path[64];
    (void)snprintf(path, sizeof path, "opm/%s", name);
    return read_test_vector(path, size);
}

void srm_write_file(const struct kit *kit, const char *name, const void *bytes, size_t size) {
    char path[KIT_PATH];
    srm_path(kit, name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void srm_copy_vector(const struct kit *kit, const char *from, const char *name) {
    size_t size;
    uint8_t *bytes = read_test_vector(from, &size);
    srm_write_file(kit, name, bytes, size);
    free(bytes);
}

bool srm_holds(const struct kit *kit, const char *name, const char *list) {
    char path[KIT_PATH];
    size_t size;
    uint8_t *wanted = srm_vector(list, &size);
    uint8_t *found = calloc(1, size + 1);
    srm_path(kit, name, path);
    FILE *file = fopen(path, "r");
    size_t got = file ? fread(found, 1, size + 1, file) : 0;
    if (file)
        (void)fclose(file);
    bool same = got == size && memcmp(found, wanted, size) == 0;
    free(wanted);
    free(found);
    return same;
}

bool srm_is_there(const struct kit *kit, const char *name) {
    char path[KIT_PATH];
    srm_path(kit, name, path);
    return access(path, F_OK) == 0;
}

void srm_kit_make(struct kit *kit, const char *settings) {
    char text[768];
    kit_make(kit, "");
    kit->semantics = COPP_SEMANTICS_OPM;
    srm_copy_vector(kit, "opm-srm-dsa-public.pem", "dsa.pem");
    srm_copy_vector(kit, "opm-srm-rsa3072-public.pem", "rsa.pem");
    (void)snprintf(text, sizeof text, "%s[outputs]\nsrm_keys = production, %s/dsa.pem, %s/rsa.pem\n", settings, kit->directory,
                   kit->directory);
    kit_configure(kit, text);
}

enum copp_result srm_set(struct player *player, const char *list) {
    size_t size;
    uint8_t *bytes = srm_vector(list, &size);
    enum copp_result result = copp_session_set_srm(player->session, bytes, size);
    free(bytes);
    return result;
}

void srm_give(struct kit *kit, const char *list) {
    struct player player;
    player_begin(kit, "HDMI-1", &player);
    assert_int_equal(srm_set(&player, list), COPP_OK);
    player_end(&player);
}

unsigned srm_version(struct kit *kit, unsigned hdcp) {
    char line[64];
    (void)snprintf(line, sizeof line, "copp_srm_version{hdcp=\"%u\"} ", hdcp);
    char *metrics = kit_metrics(kit);
    bool any = strstr(metrics, line);
    free(metrics);
    return any ? (unsigned)kit_metric(kit, line) : 0;
}

unsigned srm_writes(struct kit *kit, bool good) {
    return (unsigned)kit_metric(kit,
                                good ? "copp_srm_writes_total{result=\"done\"} " : "copp_srm_writes_total{result=\"failed\"} ");
}

static unsigned version_of(const uint8_t *bytes) {
    return (unsigned)bytes[2] << 8 | bytes[3];
}

bool srm_is_stored(const struct kit *kit, const char *list) {
    char path[KIT_PATH];
    uint8_t head[4];
    size_t size;
    uint8_t *wanted = srm_vector(list, &size);
    srm_path(kit, wanted[0] >> 4 == 9 ? SECOND : FIRST, path);
    FILE *file = fopen(path, "r");
    bool stored = file && fread(head, 1, sizeof head, file) == sizeof head && version_of(head) >= version_of(wanted);
    if (file)
        (void)fclose(file);
    free(wanted);
    return stored;
}

pid_t srm_give_in_a_child(struct kit *kit, const char *list) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct player player;
        _exit(player_try(kit, "HDMI-1", NULL, &player) || srm_set(&player, list) || !srm_is_stored(kit, list));
    }
    return pid;
}

bool srm_has_ended(pid_t pid) {
    int status;
    pid_t ended = waitpid(pid, &status, WNOHANG);
    assert_true(ended == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    return ended == pid;
}

void srm_wait_ended(pid_t pid) {
    for (uint64_t until = clock_ms() + SRM_WAIT_MS; !srm_has_ended(pid); sleep_ms(5))
        assert_true(clock_ms() < until);
}

void srm_wait_version(struct kit *kit, unsigned hdcp, unsigned version) {
    for (uint64_t until = clock_ms() + SRM_WAIT_MS; srm_version(kit, hdcp) != version; sleep_ms(5))
        assert_true(clock_ms() < until);
}
