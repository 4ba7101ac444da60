/* The lists of cases of OPM semantics, which cases.c joins; each ends with a case without an id. */
#ifndef COPP_CONFORMANCE_OPM_CASES_H
#define COPP_CONFORMANCE_OPM_CASES_H

#include "conformance/case.h"

extern const struct conformance_case driver_cases_opm_start[];
extern const struct conformance_case driver_cases_opm_requests[];
extern const struct conformance_case driver_cases_opm_commands[];
extern const struct conformance_case driver_cases_opm_answers[];
extern const struct conformance_case driver_cases_opm_levels[];
extern const struct conformance_case driver_cases_opm_flags[];
extern const struct conformance_case driver_cases_opm_books[];
extern const struct conformance_case driver_cases_opm_srm[];
extern const struct conformance_case driver_cases_opm_chain[];

#endif
