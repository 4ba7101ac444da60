/* Objects that live, and locks of the server: what DllCanUnloadNow tells. */
#ifndef COPP_WIN32_LIFETIME_H
#define COPP_WIN32_LIFETIME_H

#include <stdbool.h>

/* Any thread may call these. */
void server_keep(void);
void server_let_go(void);

/* Whether there are any: the DLL must stay in memory. */
bool server_in_use(void);

#endif
