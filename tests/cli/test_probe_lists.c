/* What copp probe finds of revocation lists (cli/probe/lists.c), below a root that the test makes. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/probe/lists.h"
#include "cli/report.h"
#include "unit/harness.h"

#define FIRMWARE "lib/firmware/display_hdcp_srm.bin"
#define KEPT "var/lib/coppd"
#define ATTRIBUTE "sys/class/drm/card0/device/hdcp_srm"

static char root[64];
static struct findings findings;

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...) {
    char command[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    assert_int_equal(system(command), 0);
}

static void begin(void) {
    (void)snprintf(root, sizeof root, "/tmp/copp-lists-XXXXXX");
    assert_non_null(mkdtemp(root));
    run("mkdir -p %s/lib/firmware %s/sys/class/drm/card0/device/power", root, root);
}

static void end(void) {
    run("rm -r %s", root);
}

static void copy(const char *vector, const char *name) {
    char *from = test_path(vector);
    run("cp '%s' %s/%s", from, root, name);
    free(from);
}

/* A finding of that place: its state, and what its result begins with. Each that is not valid has a remedy that says remedy. */
static void expect_at(const char *where, size_t number, const char *state, const char *result, const char *remedy) {
    const struct invocation in = {.json = true};
    const json_t *found = NULL;
    const json_t *item;
    size_t i;
    findings_begin(&findings);
    probe_lists(&in, root, "facsimile", &findings);
    json_array_foreach(findings.list, i, item) {
        if (!found && strcmp(json_string_value(json_object_get(item, "where")), where) == 0 && number-- == 0)
            found = item;
    }
    assert_non_null(found);
    const char *text = json_string_value(json_object_get(found, "result"));
    const char *advice = json_string_value(json_object_get(found, "remedy"));
    assert_string_equal(json_string_value(json_object_get(found, "state")), state);
    if (!strstr(text, result))
        fail_msg("not \"%s\" but: %s", result, text);
    assert_true(remedy ? advice && strstr(advice, remedy) : !advice);
    findings_end(&findings);
}

static void expect(const char *where, const char *state, const char *result, const char *remedy) {
    expect_at(where, 0, state, result, remedy);
}

static void the_list_has_a_version_and_an_age(void) {
    begin();
    copy("vectors/srm-facsimile.bin", FIRMWARE);
    run("touch -d '3 days ago' %s/" FIRMWARE, root);
    expect("kernel", "ok", "HDCP 1.x, version ", NULL);
    expect("kernel", "ok", "revoked, stored 3 days ago", NULL);
    end();
}

static void a_list_that_is_missing_or_damaged_is_installed(void) {
    begin();
    expect("kernel", "note", "none: ", "copp srm install FILE");
    run("echo no list >%s/" FIRMWARE, root);
    expect("kernel", "fails", "(SRM-", "copp srm install FILE");
    copy("vectors/srm-facsimile.bin", FIRMWARE);
    run("printf x | dd of=%s/" FIRMWARE " bs=1 seek=12 conv=notrunc status=none", root);
    expect("kernel", "fails", "(SRM-2)", "copp srm install FILE");
    run("rm %s/" FIRMWARE " && touch %s/" FIRMWARE, root, root);
    run("echo x >%s/" FIRMWARE ".xz", root); /* what is empty is ignored */
    expect("kernel", "unknown", "compressed", "copp srm install FILE");
    end();
}

static void what_amdgpu_has_is_told(void) {
    begin();
    run("touch %s/" ATTRIBUTE, root);
    expect("card0", "note", "none: ", "copp srm sync");
    copy("vectors/srm-facsimile.bin", ATTRIBUTE);
    expect("card0", "ok", "HDCP 1.x, version ", NULL);
    run("printf x | dd of=%s/" ATTRIBUTE " bs=1 seek=12 conv=notrunc status=none", root);
    expect("card0", "fails", "", "copp srm sync");
    run("echo suspended >%s/sys/class/drm/card0/device/power/runtime_status", root);
    expect("card0", "note", "powered down", "while the card shows a picture"); /* not opened: it would be waited for */
    end();
}

/* One kind of HDCP's says nothing of the other's. */
static void expect_kept(unsigned hdcp, const char *state, const char *result, const char *remedy) {
    expect_at("coppd's lists", hdcp - 1, state, result, remedy);
}

static void what_coppd_keeps_is_told_by_kind(void) {
    begin();
    expect_kept(1, "note", "HDCP 1.x: none in /var/lib/coppd", "copp protect --semantics opm --srm FILE");
    expect_kept(2, "note", "HDCP 2.x: none in /var/lib/coppd", "copp protect --semantics opm --srm FILE");
    run("mkdir -p %s/" KEPT, root);
    copy("vectors/opm/srm1-v5.bin", KEPT "/hdcp1.srm");
    run("touch -d '40 days ago' %s/" KEPT "/hdcp1.srm", root);
    expect_kept(1, "ok", "HDCP 1.x, version 5, ", NULL);
    expect_kept(1, "ok", "revoked, stored 40 days ago", NULL);
    expect_kept(2, "note", "HDCP 2.x: none", "--srm FILE");
    copy("vectors/opm/srm2-v7.bin", KEPT "/hdcp2.srm");
    expect_kept(2, "ok", "HDCP 2.x, version 7, ", NULL);
    copy("vectors/opm/srm1-v5.bin", KEPT "/hdcp2.srm");
    expect_kept(2, "fails", "a list of the other kind of HDCP", "coppd does not start");
    copy("vectors/opm/srm-bad-47.bin", KEPT "/hdcp1.srm");
    expect_kept(1, "fails", "/hdcp1.srm: ", "coppd does not start");
    run("rm %s/" KEPT "/hdcp1.srm && mkfifo %s/" KEPT "/hdcp1.srm", root, root);
    expect_kept(1, "fails", "not a file that holds a list", "coppd does not start"); /* and nobody waits for a pipe */
    end();
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(the_list_has_a_version_and_an_age, "SRM-2"),
        TEST(a_list_that_is_missing_or_damaged_is_installed, "SRM-2"),
        TEST(what_amdgpu_has_is_told, "SRM-2"),
        TEST(what_coppd_keeps_is_told_by_kind, "OPM-SRM-4"),
    };
    return RUN_SUITE("probe_lists", cases);
}
