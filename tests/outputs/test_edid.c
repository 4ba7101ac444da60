/* What displays say of themselves: any bytes at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/harness.h"
#include "edids.h"
#include "outputs/edid.h"

#define NAME_AT 95u /* of the U2412M's: 13 characters */

static void seal(uint8_t block[EDID_BLOCK_SIZE]) {
    uint8_t sum = 0;
    for (size_t i = 0; i < EDID_BLOCK_SIZE - 1; i++)
        sum = (uint8_t)(sum + block[i]);
    block[EDID_BLOCK_SIZE - 1] = (uint8_t)-sum;
}

static void known(const char *hex, uint8_t block[EDID_BLOCK_SIZE]) {
    assert_int_equal(from_hex(hex, block, EDID_BLOCK_SIZE), EDID_BLOCK_SIZE);
}

static void assert_display(const uint8_t block[EDID_BLOCK_SIZE], const char *expected) {
    char display[EDID_DISPLAY_SIZE];
    assert_true(edid_display(block, EDID_BLOCK_SIZE, display));
    assert_string_equal(display, expected);
}

static void real_displays(void) {
    static const char *const displays[][2] = {
        {EDID_U2412M, "DEL A07B DELL U2412M"}, {EDID_PANEL, "BOE 095F"}, {EDID_ODYSSEY, "SAM 772D Odyssey G93SD"}};
    uint8_t block[EDID_BLOCK_SIZE];
    for (size_t i = 0; i < sizeof displays / sizeof displays[0]; i++) {
        known(displays[i][0], block);
        assert_display(block, displays[i][1]);
    }
}

static void names(void) {
    static const struct {
        const char *bytes;
        const char *shown;
    } cases[] = {
        {"0123456789abc", "DEL A07B 0123456789abc"},
        {"A\n           ", "DEL A07B A"},
        {"A\nB\n         ", "DEL A07B A"},
        {"A \n          ", "DEL A07B A"},
        {"\n            ", "DEL A07B"},
        {"             ", "DEL A07B"},
        {"\x1b[2J\n       ", "DEL A07B ?[2J"},
        {"a\r\tb\x7f\x80\xff\n    ", "DEL A07B a??b???"},
    };
    uint8_t block[EDID_BLOCK_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        known(EDID_U2412M, block);
        memset(block + NAME_AT, ' ', 13);
        memcpy(block + NAME_AT, cases[i].bytes, strlen(cases[i].bytes));
        seal(block);
        assert_display(block, cases[i].shown);
    }
    known(EDID_U2412M, block);
    block[NAME_AT] = 0; /* a text ends with a line feed only */
    seal(block);
    assert_display(block, "DEL A07B ?ELL U2412M");
    known(EDID_U2412M, block);
    block[NAME_AT - 5] = 1; /* a timing, whatever its fourth byte */
    seal(block);
    assert_display(block, "DEL A07B");
}

static void manufacturers(void) {
    uint8_t block[EDID_BLOCK_SIZE];
    char display[EDID_DISPLAY_SIZE];
    known(EDID_PANEL, block);
    for (unsigned packed = 0; packed <= 0xffff; packed++) {
        unsigned letters[] = {packed >> 10 & 0x1f, packed >> 5 & 0x1f, packed & 0x1f};
        bool good = packed < 0x8000;
        for (size_t i = 0; i < 3; i++)
            good = good && letters[i] >= 1 && letters[i] <= 26;
        block[8] = (uint8_t)(packed >> 8);
        block[9] = (uint8_t)packed;
        seal(block);
        assert_int_equal(edid_display(block, sizeof block, display), good);
        char expected[EDID_DISPLAY_SIZE] = "";
        if (good)
            (void)snprintf(expected, sizeof expected, "%c%c%c 095F", 'A' - 1 + (int)letters[0], 'A' - 1 + (int)letters[1],
                           'A' - 1 + (int)letters[2]);
        assert_string_equal(display, expected);
    }
}

/* Every byte with every value: an error shows, and what is sealed anew is read within its bounds. */
static void any_byte_may_be_anything(void) {
    uint8_t good[EDID_BLOCK_SIZE];
    char display[EDID_DISPLAY_SIZE];
    known(EDID_U2412M, good);
    for (size_t at = 0; at < EDID_BLOCK_SIZE; at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t block[EDID_BLOCK_SIZE];
            memcpy(block, good, sizeof block);
            block[at] = (uint8_t)value;
            bool same = value == good[at];
            memset(display, 'x', sizeof display);
            assert_int_equal(edid_display(block, sizeof block, display), same);
            assert_true(same || !display[0]);
            seal(block);
            memset(display, 'x', sizeof display);
            bool read = edid_display(block, sizeof block, display);
            assert_true(at >= 8 || read == same);
            assert_true(memchr(display, 0, sizeof display) != NULL);
            assert_int_equal(display[0] != 0, read);
            for (const char *c = display; *c; c++)
                assert_true(*c >= ' ' && *c <= '~');
        }
    }
}

static void sizes(void) {
    uint8_t block[EDID_BLOCK_SIZE];
    char display[EDID_DISPLAY_SIZE];
    known(EDID_U2412M, block);
    for (size_t size = 0; size < EDID_BLOCK_SIZE; size++) {
        uint8_t *part = malloc(size ? size : 1); /* sanitizers see where it ends */
        assert_non_null(part);
        memcpy(part, block, size);
        assert_false(edid_display(block, size, display)); /* whatever is behind it */
        assert_false(edid_display(part, size, display));
        assert_string_equal(display, "");
        free(part);
    }
    uint8_t more[2 * EDID_BLOCK_SIZE];
    memset(more, 0xff, sizeof more);
    memcpy(more, block, sizeof block);
    assert_true(edid_display(more, sizeof more, display)); /* extensions are not looked at */
    assert_string_equal(display, "DEL A07B DELL U2412M");
}

static const struct test_case cases[] = {
    TEST(real_displays, ""), TEST(names, ""), TEST(manufacturers, ""), TEST(any_byte_may_be_anything, ""), TEST(sizes, ""),
};

int main(void) {
    return RUN_SUITE("edid", cases);
}
