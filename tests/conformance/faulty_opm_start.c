/* What faulty drivers make of OPM's handshake. */
#include <string.h>

#include "conformance/driver/oaep_forms.h"
#include "faulty_opm_hooks.h"

/* --- StartInitialization --- */

bool start_random(struct faulty_session *s, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random, uint32_t *hresult,
                  const struct faulty_rule *rule) {
    (void)s, (void)chain_bytes, (void)chain_size, (void)hresult;
    memset(random + rule->first, (int)rule->value, rule->last - rule->first + 1);
    return false;
}

bool start_same_random(struct faulty_session *s, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random,
                       uint32_t *hresult, const struct faulty_rule *rule) {
    (void)chain_bytes, (void)chain_size, (void)hresult, (void)rule;
    memcpy(random, s->driver->randoms[0], COPP_RANDOM_SIZE);
    return false;
}

static void answer_start(const struct faulty_session *s, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random,
                         uint32_t *hresult) {
    *chain_bytes = faulty_opm_vector("opm/chain-good-sha256-leaf-root-ca.p7b", chain_size);
    memcpy(random, s->random, COPP_RANDOM_SIZE);
    *hresult = COPP_HR_OK;
}

bool start_again(struct faulty_session *s, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random, uint32_t *hresult,
                 const struct faulty_rule *rule) {
    (void)rule;
    if (!s->started || s->active || s->spent)
        return false;
    answer_start(s, chain_bytes, chain_size, random, hresult);
    return true;
}

bool start_again_renews(struct faulty_session *s, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random,
                        uint32_t *hresult, const struct faulty_rule *rule) {
    (void)chain_bytes, (void)chain_size, (void)random, (void)rule;
    *hresult = COPP_HR_UNEXPECTED;
    return s->started && !s->active && faulty_opm_renew(s);
}

bool start_when_active(struct faulty_session *s, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random,
                       uint32_t *hresult, const struct faulty_rule *rule) {
    (void)rule;
    if (!s->active)
        return false;
    answer_start(s, chain_bytes, chain_size, random, hresult);
    return true;
}

bool start_when_spent(struct faulty_session *s, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random,
                      uint32_t *hresult, const struct faulty_rule *rule) {
    (void)rule;
    if (!s->spent || s->active || !faulty_opm_renew(s))
        return false;
    s->spent = false;
    answer_start(s, chain_bytes, chain_size, random, hresult);
    return true;
}

bool start_chain(struct faulty_session *s, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random, uint32_t *hresult,
                 const struct faulty_rule *rule) {
    (void)s, (void)random, (void)hresult;
    *chain_bytes = faulty_opm_vector(rule->text, chain_size);
    return false;
}

bool start_copp_key(struct faulty_session *s, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random, uint32_t *hresult,
                    const struct faulty_rule *rule) {
    static uint8_t *issued;
    static size_t size;
    struct copp_private_key *root = faulty_opm_key();
    struct copp_opm_certificate_request requests[2] = {{.size = sizeof requests[0], .signer = root, .name = "driver"},
                                                       {.size = sizeof requests[0], .signer = root, .name = "root"}};
    (void)s, (void)random, (void)hresult, (void)rule;
    if (issued == NULL && (!faulty_opm_copp_leaf(&requests[0].key) || root->ops->public_key(root, &requests[1].key) != COPP_OK ||
                           copp_opm_chain_issue(requests, 2, COPP_OPM_HASH_SHA256, &issued, &size) != COPP_OK))
        return false;
    *chain_bytes = issued;
    *chain_size = size;
    return false;
}

/* --- FinishInitialization --- */

static bool opens(const struct faulty_session *s, const struct copp_signature *sealed, struct copp_handshake *handshake) {
    return copp_handshake_open_opm(faulty_opm_key(), sealed, s->random, handshake) == COPP_OK;
}

static bool is_first(const struct faulty_session *s) {
    return s->started && !s->active && !s->spent;
}

/* The right ciphertext for what was found in a wrong one, for the device. */
static bool reseal(const struct copp_handshake *handshake, struct copp_signature *sealed) {
    struct copp_public_key leaf;
    struct copp_private_key *key = faulty_opm_key();
    return key->ops->public_key(key, &leaf) == COPP_OK && copp_handshake_seal(handshake, COPP_FORM_OPM, &leaf, sealed) == COPP_OK;
}

static void read_secrets(const uint8_t *bytes, struct copp_handshake *handshake) {
    memcpy(handshake->random, bytes, COPP_RANDOM_SIZE);
    memcpy(handshake->session_key, bytes + COPP_RANDOM_SIZE, COPP_KEY_SIZE);
    handshake->status_sequence = faulty_opm_word(bytes + 32);
    handshake->command_sequence = faulty_opm_word(bytes + 36);
}

static void unmask(enum plain_hash hash, const uint8_t *seed, size_t seed_size, uint8_t *bytes, size_t size) {
    uint8_t input[OAEP_BLOCK_SIZE + 4] = {0}, digest[PLAIN_HASH_MAX];
    memcpy(input, seed, seed_size);
    for (size_t at = 0; at < size; at += plain_hash_size(hash)) {
        plain_hash(hash, input, seed_size + 4, digest);
        for (size_t i = 0; i < plain_hash_size(hash) && at + i < size; i++)
            bytes[at + i] ^= digest[i];
        input[seed_size + 3]++;
    }
}

