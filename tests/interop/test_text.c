/*
 * test_text COPP.EXE LIBCOPP-0.DLL COPP.DLL: text that no code page has, on its way into the tool and the driver and out again:
 * the command line, the environment, names of files, pipes, a console. In a directory of its own, whose name is such text. The
 * command that copp protect runs is this program once more: test_text say WORD... says its words.
 */
#define NO_DSHOW_STRSAFE /* it forbids the C library's */
#include "cryptoapi_client.h"

#include <fcntl.h>
#include <io.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define OUTPUT_MAX 65536u

/* Of Japanese, of Latin letters, and of a character that takes two units in UTF-16. */
#define NAME L"\u6620\u753b caf\u00e9 \U00020bb7"
#define NAME_UTF8 "\xe6\x98\xa0\xe7\x94\xbb caf\xc3\xa9 \xf0\xa0\xae\xb7"

static const GUID protection_class = {0x36cd6f7a, 0x7d6c, 0x4c7c, {0x9e, 0x0b, 0x59, 0xb2, 0x1a, 0x40, 0xc3, 0xd1}};
static const WCHAR *server;
static char output[OUTPUT_MAX]; /* of the last run, both streams */

/* --- the tool --- */

static DWORD wait_for(PROCESS_INFORMATION *made) {
    DWORD status = 99;
    CloseHandle(made->hThread);
    assert_int_equal(WaitForSingleObject(made->hProcess, 120000), WAIT_OBJECT_0);
    assert_true(GetExitCodeProcess(made->hProcess, &status));
    CloseHandle(made->hProcess);
    return status;
}

static void start(const WCHAR *arguments, HANDLE out, PROCESS_INFORMATION *made) {
    static WCHAR line[4096];
    STARTUPINFOW how = {.cb = sizeof how, .dwFlags = STARTF_USESTDHANDLES, .hStdOutput = out, .hStdError = out};
    (void)_snwprintf(line, 4096, L"copp.exe %ls", arguments);
    assert_true(CreateProcessW(L"copp.exe", line, NULL, NULL, TRUE, 0, NULL, NULL, &how, made));
}

/* Runs copp.exe, and answers its exit status. */
static DWORD run(const WCHAR *arguments) {
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    PROCESS_INFORMATION made;
    HANDLE from;
    HANDLE to;
    DWORD got = 0;
    size_t size = 0;
    assert_true(CreatePipe(&from, &to, &inherited, 0));
    assert_true(SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0));
    start(arguments, to, &made);
    CloseHandle(to);
    while (size < OUTPUT_MAX - 1 && ReadFile(from, output + size, (DWORD)(OUTPUT_MAX - 1 - size), &got, NULL) && got > 0)
        size += got;
    output[size] = '\0';
    CloseHandle(from);
    return wait_for(&made);
}

#define assert_run(wanted, arguments)                                                                                            \
    do {                                                                                                                         \
        DWORD status_ = run(arguments);                                                                                          \
        if (status_ != (wanted))                                                                                                 \
            print_error("exit status %lu: %s\n", status_, output);                                                               \
        assert_int_equal(status_, wanted);                                                                                       \
    } while (0)

static void assert_said(const char *text) {
    if (!strstr(output, text))
        print_error("\"%s\" is not in: %s\n", text, output);
    assert_non_null(strstr(output, text));
}

static bool is_there(const WCHAR *name) {
    return GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES;
}

