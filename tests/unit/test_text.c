/* Text files as programs and Windows hand them over: the same bytes whatever their encoding, and no others. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum unit { BYTES, LITTLE, BIG };

/* A file that holds a text. */
struct form {
    const char *name;
    const char *mark;
    size_t mark_size;
    enum unit unit;
    unsigned nuls; /* at its end */
    bool good;
};

static const struct form forms[] = {
    {"plain", "", 0, BYTES, 0, true},
    {"a NUL at its end", "", 0, BYTES, 1, true},
    {"two NULs", "", 0, BYTES, 2, true},
    {"a UTF-8 mark", "\xEF\xBB\xBF", 3, BYTES, 0, true},
    {"a UTF-8 mark and a NUL", "\xEF\xBB\xBF", 3, BYTES, 1, true},
    {"UTF-16LE", "", 0, LITTLE, 0, true},
    {"UTF-16LE and a NUL, as a registry has it", "", 0, LITTLE, 1, true},
    {"UTF-16LE with a mark", "\xFF\xFE", 2, LITTLE, 0, true},
    {"UTF-16LE with a mark and a NUL", "\xFF\xFE", 2, LITTLE, 1, true},
    {"UTF-16BE", "", 0, BIG, 1, true},
    {"UTF-16BE with a mark", "\xFE\xFF", 2, BIG, 0, true},
    {"two UTF-8 marks", "\xEF\xBB\xBF\xEF\xBB\xBF", 6, BYTES, 0, false},
    {"half a UTF-8 mark", "\xEF\xBB", 2, BYTES, 0, false},
    {"the mark of the other order", "\xFE\xFF", 2, LITTLE, 0, false},
    {"a mark of UTF-16 on bytes", "\xFF\xFE", 2, BYTES, 0, false},
    {"a NUL at its start", "\0", 1, BYTES, 0, false},
};

/* The file's bytes; free with free. */
static uint8_t *write_form(const struct form *form, const char *text, size_t size, size_t *written) {
    size_t width = form->unit == BYTES ? 1 : 2;
    uint8_t *bytes = calloc(1, form->mark_size + (size + form->nuls) * width + 1);
    assert_non_null(bytes);
    memcpy(bytes, form->mark, form->mark_size);
    for (size_t i = 0; i < size; i++)
        bytes[form->mark_size + i * width + (form->unit == BIG)] = (uint8_t)text[i];
    *written = form->mark_size + (size + form->nuls) * width;
    return bytes;
}

static void every_form_is_the_same_list(void) {
    size_t size;
    uint8_t *text = read_test_file("vectors/crl-v7-empty.b64", &size);
    struct copp_public_key anchor = test_anchor();
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct copp_revocation_list *list;
        struct copp_verdict verdict;
        size_t written;
        uint8_t *file = write_form(&forms[i], (char *)text, size, &written);
        enum copp_result result = copp_revocation_validate(file, written, &anchor, &list, &verdict);
        if (result != (forms[i].good ? COPP_OK : COPP_E_INVALID))
            fail_msg("%s: %s", forms[i].name, copp_strerror(result));
        assert_int_equal(copp_revocation_version(list), forms[i].good ? 7 : 0);
        assert_int_equal(verdict.rule, forms[i].good ? COPP_RULE_NONE : COPP_RULE_CRL_5);
        copp_revocation_free(&list);
        free(file);
    }
    free(text);
}

static void every_form_is_the_same_anchor(void) {
    static const char *const names[] = {"vectors/root-modulus.b64", "vectors/leaf-public.pem"};
    for (size_t i = 0; i < COUNT(forms) * COUNT(names); i++) {
        const struct form *form = &forms[i / COUNT(names)];
        struct copp_public_key wanted;
        struct copp_public_key key;
        size_t size;
        size_t written;
        uint8_t *text = read_test_file(names[i % COUNT(names)], &size);
        uint8_t *file = write_form(form, (char *)text, size, &written);
        assert_int_equal(copp_public_key_read((char *)text, size, &wanted), COPP_OK);
        enum copp_result result = copp_public_key_read((char *)file, written, &key);
        bool same = result == COPP_OK && copp_public_key_equal(&key, &wanted);
        if (!same && (form->good || result != COPP_E_KEY)) /* never another key */
            fail_msg("%s in %s: %s", names[i % COUNT(names)], form->name, copp_strerror(result));
        free(file);
        free(text);
    }
}

/* A byte of UTF-16 beyond ASCII or missing must not vanish: another text would come out. */
static void what_is_no_ascii_stays_strange(void) {
    static const struct {
        const char *bytes;
        size_t size;
        const char *text;
        size_t length;
    } cases[] = {
        {"A\0\x42\x01", 4, "A\xFF", 2},
        {"A\0\xC4\0", 4, "A\xFF", 2},
        {"A\0B\0C", 5, "AB\xFF", 3},
        {"\xFF\xFE\xFF\xFE", 4, "\xFF", 1},
        {"A\0\0\0B\0", 6, "A\0B", 3},
        {"\xFF\xFE", 2, "", 0},
        {"\xEF\xBB\xBF", 3, "", 0},
        {"\0\0\0", 3, "", 0},
        {"A", 1, "A", 1},
        {"\xC3\xA4", 2, "\xC3\xA4", 2},
        {"", 0, "", 0},
    };
    char text[8];
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(copp_text_plain(cases[i].bytes, cases[i].size, text), cases[i].length);
        assert_memory_equal(text, cases[i].text, cases[i].length);
        char same[8]; /* it may be the file's own room */
        memcpy(same, cases[i].bytes, cases[i].size);
        assert_int_equal(copp_text_plain(same, cases[i].size, same), cases[i].length);
        assert_memory_equal(same, cases[i].text, cases[i].length);
    }
    assert_int_equal(copp_text_plain(NULL, 1, text), 0);
    assert_int_equal(copp_text_plain("A", 1, NULL), 0);
}

/* A binary list is never taken for a text: 00 01 00 2B as its version and 00 03 as its count's begin look like one. */
static void binary_stays_binary(void) {
    static const uint8_t list[] = {0, 0x41, 0, 0x41, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0};
    struct copp_revocation_list *parsed;
    assert_int_equal(copp_revocation_parse(list, sizeof list, &parsed, NULL), COPP_E_INVALID); /* RSA-1024 has 128 bytes */
    uint8_t whole[sizeof list + 128] = {0};
    memcpy(whole, list, sizeof list);
    whole[sizeof list - 1] = 128;
    assert_int_equal(copp_revocation_parse(whole, sizeof whole, &parsed, NULL), COPP_OK);
    assert_int_equal(copp_revocation_version(parsed), 0x410041);
    copp_revocation_free(&parsed);
}

static const struct test_case cases[] = {
    TEST(every_form_is_the_same_list, "CRL-5"),
    TEST(every_form_is_the_same_anchor, "CERT-12"),
    TEST(what_is_no_ascii_stays_strange, ""),
    TEST(binary_stays_binary, "CRL-5"),
};

int main(void) {
    return RUN_SUITE("text", cases);
}
