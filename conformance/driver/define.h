/* How the tables of cases are written. */
#ifndef COPP_CONFORMANCE_DEFINE_H
#define COPP_CONFORMANCE_DEFINE_H

#include "client.h"

/* Where the rules come from. */
#define FROM_INTERFACE "DirectShow, IAMCertifiedOutputProtection"
#define FROM_START "DirectShow, SessionSequenceStart; WDK, COPPSequenceStart"
#define FROM_COMMAND "DirectShow, ProtectionCommand; WDK, COPPCommand"
#define FROM_STATUS "DirectShow, ProtectionStatus; WDK, COPPQueryStatus"
#define FROM_CERTIFICATE "DirectShow, Using Certified Output Protection Protocol (certificates)"
#define FROM_ARBITRATION "WDK, Certified Output Protection Protocol (protection levels); OPM's table of precedence"
#define FROM_LIBCOPP "docs/protocol.md, a decision of libcopp's where the pages are silent"

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
