/*
 * A Windows program against libcopp's dxva2.dll, which lies in its folder: test_opm, or test_opm --component where the output
 * is a component one at 720p. It links nothing of libcopp's.
 */
#include "cryptoapi_client.h"

#include <stdio.h>
#include <string.h>

#include <d3d9.h>
#include <opmapi.h>

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define HDCP 1u
#define ACP 2u

static const GUID iid_video_output = {0x0a15159d, 0x41c7, 0x4456, {0x93, 0xe1, 0x28, 0x4c, 0xd6, 0x1d, 0x4e, 0x8d}};
static const GUID set_protection_level = {0x9bb9327c, 0x4eb5, 0x4727, {0x9f, 0x00, 0xb4, 0x2b, 0x09, 0x19, 0xc0, 0xda}};
static const GUID query_global_level = {0x1957210a, 0x7766, 0x452a, {0xb9, 0x9a, 0xd2, 0x7a, 0xed, 0x54, 0xf0, 0x3a}};
static const GUID unknown_request = {0x12345678, 0x9abc, 0x4def, {1, 2, 3, 4, 5, 6, 7, 8}};

typedef HRESULT(WINAPI *from_monitor)(HMONITOR, OPM_VIDEO_OUTPUT_SEMANTICS, ULONG *, IOPMVideoOutput ***);
typedef HRESULT(WINAPI *from_device)(IDirect3DDevice9 *, OPM_VIDEO_OUTPUT_SEMANTICS, ULONG *, IOPMVideoOutput ***);
typedef BOOL(WINAPI *count_monitors)(HMONITOR, DWORD *);

static HMODULE dxva2;
static from_monitor outputs_from_monitor;

static HMONITOR primary(void) {
    const POINT origin = {0, 0};
    return MonitorFromPoint(origin, MONITOR_DEFAULTTOPRIMARY);
}

/* OPM's calls by the names of COPP's: the client knows no others. */
struct bridge {
    IAMCertifiedOutputProtection interface_part;
    IOPMVideoOutput *output;
};

static HRESULT STDMETHODCALLTYPE key_exchange(IAMCertifiedOutputProtection *bridge, GUID *random, BYTE **chain, DWORD *size) {
    return IOPMVideoOutput_StartInitialization(((struct bridge *)bridge)->output, (OPM_RANDOM_NUMBER *)random, chain, size);
}

static HRESULT STDMETHODCALLTYPE sequence_start(IAMCertifiedOutputProtection *bridge, AMCOPPSignature *signature) {
    return IOPMVideoOutput_FinishInitialization(((struct bridge *)bridge)->output,
                                                (const OPM_ENCRYPTED_INITIALIZATION_PARAMETERS *)signature);
}

static HRESULT STDMETHODCALLTYPE command(IAMCertifiedOutputProtection *bridge, const AMCOPPCommand *wanted) {
    return IOPMVideoOutput_Configure(((struct bridge *)bridge)->output, (const OPM_CONFIGURE_PARAMETERS *)wanted, 0, NULL);
}

static HRESULT STDMETHODCALLTYPE status(IAMCertifiedOutputProtection *bridge, const AMCOPPStatusInput *input,
                                        AMCOPPStatusOutput *output) {
    return IOPMVideoOutput_COPPCompatibleGetInformation(((struct bridge *)bridge)->output,
                                                        (const OPM_COPP_COMPATIBLE_GET_INFO_PARAMETERS *)input,
                                                        (OPM_REQUESTED_INFORMATION *)output);
}

static IAMCertifiedOutputProtectionVtbl bridge_calls = {NULL, NULL, NULL, key_exchange, sequence_start, command, status};

static IOPMVideoOutput *new_output(void) {
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_COPP_SEMANTICS, &count, &outputs), S_OK);
    assert_int_equal(count, 1);
    IOPMVideoOutput *output = outputs[0];
    CoTaskMemFree(outputs);
    return output;
}

