/* Why something failed, in words, for whoever looks for the cause: beyond what results and verdicts say. */
#ifndef COPP_LOG_H
#define COPP_LOG_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_LOG_TEXT_MAX 512u /* bytes of one text, NUL included */

enum copp_log_level {
    COPP_LOG_ERROR = 0, /* what libcopp stands on failed: the crypto library's or the system's own word */
    COPP_LOG_WARNING, /* protection was refused or lost; the results say so, too */
    COPP_LOG_INFO, /* something that was expected */
    COPP_LOG_DEBUG /* a step on the way */
};

/*
 * Receives texts. Embed this as the first member of your own structure. Wherever a log is given, NULL means that nobody
 * listens. It is borrowed, and must live as long as what it was given to.
 */
struct copp_log {
    const struct copp_log_ops *ops;
};

struct copp_log_ops {
    size_t size; /* sizeof(struct copp_log_ops) */
    /*
     * text is one line of printable ASCII, valid during the call, and contains no secret. Programs must not depend on its
     * words. Called in the thread that called libcopp; it must not call the object that reports. Opening a handshake
     * (SES-6..8) never calls it.
     */
    void (*line)(struct copp_log *log, enum copp_log_level level, const char *text);
};

#ifdef __cplusplus
}
#endif

#endif
