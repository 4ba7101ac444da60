/* The lists of cases for a driver, in the order in which they run. */
#include "driver.h"

static const struct conformance_case *const lists[] = {
    driver_cases_certificate,  driver_cases_session, driver_cases_command,   driver_cases_level,
    driver_cases_signaling,    driver_cases_status,  driver_cases_content,   driver_cases_events,
    driver_cases_arbitration,  driver_cases_binding, driver_cases_opm_start, /* OPM-INI */
    driver_cases_opm_requests, /* OPM-GET-1..6 */
    driver_cases_opm_commands, /* OPM-SET-1..3 */
    driver_cases_opm_answers, /* OPM-GET-4, OPM-GET-7, OPM-GET-10, OPM-WIRE, OPM-CONST */
    driver_cases_opm_levels, /* OPM-SET-4..6, OPM-GET-8, OPM-ERR */
    driver_cases_opm_srm, /* OPM-SRM, OPM-GET-9 */
    driver_cases_opm_chain, /* OPM-CERT */
    driver_cases_opm_flags, /* OPM-STA, OPM-OUT */
    driver_cases_opm_books, /* OPM-ARB, OPM-HDCP */
};

size_t driver_cases(const struct conformance_case *cases[DRIVER_CASES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (const struct conformance_case *c = lists[i]; c->id != NULL && count < DRIVER_CASES_MAX; c++)
            cases[count++] = c;
    }
    return count;
}