static void hands_out_copp_semantics_alone(void **state) {
    (void)state;
    IOPMVideoOutput **outputs = (IOPMVideoOutput **)&dxva2;
    IOPMVideoOutput *again = NULL;
    ULONG count = 7;
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_OPM_SEMANTICS, &count, &outputs), (HRESULT)0xC0262500);
    assert_int_equal(count, 0);
    assert_null(outputs);
    assert_int_equal(outputs_from_monitor(primary(), (OPM_VIDEO_OUTPUT_SEMANTICS)2, &count, &outputs), E_INVALIDARG);
    assert_true(FAILED(outputs_from_monitor((HMONITOR)(uintptr_t)0x7777, OPM_VOS_COPP_SEMANTICS, &count, &outputs)));
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_COPP_SEMANTICS, NULL, &outputs), E_POINTER);
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_COPP_SEMANTICS, &count, NULL), E_POINTER);
    IOPMVideoOutput *output = new_output();
    assert_int_equal(IOPMVideoOutput_QueryInterface(output, &iid_video_output, (void **)&again), S_OK);
    assert_ptr_equal(again, output);
    assert_int_equal(IOPMVideoOutput_Release(output), 1);
    assert_int_equal(IOPMVideoOutput_Release(output), 0);
}

static void whole_session(void **state) {
    (void)state;
    const DWORD on[4] = {HDCP, 1, 0, 0};
    const DWORD type = HDCP;
    static OPM_GET_INFO_PARAMETERS parameters;
    static OPM_REQUESTED_INFORMATION information;
    static AMCOPPCommand bad;
    AMCOPPStatusOutput answer;
    struct client client;
    DWORD data;
    struct bridge bridge = {{&bridge_calls}, new_output()};
    assert_int_equal(client_start(&client, &bridge.interface_part, CLIENT_SWAP40), S_OK);
    assert_int_equal(client_command(&client, &set_protection_level, on, sizeof on), S_OK);
    assert_int_equal(client_query(&client, &query_global_level, &type, sizeof type, &answer), S_OK);
    memcpy(&data, answer.COPPStatus + 20, sizeof data);
    assert_int_equal(data, 1);
    assert_int_equal(client_query(&client, &unknown_request, NULL, 0, &answer), (HRESULT)0xC026251D);
    assert_int_equal(client_query(&client, &set_protection_level, NULL, 0, &answer), (HRESULT)0xC026251D);
    assert_int_equal(client_query(&client, &query_global_level, &type, 3, &answer), E_INVALIDARG);
    assert_int_equal(client_command(&client, &unknown_request, on, sizeof on), (HRESULT)0xC0262521);
    assert_true(client_make_command(&client, &set_protection_level, on, sizeof on, &bad));
    bad.macKDI.Data1 ^= 1;
    assert_int_equal(command(&bridge.interface_part, &bad), (HRESULT)0xC0262521);
    assert_int_equal(IOPMVideoOutput_Configure(bridge.output, (const OPM_CONFIGURE_PARAMETERS *)&bad, 4, (const BYTE *)&bad),
                     (HRESULT)0xC0262521);
    assert_int_equal(IOPMVideoOutput_GetInformation(bridge.output, &parameters, &information), (HRESULT)0xC026251F);
    client_close(&client);
    assert_int_equal(IOPMVideoOutput_Release(bridge.output), 0);
}

static void refusals(void **state) {
    (void)state;
    static OPM_REQUESTED_INFORMATION information;
    struct client client;
    struct bridge bridge = {{&bridge_calls}, new_output()};
    assert_int_equal(IOPMVideoOutput_StartInitialization(bridge.output, NULL, NULL, NULL), E_POINTER);
    assert_int_equal(IOPMVideoOutput_FinishInitialization(bridge.output, NULL), E_POINTER);
    assert_int_equal(IOPMVideoOutput_Configure(bridge.output, NULL, 0, NULL), E_POINTER);
    assert_int_equal(IOPMVideoOutput_COPPCompatibleGetInformation(bridge.output, NULL, &information), E_POINTER);
    assert_int_equal(IOPMVideoOutput_GetInformation(bridge.output, NULL, NULL), E_POINTER);
    assert_int_equal(client_start(&client, &bridge.interface_part, CLIENT_ARGUMENTS_MENDED), (HRESULT)0xC0262503);
    client_close(&client);
    assert_int_equal(IOPMVideoOutput_Release(bridge.output), 0);
}

