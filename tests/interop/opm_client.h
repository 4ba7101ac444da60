/*
 * An application under OPM semantics, made of what Windows has: crypt32 for the driver's chain, BCrypt for SHA-512 and AES. Its OAEP and
 * its modular exponentiation are its own, since Wine's BCrypt has neither. Nothing in it is libcopp's.
 */
#ifndef OPM_CLIENT_H
#define OPM_CLIENT_H

#include <windows.h>

#include <d3d9.h>
#include <opmapi.h>

#include <bcrypt.h>

#define OPM_MODULUS 256u /* bytes */
#define OPM_SECRETS 40u

/* The leaf's public key; the modulus has its most significant byte first. */
struct opm_leaf {
    BYTE modulus[OPM_MODULUS];
    DWORD exponent;
};

/* How clients find the leaf: as the one certificate that has issued no other, or as the one that crypt32 enumerates last. */
enum opm_leaf_choice { OPM_LEAF_BY_NAMES, OPM_LEAF_BY_PLACE };

/* Finds the leaf in a PKCS #7 container and, going up from it, verifies each signature under the next certificate's key. False if there
 * is anything wrong with it. Whose root it is nobody asks here. */
BOOL opm_read_chain(const BYTE *chain_bytes, DWORD size, enum opm_leaf_choice choice, struct opm_leaf *leaf);

struct opm_client {
    IOPMVideoOutput *output; /* borrowed */
    BCRYPT_ALG_HANDLE aes; /* CBC */
    BYTE subkey[16]; /* K1 of OMAC-1: all that is authenticated ends at a block's end */
    BYTE secrets[OPM_SECRETS]; /* the driver's random number, the session key, both sequence numbers */
    DWORD status_sequence;
    DWORD command_sequence;
};

/* The steps up to FinishInitialization, which is opm_client_finish. opm_client_close in any case. E_FAIL: the client has failed. */
HRESULT opm_client_begin(struct opm_client *client, IOPMVideoOutput *output, struct opm_leaf *leaf);
BOOL opm_client_seal(const struct opm_client *client, const struct opm_leaf *leaf, BYTE *ciphertext);
HRESULT opm_client_start(struct opm_client *client, IOPMVideoOutput *output);
void opm_client_close(struct opm_client *client);

/* OMAC-1 of a multiple of 16 bytes, as one CBC encryption. */
BOOL opm_client_omac(const struct opm_client *client, const BYTE *bytes, DWORD size, BYTE *tag);

/* A request or a command with its OMAC. */
BOOL opm_client_request(const struct opm_client *client, const GUID *id, const void *data, DWORD size,
                        OPM_GET_INFO_PARAMETERS *parameters);
BOOL opm_client_command(const struct opm_client *client, const GUID *id, const void *data, DWORD size,
                        OPM_CONFIGURE_PARAMETERS *parameters);

/* Asks and checks the answer by OPM-APP-2, in its order; answer receives size bytes. E_FAIL if anything of it is wrong. */
HRESULT opm_client_get(struct opm_client *client, const GUID *id, const void *data, DWORD data_size, void *answer, DWORD size);
HRESULT opm_client_configure(struct opm_client *client, const GUID *id, const void *data, DWORD size, const void *additional,
                             DWORD additional_size);

#endif
