#include "hashes.h"

#include <string.h>

/* Whole blocks of padded input: at most three of SHA-512's. */
#define PADDED_MAX 512u

static uint32_t rotate32(uint32_t word, unsigned by) {
    return word << by | word >> (32 - by);
}

static uint64_t rotate64(uint64_t word, unsigned by) {
    return word >> by | word << (64 - by);
}

static uint64_t read_be(const uint8_t *bytes, size_t size) {
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word = word << 8 | bytes[i];
    return word;
}

static void write_be(uint64_t word, size_t size, uint8_t *bytes) {
    for (size_t i = size; i > 0; word >>= 8)
        bytes[--i] = (uint8_t)word;
}

/* FIPS 180-4, 5.1: a one, zeros, and the length in bits. Returns the size of the blocks. */
static size_t pad(const uint8_t *bytes, size_t size, size_t block, uint8_t *padded) {
    size = size < PLAIN_HASH_INPUT_MAX ? size : PLAIN_HASH_INPUT_MAX;
    size_t total = (size + 1 + block / 8 + block - 1) / block * block;
    memset(padded, 0, PADDED_MAX);
    memcpy(padded, bytes, size);
    padded[size] = 0x80;
    write_be((uint64_t)size * 8, 8, padded + total - 8);
    return total;
}

/* --- SHA-1 --- */

static uint32_t sha1_mix(unsigned round, const uint32_t *s) {
    if (round < 20)
        return ((s[1] & s[2]) | (~s[1] & s[3])) + 0x5a827999u;
    if (round < 40)
        return (s[1] ^ s[2] ^ s[3]) + 0x6ed9eba1u;
    if (round < 60)
        return ((s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3])) + 0x8f1bbcdcu;
    return (s[1] ^ s[2] ^ s[3]) + 0xca62c1d6u;
}

