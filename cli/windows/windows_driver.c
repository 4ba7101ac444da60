#include "windows_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <d3d9.h>
#define NO_DSHOW_STRSAFE /* it forbids the C library's */
#include <dshow.h>
#include <opmapi.h>
#include <vfw.h>
#include <vmr9.h>

#include "common/call.h"

#define PICTURE 64 /* pixels, both ways */
#define FRAMES 600
#define WAIT_MS 1000u

/* strmif.h declares it, and no library of MinGW's has it. */
static const GUID iid_protection = {0x6feded3e, 0x0ff1, 0x4901, {0xa2, 0xf1, 0x43, 0xf7, 0x01, 0x2c, 0x85, 0x15}};
static const GUID class_vmr7 = {0xb87beb7b, 0x8d29, 0x423f, {0xae, 0x4d, 0x65, 0x82, 0xc1, 0x01, 0x75, 0xac}};
static const GUID class_vmr9 = {0x51b4abf3, 0x748f, 0x4e3b, {0xa2, 0x76, 0xc8, 0x28, 0x33, 0x0e, 0x92, 0x6a}};

/* One of output and protection is there. */
struct windows_transport {
    struct copp_transport transport;
    IOPMVideoOutput *output;
    bool opm; /* under OPM semantics */
    HMONITOR monitor; /* and which of its outputs, for opening it again */
    size_t index;
    size_t count; /* of how many */
    bool closed; /* opening it again has failed */
    IAMCertifiedOutputProtection *protection;
    IGraphBuilder *graph; /* keeps the renderer connected */
    BYTE *chain_bytes;
    WCHAR file[MAX_PATH]; /* what the graph plays; "" for none */
};

static uint64_t now_ms(struct copp_transport *transport) {
    (void)transport;
    return GetTickCount64();
}

/* A call of Windows' cannot be cut short: what comes too late the session does not believe. Only OPM has anything beside a message. */
static enum copp_result begin(const struct windows_transport *mine, const struct copp_call *given, struct copp_call *call) {
    enum copp_result result = copp_call_take(given, call);
    if (!result && call->additional_size && !mine->opm)
        result = COPP_E_UNSUPPORTED;
    if (!result && (mine->closed || GetTickCount64() >= call->deadline_ms))
        result = COPP_E_TRANSPORT;
    return result;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *given, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct windows_transport *mine = (struct windows_transport *)transport;
    GUID drawn = {0};
    DWORD length = 0;
    BYTE *bytes = NULL;
    struct copp_call call;
    enum copp_result result = begin(mine, given, &call);
    if (result)
        return result;
    HRESULT hr = mine->output
                     ? IOPMVideoOutput_StartInitialization(mine->output, (OPM_RANDOM_NUMBER *)(void *)&drawn, &bytes, &length)
                     : IAMCertifiedOutputProtection_KeyExchange(mine->protection, &drawn, &bytes, &length);
    *hresult = (uint32_t)hr;
    if (hr != S_OK)
        return COPP_OK;
    CoTaskMemFree(mine->chain_bytes);
    mine->chain_bytes = bytes;
    memcpy(random, &drawn, sizeof drawn);
    *chain_bytes = bytes;
    *chain_size = bytes ? length : 0;
    return COPP_OK;
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *given,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    struct windows_transport *mine = (struct windows_transport *)transport;
    AMCOPPSignature copy;
    struct copp_call call;
    enum copp_result result = begin(mine, given, &call);
    if (result)
        return result;
    memcpy(&copy, signature, sizeof copy);
    *hresult = (uint32_t)(mine->output ? IOPMVideoOutput_FinishInitialization(
                                             mine->output, (const OPM_ENCRYPTED_INITIALIZATION_PARAMETERS *)(void *)&copy)
                                       : IAMCertifiedOutputProtection_SessionSequenceStart(mine->protection, &copy));
    return COPP_OK;
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *given,
                                const struct copp_command *wanted, uint32_t *hresult) {
    struct windows_transport *mine = (struct windows_transport *)transport;
    AMCOPPCommand copy; /* aligned as Windows wants it */
    struct copp_call call;
    enum copp_result result = begin(mine, given, &call);
    if (result)
        return result;
    memcpy(&copy, wanted, sizeof copy);
    *hresult = (uint32_t)(mine->output ? IOPMVideoOutput_Configure(mine->output, (const OPM_CONFIGURE_PARAMETERS *)(void *)&copy,
                                                                   (ULONG)call.additional_size, call.additional)
                                       : IAMCertifiedOutputProtection_ProtectionCommand(mine->protection, &copy));
    return COPP_OK;
}

