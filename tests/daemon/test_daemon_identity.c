/* Which keys coppd takes for OPM, on each crypto library: libgcrypt's tell by their time what they decrypt. */
#include <stdlib.h>
#include <string.h>

#include "../unit/harness.h"
#include "config.h"
#include "identity.h"
#include "log.h"

#ifdef COPP_TEST_LIBGCRYPT
#define CONSTANT_TIME false
#else
#define CONSTANT_TIME true
#endif

/* config.c's; the rest of it would bring all of coppd along. */
bool config_has_driver(const struct config *config) {
    return config->key[0];
}

void log_line(const char *level, const char *format, ...) {
    (void)level;
    (void)format;
}

static void name_vector(char *member, const char *name) {
    char *path = test_path(name);
    assert_true(strlen(path) < CONFIG_TEXT);
    strcpy(member, path);
    free(path);
}

static struct config driver(bool opm) {
    struct config config = {.sessions = 1};
    name_vector(config.chain, "vectors/chain-good.xml");
    name_vector(config.key, "vectors/leaf.pem");
    if (opm) {
        name_vector(config.opm_chain, "vectors/opm/chain-good-sha1-leaf-root-ca.p7b");
        name_vector(config.opm_key, "vectors/opm/leaf-key.pem");
    }
    return config;
}

/* OPM-INI-7: such a driver would vouch for displays, and its own key give sessions away. */
static void a_driver_needs_constant_time(void) {
    const struct config config = driver(true);
    struct identity *identity;
    struct error_text error = {""};
    bool opened = identity_open(&config, true, &identity, &error);
    if (opened != CONSTANT_TIME)
        fail_msg("%s", opened ? "the key was taken" : error.text);
    if (!CONSTANT_TIME)
        assert_non_null(strstr(error.text, "[driver] opm_key: libgcrypt does not decrypt in constant time"));
    assert_true(copp_private_key_constant_time(identity->opm.key) == CONSTANT_TIME);
    identity_release(&identity);
}

/* SES-6: COPP looks at no padding. */
static void copp_alone_does_not(void) {
    const struct config config = driver(false);
    struct identity *identity;
    struct error_text error;
    assert_true(identity_open(&config, true, &identity, &error));
    assert_true(identity_check(identity, &error));
    assert_null(identity->opm.chain_bytes);
    identity_release(&identity);
}

/* It vouches for nothing that protects. */
static void a_test_hierarchy_does_not(void) {
    const struct config config = {.state_directory = "/tmp"};
    struct identity *identity;
    struct error_text error;
    if (!identity_open(&config, false, &identity, &error))
        fail_msg("%s", error.text);
    assert_true(identity_check(identity, &error));
    assert_non_null(identity->opm.chain_bytes);
    assert_true(copp_private_key_constant_time(identity->opm.key) == CONSTANT_TIME);
    identity_release(&identity);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(a_driver_needs_constant_time, "OPM-INI-6 OPM-INI-7"),
        TEST(copp_alone_does_not, "SES-6"),
        TEST(a_test_hierarchy_does_not, "OPM-INI-6"),
    };
    return RUN_SUITE("daemon_identity", cases);
}
