#include "base/fork.h"
#include "common/sized.h"
#include "crypto/crypto.h"

enum copp_result copp_random_fill(struct copp_random *random, uint8_t *bytes, size_t size, struct copp_log *log) {
    enum copp_result result = COPP_OK;
    if (!random)
        result = copp_csprng_fill(bytes, size, log);
    else if (!COPP_HAS_OP(random->ops, fill) || random->ops->fill(random, bytes, size))
        result = COPP_E_RANDOM;
    if (result && random)
        COPP_LOG(log, COPP_LOG_ERROR, "the given source of random numbers failed");
    if (!result && !copp_process_freshen(bytes, size)) /* SES-2, QRY-4: never twice the same, whatever source it is */
        result = COPP_E_RANDOM;
    return result;
}
