/* What coppd is configured with, judged alike by --check-config and by a start; and what it never touches. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon_kit.h"

#define CHECK "--check-config"

static void path_of(const struct kit *kit, const char *name, char *path) {
    assert_true(snprintf(path, KIT_PATH, "%s/%s", kit->directory, name) < (int)KIT_PATH);
}

/* "%" in the text is the kit's directory. */
static void write_file(const struct kit *kit, const char *name, const char *text) {
    char path[KIT_PATH];
    path_of(kit, name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (; *text; text++) {
        char character[2] = {*text};
        (void)fputs(*text == '%' ? kit->directory : character, file);
    }
    assert_int_equal(fclose(file), 0);
}

/* Ten lines, and this kit's own places; text begins in line 11, in [daemon]. */
static void configure(const struct kit *kit, const char *text) {
    char whole[1024];
    int length = snprintf(whole, sizeof whole, "\n\n\n\n\n\n\n[daemon]\nsocket = %%/socket\nstate_directory = %%\n%s", text);
    assert_in_range(length, 1, sizeof whole - 1);
    write_file(kit, "coppd.conf", whole);
}

/* With option, it ends with status and says what is wanted. */
static void run_says(struct kit *kit, const char *option, int status, const char *wanted) {
    char *said;
    int got = kit_run(kit, option, &said);
    if (got != status || !strstr(said, wanted))
        fail_msg("%d, not %d with \"%s\": %s", got, status, wanted, said);
    free(said);
}

/* Neither can it be started nor is the check content, and both say why. */
static void is_refused(struct kit *kit, const char *text, const char *complaint) {
    configure(kit, text);
    run_says(kit, CHECK, 1, complaint);
    run_says(kit, NULL, 1, complaint);
}

static void is_accepted(struct kit *kit, const char *text) {
    configure(kit, text);
    run_says(kit, CHECK, 0, "coppd.conf: can be used");
}

static void kit_with_hierarchy(struct kit *kit) {
    kit_make(kit, "");
    kit_start(kit);
    kit_stop(kit);
}

/* Editors of Windows' begin a file so, whatever its first line is. */
static void a_byte_order_mark(void) {
    struct kit kit;
    kit_with_hierarchy(&kit);
    write_file(&kit, "coppd.conf", "\xef\xbb\xbf[daemon]\r\nsocket = %/socket\r\nstate_directory = %\r\n");
    run_says(&kit, CHECK, 0, "coppd.conf: can be used");
    write_file(&kit, "coppd.conf", "\xef\xbb\xbf; mine\n[daemon]\nsocket = %/socket\nstate_directory = %\n");
    run_says(&kit, CHECK, 0, "coppd.conf: can be used");
    write_file(&kit, "coppd.conf", "\xef\xbb\xbfnonsense\n");
    run_says(&kit, CHECK, 1, "line 1: is neither [section] nor name = value");
    kit_end(&kit);
}

static void lines_of_the_file(void) {
    static const struct {
        const char *text;
        const char *complaint;
    } table[] = {
        {"sessions = 0\n", "coppd.conf: line 11: [daemon] sessions: \"0\" is not a number from 1 to 65536"},
        {"\nsessions = -1\n", "line 12: [daemon] sessions: \"-1\" is not a number"},
        {"sessions = 10x\n", "\"10x\" is not a number"},
        {"sessions =\n", "\"\" is not a number"},
        {"sessions = 99999999999999999999\n", "is not a number"},
        {"sessions = 4294967297\n", "is not a number"},
        {"sessions = 1\nsessions = 1\n", "line 12: [daemon] sessions is given twice, first in line 11"},
        {"session = 1\n", "line 11: unknown setting \"session\": see coppd.conf(5)"},
        {"[demon]\nsessions = 1\n", "line 11: unknown section [demon]: see coppd.conf(5)"},
        {"\n [deamon] \n", "line 12: unknown section [deamon]: see coppd.conf(5)"},
        {"[]\n", "line 11: unknown section []"},
        {"[daemon\x1b]\n", "unknown section [daemon\\x1b]"},
        {"[outputs]\nsessions = 1\n", "line 12: sessions is not a setting of [outputs]: put it below [daemon]"},
        {"nonsense\n", "line 11: is neither [section] nor name = value"},
        {"[driver]\nchain = /a\n", "line 12: [driver] has only one of chain and key: give both"},
        {"[driver]\nkey = file:/a\n", "line 12: [driver] has only one of chain and key: give both"},
        {"[driver]\npassphrase_file = /a\n", "line 12: [driver] passphrase_file needs key"},
        {"[driver]\nchain = /a\nkey = /b\nopm_chain = /c\n",
         "line 14: [driver] has only one of opm_chain and opm_key: give both"},
        {"[driver]\nopm_key = c\nchain = /a\nkey = /b\n", "line 12: [driver] has only one of opm_chain and opm_key: give both"},
        {"[driver]\nopm_chain = /c\nopm_key = /d\n", "line 13: [driver] opm_chain and opm_key need chain and key"},
        {"[driver]\nchain = /a\nkey = /b\nopm_passphrase_file = /c\n", "line 14: [driver] opm_passphrase_file needs opm_key"},
        {"[driver]\nchain = /a\nkey = /b\nopm_chain = c\nopm_key = d\n", "line 14: [driver] opm_chain: \"c\" must begin"},
        {"[driver]\nchain = a\nkey = b\n", "line 12: [driver] chain: \"a\" must begin with '/'"},
        {"[outputs]\ntrust_server = 0\ndevice = card0\n", "line 13: [outputs] device: \"card0\" must begin with '/'"},
        {"[outputs]\nbackend = magic\n", "line 12: [outputs] backend: unknown backend \"magic\": give auto"},
        {"[outputs]\nbackend = magic\n", " or sim\n"},
        {"[outputs]\nbackend = sim\ndevice = /dev/dri/card0\n", "line 13: [outputs] device is for backend = kms"},
        {"[outputs]\nevents = /a\n", "line 12: [outputs] events is for backend = sim, but backend is auto"},
        {"[outputs]\nbackend = sim\n[driver]\nchain = /a\nkey = /b\n",
         "line 12: [outputs] backend = sim cannot be combined with the [driver] of line 15"},
        {"[driver]\nchain = /a\nkey = /b\n[outputs]\nbackend = sim\n",
         "line 15: [outputs] backend = sim cannot be combined with the [driver] of line 13"},
        {"[outputs]\ntrust_server = 1\nbackend = sim\n", "line 12: [outputs] trust_server is for backend = xrandr"},
        {"se\x1b[31mssions\x07 = 1\n", "unknown setting \"se\\x1b[31mssions\\x07\""},
        {"[outputs]\nbackend = \x1b]0;owned\xc2\x9b\n", "\"\\x1b]0;owned\\xc2\\x9b\": give"},
    };
    struct kit kit;
    kit_make(&kit, "");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        is_refused(&kit, table[i].text, table[i].complaint);
    char line[220];
    (void)snprintf(line, sizeof line, "\n[driver]\nkey = %0190d\n", 0);
    is_refused(&kit, line, "line 13: is longer than 189 characters");
    write_file(&kit, "coppd.conf", "\nsocket = /a\n[outputs]\n");
    run_says(&kit, CHECK, 1, "line 2: socket comes before every section: put it below [daemon]");
    write_file(&kit, "coppd.conf", "[daemon]\nsocket =\n");
    run_says(&kit, CHECK, 1, "line 2: [daemon] socket: \"\" must begin with '/'");
    assert_int_equal(unlink(kit.config), 0);
    run_says(&kit, CHECK, 1, "coppd.conf: cannot be opened: No such file");
    kit_end(&kit);
}

#ifdef COPPD_KMS
static void names_of_all_backends(void) {
    struct kit kit;
    kit_make(&kit, "");
    is_refused(&kit, "[outputs]\nbackend = foo\n", "kms or sim");
    is_refused(&kit, "[outputs]\nbackend = kms\ndescription = /a\n", "line 13: [outputs] description is for backend = sim");
    is_refused(&kit, "[outputs]\nbackend = kms\ndevice = %/coppd.conf\n", "coppd.conf: is not a device");
    is_refused(&kit, "[outputs]\ndevice = %/coppd.conf\n", "coppd.conf: is not a device");
#ifdef COPPD_XRANDR
    is_refused(&kit, "[outputs]\nbackend = foo\n", "give auto, xrandr, kms or sim");
    is_refused(&kit, "[outputs]\ndisplay = nowhere\n", "[outputs] display: \"nowhere\" is not an X server: give one like :0");
    static const char *const words[] = {
        "HDMI-1",       "=card0-HDMI-A-1", "HDMI-1=", "HDMI-1=card0", "HDMI-1=card-HDMI-A-1", "a=card0-b HDMI-1=HDMI-A-1",
        "HDMI-1=card0-"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "[outputs]\nconnectors = %s\n", words[i]);
        is_refused(&kit, text, "must look like HDMI-A-0=card0-HDMI-A-1");
    }
    /* it would wait for ever: what is not in the environment of a process does not come into it */
    assert_int_equal(unsetenv("DISPLAY"), 0);
    is_refused(&kit, "[outputs]\nbackend = xrandr\n", "[outputs] display: no X server is named here or by DISPLAY");
    assert_int_equal(setenv("DISPLAY", "", 1), 0);
    is_refused(&kit, "[outputs]\nbackend = xrandr\n", "[outputs] display: no X server is named here or by DISPLAY");
    assert_int_equal(setenv("DISPLAY", "nowhere", 1), 0);
    is_refused(&kit, "[outputs]\nbackend = xrandr\n", "[outputs] display: \"nowhere\" is not an X server");
    assert_int_equal(setenv("DISPLAY", ":7", 1), 0);
    is_accepted(&kit, "[outputs]\nbackend = xrandr\n");
    run_says(&kit, CHECK, 0, "backend = xrandr: the outputs are those of the X server at :7, which may start later");
    is_accepted(&kit, "");
    run_says(&kit, CHECK, 0, "backend = auto: each second coppd looks for an X server at :7, then for graphics cards");
    assert_int_equal(unsetenv("DISPLAY"), 0);
    run_says(&kit, CHECK, 0, "looks for graphics cards only: neither [outputs] display nor DISPLAY names an X server");
    is_accepted(&kit, "[outputs]\ndisplay = :8\n");
    run_says(&kit, CHECK, 0, "looks for an X server at :8");
    is_accepted(&kit, "[outputs]\nbackend = xrandr\ndisplay = :7\nconnectors = a=card0-HDMI-A-1, b=card10-DP-1\n");
#endif
    kit_end(&kit);
}
#endif

