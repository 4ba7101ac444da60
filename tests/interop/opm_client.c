#include "opm_client.h"

#include <stdlib.h>
#include <string.h>

#include <wincrypt.h>

#define WORDS (OPM_MODULUS / 4)
#define HASH 64u /* bytes of SHA-512 */
#define BLOCK (OPM_MODULUS - HASH - 1) /* what OAEP masks beside the seed */

/* --- the chain --- */

static BOOL has_name(const CRYPT_DATA_BLOB *one, const CRYPT_DATA_BLOB *other) {
    return one->cbData == other->cbData && memcmp(one->pbData, other->pbData, one->cbData) == 0;
}

/* The certificate of that subject, or NULL; to be freed. */
static PCCERT_CONTEXT find_subject(HCERTSTORE store, const CRYPT_DATA_BLOB *name) {
    PCCERT_CONTEXT found = NULL;
    PCCERT_CONTEXT certificate = NULL;
    while ((certificate = CertEnumCertificatesInStore(store, certificate)) != NULL) {
        if (!found && has_name(&certificate->pCertInfo->Subject, name))
            found = CertDuplicateCertificateContext(certificate);
    }
    return found;
}

static BOOL has_issued(HCERTSTORE store, PCCERT_CONTEXT issuer) {
    BOOL issued = FALSE;
    PCCERT_CONTEXT certificate = NULL;
    while ((certificate = CertEnumCertificatesInStore(store, certificate)) != NULL) {
        const CERT_INFO *info = certificate->pCertInfo;
        issued = issued || (has_name(&info->Issuer, &issuer->pCertInfo->Subject) && !has_name(&info->Subject, &info->Issuer));
    }
    return issued;
}

static PCCERT_CONTEXT find_leaf(HCERTSTORE store, enum opm_leaf_choice choice) {
    PCCERT_CONTEXT leaf = NULL;
    PCCERT_CONTEXT certificate = NULL;
    while ((certificate = CertEnumCertificatesInStore(store, certificate)) != NULL) {
        const CERT_INFO *info = certificate->pCertInfo;
        if (choice == OPM_LEAF_BY_NAMES && (has_name(&info->Subject, &info->Issuer) || has_issued(store, certificate)))
            continue;
        if (leaf)
            CertFreeCertificateContext(leaf);
        leaf = CertDuplicateCertificateContext(certificate);
    }
    return leaf;
}

/* Takes certificate over. The path ends at a certificate that is its own issuer. */
static BOOL path_verifies(HCERTSTORE store, PCCERT_CONTEXT certificate) {
    BOOL good = TRUE;
    for (int length = 0; good && length < 5; length++) {
        const CERT_INFO *info = certificate->pCertInfo;
        if (has_name(&info->Subject, &info->Issuer))
            break;
        PCCERT_CONTEXT issuer = find_subject(store, &info->Issuer);
        good = issuer && CryptVerifyCertificateSignature(0, X509_ASN_ENCODING, certificate->pbCertEncoded,
                                                         certificate->cbCertEncoded, &issuer->pCertInfo->SubjectPublicKeyInfo);
        if (!issuer)
            break;
        CertFreeCertificateContext(certificate);
        certificate = issuer;
    }
    good = good && has_name(&certificate->pCertInfo->Subject, &certificate->pCertInfo->Issuer);
    CertFreeCertificateContext(certificate);
    return good;
}

/* As a PUBLICKEYBLOB, whose modulus has the least significant byte first. */
static BOOL read_key(PCCERT_CONTEXT certificate, struct opm_leaf *leaf) {
    const CRYPT_BIT_BLOB *key = &certificate->pCertInfo->SubjectPublicKeyInfo.PublicKey;
    BYTE blob[sizeof(BLOBHEADER) + sizeof(RSAPUBKEY) + OPM_MODULUS];
    DWORD size = sizeof blob;
    RSAPUBKEY rsa;
    if (!CryptDecodeObject(X509_ASN_ENCODING, RSA_CSP_PUBLICKEYBLOB, key->pbData, key->cbData, 0, blob, &size) ||
        size != sizeof blob)
        return FALSE;
    memcpy(&rsa, blob + sizeof(BLOBHEADER), sizeof rsa);
    leaf->exponent = rsa.pubexp;
    for (DWORD i = 0; i < OPM_MODULUS; i++)
        leaf->modulus[i] = blob[sizeof blob - 1 - i];
    return rsa.bitlen == 8 * OPM_MODULUS;
}

