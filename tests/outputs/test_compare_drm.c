/* What fake_drm.c answers, by the table that a kernel's driver is compared with as well (tests/kernel/compare_drm.c). */
#include "../kernel/compare_drm.h"
#include "fake_drm.h"

static void other_master(void *context, bool is) {
    fake_drm_hold(context)->other_master = is;
    fake_drm_release(context);
}

static void privileged(void *context, bool is) {
    fake_drm_hold(context)->privileged = is;
    fake_drm_release(context);
}

static void enabled(void *context) {
    fake_drm_set_protection(context, FAKE_HDMI, 2);
}

static void refuses(void *context, int error) {
    fake_drm_hold(context)->refuse_write = error;
    fake_drm_release(context);
}

static void gone(void *context) {
    fake_drm_hold(context)->gone = true;
    fake_drm_release(context);
}

static void the_table_holds(void **state) {
    (void)state;
    struct fake_drm *drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .other_master = true});
    fake_drm_hold(drm)->over = FAKE_OVER_ANEW;
    fake_drm_release(drm);
    const struct compare_card card = {.other_master = other_master,
                                      .privileged = privileged,
                                      .enabled = enabled,
                                      .refuses = refuses,
                                      .gone = gone,
                                      .context = drm};
    assert_int_equal(compare_drm(&card), 0);
    fake_drm_free(&drm);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_table_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
