/* dxva2.dll for an application's folder: its entry points for output protection. */
#include "opm.h"

#include "host.h"

/* One physical monitor is behind each HMONITOR: the adapter's output that COPP_OUTPUT names. */
HRESULT WINAPI OPMGetVideoOutputsFromHMONITOR(HMONITOR monitor, OPM_VIDEO_OUTPUT_SEMANTICS semantics, ULONG *count,
                                              IOPMVideoOutput ***outputs) {
    MONITORINFO info = {.cbSize = sizeof info};
    if (!count || !outputs)
        return E_POINTER;
    *count = 0;
    *outputs = NULL;
    if (semantics == OPM_VOS_OPM_SEMANTICS)
        return OPM_E_NOT_SUPPORTED;
    if (semantics != OPM_VOS_COPP_SEMANTICS)
        return E_INVALIDARG;
    if (!GetMonitorInfoW(monitor, &info))
        return HRESULT_FROM_WIN32(ERROR_INVALID_MONITOR_HANDLE);
    IOPMVideoOutput **array = CoTaskMemAlloc(sizeof(IOPMVideoOutput *));
    IOPMVideoOutput *output = array ? opm_output_new() : NULL;
    if (!output) {
        CoTaskMemFree(array);
        return E_OUTOFMEMORY;
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

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *ending);

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *ending) {
    (void)ending;
    if (reason == DLL_PROCESS_ATTACH) { /* at the process's end its memory goes as a whole */
        host_init(instance);
        DisableThreadLibraryCalls(instance);
    }
    return TRUE;
}
