/* The lists of cases for a driver, in the order in which they run. */
#include "driver.h"
#include "opm_cases.h"

static const struct conformance_case *const lists[] = {
    driver_cases_certificate, driver_cases_session, driver_cases_command,  driver_cases_level,
    driver_cases_signaling,   driver_cases_status,  driver_cases_content,  driver_cases_events,
    driver_cases_arbitration, driver_cases_binding, driver_cases_sessions,
};

static const struct conformance_case *const opm_lists[] = {
    driver_cases_opm_start,   driver_cases_opm_requests, driver_cases_opm_commands,
    driver_cases_opm_answers, driver_cases_opm_levels,   driver_cases_opm_srm,
    driver_cases_opm_chain,   driver_cases_opm_flags,    driver_cases_opm_books,
};

static size_t join(const struct conformance_case *const *from, size_t list_count, const struct conformance_case **cases,
                   size_t count) {
    for (size_t i = 0; i < list_count; i++) {
        for (const struct conformance_case *c = from[i]; c->id != NULL && count < DRIVER_CASES_MAX; c++)
            cases[count++] = c;
    }
    return count;
}

size_t driver_cases(const struct conformance_case *cases[DRIVER_CASES_MAX]) {
    const size_t count = join(lists, sizeof lists / sizeof lists[0], cases, 0);
    return join(opm_lists, sizeof opm_lists / sizeof opm_lists[0], cases, count);
}
