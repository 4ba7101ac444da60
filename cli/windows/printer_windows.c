#include "cli/protect/printer.h"

/* Here what is printed is written at once. */
bool printer_start(bool json) {
    (void)json;
    return true;
}

int printer_flush(unsigned limit_ms) {
    (void)limit_ms;
    return 0;
}

void printer_stop(unsigned limit_ms) {
    (void)limit_ms;
}