static void what_it_names(void) {
    static const struct {
        const char *text;
        const char *complaint;
    } table[] = {
        {"[driver]\nchain = /nowhere/chain\nkey = /nowhere/key\n", "/nowhere/chain: cannot be opened"},
        {"[driver]\nchain = %/test-driver/chain.xml\nkey = %/none\n", "/none: holds no private key"},
        {"[driver]\nchain = %/test-driver/chain.xml\nkey = none:k?pin-value=1234\n",
         " none:k?pin-value=...: holds no private key"},
        {"[driver]\nchain = %/test-driver/chain.xml\nkey = %/empty\n", "/empty: not a usable key"},
        {"[driver]\nchain = %/empty\nkey = %/test-driver/leaf.pem\n", "/empty: "},
        {"[driver]\nchain = %/test-driver/chain.xml\nkey = %/other.pem\n", "is not for the configured key"},
        {"[driver]\nchain = %/test-driver/chain.xml\nkey = %/empty/key\n", "the private key cannot be read: Not a directory"},
        {"[outputs]\nbackend = sim\ndescription = %/empty\n", "/empty: no [output NAME] section is given"},
        {"[outputs]\nbackend = sim\ndescription = %/none\n", "/none: cannot be opened"},
        {"[outputs]\nbackend = sim\nevents = %/empty\n", "/empty: is not a FIFO: create one with mkfifo"},
        {"[outputs]\nbackend = sim\nevents = %/none\n",
         "/none: cannot be opened: No such file or directory; create it with mkfifo"},
        {"[outputs]\nbackend = sim\ndescription = %/one\n", "/one: line 1: "},
        {"[metrics]\naddress = localhost\n", "cannot listen at \"localhost\": it must be a host and a port; give one like 127."},
        {"[metrics]\naddress = localhost:9464\n",
         "\"localhost:9464\": its host must be an IP address, because names are not looked up"},
        {"[metrics]\naddress = example.org:80\n", "\"example.org:80\": its host must be an IP address"},
        {"[metrics]\naddress = 127.0.0.1.1:80\n", "\"127.0.0.1.1:80\": its host must be an IP address"},
        {"[metrics]\naddress = 192.0.2.1:9464\n", "\"192.0.2.1:9464\": Cannot assign requested address; give one like"},
        {"[metrics]\naddress = 127.0.0.1:99999\n", "\"127.0.0.1:99999\": its port must be a number from 1 to 65535"},
        {"[metrics]\naddress = 127.0.0.1:65536\n", "65535; give one like 127.0.0.1:9464"},
        {"[metrics]\naddress = 127.0.0.1:4294976760\n", "its port must be a number"},
        {"[metrics]\naddress = 127.0.0.1:0\n", "its port must be a number"},
        {"[metrics]\naddress = 127.0.0.1:\n", "its port must be a number"},
        {"[metrics]\naddress = 127.0.0.1:+80\n", "its port must be a number"},
        {"[metrics]\nfile = %/none/metrics\n", "/none cannot be used: No such file or directory; create it (mkdir -p)"},
        {"[metrics]\nfile = %/empty/metrics\n", "/empty is not a directory"},
    };
    struct kit kit;
    struct copp_private_key *key = NULL;
    char *pem;
    size_t size;
    kit_with_hierarchy(&kit);
    assert_int_equal(copp_private_key_generate(2048, &key), COPP_OK);
    assert_int_equal(copp_private_key_to_pem(key, &pem, &size), COPP_OK);
    write_file(&kit, "empty", "");
    write_file(&kit, "one", "nonsense\n");
    write_file(&kit, "other.pem", pem);
    copp_release(pem, size);
    copp_private_key_free(&key);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        is_refused(&kit, table[i].text, table[i].complaint);
        assert_int_equal(access(kit.socket, F_OK), -1);
    }
    is_accepted(&kit, "");
    is_accepted(&kit, "[outputs]\nbackend = sim\nevents = %/events\n");
    is_accepted(&kit, "sessions = 10 ; few\n[driver]\nchain = %/test-driver/chain.xml\nkey = %/test-driver/leaf.pem\n"
                      "[metrics]\naddress = 127.0.0.1:65535\nfile = %/new\n");
    kit_end(&kit);
}

