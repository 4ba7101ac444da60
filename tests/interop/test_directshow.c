/*
 * Microsoft's page "Testing whether a graphics driver supports COPP", with copp.dll registered: a filter graph that
 * renders an uncompressed AVI file through each renderer that a player can name, and through the one that the graph itself
 * creates where it names none, and a whole session with what the renderer answers.
 * test_directshow --slow: the driver's HDCP takes seconds. test_directshow --evr: the enhanced video renderer, in a process of
 * its own.
 */
#include "cryptoapi_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vfw.h>

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define FILE_NAME "copp-test.avi"
#define WIDTH 32
#define HEIGHT 32
#define FRAMES 10

static const GUID vmr7 = {0xb87beb7b, 0x8d29, 0x423f, {0xae, 0x4d, 0x65, 0x82, 0xc1, 0x01, 0x75, 0xac}};
static const GUID vmr9 = {0x51b4abf3, 0x748f, 0x4e3b, {0xa2, 0x76, 0xc8, 0x28, 0x33, 0x0e, 0x92, 0x6a}};
static const GUID evr = {0xfa10746c, 0x9b63, 0x4b6c, {0xbc, 0x49, 0xfc, 0x30, 0x0e, 0xa5, 0xf2, 0x56}};
static const GUID renderer_default = {0x6bc1cffa, 0x8fc1, 0x4261, {0xac, 0x22, 0xcf, 0xb4, 0xcc, 0x38, 0xdb, 0x50}};
static const GUID renderer_old = {0x70e102b0, 0x5556, 0x11ce, {0x97, 0xc0, 0x00, 0xaa, 0x00, 0x55, 0x59, 0x5a}};
static const GUID set_protection_level = {0x9bb9327c, 0x4eb5, 0x4727, {0x9f, 0x00, 0xb4, 0x2b, 0x09, 0x19, 0xc0, 0xda}};
static const GUID query_global_level = {0x1957210a, 0x7766, 0x452a, {0xb9, 0x9a, 0xd2, 0x7a, 0xed, 0x54, 0xf0, 0x3a}};

/* Ten grey pictures of 32 by 32. Wine 10 hands RGB on top down, and its VMR-7 does not take that. */
static void write_avi(void) {
    static BYTE picture[WIDTH * HEIGHT * 2];
    IAVIFile *file = NULL;
    IAVIStream *stream = NULL;
    AVISTREAMINFOW info = {.fccType = streamtypeVIDEO, .dwScale = 1, .dwRate = 10, .dwSuggestedBufferSize = sizeof picture};
    BITMAPINFOHEADER format = {sizeof format, WIDTH, HEIGHT, 1, 16, MAKEFOURCC('Y', 'U', 'Y', '2'), sizeof picture, 0, 0, 0, 0};
    memset(picture, 0x80, sizeof picture);
    AVIFileInit();
    assert_int_equal(AVIFileOpenA(&file, FILE_NAME, OF_WRITE | OF_CREATE, NULL), 0);
    assert_int_equal(AVIFileCreateStreamW(file, &stream, &info), 0);
    assert_int_equal(AVIStreamSetFormat(stream, 0, &format, sizeof format), 0);
    for (LONG i = 0; i < FRAMES; i++)
        assert_int_equal(AVIStreamWrite(stream, i, 1, picture, sizeof picture, AVIIF_KEYFRAME, NULL, NULL), 0);
    (void)AVIStreamRelease(stream);
    (void)AVIFileRelease(file);
    AVIFileExit();
}

static void session_with(IAMCertifiedOutputProtection *driver) {
    const DWORD level[4] = {1, 1, 0, 0};
    const DWORD type = 1;
    struct client client;
    AMCOPPStatusOutput answer;
    DWORD data;
    assert_int_equal(client_start(&client, driver, CLIENT_SWAP40), S_OK);
    assert_int_equal(client_command(&client, &set_protection_level, level, sizeof level), S_OK);
    assert_int_equal(client_query(&client, &query_global_level, &type, sizeof type, &answer), S_OK);
    memcpy(&data, answer.COPPStatus + 20, sizeof data);
    assert_int_equal(data, 1);
    client_close(&client);
}