BOOL opm_read_chain(const BYTE *chain_bytes, DWORD size, enum opm_leaf_choice choice, struct opm_leaf *leaf) {
    CRYPT_DATA_BLOB blob = {size, (BYTE *)(uintptr_t)chain_bytes};
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_PKCS7, X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, 0, 0, &blob);
    if (!store)
        return FALSE;
    PCCERT_CONTEXT certificate = find_leaf(store, choice);
    BOOL good = certificate && read_key(certificate, leaf);
    if (certificate)
        good = path_verifies(store, certificate) && good;
    CertCloseStore(store, 0);
    return good;
}

/* --- RSA with OAEP --- */

/* Numbers of WORDS words, the least significant first. */
static BOOL is_below(const DWORD *a, const DWORD *b) {
    for (int i = WORDS - 1; i >= 0; i--) {
        if (a[i] != b[i])
            return a[i] < b[i];
    }
    return FALSE;
}

static void subtract(DWORD *a, const DWORD *b) {
    DWORD64 borrow = 0;
    for (DWORD i = 0; i < WORDS; i++) {
        DWORD64 difference = (DWORD64)a[i] - b[i] - borrow;
        a[i] = (DWORD)difference;
        borrow = difference >> 63;
    }
}

/* a + b modulo n, both below n. */
static void add(DWORD *a, const DWORD *b, const DWORD *n) {
    DWORD64 carry = 0;
    for (DWORD i = 0; i < WORDS; i++) {
        carry += (DWORD64)a[i] + b[i];
        a[i] = (DWORD)carry;
        carry >>= 32;
    }
    if (carry || !is_below(a, n))
        subtract(a, n);
}

/* product = a * b modulo n, bit by bit. */
static void multiply(const DWORD *a, const DWORD *b, const DWORD *n, DWORD *product) {
    DWORD sum[WORDS] = {0};
    DWORD twice[WORDS];
    for (int bit = 32 * WORDS - 1; bit >= 0; bit--) {
        memcpy(twice, sum, sizeof twice);
        add(sum, twice, n);
        if (a[bit / 32] >> (bit % 32) & 1)
            add(sum, b, n);
    }
    memcpy(product, sum, sizeof sum);
}

static void read_number(const BYTE *bytes, DWORD *number) {
    memset(number, 0, OPM_MODULUS);
    for (DWORD i = 0; i < OPM_MODULUS; i++)
        number[(OPM_MODULUS - 1 - i) / 4] |= (DWORD)bytes[i] << (OPM_MODULUS - 1 - i) % 4 * 8;
}

/* bytes ^ exponent modulo the modulus, in place; OPM-INI-5: the most significant byte is the first. */
static BOOL exponentiate(const struct opm_leaf *leaf, BYTE *bytes) {
    DWORD n[WORDS];
    DWORD base[WORDS];
    DWORD power[WORDS] = {1};
    read_number(leaf->modulus, n);
    read_number(bytes, base);
    if (!is_below(base, n))
        return FALSE;
    for (int bit = 31; bit >= 0; bit--) {
        multiply(power, power, n, power);
        if (leaf->exponent >> bit & 1)
            multiply(power, base, n, power);
    }
    for (DWORD i = 0; i < OPM_MODULUS; i++)
        bytes[i] = (BYTE)(power[(OPM_MODULUS - 1 - i) / 4] >> (OPM_MODULUS - 1 - i) % 4 * 8);
    return TRUE;
}

static BOOL sha512(const BYTE *one, DWORD one_size, const BYTE *other, DWORD other_size, BYTE *hash) {
    BCRYPT_ALG_HANDLE algorithm = NULL;
    BCRYPT_HASH_HANDLE state = NULL;
    BOOL done = BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA512_ALGORITHM, NULL, 0) == 0 &&
                BCryptCreateHash(algorithm, &state, NULL, 0, NULL, 0, 0) == 0 &&
                BCryptHashData(state, (BYTE *)(uintptr_t)one, one_size, 0) == 0 &&
                BCryptHashData(state, (BYTE *)(uintptr_t)other, other_size, 0) == 0 &&
                BCryptFinishHash(state, hash, HASH, 0) == 0;
    if (state)
        BCryptDestroyHash(state);
    if (algorithm)
        BCryptCloseAlgorithmProvider(algorithm, 0);
    return done;
}

