/* A driver's X.509 chain: reading, judging and looking into it. */
#include <stdlib.h>
#include <string.h>

#include "certificate/x509.h"
#include "common/sized.h"

static struct copp_opm_chain *chain_new(const uint8_t *chain_bytes, size_t chain_size) {
    struct copp_opm_chain *chain = malloc(sizeof *chain + chain_size + COPP_X509_TEXT_SIZE(chain_size));
    if (!chain)
        return NULL;
    chain->chain_size = chain_size;
    chain->valid = false;
    chain->count = 0;
    chain->path_length = 0;
    memcpy(chain->chain_bytes, chain_bytes, chain_size);
    return chain;
}

/* Decodes what was split; judges nothing. */
static void decode(struct copp_opm_chain *chain) {
    struct copp_writer text = {&chain->chain_bytes[chain->chain_size], COPP_X509_TEXT_SIZE(chain->chain_size)};
    for (uint32_t i = 0; i < chain->count; i++) {
        struct copp_x509 *certificate = &chain->certificates[i];
        copp_x509_read_key(certificate);
        copp_x509_read_extensions(certificate);
        certificate->subject_text = copp_x509_name_text(&certificate->subject, &text);
        certificate->issuer_text = copp_x509_name_text(&certificate->issuer, &text);
        if (certificate->extensions.has_purposes)
            certificate->purposes_text = copp_x509_purposes_text(&certificate->extensions.purposes, &text);
    }
}

static enum copp_result read_chain(const uint8_t *chain_bytes, size_t chain_size, struct copp_opm_chain **chain,
                                   struct copp_verdict *verdict) {
    if (chain_size == 0 || chain_size > COPP_OPM_CHAIN_SIZE_MAX) {
        (void)copp_verdict_refuse(verdict, COPP_RULE_OPM_CERT_1, -1, "the chain is empty, or larger than 64 KiB");
        return COPP_E_INVALID;
    }
    struct copp_opm_chain *made = chain_new(chain_bytes, chain_size);
    if (!made)
        return COPP_E_MEMORY;
    enum copp_result result = copp_x509_split(made, verdict);
    if (result) {
        free(made);
        return result;
    }
    decode(made);
    *chain = made;
    return COPP_OK;
}

/* What the caller asks for, in our own words. */
struct demand {
    struct copp_opm_trust trust;
    struct copp_opm_anchor anchor;
    struct copp_x509_purpose purpose;
};

static bool read_demand(const struct copp_opm_trust *trust, struct demand *demand) {
    demand->purpose.size = 0;
    return copp_sized_read(trust, &demand->trust, sizeof demand->trust) && demand->trust.anchor &&
           copp_sized_read(demand->trust.anchor, &demand->anchor, sizeof demand->anchor) &&
           demand->anchor.subject_size <= sizeof demand->anchor.subject &&
           (!demand->trust.purpose || copp_x509_purpose_read(demand->trust.purpose, &demand->purpose));
}

static void take_leaf_key(struct copp_opm_chain *chain) {
    const struct copp_rsa_key *key = &chain->certificates[chain->path[0]].key;
    chain->leaf_key = (struct copp_public_key){.modulus_size = COPP_MODULUS_MAX, .exponent = key->exponent};
    memcpy(chain->leaf_key.modulus, key->modulus, COPP_MODULUS_MAX);
    chain->valid = true;
}

enum copp_result copp_opm_chain_validate(const uint8_t *chain_bytes, size_t chain_size, const struct copp_opm_trust *trust,
                                         struct copp_opm_chain **chain, struct copp_verdict *verdict) {
    struct copp_verdict unused;
    struct copp_opm_chain *read = NULL;
    struct demand demand;
    if (!verdict)
        verdict = &unused;
    if (chain)
        *chain = NULL;
    copp_verdict_clear(verdict);
    if (!chain_bytes || !trust || !read_demand(trust, &demand))
        return COPP_E_ARGUMENT;
    enum copp_result result = read_chain(chain_bytes, chain_size, &read, verdict);
    if (!result)
        result = copp_x509_find_path(read, verdict);
    if (!result)
        result = copp_x509_check(read, &demand.anchor, &demand.purpose, demand.trust.log, verdict);
    if (result == COPP_E_INVALID)
        copp_verdict_log(verdict, "a certificate chain", demand.trust.log);
    if (result || !chain) {
        copp_opm_chain_free(&read);
        return result;
    }
    take_leaf_key(read);
    *chain = read;
    return COPP_OK;
}

