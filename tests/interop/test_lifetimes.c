/*
 * What is left of a client that dies: test_lifetimes COPP.DLL, or test_lifetimes --registered. HDCP takes its time here, so
 * that a client can die in the middle of a command. The clients whose process dies are this program once more:
 * test_lifetimes COPP.DLL ROLE.
 */
#include "com_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define PATIENCE_MS 60000u /* what takes that long hangs */

static const char *server_path;

/* --- a driver whose HDCP needs 300 ms --- */

static void driver_path(const char *directory, const char *name, char *path) {
    assert_in_range(snprintf(path, MAX_PATH, "%s\\%s", directory, name), 1, MAX_PATH - 1);
}

static void make_slow_driver(char *directory) {
    static const char text[] = "[adapter]\nbus = pci\n[output HDMI-1]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\n"
                               "ksv = b70361f714\nhdcp_delay = 300\n";
    static const char *const names[] = {"chain.xml", "leaf.pem"};
    char from[MAX_PATH];
    char to[MAX_PATH];
    char temporary[MAX_PATH];
    const char *given = getenv("COPP_DRIVER");
    assert_non_null(given);
    assert_in_range(GetTempPathA(MAX_PATH - 64, temporary), 1, MAX_PATH - 64);
    (void)snprintf(directory, MAX_PATH, "%scopp-lifetimes-%lu", temporary, GetCurrentProcessId());
    assert_true(CreateDirectoryA(directory, NULL));
    for (size_t i = 0; i < 2; i++) {
        driver_path(given, names[i], from);
        driver_path(directory, names[i], to);
        assert_true(CopyFileA(from, to, TRUE));
    }
    driver_path(directory, "adapter.ini", to);
    FILE *file = fopen(to, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, sizeof text - 1, file), sizeof text - 1);
    assert_int_equal(fclose(file), 0);
    assert_true(SetEnvironmentVariableA("COPP_DRIVER", directory));
}

static void remove_slow_driver(const char *directory) {
    static const char *const names[] = {"chain.xml", "leaf.pem", "adapter.ini"};
    char path[MAX_PATH];
    for (size_t i = 0; i < 3; i++) {
        driver_path(directory, names[i], path);
        (void)DeleteFileA(path);
    }
    (void)RemoveDirectoryA(directory);
}

/* --- threads that die --- */

/* One object and its client, made in a thread of its own. */
struct made {
    IAMCertifiedOutputProtection *driver;
    struct client client;
    IStream *stream; /* the pointer on its way to another apartment */
    HANDLE done; /* set: the thread may end */
    int surprises;
};

static void run_thread(LPTHREAD_START_ROUTINE start, void *argument) {
    HANDLE thread = CreateThread(NULL, 0, start, argument, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
}

/* A session that holds HDCP, in an apartment of its own; neither Release nor CoUninitialize. */
static DWORD WINAPI die_with_a_session(void *argument) {
    struct made *made = argument;
    made->surprises += FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED));
    made->driver = new_driver();
    made->surprises += client_start(&made->client, made->driver, CLIENT_SWAP40) != S_OK;
    made->surprises += set_hdcp(&made->client, 1) != S_OK;
    return 0;
}

