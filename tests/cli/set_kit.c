#include "set_kit.h"

#include <string.h>
#include <unistd.h>

#include "cli/commands.h"

static const struct command command = {.name = "protect", .json_lines = true};
static const struct invocation invocation = {.command = &command};
static int wake[2] = {-1, -1};

bool set_kit_open(void) {
    return pipe(wake) == 0;
}

const char *set_names[] = {"HDMI-1", "HDMI-2", "HDMI-3"};
static const char *every[] = {"all"};
const struct text_list all = {every, 1};

int open_set(struct protection_set *set, const struct text_list *list, uint64_t reconnect_ms) {
    const struct choice_terms terms = {.wanted = {.size = sizeof(struct copp_requirement), .hdcp = 1}};
    const struct adapter_options device = {.device = "unix:/run/standin"};
    const struct protection_limits limits = {.hold_ms = HOLD_MS, .reconnect_ms = reconnect_ms};
    int status = protection_set_open(&invocation, &device, &terms, list, &limits, set);
    return status == STATUS_YES ? protection_set_choose(set, wake[0]) : status;
}

void begin_outputs(struct protection_set *set) {
    struct protection_report r;
    size_t i = 0;
    for (; protection_set_begin(set, i, &r); i++) {
        assert_int_equal(r.state, PROTECTION_IN_FORCE);
        assert_string_equal(r.output, set_names[i]);
        assert_true((r.event != NULL) == !outputs[i].unplugged);
    }
    assert_int_equal(i, standin.count);
}

struct text_list first_names;

void begin_some(struct protection_set *set, size_t count, uint64_t reconnect_ms) {
    first_names = (struct text_list){set_names, count};
    standin_reset();
    standin.count = count;
    standin.clocked = true;
    assert_int_equal(open_set(set, &first_names, reconnect_ms), STATUS_YES);
    begin_outputs(set);
    assert_int_equal(protection_set_begun(set), PROTECTION_IN_FORCE);
}

void begin_all(struct protection_set *set, size_t count, uint64_t reconnect_ms) {
    standin_reset();
    standin.count = count;
    standin.clocked = true;
    outputs[count - 1].unplugged = true;
    assert_int_equal(open_set(set, &all, reconnect_ms), STATUS_YES);
    begin_outputs(set);
    assert_int_equal(protection_set_begun(set), PROTECTION_IN_FORCE);
}

void pass(uint64_t ms) {
    standin.now_ms += ms;
    for (size_t i = 0; i < STANDIN_OUTPUTS; i++)
        outputs[i].driver.now_ms = standin.now_ms;
}

struct protection_report step(struct protection_set *set) {
    struct protection_report report;
    memset(&report, 0xA5, sizeof report);
    protection_set_step(set, &report);
    return report;
}

bool dispatch(struct protection_set *set, size_t woken) {
    bool ready[PROTECTION_SET_FDS] = {false};
    if (woken > 0)
        ready[woken] = true;
    return protection_set_dispatch(set, ready);
}

enum protection_state look_at_all(struct protection_set *set) {
    enum protection_state state = set->state;
    for (unsigned i = 0; dispatch(set, 0) && state != PROTECTION_LOST; i++) {
        struct protection_report r = step(set);
        assert_null(r.event);
        state = r.state;
        assert_true(i < 20); /* and then waits */
    }
    return state;
}

void assert_event(const struct protection_report *r, enum protection_state state, const char *event, const char *output) {
    assert_int_equal(r->state, state);
    assert_true((r->event != NULL) == (event != NULL));
    if (event)
        assert_string_equal(r->event, event);
    assert_true((r->output != NULL) == (output != NULL));
    if (output)
        assert_string_equal(r->output, output);
}

void assert_lost(const struct protection_report *r, const char *output, enum copp_rule rule, const char *text) {
    assert_event(r, PROTECTION_LOST, "stopped", output);
    assert_int_equal(r->status, STATUS_NO);
    assert_int_equal(r->rule, rule);
    assert_string_equal(r->text, text);
}

struct protection_report next_event(struct protection_set *set, bool hidden) {
    for (unsigned i = 0;; i++) {
        struct protection_report r = step(set);
        if (r.event || r.state == PROTECTION_LOST)
            return r;
        assert_true(!hidden || r.state == PROTECTION_HELD);
        assert_true(i < 20); /* there is one at last */
    }
}

/* --- what happens to an output --- */

void loses_link(struct fake_driver *driver) {
    driver->flags = COPP_STATUS_LINK_LOST;
}

void is_reconfigured(struct fake_driver *driver) {
    driver->flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
}

void refuses(struct fake_driver *driver) {
    driver->level_hresult[HDCP] = COPP_HR_UNEXPECTED;
}

void offers_nothing(struct fake_driver *driver) {
    driver->types = 0;
}

void is_gone(struct fake_driver *driver) {
    fake_driver_fault(driver, FAKE_LOST, 0, (uint32_t)COPP_E_TRANSPORT);
}

void is_plugged(size_t index, bool event) {
    outputs[index].unplugged = false;
    outputs[index].driver.binding.flags |= COPP_BOUND_PLUGGED;
    if (event)
        is_reconfigured(&outputs[index].driver);
}

void is_unplugged(size_t index) {
    outputs[index].unplugged = true;
    outputs[index].driver.binding.flags &= ~COPP_BOUND_PLUGGED;
    loses_link(&outputs[index].driver);
}
