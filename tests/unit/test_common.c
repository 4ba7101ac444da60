/* The small things of common/. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/connector_news.h"
#include "common/hierarchy.h"
#include "common/hierarchy_opm.h"
#include "common/ini_lines.h"
#include "common/key_uri.h"
#include "common/number.h"
#include "common/printable.h"
#include "common/transfer.h"
#include "harness.h"
#include "system_kit.h"

#ifndef _WIN32
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "common/standard_streams.h"
#endif

static void the_clock_goes_on(void) {
    uint64_t before = clock_ms();
    uint64_t now = before;
    for (unsigned long looks = 0; now == before && looks < 2000000000ul; looks++)
        now = clock_ms();
    assert_true(now > before && now - before < 60000);
#ifndef _WIN32
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    assert_true(clock_ms() / 1000 - (uint64_t)t.tv_sec < 60); /* the one that poll and timers count by */
#endif
}

static void a_pin_is_not_shown(void) {
    static const struct {
        const char *uri;
        const char *shown;
    } names[] = {
        {"", ""},
        {"/etc/leaf.pem", "/etc/leaf.pem"},
        {"pkcs11:object=k", "pkcs11:object=k"},
        {"pkcs11:object=k?pin-value=12;34", "pkcs11:object=k?pin-value=..."},
        {"pkcs11:object=k?pin-value=12?34&module-name=m", "pkcs11:object=k?pin-value=...&module-name=m"},
        {"pkcs11:pin-value=1234;object=k?pin-value=5", "pkcs11:pin-value=...;object=k?pin-value=..."},
        {"pkcs11:object=k?pin-value=", "pkcs11:object=k?pin-value=..."},
    };
    char shown[KEY_URI_SHOWN];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        key_uri_without_pin(names[i].uri, shown, sizeof shown);
        assert_string_equal(shown, names[i].shown);
    }
    for (size_t size = 1; size < 40; size++) { /* the test's own room, for the sanitizers */
        char *room = malloc(size);
        assert_non_null(room);
        key_uri_without_pin("pkcs11:object=k?pin-value=1234", room, size);
        assert_true(strlen(room) < size);
        assert_null(strstr(room, "1234"));
        free(room);
    }
}

/* More than a pipe holds, so that it goes through in parts. */
#define PIECE 200000u

static char *file_name(char *directory) {
    char *name = malloc(strlen(directory) + sizeof "/file");
    assert_non_null(name);
    (void)strcat(strcpy(name, directory), "/file");
    return name;
}

static void files_are_read_and_written_whole(void) {
    char *directory = test_directory_new();
    char *name = file_name(directory);
    uint8_t *bytes = malloc(PIECE);
    uint8_t *read = malloc(PIECE + 1);
    assert_true(bytes && read);
    memset(bytes, 0xA5, PIECE);
    int file = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    assert_true(write_all(file, bytes, PIECE));
    assert_true(write_all(file, NULL, 0));
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    assert_int_equal(read_all(file, read, 7), 7); /* not more than it is asked for */
    assert_int_equal(read_all(file, read, PIECE + 1), PIECE - 7); /* less at the end */
    assert_memory_equal(read, bytes, PIECE - 7);
    assert_int_equal(read_all(file, read, PIECE), 0);
    assert_int_equal(close(file), 0);
    file = open(name, O_RDONLY);
    assert_false(write_all(file, bytes, 1));
    assert_int_equal(errno, EBADF);
    assert_int_equal(close(file), 0);
    file = open(name, O_WRONLY);
    assert_int_equal(read_all(file, read, 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(close(file), 0);
    assert_int_equal(remove(name), 0);
    free(name);
    free(bytes);
    free(read);
    test_directory_remove(directory);
}

#ifndef _WIN32
static void on_alarm(int number) {
    (void)number;
}

/* A pipe takes and gives parts, and signals come in between. */
static void parts_and_interruptions_are_gone_through(void) {
    int ends[2];
    uint8_t *bytes = calloc(1, PIECE);
    assert_non_null(bytes);
    for (size_t i = 0; i < PIECE; i++)
        bytes[i] = (uint8_t)(i / 251);
    assert_int_equal(pipe(ends), 0);
    const struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
    const struct itimerval often = {{0, 1000}, {0, 1000}};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        (void)close(ends[0]);
        (void)setitimer(ITIMER_REAL, &often, NULL);
        bool written = write_all(ends[1], bytes, PIECE / 2);
        for (unsigned i = 0; i < 50; i++)
            (void)usleep(1000); /* the reader waits for the rest, and is interrupted */
        _exit(!(written && write_all(ends[1], bytes + PIECE / 2, PIECE - PIECE / 2)));
    }
    assert_int_equal(close(ends[1]), 0);
    uint8_t *got = malloc(PIECE + 1);
    assert_non_null(got);
    (void)usleep(20000); /* the writer waits meanwhile, and is interrupted too */
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    assert_int_equal(read_all(ends[0], got, PIECE + 1), PIECE);
    assert_int_equal(setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 0}}, NULL), 0);
    assert_memory_equal(got, bytes, PIECE);
    int status;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
    assert_int_equal(close(ends[0]), 0);
    free(bytes);
    free(got);
}
#endif

