#include "certificate/verdict.h"

#include "base/log.h"

void copp_verdict_clear(struct copp_verdict *verdict) {
    *verdict = (struct copp_verdict){COPP_RULE_NONE, COPP_RULE_NONE, -1, ""};
}

enum copp_result copp_verdict_refuse(struct copp_verdict *verdict, enum copp_rule rule, int certificate, const char *detail) {
    *verdict = (struct copp_verdict){rule, COPP_RULE_NONE, certificate, detail};
    return COPP_E_INVALID;
}

void copp_verdict_log(const struct copp_verdict *verdict, const char *what, struct copp_log *log) {
    static const char *const places[] = {", first certificate", ", second certificate", ", third certificate",
                                         ", fourth certificate", ", fifth certificate"};
    int certificate = verdict->certificate;
    const char *place = certificate >= 0 && certificate < 5 ? places[certificate] : "";
    COPP_LOG(log, COPP_LOG_WARNING, what, " breaks ", copp_rule_id(verdict->rule), place, ": ", verdict->detail);
}