enum copp_result copp_opm_chain_parse(const uint8_t *chain_bytes, size_t chain_size, struct copp_log *log,
                                      struct copp_opm_chain **chain, struct copp_verdict *verdict) {
    struct copp_verdict unused;
    if (!verdict)
        verdict = &unused;
    if (chain)
        *chain = NULL;
    copp_verdict_clear(verdict);
    if (!chain_bytes || !chain)
        return COPP_E_ARGUMENT;
    enum copp_result result = read_chain(chain_bytes, chain_size, chain, verdict);
    if (result == COPP_E_INVALID)
        copp_verdict_log(verdict, "a certificate chain", log);
    if (!result && copp_x509_find_path(*chain, &unused)) /* no path: then nobody has a role */
        (*chain)->path_length = 0;
    return result;
}

void copp_opm_chain_free(struct copp_opm_chain **chain) {
    if (!chain)
        return;
    free(*chain);
    *chain = NULL;
}

bool copp_opm_chain_valid(const struct copp_opm_chain *chain) {
    return chain && chain->valid;
}

const uint8_t *copp_opm_chain_bytes(const struct copp_opm_chain *chain, size_t *size) {
    if (size)
        *size = chain ? chain->chain_size : 0;
    return chain ? chain->chain_bytes : NULL;
}

const struct copp_public_key *copp_opm_chain_leaf_key(const struct copp_opm_chain *chain) {
    return copp_opm_chain_valid(chain) ? &chain->leaf_key : NULL;
}

size_t copp_opm_chain_count(const struct copp_opm_chain *chain) {
    return chain ? chain->count : 0;
}

static enum copp_opm_role role_of(const struct copp_opm_chain *chain, size_t index) {
    for (uint32_t i = 0; i < chain->path_length; i++) {
        if (chain->path[i] == index)
            return i == 0 ? COPP_OPM_ROLE_LEAF : i + 1 < chain->path_length ? COPP_OPM_ROLE_CA : COPP_OPM_ROLE_ROOT;
    }
    return COPP_OPM_ROLE_NONE;
}

enum copp_result copp_opm_chain_certificate(const struct copp_opm_chain *chain, size_t index,
                                            struct copp_opm_certificate *certificate) {
    if (!chain || !certificate || !copp_sized_room(certificate))
        return COPP_E_ARGUMENT;
    if (index >= chain->count)
        return COPP_E_NOT_FOUND;
    const struct copp_x509 *read = &chain->certificates[index];
    const struct copp_x509_extensions *extensions = &read->extensions;
    const struct copp_opm_certificate told = {
        .role = role_of(chain, index),
        .version = read->version_3 ? 3 : 1,
        .der = read->whole.next,
        .der_size = read->whole.left,
        .subject = read->subject_text,
        .issuer = read->issuer_text,
        .signature = copp_x509_signature_name(read),
        .key_flaw = read->key_flaw,
        .key = read->key,
        .extensions_flaw = extensions->flaw,
        .has_basic_constraints = extensions->has_basic,
        .ca = extensions->ca,
        .has_path_length = extensions->has_path_length,
        .path_length = extensions->path_length,
        .has_key_usage = extensions->has_usage,
        .key_usage = extensions->usage,
        .has_purposes = extensions->has_purposes,
        .purposes = read->purposes_text,
    };
    copp_sized_write(certificate, &told, sizeof told);
    return COPP_OK;
}
