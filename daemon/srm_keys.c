#include "srm_keys.h"

#include <stdio.h>
#include <string.h>

#include "files.h"

#define PEM_MAX 65536u
#define PATH_SIZE 256u /* longer than what a line of the configuration holds */

/* Of the other kind no key of a file is one: an error of none of both is the list's. */
enum copp_result srm_keys_verify(const struct srm_keys *keys, const uint8_t *bytes, size_t size, struct copp_srm **srm,
                                 struct copp_verdict *verdict) {
    enum copp_result result = COPP_E_KEY;
    if (srm)
        *srm = NULL;
    *verdict =
        (struct copp_verdict){.rule = COPP_RULE_SRM_2, .certificate = -1, .detail = "none of the keys is for this kind of list"};
    for (size_t i = 0; i < keys->count; i++) {
        struct copp_verdict found;
        enum copp_result one = copp_srm_verify(bytes, size, &keys->keys[i], srm, &found);
        if (one == COPP_E_KEY)
            continue;
        result = one;
        *verdict = found;
        if (result != COPP_E_INVALID)
            return result;
    }
    return result == COPP_E_KEY ? COPP_E_INVALID : result;
}

/* Each kind's smallest list, signed by nobody, shows whether a key is for that kind. */
static bool is_usable(const struct copp_srm_key *key) {
    static const uint8_t first[48] = {0x80, 0, 0, 1, 1, 0, 0, 43};
    static const uint8_t second[396] = {0x91, 0, 0, 1, 1, 0, 0x01, 0x87};
    return copp_srm_verify(first, sizeof first, key, NULL, NULL) != COPP_E_KEY ||
           copp_srm_verify(second, sizeof second, key, NULL, NULL) != COPP_E_KEY;
}

static bool read_pem(const char *path, struct srm_keys *keys, struct copp_srm_key *key, struct error_text *error) {
    char **pem = &keys->pems[keys->count - 1];
    if (path[0] != '/')
        return error_set(error, "[outputs] srm_keys: \"%.80s\": give production, facsimile, or the whole path of a PEM file",
                         path);
    if (!file_is_ready(path, error) || !file_read(path, PEM_MAX, pem, &key->pem_size, error))
        return false;
    key->kind = COPP_SRM_KEY_PEM;
    key->pem = *pem;
    return is_usable(key) ||
           error_set(
               error,
               "%s: is not a key for revocation lists: give a PEM public key, DSA-1024 for HDCP 1.x or RSA-3072 for HDCP 2.x",
               path);
}

static bool read_key(const char *word, struct srm_keys *keys, struct error_text *error) {
    if (keys->count == SRM_KEYS_MAX)
        return error_set(error, "[outputs] srm_keys: more than %u keys: remove some", SRM_KEYS_MAX);
    struct copp_srm_key *key = &keys->keys[keys->count++];
    *key = (struct copp_srm_key){.size = sizeof *key, .kind = COPP_SRM_KEY_PRODUCTION};
    if (strcmp(word, "production") == 0)
        return true;
    if (strcmp(word, "facsimile") != 0)
        return read_pem(word, keys, key, error);
    key->kind = COPP_SRM_KEY_FACSIMILE;
    return true;
}

bool srm_keys_read(const char *words, struct srm_keys *keys, struct error_text *error) {
    static const char blank[] = " \t,";
    *keys = (struct srm_keys){.count = 0};
    while (*(words += strspn(words, blank))) {
        char word[PATH_SIZE];
        size_t length = strcspn(words, blank);
        (void)snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (!read_key(word, keys, error))
            return false;
        words += length;
    }
    return keys->count > 0 || read_key("production", keys, error);
}

void srm_keys_free(struct srm_keys *keys) {
    for (size_t i = 0; i < keys->count; i++)
        copp_release(keys->pems[i], keys->keys[i].pem_size);
    *keys = (struct srm_keys){.count = 0};
}

bool srm_keys_are_for_tests(const struct srm_keys *keys) {
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->keys[i].kind != COPP_SRM_KEY_PRODUCTION)
            return true;
    }
    return false;
}
