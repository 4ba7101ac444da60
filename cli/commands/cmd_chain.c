/* copp chain verify and show: a driver's certificate chain (CERT-1..13), and whether it is revoked (CRL-4). With --opm: cmd_chain_opm.c. */
#include <string.h>

#include "cli/collections.h"
#include "cli/commands.h"
#include "cli/commands/cmd_chain_opm.h"
#include "cli/describe.h"
#include "cli/encode.h"
#include "cli/keys.h"
#include "cli/report.h"

struct verify_options {
    const char *anchor;
    struct text_list crls;
    bool opm;
    const char *purpose;
};

static const struct option_spec verify_table[] = {
    ANCHOR_OPTION(struct verify_options),
    {.name = "crl",
     .kind = OPTION_LIST,
     .offset = offsetof(struct verify_options, crls),
     .argument = "FILE",
     .help = "a revocation list to check the chain against; may\nbe given several times"},
    {.name = "opm",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct verify_options, opm),
     .help = "the chain is an OPM driver's, X.509; an anchor is\nthen a certificate, DER or PEM"},
    {.name = "purpose",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct verify_options, purpose),
     .argument = "OID",
     .help = "with --opm: the extended key usage to demand\n(default: none)"},
    {.name = NULL},
};

/* A list that does not validate cannot tell whether the chain is revoked. */
static int check_list(const struct invocation *in, const char *chain_name, const struct copp_chain *chain, const char *name,
                      const struct copp_public_key *anchor) {
    struct copp_revocation_list *list;
    struct copp_verdict verdict;
    if (load_list(in, name, anchor, &list) != STATUS_YES)
        return STATUS_UNKNOWN;
    enum copp_result result = copp_revocation_check(list, chain, &verdict);
    copp_revocation_free(&list);
    return result == COPP_OK ? STATUS_YES : fail_validation(in, chain_name, COLLECTION_CHAIN, result, &verdict);
}

static int answer_valid(const struct invocation *in, const char *name, const struct copp_chain *chain, const char *anchor) {
    const struct verify_options *o = in->options;
    struct copp_certificate driver = {.size = sizeof driver};
    enum copp_result result = copp_chain_certificate(chain, 0, &driver);
    if (result != COPP_OK)
        return fail_result(in, name, result);
    if (in->json)
        return print_json(json_pack("{so sb so sI ss ss}", "file", json_text(name), "valid", 1, "anchor", json_text(anchor),
                                    "crls", (json_int_t)o->crls.count, "manufacturer", driver.manufacturer, "security_level",
                                    driver.security_level));
    char lists[64] = "";
    if (o->crls.count > 0)
        snprintf(lists, sizeof lists, ", on none of %zu revocation list%s", o->crls.count, o->crls.count > 1 ? "s" : "");
    say("%s: valid under the anchor %s%s%s%s", name, anchor, lists, driver.manufacturer[0] != '\0' ? "; driver of " : "",
        driver.manufacturer);
    return STATUS_YES;
}

static int run_verify(const struct invocation *in) {
    const struct verify_options *o = in->options;
    const char *name = in->operands[0];
    struct copp_public_key anchor;
    struct copp_chain *chain;
    if (o->opm && o->crls.count > 0)
        return fail(in, STATUS_UNKNOWN, NULL, "chain verify: --crl is for COPP's chains, not for --opm");
    if (!o->opm && o->purpose != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "chain verify: --purpose needs --opm");
    if (o->opm)
        return verify_opm_chain(in, o->anchor, o->purpose);
    int status = read_anchor(in, o->anchor, &anchor);
    if (status == STATUS_YES)
        status = load_chain(in, name, &anchor, &chain);
    if (status != STATUS_YES)
        return status;
    for (size_t i = 0; status == STATUS_YES && i < o->crls.count; i++)
        status = check_list(in, name, chain, o->crls.items[i], &anchor);
    if (status == STATUS_YES)
        status = answer_valid(in, name, chain, o->anchor != NULL ? o->anchor : "microsoft");
    copp_chain_free(&chain);
    return status;
}

static const struct {
    const char *name;
    size_t offset;
} usages[] = {
    {"EncryptKey", offsetof(struct copp_certificate, encrypt_key)},
    {"SignCertificate", offsetof(struct copp_certificate, sign_certificate)},
    {"SignCRL", offsetof(struct copp_certificate, sign_crl)},
    {"COPPCertificate", offsetof(struct copp_certificate, copp_certificate)},
};

static bool has_usage(const struct copp_certificate *c, size_t i) {
    return *(const bool *)((const unsigned char *)c + usages[i].offset);
}

