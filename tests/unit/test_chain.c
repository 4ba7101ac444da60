/* CERT-1..13: the vectors of an independent implementation, and the good chain with one thing wrong at a time. */
#include "chain_kit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void vectors_are_judged_as_they_say(void) {
    char *path = test_path("vectors/chains.json");
    json_t *chains = json_load_file(path, 0, NULL);
    assert_non_null(chains);
    free(path);
    const char *name;
    json_t *entry;
    size_t count = 0;
    struct copp_public_key anchor = test_anchor();
    json_object_foreach(json_object_get(chains, "invalid"), name, entry) {
        const char *wanted = json_string_value(json_object_get(entry, "rule"));
        char file[128];
        size_t size;
        struct copp_verdict verdict;
        (void)snprintf(file, sizeof file, "vectors/%s", name);
        uint8_t *bytes = read_test_file(file, &size);
        assert_int_equal(copp_chain_validate(bytes, size, &anchor, NULL, &verdict), COPP_E_INVALID);
        char alone[16]; /* "CERT-1 or CERT-2" means either, and CERT-1 is not CERT-10 */
        (void)snprintf(alone, sizeof alone, "%s ", copp_rule_id(verdict.rule));
        char padded[64];
        (void)snprintf(padded, sizeof padded, "%s ", wanted);
        if (!strstr(padded, alone))
            fail_msg("%s: wanted %s, got %s: %s", name, wanted, copp_rule_id(verdict.rule), verdict.detail);
        free(bytes);
        count++;
    }
    assert_int_equal(count, 26);
    json_decref(chains);
    struct document good = good_chain();
    expect_then_free(&good, COPP_RULE_NONE, WHOLE, "chain-good.xml");
}

/* One thing changed. signed_again: what is edited is in Data, and must be believed to be judged. */
struct change {
    int certificate;
    unsigned nth;
    const char *from;
    const char *to;
    bool signed_again;
    enum copp_rule rule;
    int blamed;
};

static void run_changes(const struct change *changes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct document chain = good_chain();
        edit(&chain, changes[i].certificate, changes[i].nth, changes[i].from, changes[i].to);
        if (changes[i].signed_again)
            sign_again(&chain);
        expect_then_free(&chain, changes[i].rule, changes[i].blamed, changes[i].to);
    }
}

#define RUN_CHANGES(changes) run_changes(changes, COUNT(changes))
#define VALID COPP_RULE_NONE, WHOLE
#define ROOT_TAG "<c:CertificateCollection"
#define END_TAG "</c:CertificateCollection>"

static void not_well_formed(void) {
    static const struct change changes[] = {
        {WHOLE, 0, END_TAG, "", false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, END_TAG, END_TAG "x", false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, END_TAG, END_TAG "<again/>", false, COPP_RULE_CERT_1, WHOLE},
        {LEAF, 0, "Oracle GPU", "Oracle & GPU", true, COPP_RULE_CERT_1, WHOLE},
        {LEAF, 0, "Oracle GPU", "Oracle &gpu;", true, COPP_RULE_CERT_1, WHOLE},
        {LEAF, 0, "Oracle GPU", "Oracle ]]>", true, COPP_RULE_CERT_1, WHOLE},
        {LEAF, 0, "Oracle GPU", "Oracle \x01", true, COPP_RULE_CERT_1, WHOLE},
        {LEAF, 0, "Oracle GPU", "<d:undeclared/>", true, COPP_RULE_CERT_1, WHOLE},
        {LEAF, 0, "<c:SecurityLevel>", "<c:SecurityLevel a='1' a='2'>", true, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0'?><?xml version='1.0'?>" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' standalone='maybe'?>" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml encoding='utf-8'?>" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' encoding=''?>" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' encoding='8utf'?>" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
    };
    RUN_CHANGES(changes);
    struct document empty = document_from("", 0);
    expect_then_free(&empty, COPP_RULE_CERT_1, WHOLE, "nothing at all");
}

/* Expat takes any version, also one that makes the document no XML. */
static void xml_version_is_1_x(void) {
    static const struct {
        const char *version;
        bool good;
    } versions[] = {{"1.0", true}, {"1.1", true},   {"1.10", true},  {"", false},     {"1", false},
                    {"1.", false}, {"1.0a", false}, {"1.a", false},  {"1.0.", false}, {"2.0", false},
                    {".0", false}, {"01.0", false}, {"11.0", false}, {"1-0", false}};
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct document chain = good_chain();
        char declaration[100];
        (void)snprintf(declaration, sizeof declaration, "<?xml version='%s'?>" ROOT_TAG, versions[i].version);
        edit(&chain, WHOLE, 0, ROOT_TAG, declaration);
        expect_then_free(&chain, versions[i].good ? COPP_RULE_NONE : COPP_RULE_CERT_1, WHOLE, versions[i].version);
    }
}

/* Wherever it stands; the encoding may be wrong as well. */
static void a_nul_is_no_xml(void) {
    struct document good = good_chain();
    for (unsigned i = 0; i < 4; i++) {
        struct document chain = document_from(good.text, good.size + (i == 0)); /* behind the end */
        if (i)
            chain.text[i == 1 ? chain.size - 1 : i == 2 ? chain.size / 2 : 100] = 0;
        if (i == 3)
            chain.text[200] = (char)0xFC;
        expect_then_free(&chain, COPP_RULE_CERT_1, WHOLE, "a NUL");
    }
    struct document nuls = document_from("\0\0\0", 3);
    expect_then_free(&nuls, COPP_RULE_CERT_1, WHOLE, "NULs alone");
    document_free(&good);
}

