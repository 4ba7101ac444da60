/*
 * A Windows program against copp.dll, both in one process: test_cryptoapi COPP.DLL, or test_cryptoapi --registered where
 * regsvr32 has made the class known. It links nothing of libcopp's.
 */
#include "cryptoapi_client.h"

#include <stdio.h>
#include <string.h>

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

typedef HRESULT(WINAPI *get_class_object)(REFCLSID, REFIID, void **);
typedef HRESULT(WINAPI *can_unload)(void);

static const GUID protection_class = {0x36cd6f7a, 0x7d6c, 0x4c7c, {0x9e, 0x0b, 0x59, 0xb2, 0x1a, 0x40, 0xc3, 0xd1}};
static const GUID set_protection_level = {0x9bb9327c, 0x4eb5, 0x4727, {0x9f, 0x00, 0xb4, 0x2b, 0x09, 0x19, 0xc0, 0xda}};
static const GUID set_signaling = {0x09a631a5, 0xd684, 0x4c60, {0x8e, 0x4d, 0xd3, 0xbb, 0x0f, 0x0b, 0xe3, 0xee}};
static const GUID query_protection_type = {0x38f2a801, 0x9a6c, 0x48bb, {0x91, 0x07, 0xb6, 0x69, 0x6e, 0x6f, 0x17, 0x97}};
static const GUID query_connector_type = {0x81d0bfd5, 0x6afe, 0x48c2, {0x99, 0xc0, 0x95, 0xa0, 0x8f, 0x97, 0xc5, 0xda}};
static const GUID query_local_level = {0xb2075857, 0x3eda, 0x4d5d, {0x88, 0xdb, 0x74, 0x8f, 0x8c, 0x1a, 0x05, 0x49}};
static const GUID query_global_level = {0x1957210a, 0x7766, 0x452a, {0xb9, 0x9a, 0xd2, 0x7a, 0xed, 0x54, 0xf0, 0x3a}};
static const GUID unknown_request = {0x12345678, 0x9abc, 0x4def, {1, 2, 3, 4, 5, 6, 7, 8}};

#define HDCP 1u
#define CONNECTOR_HDMI 5u

static HMODULE server; /* NULL: the registered one */

static IClassFactory *class_factory(void) {
    IClassFactory *factory = NULL;
    if (!server) {
        assert_int_equal(CoGetClassObject(&protection_class, CLSCTX_INPROC_SERVER, NULL, &IID_IClassFactory, (void **)&factory),
                         S_OK);
        return factory;
    }
    get_class_object entry = (get_class_object)(void *)GetProcAddress(server, "DllGetClassObject");
    assert_non_null(entry);
    assert_int_equal(entry(&protection_class, &IID_IClassFactory, (void **)&factory), S_OK);
    return factory;
}

static IAMCertifiedOutputProtection *new_driver(void) {
    IAMCertifiedOutputProtection *driver = NULL;
    IClassFactory *factory = class_factory();
    assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_IAMCertifiedOutputProtection, (void **)&driver), S_OK);
    IClassFactory_Release(factory);
    return driver;
}

/* Nothing of the server's may be left. */
static void assert_all_released(void) {
    if (!server)
        return;
    can_unload entry = (can_unload)(void *)GetProcAddress(server, "DllCanUnloadNow");
    assert_non_null(entry);
    assert_int_equal(entry(), S_OK);
}

static HRESULT set_hdcp(struct client *client, DWORD level) {
    const DWORD data[4] = {HDCP, level, 0, 0};
    return client_command(client, &set_protection_level, data, sizeof data);
}

static DWORD status_data(const AMCOPPStatusOutput *answer) {
    DWORD data;
    memcpy(&data, answer->COPPStatus + 20, sizeof data);
    return data;
}

static DWORD level_of(struct client *client, const GUID *query) {
    AMCOPPStatusOutput answer;
    const DWORD type = HDCP;
    assert_int_equal(client_query(client, query, &type, sizeof type, &answer), S_OK);
    return status_data(&answer);
}

