/* Why libcopp failed, where its result says less: the crypto library's own word. */
#ifndef COPP_CLI_WHY_H
#define COPP_CLI_WHY_H

#include "copp.h"

/* The tool's only log, for sessions, adapters, keys and validations: it keeps the last error. */
struct copp_log *why_log(void);

/* The last error, which is forgotten by that; "" if there has been none. Valid until the log is told another. */
const char *why(void);

/* For messages about a result: ": " and the last error, where the result does not say why by itself; else "". */
const char *why_result(enum copp_result result);

#endif