static void foreign_text_cannot_steer_a_terminal(void) {
    char text[] = "a\033[2Jb\n\x7f\xc3\xa4~ ";
    char clean[32];
    make_printable(text);
    assert_string_equal(text, "a?[2Jb????~ ");
    escape_printable("a\033\n\xff~", clean, sizeof clean);
    assert_string_equal(clean, "a\\x1b\\x0a\\xff~");
    memset(clean, '!', sizeof clean);
    escape_printable("\n\n", clean, 8); /* one, and its NUL, and no half of another */
    assert_string_equal(clean, "\\x0a");
    escape_printable("abc", clean, 1);
    assert_string_equal(clean, "");
    assert_true(printable_ascii(' ') && printable_ascii('~'));
    assert_false(printable_ascii('\x1f') || printable_ascii('\x7f') || printable_ascii('\x80') || printable_ascii('\0'));
}

static void letters_of_others_are_shown(void) {
    static const struct {
        const char *text, *shown;
    } cases[] = {{"\xc3\xa4", "\xc3\xa4"},
                 {"\xc2\x9b"
                  "1m",
                  "?1m"},
                 {"\xc2\xa0", "\xc2\xa0"},
                 {"\xc2", "\xc2"},
                 {"\033\x7f\t", "???"},
                 /* what turns the order round: U+061C, U+200E, U+2028, U+202E, U+2066, U+2069, U+202C */
                 {"\xd8\x9c\xe2\x80\x8e\xe2\x80\xa8\xe2\x80\xaeX\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\xac", "????X???"},
                 /* and its neighbours: U+061B, U+200D, U+2027, U+202F, U+2065, U+206A */
                 {"\xd8\x9b\xe2\x80\x8d\xe2\x80\xa7", "\xd8\x9b\xe2\x80\x8d\xe2\x80\xa7"},
                 {"\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"},
                 {"\xe2\x80", "\xe2\x80"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char shown[16] = "";
        size_t used = 0;
        for (const char *at = cases[i].text; *at;)
            at = next_printable(at, &shown[used++]);
        assert_string_equal(shown, cases[i].shown);
    }
}

static void numbers_are_read_strictly(void) {
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "-1", "0x1", "1.", "a", "18446744073709551616", "99999999999999999999999"};
    uint64_t number = 77;
    uint32_t word = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(number_read(bad[i], 0, UINT64_MAX, &number));
        assert_false(number_read_word(bad[i], 0, UINT32_MAX, &word));
    }
    assert_false(number_read_word("4294967296", 0, UINT32_MAX, &word));
    assert_false(number_read("9", 10, 20, &number));
    assert_false(number_read("21", 10, 20, &number));
    assert_false(number_read("1", 0, 0, &number));
    assert_int_equal(number, 77);
    assert_int_equal(word, 77);
    assert_true(number_read("18446744073709551615", 0, UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
    assert_true(number_read("0020", 10, 20, &number));
    assert_int_equal(number, 20);
    assert_true(number_read_word("4294967295", 0, UINT32_MAX, &word));
    assert_int_equal(word, UINT32_MAX);
}

static void a_number_is_taken_from_a_text(void) {
    const char *text = "1080p60";
    const char *at = text;
    uint64_t number = 77;
    assert_false(number_take(&at, 1079, &number));
    assert_ptr_equal(at, text);
    assert_int_equal(number, 77);
    assert_true(number_take(&at, 1080, &number));
    assert_string_equal(at, "p60");
    assert_int_equal(number, 1080);
    assert_false(number_take(&at, UINT64_MAX, &number));
    assert_string_equal(at, "p60");
}

static void hexadecimal_digits_are_read_strictly(void) {
    static const char *const bad[] = {"", "12", "12345", "1234567", "123g", "12 4", "+123", "0x12"};
    static const uint8_t wanted[] = {0x0A, 0xBF};
    uint8_t bytes[2] = {7, 7};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(hex_read(bad[i], bytes, 2));
    assert_int_equal(bytes[0] + bytes[1], 14);
    assert_true(hex_read("0aBf", bytes, 2));
    assert_memory_equal(bytes, wanted, 2);
    assert_true(hex_read("", bytes, 0));
}

static void lines_of_ini_texts_are_counted(void) {
    char text[INI_LINE_MAX + 16] = "a\n\nb = 1\r\n";
    char line[200];
    struct ini_lines lines = {.text = text};
    memset(text + 10, 'x', INI_LINE_MAX);
    assert_string_equal(ini_next_line(&lines, line, sizeof line), "a\n");
    assert_string_equal(ini_next_line(&lines, line, sizeof line), "\n");
    assert_string_equal(ini_next_line(&lines, line, sizeof line), "b = 1\r\n");
    assert_non_null(ini_next_line(&lines, line, sizeof line));
    assert_int_equal(strlen(line), INI_LINE_MAX + 1); /* its end is put there */
    assert_int_equal(lines.line, 4);
    assert_null(ini_next_line(&lines, line, sizeof line));
    assert_int_equal(lines.line, 4);
    assert_false(lines.too_long);
}

static void long_lines_of_ini_texts_are_told(void) {
    char text[INI_LINE_MAX + 16] = "a\n";
    char line[200];
    struct ini_lines lines = {.text = text};
    memset(text + 2, 'x', INI_LINE_MAX + 1);
    assert_non_null(ini_next_line(&lines, line, sizeof line));
    assert_null(ini_next_line(&lines, line, sizeof line));
    assert_true(lines.too_long);
    assert_int_equal(lines.line, 2);
    assert_null(ini_next_line(&lines, line, sizeof line));
    assert_int_equal(lines.line, 2);
    lines = (struct ini_lines){.text = "abc"};
    assert_null(ini_next_line(&lines, line, 4)); /* no room for its end */
    assert_true(lines.too_long);
    lines = (struct ini_lines){.text = "abc"};
    assert_string_equal(ini_next_line(&lines, line, 5), "abc\n");
}

static void news_of_a_connector_is_what_has_changed(void) {
    const struct copp_socket_connector_news one = {.losses = 1};
    struct copp_socket_connector_news other = one;
    assert_true(connector_news_same(&one, &other));
    uint32_t *const words[] = {&other.now.hdcp,    &other.now.acp, &other.now.cgmsa,
                               &other.now.devices, &other.losses,  &other.reconfigurations};
    other.now.plugged = true;
    assert_false(connector_news_same(&one, &other));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        other = one;
        ++*words[i];
        assert_false(connector_news_same(&one, &other));
    }
    other = one;
    strcpy(other.now.display, "DEL A07B DELL U2412M");
    assert_false(connector_news_same(&one, &other));
}

