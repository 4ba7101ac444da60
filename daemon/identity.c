#include "identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hierarchy.h"
#include "common/key_uri.h"
#include "files.h"
#include "lock.h"
#include "log.h"
#include "wire/base64.h"

#define PASSPHRASE_MAX 1024u
#define PATH_SIZE 256u /* a configured path and a name */
#define MAKING_MS 60000u /* longer than three keys take on a slow machine */
#define HIERARCHY "test-driver"
#define CHAIN_NAME "chain.xml"
#define KEY_NAME "leaf.pem"
#define ANCHOR_NAME "anchor.b64"
#define ANCHOR_SIZE 256u /* RSA-1024 in base64 has 172 characters */

/* What is kept of one: the keys of IHV and root are forgotten. */
struct kept {
    struct hierarchy hierarchy;
    char *pem; /* of the leaf's key */
    size_t pem_size;
    char anchor[ANCHOR_SIZE];
};

static enum copp_result make(struct kept *kept) {
    static const char name[] = "coppd test hierarchy";
    static const char *const names[HIERARCHY_KEYS] = {name, name, name};
    enum copp_result result = hierarchy_make(names, HIERARCHY_SECURITY_LEVEL, &kept->hierarchy);
    if (!result)
        result = copp_private_key_to_pem(kept->hierarchy.keys[HIERARCHY_LEAF], &kept->pem, &kept->pem_size);
    if (!result) {
        const struct copp_public_key *root = &kept->hierarchy.anchor;
        size_t length = copp_base64_length(root->modulus_size);
        copp_base64_encode(root->modulus, root->modulus_size, kept->anchor);
        kept->anchor[length] = '\n';
    }
    return result;
}

static bool write_hierarchy(const struct kept *kept, const char *directory, struct error_text *error) {
    const struct hierarchy *h = &kept->hierarchy;
    const struct new_file files[] = {{CHAIN_NAME, h->chain_bytes, h->chain_size, false},
                                     {KEY_NAME, kept->pem, kept->pem_size, true},
                                     {ANCHOR_NAME, kept->anchor, strlen(kept->anchor), false}};
    return directory_make(directory, files, sizeof files / sizeof files[0], error);
}

/* What coppd itself needs of it. */
static void take_over(struct hierarchy *h, struct identity *identity) {
    identity->key = h->keys[HIERARCHY_LEAF];
    identity->chain_bytes = h->chain_bytes;
    identity->chain_size = h->chain_size;
    h->keys[HIERARCHY_LEAF] = NULL;
    h->chain_bytes = NULL;
}

static bool make_hierarchy(const char *directory, bool keep, struct identity *identity, struct error_text *error) {
    struct kept kept = {.pem = NULL};
    enum copp_result result = make(&kept);
    bool made = result ? error_set(error, "no test hierarchy could be made: %s", copp_strerror(result))
                       : !keep || write_hierarchy(&kept, directory, error);
    if (made)
        take_over(&kept.hierarchy, identity);
    hierarchy_free(&kept.hierarchy);
    copp_release(kept.pem, kept.pem_size);
    if (made && keep)
        log_warning("no [driver] is configured: a test hierarchy was made in %s; players trust it only if told to, by its %s",
                    directory, ANCHOR_NAME);
    return made;
}

/* A file, as the configuration names it or as a URI; what a provider has does not concern us. */
static const char *path_of_key(const char *name) {
    static const char scheme[] = "file:";
    return strncmp(name, scheme, sizeof scheme - 1) == 0 ? name + sizeof scheme - 1 : name;
}

/* A group's file is how a service is given what root owns. */
static void warn_if_public(const char *name) {
    const char *path = path_of_key(name);
    struct stat status;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_mode & S_IROTH)
        log_warning("%s: anybody may read it: chmod o-r, and take a new one if somebody may have done so", path);
}

/* What errno says of a file: COPP_E_IO if it may be as good as any. */
static enum copp_result file_result(int cause) {
    switch (cause) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
        return COPP_E_NOT_FOUND;
    case EISDIR:
    case EFBIG:
        return COPP_E_INVALID;
    case ENOMEM:
        return COPP_E_MEMORY;
    default:
        return COPP_E_IO;
    }
}

static enum copp_result read_passphrase(const char *name, char **passphrase, size_t *size, struct error_text *error) {
    if (!file_read(name, PASSPHRASE_MAX, passphrase, size, error))
        return file_result(errno);
    warn_if_public(name);
    (*passphrase)[strcspn(*passphrase, "\r\n")] = 0;
    return COPP_OK;
}

static void keep_line(struct copp_log *log, enum copp_log_level level, const char *text) {
    struct identity_log *kept = (struct identity_log *)log; /* it is its first member */
    if (level == COPP_LOG_ERROR)
        (void)snprintf(kept->why, sizeof kept->why, ": %s", text);
}

