/* How the tables of cases are written. */
#ifndef COPP_CONFORMANCE_DEFINE_H
#define COPP_CONFORMANCE_DEFINE_H

#include "client.h"

/* Where the rules come from. */
#define FROM_INTERFACE "IAMCertifiedOutputProtection"
#define FROM_START "SessionSequenceStart; WDK, COPPSequenceStart"
#define FROM_COMMAND "ProtectionCommand; WDK, COPPCommand"
#define FROM_STATUS "ProtectionStatus; WDK, COPPQueryStatus"
#define FROM_CERTIFICATE "Using COPP (certificates)"
#define FROM_ARBITRATION "WDK (protection levels); OPM (precedence)"
#define FROM_LIBCOPP "libcopp, where the pages are silent"

/* What a correct application does, and what none does. */
#define CORRECT_CASE(number, name, of, from, sent, is_right, need, function, value)                                              \
    {                                                                                                                            \
        .id = number, .title = name, .rules = of, .source = from, .sends = sent, .right = is_right, .needs = need,               \
        .semantics = COPP_SEMANTICS_COPP, .run = function, .with = value                                                         \
    }
#define HOSTILE_CASE(number, name, of, from, sent, is_right, need, function, value)                                              \
    {                                                                                                                            \
        .id = number, .title = name, .rules = of, .source = from, .sends = sent, .right = is_right, .needs = need,               \
        .hostile = true, .semantics = COPP_SEMANTICS_COPP, .run = function, .with = value                                        \
    }
#define END_OF_CASES                                                                                                             \
    { .id = NULL }

#endif