static json_t *json_certificate(const struct copp_chain *chain, const struct copp_certificate *c, size_t index) {
    size_t size;
    const uint8_t *bytes = copp_chain_bytes(chain, &size);
    json_t *usage = json_array();
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        if (has_usage(c, i))
            json_add(&usage, json_string(usages[i].name));
    }
    json_t *data = c->data_size == 0
                       ? json_null()
                       : json_pack("{sI sI}", "offset", (json_int_t)(c->data - bytes), "size", (json_int_t)c->data_size);
    return json_pack("{si ss ss ss so so so so so so}", "certificate", (int)index + 1, "role",
                     certificate_role(COLLECTION_CHAIN, (int)index), "manufacturer", c->manufacturer, "security_level",
                     c->security_level, "usage", usage, "subject", c->has_subject ? json_key(&c->subject) : json_null(), "signer",
                     c->has_signer ? json_key(&c->signer) : json_null(), "digest", json_hex(c->digest, COPP_DIGEST_SIZE),
                     "digest_value", json_hex(c->digest_value, COPP_DIGEST_SIZE), "data", data);
}

static void print_foreign_line(const char *label, const char *text) {
    printf("  %-15s ", label);
    print_foreign(stdout, text[0] != '\0' ? text : "-");
    putchar('\n');
}

static void print_certificate(const struct copp_certificate *c, size_t index) {
    char text[160];
    printf("certificate %zu (%s)\n", index + 1, certificate_role(COLLECTION_CHAIN, (int)index));
    print_foreign_line("manufacturer", c->manufacturer);
    print_foreign_line("security level", c->security_level);
    printf("  %-15s", "usage");
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++)
        printf("%s%s", has_usage(c, i) ? " " : "", has_usage(c, i) ? usages[i].name : "");
    describe_key(c->has_subject ? &c->subject : NULL, text, sizeof text);
    printf("\n  %-15s %s\n", "key", text);
    describe_key(c->has_signer ? &c->signer : NULL, text, sizeof text);
    printf("  %-15s %s\n", "signed by", text);
    hex_encode(c->digest, COPP_DIGEST_SIZE, text);
    printf("  %-15s %s%s\n", "digest", text,
           copp_equal(c->digest, c->digest_value, COPP_DIGEST_SIZE) ? "" : ", not what DigestValue says");
}

static int print_chain(const struct invocation *in, const char *name, const struct copp_chain *chain) {
    size_t size;
    size_t count = copp_chain_count(chain);
    json_t *certificates = json_array();
    copp_chain_bytes(chain, &size);
    if (!in->json)
        say("%s: %zu certificate%s in %zu bytes, not validated (see copp chain verify)", name, count, count == 1 ? "" : "s",
            size);
    for (size_t i = 0; i < count; i++) {
        struct copp_certificate certificate = {.size = sizeof certificate};
        enum copp_result result = copp_chain_certificate(chain, i, &certificate);
        if (result != COPP_OK) {
            json_decref(certificates);
            return fail_result(in, name, result);
        }
        if (in->json)
            json_add(&certificates, json_certificate(chain, &certificate, i));
        else
            print_certificate(&certificate, i);
    }
    if (in->json)
        return print_json(
            json_pack("{so sI so}", "file", json_text(name), "size", (json_int_t)size, "certificates", certificates));
    json_decref(certificates);
    return STATUS_YES;
}

struct show_options {
    bool opm;
};

static int run_show(const struct invocation *in) {
    const struct show_options *o = in->options;
    const char *name = in->operands[0];
    struct copp_chain *chain;
    if (o->opm)
        return show_opm_chain(in);
    int status = load_chain(in, name, NULL, &chain);
    if (status != STATUS_YES)
        return status;
    status = print_chain(in, name, chain);
    copp_chain_free(&chain);
    return status;
}

const struct command command_chain_verify = {
    .name = "chain verify",
    .operands = "CHAIN",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Check a driver's certificate chain against an anchor",
    .details = "Exits with 1 and names the rule if the chain is invalid or revoked. If a revocation list\n"
               "does not validate under the same anchor, verify reaches no conclusion and exits with 2.",
    .options = verify_table,
    .options_size = sizeof(struct verify_options),
    .run = run_verify,
};

static const struct option_spec show_table[] = {
    {.name = "opm",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct show_options, opm),
     .help = "the chain is an OPM driver's, X.509"},
    {.name = NULL},
};

const struct command command_chain_show = {
    .name = "chain show",
    .operands = "CHAIN",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Print the certificates of a chain without validating them",
    .details = "",
    .options = show_table,
    .options_size = sizeof(struct show_options),
    .run = run_show,
};
