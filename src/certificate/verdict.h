/* How a validation says what it found. */
#ifndef COPP_CERTIFICATE_VERDICT_H
#define COPP_CERTIFICATE_VERDICT_H

#include "copp/base.h"
#include "copp/log.h"

/* Nothing wrong. */
void copp_verdict_clear(struct copp_verdict *verdict);
/* Fills verdict in; returns COPP_E_INVALID. certificate is -1 where it is about none in particular. */
enum copp_result copp_verdict_refuse(struct copp_verdict *verdict, enum copp_rule rule, int certificate, const char *detail);

/* Tells the log which rule is broken, of what: "a certificate chain". */
void copp_verdict_log(const struct copp_verdict *verdict, const char *what, struct copp_log *log);

#endif
