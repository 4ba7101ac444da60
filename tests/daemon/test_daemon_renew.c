/* coppd takes another chain and key while it runs (SIGHUP): whoever has a device keeps what it was opened with. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../outputs/fake_drm.h"
#include "common/hierarchy.h"
#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define OUTPUT "card0-HDMI-A-1"
#define DRIVER "[driver]\nchain = %s/chain.xml\nkey = %s/leaf.pem\n"
#define KEPT "chain and key stay as they were: correct this, and reload again"
#define RENEWED "new sessions use the chain and key just read: "

/* Two hierarchies, each with a root of its own. */
enum { FIRST, SECOND, HIERARCHIES };

struct world {
    struct fake_drm *drm;
    struct kit kit;
};

static struct hierarchy hierarchies[HIERARCHIES];

static void make_hierarchies(void) {
    static const char *const names[HIERARCHY_KEYS] = {"leaf", "maker", "root"};
    for (size_t i = 0; i < HIERARCHIES; i++)
        assert_int_equal(hierarchy_make(names, HIERARCHY_SECURITY_LEVEL, &hierarchies[i]), COPP_OK);
}

static void write_file(const struct world *world, const char *name, const char *text, size_t size) {
    char path[KIT_PATH];
    assert_true(snprintf(path, sizeof path, "%s/%s", world->kit.directory, name) < (int)KIT_PATH);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void write_key(const struct world *world, const char *name, size_t which) {
    char *pem;
    size_t size;
    assert_int_equal(copp_private_key_to_pem(hierarchies[which].keys[HIERARCHY_LEAF], &pem, &size), COPP_OK);
    write_file(world, name, pem, size);
    copp_release(pem, size);
}

static void write_driver(const struct world *world, size_t which) {
    write_file(world, "chain.xml", hierarchies[which].chain_bytes, hierarchies[which].chain_size);
    write_key(world, "leaf.pem", which);
}

/* "%s" in driver is the kit's directory, four times at most. */
static void configure(struct world *world, const char *settings, const char *driver) {
    char text[2048];
    char named[1024];
    (void)snprintf(named, sizeof named, driver, world->kit.directory, world->kit.directory, world->kit.directory,
                   world->kit.directory);
    (void)snprintf(text, sizeof text, "%s%s[outputs]\nbackend = kms\n", settings, named);
    kit_configure(&world->kit, text);
}

static void world_make(struct world *world) {
    *world = (struct world){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true})};
    fake_drm_hold(world->drm)->enable_at_once = true;
    fake_drm_release(world->drm);
    kit_make(&world->kit, "");
    world->kit.own_driver = true;
    world->kit.anchor = hierarchies[FIRST].anchor;
    write_driver(world, FIRST);
    configure(world, "", DRIVER);
}

static void world_begin(struct world *world) {
    world_make(world);
    kit_start(&world->kit);
}

static void world_end(struct world *world) {
    kit_end(&world->kit);
    fake_drm_free(&world->drm);
}

/* A player that trusts this root alone: whether it gets a session. */
static bool is_served(struct world *world, size_t root) {
    struct player player;
    world->kit.anchor = hierarchies[root].anchor;
    enum copp_result result = player_try(&world->kit, OUTPUT, NULL, &player);
    player_end(&player);
    assert_true(result == COPP_OK || result == COPP_E_INVALID);
    return result == COPP_OK;
}

/* --- a handshake, a step at a time --- */

static const struct copp_call in_time = {.size = sizeof in_time, .deadline_ms = COPP_NO_DEADLINE};

static struct copp_transport *open_device(struct world *world) {
    const struct copp_socket_config where = {.size = sizeof where, .path = world->kit.socket, .answer_ms = 20000};
    struct copp_socket *connection;
    struct copp_transport *transport;
    assert_int_equal(copp_socket_connect(&where, &connection), COPP_OK);
    assert_int_equal(copp_socket_transport_open(&connection, OUTPUT, &transport), COPP_OK);
    return transport;
}

