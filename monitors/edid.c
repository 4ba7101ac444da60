/* The base block of VESA's E-EDID 1.4, chapter 3. */
#include <stdio.h>
#include <string.h>

#include "common/printable.h"
#include "common/sized.h"
#include "copp/monitor.h"

#define MANUFACTURER_AT 8u
#define PRODUCT_AT 10u
#define SERIAL_AT 12u
#define DESCRIPTORS_AT 54u
#define DESCRIPTOR_SIZE 18u
#define DESCRIPTORS 4u
#define TEXT_AT 5u /* in its descriptor */
#define TEXT_SIZE (DESCRIPTOR_SIZE - TEXT_AT)
#define TAG_SERIAL 0xff
#define TAG_NAME 0xfc

static bool is_block(const uint8_t *bytes) {
    static const uint8_t header[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    uint8_t sum = 0;
    if (memcmp(bytes, header, sizeof header) != 0)
        return false;
    for (size_t i = 0; i < COPP_EDID_SIZE; i++)
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

/* The first of its kind; a descriptor that is not a timing begins with three zeros and its tag. text is zeros, and stays so where the
 * block has none. */
static void read_text(const uint8_t *block, uint8_t tag, char text[COPP_EDID_TEXT_SIZE]) {
    const uint8_t mark[] = {0, 0, 0, tag};
    size_t length = 0;
    for (size_t i = 0; i < DESCRIPTORS && !length; i++) {
        const uint8_t *descriptor = block + DESCRIPTORS_AT + i * DESCRIPTOR_SIZE;
        if (memcmp(descriptor, mark, sizeof mark) != 0)
            continue;
        for (; length < TEXT_SIZE && descriptor[TEXT_AT + length] != '\n'; length++) {
            char c = (char)descriptor[TEXT_AT + length];
            text[length] = printable_ascii(c) ? c : '?';
        }
        while (length && text[length - 1] == ' ') /* it is filled up with them */
            text[--length] = 0;
    }
}

enum copp_result copp_edid_read(const uint8_t *bytes, size_t size, struct copp_edid *edid) {
    static const struct copp_edid none = {.size = sizeof none};
    struct copp_edid found = none;
    if (!bytes || !edid || !copp_sized_room(edid))
        return COPP_E_ARGUMENT;
    copp_sized_write(edid, &none, sizeof none);
    if (size < COPP_EDID_SIZE)
        return COPP_E_TRUNCATED;
    if (!is_block(bytes) || !read_manufacturer(bytes + MANUFACTURER_AT, found.manufacturer))
        return COPP_E_INVALID;
    found.product = (uint16_t)(bytes[PRODUCT_AT] | bytes[PRODUCT_AT + 1] << 8);
    for (unsigned i = 0; i < 4; i++)
        found.serial |= (uint32_t)bytes[SERIAL_AT + i] << 8 * i;
    read_text(bytes, TAG_NAME, found.name);
    read_text(bytes, TAG_SERIAL, found.serial_text);
    (void)snprintf(found.display, sizeof found.display, "%s %04X%s%s", found.manufacturer, (unsigned)found.product,
                   found.name[0] ? " " : "", found.name);
    copp_sized_write(edid, &found, sizeof found);
    return COPP_OK;
}