/* The request and, beside it, its MAC (OPM-WIRE-1). */
static HRESULT get_information(struct windows_transport *mine, const struct copp_call *call, const AMCOPPStatusInput *asked,
                               AMCOPPStatusOutput *answer) {
    OPM_GET_INFO_PARAMETERS parameters;
    memcpy(&parameters, call->additional, COPP_MAC_SIZE);
    memcpy((uint8_t *)&parameters + COPP_MAC_SIZE, asked, sizeof *asked);
    return IOPMVideoOutput_GetInformation(mine->output, &parameters, (OPM_REQUESTED_INFORMATION *)(void *)answer);
}

static HRESULT get_status(struct windows_transport *mine, AMCOPPStatusInput *asked, AMCOPPStatusOutput *answer) {
    if (!mine->output)
        return IAMCertifiedOutputProtection_ProtectionStatus(mine->protection, asked, answer);
    return IOPMVideoOutput_COPPCompatibleGetInformation(mine->output,
                                                        (const OPM_COPP_COMPATIBLE_GET_INFO_PARAMETERS *)(void *)asked,
                                                        (OPM_REQUESTED_INFORMATION *)(void *)answer);
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *given,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    struct windows_transport *mine = (struct windows_transport *)transport;
    AMCOPPStatusInput asked;
    AMCOPPStatusOutput answer;
    struct copp_call call;
    enum copp_result result = begin(mine, given, &call);
    if (result)
        return result;
    if (mine->opm && call.additional_size != COPP_MAC_SIZE)
        return COPP_E_ARGUMENT;
    memcpy(&asked, input, sizeof asked);
    memset(&answer, 0, sizeof answer);
    *hresult = (uint32_t)(mine->opm ? get_information(mine, &call, &asked, &answer) : get_status(mine, &asked, &answer));
    memcpy(output, &answer, sizeof *output);
    return COPP_OK;
}

static void close_driver(struct copp_transport *transport) {
    struct windows_transport *mine = (struct windows_transport *)transport;
    if (mine->output)
        IOPMVideoOutput_Release(mine->output);
    if (mine->protection)
        IAMCertifiedOutputProtection_Release(mine->protection);
    if (mine->graph)
        IGraphBuilder_Release(mine->graph);
    CoTaskMemFree(mine->chain_bytes);
    if (mine->file[0])
        (void)DeleteFileW(mine->file);
    free(mine);
}

static void info(const struct copp_transport *transport, struct copp_transport_info *info) {
    info->semantics = ((const struct windows_transport *)transport)->opm ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP;
}

/* OPM-SET-5: drivers bring HDCP up after the command has returned. */
static void wait(struct copp_transport *transport, uint64_t deadline_ms) {
    uint64_t now = now_ms(transport);
    if (deadline_ms > now)
        Sleep(deadline_ms - now < WAIT_MS ? (DWORD)(deadline_ms - now) : WAIT_MS);
}

static struct windows_transport *new_transport(const struct copp_transport_ops *ops) {
    struct windows_transport *made = calloc(1, sizeof *made);
    if (made)
        made->transport.ops = ops;
    return made;
}

/* --- monitors and OPM --- */

struct collection {
    struct monitor *monitors;
    size_t count;
};

static BOOL CALLBACK add_monitor(HMONITOR handle, HDC unused, RECT *area, LPARAM parameter) {
    struct collection *all = (struct collection *)parameter;
    MONITORINFOEXW info = {.cbSize = sizeof info};
    (void)unused;
    (void)area;
    if (all->count == MONITORS_MAX)
        return FALSE;
    struct monitor *monitor = &all->monitors[all->count++];
    monitor->handle = handle;
    if (!GetMonitorInfoW(handle, (MONITORINFO *)(void *)&info) ||
        !WideCharToMultiByte(CP_UTF8, 0, info.szDevice, -1, monitor->name, sizeof monitor->name, NULL, NULL))
        (void)snprintf(monitor->name, sizeof monitor->name, "monitor");
    return TRUE;
}

size_t monitors_list(struct monitor *monitors) {
    struct collection all = {monitors, 0};
    (void)EnumDisplayMonitors(NULL, NULL, add_monitor, (LPARAM)&all);
    return all.count;
}

typedef HRESULT(WINAPI *from_monitor)(HMONITOR, OPM_VIDEO_OUTPUT_SEMANTICS, ULONG *, IOPMVideoOutput ***);

/* The outputs of a monitor: release each, then hand the array to CoTaskMemFree. */
static HRESULT opm_outputs(HMONITOR monitor, bool opm, IOPMVideoOutput ***outputs, ULONG *count, const char **step) {
    *step = "load dxva2.dll";
    HMODULE dxva2 = LoadLibraryA("dxva2.dll"); /* one in the program's folder goes first, as for any program */
    if (!dxva2)
        return HRESULT_FROM_WIN32(GetLastError());
    *step = "OPMGetVideoOutputsFromHMONITOR";
    from_monitor entry = (from_monitor)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputsFromHMONITOR");
    if (!entry)
        return HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND);
    return entry(monitor, opm ? OPM_VOS_OPM_SEMANTICS : OPM_VOS_COPP_SEMANTICS, count, outputs);
}

