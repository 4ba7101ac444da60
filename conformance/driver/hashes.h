/*
 * SHA-1 and SHA-512 of what the suite itself makes up: paddings that no library offers, since they are wrong (OPM-INI-4). Not constant
 * in time, and not for anybody's secrets but a test's.
 */
#ifndef COPP_CONFORMANCE_HASHES_H
#define COPP_CONFORMANCE_HASHES_H

#include <stddef.h>
#include <stdint.h>

enum plain_hash { PLAIN_SHA512 = 0, PLAIN_SHA1 };
#define PLAIN_HASH_MAX 64u
#define PLAIN_HASH_INPUT_MAX 256u /* longer input is cut off */

size_t plain_hash_size(enum plain_hash hash);

/* digest has plain_hash_size bytes. */
void plain_hash(enum plain_hash hash, const uint8_t *bytes, size_t size, uint8_t *digest);

#endif