static void whole_session(enum client_form form) {
    struct client client;
    AMCOPPStatusOutput answer;
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(client_start(&client, driver, form), S_OK);
    assert_int_equal(client_query(&client, &query_connector_type, NULL, 0, &answer), S_OK);
    assert_int_equal(status_data(&answer), CONNECTOR_HDMI);
    assert_int_equal(client_query(&client, &query_protection_type, NULL, 0, &answer), S_OK);
    assert_int_equal(status_data(&answer) & HDCP, HDCP);
    assert_int_equal(level_of(&client, &query_local_level), 0);
    assert_int_equal(set_hdcp(&client, 1), S_OK);
    assert_int_equal(level_of(&client, &query_local_level), 1);
    assert_int_equal(level_of(&client, &query_global_level), 1);
    assert_int_equal(set_hdcp(&client, 0), S_OK);
    assert_int_equal(level_of(&client, &query_global_level), 0);
    client_close(&client);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

/* SES-5: both forms that are in the field */
static void swap40_succeeds(void **state) {
    (void)state;
    whole_session(CLIENT_SWAP40);
}

static void swap256_succeeds(void **state) {
    (void)state;
    whole_session(CLIENT_SWAP256);
}

/* SES-5: the page passes the length of the buffer as that of the data, and the other way round */
static void the_pages_code_cannot_encrypt(void **state) {
    (void)state;
    struct client client;
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(client_start(&client, driver, CLIENT_AS_PRINTED), E_FAIL);
    assert_true(client.crypto_error == ERROR_MORE_DATA || client.crypto_error == (DWORD)NTE_BAD_LEN);
    client_close(&client);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

/* SES-5, SES-7, SES-8: with the sizes put right it drops 11 bytes of the random number; one guess is all there is */
static void the_pages_code_mended_is_refused(void **state) {
    (void)state;
    struct client client;
    AMCOPPSignature signature;
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(client_start(&client, driver, CLIENT_ARGUMENTS_MENDED), E_UNEXPECTED);
    memset(&signature, 0, sizeof signature);
    assert_int_equal(IAMCertifiedOutputProtection_SessionSequenceStart(driver, &signature), E_UNEXPECTED);
    client_close(&client);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

static void null_pointers_come_first(void **state) {
    (void)state;
    GUID random;
    BYTE *chain = (BYTE *)&random;
    DWORD size = 7;
    AMCOPPStatusInput input;
    AMCOPPStatusOutput output;
    IAMCertifiedOutputProtection *driver = new_driver();
    memset(&input, 0, sizeof input);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, NULL, &chain, &size), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, &random, NULL, &size), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, &random, &chain, NULL), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_SessionSequenceStart(driver, NULL), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionCommand(driver, NULL), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionStatus(driver, NULL, &output), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionStatus(driver, &input, NULL), E_POINTER);
    assert_ptr_equal(chain, &random);
    assert_int_equal(size, 7);
    assert_int_equal(IAMCertifiedOutputProtection_QueryInterface(driver, &IID_IUnknown, NULL), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

static void calls_out_of_order(void **state) {
    (void)state;
    static AMCOPPCommand command;
    static AMCOPPStatusInput input;
    static AMCOPPStatusOutput output;
    AMCOPPSignature signature;
    struct client client;
    GUID random;
    BYTE *chain = NULL;
    DWORD size = 0;
    memset(&signature, 0, sizeof signature);
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(IAMCertifiedOutputProtection_SessionSequenceStart(driver, &signature), E_UNEXPECTED);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionCommand(driver, &command), E_UNEXPECTED);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionStatus(driver, &input, &output), E_UNEXPECTED);
    assert_int_equal(client_start(&client, driver, CLIENT_SWAP40), S_OK);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, &random, &chain, &size), E_UNEXPECTED);
    assert_null(chain);
    assert_int_equal(IAMCertifiedOutputProtection_SessionSequenceStart(driver, &signature), E_UNEXPECTED);
    assert_int_equal(set_hdcp(&client, 1), S_OK); /* and nothing of that has touched the session */
    client_close(&client);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

