#include "lifetime.h"

#include <windows.h>

static LONG kept; /* objects, factories and locks */

void server_keep(void) {
    InterlockedIncrement(&kept);
}

void server_let_go(void) {
    InterlockedDecrement(&kept);
}

bool server_in_use(void) {
    return kept > 0;
}
