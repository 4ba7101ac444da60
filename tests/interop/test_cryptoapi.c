/*
 * A Windows program against copp.dll, both in one process: test_cryptoapi COPP.DLL, or test_cryptoapi --registered where
 * regsvr32 has made the class known. It links nothing of libcopp's.
 */
#include "com_server.h"

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

static const GUID set_signaling = {0x09a631a5, 0xd684, 0x4c60, {0x8e, 0x4d, 0xd3, 0xbb, 0x0f, 0x0b, 0xe3, 0xee}};
static const GUID query_protection_type = {0x38f2a801, 0x9a6c, 0x48bb, {0x91, 0x07, 0xb6, 0x69, 0x6e, 0x6f, 0x17, 0x97}};
static const GUID unknown_request = {0x12345678, 0x9abc, 0x4def, {1, 2, 3, 4, 5, 6, 7, 8}};

#define CONNECTOR_HDMI 5u

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
    BYTE *chain_bytes = (BYTE *)&random;
    DWORD size = 7;
    AMCOPPStatusInput input;
    AMCOPPStatusOutput output;
    IAMCertifiedOutputProtection *driver = new_driver();
    memset(&input, 0, sizeof input);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, NULL, &chain_bytes, &size), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, &random, NULL, &size), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, &random, &chain_bytes, NULL), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_SessionSequenceStart(driver, NULL), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionCommand(driver, NULL), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionStatus(driver, NULL, &output), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionStatus(driver, &input, NULL), E_POINTER);
    assert_ptr_equal(chain_bytes, &random);
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
    BYTE *chain_bytes = (BYTE *)&random;
    DWORD size = 7;
    memset(&signature, 0, sizeof signature);
    IAMCertifiedOutputProtection *driver = new_driver();
    assert_int_equal(IAMCertifiedOutputProtection_SessionSequenceStart(driver, &signature), E_UNEXPECTED);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionCommand(driver, &command), E_UNEXPECTED);
    assert_int_equal(IAMCertifiedOutputProtection_ProtectionStatus(driver, &input, &output), E_UNEXPECTED);
    assert_int_equal(client_start(&client, driver, CLIENT_SWAP40), S_OK);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, &random, &chain_bytes, &size), E_UNEXPECTED);
    assert_null(chain_bytes); /* what is handed out is NULL where nothing is */
    assert_int_equal(size, 0);
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

/* What a client does in a thread: answers how often the driver did not answer as it should. */
struct player {
    IAMCertifiedOutputProtection *driver;
    enum client_form form;
    BOOL wrong; /* sends numbers and MACs that are wrong, too */
    HANDLE go;
    int surprises;
};

static int wrong_ops(struct client *client) {
    static const DWORD on[4] = {HDCP, 1, 0, 0};
    AMCOPPStatusOutput answer;
    AMCOPPCommand command;
    int surprises = 0;
    client->status_sequence++;
    surprises += client_query(client, &query_connector_type, NULL, 0, &answer) != E_INVALIDARG;
    client->status_sequence--;
    client->command_sequence--;
    surprises += client_command(client, &set_protection_level, on, sizeof on) != E_INVALIDARG;
    client->command_sequence++;
    surprises += !client_make_command(client, &set_protection_level, on, sizeof on, &command);
    command.macKDI.Data4[7] ^= 1;
    return surprises + (IAMCertifiedOutputProtection_ProtectionCommand(client->driver, &command) != E_UNEXPECTED);
}

static DWORD WINAPI play(void *argument) {
    struct player *player = argument;
    struct client client;
    (void)WaitForSingleObject(player->go, 60000);
    player->surprises = client_start(&client, player->driver, player->form) != S_OK;
    for (int i = 0; i < 50; i++) {
        if (player->wrong)
            player->surprises += wrong_ops(&client);
        player->surprises += set_hdcp(&client, 1) != S_OK;
        player->surprises += level_of(&client, &query_local_level) != 1;
        player->surprises += level_of(&client, &query_global_level) != 1;
        player->surprises += set_hdcp(&client, 0) != S_OK;
        player->surprises += level_of(&client, &query_local_level) != 0;
    }
    client_close(&client);
    return 0;
}