#define OF_COPP "[driver]\nchain = %/test-driver/chain.xml\nkey = %/test-driver/leaf.pem\n"
#define OF_OPM "opm_chain = %/test-driver-opm/chain.p7b\nopm_key = %/test-driver-opm/leaf.pem\n"

/* One byte of a file of the kit's is another. */
static void change_byte(struct kit *kit, const char *name, long from_end) {
    char path[KIT_PATH];
    path_of(kit, name, path);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    int byte = getc(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    assert_int_equal(putc(byte ^ 1, file), byte ^ 1);
    assert_int_equal(fclose(file), 0);
}

/* COPP's leaf key under a root of the test's own, as a chain of OPM's. */
static void write_chain_for_copps_key(struct kit *kit) {
    struct copp_private_key *keys[2];
    struct copp_opm_certificate_request requests[2];
    char path[KIT_PATH];
    uint8_t *bytes;
    size_t size;
    path_of(kit, "test-driver/leaf.pem", path);
    assert_int_equal(copp_private_key_open(path, NULL, &keys[0]), COPP_OK);
    assert_int_equal(copp_private_key_generate(2048, &keys[1]), COPP_OK);
    for (size_t i = 0; i < 2; i++) {
        requests[i] =
            (struct copp_opm_certificate_request){.size = sizeof requests[i], .signer = keys[1], .name = i ? "root" : "leaf"};
        assert_int_equal(keys[i]->ops->public_key(keys[i], &requests[i].key), COPP_OK);
    }
    assert_int_equal(copp_opm_chain_issue(requests, 2, COPP_OPM_HASH_SHA256, &bytes, &size), COPP_OK);
    path_of(kit, "same.p7b", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    copp_release(bytes, size);
    copp_private_key_free(&keys[0]);
    copp_private_key_free(&keys[1]);
}

static void what_it_names_for_opm(void) {
    static const struct {
        const char *text;
        const char *complaint;
    } table[] = {
        {OF_COPP "opm_chain = %/none\nopm_key = %/test-driver-opm/leaf.pem\n", "/none: cannot be opened"},
        {OF_COPP "opm_chain = %/test-driver-opm/chain.p7b\nopm_key = %/none\n", "/none: holds no private key"},
        {OF_COPP "opm_chain = %/test-driver-opm/chain.p7b\nopm_key = %/test-driver/leaf.pem\n",
         "chain.p7b: its leaf is not for the configured key (OPM-CERT-2)"},
        {OF_COPP "opm_chain = %/test-driver/chain.xml\nopm_key = %/test-driver-opm/leaf.pem\n",
         "(OPM-CERT-1); run copp chain show"},
        {OF_COPP "opm_chain = %/same.p7b\nopm_key = %/test-driver/leaf.pem\n", "are the same RSA key (OPM-CERT-11)"},
    };
    struct kit kit;
    kit_with_hierarchy(&kit);
    write_chain_for_copps_key(&kit);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        is_refused(&kit, table[i].text, table[i].complaint);
    is_accepted(&kit, OF_COPP);
    is_accepted(&kit, OF_COPP OF_OPM);
    change_byte(&kit, "test-driver-opm/chain.p7b", 5); /* within the root's signature, which does not count */
    is_accepted(&kit, OF_COPP OF_OPM);
    kit_end(&kit);
}

static void places_of_its_own(void) {
    struct kit kit;
    char path[KIT_PATH];
    kit_make(&kit, "");
    write_file(&kit, "coppd.conf", "[daemon]\nsocket = /tmp/no-such-directory-of-coppd/socket\nstate_directory = /tmp\n");
    run_says(&kit, CHECK, 1, "/tmp/no-such-directory-of-coppd cannot be used: No such file or directory; create it (mkdir -p)");
    run_says(&kit, NULL, 1, "/tmp/no-such-directory-of-coppd cannot be used: No such file or directory; create it (mkdir -p)");
    configure(&kit, "");
    write_file(&kit, "socket", "kept");
    run_says(&kit, CHECK, 1, "socket: exists and is not a socket: remove it, or name another path in [daemon] socket");
    run_says(&kit, NULL, 1, "socket: exists and is not a socket: remove it, or name another path in [daemon] socket");
    assert_int_equal(unlink(kit.socket), 0);
    write_file(&kit, "coppd.conf", "[daemon]\nsocket = %/socket\nstate_directory = %/none\n");
    run_says(&kit, CHECK, 1, "/none cannot be used: No such file or directory; create it (mkdir -p), or name another");
    run_says(&kit, NULL, 1, "/none cannot be used: No such file or directory; create it (mkdir -p), or name another");
    configure(&kit, "");
    path_of(&kit, "test-driver", path);
    assert_int_equal(mkdir(path, 0700), 0); /* as somebody leaves it who takes out what is in it */
    run_says(&kit, CHECK, 1, "chain.xml: cannot be opened: No such file or directory; remove ");
    run_says(&kit, NULL, 1, "test-driver, and coppd creates another test hierarchy");
    kit_end(&kit);
}

/* With option, it ends with 1 and says wanted, but nothing of making another hierarchy. */
static void cannot_be_read(struct kit *kit, const char *wanted) {
    static const char *const options[] = {CHECK, NULL};
    for (size_t i = 0; i < 2; i++) {
        char *said;
        assert_int_equal(kit_run(kit, options[i], &said), 1);
        if (!strstr(said, wanted) || strstr(said, "remove") || strstr(said, "mkfifo") || strstr(said, "Success"))
            fail_msg("not only \"%s\": %s", wanted, said);
        free(said);
    }
}

/* What coppd may not read may be in use: the remedy is to let it, not to take it away. */
static void what_it_may_not_read(void) {
    struct kit kit;
    char path[KIT_PATH];
    kit_with_hierarchy(&kit);
    kit.bound_by_modes = true;
    configure(&kit, "");
    path_of(&kit, "test-driver", path);
    assert_int_equal(chmod(path, 0), 0);
    cannot_be_read(&kit, "chain.xml: cannot be opened: Permission denied; start coppd as the user that owns ");
    assert_int_equal(chmod(path, 0755), 0);
    path_of(&kit, "test-driver/leaf.pem", path);
    assert_int_equal(chmod(path, 0), 0);
    cannot_be_read(&kit,
                   "the private key cannot be read: Permission denied; let the user that coppd runs as read it; start coppd as");
    assert_int_equal(chmod(path, 0600), 0);

    path_of(&kit, "state", path);
    assert_int_equal(mkdir(path, 0), 0);
    write_file(&kit, "coppd.conf", "[daemon]\nsocket = %/socket\nstate_directory = %/state\n");
    cannot_be_read(&kit, "/state: cannot be searched: Permission denied; let the user that coppd runs as search it");
    assert_int_equal(chmod(kit.events, 0), 0);
    configure(&kit, "[outputs]\nbackend = sim\nevents = %/events\n");
    cannot_be_read(&kit, "/events: cannot be opened: Permission denied");
    kit_end(&kit);
}

static void a_socket_as_an_argument(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit.argument = "--socket=";
    run_says(&kit, CHECK, 1, "--socket takes a path, not \"\": give one like /");
    run_says(&kit, NULL, 1, "--socket takes a path, not \"\": give one like /");
    assert_int_equal(chdir(kit.directory), 0); /* where the daemon is started */
    kit.argument = "--socket=below";
    run_says(&kit, CHECK, 0, "can be used");
    path_of(&kit, "below", kit.socket);
    kit_start(&kit);
    kit_stop(&kit);
    assert_int_equal(access(kit.socket, F_OK), -1);
    assert_int_equal(chdir("/"), 0);
    kit_end(&kit);
}

/* Without its anchor the hierarchy is of no use to players that do not know it already. */
static void an_anchor_that_is_gone(void) {
    struct kit kit;
    char anchor[KIT_PATH];
    kit_with_hierarchy(&kit);
    path_of(&kit, "test-driver/anchor.b64", anchor);
    assert_int_equal(unlink(anchor), 0);
    configure(&kit, "");
    run_says(&kit, CHECK, 0, "anchor.b64: does not exist, and players need it: remove ");
    kit_end(&kit);
}

/* A check leaves nothing behind, and goes past a coppd that runs as configured. */
static void a_check_changes_nothing(void) {
    struct kit kit;
    struct player player;
    char path[KIT_PATH];
    kit_make(&kit, "");
    run_says(&kit, CHECK, 0, "can be used");
    assert_int_equal(access(kit.socket, F_OK), -1);
    path_of(&kit, "socket.lock", path);
    assert_int_equal(access(path, F_OK), -1);
    path_of(&kit, "test-driver.lock", path);
    assert_int_equal(access(path, F_OK), -1);
    path_of(&kit, "test-driver", path);
    assert_int_equal(access(path, F_OK), -1);
    path_of(&kit, "metrics", path);
    assert_int_equal(access(path, F_OK), -1);
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, COPP_PROTECTION_TYPE_HDCP, 1), COPP_OK);
    pid_t first = kit.pid;
    run_says(&kit, CHECK, 0, "can be used");
    run_says(&kit, NULL, 1, "another coppd listens there");
    kit.pid = first;
    assert_int_equal(player_local(&player, COPP_PROTECTION_TYPE_HDCP), 1);
    player_end(&player);
    kit_end(&kit);
}