/* The device is the object's, not the thread's: it ends with the last Release, whoever calls it. EVT-5 */
static void a_dead_threads_device_lives_until_its_release(void **state) {
    (void)state;
    struct made made = {.driver = NULL};
    struct client witness;
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(client_start(&witness, driver, CLIENT_SWAP256), S_OK);
    run_thread(die_with_a_session, &made);
    assert_int_equal(made.surprises, 0);
    assert_int_equal(level_of(&witness, &query_global_level), 1);
    assert_int_equal(level_of(&made.client, &query_local_level), 1);
    client_close(&made.client);
    assert_int_equal(IAMCertifiedOutputProtection_Release(made.driver), 0);
    assert_int_equal(level_of(&witness, &query_global_level), 0);
    client_close(&witness);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

static DWORD WINAPI raise_hdcp(void *argument) {
    struct made *made = argument;
    made->surprises += set_hdcp(&made->client, 1) != S_OK;
    return 0;
}

/* CMD-6: a call on a device waits for the command that is pending on it; other devices do not. */
static void calls_during_a_pending_command(void **state) {
    (void)state;
    GUID random;
    BYTE *chain_bytes = NULL;
    DWORD size = 0;
    struct made made = {.driver = new_driver()};
    struct client other;
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(client_start(&made.client, made.driver, CLIENT_SWAP40), S_OK);
    assert_int_equal(client_start(&other, driver, CLIENT_SWAP40), S_OK);
    HANDLE thread = CreateThread(NULL, 0, raise_hdcp, &made, 0, NULL);
    assert_non_null(thread);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(level_of(&other, &query_local_level), 0);
        assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(made.driver, &random, &chain_bytes, &size), E_UNEXPECTED);
    }
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    assert_int_equal(made.surprises, 0);
    assert_int_equal(level_of(&made.client, &query_local_level), 1);
    client_close(&made.client);
    client_close(&other);
    assert_int_equal(IAMCertifiedOutputProtection_Release(made.driver), 0);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

/* --- apartments --- */

static DWORD WINAPI marshal(void *argument) {
    struct made *made = argument;
    IUnknown *unknown = NULL;
    made->surprises += FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED));
    made->driver = new_driver();
    made->surprises += IAMCertifiedOutputProtection_QueryInterface(made->driver, &IID_IUnknown, (void **)&unknown) != S_OK;
    made->surprises += CoMarshalInterThreadInterfaceInStream(&iid_protection, unknown, &made->stream) != S_OK;
    (void)IUnknown_Release(unknown);
    (void)SetEvent(made->done);
    return 0; /* without CoUninitialize: the apartment dies with its thread */
}

static DWORD WINAPI unmarshal(void *argument) {
    struct made *made = argument;
    IAMCertifiedOutputProtection *driver = NULL;
    made->surprises += FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED));
    made->surprises += CoGetInterfaceAndReleaseStream(made->stream, &iid_protection, (void **)&driver) != S_OK;
    made->surprises += driver != made->driver; /* no proxy: the object itself */
    made->surprises += client_start(&made->client, driver, CLIENT_SWAP40) != S_OK;
    made->surprises += set_hdcp(&made->client, 1) != S_OK;
    client_close(&made->client);
    made->surprises += IAMCertifiedOutputProtection_Release(driver) != 1;
    CoUninitialize();
    return 0;
}

/* ThreadingModel Both: from one single-threaded apartment to another, and to the multithreaded one */
static void pointers_cross_apartments(void **state) {
    (void)state;
    IAMCertifiedOutputProtection *here = NULL;
    for (int to_this = 0; to_this < 2; to_this++) {
        struct made made = {.done = CreateEventA(NULL, TRUE, FALSE, NULL)};
        run_thread(marshal, &made);
        assert_int_equal(made.surprises, 0);
        if (to_this) {
            assert_int_equal(CoGetInterfaceAndReleaseStream(made.stream, &iid_protection, (void **)&here), S_OK);
            assert_ptr_equal(here, made.driver);
            assert_int_equal(IAMCertifiedOutputProtection_Release(here), 1);
        } else {
            run_thread(unmarshal, &made);
            assert_int_equal(made.surprises, 0);
        }
        assert_int_equal(IAMCertifiedOutputProtection_Release(made.driver), 0);
        CloseHandle(made.done);
    }
    assert_all_released();
}

static const LARGE_INTEGER start_of_stream = {.QuadPart = 0};

/* A pointer that is on its way when its receiver dies */
static void a_pointer_nobody_takes(void **state) {
    (void)state;
    struct made made = {.done = CreateEventA(NULL, TRUE, FALSE, NULL)};
    run_thread(marshal, &made);
    assert_int_equal(made.surprises, 0);
    assert_int_equal(IAMCertifiedOutputProtection_Release(made.driver), 1);
    assert_int_equal(IStream_Seek(made.stream, start_of_stream, STREAM_SEEK_SET, NULL), S_OK);
    assert_int_equal(CoReleaseMarshalData(made.stream), S_OK);
    assert_int_equal(IStream_Release(made.stream), 0);
    CloseHandle(made.done);
    assert_all_released();
}

