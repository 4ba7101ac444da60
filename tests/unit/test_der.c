/* The strict DER reader, and the text around DER. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "wire/der.h"
#include "wire/pem.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define CASE_SIZE 8

/* Encodings, and whether a reader takes them. */
struct encoding {
    uint8_t bytes[CASE_SIZE];
    size_t size;
    bool good;
};

static struct copp_reader reader(const struct encoding *encoding) {
    return (struct copp_reader){encoding->bytes, encoding->size};
}

static void numbers_are_read_strictly(void) {
    static const struct encoding cases[] = {
        {{0x02, 0x01, 0x05}, 3, true},
        {{0x02, 0x02, 0x00, 0x80}, 4, true},
        {{0x02, 0x02, 0x00, 0x7F}, 4, false}, /* a zero too many */
        {{0x02, 0x01, 0x80}, 3, false}, /* negative */
        {{0x02, 0x00}, 2, false}, /* no contents */
        {{0x02, 0x81, 0x01, 0x05}, 4, false}, /* a length longer than it must be */
        {{0x02, 0x82, 0x00, 0x01, 0x05}, 5, false},
        {{0x02, 0x80, 0x05, 0x00, 0x00}, 5, false}, /* indefinite */
        {{0x02, 0x02, 0x05}, 3, false}, /* cut short */
        {{0x03, 0x01, 0x05}, 3, false}, /* another tag */
        {{0x02}, 1, false}, /* no length */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct copp_reader in = reader(&cases[i]);
        const uint8_t *number;
        size_t size;
        assert_int_equal(copp_der_number(&in, &number, &size), cases[i].good);
    }
}

