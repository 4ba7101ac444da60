#include "copp/base.h"

/* A result or a rule without its text does not compile. */
#pragma GCC diagnostic error "-Wswitch"

const char *copp_strerror(enum copp_result result) {
    switch (result) {
    case COPP_OK:
        return "success";
    case COPP_E_ARGUMENT:
        return "an argument is missing or out of range";
    case COPP_E_MEMORY:
        return "out of memory";
    case COPP_E_CRYPTO:
        return "the crypto library failed";
    case COPP_E_RANDOM:
        return "no random numbers available";
    case COPP_E_STATE:
        return "called out of order";
    case COPP_E_TRUNCATED:
        return "input too short";
    case COPP_E_TOO_LARGE:
        return "input too large";
    case COPP_E_INVALID:
        return "validation failed";
    case COPP_E_REVOKED:
        return "a certificate is revoked";
    case COPP_E_ROLLBACK:
        return "not newer than what is stored";
    case COPP_E_REFUSED:
        return "the driver refused";
    case COPP_E_TRANSPORT:
        return "the driver could not be reached";
    case COPP_E_AUTHENTICATION:
        return "an answer is not authentic";
    case COPP_E_LINK_LOST:
        return "the link was lost; a new session is needed";
    case COPP_E_UNSUPPORTED:
        return "not offered by the connector or driver";
    case COPP_E_UNSUPPORTED_MODE:
        return "clone and theatre modes are not protected";
    case COPP_E_RESOLUTION:
        return "the current resolution does not allow this";
    case COPP_E_PENDING:
        return "still in progress";
    case COPP_E_IO:
        return "reading or writing failed";
    case COPP_E_NOT_FOUND:
        return "not found";
    case COPP_E_KEY:
        return "not a usable key";
    case COPP_E_FAILED:
        return "the protection did not come into force";
    case COPP_E_FORKED:
        return "opened by another process, before a fork";
    case COPP_E_AMBIGUOUS:
        return "ambiguous: it matches more than one";
    }
    return "unknown result";
}

#define RULES(X)                                                                                                                 \
    X(NONE, "")                                                                                                                  \
    X(CERT_1, "CERT-1")                                                                                                          \
    X(CERT_2, "CERT-2")                                                                                                          \
    X(CERT_3, "CERT-3")                                                                                                          \
    X(CERT_4, "CERT-4")                                                                                                          \
    X(CERT_5, "CERT-5")                                                                                                          \
    X(CERT_6, "CERT-6")                                                                                                          \
    X(CERT_7, "CERT-7")                                                                                                          \
    X(CERT_8, "CERT-8")                                                                                                          \
    X(CERT_9, "CERT-9")                                                                                                          \
    X(CERT_10, "CERT-10")                                                                                                        \
    X(CERT_11, "CERT-11")                                                                                                        \
    X(CERT_12, "CERT-12")                                                                                                        \
    X(CERT_13, "CERT-13")                                                                                                        \
    X(CRL_1, "CRL-1")                                                                                                            \
    X(CRL_2, "CRL-2")                                                                                                            \
    X(CRL_3, "CRL-3")                                                                                                            \
    X(CRL_4, "CRL-4")                                                                                                            \
    X(CRL_5, "CRL-5")                                                                                                            \
    X(SRM_1, "SRM-1")                                                                                                            \
    X(SRM_2, "SRM-2")                                                                                                            \
    X(SRM_3, "SRM-3")                                                                                                            \
    X(SRM_4, "SRM-4")                                                                                                            \
    X(SRM_5, "SRM-5")                                                                                                            \
    X(QRY_4, "QRY-4")                                                                                                            \
    X(EVT_4, "EVT-4")                                                                                                            \
    X(APP_1, "APP-1")                                                                                                            \
    X(APP_2, "APP-2")                                                                                                            \
    X(APP_3, "APP-3")                                                                                                            \
    X(OPM_CERT_1, "OPM-CERT-1")                                                                                                  \
    X(OPM_CERT_2, "OPM-CERT-2")                                                                                                  \
    X(OPM_CERT_3, "OPM-CERT-3")                                                                                                  \
    X(OPM_CERT_4, "OPM-CERT-4")                                                                                                  \
    X(OPM_CERT_5, "OPM-CERT-5")                                                                                                  \
    X(OPM_CERT_6, "OPM-CERT-6")                                                                                                  \
    X(OPM_CERT_7, "OPM-CERT-7")                                                                                                  \
    X(OPM_CERT_8, "OPM-CERT-8")                                                                                                  \
    X(OPM_CERT_9, "OPM-CERT-9")                                                                                                  \
    X(OPM_CERT_10, "OPM-CERT-10")                                                                                                \
    X(OPM_CERT_11, "OPM-CERT-11")                                                                                                \
    X(OPM_APP_1, "OPM-APP-1")                                                                                                    \
    X(OPM_APP_7, "OPM-APP-7")                                                                                                    \
    X(OPM_STA_8, "OPM-STA-8")

const char *copp_rule_id(enum copp_rule rule) {
#define CASE(name, id)                                                                                                           \
    case COPP_RULE_##name:                                                                                                       \
        return id;
    switch (rule) { RULES(CASE) }
    return "";
}

const char *copp_version(void) {
    return COPP_VERSION;
}
