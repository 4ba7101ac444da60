/*
 * Microsoft's page "Testing whether a graphics driver supports COPP", with copp.dll registered: a filter graph that
 * renders an uncompressed AVI file through VMR-9 and VMR-7, and a whole session with what the renderer answers.
 * test_directshow --slow: the driver's HDCP takes seconds.
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
    BYTE *chain = (BYTE *)&random;
    DWORD size = 7;
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, NULL, &chain, &size), E_POINTER);
    assert_int_equal(IAMCertifiedOutputProtection_KeyExchange(driver, &random, &chain, &size), VFW_E_NO_COPP_HW);
    assert_null(chain);
    assert_int_equal(size, 0);
}

static void renderer_protects(const GUID *class_id) {
    IGraphBuilder *graph = NULL;
    IBaseFilter *renderer = NULL;
    IBaseFilter *again = NULL;
    IMediaControl *control = NULL;
    IAMCertifiedOutputProtection *driver = NULL;
    IUnknown *one = NULL;
    IUnknown *two = NULL;
    assert_int_equal(CoCreateInstance(&CLSID_FilterGraph, NULL, CLSCTX_INPROC_SERVER, &IID_IGraphBuilder, (void **)&graph), S_OK);
    assert_int_equal(CoCreateInstance(class_id, NULL, CLSCTX_INPROC_SERVER, &IID_IBaseFilter, (void **)&renderer), S_OK);
    assert_int_equal(IGraphBuilder_AddFilter(graph, renderer, L"renderer"), S_OK);
    assert_int_equal(IBaseFilter_QueryInterface(renderer, &iid_protection, (void **)&driver), S_OK);
    /* one object, whichever of its interfaces is asked (COM's rule of identity) */
    assert_int_equal(IBaseFilter_QueryInterface(renderer, &IID_IUnknown, (void **)&one), S_OK);
    assert_int_equal(IAMCertifiedOutputProtection_QueryInterface(driver, &IID_IUnknown, (void **)&two), S_OK);
    assert_ptr_equal(one, two);
    (void)IUnknown_Release(one);
    (void)IUnknown_Release(two);
    assert_int_equal(IAMCertifiedOutputProtection_QueryInterface(driver, &IID_IBaseFilter, (void **)&again), S_OK);
    assert_ptr_equal(renderer, again);
    (void)IBaseFilter_Release(again);

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

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(vmr9_protects), cmocka_unit_test(vmr7_protects)};
    const struct CMUnitTest slow_tests[] = {cmocka_unit_test(disconnected_while_pending)};
    BOOL slow = argc == 2 && strcmp(argv[1], "--slow") == 0;
    if (FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED)))
        return 2;
    write_avi();
    int failed = slow ? cmocka_run_group_tests_name("directshow-slow", slow_tests, NULL, NULL)
                      : cmocka_run_group_tests_name("directshow", tests, NULL, NULL);
    (void)DeleteFileA(FILE_NAME);
    CoUninitialize();
    return failed;
}
