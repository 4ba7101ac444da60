/* copp crl issue: makes a revocation list (CRL-1..5). */
#include <stdlib.h>
#include <string.h>

#include "cli/collections.h"
#include "cli/commands.h"
#include "cli/encode.h"
#include "cli/io.h"
#include "cli/keys.h"
#include "cli/report.h"
#include "common/number.h"

struct issue_options {
    uint32_t version;
    struct text_list revoke;
    const char *signer;
    const char *root;
    const char *passphrase_file;
    const char *output;
    bool base64;
};

static const struct option_spec table[] = {
    {.name = "version",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct issue_options, version),
     .argument = "N",
     .help = "a list replaces only lists of a lower version",
     .required = true},
    {.name = "revoke",
     .kind = OPTION_LIST,
     .offset = offsetof(struct issue_options, revoke),
     .argument = "CHAIN:leaf|ihv|root",
     .help = "the certificate of a chain to revoke, or its digest\n"
             "in 40 hexadecimal digits; may be given several\n"
             "times"},
    {.name = "signer",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, signer),
     .argument = "URI",
     .help = "the RSA-1024 key that signs the list (crl.pem of\nchain issue --new-keys)",
     .required = true},
    {.name = "root",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, root),
     .argument = "URI",
     .help = "the anchor's RSA-1024 key, which signs the\n"
             "signer's certificate",
     .required = true},
    {.name = "passphrase-file",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, passphrase_file),
     .argument = "FILE",
     .help = "its first line opens encrypted keys"},
    {.name = "base64",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct issue_options, base64),
     .help = "write base64 text, not binary"},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, output),
     .argument = "FILE",
     .help = "where to write the list",
     .required = true},
    {.name = NULL},
};

#define ANCHOR_BYTES 128u

struct keys {
    struct copp_private_key *signer;
    struct copp_private_key *root;
    struct copp_public_key signer_half;
    struct copp_public_key root_half;
};

static int get_keys(const struct invocation *in, struct keys *k) {
    const struct issue_options *o = in->options;
    int status = open_private_key(in, o->signer, o->passphrase_file, &k->signer);
    if (status == STATUS_YES)
        status = public_half(in, o->signer, k->signer, &k->signer_half);
    if (status == STATUS_YES)
        status = open_private_key(in, o->root, o->passphrase_file, &k->root);
    if (status == STATUS_YES)
        status = public_half(in, o->root, k->root, &k->root_half);
    if (status == STATUS_YES && k->root_half.modulus_size != ANCHOR_BYTES)
        status =
            fail(in, STATUS_UNKNOWN, o->root, "is not an anchor's key: use RSA-1024, as for the root of every chain (CERT-6)");
    return status;
}

/* A list names DigestValues (CRL-4): a certificate whose own does not hold cannot be named. */
static int digest_of(const struct invocation *in, const char *name, size_t index, uint8_t *digest) {
    struct copp_chain *chain;
    struct copp_certificate c = {.size = sizeof c};
    int status = STATUS_YES;
    if (load_chain(in, name, NULL, &chain) != STATUS_YES)
        return STATUS_UNKNOWN;
    enum copp_result result = copp_chain_certificate(chain, index, &c);
    if (result == COPP_OK && copp_equal(c.digest, c.digest_value, COPP_DIGEST_SIZE))
        memcpy(digest, c.digest, COPP_DIGEST_SIZE);
    else
        status =
            fail(in, STATUS_UNKNOWN, name, "certificate %zu is missing or its DigestValue does not hold (CERT-10)", index + 1);
    copp_chain_free(&chain);
    return status;
}

static int read_revoked(const struct invocation *in, const char *text, uint8_t *digest) {
    static const char *const names[] = {":leaf", ":ihv", ":root"};
    size_t size = strlen(text);
    if (hex_read(text, digest, COPP_DIGEST_SIZE))
        return STATUS_YES;
    for (size_t i = 0; i < 3; i++) {
        size_t end = strlen(names[i]);
        if (size <= end || strcmp(text + size - end, names[i]) != 0)
            continue;
        char *name = strdup(text);
        if (name == NULL)
            return fail_result(in, NULL, COPP_E_MEMORY);
        name[size - end] = '\0';
        int status = digest_of(in, name, i, digest);
        free(name);
        return status;
    }
    return fail(in, STATUS_UNKNOWN, NULL, "--revoke takes CHAIN:leaf, CHAIN:ihv, CHAIN:root or 40 hexadecimal digits, not '%s'",
                text);
}

