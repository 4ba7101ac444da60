/* copp chain verify --opm and show --opm: an OPM driver's chain, X.509 (OPM-CERT-1..10). */
#include "cli/commands/cmd_chain_opm.h"

#include <stdlib.h>
#include <string.h>

#include "cli/collections.h"
#include "cli/describe.h"
#include "cli/keys.h"
#include "cli/report.h"
#include "cli/why.h"

/* The name that the driver's certificate is made out to, of a chain that is valid. */
static const char *driver_name(const struct copp_opm_chain *chain) {
    for (size_t i = 0; i < copp_opm_chain_count(chain); i++) {
        struct copp_opm_certificate certificate = {.size = sizeof certificate};
        if (copp_opm_chain_certificate(chain, i, &certificate) == COPP_OK && certificate.role == COPP_OPM_ROLE_LEAF)
            return certificate.subject;
    }
    return "";
}

static int answer_valid(const struct invocation *in, const struct copp_opm_chain *chain, const char *anchor,
                        const char *purpose) {
    const char *driver = driver_name(chain);
    if (in->json)
        return print_json(json_pack("{so sb ss so so so}", "file", json_text(in->operands[0]), "valid", 1, "semantics", "opm",
                                    "anchor", json_text(anchor), "purpose", json_optional(purpose), "subject_name",
                                    json_optional(driver)));
    say("%s: valid under the anchor %s%s%s%s%s", in->operands[0], anchor, purpose != NULL ? ", for the purpose " : "",
        purpose != NULL ? purpose : "", driver[0] != '\0' ? "; driver's certificate of " : "", driver);
    return STATUS_YES;
}

int verify_opm_chain(const struct invocation *in, const char *anchor_name, const char *purpose) {
    struct copp_opm_anchor anchor;
    struct copp_opm_chain *chain;
    int status = read_opm_anchor(in, anchor_name, &anchor);
    if (status != STATUS_YES)
        return status;
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor, .purpose = purpose, .log = why_log()};
    status = load_opm_chain(in, in->operands[0], &trust, &chain);
    if (status != STATUS_YES)
        return status;
    status = answer_valid(in, chain, anchor_name != NULL ? anchor_name : "microsoft", purpose);
    copp_opm_chain_free(&chain);
    return status;
}

static const struct {
    uint32_t bit;
    const char *name;
} usages[] = {
    {COPP_OPM_USAGE_DIGITAL_SIGNATURE, "digitalSignature"},
    {COPP_OPM_USAGE_NON_REPUDIATION, "nonRepudiation"},
    {COPP_OPM_USAGE_KEY_ENCIPHERMENT, "keyEncipherment"},
    {COPP_OPM_USAGE_DATA_ENCIPHERMENT, "dataEncipherment"},
    {COPP_OPM_USAGE_KEY_AGREEMENT, "keyAgreement"},
    {COPP_OPM_USAGE_CERTIFICATE_SIGN, "keyCertSign"},
    {COPP_OPM_USAGE_CRL_SIGN, "cRLSign"},
    {COPP_OPM_USAGE_ENCIPHER_ONLY, "encipherOnly"},
    {COPP_OPM_USAGE_DECIPHER_ONLY, "decipherOnly"},
};
#define USAGES (sizeof usages / sizeof usages[0])

static json_t *json_usage(const struct copp_opm_certificate *c) {
    json_t *usage = json_array();
    for (size_t i = 0; i < USAGES; i++) {
        if ((c->key_usage & usages[i].bit) != 0)
            json_add(&usage, json_string(usages[i].name));
    }
    return usage;
}

static json_t *json_purposes(const struct copp_opm_certificate *c) {
    json_t *purposes = json_array();
    for (const char *at = c->purposes; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        json_add(&purposes, json_stringn(at, length));
        at += length;
    }
    return purposes;
}

static json_t *json_certificate(const struct copp_opm_chain *chain, const struct copp_opm_certificate *c, size_t index) {
    size_t size;
    const uint8_t *bytes = copp_opm_chain_bytes(chain, &size);
    json_t *data = json_pack("{sI sI}", "offset", (json_int_t)(c->der - bytes), "size", (json_int_t)c->der_size);
    const char *flaw = c->key_flaw != NULL ? c->key_flaw : c->extensions_flaw;
    return json_pack("{si so si so so so so sb so so so so so}", "certificate", (int)index + 1, "role",
                     json_optional(opm_role_name(c->role)), "version", (int)c->version, "subject_name", json_optional(c->subject),
                     "issuer_name", json_optional(c->issuer), "subject",
                     c->key_flaw == NULL ? json_rsa_key(&c->key) : json_null(), "signature", json_optional(c->signature), "ca",
                     c->ca, "path_length", c->has_path_length ? json_integer((json_int_t)c->path_length) : json_null(), "usage",
                     json_usage(c), "purposes", json_purposes(c), "flaw", json_optional(flaw), "data", data);
}

static void print_foreign_line(const char *label, const char *text) {
    printf("  %-15s ", label);
    print_foreign(stdout, text[0] != '\0' ? text : "-");
    putchar('\n');
}

static void print_certificate(const struct copp_opm_certificate *c, size_t index) {
    char text[160];
    const char *role = opm_role_name(c->role);
    printf("certificate %zu (%s)\n", index + 1, role[0] != '\0' ? role : "not in a path");
    print_foreign_line("subject", c->subject);
    print_foreign_line("issuer", c->issuer);
    if (c->key_flaw == NULL)
        describe_rsa_key(&c->key, text, sizeof text);
    print_foreign_line("key", c->key_flaw == NULL ? text : c->key_flaw);
    print_foreign_line("signature", c->signature[0] != '\0' ? c->signature : "of a kind that is not accepted");
    if (c->has_path_length)
        snprintf(text, sizeof text, "yes, path length %u", (unsigned)c->path_length);
    print_foreign_line("CA", !c->ca ? "no" : c->has_path_length ? text : "yes");
    printf("  %-15s%s", "usage", c->key_usage == 0 ? " -" : "");
    for (size_t i = 0; i < USAGES; i++)
        printf("%s%s", (c->key_usage & usages[i].bit) != 0 ? " " : "", (c->key_usage & usages[i].bit) != 0 ? usages[i].name : "");
    putchar('\n');
    print_foreign_line("purposes", c->purposes);
    if (c->extensions_flaw != NULL)
        print_foreign_line("flaw", c->extensions_flaw);
}

static int print_chain(const struct invocation *in, const char *name, const struct copp_opm_chain *chain) {
    size_t size;
    size_t count = copp_opm_chain_count(chain);
    json_t *certificates = json_array();
    copp_opm_chain_bytes(chain, &size);
    if (!in->json)
        say("%s: %zu certificates in %zu bytes, not validated (see copp chain verify --opm)", name, count, size);
    for (size_t i = 0; i < count; i++) {
        struct copp_opm_certificate certificate = {.size = sizeof certificate};
        enum copp_result result = copp_opm_chain_certificate(chain, i, &certificate);
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

int show_opm_chain(const struct invocation *in) {
    struct copp_opm_chain *chain;
    int status = load_opm_chain(in, in->operands[0], NULL, &chain);
    if (status != STATUS_YES)
        return status;
    status = print_chain(in, in->operands[0], chain);
    copp_opm_chain_free(&chain);
    return status;
}
