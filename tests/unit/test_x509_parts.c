/* OPM-CERT-1..9, part by part: frames, keys, extensions, roles, and what people read of a certificate. */
#include "wire/der_write.h"
#include "x509_kit.h"

/* --- an element too many --- */

#define DEPTH_MAX 12

struct element {
    size_t at; /* of its tag */
    size_t header;
    size_t size; /* of its contents */
};

static struct element element_at(const uint8_t *bytes, size_t at) {
    struct element element = {at, 2, bytes[at + 1]};
    if (bytes[at + 1] == 0x81)
        element = (struct element){at, 3, bytes[at + 2]};
    else if (bytes[at + 1] == 0x82)
        element = (struct element){at, 4, (size_t)bytes[at + 2] << 8 | bytes[at + 3]};
    return element;
}

/* False if the length would need another form. */
static bool make_longer(uint8_t *bytes, const struct element *element, size_t by) {
    size_t size = element->size + by;
    if (copp_der_header_size(size) != element->header)
        return false;
    bytes[element->at + element->header - 1] = (uint8_t)size;
    if (element->header == 4)
        bytes[element->at + 2] = (uint8_t)(size >> 8);
    return true;
}

/* Puts a NULL behind the contents of the last of the elements, each of which is in the one before. */
static size_t append_null(const uint8_t *good, size_t size, const struct element *elements, size_t count, uint8_t *bytes) {
    const struct element *last = &elements[count - 1];
    size_t end = last->at + last->header + last->size;
    memcpy(bytes, good, end);
    bytes[end] = COPP_DER_NULL;
    bytes[end + 1] = 0;
    memcpy(bytes + end + 2, good + end, size - end);
    for (size_t i = 0; i < count; i++) {
        if (!make_longer(bytes, &elements[i], 2))
            return 0;
    }
    return size + 2;
}

