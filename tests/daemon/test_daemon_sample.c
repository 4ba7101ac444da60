/* The sample configuration: each setting in it is known, and has its default. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/harness.h"
#include "config.h"

static char name[] = "/tmp/coppd-sample-XXXXXX";

static void make_file(void) {
    (void)strcpy(name + strlen(name) - 6, "XXXXXX");
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    (void)close(fd);
}

static void load(const char *text, struct config *config) {
    struct error_text error;
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    memset(config, 0, sizeof *config);
    if (!config_load(name, config, &error))
        fail_msg("%s: %s", text, error.text);
}

/* "#name = value" */
static bool is_setting(const char *line) {
    size_t length = strspn(line + 1, "abcdefghijklmnopqrstuvwxyz_");
    return line[0] == '#' && length && strncmp(line + 1 + length, " =", 2) == 0;
}

static void each_has_its_default(void) {
    static char all[16384];
    struct config defaults;
    struct config with;
    char section[64] = "";
    char line[256];
    unsigned settings = 0;
    FILE *sample = fopen(COPPD_SAMPLE, "r");
    assert_non_null(sample);
    make_file();
    load("", &defaults);
    while (fgets(line, sizeof line, sample)) {
        const char *given = is_setting(line) ? line + 1 : line;
        char alone[512];
        assert_true(strlen(all) + strlen(given) < sizeof all);
        (void)strcat(all, given);
        if (line[0] == '[')
            (void)snprintf(section, sizeof section, "%.60s", line);
        if (given == line)
            continue;
        (void)snprintf(alone, sizeof alone, "%s%s", section, given);
        load(alone, &with);
        if (memcmp(&defaults, &with, sizeof with) != 0)
            fail_msg("not the default: %s", alone);
        settings++;
    }
    (void)fclose(sample);
    assert_in_range(settings, 19, 100);
    load(all, &with); /* and nothing is given twice */
    assert_memory_equal(&defaults, &with, sizeof with);
    assert_int_equal(unlink(name), 0);
}

/* The comparison does see a value that is not the default. */
static void others_differ(void) {
    static const char *const texts[] = {"[daemon]\nsessions = 4095\n", "[outputs]\nbackend = sim\n", "[metrics]\nfile = /a\n"};
    struct config defaults;
    struct config with;
    make_file();
    load("", &defaults);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        load(texts[i], &with);
        assert_memory_not_equal(&defaults, &with, sizeof with);
    }
    assert_int_equal(unlink(name), 0);
}

static const struct test_case cases[] = {
    TEST(each_has_its_default, ""),
    TEST(others_differ, ""),
};

int main(void) {
    return RUN_SUITE("daemon_sample", cases);
}