/* What is there and is not a regular file is not replaced: not at the start, and not by one that runs. */
static void metrics_replace_only_files(void) {
    struct kit kit;
    struct stat status;
    char path[KIT_PATH];
    char link[KIT_PATH];
    kit_make(&kit, "");
    path_of(&kit, "place", path);
    path_of(&kit, "link", link);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(symlink(path, link), 0);
    is_refused(&kit, "[metrics]\nfile = %/place\n", "place: is not a regular file and is not replaced");
    is_refused(&kit, "[metrics]\nfile = %/link\n", "link: is not a regular file");
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    is_refused(&kit, "[metrics]\nfile = %/place\n", "place: is not a regular file");

    kit_configure(&kit, "");
    kit_start(&kit);
    path_of(&kit, "metrics", path);
    for (uint64_t until = clock_ms() + 20000; access(path, F_OK) != 0; sleep_ms(5))
        assert_true(clock_ms() < until);
    assert_int_equal(unlink(path), 0);
    while (mkfifo(path, 0600) != 0) /* it may have been written again in between */
        assert_true(errno == EEXIST && unlink(path) == 0);
    kit_wait_said(&kit, "metrics: is not a regular file", 1);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    kit_end(&kit);
}

#define CHAIN "test-driver/chain.xml"

/* Puts another character into the first signature of the test hierarchy's chain. */
static void break_signature(const struct kit *kit) {
    char path[KIT_PATH];
    char text[16384];
    path_of(kit, CHAIN, path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    (void)fclose(file);
    char *value = strstr(text, "<SignatureValue>");
    assert_non_null(value);
    value += strlen("<SignatureValue>") + 20;
    *value = *value == 'A' ? 'B' : 'A';
    write_file(kit, CHAIN, text);
}

/* A driver under test may want it so; whoever does not is told. */
static void a_chain_that_no_player_believes(void) {
    static const char verdict[] = "chain.xml: certificate 1: SignatureValue does not verify (CERT-11)";
    struct kit kit;
    struct player player;
    kit_with_hierarchy(&kit);
    break_signature(&kit);
    run_says(&kit, CHECK, 1, verdict);
    kit_start(&kit);
    kit_wait_said(&kit, verdict, 1);
    kit_wait_said(&kit, "players will refuse it", 1);
    assert_int_equal(player_try(&kit, "HDMI-1", NULL, &player), COPP_E_INVALID);
    player_end(&player);
    kit_end(&kit);
}

/* The same of OPM's: COPP's players are served as ever. */
static void a_chain_of_opms_that_no_player_believes(void) {
    static const char verdict[] = "chain.p7b: certificate 1: ";
    struct kit kit;
    struct player player;
    struct stat anchor;
    char path[KIT_PATH];
    kit_with_hierarchy(&kit);
    path_of(&kit, "test-driver-opm/anchor.der", path);
    assert_int_equal(stat(path, &anchor), 0);
    change_byte(&kit, "test-driver-opm/chain.p7b", (long)anchor.st_size + 5); /* the leaf's signature: the root comes behind it */
    run_says(&kit, CHECK, 1, verdict);
    run_says(&kit, CHECK, 1, "(OPM-CERT-3)");
    kit_start(&kit);
    kit_wait_said(&kit, verdict, 1);
    kit_wait_said(&kit, "players will refuse it", 1);
    player_begin(&kit, "HDMI-1", &player);
    player_end(&player);
    kit.semantics = COPP_SEMANTICS_OPM;
    assert_int_equal(player_try(&kit, "HDMI-1", NULL, &player), COPP_E_INVALID);
    player_end(&player);
    kit_end(&kit);
}

static void a_key_that_anybody_can_read(void) {
    struct kit kit;
    char key[KIT_PATH];
    kit_with_hierarchy(&kit);
    configure(&kit, "[driver]\nchain = %/test-driver/chain.xml\nkey = file:%/test-driver/leaf.pem\n");
    path_of(&kit, "test-driver/leaf.pem", key);
    assert_int_equal(chmod(key, 0604), 0);
    run_says(&kit, CHECK, 0, "leaf.pem: everyone can read it: run chmod o-r");
    assert_int_equal(chmod(key, 0640), 0);
    char *said;
    assert_int_equal(kit_run(&kit, CHECK, &said), 0);
    assert_null(strstr(said, "can read it"));
    free(said);
    kit_end(&kit);
}

/* Nothing is found: coppd is there all the same, says so, and never offers simulated outputs by itself. */
static void without_outputs_it_runs(void) {
    struct kit kit;
    struct player player;
    struct copp_socket *connection;
    struct copp_socket_connector told = {.size = sizeof told};
    assert_int_equal(setenv("DISPLAY", ":59000", 1), 0); /* where nobody listens */
    kit_make(&kit, "[outputs]\nbackend = auto\ndevice = /dev/null\n");
    kit_start(&kit);
    kit_wait_said(&kit, "there are no outputs yet: ", 1);
    assert_int_equal(
        copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit.socket, .answer_ms = 20000},
            &connection),
        COPP_OK);
    assert_int_equal(copp_socket_connector(connection, 0, &told), COPP_E_NOT_FOUND);
    copp_socket_close(&connection);
    assert_int_equal(player_try(&kit, "HDMI-1", NULL, &player), COPP_E_NOT_FOUND);
    player_end(&player);
    char *text = kit_metrics(&kit);
    assert_null(strstr(text, "connector=")); /* and nothing is told of one */
    free(text);
    kit_end(&kit);
    assert_int_equal(unsetenv("DISPLAY"), 0);
}

