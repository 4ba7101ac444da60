/* copp chain issue: makes a driver's chain for a test or an IHV's own hierarchy (CERT-1..13; with --opm OPM-CERT-1..10). */
#include <string.h>

#include "cli/commands.h"
#include "cli/commands/cmd_chain_issue_opm.h"
#include "cli/describe.h"
#include "cli/io.h"
#include "cli/keys.h"
#include "cli/report.h"
#include "common/hierarchy.h"

struct issue_options {
    const char *leaf;
    const char *ihv;
    const char *root;
    const char *new_keys;
    const char *passphrase_file;
    const char *manufacturer;
    uint32_t security_level;
    bool opm;
    const char *hash;
    const char *purpose;
    const char *output;
};

static const struct option_spec table[] = {
    {.name = "leaf",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, leaf),
     .argument = "URI",
     .help = "the driver's RSA-2048 key"},
    {.name = "ihv",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, ihv),
     .argument = "URI",
     .help = "the vendor's RSA-2048 key, which signs the\ndriver's certificate (with --opm 2048 to 4096 bits)"},
    {.name = "root",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, root),
     .argument = "URI",
     .help = "the anchor's RSA-1024 key, which signs the vendor's\ncertificate and its own (with --opm 2048 to 4096\nbits)"},
    {.name = "passphrase-file",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, passphrase_file),
     .argument = "FILE",
     .help = "its first line opens encrypted keys"},
    {.name = "new-keys",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, new_keys),
     .argument = "DIR",
     .help = "instead of the three: make leaf.pem, ihv.pem,\n"
             "root.pem, crl.pem and root-public.pem in DIR\n"
             "(with --opm no crl.pem, and root-certificate.pem);\n"
             "nothing is overwritten"},
    {.name = "manufacturer",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, manufacturer),
     .argument = "NAME",
     .help = "who made the driver (default: \"Test\")"},
    {.name = "security-level",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct issue_options, security_level),
     .argument = "N",
     .help = "SecurityLevel in all three certificates\n(default: 0)"},
    {.name = "opm",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct issue_options, opm),
     .help = "make an OPM driver's chain, X.509"},
    {.name = "hash",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct issue_options, hash),
     .argument = "HASH",
     .words = "sha1 sha256",
     .help = "with --opm: of the signatures (default: sha1, which\nevery client verifies)"},
    {.name = "purpose",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, purpose),
     .argument = "OID",
     .help = "with --opm: an extended key usage of the driver's\ncertificate (default: none)"},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .offset = offsetof(struct issue_options, output),
     .argument = "FILE",
     .help = "where to write the chain",
     .required = true},
    {.name = NULL},
};

/* The keys of a hierarchy, in the chain's order; the last one signs revocation lists and is in no chain. */
enum { LEAF = HIERARCHY_LEAF, IHV = HIERARCHY_IHV, ROOT = HIERARCHY_ROOT, CRL = HIERARCHY_KEYS, KEYS };
static const char *const key_files[KEYS] = {"leaf.pem", "ihv.pem", "root.pem", "crl.pem"};

struct issued {
    struct copp_private_key *keys[KEYS];
    struct copp_public_key halves[KEYS]; /* of OPM's the leaf's alone */
    struct copp_rsa_key issuers[KEYS]; /* of OPM's, above the leaf */
    uint8_t *bytes;
    size_t size;
    const char *anchor_file; /* the name of the anchor, of new keys */
    char *anchor;
    size_t anchor_size;
};

static void issued_free(struct issued *h) {
    for (size_t i = 0; i < KEYS; i++)
        copp_private_key_free(&h->keys[i]);
    copp_release(h->bytes, h->size);
    copp_release(h->anchor, h->anchor_size);
}

/* Of new keys. COPP's root has 1024 bits (CERT-6), and so has what signs revocation lists; an OPM chain's keys all have 2048. */
static unsigned bits_of(const struct issue_options *o, size_t key) {
    return !o->opm && (key == ROOT || key == CRL) ? 1024 : 2048;
}

static size_t new_keys_of(const struct issue_options *o) {
    return o->opm ? CRL : KEYS;
}

/* Above the leaf OPM's keys may be larger (OPM-CERT-5). */
static int open_key(const struct invocation *in, const char *uri, size_t key, struct issued *h) {
    const struct issue_options *o = in->options;
    if (o->opm && key != LEAF)
        return open_issuer_key(in, uri, o->passphrase_file, &h->keys[key]);
    return open_private_key(in, uri, o->passphrase_file, &h->keys[key]);
}

static int take_half(const struct invocation *in, size_t key, struct issued *h) {
    const struct issue_options *o = in->options;
    if (o->opm && key != LEAF)
        return issuer_half(in, key_files[key], h->keys[key], &h->issuers[key]);
    return public_half(in, key_files[key], h->keys[key], &h->halves[key]);
}

static int get_keys(const struct invocation *in, struct issued *h) {
    const struct issue_options *o = in->options;
    const char *const uris[] = {o->leaf, o->ihv, o->root};
    size_t count = o->new_keys != NULL ? new_keys_of(o) : CRL;
    int status = STATUS_YES;
    for (size_t i = 0; status == STATUS_YES && i < count; i++) {
        if (o->new_keys != NULL)
            status = generate_key(in, bits_of(o, i), &h->keys[i]);
        else
            status = open_key(in, uris[i], i, h);
        if (status == STATUS_YES)
            status = take_half(in, i, h);
    }
    return status;
}

static const char *manufacturer_of(const struct issue_options *o) {
    return o->manufacturer != NULL ? o->manufacturer : "Test";
}