/* There is no proxy for the interface, so no client in another process: COM says so before anything is open. */
static void no_client_in_another_process(void **state) {
    (void)state;
    IStream *stream = NULL;
    IAMCertifiedOutputProtection *driver = new_driver();
    IUnknown *unknown = NULL;
    assert_int_equal(IAMCertifiedOutputProtection_QueryInterface(driver, &IID_IUnknown, (void **)&unknown), S_OK);
    assert_int_equal(CreateStreamOnHGlobal(NULL, TRUE, &stream), S_OK);
    assert_true(FAILED(CoMarshalInterface(stream, &iid_protection, unknown, MSHCTX_LOCAL, NULL, MSHLFLAGS_NORMAL)));
    assert_int_equal(IStream_Release(stream), 0);
    assert_int_equal(IUnknown_Release(unknown), 1);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
    driver = NULL;
    assert_true(FAILED(CoCreateInstance(&protection_class, NULL, CLSCTX_LOCAL_SERVER, &iid_protection, (void **)&driver)));
    assert_null(driver);
}

/* The registered server says truly whether it is in use, and stays loaded: as often as it is freed, the process has as much left. */
static void stays_loaded(void **state) {
    typedef HRESULT(WINAPI * can_unload)(void);
    (void)state;
    if (!server_is_registered())
        return;
    for (int i = 0; i < 2; i++) {
        struct client client;
        IAMCertifiedOutputProtection *driver = new_driver();
        HMODULE server = GetModuleHandleA("copp.dll");
        can_unload entry = server ? (can_unload)(void *)GetProcAddress(server, "DllCanUnloadNow") : (can_unload)NULL;
        assert_non_null(entry);
        assert_int_equal(client_start(&client, driver, CLIENT_SWAP40), S_OK);
        client_close(&client);
        assert_int_equal(entry(), S_FALSE);
        assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
        assert_int_equal(entry(), S_OK);
        DWORD slot = TlsAlloc();
        assert_true(TlsFree(slot));
        CoFreeUnusedLibrariesEx(0, 0); /* the first call notes that it is unused, the second frees it */
        CoFreeUnusedLibrariesEx(0, 0);
        assert_ptr_equal(GetModuleHandleA("copp.dll"), server);
        driver = new_driver();
        assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
        assert_int_equal(TlsAlloc(), slot);
        assert_true(TlsFree(slot));
    }
}

/* --- processes that die --- */

static DWORD WINAPI talk_for_ever(void *argument) {
    struct made *made = argument;
    for (;;)
        (void)level_of(&made->client, &query_local_level);
    return 0;
}

/* 0x5000 and more: how far a role got. ExitProcess takes the others' threads away wherever they are. */
static UINT play_role(const char *role) {
    static struct made made;
    made.driver = new_driver();
    if (strcmp(role, "no-driver") == 0) {
        GUID random;
        BYTE *chain_bytes = (BYTE *)&random;
        DWORD size = 7;
        HRESULT hr = IAMCertifiedOutputProtection_KeyExchange(made.driver, &random, &chain_bytes, &size);
        (void)IAMCertifiedOutputProtection_Release(made.driver);
        return hr == VFW_E_NO_COPP_HW && !chain_bytes && size == 0 ? 0x5000 : 1;
    }
    if (client_start(&made.client, made.driver, CLIENT_SWAP40) != S_OK)
        return 2;
    BOOL busy = strcmp(role, "busy") == 0;
    if (!busy && strcmp(role, "session") != 0 && !CreateThread(NULL, 0, raise_hdcp, &made, 0, NULL))
        return 3;
    for (int i = 0; busy && i < 4; i++) {
        static struct made more[4];
        more[i].driver = new_driver();
        if (client_start(&more[i].client, more[i].driver, CLIENT_SWAP40) != S_OK ||
            !CreateThread(NULL, 0, talk_for_ever, &more[i], 0, NULL))
            return 4;
    }
    Sleep(100); /* the other threads are at it */
    if (strcmp(role, "killed") == 0)
        (void)TerminateProcess(GetCurrentProcess(), 0x5001);
    if (strcmp(role, "release-late") == 0) {
        HMODULE last = LoadLibraryA("last_release.dll"); /* beside this program */
        void (*hold)(void *) = last ? (void (*)(void *))(void *)GetProcAddress(last, "hold") : NULL;
        if (!hold)
            return 5;
        hold(made.driver);
    }
    return 0x5000;
}