/* Whether it is OPM-CERT-1 that says what is in it: container, certificate, signed part, version, key. */
static bool is_frame(const uint8_t *good, const struct element *elements, size_t count) {
    static const uint8_t rsa_encryption[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    const struct element *last = &elements[count - 1];
    const uint8_t *contents = good + last->at + last->header;
    bool key = last->size > 2 + sizeof rsa_encryption && memcmp(contents + 2, rsa_encryption, sizeof rsa_encryption) == 0;
    return count <= 5 || (count == 6 && good[last->at + last->header] != COPP_DER_OBJECT) ||
           (count == 7 && (good[last->at] == COPP_DER_CONTEXT(0) || key));
}

/* Appends to each constructed element from from to to in turn. Returns how many of them are OPM-CERT-1's, all of which it refuses. */
static unsigned append_everywhere(const uint8_t *good, size_t size, struct element *elements, size_t count, size_t from,
                                  size_t to, const struct copp_opm_anchor *anchor) {
    unsigned frames = 0;
    uint8_t bytes[8192];
    assert_true(count < DEPTH_MAX && size + 2 <= sizeof bytes);
    for (size_t at = from; at < to; at = elements[count].at + elements[count].header + elements[count].size) {
        elements[count] = element_at(good, at);
        size_t start = at + elements[count].header;
        if (!(good[at] & 0x20))
            continue;
        size_t longer = append_null(good, size, elements, count + 1, bytes);
        if (longer && is_frame(good, elements, count + 1)) {
            struct copp_verdict verdict;
            assert_int_equal(validate(bytes, longer, anchor, NULL, NULL, &verdict), COPP_E_INVALID);
            if (verdict.rule != COPP_RULE_OPM_CERT_1)
                fail_msg("element at %zu: %s, %s", at, copp_rule_id(verdict.rule), verdict.detail);
            frames++;
        }
        frames += append_everywhere(good, size, elements, count + 1, start, start + elements[count].size, anchor);
    }
    return frames;
}

static void no_level_has_an_element_too_many(void) {
    const struct copp_opm_anchor anchor = read_anchor("root.pem");
    struct element elements[DEPTH_MAX];
    size_t size;
    uint8_t *good = read_opm("chain-good-two.p7b", &size);
    /* seven of the container, and of each certificate itself, its signed part, version and key */
    assert_int_equal(append_everywhere(good, size, elements, 0, 0, size, &anchor), 7 + 2 * 4);
    free(good);
}

/* A certificate with another beginning: what stands before the algorithm in its signed part. */
static const char *read_with_beginning(const struct copp_x509 *good, const uint8_t *beginning, size_t size) {
    static const size_t version_and_serial = 5 + 3;
    uint8_t bytes[4096];
    struct copp_der_out out = {bytes, sizeof bytes, 0, true};
    struct copp_reader in = good->signed_part;
    struct copp_reader contents;
    struct copp_x509 certificate;
    assert_true(copp_der_read(&in, COPP_DER_SEQUENCE, &contents));
    copp_der_put(&out, beginning, size);
    copp_der_put(&out, contents.next + version_and_serial, contents.left - version_and_serial);
    copp_der_wrap(&out, 0, COPP_DER_SEQUENCE);
    const uint8_t *behind = good->signed_part.next + good->signed_part.left;
    copp_der_put(&out, behind, (size_t)(good->whole.next + good->whole.left - behind));
    copp_der_wrap(&out, 0, COPP_DER_SEQUENCE);
    assert_true(out.good);
    struct copp_reader made = {bytes, out.used};
    return copp_x509_read(&made, &certificate);
}

static void versions_and_serial_numbers(void) {
    static const struct {
        uint8_t beginning[12];
        size_t size;
        const char *flaw; /* a word of it; NULL: none */
    } beginnings[] = {
        {{0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01}, 8, NULL},
        {{0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x02, 0xff, 0x00}, 9, NULL}, /* any serial number */
        {{0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x00}, 7, "serial"},
        {{0xa0, 0x03, 0x02, 0x01, 0x02}, 5, "serial"},
        {{0x02, 0x01, 0x01}, 3, "extensions"}, /* version 1 */
        {{0xa0, 0x03, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01}, 8, "version"},
        {{0xa0, 0x03, 0x02, 0x01, 0x00, 0x02, 0x01, 0x01}, 8, "version"},
        {{0xa0, 0x03, 0x02, 0x01, 0x03, 0x02, 0x01, 0x01}, 8, "version"},
        {{0xa0, 0x04, 0x02, 0x02, 0x00, 0x02, 0x02, 0x01, 0x01}, 9, "version"}, /* not minimal */
    };
    struct copp_opm_chain *chain;
    size_t size;
    uint8_t *bytes = read_opm("chain-good-two.p7b", &size);
    assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, NULL), COPP_OK);
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        const char *flaw = read_with_beginning(&chain->certificates[0], beginnings[i].beginning, beginnings[i].size);
        if (!flaw != !beginnings[i].flaw || (flaw && !strstr(flaw, beginnings[i].flaw)))
            fail_msg("beginning %zu: %s", i, flaw ? flaw : "none");
    }
    copp_opm_chain_free(&chain);
    free(bytes);
}