/* The chain that comes must be this one's; *signature starts a session with it. */
static void exchange_keys(struct copp_transport *transport, size_t which, struct copp_signature *signature) {
    const struct hierarchy *h = &hierarchies[which];
    struct copp_handshake handshake = {.session_key = {1, 2, 3}};
    struct copp_public_key leaf;
    const uint8_t *chain_bytes;
    size_t size;
    uint32_t hresult;
    assert_int_equal(transport->ops->key_exchange(transport, &in_time, handshake.random, &chain_bytes, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);
    assert_int_equal(size, h->chain_size);
    assert_memory_equal(chain_bytes, h->chain_bytes, size);
    assert_int_equal(h->keys[HIERARCHY_LEAF]->ops->public_key(h->keys[HIERARCHY_LEAF], &leaf), COPP_OK);
    assert_int_equal(copp_handshake_seal(&handshake, COPP_FORM_SWAP40, &leaf, signature), COPP_OK);
}

/* Whether the device could read it: what it answers S_OK to was sealed for its key. */
static bool is_started(struct copp_transport *transport, const struct copp_signature *signature) {
    uint32_t hresult;
    assert_int_equal(transport->ops->session_sequence_start(transport, &in_time, signature, &hresult), COPP_OK);
    return hresult == COPP_HR_OK;
}

/* --- the tests --- */

static void whoever_has_a_device_goes_on(void) {
    struct world world;
    struct player player;
    struct copp_signature signatures[2];
    world_begin(&world);
    player_begin(&world.kit, OUTPUT, &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    struct copp_transport *opened = open_device(&world);
    struct copp_transport *exchanged = open_device(&world);
    exchange_keys(exchanged, FIRST, &signatures[0]);

    write_driver(&world, SECOND);
    kit_reload(&world.kit);
    assert_int_equal(kit_times_said(&world.kit, RENEWED), 1);
    assert_int_equal(kit_times_said(&world.kit, "configuration reloaded; 3 sessions continue\n"), 1);

    assert_int_equal(player_local(&player, HDCP), 1);
    assert_true(is_started(exchanged, &signatures[0]));
    exchange_keys(opened, FIRST, &signatures[1]);
    assert_true(is_started(opened, &signatures[1]));
    assert_false(is_served(&world, FIRST));
    assert_true(is_served(&world, SECOND));

    write_driver(&world, FIRST); /* and once more, while all of them are there */
    kit_reload(&world.kit);
    assert_true(is_served(&world, FIRST));
    assert_false(is_served(&world, SECOND));
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 0), COPP_OK);
    assert_int_equal(player_local(&player, HDCP), 0);
    copp_transport_free(&opened);
    copp_transport_free(&exchanged);
    player_end(&player);
    assert_int_equal(kit_metric(&world.kit, "copp_reloads_total{result=\"done\"} "), 2);
    assert_int_equal(kit_metric(&world.kit, "copp_reloads_total{result=\"failed\"} "), 0);
    world_end(&world);
}

/* It is the one that a revocation list would name. */
static void the_leaf_is_named_by_its_digest(void) {
    struct world world;
    struct copp_chain *chain;
    struct copp_certificate leaf = {.size = sizeof leaf};
    struct copp_verdict verdict;
    char line[256];
    world_begin(&world);
    write_driver(&world, SECOND);
    kit_reload(&world.kit);
    const struct hierarchy *h = &hierarchies[SECOND];
    assert_int_equal(copp_chain_parse((const uint8_t *)h->chain_bytes, h->chain_size, &chain, &verdict), COPP_OK);
    assert_int_equal(copp_chain_certificate(chain, 0, &leaf), COPP_OK);
    int used = snprintf(line, sizeof line, "%s%s/chain.xml; digest of its leaf: ", RENEWED, world.kit.directory);
    for (size_t i = 0; i < COPP_DIGEST_SIZE; i++)
        used += snprintf(line + used, sizeof line - (size_t)used, "%02x", leaf.digest_value[i]);
    assert_int_equal(kit_times_said(&world.kit, line), 1);
    copp_chain_free(&chain);
    world_end(&world);
}

