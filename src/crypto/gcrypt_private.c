/* Private keys on libgcrypt: unencrypted PEM files, PKCS #8 or PKCS #1. There are no providers here, so a URI is a path. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/gcrypt_keys.h"
#include "wire/base64.h"
#include "wire/der.h"
#include "wire/pem.h"

#ifdef _WIN32
#include "common/wide_windows.h"
#endif

struct gcrypt_key {
    struct copp_private_key base;
    gcry_sexp_t key; /* in memory that is wiped when it is released */
    struct copp_rsa_key numbers;
    struct copp_public_key narrow; /* the same; empty with more than 2048 bits */
    struct copp_log *log; /* for signing alone: what decrypts tells nobody anything */
};

static struct gcrypt_key *own(struct copp_private_key *key) {
    return (struct gcrypt_key *)key; /* base is its first member */
}

static enum copp_result public_key(struct copp_private_key *key, struct copp_public_key *out) {
    *out = own(key)->narrow;
    return out->modulus_size ? COPP_OK : COPP_E_KEY;
}

static enum copp_result rsa_key(struct copp_private_key *key, struct copp_rsa_key *out) {
    *out = own(key)->numbers;
    return COPP_OK;
}

static enum copp_result decrypt_raw(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    const struct gcrypt_key *mine = own(key);
    if (size != mine->numbers.modulus_size)
        return COPP_E_KEY;
    if (!copp_number_below(in, mine->numbers.modulus, size))
        return COPP_E_INVALID;
    gcry_sexp_t cipher = NULL;
    gcry_sexp_t plain = NULL;
    bool done = gcry_sexp_build(&cipher, NULL, "(enc-val (flags raw) (rsa (a %b)))", (int)size, in) == 0 && /* SES-6 */
                gcry_pk_decrypt(&plain, cipher, mine->key) == 0 && /* blinded by default */
                copp_gcrypt_number(plain, out, size) == COPP_OK;
    gcry_sexp_release(plain);
    gcry_sexp_release(cipher);
    return done ? COPP_OK : COPP_E_CRYPTO;
}

static enum copp_result sign(struct copp_private_key *key, const uint8_t *message, size_t size, uint8_t *signature,
                             size_t signature_size) {
    const struct gcrypt_key *mine = own(key);
    uint8_t digest[COPP_SHA1_SIZE];
    if (!mine->narrow.modulus_size)
        return COPP_E_KEY;
    if (signature_size != mine->narrow.modulus_size)
        return COPP_E_ARGUMENT;
    enum copp_result result = copp_sha1(message, size, digest, mine->log);
    if (result)
        return result;
    gcry_sexp_t data = NULL;
    gcry_sexp_t made = NULL;
    gcry_error_t error = gcry_sexp_build(&data, NULL, "(data (flags pss) (salt-length 1:0) (hash sha1 %b))", (int)sizeof digest,
                                         digest); /* CERT-11 */
    if (!error)
        error = gcry_pk_sign(&made, data, mine->key);
    result = error ? copp_gcrypt_failed(error, COPP_E_CRYPTO, mine->log, "sign by RSA-PSS with SHA-1")
                   : copp_gcrypt_public_number(made, "s", signature, signature_size);
    gcry_sexp_release(made);
    gcry_sexp_release(data);
    return result;
}

/* Whether there is memory of the kind that the operation takes; where there is no randomness libgcrypt ends the process. */
static enum copp_result check(struct copp_private_key *key) {
    if (!copp_gcrypt_ready())
        return COPP_E_CRYPTO;
    void *some = gcry_malloc_secure(8u * own(key)->numbers.modulus_size);
    gcry_free(some);
    return some ? COPP_OK : COPP_E_MEMORY;
}

static const struct copp_private_key_ops gcrypt_ops = {sizeof gcrypt_ops, public_key, decrypt_raw, sign, check, rsa_key};

/* What comes of the operation is a number, which has no leading zeros: how long it is, the time of taking it over tells. */
bool copp_private_key_constant_time(const struct copp_private_key *key) {
    return key && key->ops != &gcrypt_ops;
}

/* Takes key over, also on an error. */
static enum copp_result wrap(gcry_sexp_t key, const struct copp_rsa_key *numbers, struct copp_log *log,
                             struct copp_private_key **out) {
    struct gcrypt_key *made = calloc(1, sizeof *made);
    if (!made) {
        gcry_sexp_release(key);
        return COPP_E_MEMORY;
    }
    made->base.ops = &gcrypt_ops;
    made->key = key;
    made->numbers = *numbers;
    (void)copp_rsa_key_narrow(numbers, &made->narrow);
    made->log = log;
    *out = &made->base;
    return COPP_OK;
}

