/* The base block of VESA's E-EDID 1.4, chapter 3. */
#include "outputs/edid.h"

#include <stdio.h>
#include <string.h>

#include "common/printable.h"

#define MANUFACTURER_AT 8u
#define PRODUCT_AT 10u
#define DESCRIPTORS_AT 54u
#define DESCRIPTOR_SIZE 18u
#define DESCRIPTORS 4u
#define NAME_AT 5u /* in its descriptor */
#define NAME_SIZE (DESCRIPTOR_SIZE - NAME_AT)

static bool is_block(const uint8_t *bytes, size_t size) {
    static const uint8_t header[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    uint8_t sum = 0;
    if (size < EDID_BLOCK_SIZE || memcmp(bytes, header, sizeof header) != 0)
        return false;
    for (size_t i = 0; i < EDID_BLOCK_SIZE; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum == 0;
}

/* Three letters of five bits, 1 is A. */
static bool read_manufacturer(const uint8_t *bytes, char letters[4]) {
    unsigned packed = (unsigned)bytes[0] << 8 | bytes[1];
    for (unsigned i = 0; i < 3; i++) {
        unsigned letter = packed >> (10 - 5 * i) & 0x1f;
        if (letter < 1 || letter > 26)
            return false;
        letters[i] = (char)('A' + letter - 1);
    }
    letters[3] = 0;
    return packed <= 0x7fff;
}

/* A descriptor that is not a timing begins with three zeros and its tag. "": the block has no name. */
static void read_name(const uint8_t *block, char name[NAME_SIZE + 1]) {
    static const uint8_t mark[] = {0, 0, 0, 0xfc};
    size_t length = 0;
    for (size_t i = 0; i < DESCRIPTORS && !length; i++) {
        const uint8_t *descriptor = block + DESCRIPTORS_AT + i * DESCRIPTOR_SIZE;
        if (memcmp(descriptor, mark, sizeof mark) != 0)
            continue;
        for (; length < NAME_SIZE && descriptor[NAME_AT + length] != '\n'; length++) {
            char c = (char)descriptor[NAME_AT + length];
            name[length] = printable_ascii(c) ? c : '?';
        }
        while (length && name[length - 1] == ' ') /* it is filled up with them */
            length--;
    }
    name[length] = 0;
}

bool edid_display(const uint8_t *bytes, size_t size, char display[EDID_DISPLAY_SIZE]) {
    char manufacturer[4];
    char name[NAME_SIZE + 1];
    display[0] = 0;
    if (!is_block(bytes, size) || !read_manufacturer(bytes + MANUFACTURER_AT, manufacturer))
        return false;
    read_name(bytes, name);
    unsigned product = bytes[PRODUCT_AT] | (unsigned)bytes[PRODUCT_AT + 1] << 8;
    (void)snprintf(display, EDID_DISPLAY_SIZE, "%s %04X%s%s", manufacturer, product, name[0] ? " " : "", name);
    return true;
}