/* The output at that place; NULL beyond the last. All others are released. */
static HRESULT take_output(HMONITOR monitor, bool opm, size_t index, IOPMVideoOutput **output, size_t *there, const char **step) {
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    *output = NULL;
    *there = 0;
    HRESULT hr = opm_outputs(monitor, opm, &outputs, &count, step);
    if (FAILED(hr))
        return hr;
    *there = count;
    for (ULONG i = 0; i < count; i++) {
        if (i == index)
            *output = outputs[i];
        else
            IOPMVideoOutput_Release(outputs[i]);
    }
    CoTaskMemFree(outputs);
    return S_OK;
}

static void release_output(struct windows_transport *mine) {
    if (mine->output)
        IOPMVideoOutput_Release(mine->output);
    mine->output = NULL;
    mine->closed = true;
}

static enum copp_result reopen(struct copp_transport *transport) {
    struct windows_transport *mine = (struct windows_transport *)transport;
    size_t there;
    const char *step;
    release_output(mine);
    if (FAILED(take_output(mine->monitor, mine->opm, mine->index, &mine->output, &there, &step)))
        return COPP_E_TRANSPORT;
    if (there != mine->count)
        release_output(mine);
    mine->closed = !mine->output;
    return mine->closed ? COPP_E_NOT_FOUND : COPP_OK;
}

static const struct copp_transport_ops opm_ops = {.size = sizeof opm_ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = close_driver,
                                                  .now_ms = now_ms,
                                                  .info = info,
                                                  .reopen = reopen,
                                                  .wait = wait};

HRESULT opm_open(HMONITOR monitor, bool opm, size_t index, struct copp_transport **transport, size_t *there, const char **step) {
    IOPMVideoOutput *output;
    *transport = NULL;
    HRESULT hr = take_output(monitor, opm, index, &output, there, step);
    if (FAILED(hr) || !output)
        return hr;
    struct windows_transport *made = new_transport(&opm_ops);
    if (!made) {
        IOPMVideoOutput_Release(output);
        return E_OUTOFMEMORY;
    }
    made->output = output;
    made->opm = opm;
    made->monitor = monitor;
    made->index = index;
    made->count = *there;
    *transport = &made->transport;
    return S_OK;
}

/* --- renderers --- */

/* Something to show: grey pictures, uncompressed. Not of RGB, which comes top down and so not to the VMR-7 of Wine 10. */
static HRESULT write_video(const WCHAR *path) {
    static BYTE picture[PICTURE * PICTURE * 2];
    IAVIFile *file = NULL;
    IAVIStream *stream = NULL;
    AVISTREAMINFOW info = {.fccType = streamtypeVIDEO, .dwScale = 1, .dwRate = 30, .dwSuggestedBufferSize = sizeof picture};
    BITMAPINFOHEADER format = {sizeof format,  PICTURE, PICTURE, 1, 16, MAKEFOURCC('Y', 'U', 'Y', '2'),
                               sizeof picture, 0,       0,       0, 0};
    memset(picture, 0x80, sizeof picture);
    AVIFileInit();
    HRESULT hr = AVIFileOpenW(&file, path, OF_WRITE | OF_CREATE, NULL);
    if (SUCCEEDED(hr))
        hr = AVIFileCreateStreamW(file, &stream, &info);
    if (SUCCEEDED(hr))
        hr = AVIStreamSetFormat(stream, 0, &format, sizeof format);
    for (LONG i = 0; SUCCEEDED(hr) && i < FRAMES; i++)
        hr = AVIStreamWrite(stream, i, 1, picture, sizeof picture, AVIIF_KEYFRAME, NULL, NULL);
    if (stream)
        (void)AVIStreamRelease(stream);
    if (file)
        (void)AVIFileRelease(file);
    AVIFileExit();
    return hr;
}

static HRESULT show(struct windows_transport *mine, IBaseFilter *renderer, const char **step) {
    WCHAR directory[MAX_PATH];
    *step = "write a video";
    DWORD length = GetTempPathW(MAX_PATH - 32, directory);
    if (length == 0 || length > MAX_PATH - 32)
        return HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND);
    (void)_snwprintf(mine->file, MAX_PATH, L"%lscopp-probe-%lu.avi", directory, (unsigned long)GetCurrentProcessId());
    HRESULT hr = write_video(mine->file);
    if (FAILED(hr))
        return hr;
    *step = "AddFilter";
    hr = IGraphBuilder_AddFilter(mine->graph, renderer, L"renderer");
    if (FAILED(hr))
        return hr;
    *step = "RenderFile";
    return IGraphBuilder_RenderFile(mine->graph, mine->file, NULL);
}