/* The numbers of RSAPrivateKey (RFC 8017) that are read, in their order there; the exponents of CRT follow from them. */
enum { N, E, D, P, Q, DP, DQ, QINV, NUMBERS };

/* Whether e and d undo each other modulo prime - 1: libgcrypt's own check looks at n, p and q alone. */
static bool inverse_below(gcry_mpi_t e, gcry_mpi_t d, gcry_mpi_t prime) {
    gcry_mpi_t order = gcry_mpi_snew(0);
    gcry_mpi_t product = gcry_mpi_snew(0);
    bool good = false;
    if (gcry_mpi_cmp_ui(prime, 3) > 0) {
        gcry_mpi_sub_ui(order, prime, 1);
        gcry_mpi_mulm(product, e, d, order);
        good = gcry_mpi_cmp_ui(product, 1) == 0;
    }
    gcry_mpi_release(product);
    gcry_mpi_release(order);
    return good;
}

/* libgcrypt wants p < q and u = 1/p mod q; files have the larger one first as a rule. */
static gcry_error_t build_key(gcry_mpi_t *numbers, gcry_sexp_t *key) {
    gcry_mpi_t u = gcry_mpi_snew(0);
    gcry_error_t error = gcry_error(GPG_ERR_BAD_SECKEY);
    if (inverse_below(numbers[E], numbers[D], numbers[P]) && inverse_below(numbers[E], numbers[D], numbers[Q])) {
        if (gcry_mpi_cmp(numbers[P], numbers[Q]) > 0)
            gcry_mpi_swap(numbers[P], numbers[Q]);
        if (gcry_mpi_invm(u, numbers[P], numbers[Q]))
            error = gcry_sexp_build(key, NULL, "(private-key (rsa (n %m) (e %m) (d %m) (p %m) (q %m) (u %m)))", numbers[N],
                                    numbers[E], numbers[D], numbers[P], numbers[Q], u);
    }
    gcry_mpi_release(u);
    return error;
}

static enum copp_result make_key(const struct copp_gcrypt_view *views, gcry_sexp_t *key, struct copp_log *log) {
    gcry_mpi_t numbers[Q + 1] = {NULL};
    gcry_error_t error = 0;
    *key = NULL;
    for (size_t i = 0; !error && i <= Q; i++) /* from secure memory into secure memory */
        error = gcry_mpi_scan(&numbers[i], GCRYMPI_FMT_USG, views[i].bytes, views[i].size, NULL);
    if (!error)
        error = build_key(numbers, key);
    for (size_t i = 0; i <= Q; i++)
        gcry_mpi_release(numbers[i]);
    if (!error)
        error = gcry_pk_testkey(*key); /* whether the numbers belong together */
    if (!error)
        return COPP_OK;
    gcry_sexp_release(*key);
    return copp_gcrypt_failed(error, COPP_E_KEY, log, "open a private key");
}

/* RSAPrivateKey: SEQUENCE { version 0, n, e, d, p, q, dp, dq, qinv }. */
static enum copp_result key_from_pkcs1(struct copp_reader *in, struct copp_log *log, struct copp_private_key **key) {
    struct copp_reader sequence;
    struct copp_gcrypt_view views[NUMBERS];
    struct copp_gcrypt_view version;
    struct copp_rsa_key numbers;
    bool read = copp_der_read(in, COPP_DER_SEQUENCE, &sequence) && in->left == 0 &&
                copp_der_number(&sequence, &version.bytes, &version.size) && version.size == 1 && version.bytes[0] == 0;
    for (size_t i = 0; read && i < NUMBERS; i++)
        read = copp_der_number(&sequence, &views[i].bytes, &views[i].size);
    if (!read || sequence.left || copp_gcrypt_numbers(&views[N], &views[E], &numbers))
        return COPP_E_KEY;
    gcry_sexp_t made;
    enum copp_result result = make_key(views, &made, log);
    return result ? result : wrap(made, &numbers, log, key);
}

