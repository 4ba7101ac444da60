#include "crypto/openssl_errors.h"

#include <openssl/err.h>

#define NUMBER_MAX 256u /* bytes of an error without a text of its own */

/*
 * The queue is a ring of 16 that can be read from its oldest end alone. Where the caller has left errors in it, an error of our
 * own stands behind them as a fence. To read what lies beyond it the caller's errors move to the other end, and so stay.
 */
enum fence { FENCE_BEGIN = 0x5EA1, FENCE_END };

static bool is_fence(unsigned long code, enum fence fence) {
    return ERR_GET_LIB(code) == ERR_LIB_USER && ERR_GET_REASON(code) == (int)fence;
}

static void put_fence(enum fence fence) {
    ERR_new();
    ERR_set_debug("libcopp", 0, "");
    ERR_set_error(ERR_LIB_USER, (int)fence, NULL);
}

/* The oldest error goes to the other end. What is read of an error stays until its place in the ring is taken, which the next one
 * does not do. */
static unsigned long move_one(void) {
    const char *file = NULL;
    const char *function = NULL;
    const char *data = NULL;
    int line = 0;
    int flags = 0;
    unsigned long code = ERR_get_error_all(&file, &line, &function, &data, &flags);
    if (!code || is_fence(code, FENCE_BEGIN) || is_fence(code, FENCE_END))
        return code;
    ERR_new();
    ERR_set_debug(file, line, function);
    if (data && (flags & ERR_TXT_STRING))
        ERR_set_error(ERR_GET_LIB(code), ERR_GET_REASON(code), "%s", data);
    else
        ERR_set_error(ERR_GET_LIB(code), ERR_GET_REASON(code), NULL);
    return code;
}

void copp_openssl_begin(struct copp_openssl_call *call, struct copp_log *log, const char *what) {
    *call = (struct copp_openssl_call){log, what, ERR_peek_error() != 0};
    if (!call->fenced)
        return;
    (void)ERR_set_mark();
    put_fence(FENCE_BEGIN);
}

/* Ours are the oldest afterwards, and a fence follows them. If they were so many that the first fence has gone, so have all of the
 * caller's, and the last fence is met in its place. */
static void move_callers(void) {
    unsigned long code;
    put_fence(FENCE_END);
    do
        code = move_one();
    while (code && !is_fence(code, FENCE_BEGIN) && !is_fence(code, FENCE_END));
}

/* "LIBRARY: REASON", or the system's word, and what is added. */
static void describe(struct copp_log_text *text, unsigned long code, const char *data) {
    char plain[NUMBER_MAX];
    const char *library = ERR_lib_error_string(code);
    const char *reason = ERR_SYSTEM_ERROR(code) ? NULL : ERR_reason_error_string(code);
    if (text->used)
        copp_log_add(text, "; ");
    if (reason) {
        copp_log_add(text, library ? library : "OpenSSL");
        copp_log_add(text, ": ");
        copp_log_add(text, reason);
    } else {
        ERR_error_string_n(code, plain, sizeof plain);
        copp_log_add(text, plain);
    }
    if (data && data[0]) {
        copp_log_add(text, " (");
        copp_log_add(text, data);
        copp_log_add(text, ")");
    }
}

void copp_openssl_take(struct copp_openssl_call *call, struct copp_openssl_cause *cause, struct copp_log_text *text, bool data) {
    const char *added = NULL;
    int flags = 0;
    unsigned long code;
    *cause = (struct copp_openssl_cause){.first = 0};
    if (call->fenced)
        move_callers();
    while ((code = ERR_get_error_all(NULL, NULL, NULL, &added, &flags)) != 0 && !is_fence(code, FENCE_END)) {
        if (!cause->first)
            cause->first = code;
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            cause->memory = true;
        if (ERR_SYSTEM_ERROR(code))
            cause->system = ERR_GET_REASON(code);
        if (text)
            describe(text, code, data && (flags & ERR_TXT_STRING) ? added : NULL);
    }
}

void copp_openssl_forget(struct copp_openssl_call *call) {
    if (call->fenced)
        (void)ERR_pop_to_mark();
    else
        ERR_clear_error();
}

enum copp_result copp_openssl_failed(const struct copp_openssl_call *call, const struct copp_openssl_cause *cause,
                                     const struct copp_log_text *text, enum copp_result otherwise) {
    if (text->used)
        COPP_LOG(call->log, COPP_LOG_ERROR, "OpenSSL cannot ", call->what, ": ", text->bytes);
    return cause->memory ? COPP_E_MEMORY : otherwise;
}

enum copp_result copp_openssl_end(struct copp_openssl_call *call, bool done, enum copp_result otherwise) {
    if (done) {
        if (call->fenced || ERR_peek_error()) /* what has been done may have left something all the same */
            copp_openssl_forget(call);
        return COPP_OK;
    }
    struct copp_openssl_cause cause;
    struct copp_log_text text = {.used = 0};
    copp_openssl_take(call, &cause, call->log ? &text : NULL, true);
    return copp_openssl_failed(call, &cause, &text, otherwise);
}