static void simulated_outputs_are_marked(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    kit_wait_said(&kit, "the outputs are simulated: they protect nothing", 1);
    assert_true(kit_metric(&kit, "copp_connector_simulated{connector=\"HDMI-1\"} ") == 1);
    assert_true(kit_metric(&kit, "copp_connector_plugged{connector=\"HDMI-1\"} ") == 1);
    kit_event(&kit, "unplug HDMI-1");
    kit_wait_said(&kit, "HDMI-1 (simulated): nothing is plugged in", 1);
    kit_wait_said(&kit, "HDMI-1 (simulated): the link to the display or its protection was lost", 1);
    assert_true(kit_metric(&kit, "copp_connector_plugged{connector=\"HDMI-1\"} ") == 0);
    assert_true(kit_metric(&kit, "copp_connector_plugged{connector=\"DVI-I-1\"} ") == 1);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST(a_byte_order_mark, ""),
    TEST(lines_of_the_file, ""),
#ifdef COPPD_KMS
    TEST(names_of_all_backends, ""),
#endif
    TEST(what_it_names, ""),
    TEST(what_it_names_for_opm, "OPM-CERT-1 OPM-CERT-2 OPM-CERT-11"),
    TEST(places_of_its_own, ""),
    TEST(what_it_may_not_read, ""),
    TEST(a_socket_as_an_argument, ""),
    TEST(an_anchor_that_is_gone, ""),
    TEST(a_check_changes_nothing, ""),
    TEST(metrics_replace_only_files, ""),
    TEST(a_chain_that_no_player_believes, "CERT-11"),
    TEST(a_chain_of_opms_that_no_player_believes, "OPM-CERT-3"),
    TEST(a_key_that_anybody_can_read, ""),
    TEST(without_outputs_it_runs, ""),
    TEST(simulated_outputs_are_marked, ""),
};

int main(void) {
    kit_without_hierarchies();
    return RUN_SUITE("daemon_config", cases);
}