/* Before there is a picture there is no output. */
static void refused(IAMCertifiedOutputProtection *driver) {
    GUID random;
    BYTE *chain_bytes = (BYTE *)&random;
    DWORD size = 7;
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, NULL, &chain_bytes, &size), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, &random, &chain_bytes, &size), VFW_E_NO_COPP_HW);
    assert_null(chain_bytes);
    assert_int_equal(size, 0);
}

/* One object, whichever of its interfaces is asked (COM's rule of identity). */
static void same_object(IBaseFilter *renderer, IAMCertifiedOutputProtection *driver) {
    IUnknown *one = NULL;
    IUnknown *two = NULL;
    IBaseFilter *again = NULL;
    assert_int_equal(IBaseFilter_QueryInterface(renderer, &IID_IUnknown, (void **)&one), S_OK);
    assert_int_equal(IAMCertifiedOutputProtection_QueryInterface(driver, &IID_IUnknown, (void **)&two), S_OK);
    assert_ptr_equal(one, two);
    (void)IUnknown_Release(one);
    (void)IUnknown_Release(two);
    assert_int_equal(IAMCertifiedOutputProtection_QueryInterface(driver, &IID_IBaseFilter, (void **)&again), S_OK);
    assert_ptr_equal(renderer, again);
    (void)IBaseFilter_Release(again);
}

static void renderer_protects(const GUID *class_id) {
    IGraphBuilder *graph = NULL;
    IBaseFilter *renderer = NULL;
    IMediaControl *control = NULL;
    IAMCertifiedOutputProtection *driver = NULL;
    assert_int_equal(CoCreateInstance(&CLSID_FilterGraph, NULL, CLSCTX_INPROC_SERVER, &IID_IGraphBuilder, (void **)&graph), S_OK);
    assert_int_equal(CoCreateInstance(class_id, NULL, CLSCTX_INPROC_SERVER, &IID_IBaseFilter, (void **)&renderer), S_OK);
    assert_int_equal(IGraphBuilder_AddFilter(graph, renderer, L"renderer"), S_OK);
    assert_int_equal(IBaseFilter_QueryInterface(renderer, &iid_protection, (void **)&driver), S_OK);
    same_object(renderer, driver);
    refused(driver);
    assert_true(SUCCEEDED(IGraphBuilder_RenderFile(graph, L"copp-test.avi", NULL)));
    session_with(driver);
    assert_int_equal(IGraphBuilder_QueryInterface(graph, &IID_IMediaControl, (void **)&control), S_OK);
    assert_true(SUCCEEDED(IMediaControl_Run(control)));
    assert_int_equal(IMediaControl_Stop(control), S_OK);
    (void)IMediaControl_Release(control);

    assert_int_equal(IGraphBuilder_RemoveFilter(graph, renderer), S_OK); /* which disconnects it */
    refused(driver);
    (void)IAMCertifiedOutputProtection_Release(driver);
    assert_int_equal(IBaseFilter_Release(renderer), 0);
    assert_int_equal(IGraphBuilder_Release(graph), 0);
}

/* The graph's renderer that has the driver's interface. */
static IAMCertifiedOutputProtection *find_driver(IGraphBuilder *graph) {
    IEnumFilters *filters = NULL;
    IBaseFilter *filter = NULL;
    IAMCertifiedOutputProtection *driver = NULL;
    assert_int_equal(IGraphBuilder_EnumFilters(graph, &filters), S_OK);
    while (!driver && IEnumFilters_Next(filters, 1, &filter, NULL) == S_OK) {
        (void)IBaseFilter_QueryInterface(filter, &iid_protection, (void **)&driver);
        (void)IBaseFilter_Release(filter);
    }
    (void)IEnumFilters_Release(filters);
    return driver;
}