/* Behind the numbers, and behind the RSAPublicKey. */
static void nothing_follows_a_key(void) {
    uint8_t key[] = {0x30, 0x06, 0x02, 0x01, 0x0f, 0x02, 0x01, 0x03, 0x05, 0x00};
    static const uint8_t algorithm[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    struct copp_x509 certificate = {.key_algorithm = {algorithm, sizeof algorithm}, .key_bits = {key, sizeof key - 2}};
    copp_x509_read_key(&certificate);
    assert_null(certificate.key_flaw);
    assert_true(certificate.key.modulus_size == 1 && certificate.key.exponent == 3);
    certificate.key_bits.left = sizeof key;
    copp_x509_read_key(&certificate);
    assert_non_null(certificate.key_flaw);
    certificate.key_bits.left = sizeof key - 2;
    key[4] = 0x0e; /* an even modulus */
    copp_x509_read_key(&certificate);
    assert_non_null(certificate.key_flaw);
    key[4] = 0x0f;
    certificate.key_bits.left = sizeof key;
    key[1] = 8; /* now in it */
    copp_x509_read_key(&certificate);
    assert_non_null(certificate.key_flaw);
}

/* --- extensions --- */

struct extension_case {
    const char *hex; /* contents of [3] */
    const char *flaw; /* a word of it; NULL: well-formed */
    struct copp_x509_extensions wanted; /* but for purposes */
};

#define BASIC(value_size, size, value) "30" size "0603551d1304" value_size value
#define USAGE(value_size, size, value) "30" size "0603551d0f04" value_size value
#define EKU(value_size, size, value) "30" size "0603551d2504" value_size value

static const struct extension_case extension_cases[] = {
    {"300b" BASIC("02", "09", "3000"), NULL, {.has_basic = true}},
    {"300e" BASIC("05", "0c", "30030101ff"), NULL, {.has_basic = true, .ca = true}},
    {"300e" BASIC("05", "0c", "3003010100"), NULL, {.has_basic = true}},
    {"3011" BASIC("08", "0f", "30060101ff020100"), NULL, {.has_basic = true, .ca = true, .has_path_length = true}},
    {"3015" BASIC("0c", "13", "300a0101ff02050100000000"),
     NULL,
     {.has_basic = true, .ca = true, .has_path_length = true, .path_length = UINT32_MAX}},
    {"3011" BASIC("08", "0f", "30060101ff0201ff"), "BasicConstraints", {0}}, /* negative */
    {"3012" BASIC("09", "10", "30070101ff02020001"), "BasicConstraints", {0}}, /* not minimal */
    {"300e" BASIC("05", "0c", "3003020100"), "BasicConstraints", {0}}, /* without cA */
    {"3011" BASIC("08", "0f", "3006010100020100"), "BasicConstraints", {0}}, /* with cA FALSE */
    {"300e" BASIC("05", "0c", "3003010101"), "BasicConstraints", {0}}, /* neither TRUE nor FALSE */
    {"300c" BASIC("03", "0a", "300000"), "BasicConstraints", {0}}, /* a byte behind it */
    {"3010" BASIC("07", "0e", "30050101ff0500"), "BasicConstraints", {0}},
    {"300d" USAGE("04", "0b", "030206c0"), NULL, {.has_usage = true, .usage = 0x3}},
    {"300d" USAGE("04", "0b", "03020106"), NULL, {.has_usage = true, .usage = 0x60}},
    {"300e" USAGE("05", "0c", "0303070080"), NULL, {.has_usage = true, .usage = 0x100}},
    {"300c" USAGE("03", "0a", "030100"), "KeyUsage", {0}}, /* no bit */
    {"300d" USAGE("04", "0b", "03020005"), NULL, {.has_usage = true, .usage = 0xa0}},
    {"300d" USAGE("04", "0b", "03020004"), "KeyUsage", {0}}, /* zeros behind the last bit */
    {"300d" USAGE("04", "0b", "03020306"), "KeyUsage", {0}}, /* bits that do not belong to it */
    {"300e" USAGE("05", "0c", "0302010600"), "KeyUsage", {0}},
    {"300d" USAGE("04", "0b", "04020106"), "KeyUsage", {0}},
    {"300f" EKU("06", "0d", "300406022a03"), NULL, {.has_purposes = true}},
    {"300b" EKU("02", "09", "3000"), "extended key usage", {0}},
    {"300f" EKU("06", "0d", "300406022a83"), "extended key usage", {0}}, /* cut short */
    {"300f" EKU("06", "0d", "300406028001"), "extended key usage", {0}}, /* a second encoding */
    {"3010" EKU("07", "0e", "300406022a0300"), "extended key usage", {0}},
    {"300f" EKU("06", "0d", "30040c022a03"), "extended key usage", {0}},
    {"300a300806032a0304040105", NULL, {0}}, /* not known, not critical: what is in it is not looked at */
    {"300d300b06032a03040101000401ff", NULL, {0}}, /* FALSE written out */
    {"300d300b06032a03040101ff0401ff", "critical", {0}},
    {"300d300b06032a03040101010401ff", "malformed", {0}},
    {"300a300806032a8304040105", NULL, {0}},
    {"300a300806032a0384040105", "malformed", {0}}, /* an identifier that does not end */
    {"300a300806032a0304030105", "malformed", {0}}, /* no OCTET STRING */
    {"300b300906032a030404010500", "malformed", {0}}, /* a byte behind it */
    {"3014300806032a0304040105300806032a0304040106", "twice", {0}},
    {"3014300806032a0304040105300806032a0305040106", NULL, {0}},
    {"3000", "empty", {0}},
    {"300a300806032a030404010500", "list", {0}},
    {"310a300806032a0304040105", "list", {0}},
    {"", "list", {0}},
};

static void extensions_are_read_strictly(void) {
    for (size_t i = 0; i < COUNT(extension_cases); i++) {
        const struct extension_case *wanted = &extension_cases[i];
        uint8_t bytes[64];
        struct copp_x509 certificate = {.has_extensions = true};
        certificate.extension_list = (struct copp_reader){bytes, from_hex(wanted->hex, bytes, sizeof bytes)};
        copp_x509_read_extensions(&certificate);
        const struct copp_x509_extensions *got = &certificate.extensions;
        if (!got->flaw != !wanted->flaw || (got->flaw && !strstr(got->flaw, wanted->flaw)))
            fail_msg("%s: wanted %s, got %s", wanted->hex, wanted->flaw ? wanted->flaw : "none", got->flaw ? got->flaw : "none");
        if (got->flaw)
            continue;
        assert_int_equal(got->has_basic, wanted->wanted.has_basic);
        assert_int_equal(got->ca, wanted->wanted.ca);
        assert_int_equal(got->has_path_length, wanted->wanted.has_path_length);
        assert_int_equal(got->path_length, wanted->wanted.path_length);
        assert_int_equal(got->has_usage, wanted->wanted.has_usage);
        assert_int_equal(got->usage, wanted->wanted.usage);
        assert_int_equal(got->has_purposes, wanted->wanted.has_purposes);
    }
}

/* Many unknown extensions, the last of which may be one of those before it. */
static size_t write_extensions(uint32_t count, bool repeat, uint8_t *bytes, size_t room) {
    struct copp_der_out out = {bytes, room, 0, true};
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t object[] = {0x2a, (uint8_t)(repeat && i + 1 == count ? 0 : i & 0x7F), (uint8_t)(i >> 7)};
        size_t start = out.used;
        copp_der_put_element(&out, COPP_DER_OBJECT, object, sizeof object);
        copp_der_put_element(&out, COPP_DER_OCTET_STRING, NULL, 0);
        copp_der_wrap(&out, start, COPP_DER_SEQUENCE);
    }
    copp_der_wrap(&out, 0, COPP_DER_SEQUENCE);
    assert_true(out.good);
    return out.used;
}

