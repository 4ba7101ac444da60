#include "cryptoapi_client.h"

#include <stdlib.h>
#include <string.h>

const IID iid_protection = {0x6feded3e, 0x0ff1, 0x4901, {0xa2, 0xf1, 0x43, 0xf7, 0x01, 0x2c, 0x85, 0x15}};

/* Where a chain's text holds the first of these elements, whose contents *size then counts. */
static const char *element(const char *chain, const char *start, const char *end, DWORD *size) {
    const char *from = strstr(chain, start);
    const char *to = from ? strstr(from, end) : NULL;
    if (!to)
        return NULL;
    from += strlen(start);
    *size = (DWORD)(to - from);
    return from;
}

static BOOL decode(const char *text, DWORD text_size, BYTE *bytes, DWORD *size) {
    return text && CryptStringToBinaryA(text, text_size, CRYPT_STRING_BASE64, bytes, size, NULL, NULL);
}

static void reverse(BYTE *bytes, DWORD size) {
    for (DWORD i = 0; i < size / 2; i++) {
        BYTE one = bytes[i];
        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = one;
    }
}

/* The leaf's key as a PUBLICKEYBLOB, whose modulus has the least significant byte first. */
static BOOL import_leaf(const struct client *client, const char *chain, HCRYPTKEY *key) {
    struct {
        BLOBHEADER header;
        RSAPUBKEY rsa;
        BYTE modulus[256];
    } blob = {{PUBLICKEYBLOB, CUR_BLOB_VERSION, 0, CALG_RSA_KEYX}, {0x31415352 /* RSA1 */, 2048, 0}, {0}};
    DWORD text_size = 0;
    BYTE exponent[4];
    DWORD exponent_size = sizeof exponent;
    DWORD modulus_size = sizeof blob.modulus;
    const char *text = element(chain, "<Modulus>", "</Modulus>", &text_size);
    if (!decode(text, text_size, blob.modulus, &modulus_size) || modulus_size != sizeof blob.modulus)
        return FALSE;
    text = element(chain, "<Exponent>", "</Exponent>", &text_size);
    if (!decode(text, text_size, exponent, &exponent_size))
        return FALSE;
    for (DWORD i = 0; i < exponent_size; i++)
        blob.rsa.pubexp = blob.rsa.pubexp << 8 | exponent[i];
    reverse(blob.modulus, sizeof blob.modulus);
    return CryptImportKey(client->provider, (const BYTE *)&blob, sizeof blob, 0, 0, key);
}

/* As the page has it: CryptGenKey, then CryptExportKey tells the bytes. */
static BOOL make_session_key(struct client *client, BYTE *bytes) {
    DWORD flags = 0x80; /* 128 bits */
    DWORD size = 0;
    flags <<= 16;
    flags |= CRYPT_EXPORTABLE;
    if (!CryptGenKey(client->provider, CALG_AES_128, flags, &client->session_key) ||
        !CryptExportKey(client->session_key, 0, PLAINTEXTKEYBLOB, 0, NULL, &size))
        return FALSE;
    BYTE *blob = malloc(size);
    BOOL done = blob && CryptExportKey(client->session_key, 0, PLAINTEXTKEYBLOB, 0, blob, &size);
    DWORD key_size = 0;
    if (done) {
        memcpy(&key_size, blob + sizeof(BLOBHEADER), sizeof key_size);
        done = key_size == 16;
    }
    if (done)
        memcpy(bytes, blob + sizeof(BLOBHEADER) + sizeof(DWORD), 16);
    free(blob);
    DWORD mode = CRYPT_MODE_ECB;
    return done && CryptSetKeyParam(client->session_key, KP_MODE, (const BYTE *)&mode, 0);
}

/* One block of AES in place. */
static BOOL encrypt_block(const struct client *client, BYTE *block) {
    DWORD size = 16;
    return CryptEncrypt(client->session_key, 0, FALSE, 0, block, &size, 16);
}

static void double_block(const BYTE *in, BYTE *out) {
    BYTE carry = in[0] >> 7;
    for (int i = 0; i < 16; i++)
        out[i] = (BYTE)(in[i] << 1 | (i < 15 ? in[i + 1] >> 7 : 0));
    out[15] ^= (BYTE)(carry * 0x87);
}

static BOOL make_subkeys(struct client *client) {
    BYTE zero[16] = {0};
    if (!encrypt_block(client, zero))
        return FALSE;
    double_block(zero, client->first_subkey);
    double_block(client->first_subkey, client->second_subkey);
    return TRUE;
}

BOOL client_omac(const struct client *client, const BYTE *bytes, DWORD size, BYTE *tag) {
    BYTE state[16] = {0};
    for (; size > 16; bytes += 16, size -= 16) {
        for (int i = 0; i < 16; i++)
            state[i] ^= bytes[i];
        if (!encrypt_block(client, state))
            return FALSE;
    }
    const BYTE *subkey = size == 16 ? client->first_subkey : client->second_subkey;
    for (DWORD i = 0; i < 16; i++)
        state[i] ^= (BYTE)((i < size ? bytes[i] : i == size ? 0x80 : 0) ^ subkey[i]);
    if (!encrypt_block(client, state))
        return FALSE;
    memcpy(tag, state, 16);
    return TRUE;
}