static struct copp_log *begin_log(struct identity_log *log) {
    static const struct copp_log_ops ops = {sizeof ops, keep_line};
    *log = (struct identity_log){.log = {&ops}};
    return &log->log;
}

static enum copp_result open_key(const char *uri, const char *passphrase_file, struct identity *identity,
                                 struct error_text *error) {
    char shown[KEY_URI_SHOWN];
    char *passphrase = NULL;
    size_t size = 0;
    enum copp_result result = passphrase_file[0] ? read_passphrase(passphrase_file, &passphrase, &size, error) : COPP_OK;
    if (result)
        return result;
    result = copp_private_key_open_logged(uri, passphrase, begin_log(&identity->log), &identity->key);
    int cause = errno;
    copp_release(passphrase, size);
    key_uri_without_pin(uri, shown, sizeof shown);
    if (!result)
        warn_if_public(uri);
    else if (result == COPP_E_NOT_FOUND)
        (void)error_set(error, "%s: no private key is to be found there%s", shown, identity->log.why);
    else if (result == COPP_E_IO)
        (void)error_set(error, "%s: the private key cannot be read: %s; coppd's user must be able to", shown, strerror(cause));
    else if (result == COPP_E_MEMORY)
        (void)error_set(error, "%s: %s", shown, copp_strerror(result));
    else
        (void)error_set(error, "%s: %s; an RSA key of 2048 bits is needed, and its passphrase if it has one%s", shown,
                        copp_strerror(result), identity->log.why);
    return result;
}

static void name_leaf(const struct copp_certificate *leaf, struct identity *identity) {
    for (size_t i = 0; i < COPP_DIGEST_SIZE; i++)
        (void)snprintf(identity->leaf + 2 * i, 3, "%02x", leaf->digest[i]);
}

/* A chain that belongs to another key would cost every player its session. */
static enum copp_result belongs(struct identity *identity, struct error_text *error) {
    const char *name = identity->name;
    struct copp_chain *chain = NULL;
    struct copp_verdict verdict;
    struct copp_certificate leaf = {.size = sizeof leaf};
    struct copp_public_key half;
    struct identity_log log;
    enum copp_result result =
        copp_chain_parse_logged((const uint8_t *)identity->chain_bytes, identity->chain_size, begin_log(&log), &chain, &verdict);
    bool same = !result && !copp_chain_certificate(chain, 0, &leaf) && leaf.has_subject &&
                !identity->key->ops->public_key(identity->key, &half) && copp_public_key_equal(&leaf.subject, &half);
    copp_chain_free(&chain);
    name_leaf(&leaf, identity);
    if (result == COPP_E_INVALID)
        (void)error_set(error, "%s: %s (%s); copp chain show tells what the file is", name, verdict.detail,
                        copp_rule_id(verdict.rule));
    else if (result)
        (void)error_set(error, "%s: %s%s", name, copp_strerror(result), log.why);
    else if (!same)
        (void)error_set(error, "%s: its first certificate is not about the configured key (CERT-8)", name);
    return result || same ? result : COPP_E_INVALID;
}

static enum copp_result open_files(const char *chain, const char *key, const char *passphrase_file, struct identity *identity,
                                   struct error_text *error) {
    (void)snprintf(identity->name, sizeof identity->name, "%s", chain);
    if (!file_read(chain, COPP_CHAIN_SIZE_MAX, &identity->chain_bytes, &identity->chain_size, error))
        return file_result(errno);
    enum copp_result result = open_key(key, passphrase_file, identity, error);
    return result ? result : belongs(identity, error);
}

/* An older coppd made it as its umask said. */
static void warn_if_hidden(const char *directory, const char *anchor) {
    struct stat status;
    if (file_is_absent(anchor))
        log_warning("%s: is not there, and players need it: remove %s to have another test hierarchy made", anchor, directory);
    else if (stat(directory, &status) == 0 && (status.st_mode & (S_IROTH | S_IXOTH)) != (S_IROTH | S_IXOTH))
        log_warning("%s: players of other users cannot read it: chmod 755 %s", anchor, directory);
    else if (stat(anchor, &status) == 0 && !(status.st_mode & S_IROTH))
        log_warning("%s: players of other users cannot read it: chmod 644 %s", anchor, anchor);
}

