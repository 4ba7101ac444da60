/* dxva2.dll for an application's folder: its entry points for output protection. */
#include "opm.h"

#include <stdlib.h>

#include "host.h"

/* All of them, or none. */
static HRESULT new_outputs(OPM_VIDEO_OUTPUT_SEMANTICS semantics, struct copp_connector *const *shown, size_t count,
                           IOPMVideoOutput **outputs) {
    for (size_t i = 0; i < count; i++) {
        HRESULT hr = opm_output_new(semantics, shown[i], &outputs[i]);
        if (SUCCEEDED(hr))
            continue;
        for (size_t made = i; made > 0; made--)
            IOPMVideoOutput_Release(outputs[made - 1]);
        return hr;
    }
    return S_OK;
}

/* Behind each HMONITOR there is the output that COPP_OUTPUT names and, in clone mode, the others in clone mode (OPM-OUT-1). */
HRESULT WINAPI OPMGetVideoOutputsFromHMONITOR(HMONITOR monitor, OPM_VIDEO_OUTPUT_SEMANTICS semantics, ULONG *count,
                                              IOPMVideoOutput ***outputs) {
    MONITORINFO info = {.cbSize = sizeof info};
    size_t shown_count = 0;
    if (!count || !outputs)
        return E_POINTER;
    *count = 0; /* OPM-OUT-2 */
    *outputs = NULL;
    if (!GetMonitorInfoW(monitor, &info))
        return HRESULT_FROM_WIN32(ERROR_INVALID_MONITOR_HANDLE);
    struct copp_connector **shown = host_shown(&shown_count);
    IOPMVideoOutput **array = shown ? CoTaskMemAlloc(shown_count * sizeof(IOPMVideoOutput *)) : NULL;
    HRESULT hr = array ? new_outputs(semantics, shown, shown_count, array) : E_OUTOFMEMORY;
    free(shown);
    if (FAILED(hr)) {
        CoTaskMemFree(array);
        return hr;
    }
    *outputs = array;
    *count = (ULONG)shown_count;
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
    return opm_output_new(semantics, NULL, output);
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
