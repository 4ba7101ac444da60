#include "copp/base.h"

#include <stdbool.h>

#define STRANGE ((char)0xFF) /* stands for what is no ASCII in UTF-16: no base64, PEM or hexadecimal text has it */

enum order { BYTES, LITTLE, BIG };

/* By its mark, or, without one, by the NUL that UTF-16 has beside a first character of ASCII. */
static enum order order_of(const uint8_t *bytes, size_t size) {
    if (size < 2)
        return BYTES;
    if ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] && !bytes[1]))
        return LITTLE;
    return (bytes[0] == 0xFE && bytes[1] == 0xFF) || (!bytes[0] && bytes[1]) ? BIG : BYTES;
}

static size_t narrow(const uint8_t *bytes, size_t size, unsigned low, char *text) {
    size_t count = 0;
    for (size_t i = 0; i + 1 < size; i += 2) {
        uint8_t character = bytes[i + low];
        bool mark = i == 0 && bytes[i] >= 0xFE;
        if (!mark)
            text[count++] = bytes[i + 1 - low] || character > 0x7F ? STRANGE : (char)character;
    }
    if (size % 2)
        text[count++] = STRANGE;
    return count;
}

static size_t copy(const uint8_t *bytes, size_t size, char *text) {
    bool marked = size >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF;
    size_t count = 0;
    for (size_t i = marked ? 3 : 0; i < size; i++)
        text[count++] = (char)bytes[i];
    return count;
}

size_t copp_text_plain(const void *bytes, size_t size, char *text) {
    if (!bytes || !text)
        return 0;
    enum order order = order_of(bytes, size);
    size_t count = order == BYTES ? copy(bytes, size, text) : narrow(bytes, size, order == BIG, text);
    while (count && !text[count - 1])
        count--;
    return count;
}