/* A reload after which the first chain serves as before, and why is said. */
static void is_refused(struct world *world, const char *why) {
    double failed = kit_metric(&world->kit, "copp_reloads_total{result=\"failed\"} ");
    unsigned said = kit_times_said(&world->kit, why);
    unsigned kept = kit_times_said(&world->kit, KEPT);
    kit_reload(&world->kit);
    if (kit_times_said(&world->kit, why) != said + 1 || kit_times_said(&world->kit, KEPT) != kept + 1) {
        char *output = kit_output(&world->kit);
        fail_msg("not refused for \"%s\": %s", why, output);
    }
    assert_true(kit_metric(&world->kit, "copp_reloads_total{result=\"failed\"} ") == failed + 1);
    assert_true(is_served(world, FIRST));
    assert_false(is_served(world, SECOND));
}

static void write_broken_chain(const struct world *world) {
    struct hierarchy *h = &hierarchies[SECOND];
    char *broken = malloc(h->chain_size + 1);
    assert_non_null(broken);
    memcpy(broken, h->chain_bytes, h->chain_size + 1);
    char *value = strstr(broken, "<SignatureValue>");
    assert_non_null(value);
    value += sizeof "<SignatureValue>" + 20;
    *value = *value == 'A' ? 'B' : 'A';
    write_file(world, "chain.xml", broken, h->chain_size);
    free(broken);
}

static void what_is_bad_never_serves(void) {
    struct world world;
    char path[KIT_PATH + 32];
    world_make(&world);
    world.kit.bound_by_modes = true;
    kit_start(&world.kit);
    write_file(&world, "chain.xml", hierarchies[SECOND].chain_bytes, hierarchies[SECOND].chain_size);
    is_refused(&world, "chain.xml: its first certificate is not for the configured key (CERT-8)");
    write_driver(&world, FIRST);
    write_key(&world, "leaf.pem", SECOND);
    is_refused(&world, "chain.xml: its first certificate is not for the configured key (CERT-8)");
    write_broken_chain(&world);
    is_refused(&world, "chain.xml: certificate 1: ");
    write_file(&world, "chain.xml", hierarchies[SECOND].chain_bytes, hierarchies[SECOND].chain_size / 2);
    is_refused(&world, "(CERT-1); run copp chain show to see what the file is");
    (void)snprintf(path, sizeof path, "%s/chain.xml", world.kit.directory);
    assert_int_equal(unlink(path), 0);
    is_refused(&world, "chain.xml: cannot be opened: No such file or directory");
    write_driver(&world, SECOND);
    (void)snprintf(path, sizeof path, "%s/leaf.pem", world.kit.directory);
    assert_int_equal(chmod(path, 0), 0);
    is_refused(&world, "leaf.pem: the private key cannot be read: Permission denied; let the user that coppd runs as read it");
    assert_int_equal(chmod(path, 0600), 0);
    configure(&world, "", DRIVER "passphrase_file = /nowhere/pin\n");
    is_refused(&world, "/nowhere/pin: cannot be opened");
    configure(&world, "", "[driver]\nchain = %s/chain.xml\nkey = nosuchscheme:key?pin-value=4711\n");
    is_refused(&world, "nosuchscheme:key?pin-value=...: holds no private key");
    assert_int_equal(kit_times_said(&world.kit, "4711"), 0);
    configure(&world, "", DRIVER);
    kit_reload(&world.kit);
    assert_true(is_served(&world, SECOND));
    world_end(&world);
}

static void a_configuration_that_cannot_be_read(void) {
    struct world world;
    world_begin(&world);
    write_driver(&world, SECOND);
    configure(&world, "sessions = none\n", DRIVER);
    kit_reload(&world.kit);
    assert_int_equal(kit_times_said(&world.kit, "\"none\" is not a number from 1 to 65536; the old configuration stays in force"),
                     1);
    assert_int_equal(kit_times_said(&world.kit, RENEWED), 0);
    assert_int_equal(kit_metric(&world.kit, "copp_reloads_total{result=\"failed\"} "), 1);
    assert_true(is_served(&world, FIRST));
    world_end(&world);
}

