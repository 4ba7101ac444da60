/* What hashes are, whatever library computes them. */
#include "crypto/crypto.h"

size_t copp_digest_size(enum copp_digest_kind kind) {
    switch (kind) {
    case COPP_DIGEST_SHA1:
        return COPP_SHA1_SIZE;
    case COPP_DIGEST_SHA256:
        return 32;
    case COPP_DIGEST_SHA384:
        return 48;
    case COPP_DIGEST_SHA512:
        return COPP_SHA512_SIZE;
    }
    return 0;
}

enum copp_result copp_sha1(const uint8_t *bytes, size_t size, uint8_t *digest, struct copp_log *log) {
    return copp_digest(COPP_DIGEST_SHA1, bytes, size, digest, log);
}