/* CMD-2, QRY-1, ARB-2: four sessions, each in a thread of its own; what is wrong in two of them disturbs none */
static void sessions_in_threads(void **state) {
    (void)state;
    enum { PLAYERS = 4 };
    struct player players[PLAYERS];
    HANDLE threads[PLAYERS];
    HANDLE go = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < PLAYERS; i++) {
        players[i] = (struct player){new_driver(), i < 2 ? CLIENT_SWAP40 : CLIENT_SWAP256, i % 2 == 0, go, 0};
        threads[i] = CreateThread(NULL, 0, play, &players[i], 0, NULL);
        assert_non_null(threads[i]);
    }
    assert_true(SetEvent(go));
    for (int i = 0; i < PLAYERS; i++) {
        assert_int_equal(WaitForSingleObject(threads[i], 120000), WAIT_OBJECT_0);
        assert_int_equal(players[i].surprises, 0);
        assert_int_equal(IAMCertifiedOutputProtection_Release(players[i].driver), 0);
        CloseHandle(threads[i]);
    }
    CloseHandle(go);
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
    static IUnknownVtbl outer_ops = {outer_query, outer_add, outer_release};
    struct outer outer = {{&outer_ops}, NULL, 1};
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
    assert_int_equal(IClassFactory_CreateInstance(factory, &outer.unknown, &iid_protection, (void **)&driver), E_NOINTERFACE);
    assert_null(driver);
    assert_int_equal(IClassFactory_CreateInstance(factory, &outer.unknown, &IID_IUnknown, (void **)&outer.part), S_OK);
    assert_int_equal(IUnknown_QueryInterface(outer.part, &iid_protection, (void **)&driver), S_OK);
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

/* --- counting --- */

static int begin_counting(void **state) {
    (void)state;
    return counting_begin() ? 0 : -1;
}

/* What the driver hands out is all given back, and it keeps nothing: the chain above all. */
static int end_counting(void **state) {
    (void)state;
    LONG left = counting_blocks();
    if (left != 0)
        printf("%ld blocks of COM's allocator are left\n", left);
    return counting_end() && left == 0 ? 0 : -1;
}

/* The count itself: a chain that nobody frees is seen. */
static void a_chain_is_counted(void **state) {
    (void)state;
    GUID random;
    BYTE *chain_bytes = NULL;
    DWORD size = 0;
    IAMCertifiedOutputProtection *driver = new_driver();
    LONG before = counting_blocks();
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, &random, &chain_bytes, &size), S_OK);
    assert_int_equal(counting_blocks(), before + 1);
    CoTaskMemFree(chain_bytes);
    assert_int_equal(counting_blocks(), before);
    assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    assert_all_released();
}

/* The C library's heap: caches may fill in the first round, but what a round leaves behind adds up. */
static void nothing_adds_up(void **state) {
    enum { ROUNDS = 20 };
    size_t before = 0;
    for (int i = 0; i <= ROUNDS; i++) {
        if (i == 1)
            before = heap_blocks();
        swap40_succeeds(state);
        the_pages_code_mended_is_refused(state);
        null_pointers_come_first(state);
        calls_out_of_order(state);
        wrong_commands_change_nothing(state);
        wrong_queries_write_nothing(state);
        two_clients_at_once(state);
    }
    assert_true(heap_blocks() < before + ROUNDS);
}

#define COUNTED(test) cmocka_unit_test_setup_teardown(test, begin_counting, end_counting)

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        COUNTED(swap40_succeeds),
        COUNTED(swap256_succeeds),
        COUNTED(the_pages_code_cannot_encrypt),
        COUNTED(the_pages_code_mended_is_refused),
        COUNTED(null_pointers_come_first),
        COUNTED(calls_out_of_order),
        COUNTED(wrong_commands_change_nothing),
        COUNTED(wrong_queries_write_nothing),
        COUNTED(two_clients_at_once),
        COUNTED(sessions_in_threads),
        COUNTED(reference_counts_and_identity),
        COUNTED(a_chain_is_counted),
        cmocka_unit_test(nothing_adds_up),
    };
    if (argc != 2 || !server_open(argv[1]))
        return 2;
    if (FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED)))
        return 2;
    int failed = cmocka_run_group_tests_name("cryptoapi", tests, NULL, NULL);
    CoUninitialize();
    return failed;
}
