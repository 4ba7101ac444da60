/*
 * A Windows program against libcopp's dxva2.dll, which lies in its folder: test_opm, or test_opm --component where the output
 * is a component one at 720p, or test_opm --no-driver where there is no driver, or --opm-alone where it has no chain for COPP, or --clone
 * or --theatre where the output is in that mode, or --changing where it is in clone mode after a while, or test_opm --stand-in where standin_dxva2.dll is the system's, or test_opm --alone where libcopp's
 * is the system's too. It links nothing of libcopp's.
 * Elsewhere the driver has chains for both semantics; OPM's are tested by test_opm_client.
 */
#include "com_server.h"
#include "standin_dxva2.h"

#include <stdio.h>
#include <string.h>
#include <x86intrin.h>

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

#define ACP 2u

static const GUID iid_video_output = {0x0a15159d, 0x41c7, 0x4456, {0x93, 0xe1, 0x28, 0x4c, 0xd6, 0x1d, 0x4e, 0x8d}};
static const GUID unknown_request = {0x12345678, 0x9abc, 0x4def, {1, 2, 3, 4, 5, 6, 7, 8}};

typedef HRESULT(WINAPI *from_monitor)(HMONITOR, OPM_VIDEO_OUTPUT_SEMANTICS, ULONG *, IOPMVideoOutput ***);
typedef HRESULT(WINAPI *from_device)(IDirect3DDevice9 *, OPM_VIDEO_OUTPUT_SEMANTICS, ULONG *, IOPMVideoOutput ***);
typedef HRESULT(WINAPI *for_target)(LUID *, ULONG, OPM_VIDEO_OUTPUT_SEMANTICS, IOPMVideoOutput **);
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

static HRESULT STDMETHODCALLTYPE key_exchange(IAMCertifiedOutputProtection *bridge, GUID *random, BYTE **chain_bytes,
                                              DWORD *chain_size) {
    return IOPMVideoOutput_StartInitialization(((struct bridge *)bridge)->output, (OPM_RANDOM_NUMBER *)random, chain_bytes,
                                               chain_size);
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

static IAMCertifiedOutputProtectionVtbl bridge_ops = {NULL, NULL, NULL, key_exchange, sequence_start, command, status};

/* What OPMGetVideoOutputForTarget answers; the adapter's and the target's numbers are anything. */
static HRESULT output_for_target(OPM_VIDEO_OUTPUT_SEMANTICS semantics, IOPMVideoOutput **output) {
    LUID adapter = {1, 2};
    for_target entry = (for_target)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputForTarget");
    assert_non_null(entry);
    return entry(&adapter, 3, semantics, output);
}

static IOPMVideoOutput *new_output(void) {
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_COPP_SEMANTICS, &count, &outputs), S_OK);
    assert_int_equal(count, 1);
    IOPMVideoOutput *output = outputs[0];
    CoTaskMemFree(outputs);
    return output;
}

static void hands_out_outputs(void **state) {
    (void)state;
    IOPMVideoOutput **outputs = (IOPMVideoOutput **)&dxva2;
    IOPMVideoOutput *again = NULL;
    ULONG count = 7;
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
    struct bridge bridge = {{&bridge_ops}, new_output()};
    assert_int_equal(client_start(&client, &bridge.interface_part, CLIENT_SWAP40), S_OK);
    assert_int_equal(client_command(&client, &set_protection_level, on, sizeof on), S_OK);
    assert_int_equal(client_query(&client, &query_global_level, &type, sizeof type, &answer), S_OK);
    memcpy(&data, answer.COPPStatus + 20, sizeof data);
    assert_int_equal(data, 1);
    assert_int_equal(client_query(&client, &unknown_request, NULL, 0, &answer), (HRESULT)0xC026251D);
    assert_int_equal(client_query(&client, &set_protection_level, NULL, 0, &answer), (HRESULT)0xC026251D);
    assert_int_equal(client_query(&client, &query_global_level, &type, 3, &answer), (HRESULT)0xC026251D);
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
    struct bridge bridge = {{&bridge_ops}, new_output()};
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
    struct bridge bridge = {{&bridge_ops}, new_output()};
    assert_int_equal(client_start(&client, &bridge.interface_part, CLIENT_SWAP40), S_OK);
    assert_int_equal(client_command(&client, &set_protection_level, acp, sizeof acp), (HRESULT)0xC0262517);
    client_close(&client);
    assert_int_equal(IOPMVideoOutput_Release(bridge.output), 0);
}