/* The list is validated before anybody sees it: a key of the wrong size shows here. */
static int issue(const struct invocation *in, struct keys *k, const uint8_t *digests, uint8_t **list, size_t *size) {
    const struct issue_options *o = in->options;
    const struct copp_certificate_request requests[] = {
        {.size = sizeof *requests, .subject = k->signer_half, .signer = k->root, .sign_crl = true, .manufacturer = ""},
        {.size = sizeof *requests, .subject = k->root_half, .signer = k->root, .sign_certificate = true, .manufacturer = ""},
    };
    struct copp_verdict verdict;
    enum copp_result result = copp_revocation_issue(o->version, digests, o->revoke.count, requests, 2, k->signer, list, size);
    if (result == COPP_E_KEY)
        return fail(in, STATUS_UNKNOWN, o->signer, "is not a key for a list: use RSA-1024");
    if (result != COPP_OK)
        return fail(in, STATUS_UNKNOWN, NULL, "cannot create the list: %s", copp_strerror(result));
    result = copp_revocation_validate(*list, *size, &k->root_half, NULL, &verdict);
    return result == COPP_OK ? STATUS_YES : fail_validation(in, "the list these keys give", COLLECTION_LIST, result, &verdict);
}

static int write_list(const struct invocation *in, const uint8_t *list, size_t size) {
    const struct issue_options *o = in->options;
    if (!o->base64)
        return write_file(in, o->output, list, size);
    char *text = base64_lines(list, size);
    int status = text != NULL ? write_file(in, o->output, text, strlen(text)) : fail_result(in, NULL, COPP_E_MEMORY);
    free(text);
    return status;
}

static int answer(const struct invocation *in) {
    const struct issue_options *o = in->options;
    if (strcmp(o->output, "-") == 0)
        return STATUS_YES; /* standard output is taken */
    if (in->json)
        return print_json(json_pack("{so sI sI}", "file", json_text(o->output), "version", (json_int_t)o->version, "revoked",
                                    (json_int_t)o->revoke.count));
    say("%s: version %lu, %zu revoked", o->output, (unsigned long)o->version, o->revoke.count);
    return STATUS_YES;
}

static int run_with_digests(const struct invocation *in, uint8_t *digests) {
    const struct issue_options *o = in->options;
    struct keys k = {.signer = NULL};
    uint8_t *list = NULL;
    size_t size = 0;
    int status = STATUS_YES;
    for (size_t i = 0; status == STATUS_YES && i < o->revoke.count; i++)
        status = read_revoked(in, o->revoke.items[i], digests + i * COPP_DIGEST_SIZE);
    if (status == STATUS_YES)
        status = get_keys(in, &k);
    if (status == STATUS_YES)
        status = issue(in, &k, digests, &list, &size);
    if (status == STATUS_YES)
        status = write_list(in, list, size);
    if (status == STATUS_YES)
        status = answer(in);
    copp_release(list, size);
    copp_private_key_free(&k.signer);
    copp_private_key_free(&k.root);
    return status;
}

static int run(const struct invocation *in) {
    const struct issue_options *o = in->options;
    if (strcmp(o->output, "-") == 0 && in->json)
        return fail(in, STATUS_UNKNOWN, NULL, "--json needs standard output: give --output a FILE");
    uint8_t *digests = calloc(o->revoke.count + 1, COPP_DIGEST_SIZE);
    if (digests == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    int status = run_with_digests(in, digests);
    free(digests);
    return status;
}

const struct command command_crl_issue = {
    .name = "crl issue",
    .operands = "",
    .operands_max = 0,
    .summary = "Make a certificate revocation list",
    .details = "The list is validated before it is written.",
    .options = table,
    .options_size = sizeof(struct issue_options),
    .run = run,
};