/* Of however many: 64 are read, and a list of more is refused at the next one, whatever follows. */
static void extensions_are_few(void) {
    static const struct {
        uint32_t count;
        bool repeat;
        const char *flaw;
    } lists[] = {{64, false, NULL}, {64, true, "twice"}, {65, false, "more than 64"}, {5000, true, "more than 64"}};
    static uint8_t bytes[64000];
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct copp_x509 certificate = {.has_extensions = true};
        size_t size = write_extensions(lists[i].count, lists[i].repeat, bytes, sizeof bytes);
        certificate.extension_list = (struct copp_reader){bytes, size};
        copp_x509_read_extensions(&certificate);
        const char *flaw = certificate.extensions.flaw;
        if (!lists[i].flaw != !flaw || (flaw && !strstr(flaw, lists[i].flaw)))
            fail_msg("%u extensions: %s", lists[i].count, flaw ? flaw : "no flaw");
    }
}

/* --- roles --- */

/* A chain of five that is valid, read anew; its first CA, at position 1, has no path length to spare. */
static struct copp_opm_chain *read_five(void) {
    struct copp_opm_chain *chain;
    size_t size;
    uint8_t *bytes = read_opm("chain-good-five-pathlen.p7b", &size);
    assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, NULL), COPP_OK);
    free(bytes);
    assert_int_equal(chain->path_length, 5);
    return chain;
}

enum {
    NOTHING,
    LEAF_IS_CA,
    LEAF_SIGNS,
    LEAF_HAS_NO_EXTENSIONS,
    OLD_CA,
    NO_BASIC,
    NOT_CA,
    SIGNS_NOTHING,
    NO_USAGE,
    ONE_LESS,
    ROOT_IS_GARBLED,
    LISTS_PEAUTH
};

