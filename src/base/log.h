/* Puts texts for a struct copp_log together. Nothing here allocates, and nothing happens where there is no log. */
#ifndef COPP_LOG_TEXT_H
#define COPP_LOG_TEXT_H

#include <stddef.h>

#include "copp/log.h"

/* The log's text while it grows. Each byte that is not printable ASCII becomes \xNN; what does not fit is cut off. */
struct copp_log_text {
    char bytes[COPP_LOG_TEXT_MAX];
    size_t used;
};
/* words may be NULL: nothing is added. */
void copp_log_add(struct copp_log_text *text, const char *words);
void copp_log_send(struct copp_log *log, enum copp_log_level level, const struct copp_log_text *text);

/* Sends the words, one behind the other. The list ends with NULL. */
void copp_log_words(struct copp_log *log, enum copp_log_level level, const char *const *words);
#define COPP_LOG(log, level, ...) copp_log_words((log), (level), (const char *const[]){__VA_ARGS__, NULL})

#endif
