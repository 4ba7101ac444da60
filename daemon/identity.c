#include "identity.h"

#include <stdlib.h>

#include "config.h"
#include "files.h"

/* OPM-CERT-11: a COPP device decrypts without looking at a padding, for whoever asks. A key that cannot be compared may be the same. */
static bool keys_differ(const struct identity *identity, struct error_text *error) {
    struct copp_public_key copp;
    struct copp_public_key opm;
    const struct credentials *of_copp = &identity->copp;
    const struct credentials *of_opm = &identity->opm;
    if (of_copp->key->ops->public_key(of_copp->key, &copp) || of_opm->key->ops->public_key(of_opm->key, &opm))
        return error_set(error, "%s and %s: cannot tell whether their keys differ (OPM-CERT-11)", of_copp->name, of_opm->name);
    return !copp_public_key_equal(&copp, &opm) ||
           error_set(error, "[driver] key and opm_key are the same RSA key (OPM-CERT-11): give OPM a key and a chain of its own");
}

/* What [driver] names vouches for displays: a key whose time tells of what it decrypts would give sessions away (OPM-INI-6, OPM-INI-7). */
static bool key_is_safe(const struct credentials *opm, struct error_text *error) {
    return copp_private_key_constant_time(opm->key) ||
           error_set(error, "[driver] opm_key: libgcrypt does not decrypt in constant time, as OPM requires (OPM-INI-7): remove "
                            "opm_chain and opm_key, or build coppd with OpenSSL");
}

static bool open_configured(const struct config *config, struct identity *identity, struct error_text *error) {
    if (credentials_open(&credentials_copp, config->chain, config->key, config->passphrase_file, &identity->copp, error))
        return false;
    if (!config->opm_key[0])
        return true;
    return !credentials_open(&credentials_opm, config->opm_chain, config->opm_key, config->opm_passphrase_file, &identity->opm,
                             error) &&
           keys_differ(identity, error) && key_is_safe(&identity->opm, error);
}

bool identity_is_ready(const struct config *config, struct error_text *error) {
    return file_is_ready(config->chain, error) && file_is_ready(credentials_key_path(config->key), error) &&
           file_is_ready(config->passphrase_file, error) && file_is_ready(config->opm_chain, error) &&
           file_is_ready(credentials_key_path(config->opm_key), error) && file_is_ready(config->opm_passphrase_file, error);
}

bool identity_open(const struct config *config, bool keep, struct identity **identity, struct error_text *error) {
    struct identity *made = calloc(1, sizeof *made);
    *identity = made;
    if (!made)
        return error_set(error, "out of memory");
    made->holders = 1;
    if (config_has_driver(config))
        return open_configured(config, made, error);
    return credentials_hierarchy(&credentials_copp, config->state_directory, keep, &made->copp, error) &&
           credentials_hierarchy(&credentials_opm, config->state_directory, keep, &made->opm, error);
}

bool identity_check(const struct identity *identity, struct error_text *error) {
    return credentials_copp.check(&identity->copp, error) &&
           (!identity->opm.chain_bytes || credentials_opm.check(&identity->opm, error));
}

void identity_configure(const struct identity *identity, struct copp_adapter_config *config) {
    config->chain_bytes = (const uint8_t *)identity->copp.chain_bytes;
    config->chain_size = identity->copp.chain_size;
    config->key = identity->copp.key;
    config->opm_chain_bytes = (const uint8_t *)identity->opm.chain_bytes;
    config->opm_chain_size = identity->opm.chain_size;
    config->opm_key = identity->opm.key;
}

struct identity *identity_hold(struct identity *identity) {
    identity->holders++;
    return identity;
}

void identity_release(struct identity **identity) {
    struct identity *old = *identity;
    *identity = NULL;
    if (!old || --old->holders > 0)
        return;
    credentials_close(&old->copp);
    credentials_close(&old->opm);
    free(old);
}