/* What was decoded is changed, so that nothing has to be signed again. */
static void change_roles(struct copp_opm_chain *chain, int change, uint32_t position) {
    struct copp_x509 *certificate = &chain->certificates[chain->path[position]];
    struct copp_x509_extensions *extensions = &certificate->extensions;
    switch (change) {
    case LEAF_IS_CA:
    case LEAF_SIGNS:
        *extensions = (struct copp_x509_extensions){.has_basic = change == LEAF_IS_CA,
                                                    .ca = change == LEAF_IS_CA,
                                                    .has_usage = change == LEAF_SIGNS,
                                                    .usage = change == LEAF_SIGNS ? COPP_OPM_USAGE_CERTIFICATE_SIGN : 0};
        break;
    case LEAF_HAS_NO_EXTENSIONS:
    case ROOT_IS_GARBLED:
        *extensions = (struct copp_x509_extensions){.flaw = change == ROOT_IS_GARBLED ? "garbled" : NULL};
        break;
    case OLD_CA:
        certificate->version_3 = false;
        break;
    case NO_BASIC:
        extensions->has_basic = false;
        break;
    case NOT_CA:
        extensions->ca = false;
        break;
    case SIGNS_NOTHING:
        extensions->usage = COPP_OPM_USAGE_CRL_SIGN;
        break;
    case NO_USAGE:
        extensions->has_usage = false;
        extensions->usage = 0;
        break;
    case ONE_LESS:
        extensions->path_length--;
        break;
    case LISTS_PEAUTH: {
        static const uint8_t peauth[] = {0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0a, 0x05, 0x07};
        extensions->has_purposes = true;
        extensions->purposes = (struct copp_reader){peauth, sizeof peauth};
        break;
    }
    default:
        break;
    }
}

static void roles_are_judged(void) {
    static const struct {
        int change;
        uint32_t position;
        enum copp_rule rule;
    } roles[] = {
        {NOTHING, 0, COPP_RULE_NONE},
        {LEAF_HAS_NO_EXTENSIONS, 0, COPP_RULE_NONE},
        {LEAF_IS_CA, 0, COPP_RULE_OPM_CERT_4},
        {LEAF_SIGNS, 0, COPP_RULE_OPM_CERT_4},
        {OLD_CA, 1, COPP_RULE_OPM_CERT_4},
        {NO_BASIC, 2, COPP_RULE_OPM_CERT_4},
        {NOT_CA, 3, COPP_RULE_OPM_CERT_4},
        {SIGNS_NOTHING, 3, COPP_RULE_OPM_CERT_4},
        {NO_USAGE, 1, COPP_RULE_NONE},
        {ONE_LESS, 2, COPP_RULE_OPM_CERT_4},
        {ONE_LESS, 3, COPP_RULE_OPM_CERT_4},
        {NO_BASIC, 4, COPP_RULE_NONE},
        {OLD_CA, 4, COPP_RULE_NONE},
        {ROOT_IS_GARBLED, 4, COPP_RULE_NONE},
        {LISTS_PEAUTH, 0, COPP_RULE_OPM_CERT_8},
        {LISTS_PEAUTH, 1, COPP_RULE_NONE},
        {LISTS_PEAUTH, 3, COPP_RULE_NONE},
    };
    const struct copp_opm_anchor anchor = read_anchor("root.pem");
    const struct copp_x509_purpose none = {.size = 0};
    for (size_t i = 0; i < COUNT(roles); i++) {
        struct copp_opm_chain *chain = read_five();
        struct copp_verdict verdict = {.rule = COPP_RULE_NONE};
        change_roles(chain, roles[i].change, roles[i].position);
        enum copp_result result = copp_x509_check(chain, &anchor, &none, NULL, &verdict);
        assert_int_equal(verdict.rule, roles[i].rule);
        assert_int_equal(result, roles[i].rule ? COPP_E_INVALID : COPP_OK);
        if (result)
            assert_int_equal(verdict.certificate, chain->path[roles[i].position]);
        copp_opm_chain_free(&chain);
    }
}

/* --- what people read --- */