/* PrivateKeyInfo's algorithm: rsaEncryption without parameters. */
static const uint8_t rsa_algorithm[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

/* PrivateKeyInfo (RFC 5208): SEQUENCE { version 0, SEQUENCE { algorithm }, OCTET STRING, attributes }. */
static enum copp_result key_from_pkcs8(struct copp_reader *in, struct copp_log *log, struct copp_private_key **key) {
    struct copp_reader sequence;
    struct copp_reader algorithm;
    struct copp_reader inner;
    struct copp_gcrypt_view version;
    bool read = copp_der_read(in, COPP_DER_SEQUENCE, &sequence) && in->left == 0 &&
                copp_der_number(&sequence, &version.bytes, &version.size) && version.size == 1 && version.bytes[0] == 0 &&
                copp_der_read(&sequence, COPP_DER_SEQUENCE, &algorithm) && algorithm.left == sizeof rsa_algorithm &&
                copp_equal(algorithm.next, rsa_algorithm, sizeof rsa_algorithm) &&
                copp_der_read(&sequence, COPP_DER_OCTET_STRING, &inner);
    struct copp_reader attributes; /* they say nothing of use here */
    if (read && sequence.left)
        read = copp_der_read(&sequence, COPP_DER_CONTEXT(0) /* attributes */, &attributes) && sequence.left == 0;
    return read ? key_from_pkcs1(&inner, log, key) : COPP_E_KEY;
}

static enum copp_result key_from_pem(const char *pem, size_t size, struct copp_log *log, struct copp_private_key **key) {
    size_t der_size = COPP_KEY_DER_MAX;
    uint8_t *der = gcry_malloc_secure(COPP_KEY_DER_MAX); /* so that every number made from it is wiped as well */
    if (!der)
        return COPP_E_MEMORY;
    enum copp_result result = COPP_E_KEY;
    if (copp_pem_decode(pem, size, "PRIVATE KEY", der, &der_size)) {
        struct copp_reader in = {der, der_size};
        result = key_from_pkcs8(&in, log, key);
    } else {
        der_size = COPP_KEY_DER_MAX;
        if (copp_pem_decode(pem, size, "RSA PRIVATE KEY", der, &der_size)) {
            struct copp_reader in = {der, der_size};
            result = key_from_pkcs1(&in, log, key);
        }
    }
    copp_wipe(der, COPP_KEY_DER_MAX); /* secure memory would be wiped, but the program may have done without */
    gcry_free(der);
    return result;
}

/* For reading; -1 with errno set. */
static int open_file(const char *path) {
#ifdef _WIN32
    WCHAR wide[WIDE_PATH_MAX];
    return wide_path(path, wide) ? _wopen(wide, O_RDONLY | O_NOINHERIT) : -1;
#else
    return open(path, O_RDONLY | O_CLOEXEC);
#endif
}

/* Up to COPP_KEY_FILE_MAX bytes. COPP_E_KEY: more than a key has; COPP_E_IO: errno says why. */
static enum copp_result read_file(const char *path, char *text, size_t *size) {
    int file = open_file(path);
    if (file < 0)
        return errno == ENOENT ? COPP_E_NOT_FOUND : COPP_E_IO;
    size_t have = 0;
    ssize_t some;
    do {
        some = read(file, text + have, (unsigned)(COPP_KEY_FILE_MAX - have));
        have += some > 0 ? (size_t)some : 0;
    } while (some > 0);
    int cause = errno;
    (void)close(file);
    errno = cause;
    *size = have;
    if (some < 0)
        return COPP_E_IO;
    return have == COPP_KEY_FILE_MAX ? COPP_E_KEY : COPP_OK;
}

/* Encrypted files are not read here: they are COPP_E_KEY whatever the passphrase. */
enum copp_result copp_private_key_read(const char *uri, const char *passphrase, size_t largest, struct copp_log *log,
                                       struct copp_private_key **key) {
    (void)passphrase;
    if (!copp_gcrypt_ready())
        return COPP_E_CRYPTO;
    char *text = malloc(COPP_KEY_FILE_MAX);
    if (!text)
        return COPP_E_MEMORY;
    size_t size = 0;
    enum copp_result result = read_file(uri, text, &size);
    if (!result)
        result = key_from_pem(text, size, log, key);
    copp_release(text, COPP_KEY_FILE_MAX);
    if (result || own(*key)->numbers.modulus_size <= largest)
        return result;
    copp_private_key_destroy(*key);
    *key = NULL;
    return COPP_E_KEY;
}

enum copp_result copp_private_key_generate(unsigned bits, struct copp_private_key **key) {
    if (key)
        *key = NULL;
    if (!key || (bits != 1024 && bits != 2048))
        return COPP_E_ARGUMENT;
    struct copp_rsa_key numbers = {.modulus_size = bits / 8, .exponent = 65537};
    gcry_sexp_t order = NULL;
    gcry_sexp_t pair = NULL; /* serves as the private key as it is */
    if (!copp_gcrypt_ready())
        return COPP_E_CRYPTO;
    gcry_error_t error = gcry_sexp_build(&order, NULL, "(genkey (rsa (nbits %u) (rsa-use-e 5:65537)))", bits);
    if (!error)
        error = gcry_pk_genkey(&pair, order);
    gcry_sexp_release(order);
    enum copp_result result = error ? copp_gcrypt_failure(error, COPP_E_CRYPTO)
                                    : copp_gcrypt_public_number(pair, "n", numbers.modulus, numbers.modulus_size);
    if (!result)
        return wrap(pair, &numbers, NULL, key);
    gcry_sexp_release(pair);
    return result;
}

/* The numbers of RSAPrivateKey from libgcrypt's: what a file calls p is its q, so that u is the coefficient. */
static gcry_error_t pkcs1_numbers(gcry_sexp_t key, gcry_mpi_t *numbers) {
    gcry_error_t error = gcry_sexp_extract_param(key, NULL, "nedqpu", &numbers[N], &numbers[E], &numbers[D], &numbers[P],
                                                 &numbers[Q], &numbers[QINV], NULL);
    if (error)
        return error;
    gcry_mpi_t exponent = gcry_mpi_snew(0);
    numbers[DP] = gcry_mpi_snew(0);
    numbers[DQ] = gcry_mpi_snew(0);
    gcry_mpi_sub_ui(exponent, numbers[P], 1);
    gcry_mpi_mod(numbers[DP], numbers[D], exponent);
    gcry_mpi_sub_ui(exponent, numbers[Q], 1);
    gcry_mpi_mod(numbers[DQ], numbers[D], exponent);
    gcry_mpi_release(exponent);
    return 0;
}

/* Bytes of a DER INTEGER's contents. */
static size_t integer_size(gcry_mpi_t number) {
    return gcry_mpi_get_nbits(number) / 8 + 1;
}

static enum copp_result write_integer(struct copp_writer *out, gcry_mpi_t number) {
    size_t size = integer_size(number);
    gcry_error_t error = gcry_error(GPG_ERR_TOO_SHORT);
    if (copp_der_header(out, COPP_DER_INTEGER, size) && out->left >= size)
        /* the standard form is DER's: a leading zero where the highest bit is set */
        error = gcry_mpi_print(GCRYMPI_FMT_STD, out->next, size, NULL, number);
    if (error)
        return copp_gcrypt_failure(error, COPP_E_KEY);
    out->next += size;
    out->left -= size;
    return COPP_OK;
}

static enum copp_result write_pkcs8(struct copp_writer *out, gcry_mpi_t *numbers) {
    size_t inside = 3; /* version */
    for (size_t i = 0; i < NUMBERS; i++)
        inside += copp_der_header_size(integer_size(numbers[i])) + integer_size(numbers[i]);
    size_t key = copp_der_header_size(inside) + inside;
    size_t algorithm = copp_der_header_size(sizeof rsa_algorithm) + sizeof rsa_algorithm;
    static const uint8_t version[] = {COPP_DER_INTEGER, 1, 0};
    bool good = copp_der_header(out, COPP_DER_SEQUENCE, sizeof version + algorithm + copp_der_header_size(key) + key) &&
                copp_write_bytes(out, version, sizeof version) && copp_der_header(out, COPP_DER_SEQUENCE, sizeof rsa_algorithm) &&
                copp_write_bytes(out, rsa_algorithm, sizeof rsa_algorithm) && copp_der_header(out, COPP_DER_OCTET_STRING, key) &&
                copp_der_header(out, COPP_DER_SEQUENCE, inside) && copp_write_bytes(out, version, sizeof version);
    enum copp_result result = good ? COPP_OK : COPP_E_KEY;
    for (size_t i = 0; !result && i < NUMBERS; i++)
        result = write_integer(out, numbers[i]);
    return result;
}

enum copp_result copp_private_key_to_pem(const struct copp_private_key *key, char **pem, size_t *size) {
    if (pem)
        *pem = NULL;
    if (!key || !pem || !size)
        return COPP_E_ARGUMENT;
    if (key->ops != &gcrypt_ops)
        return COPP_E_KEY;
    gcry_mpi_t numbers[NUMBERS] = {NULL};
    uint8_t *der = gcry_malloc_secure(COPP_KEY_DER_MAX);
    if (!der)
        return COPP_E_MEMORY;
    struct copp_writer out = {der, COPP_KEY_DER_MAX};
    gcry_error_t error = pkcs1_numbers(((const struct gcrypt_key *)key)->key, numbers);
    enum copp_result result = error ? copp_gcrypt_failure(error, COPP_E_KEY) : write_pkcs8(&out, numbers);
    if (!result)
        result = copp_pem_encode("PRIVATE KEY", der, COPP_KEY_DER_MAX - out.left, pem, size);
    for (size_t i = 0; i < NUMBERS; i++)
        gcry_mpi_release(numbers[i]);
    copp_wipe(der, COPP_KEY_DER_MAX);
    gcry_free(der);
    return result;
}

void copp_private_key_destroy(struct copp_private_key *key) {
    if (key->ops != &gcrypt_ops)
        return;
    gcry_sexp_release(own(key)->key);
    free(key);
}