static void sha1_block(const uint8_t *block, uint32_t *state) {
    uint32_t w[80], s[5];
    for (size_t i = 0; i < 80; i++)
        w[i] = i < 16 ? (uint32_t)read_be(block + 4 * i, 4) : rotate32(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(s, state, sizeof s);
    for (unsigned i = 0; i < 80; i++) {
        uint32_t next = rotate32(s[0], 5) + sha1_mix(i, s) + s[4] + w[i];
        memmove(s + 1, s, 4 * sizeof s[0]);
        s[2] = rotate32(s[2], 30);
        s[0] = next;
    }
    for (size_t i = 0; i < 5; i++)
        state[i] += s[i];
}

static void sha1(const uint8_t *bytes, size_t size, uint8_t *digest) {
    uint32_t state[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    uint8_t padded[PADDED_MAX];
    size_t total = pad(bytes, size, 64, padded);
    for (size_t i = 0; i < total; i += 64)
        sha1_block(padded + i, state);
    for (size_t i = 0; i < 5; i++)
        write_be(state[i], 4, digest + 4 * i);
}

/* --- SHA-512 --- */

static const uint64_t sha512_rounds[80] = {
    0x428a2f98d728ae22u, 0x7137449123ef65cdu, 0xb5c0fbcfec4d3b2fu, 0xe9b5dba58189dbbcu, 0x3956c25bf348b538u, 0x59f111f1b605d019u,
    0x923f82a4af194f9bu, 0xab1c5ed5da6d8118u, 0xd807aa98a3030242u, 0x12835b0145706fbeu, 0x243185be4ee4b28cu, 0x550c7dc3d5ffb4e2u,
    0x72be5d74f27b896fu, 0x80deb1fe3b1696b1u, 0x9bdc06a725c71235u, 0xc19bf174cf692694u, 0xe49b69c19ef14ad2u, 0xefbe4786384f25e3u,
    0x0fc19dc68b8cd5b5u, 0x240ca1cc77ac9c65u, 0x2de92c6f592b0275u, 0x4a7484aa6ea6e483u, 0x5cb0a9dcbd41fbd4u, 0x76f988da831153b5u,
    0x983e5152ee66dfabu, 0xa831c66d2db43210u, 0xb00327c898fb213fu, 0xbf597fc7beef0ee4u, 0xc6e00bf33da88fc2u, 0xd5a79147930aa725u,
    0x06ca6351e003826fu, 0x142929670a0e6e70u, 0x27b70a8546d22ffcu, 0x2e1b21385c26c926u, 0x4d2c6dfc5ac42aedu, 0x53380d139d95b3dfu,
    0x650a73548baf63deu, 0x766a0abb3c77b2a8u, 0x81c2c92e47edaee6u, 0x92722c851482353bu, 0xa2bfe8a14cf10364u, 0xa81a664bbc423001u,
    0xc24b8b70d0f89791u, 0xc76c51a30654be30u, 0xd192e819d6ef5218u, 0xd69906245565a910u, 0xf40e35855771202au, 0x106aa07032bbd1b8u,
    0x19a4c116b8d2d0c8u, 0x1e376c085141ab53u, 0x2748774cdf8eeb99u, 0x34b0bcb5e19b48a8u, 0x391c0cb3c5c95a63u, 0x4ed8aa4ae3418acbu,
    0x5b9cca4f7763e373u, 0x682e6ff3d6b2b8a3u, 0x748f82ee5defb2fcu, 0x78a5636f43172f60u, 0x84c87814a1f0ab72u, 0x8cc702081a6439ecu,
    0x90befffa23631e28u, 0xa4506cebde82bde9u, 0xbef9a3f7b2c67915u, 0xc67178f2e372532bu, 0xca273eceea26619cu, 0xd186b8c721c0c207u,
    0xeada7dd6cde0eb1eu, 0xf57d4f7fee6ed178u, 0x06f067aa72176fbau, 0x0a637dc5a2c898a6u, 0x113f9804bef90daeu, 0x1b710b35131c471bu,
    0x28db77f523047d84u, 0x32caab7b40c72493u, 0x3c9ebe0a15c9bebcu, 0x431d67c49c100d4cu, 0x4cc5d4becb3e42b6u, 0x597f299cfc657e2au,
    0x5fcb6fab3ad6faecu, 0x6c44198c4a475817u};

static uint64_t sha512_word(const uint64_t *w) {
    uint64_t a = rotate64(w[1], 1) ^ rotate64(w[1], 8) ^ w[1] >> 7;
    uint64_t b = rotate64(w[14], 19) ^ rotate64(w[14], 61) ^ w[14] >> 6;
    return w[0] + a + w[9] + b;
}

static void sha512_block(const uint8_t *block, uint64_t *state) {
    uint64_t w[80], s[8];
    for (size_t i = 0; i < 80; i++)
        w[i] = i < 16 ? read_be(block + 8 * i, 8) : sha512_word(w + i - 16);
    memcpy(s, state, sizeof s);
    for (size_t i = 0; i < 80; i++) {
        uint64_t e = rotate64(s[4], 14) ^ rotate64(s[4], 18) ^ rotate64(s[4], 41);
        uint64_t a = rotate64(s[0], 28) ^ rotate64(s[0], 34) ^ rotate64(s[0], 39);
        uint64_t first = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha512_rounds[i] + w[i];
        uint64_t second = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof s[0]);
        s[4] += first;
        s[0] = first + second;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += s[i];
}

static void sha512(const uint8_t *bytes, size_t size, uint8_t *digest) {
    uint64_t state[8] = {0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
                         0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u};
    uint8_t padded[PADDED_MAX];
    size_t total = pad(bytes, size, 128, padded);
    for (size_t i = 0; i < total; i += 128)
        sha512_block(padded + i, state);
    for (size_t i = 0; i < 8; i++)
        write_be(state[i], 8, digest + 8 * i);
}

size_t plain_hash_size(enum plain_hash hash) {
    return hash == PLAIN_SHA1 ? 20 : 64;
}

void plain_hash(enum plain_hash hash, const uint8_t *bytes, size_t size, uint8_t *digest) {
    if (hash == PLAIN_SHA1)
        sha1(bytes, size, digest);
    else
        sha512(bytes, size, digest);
}