/* A device for as long as the entry point runs. */
static HRESULT outputs_of_direct3d(from_device entry, ULONG *count, IOPMVideoOutput ***outputs) {
    D3DPRESENT_PARAMETERS parameters = {.Windowed = TRUE, .SwapEffect = D3DSWAPEFFECT_DISCARD};
    IDirect3DDevice9 *device = NULL;
    HWND window = CreateWindowA("static", "", WS_POPUP, 0, 0, 16, 16, NULL, NULL, NULL, NULL);
    IDirect3D9 *direct3d = Direct3DCreate9(D3D_SDK_VERSION);
    assert_non_null(direct3d);
    assert_int_equal(
        IDirect3D9_CreateDevice(direct3d, 0, D3DDEVTYPE_HAL, window, D3DCREATE_SOFTWARE_VERTEXPROCESSING, &parameters, &device),
        S_OK);
    HRESULT hr = entry(device, OPM_VOS_COPP_SEMANTICS, count, outputs);
    (void)IDirect3DDevice9_Release(device);
    (void)IDirect3D9_Release(direct3d);
    DestroyWindow(window);
    return hr;
}

static void outputs_of_a_direct3d_device(void **state) {
    (void)state;
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    from_device entry = (from_device)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputsFromIDirect3DDevice9Object");
    assert_non_null(entry);
    assert_int_equal(entry(NULL, OPM_VOS_COPP_SEMANTICS, &count, &outputs), E_POINTER);
    assert_int_equal(outputs_of_direct3d(entry, &count, &outputs), S_OK);
    assert_int_equal(count, 1);
    assert_int_equal(IOPMVideoOutput_Release(outputs[0]), 0);
    CoTaskMemFree(outputs);
}

static void outputs_for_a_target(void **state) {
    (void)state;
    LUID adapter = {1, 2};
    IOPMVideoOutput *output = (IOPMVideoOutput *)(void *)&dxva2;
    struct client client;
    for_target entry = (for_target)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputForTarget");
    assert_non_null(entry);
    assert_int_equal(entry(NULL, 3, OPM_VOS_COPP_SEMANTICS, &output), E_POINTER);
    assert_int_equal(entry(&adapter, 3, OPM_VOS_COPP_SEMANTICS, NULL), E_POINTER);
    assert_int_equal(output_for_target((OPM_VIDEO_OUTPUT_SEMANTICS)2, &output), E_INVALIDARG);
    assert_int_equal(output_for_target(OPM_VOS_COPP_SEMANTICS, &output), S_OK);
    struct bridge bridge = {{&bridge_ops}, output};
    assert_int_equal(client_start(&client, &bridge.interface_part, CLIENT_SWAP40), S_OK);
    client_close(&client);
    assert_int_equal(IOPMVideoOutput_Release(output), 0);
}

/* Clients search the chain as a string: a NUL that is part of the memory, and not of the length, ends it. */
static void a_nul_follows_the_chain(void **state) {
    (void)state;
    OPM_RANDOM_NUMBER random;
    IMalloc *memory = NULL;
    BYTE *chain_bytes = NULL;
    ULONG size = 0;
    IOPMVideoOutput *output = new_output();
    assert_int_equal(CoGetMalloc(1, &memory), S_OK);
    assert_int_equal(IOPMVideoOutput_StartInitialization(output, &random, &chain_bytes, &size), S_OK);
    assert_int_equal(IMalloc_GetSize(memory, chain_bytes), size + 1);
    assert_int_equal(strlen((char *)chain_bytes), size);
    assert_non_null(strstr((char *)chain_bytes, "CertificateCollection>"));
    CoTaskMemFree(chain_bytes);
    (void)IMalloc_Release(memory);
    assert_int_equal(IOPMVideoOutput_Release(output), 0);
}

static HRESULT expected; /* what the getters of outputs answer: see main */
static HRESULT expected_opm; /* and under OPM semantics */

