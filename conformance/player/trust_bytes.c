#include <stdlib.h>
#include <string.h>

#include "trust.h"

enum copp_result trust_copy(const void *from, size_t size, struct trust_bytes *bytes) {
    bytes->bytes = malloc(size + 1);
    if (bytes->bytes == NULL)
        return COPP_E_MEMORY;
    memcpy(bytes->bytes, from, size);
    bytes->bytes[size] = 0;
    bytes->size = size;
    return COPP_OK;
}

void trust_bytes_free(struct trust_bytes *bytes) {
    free(bytes->bytes);
    *bytes = (struct trust_bytes){.bytes = NULL};
}