/* Opening a pipe may take for ever, and every player would be without an answer meanwhile (APP-3). */
static void what_would_make_coppd_wait(void) {
    static const char *const names[] = {"chain.xml", "leaf.pem", "pin", "coppd.conf"};
    struct world world;
    struct player player;
    char path[KIT_PATH + 32];
    char why[KIT_PATH + 96];
    world_make(&world);
    write_file(&world, "pin", "1234\n", 5);
    configure(&world, "", DRIVER "passphrase_file = %s/pin\n");
    kit_start(&world.kit);
    player_begin(&world.kit, OUTPUT, &player);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", world.kit.directory, names[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        (void)snprintf(why, sizeof why, "%s: is not a regular file", names[i]);
        kit_reload(&world.kit);
        if (kit_times_said(&world.kit, why) != 1)
            fail_msg("not refused: %s", names[i]);
        assert_int_equal(player_local(&player, HDCP), 0);
        assert_true(is_served(&world, FIRST));
        assert_int_equal(unlink(path), 0);
        write_driver(&world, FIRST);
        write_file(&world, "pin", "1234\n", 5);
        configure(&world, "", DRIVER "passphrase_file = %s/pin\n");
    }
    assert_int_equal(kit_times_said(&world.kit, RENEWED), 0);
    configure(&world, "", "[driver]\nchain = %s/chain.xml\nkey = file:%s/leaf.fifo\n");
    (void)snprintf(path, sizeof path, "%s/leaf.fifo", world.kit.directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    is_refused(&world, "leaf.fifo: is not a regular file");
    player_end(&player);
    world_end(&world);
}

/* Each for itself: a bad chain does not keep limits from taking effect. */
static void limits_and_other_paths(void) {
    struct world world;
    world_begin(&world);
    write_file(&world, "other.xml", hierarchies[SECOND].chain_bytes, hierarchies[SECOND].chain_size);
    write_key(&world, "other.pem", SECOND);
    configure(&world, "sessions_per_user = 1\n", "[driver]\nchain = %s/other.xml\nkey = %s/none.pem\n");
    is_refused(&world, "none.pem: holds no private key");
    kit_wait_sessions(&world.kit, 0);
    int first = raw_connect(&world.kit);
    kit_wait_sessions(&world.kit, 1);
    int second = raw_connect(&world.kit);
    raw_disconnect(second, 4);
    (void)close(first);
    (void)close(second);
    configure(&world, "", "[driver]\nchain = %s/other.xml\nkey = %s/other.pem\n");
    kit_wait_sessions(&world.kit, 0);
    kit_reload(&world.kit);
    assert_true(is_served(&world, SECOND));
    assert_int_equal(kit_times_said(&world.kit, "configuration reloaded; 0 sessions continue\n"), 2);
    world_end(&world);
}

/* Whether there is a [driver] at all is not changed while it runs. */
static void to_and_from_the_test_hierarchy(void) {
    struct world world;
    char settings[512];
    struct player player;
    world_begin(&world);
    configure(&world, "", "");
    kit_reload(&world.kit);
    assert_int_equal(kit_times_said(&world.kit, "only limits, chain and key take effect without a restart"), 1);
    assert_int_equal(kit_times_said(&world.kit, RENEWED), 0);
    assert_true(is_served(&world, FIRST));
    kit_stop(&world.kit);

    /* simulated outputs under a maker's chain would be vouched for, and protect nothing */
    (void)snprintf(settings, sizeof settings, "[outputs]\nbackend = sim\n");
    world.kit.own_driver = false;
    kit_configure(&world.kit, settings);
    kit_start(&world.kit);
    configure(&world, "", DRIVER);
    kit_reload(&world.kit);
    assert_int_equal(kit_times_said(&world.kit, "only limits, chain and key take effect without a restart"), 2);
    assert_int_equal(kit_times_said(&world.kit, RENEWED), 0);
    player_begin(&world.kit, "HDMI-1", &player);
    player_end(&player);
    world_end(&world);
}

/* It is not even looked at. */
static void a_test_hierarchy_stays(void) {
    struct world world;
    struct player player;
    world_make(&world);
    world.kit.own_driver = false;
    configure(&world, "", "");
    kit_start(&world.kit);
    write_key(&world, "test-driver/leaf.pem", FIRST);
    write_file(&world, "test-driver/chain.xml", hierarchies[FIRST].chain_bytes, hierarchies[FIRST].chain_size);
    kit_reload(&world.kit);
    assert_int_equal(kit_metric(&world.kit, "copp_reloads_total{result=\"done\"} "), 1);
    player_begin(&world.kit, OUTPUT, &player);
    player_end(&player);
    world_end(&world);
}

