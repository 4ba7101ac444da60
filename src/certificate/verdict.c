#include "certificate/verdict.h"

void copp_verdict_clear(struct copp_verdict *verdict) {
    *verdict = (struct copp_verdict){COPP_RULE_NONE, COPP_RULE_NONE, -1, ""};
}

enum copp_result copp_verdict_refuse(struct copp_verdict *verdict, enum copp_rule rule, int certificate, const char *detail) {
    *verdict = (struct copp_verdict){rule, COPP_RULE_NONE, certificate, detail};
    return COPP_E_INVALID;
}
