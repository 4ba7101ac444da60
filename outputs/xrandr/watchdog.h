/*
 * xcb waits without limit for the rest of a packet that has begun to come, and for a server to take a request. A thread looks on, and
 * shuts the connection down where that takes too long: to xcb that is a server that has gone.
 */
#ifndef COPP_OUTPUTS_XRANDR_WATCHDOG_H
#define COPP_OUTPUTS_XRANDR_WATCHDOG_H

struct randr_watchdog;

/* NULL: no thread, or no memory. fd stays the caller's, and open until randr_watchdog_end. */
struct randr_watchdog *randr_watchdog_begin(int fd);

/* Around each call of xcb's that reads or writes; none of them takes a second by itself. */
void randr_watchdog_enter(struct randr_watchdog *watchdog);
void randr_watchdog_leave(struct randr_watchdog *watchdog);

/* NULL-safe; clears the pointer. */
void randr_watchdog_end(struct randr_watchdog **watchdog);

#endif
