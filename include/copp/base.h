/* Results, verdicts and the rules they name: the one error model of libcopp. */
#ifndef COPP_BASE_H
#define COPP_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of the headers that a program is compiled with; copp_version tells that of the library it runs with. */
#define COPP_VERSION_MAJOR 0
#define COPP_VERSION_MINOR 1
#define COPP_VERSION_PATCH 0

/* As one number, to compare: COPP_VERSION_NUMBER >= COPP_VERSION_OF(0, 2, 0). */
#define COPP_VERSION_OF(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))
#define COPP_VERSION_NUMBER COPP_VERSION_OF(COPP_VERSION_MAJOR, COPP_VERSION_MINOR, COPP_VERSION_PATCH)

/* As text, "MAJOR.MINOR.PATCH". */
#define COPP_VERSION_TEXT_(major, minor, patch) #major "." #minor "." #patch
#define COPP_VERSION_TEXT(major, minor, patch) COPP_VERSION_TEXT_(major, minor, patch)
#define COPP_VERSION COPP_VERSION_TEXT(COPP_VERSION_MAJOR, COPP_VERSION_MINOR, COPP_VERSION_PATCH)

#if defined(__GNUC__) || defined(__clang__)
#define COPP_NODISCARD __attribute__((warn_unused_result))
#define COPP_API __attribute__((visibility("default")))
#else
#define COPP_NODISCARD
#define COPP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What a function of libcopp answers: 0, or one negative code per cause. */
enum copp_result {
    COPP_OK = 0,
    COPP_E_ARGUMENT = -1, /* an argument of the caller's is NULL or out of range */
    COPP_E_MEMORY = -2, /* no memory; nothing has changed */
    COPP_E_CRYPTO = -3, /* the crypto library refused or failed */
    COPP_E_RANDOM = -4, /* no random numbers available */
    COPP_E_STATE = -5, /* the call is out of order */
    COPP_E_TRUNCATED = -6, /* fewer bytes than the structure has */
    COPP_E_TOO_LARGE = -7, /* more bytes than are allowed */
    COPP_E_INVALID = -8, /* validation failed; the verdict names the rule */
    COPP_E_REVOKED = -9, /* a certificate is on the revocation list (CRL-4) */
    COPP_E_ROLLBACK = -10, /* not newer than what is stored (CRL-3, SRM-3) */
    COPP_E_REFUSED = -11, /* the driver answered an error HRESULT */
    COPP_E_TRANSPORT = -12, /* the driver could not be reached; what it did is unknown */
    COPP_E_AUTHENTICATION = -13, /* an answer's MAC, size, rApp or binding is wrong (QRY-4, BIND-4) */
    COPP_E_LINK_LOST = -14, /* the session has seen LinkLost, or what ends it as LinkLost does, and is over (EVT-4, OPM-STA-8) */
    COPP_E_UNSUPPORTED = -15, /* the connector does not offer it */
    COPP_E_UNSUPPORTED_MODE = -16, /* a multi-adapter mode other than DualView (ARB-6) */
    COPP_E_RESOLUTION = -17, /* the present resolution forbids it (CMD-4, CMD-5) */
    COPP_E_PENDING = -18, /* still in progress (CMD-6) */
    COPP_E_IO = -19, /* reading or writing a file failed; errno says why */
    COPP_E_NOT_FOUND = -20, /* nothing of that name */
    COPP_E_KEY = -21, /* not a usable key: wrong kind, wrong size, or locked */
    COPP_E_FAILED = -22, /* an output could not put a protection in force (CMD-4) */
    COPP_E_FORKED = -23, /* it belongs to the process from which this one was forked */
    COPP_E_AMBIGUOUS = -24 /* it may be one of several */
};

/* The rules of docs/protocol.md that a verdict can name. */
enum copp_rule {
    COPP_RULE_NONE = 0,
    COPP_RULE_CERT_1,
    COPP_RULE_CERT_2,
    COPP_RULE_CERT_3,
    COPP_RULE_CERT_4,
    COPP_RULE_CERT_5,
    COPP_RULE_CERT_6,
    COPP_RULE_CERT_7,
    COPP_RULE_CERT_8,
    COPP_RULE_CERT_9,
    COPP_RULE_CERT_10,
    COPP_RULE_CERT_11,
    COPP_RULE_CERT_12,
    COPP_RULE_CERT_13,
    COPP_RULE_CRL_1,
    COPP_RULE_CRL_2,
    COPP_RULE_CRL_3,
    COPP_RULE_CRL_4,
    COPP_RULE_CRL_5,
    COPP_RULE_SRM_1,
    COPP_RULE_SRM_2,
    COPP_RULE_SRM_3,
    COPP_RULE_SRM_4,
    COPP_RULE_SRM_5,
    COPP_RULE_QRY_4,
    COPP_RULE_EVT_4,
    COPP_RULE_APP_1,
    COPP_RULE_APP_2,
    COPP_RULE_APP_3,
    COPP_RULE_OPM_CERT_1,
    COPP_RULE_OPM_CERT_2,
    COPP_RULE_OPM_CERT_3,
    COPP_RULE_OPM_CERT_4,
    COPP_RULE_OPM_CERT_5,
    COPP_RULE_OPM_CERT_6,
    COPP_RULE_OPM_CERT_7,
    COPP_RULE_OPM_CERT_8,
    COPP_RULE_OPM_CERT_9,
    COPP_RULE_OPM_CERT_10,
    COPP_RULE_OPM_CERT_11,
    COPP_RULE_OPM_APP_1,
    COPP_RULE_OPM_APP_7,
    COPP_RULE_OPM_STA_8
};

/*
 * Why a validation failed. Every validating function fills it in, also on success
 * (rule COPP_RULE_NONE, certificate -1, detail "").
 */
struct copp_verdict {
    enum copp_rule rule; /* the first rule broken, in the order docs/protocol.md gives */
    enum copp_rule because; /* for CRL_1: the CERT rule behind it, else COPP_RULE_NONE */
    int certificate; /* 0 is the first certificate (the leaf); -1: none in particular */
    const char *detail; /* what was wrong, in words; static, never NULL */
};

/* A sentence fragment in lower case for a result; never NULL, static. */
COPP_API const char *copp_strerror(enum copp_result result);

/* The rule's id as in docs/protocol.md, such as "CERT-11"; "" for COPP_RULE_NONE. Static. */
COPP_API const char *copp_rule_id(enum copp_rule rule);

/* The version of the library that the program runs with, "MAJOR.MINOR.PATCH"; COPP_VERSION is that of the headers. Static. */
COPP_API const char *copp_version(void);

/*
 * Writes the text of a base64, PEM or hexadecimal file to text (room for size bytes, which may be the file's own) and returns
 * its length. A UTF-8 mark is left out, UTF-16 with or without a mark becomes ASCII (what is not ASCII becomes 0xFF), and
 * NULs at the end are left out. 0 if a pointer is NULL. Not for XML: a chain is judged byte for byte (CERT-1, CERT-2).
 */
COPP_API size_t copp_text_plain(const void *bytes, size_t size, char *text);

/* Compares size bytes in a time that does not depend on them. */
COPP_API COPP_NODISCARD bool copp_equal(const void *a, const void *b, size_t size);

/* Wipes size bytes (which may be 0) and frees what a libcopp function handed over; NULL is allowed. */
COPP_API void copp_release(void *bytes, uint64_t size);

#ifdef __cplusplus
}
#endif

#endif