/* What a decoder finds that looks at nothing but where the message begins: the last 1 or 2 before 40 bytes or more. */
static bool decode(const struct copp_signature *sealed, enum plain_hash hash, enum plain_hash mask_hash, uint8_t *block,
                   size_t *message) {
    struct copp_private_key *key = faulty_opm_key();
    const size_t hash_size = plain_hash_size(hash);
    if (key->ops->decrypt_raw(key, sealed->bytes, block, OAEP_BLOCK_SIZE) != COPP_OK)
        return false;
    uint8_t *seed = block + 1, *data = seed + hash_size;
    const size_t data_size = OAEP_BLOCK_SIZE - 1 - hash_size;
    unmask(mask_hash, data, data_size, seed, hash_size);
    unmask(mask_hash, seed, hash_size, data, data_size);
    *message = 1 + hash_size + hash_size;
    while (*message < OAEP_BLOCK_SIZE && block[*message] == 0)
        ++*message;
    return *message < OAEP_BLOCK_SIZE;
}

/* A block as it was before encryption, and where in it the 40 bytes are, if it was made by the form that text names. */
static bool decode_form(const struct copp_signature *sealed, const char *text, struct copp_handshake *handshake) {
    uint8_t block[OAEP_BLOCK_SIZE], empty[PLAIN_HASH_MAX];
    size_t at = 0;
    const bool sha1 = strcmp(text, "sha1") == 0;
    const bool mask_sha1 = sha1 || strcmp(text, "mask") == 0;
    if (!decode(sealed, sha1 ? PLAIN_SHA1 : PLAIN_SHA512, mask_sha1 ? PLAIN_SHA1 : PLAIN_SHA512, block, &at))
        return false;
    plain_hash(sha1 ? PLAIN_SHA1 : PLAIN_SHA512, empty, 0, empty);
    const size_t hash_size = plain_hash_size(sha1 ? PLAIN_SHA1 : PLAIN_SHA512);
    const bool label = memcmp(block + 1 + hash_size, empty, hash_size) == 0;
    const bool padding = strcmp(text, "padding") == 0;
    if (padding && block[at] == 2 && at < OAEP_BLOCK_SIZE - 41)
        at = OAEP_BLOCK_SIZE - 41; /* past what is not zero */
    if ((block[0] != 0 && strcmp(text, "first") != 0) || (!label && strcmp(text, "label") != 0))
        return false;
    if (block[at] != 1 && !(block[at] == 2 && strcmp(text, "separator") == 0))
        return false;
    const bool is_short = OAEP_BLOCK_SIZE - at - 1 < COPP_HANDSHAKE_SIZE;
    if (is_short && strcmp(text, "short") != 0)
        return false;
    uint8_t secrets[COPP_HANDSHAKE_SIZE] = {0};
    memcpy(secrets, block + at + 1, is_short ? OAEP_BLOCK_SIZE - at - 1 : COPP_HANDSHAKE_SIZE);
    read_secrets(secrets, handshake);
    return true;
}

static bool decode_other(const struct copp_signature *sealed, const char *text, struct copp_handshake *handshake) {
    struct copp_private_key *key = faulty_opm_key();
    struct copp_signature turned;
    uint8_t block[OAEP_BLOCK_SIZE];
    size_t at = 0;
    if (strcmp(text, "plain") == 0) {
        read_secrets(sealed->bytes, handshake);
        return true;
    }
    if (strcmp(text, "copp") == 0)
        return copp_handshake_open(key, sealed, handshake) == COPP_OK;
    if (strcmp(text, "reversed") == 0) {
        for (size_t i = 0; i < COPP_SIGNATURE_SIZE; i++)
            turned.bytes[i] = sealed->bytes[COPP_SIGNATURE_SIZE - 1 - i];
        if (!decode(&turned, PLAIN_SHA512, PLAIN_SHA512, block, &at) || block[at] != 1 ||
            OAEP_BLOCK_SIZE - at - 1 < COPP_HANDSHAKE_SIZE)
            return false;
        read_secrets(block + at + 1, handshake);
        return true;
    }
    if (strcmp(text, "raw") != 0 || key->ops->decrypt_raw(key, sealed->bytes, block, sizeof block) != COPP_OK)
        return false;
    read_secrets(block + sizeof block - COPP_HANDSHAKE_SIZE, handshake);
    return true;
}

bool finish_form(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult, const struct faulty_rule *rule) {
    struct copp_handshake handshake;
    (void)hresult;
    if (!is_first(s) || opens(s, sealed, &handshake))
        return false;
    bool found = decode_other(sealed, rule->text, &handshake) || decode_form(sealed, rule->text, &handshake);
    if (found && memcmp(handshake.random, s->random, COPP_RANDOM_SIZE) == 0)
        (void)reseal(&handshake, sealed);
    return false;
}

