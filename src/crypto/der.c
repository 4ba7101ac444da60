#include "crypto/der.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/base64.h"

/* Definite and no longer than it must be, as DER wants it; files of keys need no more than two bytes. */
static bool read_length(struct copp_reader *in, size_t *length) {
    uint8_t first;
    uint8_t one;
    uint32_t two;
    if (!copp_read_u8(in, &first))
        return false;
    *length = first;
    if (first < 0x80)
        return true;
    if (first == 0x81 && copp_read_u8(in, &one) && one >= 0x80) {
        *length = one;
        return true;
    }
    if (first == 0x82 && copp_read_u16be(in, &two) && two >= 0x100) {
        *length = two;
        return true;
    }
    return false;
}

bool copp_der_read(struct copp_reader *in, uint32_t tag, struct copp_reader *value) {
    uint8_t found;
    size_t length;
    if (!copp_read_u8(in, &found) || found != tag || !read_length(in, &length))
        return false;
    value->left = length;
    return copp_read_view(in, &value->next, length);
}

bool copp_der_number(struct copp_reader *in, const uint8_t **bytes, size_t *size) {
    struct copp_reader value;
    if (!copp_der_read(in, COPP_DER_INTEGER, &value) || value.left == 0)
        return false;
    struct copp_reader after = value;
    uint8_t first;
    if (!copp_read_u8(&after, &first) || first >= 0x80)
        return false; /* negative */
    if (first == 0 && after.left > 0) {
        if (after.next[0] < 0x80)
            return false; /* longer than it must be */
        value = after;
    }
    *size = value.left;
    return copp_read_view(&value, bytes, value.left);
}

size_t copp_der_header_size(size_t size) {
    if (size < 0x80)
        return 2;
    return size < 0x100 ? 3 : 4;
}

bool copp_der_header(struct copp_writer *out, uint32_t tag, size_t size) {
    if (!copp_write_u8(out, (uint8_t)tag) || size > 0xFFFF)
        return false;
    if (size < 0x80)
        return copp_write_u8(out, (uint8_t)size);
    if (size < 0x100)
        return copp_write_u8(out, 0x81) && copp_write_u8(out, (uint8_t)size);
    return copp_write_u8(out, 0x82) && copp_write_u16be(out, (uint32_t)size);
}

/* Reads up to and with the next occurrence of word; *before is what came ahead of it. */
static bool read_until(struct copp_reader *in, const char *word, struct copp_reader *before) {
    size_t length = strlen(word);
    struct copp_reader at = *in;
    const uint8_t *found;
    uint8_t skipped;
    *before = *in;
    for (struct copp_reader rest = at; copp_read_view(&rest, &found, length); rest = at) {
        if (copp_equal(found, word, length)) {
            before->left -= at.left;
            *in = rest;
            return true;
        }
        (void)copp_read_u8(&at, &skipped); /* there is one, as there is a word */
    }
    return false;
}

bool copp_pem_decode(const char *text, size_t text_size, const char *label, uint8_t *bytes, size_t *size) {
    static const char dashes[] = "-----";
    struct copp_reader in = {(const uint8_t *)text, text_size};
    struct copp_reader before;
    struct copp_reader name;
    struct copp_reader body;
    while (read_until(&in, "-----BEGIN ", &before) && read_until(&in, dashes, &name)) {
        if (name.left != strlen(label) || !copp_equal(name.next, label, name.left))
            continue;
        if (!read_until(&in, "-----END ", &body) || !read_until(&in, dashes, &name))
            return false;
        /* RFC 1421 headers, such as those of an encrypted key, are no base64 */
        return name.left == strlen(label) && copp_equal(name.next, label, name.left) &&
               copp_base64_decode((const char *)body.next, body.left, bytes, size);
    }
    return false;
}

static bool write_text(struct copp_writer *out, const char *text) {
    return copp_write_bytes(out, (const uint8_t *)text, strlen(text));
}

/* In lines of 64 characters, 48 bytes each (RFC 7468). */
static bool write_lines(struct copp_writer *out, const uint8_t *der, size_t der_size) {
    struct copp_reader in = {der, der_size};
    const uint8_t *some;
    char line[64 + sizeof "\n"];
    bool good = true;
    while (good && in.left > 0) {
        size_t now = in.left < 48 ? in.left : 48;
        size_t length = copp_base64_length(now);
        good = copp_read_view(&in, &some, now);
        copp_base64_encode(some, now, line);
        line[length] = '\n';
        line[length + 1] = 0;
        good = good && write_text(out, line);
    }
    copp_wipe(line, sizeof line);
    return good;
}

enum copp_result copp_pem_encode(const char *label, const uint8_t *der, size_t der_size, char **pem, size_t *size) {
    size_t frame = strlen("-----BEGIN -----\n-----END -----\n") + 2 * strlen(label);
    size_t capacity = frame + copp_base64_length(der_size) + (der_size + 47) / 48;
    char *text = calloc(1, capacity + 1);
    if (!text)
        return COPP_E_MEMORY;
    struct copp_writer out = {(uint8_t *)text, capacity};
    bool good = write_text(&out, "-----BEGIN ") && write_text(&out, label) && write_text(&out, "-----\n") &&
                write_lines(&out, der, der_size) && write_text(&out, "-----END ") && write_text(&out, label) &&
                write_text(&out, "-----\n");
    if (!good) {
        copp_release(text, capacity);
        return COPP_E_CRYPTO;
    }
    *size = capacity - out.left;
    *pem = text;
    return COPP_OK;
}