static HRESULT choose_on_vmr9(IBaseFilter *renderer, HMONITOR monitor) {
    static VMR9MonitorInfo monitors[MONITORS_MAX];
    IVMRMonitorConfig9 *config = NULL;
    DWORD count = 0;
    HRESULT hr = IBaseFilter_QueryInterface(renderer, &IID_IVMRMonitorConfig9, (void **)&config);
    if (FAILED(hr))
        return hr;
    hr = IVMRMonitorConfig9_GetAvailableMonitors(config, monitors, MONITORS_MAX, &count);
    HRESULT chosen = FAILED(hr) ? hr : HRESULT_FROM_WIN32(ERROR_NOT_FOUND);
    for (DWORD i = 0; SUCCEEDED(hr) && i < count && i < MONITORS_MAX; i++) {
        if (monitors[i].hMon == monitor)
            chosen = IVMRMonitorConfig9_SetMonitor(config, monitors[i].uDevID);
    }
    IVMRMonitorConfig9_Release(config);
    return chosen;
}

static HRESULT choose_on_vmr7(IBaseFilter *renderer, HMONITOR monitor) {
    static VMRMONITORINFO monitors[MONITORS_MAX];
    IVMRMonitorConfig *config = NULL;
    DWORD count = 0;
    HRESULT hr = IBaseFilter_QueryInterface(renderer, &IID_IVMRMonitorConfig, (void **)&config);
    if (FAILED(hr))
        return hr;
    hr = IVMRMonitorConfig_GetAvailableMonitors(config, monitors, MONITORS_MAX, &count);
    HRESULT chosen = FAILED(hr) ? hr : HRESULT_FROM_WIN32(ERROR_NOT_FOUND);
    for (DWORD i = 0; SUCCEEDED(hr) && i < count && i < MONITORS_MAX; i++) {
        if (monitors[i].hMon == monitor)
            chosen = IVMRMonitorConfig_SetMonitor(config, &monitors[i].guid);
    }
    IVMRMonitorConfig_Release(config);
    return chosen;
}

static HRESULT choose_monitor(IBaseFilter *renderer, const struct monitor *monitor, bool vmr9) {
    if (!monitor->handle)
        return S_OK; /* there is none to choose */
    return vmr9 ? choose_on_vmr9(renderer, monitor->handle) : choose_on_vmr7(renderer, monitor->handle);
}

static HRESULT open_graph(struct windows_transport *mine, const struct monitor *monitor, bool vmr9, const char **step) {
    IBaseFilter *renderer = NULL;
    *step = "create the filter graph";
    HRESULT hr = CoCreateInstance(&CLSID_FilterGraph, NULL, CLSCTX_INPROC_SERVER, &IID_IGraphBuilder, (void **)&mine->graph);
    if (FAILED(hr))
        return hr;
    *step = "create the renderer";
    hr = CoCreateInstance(vmr9 ? &class_vmr9 : &class_vmr7, NULL, CLSCTX_INPROC_SERVER, &IID_IBaseFilter, (void **)&renderer);
    if (FAILED(hr))
        return hr;
    *step = "SetMonitor";
    hr = choose_monitor(renderer, monitor, vmr9);
    if (SUCCEEDED(hr))
        hr = show(mine, renderer, step);
    if (SUCCEEDED(hr)) {
        *step = "query IAMCertifiedOutputProtection";
        hr = IBaseFilter_QueryInterface(renderer, &iid_protection, (void **)&mine->protection);
    }
    IBaseFilter_Release(renderer);
    return hr;
}

/* Not to be reopened: another session would need another graph and picture. */
static const struct copp_transport_ops renderer_ops = {.size = sizeof renderer_ops,
                                                       .key_exchange = key_exchange,
                                                       .session_sequence_start = sequence_start,
                                                       .protection_command = command,
                                                       .protection_status = status,
                                                       .free = close_driver,
                                                       .now_ms = now_ms,
                                                       .info = info};

HRESULT renderer_open(const struct monitor *monitor, bool vmr9, struct copp_transport **transport, const char **step) {
    struct windows_transport *mine = new_transport(&renderer_ops);
    *transport = NULL;
    *step = "memory";
    if (!mine)
        return E_OUTOFMEMORY;
    HRESULT hr = open_graph(mine, monitor, vmr9, step);
    if (FAILED(hr))
        close_driver(&mine->transport);
    else
        *transport = &mine->transport;
    return hr;
}