/* MGF1 with SHA-512, onto bytes. */
static BOOL mask(const BYTE *seed, DWORD seed_size, BYTE *bytes, DWORD size) {
    for (DWORD i = 0; i * HASH < size; i++) {
        const BYTE counter[4] = {(BYTE)(i >> 24), (BYTE)(i >> 16), (BYTE)(i >> 8), (BYTE)i};
        BYTE hash[HASH];
        if (!sha512(seed, seed_size, counter, sizeof counter, hash))
            return FALSE;
        for (DWORD j = 0; j < HASH && i * HASH + j < size; j++)
            bytes[i * HASH + j] ^= hash[j];
    }
    return TRUE;
}

/* OPM-INI-4: 00, the seed, then lHash of the empty label, zeros, 01 and the 40 bytes. */
BOOL opm_client_seal(const struct opm_client *client, const struct opm_leaf *leaf, BYTE *ciphertext) {
    BYTE *seed = ciphertext + 1;
    BYTE *block = seed + HASH;
    memset(ciphertext, 0, OPM_MODULUS);
    block[BLOCK - OPM_SECRETS - 1] = 1;
    memcpy(block + BLOCK - OPM_SECRETS, client->secrets, OPM_SECRETS);
    return sha512(seed, 0, seed, 0, block) && BCryptGenRandom(NULL, seed, HASH, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0 &&
           mask(seed, HASH, block, BLOCK) && mask(block, BLOCK, seed, HASH) && exponentiate(leaf, ciphertext);
}

/* --- OMAC --- */

/* bytes of a multiple of 16, encrypted in place. With a key made for it: Wine's CBC goes on from the block before where it is given the
 * same start again. */
static BOOL encrypt(const struct opm_client *client, BYTE *bytes, DWORD size) {
    BYTE start[16] = {0};
    ULONG written = 0;
    BCRYPT_KEY_HANDLE key = NULL;
    BYTE *key_bytes = (BYTE *)(uintptr_t)(client->secrets + 16);
    BOOL done = BCryptGenerateSymmetricKey(client->aes, &key, NULL, 0, key_bytes, 16, 0) == 0 &&
                BCryptEncrypt(key, bytes, size, NULL, start, sizeof start, bytes, size, &written, 0) == 0 && written == size;
    if (key)
        BCryptDestroyKey(key);
    return done;
}

BOOL opm_client_omac(const struct opm_client *client, const BYTE *bytes, DWORD size, BYTE *tag) {
    BYTE copy[4096];
    if (size > sizeof copy || size % 16 != 0 || size == 0)
        return FALSE;
    memcpy(copy, bytes, size);
    for (DWORD i = 0; i < 16; i++)
        copy[size - 16 + i] ^= client->subkey[i];
    if (!encrypt(client, copy, size))
        return FALSE;
    memcpy(tag, copy + size - 16, 16);
    return TRUE;
}

static BOOL make_subkey(struct opm_client *client) {
    BYTE zero[16] = {0};
    if (BCryptOpenAlgorithmProvider(&client->aes, BCRYPT_AES_ALGORITHM, NULL, 0) != 0 ||
        BCryptSetProperty(client->aes, BCRYPT_CHAINING_MODE, (BYTE *)(uintptr_t)BCRYPT_CHAIN_MODE_CBC,
                          sizeof BCRYPT_CHAIN_MODE_CBC, 0) != 0 ||
        !encrypt(client, zero, sizeof zero))
        return FALSE;
    for (int i = 0; i < 16; i++)
        client->subkey[i] = (BYTE)(zero[i] << 1 | (i < 15 ? zero[i + 1] >> 7 : 0));
    client->subkey[15] ^= (BYTE)((zero[0] >> 7) * 0x87);
    return TRUE;
}

/* --- the session --- */

HRESULT opm_client_begin(struct opm_client *client, IOPMVideoOutput *output, struct opm_leaf *leaf) {
    OPM_RANDOM_NUMBER random;
    BYTE *chain_bytes = NULL;
    ULONG size = 0;
    memset(client, 0, sizeof *client);
    client->output = output;
    HRESULT hr = IOPMVideoOutput_StartInitialization(output, &random, &chain_bytes, &size);
    if (hr != S_OK)
        return hr;
    BOOL good = opm_read_chain(chain_bytes, size, OPM_LEAF_BY_NAMES, leaf); /* OPM-INI-2 */
    CoTaskMemFree(chain_bytes);
    memcpy(client->secrets, &random, sizeof random);
    good = good && BCryptGenRandom(NULL, client->secrets + 16, OPM_SECRETS - 16, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
    memcpy(&client->status_sequence, client->secrets + 32, 4);
    memcpy(&client->command_sequence, client->secrets + 36, 4);
    return good && make_subkey(client) ? S_OK : E_FAIL;
}

HRESULT opm_client_start(struct opm_client *client, IOPMVideoOutput *output) {
    OPM_ENCRYPTED_INITIALIZATION_PARAMETERS parameters;
    struct opm_leaf leaf;
    HRESULT hr = opm_client_begin(client, output, &leaf);
    if (hr != S_OK)
        return hr;
    if (!opm_client_seal(client, &leaf, parameters.abEncryptedInitializationParameters))
        return E_FAIL;
    return IOPMVideoOutput_FinishInitialization(output, &parameters);
}

void opm_client_close(struct opm_client *client) {
    if (client->aes)
        BCryptCloseAlgorithmProvider(client->aes, 0);
    memset(client, 0, sizeof *client);
}

BOOL opm_client_request(const struct opm_client *client, const GUID *id, const void *data, DWORD size,
                        OPM_GET_INFO_PARAMETERS *parameters) {
    memset(parameters, 0, sizeof *parameters);
    if (BCryptGenRandom(NULL, (BYTE *)&parameters->rnRandomNumber, 16, BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
        return FALSE;
    parameters->guidInformation = *id;
    parameters->ulSequenceNumber = client->status_sequence;
    parameters->cbParametersSize = size;
    if (size)
        memcpy(parameters->abParameters, data, size);
    return opm_client_omac(client, (const BYTE *)parameters + 16, sizeof *parameters - 16, (BYTE *)&parameters->omac);
}

BOOL opm_client_command(const struct opm_client *client, const GUID *id, const void *data, DWORD size,
                        OPM_CONFIGURE_PARAMETERS *parameters) {
    memset(parameters, 0, sizeof *parameters);
    parameters->guidSetting = *id;
    parameters->ulSequenceNumber = client->command_sequence;
    parameters->cbParametersSize = size;
    memcpy(parameters->abParameters, data, size);
    return opm_client_omac(client, (const BYTE *)parameters + 16, sizeof *parameters - 16, (BYTE *)&parameters->omac);
}

HRESULT opm_client_get(struct opm_client *client, const GUID *id, const void *data, DWORD data_size, void *answer, DWORD size) {
    static OPM_GET_INFO_PARAMETERS parameters; /* both are large, and each test has one thread */
    static OPM_REQUESTED_INFORMATION information;
    OPM_RANDOM_NUMBER random;
    BYTE tag[16];
    if (!opm_client_request(client, id, data, data_size, &parameters))
        return E_FAIL;
    random = parameters.rnRandomNumber;
    HRESULT hr = IOPMVideoOutput_GetInformation(client->output, &parameters, &information);
    if (hr != S_OK)
        return hr;
    if (!opm_client_omac(client, (const BYTE *)&information + 16, sizeof information - 16, tag) ||
        memcmp(tag, &information.omac, 16) != 0 || information.cbRequestedInformationSize != size ||
        memcmp(information.abRequestedInformation, &random, sizeof random) != 0)
        return E_FAIL;
    client->status_sequence++; /* OPM-APP-4 */
    memcpy(answer, information.abRequestedInformation, size);
    return S_OK;
}

HRESULT opm_client_configure(struct opm_client *client, const GUID *id, const void *data, DWORD size, const void *additional,
                             DWORD additional_size) {
    static OPM_CONFIGURE_PARAMETERS parameters;
    if (!opm_client_command(client, id, data, size, &parameters))
        return E_FAIL;
    HRESULT hr = IOPMVideoOutput_Configure(client->output, &parameters, additional_size, additional);
    if (hr == S_OK)
        client->command_sequence++;
    return hr;
}