static void headers_have_room(void) {
    uint8_t bytes[4];
    struct copp_writer out = {bytes, sizeof bytes};
    assert_false(copp_der_header(&out, COPP_DER_SEQUENCE, 65536));
    out = (struct copp_writer){bytes, 3};
    assert_false(copp_der_header(&out, COPP_DER_SEQUENCE, 256));
}
static void any_tag_of_one_byte(void) {
    static const struct encoding cases[] = {
        {{0x30, 0x00}, 2, true},
        {{0xA3, 0x01, 0x00}, 3, true},
        {{0x9E, 0x01, 0x00}, 3, true},
        {{0x1F, 0x01, 0x00}, 3, false},
        {{0x3F, 0x00}, 2, false},
        {{0xBF, 0x21, 0x00}, 3, false},
        {{0x30, 0x01}, 2, false},
        {{0x30, 0x80, 0x00, 0x00}, 4, false},
        {{0}, 0, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct copp_reader in = reader(&cases[i]);
        struct copp_reader value;
        uint32_t tag;
        assert_int_equal(copp_der_any(&in, &tag, &value), cases[i].good);
        if (cases[i].good)
            assert_true(tag == cases[i].bytes[0] && value.left == cases[i].size - 2 && in.left == 0);
    }
}

static void whole_elements(void) {
    static const uint8_t bytes[] = {0x30, 0x03, 0x02, 0x01, 0x07, 0x05, 0x00};
    struct copp_reader in = {bytes, sizeof bytes};
    struct copp_reader value;
    struct copp_reader whole;
    assert_true(copp_der_next_is(&in, COPP_DER_SEQUENCE) && !copp_der_next_is(&in, COPP_DER_SET));
    assert_true(copp_der_whole(&in, COPP_DER_SEQUENCE, &value, &whole));
    assert_true(copp_der_is(&whole, bytes, 5) && copp_der_is(&value, bytes + 2, 3) && in.left == 2);
    assert_false(copp_der_is(&whole, bytes, 4));
    assert_false(copp_der_equal(&whole, &value));
    assert_true(copp_der_equal(&whole, &(struct copp_reader){bytes, 5}));
    assert_false(copp_der_whole(&in, COPP_DER_SEQUENCE, &value, &whole)); /* a NULL */
    in.left = 0;
    assert_false(copp_der_next_is(&in, COPP_DER_NULL));
}

static void booleans(void) {
    static const struct encoding cases[] = {
        {{0x01, 0x01, 0x00}, 3, true},  {{0x01, 0x01, 0xFF}, 3, true}, {{0x01, 0x01, 0x01}, 3, false},
        {{0x01, 0x01, 0xFE}, 3, false}, {{0x01, 0x00}, 2, false},      {{0x01, 0x02, 0xFF, 0xFF}, 4, false},
        {{0x02, 0x01, 0xFF}, 3, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct copp_reader in = reader(&cases[i]);
        bool value = false;
        assert_int_equal(copp_der_boolean(&in, &value), cases[i].good);
        if (cases[i].good)
            assert_int_equal(value, cases[i].bytes[2] == 0xFF);
    }
}

static void bit_strings(void) {
    static const struct encoding cases[] = {
        {{0x03, 0x02, 0x00, 0x01}, 4, true},
        {{0x03, 0x02, 0x07, 0x80}, 4, true},
        {{0x03, 0x01, 0x00}, 3, true},
        {{0x03, 0x02, 0x07, 0xC0}, 4, false},
        {{0x03, 0x02, 0x08, 0x00}, 4, false},
        {{0x03, 0x01, 0x01}, 3, false},
        {{0x03, 0x00}, 2, false},
        {{0x04, 0x02, 0x00, 0x01}, 4, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct copp_reader in = reader(&cases[i]);
        struct copp_reader bits;
        uint32_t unused;
        assert_int_equal(copp_der_bits(&in, &unused, &bits), cases[i].good);
        if (cases[i].good)
            assert_true(unused == cases[i].bytes[2] && bits.left == cases[i].size - 3);
    }
}

/* A second encoding of the same identifier would pass a comparison that the first does not. */
static void object_identifiers(void) {
    static const struct encoding cases[] = {
        {{0x06, 0x03, 0x55, 0x1D, 0x13}, 5, true},
        {{0x06, 0x02, 0x2A, 0x00}, 4, true},
        {{0x06, 0x03, 0x2A, 0x82, 0x37}, 5, true},
        {{0x06, 0x03, 0x2A, 0x81, 0x80}, 5, false},
        {{0x06, 0x04, 0x55, 0x80, 0x1D, 0x13}, 6, false},
        {{0x06, 0x02, 0x80, 0x01}, 4, false},
        {{0x06, 0x02, 0x2A, 0x86}, 4, false},
        {{0x06, 0x00}, 2, false},
        {{0x0D, 0x01, 0x05}, 3, false},
        {{0x06, 0x04, 0x2A, 0x81, 0x80, 0x01}, 6, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct copp_reader in = reader(&cases[i]);
        struct copp_reader object;
        assert_int_equal(copp_der_object(&in, &object), cases[i].good);
    }
}

static void pem_there_and_back(void) {
    uint8_t der[100];
    uint8_t back[sizeof der];
    char *pem;
    size_t size;
    for (size_t i = 0; i < sizeof der; i++)
        der[i] = (uint8_t)i;
    assert_int_equal(copp_pem_encode("CERTIFICATE", der, sizeof der, &pem, &size), COPP_OK);
    assert_int_equal(strlen(pem), size);
    size_t back_size = sizeof back;
    assert_true(copp_pem_decode(pem, size, "CERTIFICATE", back, &back_size));
    assert_int_equal(back_size, sizeof der);
    assert_memory_equal(back, der, sizeof der);
    back_size = sizeof back - 1;
    assert_false(copp_pem_decode(pem, size, "CERTIFICATE", back, &back_size)); /* no room */
    back_size = sizeof back;
    assert_false(copp_pem_decode(pem, size, "PUBLIC KEY", back, &back_size));
    assert_false(copp_pem_decode(pem, size - 10, "CERTIFICATE", back, &back_size));
    copp_release(pem, size);
}

static const struct test_case cases[] = {
    TEST(numbers_are_read_strictly, ""),
    TEST(headers_have_room, ""),
    TEST(any_tag_of_one_byte, ""),
    TEST(whole_elements, ""),
    TEST(booleans, ""),
    TEST(bit_strings, ""),
    TEST(object_identifiers, ""),
    TEST(pem_there_and_back, ""),
};

int main(void) {
    return RUN_SUITE("der", cases);
}