/* It is the getters that fail, with nothing handed out, and not what comes after them. */
static void getters_fail(void **state) {
    (void)state;
    IOPMVideoOutput **outputs = (IOPMVideoOutput **)&dxva2;
    IOPMVideoOutput *output = (IOPMVideoOutput *)(void *)&dxva2;
    ULONG count = 7;
    from_device entry = (from_device)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputsFromIDirect3DDevice9Object");
    assert_non_null(entry);
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_COPP_SEMANTICS, &count, &outputs), expected);
    assert_int_equal(count, 0);
    assert_null(outputs);
    count = 7;
    outputs = (IOPMVideoOutput **)&dxva2;
    assert_int_equal(outputs_of_direct3d(entry, &count, &outputs), expected);
    assert_int_equal(count, 0);
    assert_null(outputs);
    assert_int_equal(output_for_target(OPM_VOS_COPP_SEMANTICS, &output), expected);
    assert_null(output);
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_OPM_SEMANTICS, &count, &outputs), expected_opm);
    assert_int_equal(count, expected_opm == S_OK);
    if (outputs) {
        assert_int_equal(IOPMVideoOutput_Release(outputs[0]), 0);
        CoTaskMemFree(outputs);
    }
    assert_int_equal(output_for_target(OPM_VOS_OPM_SEMANTICS, &output), expected_opm);
    if (output)
        assert_int_equal(IOPMVideoOutput_Release(output), 0);
}

/* OPM-OUT-4 */
static void a_driver_of_copp_alone_has_no_opm(void **state) {
    (void)state;
    IOPMVideoOutput **outputs = (IOPMVideoOutput **)&dxva2;
    ULONG count = 7;
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_OPM_SEMANTICS, &count, &outputs), (HRESULT)0xC0262500);
    assert_int_equal(count, 0);
    assert_null(outputs);
}

/* ARB-6: in clone mode that has come after the output was made, its commands are refused by OPM's code. */
static void clone_mode_comes(void **state) {
    (void)state;
    const DWORD on[4] = {HDCP, 1, 0, 0};
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    struct client client;
    HRESULT hr = S_OK;
    struct bridge bridge = {{&bridge_ops}, new_output()};
    ULONGLONG end = GetTickCount64() + 60000;
    assert_int_equal(client_start(&client, &bridge.interface_part, CLIENT_SWAP40), S_OK);
    while (hr == S_OK && GetTickCount64() < end)
        hr = client_command(&client, &set_protection_level, on, sizeof on);
    assert_int_equal(hr, (HRESULT)0xC0262521);
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_COPP_SEMANTICS, &count, &outputs), (HRESULT)0xC026250F);
    client_close(&client);
    assert_int_equal(IOPMVideoOutput_Release(bridge.output), 0);
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

#ifdef __x86_64__
#define STEP 0x100u /* of the flags: an exception after the next instruction */

/* A call of a function that is handed on, instruction by instruction. */
static struct {
    DWORD64 first, beyond; /* the DLL's addresses */
    DWORD64 entry; /* the function's */
    DWORD64 caller, stack; /* where it returns to */
    unsigned steps, lost;
} walk;

static BOOL finds_caller(CONTEXT context) {
    for (int i = 0; i < 8; i++) {
        DWORD64 base;
        DWORD64 frame;
        void *data;
        if (context.Rip == walk.caller)
            return context.Rsp == walk.stack;
        RUNTIME_FUNCTION *function = RtlLookupFunctionEntry(context.Rip, &base, NULL);
        if (function) {
            RtlVirtualUnwind(0, base, context.Rip, function, &context, &data, &frame, NULL);
        } else {
            memcpy(&context.Rip, (void *)(UINT_PTR)context.Rsp, sizeof context.Rip);
            context.Rsp += sizeof context.Rip;
        }
    }
    return FALSE;
}

