#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#include "copp/base.h"

bool copp_equal(const void *a, const void *b, size_t size) {
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    unsigned difference = 0;
    if (!a || !b)
        return false;
    for (size_t i = 0; i < size; i++)
        difference |= (unsigned)(x[i] ^ y[i]);
    return difference == 0;
}

void copp_wipe(void *bytes, size_t size) {
    if (size == 0)
        return;
    (void)memset(bytes, 0, size);
    __asm__ volatile("" : : "r"(bytes) : "memory"); /* it may be read here, for all that the compiler knows */
}

void copp_release(void *bytes, uint64_t size) {
    if (!bytes)
        return;
    copp_wipe(bytes, (size_t)size);
    free(bytes);
}