/* Another one is made only where this one is of no use: one that we merely cannot read may be in use. */
static bool open_hierarchy(const char *directory, struct identity *identity, struct error_text *error) {
    char chain[DRIVER_NAME];
    char key[DRIVER_NAME];
    char anchor[DRIVER_NAME];
    (void)snprintf(chain, sizeof chain, "%s/" CHAIN_NAME, directory);
    (void)snprintf(key, sizeof key, "%s/" KEY_NAME, directory);
    (void)snprintf(anchor, sizeof anchor, "%s/" ANCHOR_NAME, directory);
    enum copp_result result = open_files(chain, key, "", identity, error);
    if (!result)
        warn_if_hidden(directory, anchor);
    else if (result == COPP_E_IO)
        (void)fault_add(error, "; start coppd as the user that owns %s, or name another [daemon] state_directory", directory);
    else if (result == COPP_E_NOT_FOUND || result == COPP_E_INVALID || result == COPP_E_KEY)
        (void)fault_add(error, "; remove %s to have another test hierarchy made", directory);
    return !result;
}

/* Daemons with sockets of their own may share the directory: one makes the hierarchy, the others use it. */
static bool make_or_wait(const char *directory, struct identity *identity, struct error_text *error) {
    char name[DRIVER_NAME];
    (void)snprintf(name, sizeof name, "%s" LOCK_SUFFIX, directory);
    int lock = lock_wait(name, MAKING_MS, error);
    if (lock == LOCK_HELD)
        return error_set(error, "%s: another coppd has been making the test hierarchy for %u s: stop it", name,
                         MAKING_MS / 1000u);
    if (lock < 0)
        return false;
    bool made =
        file_is_absent(directory) ? make_hierarchy(directory, true, identity, error) : open_hierarchy(directory, identity, error);
    (void)close(lock);
    return made;
}

static bool open_configured(const struct config *config, bool keep, struct identity *identity, struct error_text *error) {
    char directory[PATH_SIZE];
    struct stat status;
    if (config->key[0])
        return !open_files(config->chain, config->key, config->passphrase_file, identity, error);
    (void)snprintf(directory, sizeof directory, "%s/" HIERARCHY, config->state_directory);
    if (lstat(directory, &status) == 0)
        return open_hierarchy(directory, identity, error);
    if (errno != ENOENT && errno != ENOTDIR)
        return error_set(error,
                         "%s: cannot be looked into: %s; let the user that coppd runs as do so, or name another [daemon] "
                         "state_directory",
                         config->state_directory, strerror(errno));
    if (!directory_holds(directory, error))
        return false;
    return keep ? make_or_wait(directory, identity, error) : make_hierarchy(directory, false, identity, error);
}

bool identity_is_ready(const struct config *config, struct error_text *error) {
    return file_is_ready(config->chain, error) && file_is_ready(path_of_key(config->key), error) &&
           file_is_ready(config->passphrase_file, error);
}

bool identity_open(const struct config *config, bool keep, struct identity **identity, struct error_text *error) {
    struct identity *made = calloc(1, sizeof *made);
    *identity = made;
    if (!made)
        return error_set(error, "out of memory");
    made->holders = 1;
    return open_configured(config, keep, made, error);
}

/* The root that the chain itself has stands for the players' anchor; without one, a rule before CERT-12 is broken. */
static enum copp_result own_anchor(const struct identity *identity, struct copp_log *log, struct copp_public_key *anchor,
                                   struct copp_verdict *verdict) {
    struct copp_chain *chain = NULL;
    struct copp_certificate root = {.size = sizeof root};
    enum copp_result result =
        copp_chain_parse_logged((const uint8_t *)identity->chain_bytes, identity->chain_size, log, &chain, verdict);
    if (!result)
        result = copp_chain_certificate(chain, copp_chain_count(chain) - 1, &root);
    if (!result)
        *anchor = root.has_signer ? root.signer : *copp_anchor_microsoft();
    copp_chain_free(&chain);
    return result;
}

bool identity_check(const struct identity *identity, struct error_text *error) {
    struct copp_public_key anchor;
    struct copp_verdict verdict = {.detail = ""};
    struct identity_log kept;
    struct copp_log *log = begin_log(&kept);
    enum copp_result result = own_anchor(identity, log, &anchor, &verdict);
    if (!result)
        result = copp_chain_validate_logged((const uint8_t *)identity->chain_bytes, identity->chain_size, &anchor, log, NULL,
                                            &verdict);
    if (result != COPP_E_INVALID)
        return !result || error_set(error, "%s: %s%s", identity->name, copp_strerror(result), kept.why);
    (void)error_set(error, "%s: ", identity->name);
    if (verdict.certificate >= 0)
        (void)fault_add(error, "certificate %d: ", verdict.certificate + 1);
    return fault_add(error, "%s (%s)", verdict.detail, copp_rule_id(verdict.rule));
}

struct identity *identity_hold(struct identity *identity) {
    identity->holders++;
    return identity;
}

void identity_release(struct identity **identity) {
    struct identity *old = *identity;
    *identity = NULL;
    if (!old || --old->holders > 0)
        return;
    copp_private_key_free(&old->key);
    copp_release(old->chain_bytes, old->chain_size);
    free(old);
}