/* A player that leaves it to the graph which renderer there is. */
static void graph_by_itself_protects(void **state) {
    (void)state;
    IGraphBuilder *graph = NULL;
    assert_int_equal(CoCreateInstance(&CLSID_FilterGraph, NULL, CLSCTX_INPROC_SERVER, &IID_IGraphBuilder, (void **)&graph), S_OK);
    assert_true(SUCCEEDED(IGraphBuilder_RenderFile(graph, L"copp-test.avi", NULL)));
    IAMCertifiedOutputProtection *driver = find_driver(graph);
    assert_non_null(driver);
    session_with(driver);
    (void)IAMCertifiedOutputProtection_Release(driver);
    assert_int_equal(IGraphBuilder_Release(graph), 0);
}

/* COPP_UNCONNECTED=1, and nothing else, lets a driver answer on a renderer that shows nothing. */
static void unconnected_where_it_is_allowed(void **state) {
    (void)state;
    static const GUID *const classes[] = {&vmr9, &vmr7, &evr, &renderer_default, &renderer_old};
    static const WCHAR *const others[] = {L"0", L"", L"10", L"yes", NULL};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        IAMCertifiedOutputProtection *driver = NULL;
        assert_int_equal(CoCreateInstance(classes[i], NULL, CLSCTX_INPROC_SERVER, &iid_protection, (void **)&driver), S_OK);
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
            assert_true(SetEnvironmentVariableW(L"COPP_UNCONNECTED", others[k]) || !others[k]);
            refused(driver);
        }
        assert_true(SetEnvironmentVariableW(L"COPP_UNCONNECTED", L"1"));
        session_with(driver);
        assert_true(SetEnvironmentVariableW(L"COPP_UNCONNECTED", NULL));
        refused(driver);
        assert_int_equal(IAMCertifiedOutputProtection_Release(driver), 0);
    }
}

/* --- with a driver whose HDCP takes seconds --- */

static DWORD WINAPI raise_hdcp(void *client) {
    const DWORD level[4] = {1, 1, 0, 0};
    return (DWORD)client_command(client, &set_protection_level, level, sizeof level);
}

/* The device of a renderer that is disconnected meanwhile is closed when its command has ended, and not before. CMD-6 */
static void disconnected_while_pending(void **state) {
    (void)state;
    IGraphBuilder *graph = NULL;
    IBaseFilter *renderer = NULL;
    IAMCertifiedOutputProtection *driver = NULL;
    struct client client;
    DWORD result = 7;
    assert_int_equal(CoCreateInstance(&CLSID_FilterGraph, NULL, CLSCTX_INPROC_SERVER, &IID_IGraphBuilder, (void **)&graph), S_OK);
    assert_int_equal(CoCreateInstance(&vmr9, NULL, CLSCTX_INPROC_SERVER, &IID_IBaseFilter, (void **)&renderer), S_OK);
    assert_int_equal(IGraphBuilder_AddFilter(graph, renderer, L"renderer"), S_OK);
    assert_int_equal(IBaseFilter_QueryInterface(renderer, &iid_protection, (void **)&driver), S_OK);
    assert_true(SUCCEEDED(IGraphBuilder_RenderFile(graph, L"copp-test.avi", NULL)));
    assert_int_equal(client_start(&client, driver, CLIENT_SWAP40), S_OK);
    HANDLE thread = CreateThread(NULL, 0, raise_hdcp, &client, 0, NULL);
    assert_non_null(thread);
    Sleep(500); /* it waits; where it does not yet, it finds no device */
    assert_int_equal(IGraphBuilder_RemoveFilter(graph, renderer), S_OK);
    refused(driver);
    assert_int_equal(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &result));
    assert_true((HRESULT)result == S_OK || (HRESULT)result == VFW_E_NO_COPP_HW);
    CloseHandle(thread);
    client_close(&client);
    (void)IAMCertifiedOutputProtection_Release(driver);
    assert_int_equal(IBaseFilter_Release(renderer), 0);
    assert_int_equal(IGraphBuilder_Release(graph), 0);
}

static void vmr9_protects(void **state) {
    (void)state;
    renderer_protects(&vmr9);
}

static void vmr7_protects(void **state) {
    (void)state;
    renderer_protects(&vmr7);
}