#define OPM_DRIVER DRIVER "opm_chain = %s/chain.p7b\nopm_key = %s/opm.pem\n"

/* A chain of OPM's of two certificates and its key; its root is the kit's anchor then. */
static void write_opm_driver(struct world *world) {
    static const char *const names[2] = {"leaf", "root"};
    struct copp_private_key *keys[2];
    struct copp_opm_certificate_request requests[2];
    struct copp_opm_certificate root = {.size = sizeof root};
    struct copp_opm_chain *chain;
    struct copp_verdict verdict;
    uint8_t *bytes;
    size_t size;
    char *pem;
    size_t pem_size;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(copp_private_key_generate(2048, &keys[i]), COPP_OK);
    for (size_t i = 0; i < 2; i++) {
        requests[i] = (struct copp_opm_certificate_request){.size = sizeof requests[i], .signer = keys[1], .name = names[i]};
        assert_int_equal(keys[i]->ops->public_key(keys[i], &requests[i].key), COPP_OK);
    }
    assert_int_equal(copp_opm_chain_issue(requests, 2, COPP_OPM_HASH_SHA1, &bytes, &size), COPP_OK);
    assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, &verdict), COPP_OK);
    assert_int_equal(copp_opm_chain_certificate(chain, 1, &root), COPP_OK);
    world->kit.opm_anchor.size = sizeof world->kit.opm_anchor;
    assert_int_equal(copp_opm_anchor_read(root.der, root.der_size, &world->kit.opm_anchor), COPP_OK);
    write_file(world, "chain.p7b", (const char *)bytes, size);
    assert_int_equal(copp_private_key_to_pem(keys[0], &pem, &pem_size), COPP_OK);
    write_file(world, "opm.pem", pem, pem_size);
    copp_opm_chain_free(&chain);
    copp_release(bytes, size);
    copp_release(pem, pem_size);
    copp_private_key_free(&keys[0]);
    copp_private_key_free(&keys[1]);
}

static enum copp_result opm_result(struct world *world, struct player *player) {
    world->kit.semantics = COPP_SEMANTICS_OPM;
    enum copp_result result = player_try(&world->kit, OUTPUT, NULL, player);
    world->kit.semantics = COPP_SEMANTICS_COPP;
    return result;
}

static bool serves_opm(struct world *world, enum copp_result otherwise) {
    struct player player;
    enum copp_result result = opm_result(world, &player);
    player_end(&player);
    assert_true(result == COPP_OK || result == otherwise);
    return result == COPP_OK;
}

/* Both protocols' or neither, and OPM's may come and go. */
static void both_protocols_are_renewed_or_neither(void) {
    struct world world;
    struct player player;
    world_begin(&world);
    assert_false(serves_opm(&world, COPP_E_UNSUPPORTED)); /* OPM-OUT-4 */
    write_opm_driver(&world);
    configure(&world, "", OPM_DRIVER);
    kit_reload(&world.kit);
    assert_int_equal(opm_result(&world, &player), COPP_OK);

    /* COPP's are good and new, OPM's chain is not of its key: both stay */
    const struct copp_opm_anchor old = world.kit.opm_anchor;
    write_driver(&world, SECOND);
    write_file(&world, "chain.p7b", "nonsense", 8);
    is_refused(&world, "chain.p7b: ");
    assert_true(is_served(&world, FIRST));
    world.kit.opm_anchor = old;
    assert_true(serves_opm(&world, COPP_OK));

    write_opm_driver(&world);
    kit_reload(&world.kit);
    assert_true(is_served(&world, SECOND));
    assert_true(serves_opm(&world, COPP_OK));
    assert_int_equal(player_local(&player, COPP_PROTECTION_TYPE_OPM_HDCP), 0); /* it goes on with the old one */
    world.kit.opm_anchor = old;
    assert_false(serves_opm(&world, COPP_E_INVALID));

    configure(&world, "", DRIVER);
    kit_reload(&world.kit);
    assert_false(serves_opm(&world, COPP_E_UNSUPPORTED));
    assert_int_equal(player_local(&player, COPP_PROTECTION_TYPE_OPM_HDCP), 0);
    player_end(&player);
    world_end(&world);
}