static void document_types_are_refused(void) {
    static const struct change changes[] = {
        {WHOLE, 0, ROOT_TAG, "<!DOCTYPE x>" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<!DOCTYPE x [<!ENTITY e 'e'>]>" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<!DOCTYPE x [<!ENTITY % e 'e'> %e;]>" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
    };
    RUN_CHANGES(changes);
}

static struct document nested(unsigned depth) {
    struct document chain = good_chain();
    char *deep = calloc(depth, sizeof "<a></a>");
    assert_non_null(deep);
    for (unsigned i = 0; i < depth; i++)
        strcat(deep, "<a>");
    for (unsigned i = 0; i < depth; i++)
        strcat(deep, "</a>");
    edit(&chain, LEAF, 0, "<c:Features>", deep);
    edit(&chain, LEAF, 0, "</a><c:COPPCertificate>", "</a><c:Features><c:COPPCertificate>");
    free(deep);
    sign_again(&chain);
    return chain;
}

static void nesting_is_bounded(void) {
    struct document chain = nested(60);
    expect_then_free(&chain, VALID, "60 levels");
    chain = nested(5000);
    expect_then_free(&chain, COPP_RULE_CERT_1, WHOLE, "5000 levels");
}

static void encoding_must_be_utf8(void) {
    static const struct change changes[] = {
        {WHOLE, 0, ROOT_TAG, "\xEF\xBB\xBF" ROOT_TAG, false, VALID}, /* one byte order mark is allowed */
        {WHOLE, 0, ROOT_TAG, "\xEF\xBB\xBF\xEF\xBB\xBF" ROOT_TAG, false, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0'?>" ROOT_TAG, false, VALID},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' encoding='UTF-8'?>" ROOT_TAG, false, VALID},
        {WHOLE, 0, ROOT_TAG, "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n" ROOT_TAG, false, VALID},
        {WHOLE, 0, ROOT_TAG, "\xEF\xBB\xBF<?xml version='1.0' encoding='Utf-8'?>" ROOT_TAG, false, VALID},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' encoding='ISO-8859-1'?>" ROOT_TAG, false, COPP_RULE_CERT_2, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' encoding='US-ASCII'?>" ROOT_TAG, false, COPP_RULE_CERT_2, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' encoding='UTF-16'?>" ROOT_TAG, false, COPP_RULE_CERT_2, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' encoding='UTF-80'?>" ROOT_TAG, false, COPP_RULE_CERT_2, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' encoding='UTF'?>" ROOT_TAG, false, COPP_RULE_CERT_2, WHOLE},
        {LEAF, 0, "Oracle GPU", "Gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x8E\xAC", true, VALID},
        {LEAF, 0, "Oracle GPU", "Gr\xFC\xDF", true, COPP_RULE_CERT_2, WHOLE}, /* Latin-1 */
        {LEAF, 0, "Oracle GPU", "\xC0\xBC", true, COPP_RULE_CERT_2, WHOLE}, /* an overlong < */
        {LEAF, 0, "Oracle GPU", "\xE0\x80\xBC", true, COPP_RULE_CERT_2, WHOLE}, /* a longer one */
        {LEAF, 0, "Oracle GPU", "\xF0\x80\x80\xBC", true, COPP_RULE_CERT_2, WHOLE}, /* the longest */
        {LEAF, 0, "Oracle GPU", "\xED\xA0\x80", true, COPP_RULE_CERT_2, WHOLE}, /* a surrogate */
        {LEAF, 0, "Oracle GPU", "\xF4\x90\x80\x80", true, COPP_RULE_CERT_2, WHOLE}, /* beyond Unicode */
        {LEAF, 0, "Oracle GPU", "\xF8\x88\x80\x80\x80", true, COPP_RULE_CERT_2, WHOLE}, /* five bytes */
        {LEAF, 0, "Oracle GPU", "\x80", true, COPP_RULE_CERT_2, WHOLE},
        {LEAF, 0, "Oracle GPU", "\xE2\x82", true, COPP_RULE_CERT_2, WHOLE},
        {WHOLE, 0, END_TAG, END_TAG "\xC3", false, COPP_RULE_CERT_2, WHOLE},
    };
    RUN_CHANGES(changes);
}

static struct document utf16(bool big_endian, bool mark) {
    struct document good = good_chain();
    struct document wide = {calloc(good.size + 2, 2), 0};
    assert_non_null(wide.text);
    if (mark)
        wide.size = (size_t)snprintf(wide.text, 3, "%s", big_endian ? "\xFE\xFF" : "\xFF\xFE");
    for (size_t i = 0; i < good.size; i++, wide.size += 2)
        wide.text[wide.size + big_endian] = good.text[i];
    document_free(&good);
    return wide;
}

static void utf16_is_refused(void) {
    for (unsigned i = 0; i < 4; i++) {
        struct document chain = utf16(i & 1, i & 2);
        expect_then_free(&chain, COPP_RULE_CERT_2, WHOLE, "UTF-16");
    }
}

#define VERSION(value, ...)                                                                                                      \
    { WHOLE, 0, "c:Version=\"2.0\"", value, false, __VA_ARGS__ }
static void version_is_compared_as_numbers(void) {
    static const struct change changes[] = {
        VERSION("c:Version=\"2.0\"", VALID),
        VERSION("Version=\"2.0\"", VALID), /* qualified or not */
        VERSION("c:Version='2'", VALID),
        VERSION("c:Version='2.1'", VALID),
        VERSION("c:Version='2.10'", VALID),
        VERSION("c:Version='3.0'", VALID),
        VERSION("c:Version='10.0'", VALID), /* later than 2.0 as a number, earlier as a text */
        VERSION("c:Version='02.0'", VALID),
        VERSION("c:Version='99999999999999999999999999.0'", VALID),
        VERSION("c:Version='&#50;.0'", VALID),
        VERSION("", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version=''", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='1.0'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='1.9'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='1.99'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='0002'", VALID),
        VERSION("c:Version='0001'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='.9'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='2.'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='2.x'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='2.0.0'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='2,0'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='-2.0'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='two'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:version='2.0'", COPP_RULE_CERT_3, WHOLE),
        VERSION("x:Version='2.0' xmlns:x='urn:x'", COPP_RULE_CERT_3, WHOLE), /* a stranger's */
        VERSION("c:Version='2.0' x:Version='1.0' xmlns:x='urn:x'", VALID),
        VERSION("Version='1.0' c:Version='2.0'", COPP_RULE_CERT_3, WHOLE),
        VERSION("c:Version='2.0' Version='2.0'", COPP_RULE_CERT_3, WHOLE), /* said twice is not said clearly */
        {LEAF, 0, "c:Version=\"2.0\"", "c:Version='1.0'", false, VALID}, /* a certificate's own is not a rule's */
    };
    RUN_CHANGES(changes);
}

static void root_must_be_a_collection(void) {
    struct document chain = good_chain();
    rename_element(&chain, WHOLE, 0, "c:CertificateCollection", "c:Collection");
    expect_then_free(&chain, COPP_RULE_CERT_3, WHOLE, "another root element");
    chain = good_chain();
    rename_element(&chain, WHOLE, 0, "c:CertificateCollection", "x:CertificateCollection xmlns:x='urn:x'");
    expect_then_free(&chain, COPP_RULE_CERT_3, WHOLE, "a stranger as root element");
    chain = good_chain();
    edit(&chain, WHOLE, 0, ROOT_TAG, "<wrap>" ROOT_TAG);
    edit(&chain, WHOLE, 0, END_TAG, END_TAG "</wrap>");
    expect_then_free(&chain, COPP_RULE_CERT_3, WHOLE, "a collection inside another element");
}

static void exactly_three_certificates(void) {
    static const struct change changes[] = {
        {WHOLE, 0, END_TAG, "<c:Certificate/>" END_TAG, false, COPP_RULE_CERT_4, WHOLE},
        {WHOLE, 0, END_TAG, "<Certificate xmlns=''/>" END_TAG, false, COPP_RULE_CERT_4, WHOLE},
        {WHOLE, 0, END_TAG, "<x:Certificate xmlns:x='urn:x'/>" END_TAG, false, COPP_RULE_CERT_4,
         WHOLE}, /* counted all the same */
        {WHOLE, 0, END_TAG, "<c:Other/>" END_TAG, false, VALID},
        {WHOLE, 0, END_TAG, "<c:Other><c:Certificate/></c:Other>" END_TAG, false, VALID}, /* not of this collection */
    };
    RUN_CHANGES(changes);
    struct document chain = good_chain();
    edit(&chain, LEAF, 0, "<c:Certificate ", "<x:Certificate xmlns:x='urn:x' ");
    edit(&chain, WHOLE, 0, "</c:Certificate>", "</x:Certificate>");
    expect_then_free(&chain, COPP_RULE_CERT_4, WHOLE, "a stranger instead of the leaf");
    chain = document_from(ROOT_TAG " xmlns:c='http://schemas.microsoft.com/DRM/2004/02/cert' Version='2.0'/>",
                          strlen(ROOT_TAG " xmlns:c='http://schemas.microsoft.com/DRM/2004/02/cert' Version='2.0'/>"));
    expect_then_free(&chain, COPP_RULE_CERT_4, WHOLE, "no certificate");
}

/* Every element a rule names: where one stands, and what else stands in its parent to put a second one before. */
static const struct {
    const char *name;
    int certificate;
    const char *before; /* in the parent; a second element is put here */
    unsigned nth;
    bool in_data;
} named[] = {
    {"Data", LEAF, "<c:Data", 0, false},
    {"PublicKey", LEAF, "<c:PublicKey>", 0, true},
    {"KeyValue", LEAF, "<KeyValue>", 0, true},
    {"RSAKeyValue", LEAF, "<RSAKeyValue>", 0, true},
    {"Modulus", LEAF, "<Modulus>", 0, true},
    {"Exponent", LEAF, "<Exponent>", 0, true},
    {"SecurityLevel", LEAF, "<c:SecurityLevel>", 0, true},
    {"ManufacturerData", LEAF, "<c:ManufacturerData>", 0, true},
    {"KeyUsage", LEAF, "<c:KeyUsage>", 0, true},
    {"EncryptKey", LEAF, "<c:EncryptKey>", 0, true},
    {"SignCertificate", IHV, "<c:SignCertificate>", 0, true},
    {"Features", LEAF, "<c:Features>", 0, true},
    {"COPPCertificate", LEAF, "<c:COPPCertificate>", 0, true},
    {"Signature", LEAF, "<Signature ", 0, false},
    {"SignedInfo", LEAF, "<SignedInfo>", 0, false},
    {"Reference", LEAF, "<Reference>", 0, false},
    {"DigestValue", LEAF, "<DigestValue>", 0, false},
    {"SignatureValue", LEAF, "<SignatureValue>", 0, false},
    {"KeyInfo", LEAF, "<KeyInfo>", 0, false},
    {"KeyValue", LEAF, "<KeyValue>", 1, false},
    {"RSAKeyValue", LEAF, "<RSAKeyValue>", 1, false},
    {"Modulus", LEAF, "<Modulus>", 1, false},
    {"Exponent", LEAF, "<Exponent>", 1, false},
    {"Data", ROOT, "<c:Data", 0, false},
    {"KeyInfo", ROOT, "<KeyInfo>", 0, false},
};

/* A second one in each namespace, known, strange and none, before the first and so inside Data or Signature alike. */
static void named_elements_occur_once(void) {
    static const char *const namespaces[] = {"http://schemas.microsoft.com/DRM/2004/02/cert",
                                             "http://www.w3.org/2000/09/xmldsig#", "", "urn:strange"};
    for (size_t i = 0; i < COUNT(named); i++) {
        for (size_t j = 0; j < COUNT(namespaces); j++) {
            char second[200];
            (void)snprintf(second, sizeof second, "<%s xmlns='%s'/>%s", named[i].name, namespaces[j], named[i].before);
            struct document chain = good_chain();
            edit(&chain, named[i].certificate, named[i].nth, named[i].before, second);
            if (named[i].in_data) {
                struct copp_private_key *signer = signer_of(named[i].certificate);
                sign_certificate(&chain, named[i].certificate, signer);
                copp_private_key_free(&signer);
            }
            expect_then_free(&chain, COPP_RULE_CERT_5, named[i].certificate, second);
        }
    }
}

static void what_no_rule_names_may_repeat(void) {
    static const struct change changes[] = {
        {LEAF, 0, "<c:EncryptKey>", "<c:SignCRL>0</c:SignCRL><c:SignCRL>0</c:SignCRL><c:EncryptKey>", true, COPP_RULE_CERT_5,
         LEAF},
        {LEAF, 0, "<c:EncryptKey>", "<c:SignCRL>0</c:SignCRL><c:EncryptKey>", true, VALID},
        {LEAF, 0, "<c:PublicKey>", "<c:More/><c:More/><x:More xmlns:x='urn:x'/><c:PublicKey>", true, VALID},
        {LEAF, 0, "<c:PublicKey>", "<c:More><Modulus/><Modulus/><c:Data/></c:More><c:PublicKey>", true, VALID},
        {LEAF, 0, "<c:COPPCertificate>", "<c:Other>1</c:Other><c:COPPCertificate>", true, VALID},
        {LEAF, 0, "<Transforms>", "<Transforms/><Transforms>", false, VALID},
        {LEAF, 0, "<DigestMethod ", "<DigestMethod/><DigestMethod ", false, VALID},
        {LEAF, 0, "<Signature ", "<c:Extra/><Signature ", false, VALID},
    };
    RUN_CHANGES(changes);
}

static void moduli_have_exact_sizes(void) {
    static const struct change changes[] = {
        {LEAF, 0, "<Modulus>vw9K", "<Modulus>", true, COPP_RULE_CERT_6, LEAF}, /* 253 bytes */
        {LEAF, 0, "<Modulus>vw9K", "<Modulus>AAAAvw9K", true, COPP_RULE_CERT_6, LEAF}, /* 259 */
        {LEAF, 0, "<Modulus>vw9K", "<Modulus>!!!!vw9K", true, COPP_RULE_CERT_6, LEAF},
        {LEAF, 0, "<Modulus>vw9K", "<Modulus><c:b/>vw9K", true, COPP_RULE_CERT_6, LEAF}, /* an element is not a value */
        {LEAF, 0, "<Modulus>vw9K", "<Modulus>vw 9K\r\n\t", true, VALID}, /* white space is allowed */
        {LEAF, 0, "<Modulus>vw9K", "<Modulus>vw<!-- 9 -->9<![CDATA[K]]>", true, VALID},
        {LEAF, 0, "<Modulus>vw9K", "<Modulus>&#118;w9K", true, VALID},
        {LEAF, 0, "<Modulus>2sc7", "<Modulus>", false, COPP_RULE_CERT_11, LEAF}, /* KeyInfo: 253 bytes are enough */
        {LEAF, 0, "<Modulus>2sc7", "<Modulus>AAAA2sc7", false, COPP_RULE_CERT_6, LEAF},
        {LEAF, 0, "<Modulus>2sc7", "<Modulus>?sc7", false, COPP_RULE_CERT_6, LEAF},
        {IHV, 0, "<Modulus>pjec", "<Modulus>", false, COPP_RULE_CERT_6, IHV}, /* KeyInfo: 125 bytes are not */
        {IHV, 0, "RXM=</Modulus>", "RQ==</Modulus>", false, COPP_RULE_CERT_6, IHV}, /* nor 127 */
        {ROOT, 0, "<Modulus>pjec", "<Modulus>AAAApjec", true, COPP_RULE_CERT_6, ROOT},
        {ROOT, 0, "<Modulus>pjec", "<Modulus>", true, COPP_RULE_CERT_6, ROOT},
    };
    RUN_CHANGES(changes);
}

static void exponents_are_short_and_odd(void) {
    static const struct change changes[] = {
        {LEAF, 0, ">AQAB<", ">Aw==<", true, VALID}, /* 3 */
        {LEAF, 0, ">AQAB<", ">/////w==<", true, VALID}, /* 4 bytes */
        {LEAF, 0, ">AQAB<", ">AAEAAQ==<", true, VALID}, /* a leading zero in 4 bytes */
        {LEAF, 0, ">AQAB<", ">AAABAAE=<", true, COPP_RULE_CERT_7, LEAF}, /* 65537 in 5 bytes */
        {LEAF, 0, ">AQAB<", ">AQ==<", true, COPP_RULE_CERT_7, LEAF}, /* 1 */
        {LEAF, 0, ">AQAB<", ">Ag==<", true, COPP_RULE_CERT_7, LEAF}, /* 2 */
        {LEAF, 0, ">AQAB<", ">AQAA<", true, COPP_RULE_CERT_7, LEAF}, /* even */
        {LEAF, 0, ">AQAB<", ">AA==<", true, COPP_RULE_CERT_7, LEAF},
        {LEAF, 0, ">AQAB<", "><", true, COPP_RULE_CERT_7, LEAF},
        {LEAF, 0, ">AQAB<", ">65537<", true, COPP_RULE_CERT_7, LEAF},
        {LEAF, 0, ">AQAB<", ">AQ<c:b/>AB<", true, COPP_RULE_CERT_7, LEAF},
        {LEAF, 1, ">AQAB<", ">AQAA<", false, COPP_RULE_CERT_7, LEAF}, /* KeyInfo's alike */
        {LEAF, 1, ">AQAB<", ">AAABAAE=<", false, COPP_RULE_CERT_7, LEAF},
        {LEAF, 1, ">AQAB<", ">AQ==<", false, COPP_RULE_CERT_7, LEAF},
        {LEAF, 1, ">AQAB<", ">AAEAAQ==<", false, VALID}, /* the same number as IHV's Data has in 3 bytes */
        {IHV, 0, ">AQAB<", ">AAEAAQ==<", true, VALID},
        {ROOT, 1, ">AQAB<", ">AQAA<", false, COPP_RULE_CERT_7, ROOT},
    };
    RUN_CHANGES(changes);
}

static void leaf_encrypts_and_is_a_copp_driver(void) {
    static const struct change changes[] = {
        {LEAF, 0, "<c:EncryptKey>1<", "<c:EncryptKey> \r\n1\t<", true, VALID},
        {LEAF, 0, "<c:EncryptKey>1<", "<c:EncryptKey>&#49;<!-- one --><", true, VALID},
        {LEAF, 0, "<c:EncryptKey>1<", "<c:EncryptKey>0<", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:EncryptKey>1<", "<c:EncryptKey><", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:EncryptKey>1<", "<c:EncryptKey>11<", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:EncryptKey>1<", "<c:EncryptKey>1 1<", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:EncryptKey>1<", "<c:EncryptKey>01<", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:EncryptKey>1<", "<c:EncryptKey>true<", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:EncryptKey>1<", "<c:EncryptKey>1<c:b/><", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:EncryptKey>1</c:EncryptKey>", "", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:EncryptKey>1</c:EncryptKey>", "<c:SignCertificate>1</c:SignCertificate>", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:KeyUsage><c:EncryptKey>1</c:EncryptKey></c:KeyUsage>", "<c:EncryptKey>1</c:EncryptKey>", true,
         COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:COPPCertificate>1<", "<c:COPPCertificate>\n1\n<", true, VALID},
        {LEAF, 0, "<c:COPPCertificate>1<", "<c:COPPCertificate>0<", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:COPPCertificate>1</c:COPPCertificate>", "", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:Features><c:COPPCertificate>1</c:COPPCertificate></c:Features>", "", true, COPP_RULE_CERT_8, LEAF},
        {LEAF, 0, "<c:COPPCertificate>1</c:COPPCertificate>", "<x:COPPCertificate xmlns:x='urn:x'>1</x:COPPCertificate>", true,
         COPP_RULE_CERT_8, LEAF},
    };
    RUN_CHANGES(changes);
}

static void signers_are_linked(void) {
    static const struct change changes[] = {
        {IHV, 0, "<c:SignCertificate>1<", "<c:SignCertificate> 1 <", true, VALID},
        {IHV, 0, "<c:SignCertificate>1<", "<c:SignCertificate>0<", true, COPP_RULE_CERT_9, IHV},
        {IHV, 0, "<c:SignCertificate>1</c:SignCertificate>", "<c:EncryptKey>1</c:EncryptKey>", true, COPP_RULE_CERT_9, IHV},
        {ROOT, 0, "<c:SignCertificate>1</c:SignCertificate>", "", true, COPP_RULE_CERT_9, ROOT},
        {ROOT, 0, "<c:KeyUsage>", "<c:Usage/><x:KeyUsage xmlns:x='urn:x'/><c:KeyUsage>", true, COPP_RULE_CERT_5, ROOT},
        {IHV, 0, "<Modulus>2sc7", "<Modulus>2sc8", true, COPP_RULE_CERT_9, IHV}, /* not the key that signed the leaf */
        {IHV, 0, ">AQAB<", ">AQAD<", true, COPP_RULE_CERT_9, IHV},
        {ROOT, 0, "<Modulus>pjec", "<Modulus>pjed", true, COPP_RULE_CERT_9, ROOT}, /* not the key that signed IHV's */
        {ROOT, 0, ">AQAB<", ">Aw==<", true, COPP_RULE_CERT_9, ROOT},
    };
    RUN_CHANGES(changes);
}

static void digests_cover_data_as_transmitted(void) {
    static const struct change changes[] = {
        {LEAF, 0, "<c:Data ", "<c:Data  ", false, COPP_RULE_CERT_10, LEAF}, /* to XML the same element */
        {LEAF, 0, "</c:Data>", "</c:Data >", false, COPP_RULE_CERT_10, LEAF},
        {LEAF, 0, "</c:Data>", " </c:Data>", false, COPP_RULE_CERT_10, LEAF},
        {LEAF, 0, ">150<", ">151<", false, COPP_RULE_CERT_10, LEAF}, /* what is ignored is signed all the same */
        {LEAF, 0, "<c:Data ", "<c:Data  ", true, VALID},
        {LEAF, 0, "</c:Data>", "\r\n</c:Data\n>", true, VALID},
        {LEAF, 0, "<c:Data ", "<!-- c --> <c:Data a='>' ", true, VALID},
        {LEAF, 0, "</c:Data>", "</c:Data> <!-- not signed -->", false, VALID},
        {LEAF, 0, "qDec02", "qDec03", false, COPP_RULE_CERT_10, LEAF},
        {LEAF, 0, "qDec02", " qDe\nc02", false, VALID},
        {LEAF, 0, "<DigestValue>qDec", "<DigestValue>", false, COPP_RULE_CERT_10, LEAF}, /* too short */
        {LEAF, 0, "<DigestValue>", "<DigestValue>AAAA", false, COPP_RULE_CERT_10, LEAF}, /* too long */
        {LEAF, 0, "<DigestValue>", "<DigestValue>*", false, COPP_RULE_CERT_10, LEAF},
        {IHV, 0, ">150<", ">151<", false, COPP_RULE_CERT_10, IHV},
        {ROOT, 0, ">150<", ">151<", false, COPP_RULE_CERT_10, ROOT},
    };
    RUN_CHANGES(changes);
    struct document chain = good_chain(); /* offsets count from the first byte, mark and declaration included */
    edit(&chain, WHOLE, 0, ROOT_TAG, "\xEF\xBB\xBF<?xml version='1.0'?>\r\n<!-- \xC3\xA9 -->\r\n" ROOT_TAG);
    edit(&chain, ROOT, 0, "Oracle Root", "\xE2\x82\xAC&amp;");
    sign_again(&chain);
    expect_then_free(&chain, VALID, "text before Data");
}

/* A digest that ends in a zero byte cannot be shortened to 19 bytes: what is missing does not count as zeros. */
static void digests_are_never_filled_up(void) {
    struct document chain = good_chain();
    char from[16] = ">150<";
    bool ends_in_zero = false;
    for (unsigned level = 1000; !ends_in_zero && level < 9000; level++) {
        char to[16];
        struct copp_chain *parsed = NULL;
        struct copp_certificate leaf = {.size = sizeof leaf};
        (void)snprintf(to, sizeof to, ">%u<", level);
        edit(&chain, LEAF, 0, from, to);
        memcpy(from, to, sizeof from);
        assert_int_equal(copp_chain_parse((uint8_t *)chain.text, chain.size, &parsed, NULL), COPP_OK);
        assert_int_equal(copp_chain_certificate(parsed, LEAF, &leaf), COPP_OK);
        ends_in_zero = leaf.digest[COPP_DIGEST_SIZE - 1] == 0;
        copp_chain_free(&parsed);
    }
    assert_true(ends_in_zero);
    sign_again(&chain);
    expect(&chain, VALID);
    edit(&chain, LEAF, 0, "A=</DigestValue>", "==</DigestValue>");
    expect_then_free(&chain, COPP_RULE_CERT_10, LEAF, "19 bytes of a digest");
}

static void signatures_verify(void) {
    static const struct change changes[] = {
        {LEAF, 0, "<SignatureValue>zDD6", "<SignatureValue>zDD7", false, COPP_RULE_CERT_11, LEAF},
        {LEAF, 0, "<SignatureValue>zDD6", "<SignatureValue>", false, COPP_RULE_CERT_11, LEAF},
        {LEAF, 0, "<SignatureValue>zDD6", "<SignatureValue>AAAAzDD6", false, COPP_RULE_CERT_11, LEAF},
        {LEAF, 0, "<SignatureValue>zDD6", "<SignatureValue>zDD6<c:b/>", false, COPP_RULE_CERT_11, LEAF},
        {LEAF, 0, "<SignatureValue>zDD6", "<SignatureValue>-", false, COPP_RULE_CERT_11, LEAF},
        {LEAF, 0, "<SignatureValue>zDD6", "<SignatureValue>\n zDD6", false, VALID},
        {LEAF, 0, "<Modulus>2sc7", "<Modulus>2sc8", false, COPP_RULE_CERT_11, LEAF}, /* another key, and CERT-9 comes later */
        {LEAF, 1, ">AQAB<", ">AQAD<", false, COPP_RULE_CERT_11, LEAF},
        {LEAF, 0, "NLlNkw==", "NLlNkA==", false, COPP_RULE_CERT_11, LEAF}, /* an even modulus: no key at all */
        {IHV, 0, "<SignatureValue>cZvV", "<SignatureValue>cZvW", false, COPP_RULE_CERT_11, IHV},
        {ROOT, 0, "<SignatureValue>JUAC", "<SignatureValue>JUAD", false, COPP_RULE_CERT_11, ROOT},
    };
    RUN_CHANGES(changes);
    struct document chain = good_chain(); /* signed, but not by the key in KeyInfo */
    struct copp_private_key *other = test_private_key("leaf.pem");
    sign_certificate(&chain, LEAF, other);
    copp_private_key_free(&other);
    expect_then_free(&chain, COPP_RULE_CERT_11, LEAF, "another signer");
}

static void last_key_is_the_anchor(void) {
    struct document chain = good_chain();
    struct copp_public_key anchors[] = {*copp_anchor_microsoft(), test_anchor(), test_anchor(), test_anchor()};
    anchors[1].exponent = 3;
    anchors[2].modulus[127] ^= 2;
    anchors[3].modulus_size = 127;
    for (size_t i = 0; i < COUNT(anchors); i++) {
        struct copp_verdict verdict;
        struct copp_chain *parsed;
        assert_int_equal(copp_chain_validate((uint8_t *)chain.text, chain.size, &anchors[i], &parsed, &verdict), COPP_E_INVALID);
        assert_int_equal(verdict.rule, COPP_RULE_CERT_12);
        assert_int_equal(verdict.certificate, ROOT);
        assert_null(parsed);
    }
    document_free(&chain);
}

static void missing_elements_are_reported_by_the_rule_that_names_them(void) {
    static const struct {
        const char *name;
        int certificate;
        unsigned nth;
        bool in_data;
        enum copp_rule rule;
    } missing[] = {
        {"c:Data", LEAF, 0, false, COPP_RULE_CERT_13},      {"c:PublicKey", LEAF, 0, true, COPP_RULE_CERT_13},
        {"KeyValue", LEAF, 0, true, COPP_RULE_CERT_13},     {"RSAKeyValue", LEAF, 0, true, COPP_RULE_CERT_13},
        {"Modulus", LEAF, 0, true, COPP_RULE_CERT_6},       {"Exponent", LEAF, 0, true, COPP_RULE_CERT_7},
        {"c:SecurityLevel", LEAF, 0, true, COPP_RULE_NONE}, {"c:ManufacturerData", LEAF, 0, true, COPP_RULE_NONE},
        {"c:KeyUsage", LEAF, 0, true, COPP_RULE_CERT_8},    {"c:EncryptKey", LEAF, 0, true, COPP_RULE_CERT_8},
        {"c:Features", LEAF, 0, true, COPP_RULE_CERT_8},    {"c:COPPCertificate", LEAF, 0, true, COPP_RULE_CERT_8},
        {"c:KeyUsage", IHV, 0, true, COPP_RULE_CERT_9},     {"c:SignCertificate", ROOT, 0, true, COPP_RULE_CERT_9},
        {"c:Features", ROOT, 0, true, COPP_RULE_NONE},      {"Signature", LEAF, 0, false, COPP_RULE_CERT_13},
        {"SignedInfo", IHV, 0, false, COPP_RULE_CERT_13},   {"Reference", LEAF, 0, false, COPP_RULE_CERT_13},
        {"DigestValue", LEAF, 0, false, COPP_RULE_CERT_10}, {"SignatureValue", ROOT, 0, false, COPP_RULE_CERT_11},
        {"KeyInfo", LEAF, 0, false, COPP_RULE_CERT_6},      {"KeyValue", LEAF, 1, false, COPP_RULE_CERT_13},
        {"RSAKeyValue", ROOT, 1, false, COPP_RULE_CERT_13}, {"Modulus", IHV, 1, false, COPP_RULE_CERT_6},
        {"Exponent", LEAF, 1, false, COPP_RULE_CERT_7},
    };
    for (size_t i = 0; i < COUNT(missing); i++) {
        for (int stranger = 0; stranger < 2; stranger++) { /* which does not stand in for it */
            const char *local = strncmp(missing[i].name, "c:", 2) == 0 ? missing[i].name + 2 : missing[i].name;
            char replacement[80];
            (void)snprintf(replacement, sizeof replacement, stranger ? "x:%s xmlns:x='urn:x'" : "Not%s", local);
            struct document chain = good_chain();
            rename_element(&chain, missing[i].certificate, missing[i].nth, missing[i].name, replacement);
            struct copp_private_key *signer = signer_of(missing[i].certificate);
            if (missing[i].in_data)
                sign_certificate(&chain, missing[i].certificate, signer);
            copp_private_key_free(&signer);
            bool valid = missing[i].rule == COPP_RULE_NONE;
            expect_then_free(&chain, missing[i].rule, valid ? WHOLE : missing[i].certificate, missing[i].name);
        }
    }
}

static void namespaces_and_prefixes_do_not_matter(void) {
    struct document chain = good_chain();
    edit_all(&chain, "<c:", "<cert:");
    edit_all(&chain, "</c:", "</cert:");
    edit_all(&chain, "xmlns:c=", "xmlns:cert=");
    edit_all(&chain, "c:Version", "cert:Version");
    sign_again(&chain);
    expect_then_free(&chain, VALID, "other prefixes");

    chain = good_chain(); /* no namespace at all, as the pages show it */
    edit_all(&chain, " xmlns=\"http://www.w3.org/2000/09/xmldsig#\"", "");
    edit_all(&chain, " xmlns=\"http://schemas.microsoft.com/DRM/2004/02/cert\"", "");
    edit_all(&chain, " xmlns:c=\"http://schemas.microsoft.com/DRM/2004/02/cert\"", "");
    edit_all(&chain, "<c:", "<");
    edit_all(&chain, "</c:", "</");
    edit_all(&chain, "c:Version", "Version");
    sign_again(&chain);
    expect_then_free(&chain, VALID, "no namespace");

    chain = good_chain(); /* the two exchanged */
    edit_all(&chain, "http://www.w3.org/2000/09/xmldsig#\"", "urn:one\"");
    edit_all(&chain, "http://schemas.microsoft.com/DRM/2004/02/cert\"", "http://www.w3.org/2000/09/xmldsig#\"");
    edit_all(&chain, "urn:one\"", "http://schemas.microsoft.com/DRM/2004/02/cert\"");
    sign_again(&chain);
    expect_then_free(&chain, VALID, "namespaces exchanged");
}

/* The first rule broken is reported, certificate by certificate: each change breaks one that comes earlier. */
static void rules_are_checked_in_order(void) {
    static const struct change changes[] = {
        {ROOT, 0, "<SignatureValue>JUAC", "<SignatureValue>JUAD", false, COPP_RULE_CERT_11, ROOT},
        {ROOT, 0, "<DigestValue>", "<DigestValue>AAAA", false, COPP_RULE_CERT_10, ROOT},
        {ROOT, 0, "<c:SignCertificate>1", "<c:SignCertificate>0", false, COPP_RULE_CERT_9, ROOT},
        {ROOT, 0, ">AQAB<", ">AQAA<", false, COPP_RULE_CERT_7, ROOT},
        {ROOT, 0, "<Modulus>pjec", "<Modulus>", false, COPP_RULE_CERT_6, ROOT},
        {ROOT, 0, "<c:Features>", "<c:Features/><c:Features>", false, COPP_RULE_CERT_5, ROOT},
        {IHV, 0, "<SignatureValue>cZvV", "<SignatureValue>cZvW", false, COPP_RULE_CERT_11, IHV},
        {LEAF, 0, "<SignatureValue>zDD6", "<SignatureValue>zDD7", false, COPP_RULE_CERT_11, LEAF},
        {LEAF, 0, "<DigestValue>", "<DigestValue>AAAA", false, COPP_RULE_CERT_10, LEAF},
        {LEAF, 0, "<c:EncryptKey>1", "<c:EncryptKey>0", false, COPP_RULE_CERT_8, LEAF},
        {LEAF, 1, ">AQAB<", ">AQAA<", false, COPP_RULE_CERT_7, LEAF},
        {LEAF, 0, "<Modulus>2sc7", "<Modulus>!!!!", false, COPP_RULE_CERT_6, LEAF},
        {LEAF, 0, "<c:Features>", "<c:Features/><c:Features>", false, COPP_RULE_CERT_5, LEAF},
        {WHOLE, 0, END_TAG, "<c:Certificate/>" END_TAG, false, COPP_RULE_CERT_4, WHOLE},
        {WHOLE, 0, "c:Version=\"2.0\"", "c:Version=\"1.0\"", false, COPP_RULE_CERT_3, WHOLE},
        {WHOLE, 0, ROOT_TAG, "<?xml version='1.0' encoding='ISO-8859-1'?>" ROOT_TAG, false, COPP_RULE_CERT_2, WHOLE},
        {WHOLE, 0, END_TAG, END_TAG "<again/>", false, COPP_RULE_CERT_1, WHOLE},
    };
    struct document chain = good_chain();
    for (size_t i = 0; i < COUNT(changes); i++) {
        edit(&chain, changes[i].certificate, changes[i].nth, changes[i].from, changes[i].to);
        expect(&chain, changes[i].rule, changes[i].blamed);
    }
    document_free(&chain);
}

static void a_valid_chain_tells_what_it_says(void) {
    struct document document = good_chain();
    struct copp_public_key anchor = test_anchor();
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    struct copp_public_key leaf_key;
    struct copp_chain *chain;
    struct copp_certificate certificate = {.size = sizeof certificate};
    assert_int_equal(leaf->ops->public_key(leaf, &leaf_key), COPP_OK);
    assert_int_equal(copp_chain_validate((uint8_t *)document.text, document.size, &anchor, &chain, NULL), COPP_OK);
    assert_int_equal(copp_chain_count(chain), 3);
    assert_true(copp_public_key_equal(copp_chain_leaf_key(chain), &leaf_key));
    size_t size;
    const uint8_t *bytes = copp_chain_bytes(chain, &size);
    assert_int_equal(size, document.size);
    assert_memory_equal(bytes, document.text, size);
    assert_int_equal(copp_chain_certificate(chain, LEAF, &certificate), COPP_OK);
    assert_true(certificate.has_subject && certificate.has_signer && certificate.encrypt_key && certificate.copp_certificate);
    assert_false(certificate.sign_certificate || certificate.sign_crl);
    assert_string_equal(certificate.security_level, "150");
    assert_string_equal(certificate.manufacturer, "Oracle GPU");
    assert_int_equal(certificate.data_size, 840);
    assert_memory_equal(certificate.data, "<c:Data", 7);
    assert_memory_equal(certificate.digest, certificate.digest_value, COPP_DIGEST_SIZE);
    assert_int_equal(copp_chain_certificate(chain, ROOT, &certificate), COPP_OK);
    assert_true(copp_public_key_equal(&certificate.subject, &anchor) && copp_public_key_equal(&certificate.signer, &anchor));
    assert_true(certificate.sign_certificate);
    assert_int_equal(copp_chain_certificate(chain, 3, &certificate), COPP_E_NOT_FOUND);
    assert_int_equal(copp_chain_certificate(NULL, 0, &certificate), COPP_E_ARGUMENT);
    copp_chain_free(&chain);
    assert_null(chain);
    copp_chain_free(&chain);
    copp_chain_free(NULL);
    copp_private_key_free(&leaf);
    document_free(&document);
}

/* What somebody wants to see of a chain that is not valid. */
static void an_invalid_chain_can_be_looked_into(void) {
    struct document document = good_chain();
    struct copp_chain *chain;
    struct copp_verdict verdict;
    struct copp_certificate certificate = {.size = sizeof certificate};
    edit(&document, LEAF, 0, ">AQAB<", ">AQAA<");
    edit(&document, LEAF, 0, "<Modulus>2sc7", "<Modulus>!!!!");
    edit(&document, LEAF, 0, "<DigestValue>", "<DigestValue>****");
    edit(&document, LEAF, 0, "Oracle GPU", " Caf\xC3\xA9 &lt;&#x20AC;&#0033;<![CDATA[ & ]]>");
    edit(&document, LEAF, 0, "<c:SecurityLevel>150</c:SecurityLevel>", "");
    edit(&document, WHOLE, 0, "</c:CertificateCollection>", "<c:Certificate/></c:CertificateCollection>");
    assert_int_equal(copp_chain_parse((uint8_t *)document.text, document.size, &chain, &verdict), COPP_OK);
    assert_int_equal(verdict.rule, COPP_RULE_NONE);
    assert_int_equal(verdict.certificate, -1);
    assert_string_equal(verdict.detail, "");
    assert_false(copp_chain_valid(chain));
    assert_null(copp_chain_leaf_key(chain));
    assert_int_equal(copp_chain_count(chain), 4);
    assert_int_equal(copp_chain_certificate(chain, LEAF, &certificate), COPP_OK);
    assert_false(certificate.has_subject || certificate.has_signer);
    assert_string_equal(certificate.security_level, "");
    assert_string_equal(certificate.manufacturer, " Caf\xC3\xA9 <\xE2\x82\xAC! & ");
    static const uint8_t zero[COPP_DIGEST_SIZE];
    assert_memory_equal(certificate.digest_value, zero, sizeof zero);
    assert_memory_not_equal(certificate.digest, zero, sizeof zero);
    assert_int_equal(copp_chain_certificate(chain, 3, &certificate), COPP_OK);
    assert_false(certificate.has_subject || certificate.has_signer);
    assert_int_equal(certificate.data_size, 0);
    assert_string_equal(certificate.manufacturer, "");
    copp_chain_free(&chain);
    for (int i = 0; i < 4; i++)
        edit(&document, WHOLE, 0, END_TAG, "<c:Certificate/>" END_TAG);
    assert_int_equal(copp_chain_parse((uint8_t *)document.text, document.size, &chain, &verdict), COPP_OK);
    assert_int_equal(copp_chain_count(chain), COPP_CERTIFICATES_MAX);
    copp_chain_free(&chain);
    edit(&document, WHOLE, 0, END_TAG, "<c:Certificate/>" END_TAG);
    assert_int_equal(copp_chain_parse((uint8_t *)document.text, document.size, &chain, &verdict), COPP_E_INVALID);
    assert_int_equal(verdict.rule, COPP_RULE_CERT_4);
    assert_null(chain);
    document_free(&document);
}

static void sizes_and_arguments_are_checked(void) {
    struct copp_public_key anchor = test_anchor();
    struct copp_chain *chain = NULL;
    struct copp_verdict verdict;
    char *large = malloc(COPP_CHAIN_SIZE_MAX + 1);
    assert_non_null(large);
    struct document document = good_chain();
    memset(large, ' ', COPP_CHAIN_SIZE_MAX + 1);
    memcpy(large, document.text, document.size);
    assert_int_equal(copp_chain_validate((uint8_t *)large, COPP_CHAIN_SIZE_MAX, &anchor, &chain, NULL), COPP_OK);
    copp_chain_free(&chain);
    assert_int_equal(copp_chain_validate((uint8_t *)large, COPP_CHAIN_SIZE_MAX + 1, &anchor, &chain, &verdict), COPP_E_TOO_LARGE);
    assert_null(chain);
    assert_int_equal(verdict.rule, COPP_RULE_NONE);
    assert_int_equal(copp_chain_parse((uint8_t *)large, COPP_CHAIN_SIZE_MAX + 1, &chain, NULL), COPP_E_TOO_LARGE);
    assert_int_equal(copp_chain_validate(NULL, 0, &anchor, &chain, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_chain_validate((uint8_t *)large, 1, NULL, &chain, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_chain_parse(NULL, 0, &chain, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_chain_parse((uint8_t *)large, 1, NULL, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_chain_count(NULL), 0);
    assert_false(copp_chain_valid(NULL));
    assert_null(copp_chain_bytes(NULL, NULL));
    document_free(&document);
    free(large);
}

/* A document cut off anywhere is refused, and nothing is read beyond it (the sanitizers watch). */
static void every_prefix_is_refused(void) {
    struct document document = good_chain();
    struct copp_public_key anchor = test_anchor();
    for (size_t size = 0; size < document.size; size += size < 600 ? 1 : 37) {
        uint8_t *part = malloc(size ? size : 1);
        assert_non_null(part);
        memcpy(part, document.text, size);
        assert_int_equal(copp_chain_validate(part, size, &anchor, NULL, NULL), COPP_E_INVALID);
        free(part);
    }
    document_free(&document);
}

static const struct test_case cases[] = {
    TEST(vectors_are_judged_as_they_say,
         "CERT-1 CERT-2 CERT-3 CERT-4 CERT-5 CERT-6 CERT-7 CERT-8 CERT-9 CERT-10 CERT-11 CERT-12"),
    TEST(not_well_formed, "CERT-1"),
    TEST(xml_version_is_1_x, "CERT-1"),
    TEST(a_nul_is_no_xml, "CERT-1"),
    TEST(document_types_are_refused, "CERT-1"),
    TEST(nesting_is_bounded, "CERT-1"),
    TEST(encoding_must_be_utf8, "CERT-2"),
    TEST(utf16_is_refused, "CERT-2"),
    TEST(version_is_compared_as_numbers, "CERT-3"),
    TEST(root_must_be_a_collection, "CERT-3"),
    TEST(exactly_three_certificates, "CERT-4"),
    TEST(named_elements_occur_once, "CERT-5"),
    TEST(what_no_rule_names_may_repeat, "CERT-5"),
    TEST(moduli_have_exact_sizes, "CERT-6"),
    TEST(exponents_are_short_and_odd, "CERT-7"),
    TEST(leaf_encrypts_and_is_a_copp_driver, "CERT-8"),
    TEST(signers_are_linked, "CERT-9"),
    TEST(digests_cover_data_as_transmitted, "CERT-10"),
    TEST(digests_are_never_filled_up, "CERT-10"),
    TEST(signatures_verify, "CERT-11"),
    TEST(last_key_is_the_anchor, "CERT-12"),
    TEST(missing_elements_are_reported_by_the_rule_that_names_them, "CERT-13"),
    TEST(namespaces_and_prefixes_do_not_matter, ""),
    TEST(rules_are_checked_in_order, ""),
    TEST(a_valid_chain_tells_what_it_says, ""),
    TEST(an_invalid_chain_can_be_looked_into, ""),
    TEST(sizes_and_arguments_are_checked, ""),
    TEST(every_prefix_is_refused, "CERT-1"),
};

int main(void) {
    return RUN_SUITE("chain", cases);
}
