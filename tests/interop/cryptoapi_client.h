/*
 * An application as Microsoft's page "Initiating a COPP Session" describes it: CryptoAPI alone, nothing of libcopp's. It
 * validates no certificate; it only finds the driver's key in the chain.
 */
#ifndef CRYPTOAPI_CLIENT_H
#define CRYPTOAPI_CLIENT_H

#include <windows.h>

#include <dshow.h>
#include <wincrypt.h>

/* IAMCertifiedOutputProtection: strmif.h declares it, but only younger releases of MinGW-w64's library have it. */
extern const IID iid_protection;

/* How the 40 secret bytes are encrypted (SES-5). */
enum client_form {
    CLIENT_SWAP40, /* reverse the 40 bytes, encrypt those 40 */
    CLIENT_SWAP256, /* reverse the zero-padded 256 bytes, encrypt the last 245 */
    CLIENT_AS_PRINTED, /* the page's code, to the letter */
    CLIENT_ARGUMENTS_MENDED /* the page's code with its two sizes put right */
};

struct client {
    IAMCertifiedOutputProtection *driver; /* borrowed */
    HCRYPTPROV provider;
    HCRYPTKEY session_key; /* AES-128, ECB */
    BYTE first_subkey[16]; /* K1 and K2 of OMAC-1 */
    BYTE second_subkey[16];
    DWORD status_sequence;
    DWORD command_sequence;
    DWORD crypto_error; /* of the call of CryptoAPI's that failed last */
};

/* The steps of the page: KeyExchange, the keys and numbers, SessionSequenceStart. client_close in any case. E_FAIL: CryptoAPI
 * failed, see crypto_error. */
HRESULT client_start(struct client *client, IAMCertifiedOutputProtection *driver, enum client_form form);
void client_close(struct client *client);

/* OMAC-1 with nothing but CryptEncrypt. */
BOOL client_omac(const struct client *client, const BYTE *bytes, DWORD size, BYTE *tag);

/* A command with its MAC. */
BOOL client_make_command(const struct client *client, const GUID *id, const void *data, DWORD size, AMCOPPCommand *command);
HRESULT client_command(struct client *client, const GUID *id, const void *data, DWORD size);

/* Asks and checks MAC, size and random number of the answer; E_FAIL if one of them is wrong. */
HRESULT client_query(struct client *client, const GUID *id, const void *data, DWORD size, AMCOPPStatusOutput *answer);

#endif
