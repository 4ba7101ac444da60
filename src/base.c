#include "copp/base.h"

#include <stdlib.h>

#include "crypto/crypto.h"

const char *copp_strerror(enum copp_result result) {
    static const char *const texts[] = {
        "success",
        "an argument is missing or out of range",
        "out of memory",
        "the crypto library failed",
        "no random numbers to be had",
        "the call is out of order",
        "fewer bytes than the structure has",
        "larger than allowed",
        "validation failed",
        "a certificate is revoked",
        "not newer than what is stored",
        "the driver refused",
        "the driver could not be reached",
        "an answer is not authentic",
        "the link was lost; a new session is needed",
        "the connector does not offer this",
        "a clone or theatre mode is not protected",
        "the present resolution forbids this",
        "begun, not ended yet",
        "reading or writing failed",
        "not found",
        "not a usable key",
        "the protection could not be put in force",
        "it belongs to the process that this one was forked from",
    };
    size_t index = (size_t) - (long)result;
    return result <= 0 && index < sizeof texts / sizeof texts[0] ? texts[index] : "unknown result";
}

const char *copp_rule_id(enum copp_rule rule) {
    static const char *const ids[] = {
        "",        "CERT-1",  "CERT-2",  "CERT-3",  "CERT-4", "CERT-5", "CERT-6", "CERT-7", "CERT-8", "CERT-9",
        "CERT-10", "CERT-11", "CERT-12", "CERT-13", "CRL-1",  "CRL-2",  "CRL-3",  "CRL-4",  "CRL-5",  "SRM-1",
        "SRM-2",   "SRM-3",   "SRM-4",   "SRM-5",   "QRY-4",  "EVT-4",  "APP-1",  "APP-2",  "APP-3",
    };
    return (size_t)rule < sizeof ids / sizeof ids[0] ? ids[rule] : "";
}

const char *copp_version(void) {
    return COPP_VERSION;
}

void copp_release(void *bytes, uint64_t size) {
    if (!bytes)
        return;
    copp_wipe(bytes, (size_t)size);
    free(bytes);
}
