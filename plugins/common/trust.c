#include "trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANCHOR_MAX 65536u

/* An environment variable; NULL where it is not set or empty: an empty one says nothing. */
static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

/* A file of at most max bytes, allocated, with a NUL beyond it. 0, or an errno; EFBIG where it is larger. */
static int read_whole(const char *path, size_t max, uint8_t **bytes, size_t *size) {
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return errno;
    uint8_t *all = malloc(max + 1);
    *size = all != NULL ? fread(all, 1, max, file) : 0;
    int error = all == NULL ? ENOMEM : ferror(file) ? EIO : fgetc(file) != EOF ? EFBIG : 0;
    fclose(file);
    if (error != 0) {
        free(all);
        return error;
    }
    all[*size] = '\0';
    *bytes = all;
    return 0;
}

/* Which protocol is spoken, the anchor says: a key is COPP's, a certificate is OPM's (CERT-12, OPM-CERT-10). */
static bool read_anchor(const char *name, struct trust *trust, char *text, size_t size) {
    uint8_t *bytes = NULL;
    size_t length = 0;
    trust->opm_anchor.size = sizeof trust->opm_anchor;
    name = name != NULL ? name : variable("COPP_ANCHOR");
    if (name == NULL || strcmp(name, "microsoft") == 0) {
        trust->anchor = *copp_anchor_microsoft();
        trust->semantics = COPP_SEMANTICS_COPP;
        return true;
    }
    int error = read_whole(name, ANCHOR_MAX, &bytes, &length);
    if (error != 0) {
        snprintf(text, size, "%s: the anchor cannot be read: %s; name its file, or microsoft", name, strerror(error));
        return false;
    }
    if (copp_public_key_read((const char *)bytes, length, &trust->anchor) == COPP_OK)
        trust->semantics = COPP_SEMANTICS_COPP;
    else if (copp_opm_anchor_read(bytes, length, &trust->opm_anchor) == COPP_OK)
        trust->semantics = COPP_SEMANTICS_OPM;
    else
        snprintf(text, size, "%s: not an anchor; give a public key (COPP) or a root's certificate (OPM)", name);
    free(bytes);
    return trust->semantics != COPP_SEMANTICS_NONE;
}

/* The list of `copp crl install`. One that does not validate is not one that revokes nothing (CRL-4). */
static bool read_list(const struct trust_files *files, struct trust *trust, char *text, size_t size) {
    const char *directory = variable("COPP_STATE_DIR");
    struct copp_verdict verdict;
    directory = directory != NULL ? directory : COPP_STATE_DIRECTORY;
    int length = snprintf(trust->list_path, sizeof trust->list_path, "%s/revocation.crl", directory);
    if (length < 0 || (size_t)length >= sizeof trust->list_path) {
        snprintf(text, size, "COPP_STATE_DIR is too long; set a shorter path");
        return false;
    }
    if (stat(trust->list_path, &trust->list_file) != 0)
        trust->list_file = (struct stat){.st_ino = 0};
    enum copp_result result = copp_revocation_load(trust->list_path, &trust->anchor, &trust->list, &verdict);
    if (result == COPP_E_NOT_FOUND && files->list_version == 0)
        return true; /* none has been stored */
    if (result != COPP_OK)
        snprintf(text, size, "%s: the stored revocation list cannot be used: %s; install it again (copp-crl(1))",
                 trust->list_path, result == COPP_E_INVALID ? verdict.detail : copp_strerror(result));
    else if (copp_revocation_version(trust->list) < files->list_version)
        snprintf(text, size, "%s: the stored revocation list is older than before (CRL-3); install the newest", trust->list_path);
    else
        return true;
    return false;
}

/* A COPP driver's receiver is checked here, an OPM driver checks it itself (APP-2, OPM-APP-1). */
static bool read_srm(const char *name, struct trust *trust, char *text, size_t size) {
    struct copp_verdict verdict = {.detail = ""};
    struct copp_srm_key key = {.size = sizeof key, .kind = COPP_SRM_KEY_PRODUCTION};
    const char *key_name = variable("COPP_SRM_KEY");
    uint8_t *pem = NULL;
    if (name == NULL)
        return true;
    int error = read_whole(name, COPP_SRM_SIZE_MAX, &trust->srm_bytes, &trust->srm_size);
    if (error == 0 && key_name != NULL && strcmp(key_name, "facsimile") == 0)
        key.kind = COPP_SRM_KEY_FACSIMILE;
    else if (error == 0 && key_name != NULL && strcmp(key_name, "production") != 0)
        error = read_whole(key_name, ANCHOR_MAX, &pem, &key.pem_size);
    if (pem != NULL) {
        key.kind = COPP_SRM_KEY_PEM;
        key.pem = (const char *)pem;
    }
    enum copp_result result =
        error != 0 ? COPP_E_IO : copp_srm_verify(trust->srm_bytes, trust->srm_size, &key, &trust->srm, &verdict);
    free(pem);
    if (error != 0)
        snprintf(text, size, "%s: the SRM or its key cannot be read: %s; name a file that this user may read", name,
                 strerror(error));
    else if (result != COPP_OK)
        snprintf(text, size, "%s: not an SRM that can be used: %s; give the one that came with the film", name,
                 result == COPP_E_INVALID ? verdict.detail : copp_strerror(result));
    else if (trust->semantics == COPP_SEMANTICS_COPP && copp_srm_hdcp(trust->srm) != 1)
        snprintf(text, size, "%s: an SRM of HDCP 2.x checks nobody under COPP (APP-2); give HDCP 1.x's", name);
    else
        return true;
    return false;
}

bool trust_read(const struct trust_files *files, struct trust *trust, char *text, size_t size) {
    *trust = (struct trust){.semantics = COPP_SEMANTICS_NONE};
    if (!read_anchor(files->anchor, trust, text, size))
        return false;
    if (trust->semantics == COPP_SEMANTICS_COPP && !files->made_here && !read_list(files, trust, text, size))
        return false;
    if (!read_srm(files->srm, trust, text, size))
        return false;
    trust->list_array[0] = trust->list;
    trust->srm_array[0] = trust->srm;
    trust->lists = (struct copp_session_lists){.size = sizeof trust->lists,
                                               .revocations = trust->list_array,
                                               .revocation_count = trust->list != NULL,
                                               .srms = trust->srm_array,
                                               .srm_count = trust->srm != NULL};
    return true;
}

bool trust_changed(const struct trust *trust) {
    struct stat now;
    if (trust->list_path[0] == '\0')
        return false;
    if (stat(trust->list_path, &now) != 0)
        return errno != ENOENT || trust->list_file.st_ino != 0;
    return now.st_ino != trust->list_file.st_ino || now.st_dev != trust->list_file.st_dev ||
           now.st_size != trust->list_file.st_size || now.st_mtim.tv_sec != trust->list_file.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != trust->list_file.st_mtim.tv_nsec;
}

void trust_free(struct trust *trust) {
    copp_revocation_free(&trust->list);
    copp_srm_free(&trust->srm);
    free(trust->srm_bytes);
    *trust = (struct trust){.semantics = COPP_SEMANTICS_NONE};
}
