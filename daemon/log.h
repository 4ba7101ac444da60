/* What the daemon says: a line each on standard error, with the priority in front where the journal reads it. Nothing that
 * is logged holds a key, a random number or a message's bytes. */
#ifndef COPPD_LOG_H
#define COPPD_LOG_H

#include <systemd/sd-daemon.h>

/* level is one of sd-daemon.h's: SD_INFO, SD_WARNING or SD_ERR. */
#define log_error(...) log_line(SD_ERR, __VA_ARGS__)
#define log_warning(...) log_line(SD_WARNING, __VA_ARGS__)
#define log_info(...) log_line(SD_INFO, __VA_ARGS__)
__attribute__((format(printf, 2, 3))) void log_line(const char *level, const char *format, ...);

#endif