/* The chain is held against its own rules before anybody sees it: a key of the wrong size shows here. */
static int issue_xml(const struct invocation *in, struct issued *h) {
    const struct issue_options *o = in->options;
    const char *const manufacturers[HIERARCHY_KEYS] = {manufacturer_of(o), manufacturer_of(o), manufacturer_of(o)};
    struct copp_certificate_request requests[HIERARCHY_KEYS];
    struct copp_verdict verdict;
    char *xml = NULL;
    enum copp_result result = hierarchy_requests(h->keys, manufacturers, o->security_level, requests);
    if (result == COPP_OK)
        result = copp_chain_issue(requests, HIERARCHY_KEYS, &xml, &h->size);
    h->bytes = (uint8_t *)xml;
    if (result == COPP_E_ARGUMENT)
        return fail(in, STATUS_UNKNOWN, NULL, "cannot write the chain: --manufacturer takes UTF-8 without control characters");
    if (result != COPP_OK)
        return fail(in, STATUS_UNKNOWN, NULL, "cannot sign the chain: %s", copp_strerror(result));
    result = copp_chain_validate(h->bytes, h->size, &h->halves[ROOT], NULL, &verdict);
    if (result != COPP_OK)
        return fail_validation(in, "the chain these keys give", COLLECTION_CHAIN, result, &verdict);
    h->anchor_file = "root-public.pem";
    result = copp_public_key_to_pem(&h->halves[ROOT], &h->anchor, &h->anchor_size);
    return result == COPP_OK ? STATUS_YES : fail_result(in, NULL, result);
}

static int issue_opm(const struct invocation *in, struct issued *h) {
    const struct issue_options *o = in->options;
    const struct opm_order order = {
        .keys = h->keys,
        .leaf = &h->halves[LEAF],
        .issuers = h->issuers,
        .manufacturer = manufacturer_of(o),
        .purpose = o->purpose,
        .hash = o->hash != NULL && strcmp(o->hash, "sha256") == 0 ? COPP_OPM_HASH_SHA256 : COPP_OPM_HASH_SHA1,
    };
    h->anchor_file = "root-certificate.pem";
    return make_opm_chain(in, &order, &h->bytes, &h->size, &h->anchor, &h->anchor_size);
}

/* Keys and chain, all or nothing. */
static int keep_new_keys(const struct invocation *in, const struct issued *h) {
    const struct issue_options *o = in->options;
    struct new_file files[KEYS + 1] = {{.name = NULL}};
    char *pems[KEYS] = {NULL};
    size_t count = new_keys_of(o);
    int status = STATUS_YES;
    for (size_t i = 0; status == STATUS_YES && i < count; i++) {
        files[i] = (struct new_file){.name = key_files[i], .secret = true};
        status = private_key_pem(in, h->keys[i], &pems[i], &files[i].size);
        files[i].bytes = pems[i];
    }
    if (status == STATUS_YES) {
        files[count] = (struct new_file){.name = h->anchor_file, .bytes = h->anchor, .size = h->anchor_size};
        status = write_new_files(in, o->new_keys, files, count + 1);
    }
    if (status == STATUS_YES) {
        status = write_file(in, o->output, h->bytes, h->size);
        if (status != STATUS_YES)
            remove_new_files(o->new_keys, files, count + 1);
    }
    for (size_t i = 0; i < count; i++)
        copp_release(pems[i], files[i].size);
    return status;
}

static int answer(const struct invocation *in, const struct issued *h) {
    const struct issue_options *o = in->options;
    if (strcmp(o->output, "-") == 0)
        return STATUS_YES; /* standard output is taken */
    if (in->json)
        return print_json(json_pack("{so sI so*}", "file", json_text(o->output), "size", (json_int_t)h->size, "keys",
                                    o->new_keys != NULL ? json_text(o->new_keys) : NULL));
    if (o->new_keys != NULL)
        say("%s: a chain of %zu bytes; its keys are in %s, its anchor is %s/%s", o->output, h->size, o->new_keys, o->new_keys,
            h->anchor_file);
    else
        say("%s: a chain of %zu bytes", o->output, h->size);
    puts("Only players that are given this anchor accept it; players that pin Microsoft's do not.");
    return STATUS_YES;
}

static int run(const struct invocation *in) {
    const struct issue_options *o = in->options;
    struct issued h = {.bytes = NULL};
    bool all = o->leaf != NULL && o->ihv != NULL && o->root != NULL;
    bool any = o->leaf != NULL || o->ihv != NULL || o->root != NULL || o->passphrase_file != NULL;
    if (o->new_keys != NULL ? any : !all)
        return fail(in, STATUS_UNKNOWN, NULL, "chain issue: give --leaf, --ihv and --root, or --new-keys alone");
    if (strcmp(o->output, "-") == 0 && in->json)
        return fail(in, STATUS_UNKNOWN, NULL, "--json needs standard output: give --output a FILE");
    if (o->opm ? o->security_level != 0 : o->hash != NULL || o->purpose != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "chain issue: %s",
                    o->opm ? "--security-level is for COPP's chains, not for --opm" : "--hash and --purpose need --opm");
    int status = get_keys(in, &h);
    if (status == STATUS_YES)
        status = o->opm ? issue_opm(in, &h) : issue_xml(in, &h);
    if (status == STATUS_YES)
        status = o->new_keys != NULL ? keep_new_keys(in, &h) : write_file(in, o->output, h.bytes, h.size);
    if (status == STATUS_YES)
        status = answer(in, &h);
    issued_free(&h);
    return status;
}

const struct command command_chain_issue = {
    .name = "chain issue",
    .operands = "",
    .operands_max = 0,
    .summary = "Make a certificate chain for a test or for a vendor's own hierarchy",
    .details = "The chain is validated before it is written.",
    .options = table,
    .options_size = sizeof(struct issue_options),
    .run = run,
};
