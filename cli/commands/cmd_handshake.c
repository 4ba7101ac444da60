/* copp handshake: makes and opens the signature that starts a session (SES-4..7), or what OPM has in its place (OPM-INI-3..8). */
#include <stdlib.h>
#include <string.h>

#include "cli/collections.h"
#include "cli/commands.h"
#include "cli/encode.h"
#include "cli/io.h"
#include "cli/keys.h"
#include "cli/report.h"
#include "cli/revocation.h"
#include "cli/unlike.h"
#include "common/number.h"

struct seal_options {
    const char *chain;
    const char *anchor;
    const char *leaf_key;
    const char *random;
    const char *form;
    bool opm;
    const char *output;
    bool reveal;
    struct revocation_options revocation;
};

static const struct option_spec seal_table[] = {
    {.name = "chain",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct seal_options, chain),
     .argument = "FILE",
     .help = "the driver's certificate chain"},
    ANCHOR_OPTION(struct seal_options),
    CRL_OPTION(struct seal_options, revocation),
    {.name = "leaf-key",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct seal_options, leaf_key),
     .argument = "FILE",
     .help = "the driver's public key, PEM, instead of a chain:\n"
             "it is not authenticated"},
    {.name = "random",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct seal_options, random),
     .argument = "HEX",
     .help = "the driver's random number, 32 digits",
     .required = true},
    {.name = "form",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct seal_options, form),
     .argument = "swap40|swap256",
     .words = "swap40 swap256",
     .help = "COPP's byte order (default: swap40)"},
    {.name = "opm",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct seal_options, opm),
     .help = "as OPM has it: OAEP with SHA-512; needs --leaf-key"},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .offset = offsetof(struct seal_options, output),
     .argument = "FILE",
     .help = "where to write the 256 bytes",
     .required = true},
    {.name = "reveal",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct seal_options, reveal),
     .help = "print the secrets, in JSON"},
    {.name = NULL},
};

static json_t *json_secrets(const struct copp_handshake *h) {
    return json_pack("{so so sI sI}", "random", json_hex(h->random, COPP_RANDOM_SIZE), "session_key",
                     json_hex(h->session_key, COPP_KEY_SIZE), "status_sequence", (json_int_t)h->status_sequence,
                     "command_sequence", (json_int_t)h->command_sequence);
}

static int read_random(const struct invocation *in, const char *text, uint8_t *random) {
    if (hex_read(text, random, COPP_RANDOM_SIZE))
        return STATUS_YES;
    return fail(in, STATUS_UNKNOWN, NULL, "--random takes 32 hexadecimal digits, not '%s'", text);
}

/* CRL-4 */
static int check_lists(const struct invocation *in, const struct seal_options *o, const struct copp_public_key *anchor,
                       const struct copp_chain *chain) {
    struct revocation revocation;
    struct copp_verdict verdict;
    int status = revocation_open(in, &o->revocation, anchor, RECEIVERS_NONE, &revocation);
    for (size_t i = 0; status == STATUS_YES && i < revocation.lists.revocation_count; i++) {
        enum copp_result result = copp_revocation_check(revocation.lists.revocations[i], chain, &verdict);
        if (result != COPP_OK)
            status = fail_validation(in, o->chain, COLLECTION_CHAIN, result, &verdict);
    }
    revocation_close(&revocation);
    return status;
}

/* SES-9: nothing is encrypted to a key that has not been validated, or is revoked. */
static int read_chain(const struct invocation *in, const struct seal_options *o, struct copp_public_key *leaf) {
    struct copp_public_key anchor;
    struct copp_chain *chain;
    int status = read_anchor(in, o->anchor, &anchor);
    if (status == STATUS_YES)
        status = load_chain(in, o->chain, &anchor, &chain);
    if (status != STATUS_YES)
        return status;
    status = check_lists(in, o, &anchor, chain);
    *leaf = *copp_chain_leaf_key(chain);
    copp_chain_free(&chain);
    return status;
}

#define KEY_FILE_MAX 65536u

/* What whoever names the file vouches for. */
static int read_leaf_key(const struct invocation *in, const char *name, struct copp_public_key *leaf) {
    static const struct kind_remedy remedies[] = {
        {KIND(FILE_PRIVATE_KEY), "take its public half: openssl pkey -in FILE -pubout"},
        {KIND(FILE_X509), "take the key of it: openssl x509 -in FILE -pubkey -noout"},
        {KIND(FILE_PKCS7),
         "take the key of the driver's certificate, the first of: openssl pkcs7 -inform DER -in FILE -print_certs"},
        {KIND(FILE_CHAIN), "give it as --chain, without --opm"},
        {0, NULL},
    };
    struct blob text;
    int status = read_file(in, name, KEY_FILE_MAX, &text);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = copp_public_key_read((const char *)text.bytes, text.size, leaf);
    if (result == COPP_E_KEY)
        status =
            fail_kind(in, name, &text, KINDS_ANCHOR, "is not a driver's public key: give one of 2048 bits, in PEM", remedies);
    else if (result != COPP_OK)
        status = fail_result(in, name, result);
    blob_free(&text);
    return status;
}

