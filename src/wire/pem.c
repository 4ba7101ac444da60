#include "wire/pem.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/base64.h"
#include "wire/cursor.h"

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
        /* RFC 1421 headers, such as those of an encrypted key, are not base64 */
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