static LONG CALLBACK on_step(EXCEPTION_POINTERS *stepped) {
    CONTEXT *context = stepped->ContextRecord;
    if (stepped->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    if (context->Rip == walk.entry) {
        memcpy(&walk.caller, (void *)(UINT_PTR)context->Rsp, sizeof walk.caller);
        walk.stack = context->Rsp + sizeof walk.caller;
    }
    if (walk.caller && context->Rip >= walk.first && context->Rip < walk.beyond) {
        walk.steps++;
        walk.lost += !finds_caller(*context);
    }
    context->EFlags = walk.caller && context->Rip == walk.caller ? context->EFlags & ~STEP : context->EFlags | STEP;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* Debuggers, profilers and exceptions find the caller wherever a function that is handed on happens to be. */
static void callers_are_found(void **state) {
    (void)state;
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)(const void *)dxva2;
    const IMAGE_NT_HEADERS *nt = (const IMAGE_NT_HEADERS *)(const void *)((const BYTE *)dos + dos->e_lfanew);
    count_monitors count = (count_monitors)(void *)GetProcAddress(dxva2, "GetNumberOfPhysicalMonitorsFromHMONITOR");
    DWORD monitors;
    assert_non_null(count);
    walk.first = (UINT_PTR)dos;
    walk.beyond = walk.first + nt->OptionalHeader.SizeOfImage;
    walk.entry = (UINT_PTR)count;
    void *handler = AddVectoredExceptionHandler(1, on_step);
    assert_non_null(handler);
    HMONITOR monitor = primary();
    __writeeflags(__readeflags() | STEP);
    (void)count(monitor, &monitors);
    assert_true(RemoveVectoredExceptionHandler(handler));
    assert_in_range(walk.steps, 20, 10000);
    assert_int_equal(walk.lost, 0);
}
#endif

/* Arguments of every kind arrive as they were, whatever a function's parameters are, and so does what it answers. */
static void arguments_arrive(void **state) {
    (void)state;
    typedef double(WINAPI * seen_function)(SEEN_PARAMETERS, struct seen *);
    typedef BOOL(WINAPI * set_function)(HANDLE, DWORD);
    struct seen seen = {.a = 0};
    seen_function see = (seen_function)(void *)GetProcAddress(dxva2, "UABGetCertificate");
    set_function set = (set_function)(void *)GetProcAddress(dxva2, "SetMonitorBrightness");
    /* variables: where the x87 computes, a constant has more digits than a double that was handed over */
    const volatile double small = 2.5, large = 1e100;
    const volatile double sum = small + large;
    assert_non_null(see);
    assert_non_null(set);
    for (int i = 0; i < 2; i++) { /* as it is found, and again */
        const volatile double answer = see(0x123456789abcdef0u, small, &seen, -0.125f, 0xfedcba9876543210u, large, 0xa5, &seen);
        assert_true(answer == sum);
        assert_true(seen.a == 0x123456789abcdef0u && seen.b == small && seen.c == &seen && seen.d == -0.125f);
        assert_true(seen.e == 0xfedcba9876543210u && seen.f == large && seen.g == 0xa5);
        memset(&seen, 0, sizeof seen);
        assert_true(set((HANDLE)(UINT_PTR)41, 42));
        assert_false(set((HANDLE)(UINT_PTR)41, 41));
    }
}

/* What the system's dxva2.dll lacks fails as the kind of function does. */
static void missing_functions_fail(void **state) {
    (void)state;
    typedef HRESULT(WINAPI * create_device)(void *, const void *, DWORD, void *, void **);
    count_monitors count = (count_monitors)(void *)GetProcAddress(dxva2, "GetNumberOfPhysicalMonitorsFromHMONITOR");
    create_device create = (create_device)(void *)GetProcAddress(dxva2, "DXVAHD_CreateDevice");
    DWORD monitors = 77;
    void *device = &monitors;
    assert_non_null(count);
    assert_non_null(create);
    SetLastError(ERROR_SUCCESS);
    assert_false(count(primary(), &monitors));
    assert_int_equal(GetLastError(), ERROR_PROC_NOT_FOUND);
    assert_int_equal(monitors, 77);
    assert_int_equal(create(NULL, NULL, 0, NULL, &device), HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND));
    assert_ptr_equal(device, &monitors);
}

/* No way to a video output leads to the system's dxva2.dll, which has one to the real driver: here it would answer 0x2a. */
static void video_outputs_are_never_the_systems(void **state) {
    hands_out_outputs(state);
    outputs_of_a_direct3d_device(state);
    outputs_for_a_target(state);
}

/* The counting allocator over what OPM hands out: arrays, chains and outputs */
static void nothing_is_left(void **state) {
    assert_true(counting_begin());
    hands_out_outputs(state);
    whole_session(state);
    refusals(state);
    outputs_for_a_target(state);
    LONG left = counting_blocks();
    assert_true(counting_end());
    assert_int_equal(left, 0);
}