static enum copp_result refuse_public_key(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    (void)out;
    return COPP_E_CRYPTO;
}

static void a_test_hierarchy_is_believed_by_its_root_alone(void) {
    static const char *const names[HIERARCHY_KEYS] = {"the driver", "its maker", "the root"};
    struct hierarchy made;
    struct copp_chain *chain;
    struct copp_certificate certificate = {.size = sizeof certificate};
    struct copp_public_key half;
    assert_int_equal(hierarchy_make(names, 150, &made), COPP_OK);
    assert_int_equal(copp_chain_validate((uint8_t *)made.chain_bytes, made.chain_size, &made.anchor, &chain, NULL), COPP_OK);
    for (size_t i = 0; i < HIERARCHY_KEYS; i++) {
        assert_int_equal(copp_chain_certificate(chain, i, &certificate), COPP_OK);
        assert_string_equal(certificate.manufacturer, names[i]);
        assert_string_equal(certificate.security_level, "150");
        assert_int_equal(made.keys[i]->ops->public_key(made.keys[i], &half), COPP_OK);
        assert_true(copp_public_key_equal(&half, &certificate.subject));
    }
    assert_true(copp_public_key_equal(&half, &made.anchor));
    copp_chain_free(&chain);
    const struct copp_public_key another = test_anchor();
    assert_int_equal(copp_chain_validate((uint8_t *)made.chain_bytes, made.chain_size, &another, NULL, NULL), COPP_E_INVALID);
    copp_private_key_free(&made.keys[HIERARCHY_LEAF]); /* taken */
    hierarchy_free(&made);
    hierarchy_free(&made);
    assert_null(made.chain_bytes);
}

