/*
 * A driver as older ones are: dxva2.dll, in front of libcopp's, which lies beside it as newer.dll. It does not know the requests that came
 * with later versions of Windows (OPM-GET-10). With OLDER_WITHOUT_OPM set it has no OPM semantics either, and says so as such drivers were
 * seen to do: that something in it has failed.
 */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <d3d9.h>
#include <opmapi.h>

#define FAILED_INSIDE ((HRESULT)0xC026251E)
#define INVALID_REQUEST ((HRESULT)0xC026251D)
#define AT_GUID 32u /* OPM-WIRE-1 */

static const GUID later[] = {{0x72cb6df3, 0x244f, 0x40ce, {0xb0, 0x9e, 0x20, 0x50, 0x6a, 0xf6, 0x30, 0x2f}},
                             {0x3b129589, 0x2af8, 0x4ef0, {0x96, 0xa2, 0x70, 0x4a, 0x84, 0x5a, 0x21, 0x8e}}};

typedef HRESULT(WINAPI *from_monitor)(HMONITOR, OPM_VIDEO_OUTPUT_SEMANTICS, ULONG *, IOPMVideoOutput ***);

struct older_output {
    IOPMVideoOutput interface_part;
    IOPMVideoOutput *newer;
    LONG references;
};

static IOPMVideoOutput *newer(IOPMVideoOutput *output) {
    return ((struct older_output *)output)->newer;
}

static HRESULT STDMETHODCALLTYPE query(IOPMVideoOutput *output, REFIID id, void **out) {
    (void)output;
    (void)id;
    *out = NULL;
    return E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE add(IOPMVideoOutput *output) {
    return (ULONG)InterlockedIncrement(&((struct older_output *)output)->references);
}

static ULONG STDMETHODCALLTYPE release(IOPMVideoOutput *output) {
    LONG left = InterlockedDecrement(&((struct older_output *)output)->references);
    if (left == 0) {
        IOPMVideoOutput_Release(newer(output));
        free(output);
    }
    return (ULONG)left;
}

static HRESULT STDMETHODCALLTYPE start(IOPMVideoOutput *output, OPM_RANDOM_NUMBER *random, BYTE **chain_bytes,
                                       ULONG *chain_size) {
    return IOPMVideoOutput_StartInitialization(newer(output), random, chain_bytes, chain_size);
}

static HRESULT STDMETHODCALLTYPE finish(IOPMVideoOutput *output, const OPM_ENCRYPTED_INITIALIZATION_PARAMETERS *parameters) {
    return IOPMVideoOutput_FinishInitialization(newer(output), parameters);
}

static HRESULT STDMETHODCALLTYPE get(IOPMVideoOutput *output, const OPM_GET_INFO_PARAMETERS *parameters,
                                     OPM_REQUESTED_INFORMATION *information) {
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (memcmp((const BYTE *)parameters + AT_GUID, &later[i], sizeof later[i]) == 0)
            return INVALID_REQUEST; /* and the number stays what it was (OPM-GET-3) */
    }
    return IOPMVideoOutput_GetInformation(newer(output), parameters, information);
}

static HRESULT STDMETHODCALLTYPE copp_get(IOPMVideoOutput *output, const OPM_COPP_COMPATIBLE_GET_INFO_PARAMETERS *parameters,
                                          OPM_REQUESTED_INFORMATION *information) {
    return IOPMVideoOutput_COPPCompatibleGetInformation(newer(output), parameters, information);
}

static HRESULT STDMETHODCALLTYPE configure(IOPMVideoOutput *output, const OPM_CONFIGURE_PARAMETERS *parameters, ULONG size,
                                           const BYTE *additional) {
    return IOPMVideoOutput_Configure(newer(output), parameters, size, additional);
}

static const IOPMVideoOutputVtbl ops = {query, add, release, start, finish, get, copp_get, configure};

/* One that cannot be wrapped is handed out as it is: the test then fails. */
static IOPMVideoOutput *wrap(IOPMVideoOutput *output) {
    struct older_output *made = calloc(1, sizeof *made);
    if (!made)
        return output;
    *made = (struct older_output){{(IOPMVideoOutputVtbl *)(uintptr_t)&ops}, output, 1};
    return &made->interface_part;
}

__declspec(dllexport) HRESULT WINAPI OPMGetVideoOutputsFromHMONITOR(HMONITOR monitor, OPM_VIDEO_OUTPUT_SEMANTICS semantics,
                                                                    ULONG *count, IOPMVideoOutput ***outputs) {
    HMODULE library = LoadLibraryA("newer.dll");
    from_monitor entry = library ? (from_monitor)(void *)GetProcAddress(library, "OPMGetVideoOutputsFromHMONITOR") : NULL;
    *count = 0;
    *outputs = NULL;
    if (semantics == OPM_VOS_OPM_SEMANTICS && getenv("OLDER_WITHOUT_OPM"))
        return FAILED_INSIDE;
    HRESULT hr = entry ? entry(monitor, semantics, count, outputs) : E_FAIL;
    for (ULONG i = 0; SUCCEEDED(hr) && i < *count; i++)
        (*outputs)[i] = wrap((*outputs)[i]);
    return hr;
}