/* CMD-2, CMD-3: each wrong in one thing, then right */
static void wrong_commands_change_nothing(void **state) {
    (void)state;
    static AMCOPPCommand good;
    static AMCOPPCommand bad;
    const DWORD data[4] = {HDCP, 1, 0, 0};
    const DWORD no_level[4] = {HDCP, 2, 0, 0};
    struct client client;
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(client_start(&client, driver, CLIENT_SWAP40), S_OK);
    assert_true(client_make_command(&client, &set_protection_level, data, sizeof data, &good));
    bad = good;
    bad.CommandData[4055] ^= 1;
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionCommand(driver, &bad), E_UNEXPECTED);
    bad = good;
    bad.macKDI.Data1 ^= 1;
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionCommand(driver, &bad), E_UNEXPECTED);
    bad = good;
    bad.dwSequence++;
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionCommand(driver, &bad), E_INVALIDARG);
    assert_int_equal(client_command(&client, &unknown_request, data, sizeof data), E_INVALIDARG);
    assert_int_equal(client_command(&client, &set_protection_level, data, 15), E_INVALIDARG);
    assert_int_equal(client_command(&client, &set_signaling, data, sizeof data), E_INVALIDARG);
    assert_int_equal(client_command(&client, &set_protection_level, no_level, sizeof no_level), E_INVALIDARG);
    assert_int_equal(level_of(&client, &query_local_level), 0);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionCommand(driver, &good), S_OK);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionCommand(driver, &good), E_INVALIDARG); /* replayed */
    assert_int_equal(level_of(&client, &query_local_level), 1);
    client_close(&client);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

/* QRY-1, QRY-3 */
static void wrong_queries_write_nothing(void **state) {
    (void)state;
    static AMCOPPStatusInput input;
    static AMCOPPStatusOutput output;
    struct client client;
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(client_start(&client, driver, CLIENT_SWAP256), S_OK);
    memset(&output, 0x5A, sizeof output);
    input.guidStatusRequestID = query_connector_type;
    input.dwSequence = client.status_sequence + 1;
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionStatus(driver, &input, &output), E_INVALIDARG);
    input.dwSequence = client.status_sequence;
    input.cbSizeData = 4;
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionStatus(driver, &input, &output), E_INVALIDARG);
    input.cbSizeData = 0;
    input.guidStatusRequestID = unknown_request;
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionStatus(driver, &input, &output), E_INVALIDARG);
    for (size_t i = 0; i < sizeof output; i++)
        assert_int_equal(((BYTE *)&output)[i], 0x5A);
    assert_int_equal(level_of(&client, &query_local_level), 0);
    client_close(&client);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

/* ARB-2, EVT-5: the last Release gives back what the device held */
static void two_clients_at_once(void **state) {
    (void)state;
    struct client one;
    struct client two;
    IAMCertifiedOutputProtection *first = new_driver();
    IAMCertifiedOutputProtection *second = new_driver();
    assert_int_equal(client_start(&one, first, CLIENT_SWAP40), S_OK);
    assert_int_equal(client_start(&two, second, CLIENT_SWAP256), S_OK);
    assert_int_equal(set_hdcp(&one, 1), S_OK);
    assert_int_equal(level_of(&two, &query_local_level), 0);
    assert_int_equal(level_of(&two, &query_global_level), 1);
    client_close(&one); /* a client that goes without a word */
    assert_int_equal(IAMCertifiedOutputProtection_Release(first), 0);
    assert_int_equal(level_of(&two, &query_global_level), 0);
    client_close(&two);
    assert_int_equal(IAMCertifiedOutputProtection_Release(second), 0);
    assert_all_released();
}

static DWORD WINAPI poll_in_a_thread(void *argument) {
    AMCOPPStatusOutput answer;
    struct client *client = argument;
    for (int i = 0; i < 200; i++) {
        if (client_query(client, &query_connector_type, NULL, 0, &answer) != S_OK)
            return 1;
    }
    return 0;
}

static void clients_in_threads(void **state) {
    (void)state;
    enum { CLIENTS = 4 };
    struct client clients[CLIENTS];
    IAMCertifiedOutputProtection *drivers[CLIENTS];
    HANDLE threads[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        drivers[i] = new_driver();
        assert_int_equal(client_start(&clients[i], drivers[i], CLIENT_SWAP40), S_OK);
    }
    for (int i = 0; i < CLIENTS; i++)
        threads[i] = CreateThread(NULL, 0, poll_in_a_thread, &clients[i], 0, NULL);
    for (int i = 0; i < CLIENTS; i++) {
        DWORD result = 1;
        assert_int_equal(WaitForSingleObject(threads[i], 60000), WAIT_OBJECT_0);
        assert_true(GetExitCodeThread(threads[i], &result));
        assert_int_equal(result, 0);
        CloseHandle(threads[i]);
        client_close(&clients[i]);
        assert_int_equal(IAMCertifiedOutputProtection_Release(drivers[i]), 0);
    }
    assert_all_released();
}