static void assert_role_ends(const char *role, DWORD wanted) {
    char program[MAX_PATH];
    char line[3 * MAX_PATH];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    DWORD status = 0;
    assert_in_range(GetModuleFileNameA(NULL, program, MAX_PATH), 1, MAX_PATH - 1);
    (void)snprintf(line, sizeof line, "\"%s\" \"%s\" %s", program, server_path, role);
    assert_true(CreateProcessA(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process));
    DWORD waited = WaitForSingleObject(process.hProcess, PATIENCE_MS);
    if (waited != WAIT_OBJECT_0)
        (void)TerminateProcess(process.hProcess, 9);
    assert_int_equal(waited, WAIT_OBJECT_0);
    assert_true(GetExitCodeProcess(process.hProcess, &status));
    assert_int_equal(status, wanted);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
}

static void processes_that_end(void **state) {
    (void)state;
    assert_role_ends("session", 0x5000); /* holding HDCP's device */
    assert_role_ends("pending", 0x5000); /* in the middle of a command */
    for (int i = 0; i < 5; i++)
        assert_role_ends("busy", 0x5000); /* with the adapter's lock held, more likely than not */
    assert_role_ends("killed", 0x5001);
    assert_role_ends("release-late", 0x5002); /* by a thread that finds the lock held by one that is gone */
}

/* Wrong directories and outputs are a driver without COPP. */
static void processes_without_a_driver(void **state) {
    (void)state;
    char given[MAX_PATH];
    assert_in_range(GetEnvironmentVariableA("COPP_DRIVER", given, sizeof given), 1, sizeof given - 1);
    assert_true(SetEnvironmentVariableA("COPP_DRIVER", "Z:\\nowhere\\at all"));
    assert_role_ends("no-driver", 0x5000);
    assert_true(SetEnvironmentVariableA("COPP_DRIVER", given));
    assert_true(SetEnvironmentVariableA("COPP_OUTPUT", "HDMI-2"));
    assert_role_ends("no-driver", 0x5000);
    assert_true(SetEnvironmentVariableA(
        "COPP_OUTPUT", "a-name-that-is-longer-than-an-output-of-any-adapter-can-ever-have-and-then-some-more-letters"));
    assert_role_ends("no-driver", 0x5000);
    assert_true(SetEnvironmentVariableA("COPP_OUTPUT", NULL));
    assert_role_ends("session", 0x5000);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_threads_device_lives_until_its_release),
        cmocka_unit_test(calls_during_a_pending_command),
        cmocka_unit_test(pointers_cross_apartments),
        cmocka_unit_test(a_pointer_nobody_takes),
        cmocka_unit_test(no_client_in_another_process),
        cmocka_unit_test(stays_loaded),
        cmocka_unit_test(processes_that_end),
        cmocka_unit_test(processes_without_a_driver),
    };
    char directory[MAX_PATH];
    if (argc < 2 || !server_open(argv[1]) || FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED)))
        return 2;
    if (argc == 3)
        ExitProcess(play_role(argv[2]));
    server_path = argv[1];
    make_slow_driver(directory);
    int failed = cmocka_run_group_tests_name("lifetimes", tests, NULL, NULL);
    remove_slow_driver(directory);
    CoUninitialize();
    return failed;
}