static void what_a_hierarchy_cannot_be_made_of_is_told(void) {
    static const char *const names[HIERARCHY_KEYS] = {"the driver", "a \033 character", "the root"};
    static const struct copp_private_key_ops ops = {.size = sizeof ops, .public_key = refuse_public_key};
    struct copp_private_key broken = {&ops};
    struct copp_private_key *const keys[HIERARCHY_KEYS] = {&broken, &broken, &broken};
    struct copp_certificate_request requests[HIERARCHY_KEYS];
    struct hierarchy made;
    assert_int_equal(hierarchy_requests(keys, names, 0, requests), COPP_E_CRYPTO);
    assert_int_equal(hierarchy_make(names, 0, &made), COPP_E_ARGUMENT);
    assert_null(made.chain_bytes);
    hierarchy_free(&made);
}

static void a_test_hierarchy_of_opm_is_believed_by_its_root_alone(void) {
    static const char *const names[OPM_HIERARCHY_KEYS] = {"the driver", "the root"};
    struct opm_hierarchy made;
    struct copp_opm_chain *chain;
    struct copp_public_key half;
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor};
    assert_int_equal(opm_hierarchy_make(names, &made), COPP_OK);
    assert_int_equal(copp_opm_anchor_read(made.root, made.root_size, &anchor), COPP_OK);
    assert_memory_equal(&anchor.key, &made.anchor.key, sizeof anchor.key);
    trust.anchor = &made.anchor;
    assert_int_equal(copp_opm_chain_validate(made.chain_bytes, made.chain_size, &trust, &chain, NULL), COPP_OK);
    assert_int_equal(made.leaf->ops->public_key(made.leaf, &half), COPP_OK);
    assert_true(copp_public_key_equal(&half, copp_opm_chain_leaf_key(chain)));
    for (size_t i = 0; i < OPM_HIERARCHY_KEYS; i++) {
        struct copp_opm_certificate certificate = {.size = sizeof certificate};
        assert_int_equal(copp_opm_chain_certificate(chain, i, &certificate), COPP_OK);
        assert_string_equal(certificate.subject, names[i]);
    }
    copp_opm_chain_free(&chain);
    trust.anchor = copp_opm_anchor_microsoft();
    assert_int_equal(copp_opm_chain_validate(made.chain_bytes, made.chain_size, &trust, NULL, NULL), COPP_E_INVALID);
    opm_hierarchy_free(&made);
    opm_hierarchy_free(&made);
    assert_null(made.leaf);
    assert_null(made.chain_bytes);
}

static void what_a_hierarchy_of_opm_cannot_be_made_of_is_told(void) {
    static const char *const names[OPM_HIERARCHY_KEYS] = {"the driver", "a \033 character"};
    struct opm_hierarchy made;
    assert_int_equal(opm_hierarchy_make(names, &made), COPP_E_ARGUMENT);
    assert_null(made.chain_bytes);
    opm_hierarchy_free(&made);
    assert_null(made.leaf);
}

#ifndef _WIN32
static void closed_standard_streams_are_held(void) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (int fd = 0; fd < 3; fd++)
            (void)close(fd);
        char byte = 0;
        bool held = hold_standard_streams() && open("/dev/null", O_RDONLY) == 3;
        /* as on a closed descriptor */
        held = held && read(0, &byte, 1) < 0 && write(1, &byte, 1) < 0 && write(2, &byte, 1) < 0;
        _exit(!(held && hold_standard_streams() && open("/dev/null", O_RDONLY) == 4)); /* those that are there stay */
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}
#endif

int main(void) {
    static const struct test_case cases[] = {
        TEST(the_clock_goes_on, ""),
        TEST(foreign_text_cannot_steer_a_terminal, ""),
        TEST(letters_of_others_are_shown, ""),
        TEST(numbers_are_read_strictly, ""),
        TEST(a_number_is_taken_from_a_text, ""),
        TEST(hexadecimal_digits_are_read_strictly, ""),
        TEST(a_pin_is_not_shown, ""),
        TEST(lines_of_ini_texts_are_counted, ""),
        TEST(long_lines_of_ini_texts_are_told, ""),
        TEST(news_of_a_connector_is_what_has_changed, ""),
        TEST(a_test_hierarchy_is_believed_by_its_root_alone, "CERT-6 CERT-8 CERT-9"),
        TEST(what_a_hierarchy_cannot_be_made_of_is_told, ""),
        TEST(a_test_hierarchy_of_opm_is_believed_by_its_root_alone, "OPM-CERT-4"),
        TEST(what_a_hierarchy_of_opm_cannot_be_made_of_is_told, ""),
        TEST(files_are_read_and_written_whole, ""),
#ifndef _WIN32
        TEST(parts_and_interruptions_are_gone_through, ""),
        TEST(closed_standard_streams_are_held, ""),
#endif
    };
    return RUN_SUITE("common", cases);
}