/* It is left connected: Wine's own EVR 8.0 crashes as it shows a picture, and as it is disconnected. */
static void evr_protects(void **state) {
    (void)state;
    IGraphBuilder *graph = NULL;
    IBaseFilter *renderer = NULL;
    IAMCertifiedOutputProtection *driver = NULL;
    assert_int_equal(CoCreateInstance(&CLSID_FilterGraph, NULL, CLSCTX_INPROC_SERVER, &IID_IGraphBuilder, (void **)&graph), S_OK);
    assert_int_equal(CoCreateInstance(&evr, NULL, CLSCTX_INPROC_SERVER, &IID_IBaseFilter, (void **)&renderer), S_OK);
    assert_int_equal(IGraphBuilder_AddFilter(graph, renderer, L"renderer"), S_OK);
    assert_int_equal(IBaseFilter_QueryInterface(renderer, &iid_protection, (void **)&driver), S_OK);
    same_object(renderer, driver);
    refused(driver);
    assert_true(SUCCEEDED(IGraphBuilder_RenderFile(graph, L"copp-test.avi", NULL)));
    session_with(driver);
    (void)IAMCertifiedOutputProtection_Release(driver);
    assert_true(IBaseFilter_Release(renderer) > 0);
}

static void default_renderer_protects(void **state) {
    (void)state;
    renderer_protects(&renderer_default);
}

static void old_renderer_protects(void **state) {
    (void)state;
    renderer_protects(&renderer_old);
}

/* --- the enhanced video renderer's process --- */

static HANDLE named_event(const char *what, DWORD process) {
    char name[64];
    (void)snprintf(name, sizeof name, "copp-evr-%lu-%s", (unsigned long)process, what);
    return CreateEventA(NULL, TRUE, FALSE, name);
}

/* Tells how the tests ended, and is ended: what they leave behind does not survive the end that a process makes of itself. */
static void tell_and_wait(BOOL passed) {
    (void)fflush(NULL);
    (void)SetEvent(named_event(passed ? "passed" : "failed", GetCurrentProcessId()));
    Sleep(INFINITE);
}

/* Runs this program once more with that argument. */
static int run_apart(const char *argument) {
    STARTUPINFOA how = {.cb = sizeof how};
    PROCESS_INFORMATION made;
    char program[MAX_PATH];
    char line[MAX_PATH + 32];
    (void)GetModuleFileNameA(NULL, program, MAX_PATH);
    (void)snprintf(line, sizeof line, "\"%s\" %s", program, argument);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &how, &made))
        return 2;
    HANDLE ends[3] = {named_event("passed", made.dwProcessId), named_event("failed", made.dwProcessId), made.hProcess};
    (void)ResumeThread(made.hThread);
    DWORD end = WaitForMultipleObjects(3, ends, FALSE, 120000);
    (void)TerminateProcess(made.hProcess, 1);
    (void)WaitForSingleObject(made.hProcess, INFINITE);
    (void)DeleteFileA(FILE_NAME);
    return end == WAIT_OBJECT_0 ? 0 : 1;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vmr9_protects),
        cmocka_unit_test(vmr7_protects),
        cmocka_unit_test(default_renderer_protects),
        cmocka_unit_test(old_renderer_protects),
        cmocka_unit_test(graph_by_itself_protects),
        cmocka_unit_test(unconnected_where_it_is_allowed),
    };
    const struct CMUnitTest slow_tests[] = {cmocka_unit_test(disconnected_while_pending)};
    const struct CMUnitTest evr_tests[] = {cmocka_unit_test(evr_protects)};
    const char *mode = argc == 2 ? argv[1] : "";
    int failed;
    if (strcmp(mode, "--evr") == 0)
        return run_apart("--evr-itself");
    if (FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED)))
        return 2;
    write_avi();
    if (strcmp(mode, "--slow") == 0)
        failed = cmocka_run_group_tests_name("directshow-slow", slow_tests, NULL, NULL);
    else if (strcmp(mode, "--evr-itself") == 0)
        tell_and_wait((failed = cmocka_run_group_tests_name("directshow-evr", evr_tests, NULL, NULL)) == 0);
    else
        failed = cmocka_run_group_tests_name("directshow", tests, NULL, NULL);
    (void)DeleteFileA(FILE_NAME);
    CoUninitialize();
    return failed;
}