/* What goes together. */
static int check_choice(const struct invocation *in, const struct seal_options *o) {
    const char *wrong = NULL;
    if (!o->chain && !o->leaf_key)
        wrong = "--chain or --leaf-key is required";
    else if (o->chain && o->leaf_key)
        wrong = "--chain and --leaf-key both name the driver's key: give one of them";
    else if (o->leaf_key && (o->anchor || o->revocation.crls.count))
        wrong = "--anchor and --crl are for a chain, and --leaf-key names a key: remove them";
    else if (o->opm && o->chain)
        wrong = "--chain is COPP's: with --opm give the driver's key by --leaf-key";
    else if (o->opm && o->form)
        wrong = "--form is for COPP: remove it, or remove --opm";
    return wrong ? fail(in, STATUS_UNKNOWN, NULL, "%s", wrong) : STATUS_YES;
}

/* The form by number and by name. */
struct form {
    enum copp_handshake_form form;
    const char *name;
};
static struct form chosen_form(const struct seal_options *o) {
    if (o->opm)
        return (struct form){COPP_FORM_OPM, "opm"};
    if (o->form && strcmp(o->form, "swap256") == 0)
        return (struct form){COPP_FORM_SWAP256, "swap256"};
    return (struct form){COPP_FORM_SWAP40, "swap40"};
}

/* SES-4: key and both sequence numbers from a CSPRNG. */
static bool draw(struct copp_handshake *h) {
    return random_bytes(h->session_key, sizeof h->session_key) && random_bytes(&h->status_sequence, sizeof h->status_sequence) &&
           random_bytes(&h->command_sequence, sizeof h->command_sequence);
}

static int seal(const struct invocation *in, const struct copp_public_key *leaf, struct copp_handshake *h) {
    const struct seal_options *o = in->options;
    const struct form form = chosen_form(o);
    const char *from = o->leaf_key ? o->leaf_key : o->chain;
    struct copp_signature signature;
    if (!draw(h))
        return fail_result(in, NULL, COPP_E_RANDOM);
    enum copp_result result = copp_handshake_seal(h, form.form, leaf, &signature);
    if (result == COPP_E_KEY)
        return fail(in, STATUS_UNKNOWN, from, "is not a driver's key: use RSA with 2048 bits");
    if (result != COPP_OK)
        return fail_result(in, from, result);
    int status = write_file(in, o->output, signature.bytes, sizeof signature.bytes);
    if (status != STATUS_YES)
        return status;
    if (o->reveal)
        return print_json(json_secrets(h));
    if (strcmp(o->output, "-") == 0)
        return STATUS_YES; /* standard output is taken */
    if (in->json)
        return print_json(json_pack("{so ss}", "file", json_text(o->output), "form", form.name));
    say("%s: sealed to the driver's key of %s, form %s", o->output, from, form.name);
    return STATUS_YES;
}

static int run_seal(const struct invocation *in) {
    const struct seal_options *o = in->options;
    struct copp_handshake h = {0};
    struct copp_public_key leaf;
    if (strcmp(o->output, "-") == 0 && (o->reveal || in->json))
        return fail(in, STATUS_UNKNOWN, NULL, "--reveal and --json need standard output: give --output a FILE");
    int status = check_choice(in, o);
    if (status == STATUS_YES)
        status = read_random(in, o->random, h.random);
    if (status == STATUS_YES)
        status = o->leaf_key ? read_leaf_key(in, o->leaf_key, &leaf) : read_chain(in, o, &leaf);
    if (status == STATUS_YES)
        status = seal(in, &leaf, &h);
    copp_handshake_wipe(&h);
    return status;
}

struct open_options {
    const char *key;
    const char *passphrase_file;
    const char *random;
    bool opm;
    bool reveal;
};

static const struct option_spec open_table[] = {
    {.name = "key",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct open_options, key),
     .argument = "URI",
     .help = "the driver's private key: a file, or a pkcs11:\nURI, with pkcs11-provider set up in openssl.cnf",
     .required = true},
    {.name = "passphrase-file",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct open_options, passphrase_file),
     .argument = "FILE",
     .help = "its first line opens an encrypted key"},
    {.name = "random",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct open_options, random),
     .argument = "HEX",
     .help = "the random number the driver gave out, 32 digits;\nwithout it opening proves nothing"},
    {.name = "opm",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct open_options, opm),
     .help = "as an OPM driver: OAEP is checked; needs --random"},
    {.name = "reveal",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct open_options, reveal),
     .help = "print the secrets, in JSON"},
    {.name = NULL},
};