/* CMD-4: ACP on component at 720p */
static void resolution_too_high(void **state) {
    (void)state;
    const DWORD acp[4] = {ACP, 1, 0, 0};
    struct client client;
    struct bridge bridge = {{&bridge_calls}, new_output()};
    assert_int_equal(client_start(&client, &bridge.interface_part, CLIENT_SWAP40), S_OK);
    assert_int_equal(client_command(&client, &set_protection_level, acp, sizeof acp), (HRESULT)0xC0262517);
    client_close(&client);
    assert_int_equal(IOPMVideoOutput_Release(bridge.output), 0);
}

static void outputs_of_a_direct3d_device(void **state) {
    (void)state;
    D3DPRESENT_PARAMETERS parameters = {.Windowed = TRUE, .SwapEffect = D3DSWAPEFFECT_DISCARD};
    IDirect3DDevice9 *device = NULL;
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    from_device entry = (from_device)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputsFromIDirect3DDevice9Object");
    assert_non_null(entry);
    assert_int_equal(entry(NULL, OPM_VOS_COPP_SEMANTICS, &count, &outputs), E_POINTER);
    HWND window = CreateWindowA("static", "", WS_POPUP, 0, 0, 16, 16, NULL, NULL, NULL, NULL);
    IDirect3D9 *direct3d = Direct3DCreate9(D3D_SDK_VERSION);
    assert_non_null(direct3d);
    assert_int_equal(
        IDirect3D9_CreateDevice(direct3d, 0, D3DDEVTYPE_HAL, window, D3DCREATE_SOFTWARE_VERTEXPROCESSING, &parameters, &device),
        S_OK);
    assert_int_equal(entry(device, OPM_VOS_COPP_SEMANTICS, &count, &outputs), S_OK);
    assert_int_equal(count, 1);
    assert_int_equal(IOPMVideoOutput_Release(outputs[0]), 0);
    CoTaskMemFree(outputs);
    (void)IDirect3DDevice9_Release(device);
    (void)IDirect3D9_Release(direct3d);
    DestroyWindow(window);
}

/* What is not ours reaches the system's own. */
static void the_rest_is_the_systems(void **state) {
    (void)state;
    WCHAR path[MAX_PATH];
    DWORD ours = 77;
    DWORD theirs = 88;
    UINT length = GetSystemDirectoryW(path, MAX_PATH - 11);
    assert_in_range(length, 1, MAX_PATH - 11);
    memcpy(path + length, L"\\dxva2.dll", sizeof L"\\dxva2.dll");
    HMODULE system = LoadLibraryW(path);
    assert_non_null(system);
    assert_ptr_not_equal(system, dxva2);
    count_monitors mine = (count_monitors)(void *)GetProcAddress(dxva2, "GetNumberOfPhysicalMonitorsFromHMONITOR");
    count_monitors its = (count_monitors)(void *)GetProcAddress(system, "GetNumberOfPhysicalMonitorsFromHMONITOR");
    assert_non_null(mine);
    assert_non_null(its);
    assert_ptr_not_equal(mine, its);
    assert_int_equal(mine(primary(), &ours), its(primary(), &theirs));
    if (theirs != 88)
        assert_int_equal(ours, theirs);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_copp_semantics_alone), cmocka_unit_test(whole_session),           cmocka_unit_test(refusals),
        cmocka_unit_test(outputs_of_a_direct3d_device),   cmocka_unit_test(the_rest_is_the_systems),
    };
    const struct CMUnitTest component_tests[] = {cmocka_unit_test(resolution_too_high)};
    dxva2 = LoadLibraryA("dxva2.dll");
    outputs_from_monitor =
        dxva2 ? (from_monitor)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputsFromHMONITOR") : (from_monitor)NULL;
    if (!outputs_from_monitor || FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED)))
        return 2;
    BOOL component = argc == 2 && strcmp(argv[1], "--component") == 0;
    int failed = component ? cmocka_run_group_tests_name("opm-component", component_tests, NULL, NULL)
                           : cmocka_run_group_tests_name("opm", tests, NULL, NULL);
    CoUninitialize();
    return failed;
}