static void certificates_say_what_they_are(void) {
    struct copp_opm_chain *chain;
    struct copp_opm_certificate certificate = {.size = sizeof certificate};
    size_t size;
    uint8_t *bytes = read_opm("chain-good-codec-merit.p7b", &size);
    assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, NULL), COPP_OK);
    free(bytes);
    assert_int_equal(copp_opm_chain_count(chain), 3);
    assert_int_equal(copp_opm_chain_certificate(chain, 0, &certificate), COPP_OK);
    assert_int_equal(certificate.role, COPP_OPM_ROLE_LEAF);
    assert_int_equal(certificate.version, 3);
    assert_string_equal(certificate.subject, "OPM test display driver");
    assert_string_equal(certificate.issuer, "OPM test vendor CA");
    assert_string_equal(certificate.signature, "RSA with SHA-256");
    assert_string_equal(certificate.purposes, "1.3.6.1.4.1.311.10.5.10 1.3.6.1.5.5.7.3.3");
    assert_true(!certificate.key_flaw && certificate.key.modulus_size == 256 && !certificate.extensions_flaw);
    assert_true(certificate.has_key_usage && !certificate.has_basic_constraints && certificate.has_purposes);
    assert_int_equal(certificate.key_usage, COPP_OPM_USAGE_DIGITAL_SIGNATURE | COPP_OPM_USAGE_NON_REPUDIATION);
    assert_int_equal(copp_opm_chain_certificate(chain, 1, &certificate), COPP_OK);
    assert_int_equal(certificate.role, COPP_OPM_ROLE_ROOT);
    assert_string_equal(certificate.purposes, "");
    assert_int_equal(copp_opm_chain_certificate(chain, 2, &certificate), COPP_OK);
    assert_int_equal(certificate.role, COPP_OPM_ROLE_CA);
    assert_true(certificate.has_basic_constraints && certificate.ca && !certificate.has_path_length);
    assert_int_equal(certificate.key_usage, COPP_OPM_USAGE_CERTIFICATE_SIGN | COPP_OPM_USAGE_CRL_SIGN);
    assert_int_equal(copp_opm_chain_certificate(chain, 3, &certificate), COPP_E_NOT_FOUND);
    copp_opm_chain_free(&chain);
}

/* Roles are told only where there is a path. */
static void without_a_path_nobody_has_a_role(void) {
    static const char *const names[] = {"chain-bad-two-leaves.p7b", "chain-bad-loop.p7b", "chain-bad-mutual.p7b"};
    for (size_t n = 0; n < COUNT(names); n++) {
        struct copp_opm_chain *chain;
        struct copp_opm_certificate certificate = {.size = sizeof certificate};
        struct copp_verdict verdict;
        size_t size;
        uint8_t *bytes = read_opm(names[n], &size);
        assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, &verdict), COPP_OK);
        assert_int_equal(verdict.rule, COPP_RULE_NONE);
        for (size_t i = 0; i < copp_opm_chain_count(chain); i++) {
            assert_int_equal(copp_opm_chain_certificate(chain, i, &certificate), COPP_OK);
            assert_int_equal(certificate.role, COPP_OPM_ROLE_NONE);
        }
        copp_opm_chain_free(&chain);
        free(bytes);
    }
}