#define RENEWALS 100u
#define SESSIONS 3u

/* With sessions of several chains at a time, which end in another order. With sanitizers its end tells that nothing is left. */
static void again_and_again(void) {
    struct world world;
    struct player players[SESSIONS] = {{NULL, NULL}};
    world_begin(&world);
    kit_reload(&world.kit);
    unsigned before = kit_open_files(&world.kit);
    for (unsigned i = 0; i < RENEWALS; i++) {
        size_t which = i % HIERARCHIES;
        struct player *player = &players[i * 2 % SESSIONS];
        write_driver(&world, which);
        kit_reload(&world.kit);
        player_end(player);
        world.kit.anchor = hierarchies[which].anchor;
        player_begin(&world.kit, OUTPUT, player);
        for (size_t j = 0; j < SESSIONS; j++)
            assert_int_equal(players[j].session ? player_local(&players[j], HDCP) : 0, 0);
    }
    for (size_t i = 0; i < SESSIONS; i++)
        player_end(&players[i]);
    kit_wait_sessions(&world.kit, 0);
    assert_int_equal(kit_open_files(&world.kit), before);
    assert_int_equal(kit_times_said(&world.kit, RENEWED), 1 + RENEWALS);
    world_end(&world);
}

/* The next thing told to systemd; fails the test unless it has this line, or begins one with it. Returns what follows it. */
static const char *is_told(int notify, char told[512], const char *line) {
    ssize_t got = recv(notify, told, 511, 0);
    assert_true(got > 0);
    told[got] = 0;
    const char *found = strstr(told, line);
    if (!found || (found > told && found[-1] != '\n'))
        fail_msg("no %s in \"%s\"", line, told);
    return found + strlen(line);
}

static void systemd_is_told(void) {
    struct world world;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char told[512];
    world_make(&world);
    char path[KIT_PATH];
    assert_in_range(snprintf(path, sizeof path, "%s/notify", world.kit.directory), 1, sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(notify, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
    kit_start(&world.kit);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    (void)is_told(notify, told, "READY=1\n");
    uint64_t began_us = clock_ns() / 1000u;
    assert_int_equal(kill(world.kit.pid, SIGHUP), 0);
    (void)is_told(notify, told, "RELOADING=1\n");
    const char *moment = strstr(told, "MONOTONIC_USEC=");
    assert_non_null(moment);
    uint64_t moment_us = strtoull(moment + sizeof "MONOTONIC_USEC=" - 1, NULL, 10);
    assert_in_range(moment_us, began_us, clock_ns() / 1000u); /* an earlier one is another reload's to systemd */
    (void)is_told(notify, told, "READY=1\n");
    assert_null(strstr(told, "failed"));
    write_file(&world, "chain.xml", "", 0);
    assert_int_equal(kill(world.kit.pid, SIGHUP), 0);
    (void)is_told(notify, told, "RELOADING=1\n");
    (void)is_told(notify, told, "READY=1\n");
    assert_non_null(strstr(told, "STATUS=Listening at "));
    assert_non_null(strstr(told, "; the last reload failed"));
    (void)close(notify);
    world_end(&world);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(whoever_has_a_device_goes_on, "SES-2 SES-6"),
        TEST(the_leaf_is_named_by_its_digest, "CRL-4"),
        TEST(what_is_bad_never_serves, "CERT-8"),
        TEST(what_would_make_coppd_wait, "APP-3"),
        TEST(a_configuration_that_cannot_be_read, ""),
        TEST(limits_and_other_paths, ""),
        TEST(to_and_from_the_test_hierarchy, ""),
        TEST(a_test_hierarchy_stays, ""),
        TEST(both_protocols_are_renewed_or_neither, "OPM-OUT-4 SES-2"),
        TEST(again_and_again, ""),
        TEST(systemd_is_told, ""),
    };
    make_hierarchies();
    int failed = RUN_SUITE("daemon_renew", cases);
    for (size_t i = 0; i < HIERARCHIES; i++)
        hierarchy_free(&hierarchies[i]);
    return failed;
}
