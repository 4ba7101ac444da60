/* dxva2.dll for an application's folder: its entry points for output protection. */
#include "opm.h"

#include "host.h"

/* One physical monitor is behind each HMONITOR: the adapter's output that COPP_OUTPUT names. */
HRESULT WINAPI OPMGetVideoOutputsFromHMONITOR(HMONITOR monitor, OPM_VIDEO_OUTPUT_SEMANTICS semantics, ULONG *count,
                                              IOPMVideoOutput ***outputs) {
    MONITORINFO info = {.cbSize = sizeof info};
    IOPMVideoOutput *output;
    if (!count || !outputs)
        return E_POINTER;
    *count = 0;
    *outputs = NULL;
    if (!GetMonitorInfoW(monitor, &info))
        return HRESULT_FROM_WIN32(ERROR_INVALID_MONITOR_HANDLE);
    IOPMVideoOutput **array = CoTaskMemAlloc(sizeof(IOPMVideoOutput *));
    HRESULT hr = array ? opm_output_new(semantics, &output) : E_OUTOFMEMORY;
    if (FAILED(hr)) {
        CoTaskMemFree(array);
        return hr;
    }
    array[0] = output;
    *outputs = array;
    *count = 1;
    return S_OK;
}

HRESULT WINAPI OPMGetVideoOutputsFromIDirect3DDevice9Object(IDirect3DDevice9 *device, OPM_VIDEO_OUTPUT_SEMANTICS semantics,
                                                            ULONG *count, IOPMVideoOutput ***outputs) {
    D3DDEVICE_CREATION_PARAMETERS made;
    IDirect3D9 *direct3d = NULL;
    if (!device || !count || !outputs)
        return E_POINTER;
    *count = 0;
    *outputs = NULL;
    HRESULT hr = IDirect3DDevice9_GetCreationParameters(device, &made);
    if (SUCCEEDED(hr))
        hr = IDirect3DDevice9_GetDirect3D(device, &direct3d);
    if (FAILED(hr))
        return hr;
    HMONITOR monitor = IDirect3D9_GetAdapterMonitor(direct3d, made.AdapterOrdinal);
    IDirect3D9_Release(direct3d);
    return OPMGetVideoOutputsFromHMONITOR(monitor, semantics, count, outputs);
}

HRESULT WINAPI OPMGetVideoOutputForTarget(LUID *adapter, ULONG target, OPM_VIDEO_OUTPUT_SEMANTICS semantics,
                                          IOPMVideoOutput **output);

/* Never the system's, which would lead to the real driver. Every target is the one output, as every monitor is. */
HRESULT WINAPI OPMGetVideoOutputForTarget(LUID *adapter, ULONG target, OPM_VIDEO_OUTPUT_SEMANTICS semantics,
                                          IOPMVideoOutput **output) {
    (void)target;
    if (!adapter || !output)
        return E_POINTER;
    return opm_output_new(semantics, output);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *ending);

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *ending) {
    (void)ending;
    if (reason == DLL_PROCESS_ATTACH) { /* at the process's end its memory goes as a whole */
        host_init(instance);
        DisableThreadLibraryCalls(instance);
    }
    return TRUE;
}