static void common_names_become_utf8(void) {
    static const struct {
        const char *hex; /* a Name */
        const char *text;
    } cases[] = {
        {"300d310b3009060355040313024142", "AB"},
        {"300d310b300906035504030c02c3a9", "\xc3\xa9"},
        {"300d310b300906035504030c02c341", "?A"}, /* not UTF-8 */
        {"300d310b3009060355040314024e e9", "N?"},
        {"300d310b300906035504031e0200e9", "\xc3\xa9"},
        {"300d310b300906035504031e0220ac", "\xe2\x82\xac"},
        {"300d310b300906035504031e02d800", "?"}, /* half a pair */
        {"300d310b300906035504030c020041", "?A"}, /* a NUL */
        {"300d310b300906035504030c021b41", "?A"}, /* drives a terminal */
        {"300d310b300906035504030c027f41", "?A"},
        {"300d310b300906035504060c024142", ""}, /* another attribute */
        {"300d310b3009060355040303024142", ""}, /* not a string */
        {"301a310b3009060355040313024142310b3009060355040313024344", "CD"}, /* the last one */
        {"3000", ""},
        {"0500", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char hex[64];
        size_t length = 0;
        for (const char *at = cases[i].hex; *at; at++) {
            if (*at != ' ')
                hex[length++] = *at;
        }
        hex[length] = '\0';
        uint8_t bytes[64];
        uint8_t room[64];
        struct copp_reader name = {bytes, from_hex(hex, bytes, sizeof bytes)};
        struct copp_writer text = {room, sizeof room};
        assert_string_equal(copp_x509_name_text(&name, &text), cases[i].text);
    }
}

static void purposes_are_written_and_read(void) {
    static const struct {
        const char *hex; /* OBJECT IDENTIFIERs */
        const char *text;
    } cases[] = {
        {"06022a03", "1.2.3"},
        {"060188", "?"},
        {"06028837", "2.999"},
        {"0603551d25", "2.5.29.37"},
        {"06012706014f060150", "0.39 1.39 2.0"},
        {"060a2b0601040182370a050a", "1.3.6.1.4.1.311.10.5.10"},
        {"06092affffffffffffff7f", "1.2.72057594037927935"},
        {"060b2affffffffffffffffff7f06022a03", "? 1.2.3"}, /* above 64 bits */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t bytes[64];
        uint8_t room[128];
        struct copp_reader purposes = {bytes, from_hex(cases[i].hex, bytes, sizeof bytes)};
        struct copp_writer text = {room, sizeof room};
        assert_string_equal(copp_x509_purposes_text(&purposes, &text), cases[i].text);
        struct copp_x509_purpose purpose;
        struct copp_reader object;
        if (!strpbrk(cases[i].text, " ?") && strlen(cases[i].text) < 20) {
            assert_true(copp_x509_purpose_read(cases[i].text, &purpose));
            assert_true(copp_der_object(&purposes, &object) && copp_der_is(&object, purpose.bytes, purpose.size));
        }
    }
}

static void a_purpose_that_is_not_one_is_refused(void) {
    static const char *const bad[] = {"",     "1",    "1.",   ".1",   "1.2.",  "1..2", "3.1",
                                      "1.40", "01.2", "1.02", "1.2 ", "1.2.x", "-1.2", "1.2.99999999999"};
    const struct copp_opm_anchor anchor = read_anchor("root.pem");
    size_t size;
    uint8_t *bytes = read_opm("chain-good-purpose-all.p7b", &size);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(validate(bytes, size, &anchor, bad[i], NULL, NULL), COPP_E_ARGUMENT);
    char longest[2 + 2 * COPP_X509_PURPOSE_MAX + 1] = "1.1"; /* one byte */
    for (size_t i = 1; i < COPP_X509_PURPOSE_MAX; i++)
        strcat(longest, ".1");
    assert_int_equal(validate(bytes, size, &anchor, longest, NULL, NULL), COPP_E_INVALID);
    char longer[sizeof longest + 2];
    (void)snprintf(longer, sizeof longer, "%s.1", longest);
    assert_int_equal(validate(bytes, size, &anchor, longer, NULL, NULL), COPP_E_ARGUMENT);
    free(bytes);
}

static const struct test_case cases[] = {
    TEST(no_level_has_an_element_too_many, "OPM-CERT-1"),
    TEST(versions_and_serial_numbers, "OPM-CERT-1"),
    TEST(nothing_follows_a_key, "OPM-CERT-5"),
    TEST(extensions_are_read_strictly, "OPM-CERT-9"),
    TEST(extensions_are_few, "OPM-CERT-9"),
    TEST(roles_are_judged, "OPM-CERT-4"),
    TEST(certificates_say_what_they_are, ""),
    TEST(without_a_path_nobody_has_a_role, "OPM-CERT-2 OPM-CERT-3"),
    TEST(common_names_become_utf8, ""),
    TEST(purposes_are_written_and_read, "OPM-CERT-8"),
    TEST(a_purpose_that_is_not_one_is_refused, "OPM-CERT-8"),
};

int main(void) {
    return RUN_SUITE("x509_parts", cases);
}
