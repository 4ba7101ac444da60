/* OpenSSL's error queue, which belongs to the thread and so to the caller as well: read for why an operation failed, and left as found. */
#ifndef COPP_OPENSSL_ERRORS_H
#define COPP_OPENSSL_ERRORS_H

#include "crypto/crypto.h"

/* One operation. Operations do not nest. */
struct copp_openssl_call {
    struct copp_log *log;
    const char *what; /* what it does, for the log: "check a signature" */
    bool fenced; /* the queue held errors of the caller's; a fence stands behind them */
};

/* What the errors of an operation say. */
struct copp_openssl_cause {
    unsigned long first; /* 0: none */
    bool memory; /* one of them says that memory ran out */
    int system; /* errno of the last one of the system's; 0: none */
};

void copp_openssl_begin(struct copp_openssl_call *call, struct copp_log *log, const char *what);

/* Takes the operation's errors out of the queue. text may be NULL, else it receives all of them, the first one first; data says
 * whether with what OpenSSL adds to them, which may name files. */
void copp_openssl_take(struct copp_openssl_call *call, struct copp_openssl_cause *cause, struct copp_log_text *text, bool data);

/* Ends an operation, whose errors say nothing to anybody. What it does depends on nothing but call->fenced. */
void copp_openssl_forget(struct copp_openssl_call *call);

/*
 * Ends an operation: COPP_OK if it is done. Otherwise the log is told why, and the answer is COPP_E_MEMORY if memory ran out,
 * else otherwise.
 */
COPP_NODISCARD enum copp_result copp_openssl_end(struct copp_openssl_call *call, bool done, enum copp_result otherwise);
COPP_NODISCARD enum copp_result copp_openssl_failed(const struct copp_openssl_call *call, const struct copp_openssl_cause *cause,
                                                    const struct copp_log_text *text, enum copp_result otherwise);

#endif
