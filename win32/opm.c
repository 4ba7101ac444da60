#include "opm.h"

#include <stdlib.h>

#include "host.h"

const GUID opm_iid_video_output = {0x0a15159d, 0x41c7, 0x4456, {0x93, 0xe1, 0x28, 0x4c, 0xd6, 0x1d, 0x4e, 0x8d}};

/* COPP's structures by other names */
_Static_assert(sizeof(OPM_RANDOM_NUMBER) == COPP_RANDOM_SIZE, "GUID");
_Static_assert(sizeof(OPM_ENCRYPTED_INITIALIZATION_PARAMETERS) == sizeof(struct copp_signature), "AMCOPPSignature");
_Static_assert(sizeof(OPM_CONFIGURE_PARAMETERS) == sizeof(struct copp_command), "AMCOPPCommand");
_Static_assert(sizeof(OPM_COPP_COMPATIBLE_GET_INFO_PARAMETERS) == sizeof(struct copp_status_input), "AMCOPPStatusInput");
_Static_assert(sizeof(OPM_REQUESTED_INFORMATION) == sizeof(struct copp_status_output), "AMCOPPStatusOutput");
_Static_assert(sizeof(OPM_GET_INFO_PARAMETERS) == COPP_OPM_GET_INFO_SIZE, "OPM-WIRE-1");

struct output {
    IOPMVideoOutput interface_part;
    struct host_device device;
    LONG references;
};

static HRESULT STDMETHODCALLTYPE query(IOPMVideoOutput *output, REFIID id, void **out) {
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!id)
        return E_INVALIDARG;
    if (!IsEqualGUID(id, &IID_IUnknown) && !IsEqualGUID(id, &opm_iid_video_output))
        return E_NOINTERFACE;
    IOPMVideoOutput_AddRef(output);
    *out = output;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE add(IOPMVideoOutput *output) {
    return (ULONG)InterlockedIncrement(&((struct output *)output)->references);
}

static ULONG STDMETHODCALLTYPE release(IOPMVideoOutput *output) {
    struct output *mine = (struct output *)output;
    LONG left = InterlockedDecrement(&mine->references);
    if (left == 0) {
        host_close(&mine->device);
        free(mine);
    }
    return (ULONG)left;
}

/* What tells of the driver, and not of a request, by OPM's codes: there is no VMR here to speak of, nor DirectDraw. */
static HRESULT opm_code(HRESULT hr) {
    if (hr == (HRESULT)COPP_HR_NO_COPP_HW)
        return (HRESULT)COPP_HR_OPM_COPP_NOT_SUPPORTED;
    if (hr == (HRESULT)COPP_HR_UNSUPPORTEDMODE) /* ARB-6, OPM-OUT-6: one picture on several connectors */
        return (HRESULT)(host_is_theatre() ? COPP_HR_OPM_THEATER_MODE : COPP_HR_OPM_SPANNING_MODE);
    return hr;
}

static struct host_device *device_of(IOPMVideoOutput *output) {
    return &((struct output *)output)->device;
}

static HRESULT STDMETHODCALLTYPE start(IOPMVideoOutput *output, OPM_RANDOM_NUMBER *random, BYTE **chain_bytes,
                                       ULONG *chain_size) {
    return opm_code(host_key_exchange(device_of(output), random, chain_bytes, chain_size));
}

static HRESULT STDMETHODCALLTYPE finish(IOPMVideoOutput *output, const OPM_ENCRYPTED_INITIALIZATION_PARAMETERS *parameters) {
    HRESULT hr = opm_code(host_sequence_start(device_of(output), parameters));
    return hr == E_UNEXPECTED ? (HRESULT)COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS : hr; /* COPP's word for it */
}

static HRESULT STDMETHODCALLTYPE get(IOPMVideoOutput *output, const OPM_GET_INFO_PARAMETERS *parameters,
                                     OPM_REQUESTED_INFORMATION *information) {
    return host_information(device_of(output), parameters, information);
}

static HRESULT STDMETHODCALLTYPE copp_get(IOPMVideoOutput *output, const OPM_COPP_COMPATIBLE_GET_INFO_PARAMETERS *parameters,
                                          OPM_REQUESTED_INFORMATION *information) {
    return host_copp_information(device_of(output), parameters, information);
}

static HRESULT STDMETHODCALLTYPE configure(IOPMVideoOutput *output, const OPM_CONFIGURE_PARAMETERS *parameters,
                                           ULONG additional_size, const BYTE *additional) {
    return host_configure(device_of(output), parameters, additional, additional_size);
}

static const IOPMVideoOutputVtbl ops = {query, add, release, start, finish, get, copp_get, configure};

HRESULT opm_output_new(OPM_VIDEO_OUTPUT_SEMANTICS semantics, struct copp_connector *connector, IOPMVideoOutput **output) {
    *output = NULL;
    enum copp_semantics wanted = copp_opm_semantics_of_vos((uint32_t)semantics);
    if (wanted == COPP_SEMANTICS_NONE)
        return E_INVALIDARG; /* OPM-OUT-3 */
    struct output *made = calloc(1, sizeof *made);
    if (!made)
        return E_OUTOFMEMORY;
    made->interface_part.lpVtbl = (IOPMVideoOutputVtbl *)(uintptr_t)&ops;
    made->references = 1;
    made->device.opm = wanted == COPP_SEMANTICS_OPM;
    made->device.connector = connector;
    HRESULT hr = opm_code(host_open(&made->device)); /* OPM-OUT-4, OPM-OUT-5: its chain stays what it is now */
    if (SUCCEEDED(hr))
        *output = &made->interface_part;
    else
        release(&made->interface_part);
    return hr;
}