/* A program may free the DLL before what it got from it. */
static void outputs_outlive_free_library(void **state) {
    (void)state;
    IOPMVideoOutput *output = new_output();
    assert_true(FreeLibrary(dxva2));
    assert_ptr_equal(GetModuleHandleA("dxva2.dll"), dxva2);
    assert_int_equal(IOPMVideoOutput_AddRef(output), 2);
    assert_int_equal(IOPMVideoOutput_Release(output), 1);
    assert_int_equal(IOPMVideoOutput_Release(output), 0);
}

/* And so does the library itself, which lies beside it: unloaded, it could not give back all that it has of the process. */
static void the_library_stays(void **state) {
    (void)state;
    HMODULE library = LoadLibraryA("libcopp-0.dll");
    assert_non_null(library);
    assert_true(FreeLibrary(library));
    assert_ptr_equal(GetModuleHandleA("libcopp-0.dll"), library);
}

/* OPM-OUT-4, OPM-OUT-6, ARB-6 */
static const struct {
    const char *mode;
    HRESULT copp, opm;
} failing_modes[] = {{"--no-driver", (HRESULT)0xC0262501, (HRESULT)0xC0262500},
                     {"--opm-alone", (HRESULT)0xC0262501, S_OK},
                     {"--clone", (HRESULT)0xC026250F, S_OK},
                     {"--theatre", (HRESULT)0xC0262510, (HRESULT)0xC0262510}};

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_outputs),
        cmocka_unit_test(whole_session),
        cmocka_unit_test(refusals),
        cmocka_unit_test(outputs_of_a_direct3d_device),
        cmocka_unit_test(outputs_for_a_target),
        cmocka_unit_test(a_nul_follows_the_chain),
        cmocka_unit_test(the_rest_is_the_systems),
#ifdef __x86_64__
        cmocka_unit_test(callers_are_found),
#endif
        cmocka_unit_test(nothing_is_left),
        cmocka_unit_test(outputs_outlive_free_library),
        cmocka_unit_test(the_library_stays),
    };
    const struct CMUnitTest component_tests[] = {cmocka_unit_test(resolution_too_high),
                                                 cmocka_unit_test(a_driver_of_copp_alone_has_no_opm)};
    const struct CMUnitTest stand_in_tests[] = {cmocka_unit_test(arguments_arrive), cmocka_unit_test(missing_functions_fail),
                                                cmocka_unit_test(video_outputs_are_never_the_systems)};
    const struct CMUnitTest alone_tests[] = {cmocka_unit_test(missing_functions_fail)};
    const struct CMUnitTest failing_tests[] = {cmocka_unit_test(getters_fail)};
    const struct CMUnitTest changing_tests[] = {cmocka_unit_test(clone_mode_comes)};
    const char *mode = argc == 2 ? argv[1] : "";
    int failed;
    expected = expected_opm = S_OK;
    dxva2 = LoadLibraryA("dxva2.dll");
    outputs_from_monitor =
        dxva2 ? (from_monitor)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputsFromHMONITOR") : (from_monitor)NULL;
    if (!outputs_from_monitor || FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED)))
        return 2;
    for (size_t i = 0; i < sizeof failing_modes / sizeof failing_modes[0]; i++) {
        if (strcmp(mode, failing_modes[i].mode) == 0) {
            expected = failing_modes[i].copp;
            expected_opm = failing_modes[i].opm;
        }
    }
    if (expected != S_OK)
        failed = cmocka_run_group_tests_name(mode + 2, failing_tests, NULL, NULL);
    else if (strcmp(mode, "--changing") == 0)
        failed = cmocka_run_group_tests_name("opm-changing", changing_tests, NULL, NULL);
    else if (strcmp(mode, "--component") == 0)
        failed = cmocka_run_group_tests_name("opm-component", component_tests, NULL, NULL);
    else if (strcmp(mode, "--stand-in") == 0)
        failed = cmocka_run_group_tests_name("opm-stand-in", stand_in_tests, NULL, NULL);
    else if (strcmp(mode, "--alone") == 0)
        failed = cmocka_run_group_tests_name("opm-alone", alone_tests, NULL, NULL);
    else
        failed = cmocka_run_group_tests_name("opm", tests, NULL, NULL);
    CoUninitialize();
    return failed;
}