/* An outer object that knows nothing but its count, and hands on to its part. */
struct outer {
    IUnknown unknown;
    IUnknown *part;
    LONG references;
};

static HRESULT STDMETHODCALLTYPE outer_query(IUnknown *unknown, REFIID id, void **out) {
    if (!IsEqualGUID(id, &IID_IUnknown))
        return IUnknown_QueryInterface(((struct outer *)unknown)->part, id, out);
    *out = unknown;
    IUnknown_AddRef(unknown);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE outer_add(IUnknown *unknown) {
    return (ULONG)++((struct outer *)unknown)->references;
}

static ULONG STDMETHODCALLTYPE outer_release(IUnknown *unknown) {
    return (ULONG)--((struct outer *)unknown)->references;
}

static void reference_counts_and_identity(void **state) {
    (void)state;
    static IUnknownVtbl outer_calls = {outer_query, outer_add, outer_release};
    struct outer outer = {{&outer_calls}, NULL, 1};
    IUnknown *unknown = NULL;
    IUnknown *again = NULL;
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(IAMCertifiedOutputProtection_AddRef(driver), 2);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 1);
    assert_int_equal(IAMCertifiedOutputProtection_QueryInterface(driver, &IID_IUnknown, (void **)&unknown), S_OK);
    assert_int_equal(IAMCertifiedOutputProtection_QueryInterface(driver, &IID_IUnknown, (void **)&again), S_OK);
    assert_ptr_equal(unknown, again);
    assert_int_equal(IUnknown_Release(again), 2);
    again = unknown;
    assert_int_equal(IUnknown_QueryInterface(unknown, &IID_IDispatch, (void **)&again), E_NOINTERFACE);
    assert_null(again);
    assert_int_equal(IUnknown_QueryInterface(unknown, &IID_IMarshal, (void **)&again), S_OK);
    assert_int_equal(IUnknown_Release(again), 2);
    assert_int_equal(IUnknown_Release(unknown), 1);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);

    IClassFactory *factory = class_factory();
    assert_int_equal(IClassFactory_CreateInstance(factory, &outer.unknown, &IID_IAMCertifiedOutputProtection, (void **)&driver),
                     E_NOINTERFACE);
    assert_null(driver);
    assert_int_equal(IClassFactory_CreateInstance(factory, &outer.unknown, &IID_IUnknown, (void **)&outer.part), S_OK);
    assert_int_equal(IUnknown_QueryInterface(outer.part, &IID_IAMCertifiedOutputProtection, (void **)&driver), S_OK);
    assert_int_equal(outer.references, 2);
    assert_int_equal(IAMCertifiedOutputProtection_QueryInterface(driver, &IID_IUnknown, (void **)&unknown), S_OK);
    assert_ptr_equal(unknown, &outer.unknown);
    (void)IUnknown_Release(unknown);
    (void)IAMCertifiedOutputProtection_Release(driver);
    assert_int_equal(outer.references, 1);
    assert_int_equal(IUnknown_Release(outer.part), 0);
    IClassFactory_Release(factory);
    assert_all_released();
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swap40_succeeds),
        cmocka_unit_test(swap256_succeeds),
        cmocka_unit_test(the_pages_code_cannot_encrypt),
        cmocka_unit_test(the_pages_code_mended_is_refused),
        cmocka_unit_test(null_pointers_come_first),
        cmocka_unit_test(calls_out_of_order),
        cmocka_unit_test(wrong_commands_change_nothing),
        cmocka_unit_test(wrong_queries_write_nothing),
        cmocka_unit_test(two_clients_at_once),
        cmocka_unit_test(clients_in_threads),
        cmocka_unit_test(reference_counts_and_identity),
    };
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "--registered") != 0) {
        server = LoadLibraryA(argv[1]);
        if (!server) {
            printf("%s cannot be loaded: %lu\n", argv[1], GetLastError());
            return 2;
        }
    }
    if (FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED)))
        return 2;
    int failed = cmocka_run_group_tests_name("cryptoapi", tests, NULL, NULL);
    CoUninitialize();
    return failed;
}