static int answer_open(const struct invocation *in, const struct copp_handshake *h, const uint8_t *random) {
    const struct open_options *o = in->options;
    const char *name = in->operands[0];
    /* SES-7 */
    bool matches = random != NULL && copp_equal(random, h->random, COPP_RANDOM_SIZE);
    int status = random == NULL || matches ? STATUS_YES : STATUS_NO;
    if (status == STATUS_NO) {
        complain("%s: it holds a different random number (SES-7)", name);
        complain("remedy: seal the random number of this very session, and check the form (SES-5)");
    }
    if (in->json || o->reveal) {
        json_t *answer =
            json_pack("{so so}", "file", json_text(name), "random_matches", random != NULL ? json_boolean(matches) : json_null());
        json_t *secrets = o->reveal ? json_secrets(h) : json_object();
        if (json_object_update(secrets, answer) != 0) {
            json_decref(secrets);
            secrets = NULL;
        }
        json_decref(answer);
        return print_json(secrets) == STATUS_YES ? status : STATUS_UNKNOWN;
    }
    if (random == NULL)
        say("%s: opens; give --random to check which session it belongs to (SES-7)", name);
    else if (matches)
        say("%s: opens, and holds the random number given", name);
    return status;
}

static int read_signature(const struct invocation *in, bool opm, struct copp_signature *signature) {
    const char *name = in->operands[0];
    struct blob blob;
    int status = read_file(in, name, COPP_SIGNATURE_SIZE, &blob);
    if (status != STATUS_YES)
        return status;
    if (blob.size == COPP_SIGNATURE_SIZE)
        memcpy(signature->bytes, blob.bytes, COPP_SIGNATURE_SIZE);
    else
        status = fail_kind(in, name, &blob, 0,
                           opm ? "is not OPM_ENCRYPTED_INITIALIZATION_PARAMETERS: that has 256 bytes (OPM-INI-5)"
                               : "is not an AMCOPPSignature: that has 256 bytes (WIRE-1)",
                           NULL);
    blob_free(&blob);
    return status;
}

static int open_signature(const struct invocation *in, struct copp_private_key *key, const uint8_t *random) {
    const char *name = in->operands[0];
    const bool opm = ((const struct open_options *)in->options)->opm;
    struct copp_handshake h;
    struct copp_signature signature;
    int status = read_signature(in, opm, &signature);
    if (status != STATUS_YES)
        return status;
    enum copp_result result =
        opm ? copp_handshake_open_opm(key, &signature, random, &h) : copp_handshake_open(key, &signature, &h);
    if (result == COPP_E_INVALID && opm)
        status = fail_with(in, STATUS_NO, name, "seal with --opm, to this key, the random number of this very session",
                           "does not open, or holds another random number; a driver does not reveal which (OPM-INI-7)");
    else if (result == COPP_E_INVALID)
        status = fail(in, STATUS_NO, name,
                      "is not below the key's modulus: sealed to another key, or in the wrong byte order (SES-8)");
    else if (result == COPP_E_KEY)
        status = fail(in, STATUS_UNKNOWN, ((const struct open_options *)in->options)->key,
                      "is not a driver's key: use RSA with 2048 bits");
    else if (result != COPP_OK)
        status = fail_result(in, name, result);
    else
        status = answer_open(in, &h, random);
    copp_handshake_wipe(&h);
    return status;
}

static int run_open(const struct invocation *in) {
    const struct open_options *o = in->options;
    uint8_t random[COPP_RANDOM_SIZE];
    struct copp_private_key *key;
    if (o->opm && o->random == NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "--opm needs --random: the one verdict includes the number (OPM-INI-6)");
    int status = o->random != NULL ? read_random(in, o->random, random) : STATUS_YES;
    if (status != STATUS_YES)
        return status;
    status = open_private_key(in, o->key, o->passphrase_file, &key);
    if (status == STATUS_YES)
        status = open_signature(in, key, o->random != NULL ? random : NULL);
    copp_private_key_free(&key);
    return status;
}

const struct command command_handshake_seal = {
    .name = "handshake seal",
    .operands = "",
    .operands_max = 0,
    .summary = "Make the signature that starts a session, as an application does",
    .details = "A chain is validated first. The session key and both sequence numbers are drawn at random. With\n"
               "--opm the 256 bytes are what IOPMVideoOutput::FinishInitialization takes.",
    .options = seal_table,
    .options_size = sizeof(struct seal_options),
    .run = run_seal,
};

const struct command command_handshake_open = {
    .name = "handshake open",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Open such a signature, as a driver does",
    .details = "Exits with 1 if the random number in it is not the one --random gives, and with --opm also if\n"
               "anything else is wrong: OPM has one verdict.",
    .options = open_table,
    .options_size = sizeof(struct open_options),
    .run = run_open,
};