/* SES-5: what lies in signature is reversed and encrypted in one of four ways. */
static BOOL seal(HCRYPTKEY key, enum client_form form, AMCOPPSignature *signature) {
    BYTE *bytes = (BYTE *)signature;
    DWORD size;
    switch (form) {
    case CLIENT_SWAP40:
        reverse(bytes, 40);
        size = 40;
        return CryptEncrypt(key, 0, TRUE, 0, bytes, &size, sizeof *signature);
    case CLIENT_SWAP256:
        reverse(bytes, sizeof *signature);
        memmove(bytes, bytes + 11, 245);
        size = 245;
        return CryptEncrypt(key, 0, TRUE, 0, bytes, &size, sizeof *signature);
    case CLIENT_AS_PRINTED: {
        reverse(bytes, sizeof *signature);
        const DWORD RSA_PADDING = 11; /* 11-byte padding. */
        DWORD cbDataOut = sizeof(AMCOPPSignature);
        DWORD cbDataIn = cbDataOut - RSA_PADDING;
        return CryptEncrypt(key, 0, TRUE, 0, bytes, &cbDataOut, cbDataIn);
    }
    default:
        reverse(bytes, sizeof *signature);
        size = 245;
        return CryptEncrypt(key, 0, TRUE, 0, bytes, &size, sizeof *signature);
    }
}

static BOOL make_signature(struct client *client, const char *chain, const GUID *random, enum client_form form,
                           AMCOPPSignature *signature) {
    HCRYPTKEY leaf = 0;
    BYTE *bytes = (BYTE *)signature;
    memset(signature, 0, sizeof *signature);
    memcpy(bytes, random, 16);
    BOOL done = make_session_key(client, bytes + 16) && make_subkeys(client) &&
                CryptGenRandom(client->provider, sizeof(DWORD), (BYTE *)&client->status_sequence) &&
                CryptGenRandom(client->provider, sizeof(DWORD), (BYTE *)&client->command_sequence) &&
                import_leaf(client, chain, &leaf);
    memcpy(bytes + 32, &client->status_sequence, 4);
    memcpy(bytes + 36, &client->command_sequence, 4);
    done = done && seal(leaf, form, signature);
    if (!done)
        client->crypto_error = GetLastError();
    if (leaf)
        CryptDestroyKey(leaf);
    return done;
}

HRESULT client_start(struct client *client, IAMCertifiedOutputProtection *driver, enum client_form form) {
    GUID random;
    BYTE *chain_bytes = NULL;
    DWORD size = 0;
    AMCOPPSignature signature;
    memset(client, 0, sizeof *client);
    client->driver = driver;
    if (!CryptAcquireContextA(&client->provider, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT)) {
        client->crypto_error = GetLastError();
        return E_FAIL;
    }
    HRESULT hr = IAMCertifiedOutputProtection_KeyExchange(driver, &random, &chain_bytes, &size);
    if (FAILED(hr))
        return hr;
    char *text = calloc(1, size + 1); /* the chain does not end in NUL */
    if (text)
        memcpy(text, chain_bytes, size);
    CoTaskMemFree(chain_bytes);
    BOOL made = text && make_signature(client, text, &random, form, &signature);
    free(text);
    return made ? IAMCertifiedOutputProtection_SessionSequenceStart(driver, &signature) : E_FAIL;
}

void client_close(struct client *client) {
    if (client->session_key)
        CryptDestroyKey(client->session_key);
    if (client->provider)
        CryptReleaseContext(client->provider, 0);
    memset(client, 0, sizeof *client);
}

BOOL client_make_command(const struct client *client, const GUID *id, const void *data, DWORD size, AMCOPPCommand *command) {
    memset(command, 0, sizeof *command);
    command->guidCommandID = *id;
    command->dwSequence = client->command_sequence;
    command->bSizeData = size; /* cbSizeData in Microsoft's header, at the same place */
    memcpy(command->CommandData, data, size);
    return client_omac(client, (const BYTE *)command + 16, sizeof *command - 16, (BYTE *)&command->macKDI);
}

HRESULT client_command(struct client *client, const GUID *id, const void *data, DWORD size) {
    AMCOPPCommand command;
    if (!client_make_command(client, id, data, size, &command))
        return E_FAIL;
    HRESULT hr = IAMCertifiedOutputProtection_ProtectionCommand(client->driver, &command);
    if (hr == S_OK)
        client->command_sequence++;
    return hr;
}

HRESULT client_query(struct client *client, const GUID *id, const void *data, DWORD size, AMCOPPStatusOutput *answer) {
    AMCOPPStatusInput input;
    BYTE tag[16];
    GUID random;
    memset(&input, 0, sizeof input);
    if (!CryptGenRandom(client->provider, sizeof random, (BYTE *)&random))
        return E_FAIL;
    input.rApp = random;
    input.guidStatusRequestID = *id;
    input.dwSequence = client->status_sequence;
    input.cbSizeData = size;
    if (size)
        memcpy(input.StatusData, data, size);
    HRESULT hr = IAMCertifiedOutputProtection_ProtectionStatus(client->driver, &input, answer);
    if (hr != S_OK)
        return hr;
    client->status_sequence++;
    if (!client_omac(client, (const BYTE *)answer + 16, sizeof *answer - 16, tag) || memcmp(tag, &answer->macKDI, 16) != 0 ||
        answer->cbSizeData < 16 || memcmp(answer->COPPStatus, &random, 16) != 0)
        return E_FAIL;
    return S_OK;
}
