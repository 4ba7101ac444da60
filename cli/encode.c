#include "encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE 64

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(const char *text, uint8_t *bytes, size_t size) {
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = digit(text[2 * i]);
        int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void hex_encode(const uint8_t *bytes, size_t size, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
}

char *base64_encode(const uint8_t *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = (size + 2) / 3 * 4;
    char *text = malloc(length + length / LINE + 2);
    if (text == NULL)
        return NULL;
    char *out = text;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0u);
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[group & 63] : '=';
        if ((i / 3 + 1) % (LINE / 4) == 0 && left > 3)
            *out++ = '\n';
    }
    if (size > 0)
        *out++ = '\n';
    *out = '\0';
    return text;
}

/* DER is written from its end to its start, since a length stands before what it counts. */
struct der {
    uint8_t bytes[512]; /* a key of 2048 bits takes 294 */
    size_t start;
};

static void der_put(struct der *der, uint8_t byte) {
    der->bytes[--der->start] = byte;
}

static void der_wrap(struct der *der, size_t end, uint8_t tag) {
    size_t size = end - der->start;
    if (size < 128) {
        der_put(der, (uint8_t)size);
    } else {
        unsigned octets = size < 256 ? 1 : 2;
        for (unsigned i = 0; i < octets; i++)
            der_put(der, (uint8_t)(size >> 8 * i));
        der_put(der, (uint8_t)(0x80 | octets));
    }
    der_put(der, tag);
}

static void der_integer(struct der *der, const uint8_t *bytes, size_t size) {
    size_t end = der->start;
    while (size > 1 && bytes[0] == 0) {
        bytes++;
        size--;
    }
    for (size_t i = size; i-- > 0;)
        der_put(der, bytes[i]);
    if (bytes[0] >= 0x80)
        der_put(der, 0);
    der_wrap(der, end, 0x02);
}

/* SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { SEQUENCE { modulus, exponent } } } (RFC 8017, A.1.1) */
static void der_public_key(struct der *der, const struct copp_public_key *key) {
    static const uint8_t algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    const uint8_t exponent[] = {(uint8_t)(key->exponent >> 24), (uint8_t)(key->exponent >> 16), (uint8_t)(key->exponent >> 8),
                                (uint8_t)key->exponent};
    size_t end = sizeof der->bytes;
    der->start = end;
    der_integer(der, exponent, sizeof exponent);
    der_integer(der, key->modulus, key->modulus_size);
    der_wrap(der, end, 0x30);
    der_put(der, 0); /* no unused bits */
    der_wrap(der, end, 0x03);
    for (size_t i = sizeof algorithm; i-- > 0;)
        der_put(der, algorithm[i]);
    der_wrap(der, end, 0x30);
}

char *public_key_to_pem(const struct copp_public_key *key) {
    static const char head[] = "-----BEGIN PUBLIC KEY-----\n", tail[] = "-----END PUBLIC KEY-----\n";
    struct der der;
    der_public_key(&der, key);
    char *body = base64_encode(der.bytes + der.start, sizeof der.bytes - der.start);
    if (body == NULL)
        return NULL;
    size_t size = sizeof head + strlen(body) + sizeof tail;
    char *pem = malloc(size);
    if (pem != NULL)
        snprintf(pem, size, "%s%s%s", head, body, tail);
    free(body);
    return pem;
}