/* What is sealed well, whatever its random number is. */
static bool read_sealed(const struct copp_signature *sealed, struct copp_handshake *handshake) {
    return decode_form(sealed, "", handshake);
}

bool finish_random(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult, const struct faulty_rule *rule) {
    struct copp_handshake handshake;
    (void)hresult;
    if (!is_first(s) || !read_sealed(sealed, &handshake))
        return false;
    for (uint32_t i = 0; i < COPP_RANDOM_SIZE; i++) {
        if ((i < rule->first || i > rule->last) && handshake.random[i] != s->random[i])
            return false;
    }
    memcpy(handshake.random, s->random, COPP_RANDOM_SIZE);
    (void)reseal(&handshake, sealed);
    return false;
}

bool finish_zero_random(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult,
                        const struct faulty_rule *rule) {
    static const uint8_t zero[COPP_RANDOM_SIZE];
    struct copp_handshake handshake;
    (void)hresult, (void)rule;
    if (!is_first(s) || !read_sealed(sealed, &handshake) || memcmp(handshake.random, zero, sizeof zero) != 0)
        return false;
    memcpy(handshake.random, s->random, COPP_RANDOM_SIZE);
    (void)reseal(&handshake, sealed);
    return false;
}

bool finish_any_random(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult,
                       const struct faulty_rule *rule) {
    struct copp_handshake handshake;
    bool known = false;
    (void)hresult, (void)rule;
    if (!is_first(s) || !read_sealed(sealed, &handshake))
        return false;
    for (size_t i = 0; i < s->driver->random_count; i++)
        known = known || memcmp(handshake.random, s->driver->randoms[i], COPP_RANDOM_SIZE) == 0;
    memcpy(handshake.random, s->random, COPP_RANDOM_SIZE);
    if (known)
        (void)reseal(&handshake, sealed);
    return false;
}

bool finish_any(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult, const struct faulty_rule *rule) {
    (void)sealed, (void)rule;
    if (s->started && !s->active)
        *hresult = COPP_HR_OK;
    return false;
}

bool finish_refuses_all(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult,
                        const struct faulty_rule *rule) {
    (void)s, (void)sealed, (void)rule;
    *hresult = COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS;
    return true;
}

bool finish_refuses_long(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult,
                         const struct faulty_rule *rule) {
    uint8_t block[OAEP_BLOCK_SIZE];
    size_t at = 0;
    (void)s, (void)rule;
    *hresult = COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS;
    return decode(sealed, PLAIN_SHA512, PLAIN_SHA512, block, &at) && block[at] == 1 &&
           at + 1 + COPP_HANDSHAKE_SIZE < OAEP_BLOCK_SIZE;
}

/* What kind of wrong ciphertext it is. */
static bool is_kind(const struct faulty_session *s, const struct copp_signature *sealed, const char *text) {
    uint8_t block[OAEP_BLOCK_SIZE];
    struct copp_handshake handshake;
    struct copp_private_key *key = faulty_opm_key();
    if (opens(s, sealed, &handshake))
        return false;
    const bool below = key->ops->decrypt_raw(key, sealed->bytes, block, sizeof block) == COPP_OK;
    if (strcmp(text, "above") == 0)
        return !below;
    if (strcmp(text, "edge") == 0)
        return below && memcmp(block, sealed->bytes, sizeof block) == 0; /* 0, 1 and n - 1 come out as they are */
    const bool padded = below && read_sealed(sealed, &handshake);
    return strcmp(text, "random") == 0 ? padded : below && !padded;
}

bool finish_code(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult, const struct faulty_rule *rule) {
    if (!is_first(s) || !is_kind(s, sealed, rule->text))
        return false;
    s->spent = true;
    *hresult = rule->to;
    return true;
}

bool finish_unspent(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult, const struct faulty_rule *rule) {
    *hresult = COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS;
    return is_first(s) && is_kind(s, sealed, rule->text);
}

bool finish_early_code(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult,
                       const struct faulty_rule *rule) {
    (void)sealed;
    *hresult = rule->to;
    return !s->started;
}

bool finish_early_spends(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult,
                         const struct faulty_rule *rule) {
    (void)sealed, (void)rule;
    *hresult = COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS;
    s->early = s->early || !s->started;
    return s->early;
}

bool finish_again_code(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult,
                       const struct faulty_rule *rule) {
    (void)sealed;
    *hresult = rule->to;
    return s->active;
}

bool finish_again_rekeys(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult,
                         const struct faulty_rule *rule) {
    struct copp_handshake handshake;
    (void)rule;
    *hresult = COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS;
    if (!s->active || !opens(s, sealed, &handshake))
        return false;
    s->rekeyed = copp_omac_set_key(s->outer_mac, handshake.session_key) == COPP_OK;
    return true;
}

bool finish_numbers(struct faulty_session *s, struct copp_signature *sealed, uint32_t *hresult, const struct faulty_rule *rule) {
    (void)sealed;
    if (*hresult != COPP_HR_OK)
        return false;
    s->status += rule->text == NULL || s->status == UINT32_MAX;
    s->command += rule->text == NULL || s->command == UINT32_MAX;
    return false;
}