static void write_text(const WCHAR *name, const char *text) {
    FILE *file = _wfopen(name, L"wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* --- tests --- */

/* Keys, chain and manufacturer: made, read again, and told in JSON and as text. */
static void chains(void **state) {
    (void)state;
    json_error_t error;
    assert_run(0, L"chain issue --new-keys \"" NAME L" keys\" --manufacturer \"" NAME L"\" -o \"" NAME L".xml\"");
    assert_said(NAME_UTF8 ".xml: a chain of ");
    assert_true(is_there(NAME L".xml"));
    assert_true(is_there(NAME L" keys/root-public.pem"));
    assert_run(0, L"chain verify --anchor \"" NAME L" keys/root-public.pem\" \"" NAME L".xml\"");
    assert_run(0, L"chain show \"" NAME L".xml\"");
    assert_said(NAME_UTF8);
    assert_run(0, L"chain show --json \"" NAME L".xml\"");
    json_t *told = json_loads(output, 0, &error);
    assert_non_null(told);
    assert_string_equal(json_string_value(json_object_get(told, "file")), NAME_UTF8 ".xml");
    json_t *leaf = json_array_get(json_object_get(told, "certificates"), 0);
    assert_string_equal(json_string_value(json_object_get(leaf, "manufacturer")), NAME_UTF8);
    json_decref(told);
    assert_run(0,
               L"chain issue --leaf "
               L"\"" NAME L" keys/leaf.pem\" --ihv \"" NAME L" keys/ihv.pem\" --root \"" NAME L" keys/root.pem\" -o again.xml");
    /* nothing is overwritten, and nothing is left of what could not be made */
    assert_run(2, L"chain issue --new-keys \"" NAME L" keys\" -o other.xml");
    assert_said(NAME_UTF8 " keys/leaf.pem: exists already");
    assert_run(2, L"chain issue --new-keys \"" NAME L" none\" -o \"" NAME L" nowhere/chain.xml\"");
    assert_true(is_there(NAME L" none"));
    assert_false(is_there(NAME L" none/leaf.pem"));
}

/* The library's own files. */
static void revocation_lists(void **state) {
    (void)state;
    assert_run(
        0, L"crl issue --version 7 --signer \"" NAME L" keys/crl.pem\" --root \"" NAME L" keys/root.pem\" -o \"" NAME L".crl\"");
    assert_run(0, L"crl install --anchor \"" NAME L" keys/root-public.pem\" --store \"" NAME L" stored\" \"" NAME L".crl\"");
    assert_true(is_there(NAME L" stored"));
    assert_run(0, L"chain verify --anchor \"" NAME L" keys/root-public.pem\" --crl \"" NAME L" stored\" \"" NAME L".xml\"");
}

/* What is not there is named as it was given. */
static void errors(void **state) {
    (void)state;
    json_error_t error;
    assert_run(2, L"chain show \"" NAME L" none.xml\"");
    assert_said("copp: " NAME_UTF8 " none.xml: cannot be opened");
    assert_run(2, L"chain show --json \"" NAME L" none.xml\"");
    json_t *told = json_loads(strchr(output, '{'), JSON_DISABLE_EOF_CHECK, &error);
    assert_non_null(told);
    assert_string_equal(json_string_value(json_object_get(told, "file")), NAME_UTF8 " none.xml");
    json_decref(told);
    /* half of a character is nothing that has a name */
    assert_run(2, L"chain show \"a\xd842z.xml\"");
    assert_said("word 3 of the command line is not valid Unicode");
}

static void environment(void **state) {
    (void)state;
    assert_true(SetEnvironmentVariableW(L"COPP_DEVICE", NAME));
    assert_run(2, L"status");
    assert_said(NAME_UTF8 ": unknown device");
    assert_true(SetEnvironmentVariableW(L"COPP_DEVICE", L"opm"));
    assert_true(SetEnvironmentVariableW(L"COPP_ANCHOR", NAME L" none.pem"));
    assert_run(2, L"status");
    assert_said(NAME_UTF8 " none.pem: cannot be opened");
    /* a variable that is set but is not text is not the same as none: Microsoft's anchor would then be taken */
    assert_true(SetEnvironmentVariableW(L"COPP_ANCHOR", L"\xd842.pem"));
    assert_run(2, L"status");
    assert_said("\xef\xbf\xbd.pem: cannot be opened");
    assert_true(SetEnvironmentVariableW(L"COPP_ANCHOR", NAME L" keys/root-public.pem"));
    (void)run(L"status"); /* goes on to the driver, of which there may be none */
    assert_null(strstr(output, "cannot be opened"));
    assert_true(SetEnvironmentVariableW(L"COPP_ANCHOR", NULL));
    assert_true(SetEnvironmentVariableW(L"COPP_DEVICE", NULL));
}

#define MARK "\xef\xbb\xbf"

/* Files of the simulated adapter, as an editor of Windows' saves them: with a byte order mark and CR LF. */
static void adapters(void **state) {
    (void)state;
    write_text(NAME L".ini", MARK "[adapter]\r\nbus = pci\r\n[output HDMI-7]\r\ntype = hdmi\r\nprotections = hdcp\r\n"
                                  "modes = 1080p60\r\nksv = b70361f714\r\n");
    write_text(NAME L" events.txt", MARK "unplug HDMI-7\r\n");
    assert_run(0, L"status --json --adapter \"" NAME L".ini\" --events \"" NAME L" events.txt\"");
    assert_said("\"HDMI-7\"");
    assert_said("LinkLost");
}

/* The words of a command arrive as they were given, and what it says is passed on. */
static void commands(void **state) {
    (void)state;
    static WCHAR line[2048];
    WCHAR self[MAX_PATH];
    assert_in_range(GetModuleFileNameW(NULL, self, MAX_PATH), 1, MAX_PATH - 1);
    (void)_snwprintf(line, 2048,
                     L"protect --device embedded --hdcp 1 -- \"%ls\" say \"%ls\" \"\u65e5\u672c\u8a9e\" \"a \\\"b\\\" c\\\\\"",
                     self, NAME);
    assert_run(0, line);
    assert_said("<" NAME_UTF8 "><\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e><a \"b\" c\\>");
    assert_true(CopyFileW(self, NAME L" command.exe", FALSE));
    assert_run(0, L"protect --device embedded --hdcp 1 -- \"" NAME L" command\" say here");
    assert_said("<here>");
}

/* What stands on the console, line after line. */
static const WCHAR *console_text(HANDLE console) {
    static WCHAR text[16384];
    CONSOLE_SCREEN_BUFFER_INFO info;
    DWORD got = 0;
    assert_true(GetConsoleScreenBufferInfo(console, &info));
    DWORD size = (DWORD)info.dwSize.X * (DWORD)(info.dwCursorPosition.Y + 1);
    assert_in_range(size, 1, 16383);
    assert_true(ReadConsoleOutputCharacterW(console, text, size, (COORD){0, 0}, &got));
    text[got] = 0;
    return text;
}

/* A console has the letters themselves, and keeps the code page that it had. */
static void consoles(void **state) {
    (void)state;
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    PROCESS_INFORMATION made;
    (void)FreeConsole();
    assert_true(AllocConsole());
    DWORD access = GENERIC_READ | GENERIC_WRITE;
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE;
    HANDLE console = CreateFileW(L"CONOUT$", access, share, &inherited, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(console, INVALID_HANDLE_VALUE);
    UINT page = GetConsoleOutputCP();
    start(L"chain show \"\u6620\u753b caf\u00e9.xml\"", console, &made);
    assert_int_equal(wait_for(&made), 2);
    /* a wide letter may take two cells, of which each is told */
    const WCHAR *text = console_text(console);
    assert_non_null(wcschr(text, L'\u6620'));
    assert_non_null(wcschr(text, L'\u753b'));
    assert_non_null(wcsstr(text, L" caf\u00e9.xml: cannot be opened"));
    assert_int_equal(GetConsoleOutputCP(), page);
    CloseHandle(console);
    assert_true(FreeConsole());
}

/* The driver's directory. */
static void drivers(void **state) {
    (void)state;
    typedef HRESULT(WINAPI * get_class_object)(REFCLSID, REFIID, void **);
    IClassFactory *factory = NULL;
    IAMCertifiedOutputProtection *driver = NULL;
    struct client client;
    assert_true(CreateDirectoryW(NAME L" driver", NULL));
    assert_true(CopyFileW(NAME L".xml", NAME L" driver/chain.xml", TRUE));
    assert_true(CopyFileW(NAME L" keys/leaf.pem", NAME L" driver/leaf.pem", TRUE));
    assert_true(CopyFileW(NAME L".ini", NAME L" driver/adapter.ini", TRUE));
    assert_true(SetEnvironmentVariableW(L"COPP_DRIVER", NAME L" driver"));
    HMODULE module = LoadLibraryW(server);
    assert_non_null(module);
    get_class_object entry = (get_class_object)(void *)GetProcAddress(module, "DllGetClassObject");
    assert_non_null(entry);
    assert_int_equal(entry(&protection_class, &IID_IClassFactory, (void **)&factory), S_OK);
    assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &iid_protection, (void **)&driver), S_OK);
    assert_int_equal(client_start(&client, driver, CLIENT_SWAP40), S_OK);
    client_close(&client);
    (void)IAMCertifiedOutputProtection_Release(driver);
    (void)IClassFactory_Release(factory);
}

/* --- the command --- */

static int say(int count, WCHAR **words) {
    char text[1024];
    (void)_setmode(1, _O_BINARY);
    for (int i = 0; i < count; i++) {
        if (!WideCharToMultiByte(CP_UTF8, 0, words[i], -1, text, sizeof text, NULL, NULL))
            return 1;
        printf("<%s>", text);
    }
    return 0;
}

/* --- */

/* A directory whose name is such text, with the tool in it; it becomes the current one. */
static bool begin(WCHAR **files, WCHAR *directory) {
    DWORD length = GetTempPathW(MAX_PATH - 64, directory);
    if (length == 0 || length > MAX_PATH - 64)
        return false;
    (void)_snwprintf(directory + length, 64, L"copp-" NAME L"-%lu", (unsigned long)GetCurrentProcessId());
    return CreateDirectoryW(directory, NULL) && SetCurrentDirectoryW(directory) && CopyFileW(files[0], L"copp.exe", TRUE) &&
           CopyFileW(files[1], L"libcopp-0.dll", TRUE);
}

/* DIRECTORY and what is in it, two floors down. */
static void take_away(const WCHAR *directory) {
    WIN32_FIND_DATAW found;
    WCHAR path[2 * MAX_PATH];
    (void)_snwprintf(path, 2 * MAX_PATH, L"%ls\\*", directory);
    HANDLE list = FindFirstFileW(path, &found);
    for (BOOL more = list != INVALID_HANDLE_VALUE; more; more = FindNextFileW(list, &found)) {
        if (wcscmp(found.cFileName, L".") == 0 || wcscmp(found.cFileName, L"..") == 0)
            continue;
        (void)_snwprintf(path, 2 * MAX_PATH, L"%ls\\%ls", directory, found.cFileName);
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
            take_away(path);
        else
            (void)DeleteFileW(path);
    }
    (void)FindClose(list);
    (void)RemoveDirectoryW(directory);
}

int wmain(int argc, WCHAR **argv);

int wmain(int argc, WCHAR **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains),   cmocka_unit_test(revocation_lists), cmocka_unit_test(errors),  cmocka_unit_test(environment),
        cmocka_unit_test(adapters), cmocka_unit_test(commands),         cmocka_unit_test(drivers), cmocka_unit_test(consoles),
    };
    WCHAR before[MAX_PATH];
    WCHAR directory[MAX_PATH];
    WCHAR whole[3][MAX_PATH];
    WCHAR *files[3] = {whole[0], whole[1], whole[2]};
    if (argc > 2 && wcscmp(argv[1], L"say") == 0)
        return say(argc - 2, argv + 2);
    for (int i = 0; i < 3; i++) {
        if (argc != 4 || !GetFullPathNameW(argv[i + 1], MAX_PATH, whole[i], NULL))
            return 2;
    }
    server = whole[2];
    if (!GetCurrentDirectoryW(MAX_PATH, before) || !begin(files, directory) || FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED)))
        return 2;
    int failed = cmocka_run_group_tests_name("text", tests, NULL, NULL);
    CoUninitialize();
    (void)SetCurrentDirectoryW(before);
    take_away(directory);
    return failed;
}
