/* The lists of cases for a driver, in the order in which they run. */
#include "driver.h"

static const struct conformance_case *const lists[] = {
    driver_cases_certificate, driver_cases_session, driver_cases_command,  driver_cases_level,
    driver_cases_signaling,   driver_cases_status,  driver_cases_content,  driver_cases_events,
    driver_cases_arbitration, driver_cases_binding, driver_cases_sessions,
};

size_t driver_cases(const struct conformance_case *cases[DRIVER_CASES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (const struct conformance_case *c = lists[i]; c->id != NULL && count < DRIVER_CASES_MAX; c++)
            cases[count++] = c;
    }
    return count;
}
