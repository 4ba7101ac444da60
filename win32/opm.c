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

/* What the device answers before it knows a request, by OPM's codes: there is no VMR here to speak of, nor DirectDraw. */
static HRESULT opm_code(HRESULT hr) {
    if (hr == (HRESULT)COPP_HR_NO_COPP_HW)
        return OPM_E_COPP_NOT_SUPPORTED;
    if (hr == (HRESULT)COPP_HR_UNSUPPORTEDMODE) /* ARB-6: one picture on several connectors */
        return host_is_theatre() ? OPM_E_THEATER_MODE : OPM_E_SPANNING_MODE;
    return hr;
}

static HRESULT STDMETHODCALLTYPE start(IOPMVideoOutput *output, OPM_RANDOM_NUMBER *random, BYTE **chain_bytes,
                                       ULONG *chain_size) {
    return opm_code(host_key_exchange(&((struct output *)output)->device, (GUID *)random, chain_bytes, chain_size));
}

static HRESULT STDMETHODCALLTYPE finish(IOPMVideoOutput *output, const OPM_ENCRYPTED_INITIALIZATION_PARAMETERS *parameters) {
    HRESULT hr = opm_code(host_sequence_start(&((struct output *)output)->device, parameters));
    return hr == E_UNEXPECTED ? OPM_E_INVALID_INITIALIZATION : hr;
}

static HRESULT STDMETHODCALLTYPE get(IOPMVideoOutput *output, const OPM_GET_INFO_PARAMETERS *parameters,
                                     OPM_REQUESTED_INFORMATION *information) {
    (void)output;
    return parameters && information ? OPM_E_COPP_SEMANTICS : E_POINTER;
}

/* What COPP calls an invalid argument, OPM splits: a GUID that asks for nothing has a code of its own. */
static bool is_query(const GUID *id) {
    enum copp_request request;
    return copp_request_from_guid((const uint8_t *)id, &request) && request != COPP_SET_PROTECTION_LEVEL &&
           request != COPP_SET_SIGNALING;
}

static HRESULT STDMETHODCALLTYPE copp_get(IOPMVideoOutput *output, const OPM_COPP_COMPATIBLE_GET_INFO_PARAMETERS *parameters,
                                          OPM_REQUESTED_INFORMATION *information) {
    HRESULT hr = opm_code(host_status(&((struct output *)output)->device, parameters, information));
    return hr == E_INVALIDARG && !is_query(&parameters->guidInformation) ? OPM_E_INVALID_INFORMATION_REQUEST : hr;
}

static HRESULT STDMETHODCALLTYPE configure(IOPMVideoOutput *output, const OPM_CONFIGURE_PARAMETERS *parameters,
                                           ULONG additional_size, const BYTE *additional) {
    if (!parameters)
        return E_POINTER;
    if (additional_size || additional)
        return OPM_E_INVALID_CONFIGURATION_REQUEST; /* COPP's commands have none */
    HRESULT hr = host_command(&((struct output *)output)->device, parameters);
    if (hr == (HRESULT)COPP_HR_TOOBIGSIZE)
        return OPM_E_RESOLUTION_TOO_HIGH;
    if (hr == (HRESULT)COPP_HR_UNSUPPORTEDMODE) /* the output is there, its mode has changed since */
        return OPM_E_INVALID_CONFIGURATION_REQUEST;
    hr = opm_code(hr);
    return hr == E_INVALIDARG || hr == E_UNEXPECTED ? OPM_E_INVALID_CONFIGURATION_REQUEST : hr;
}

static const IOPMVideoOutputVtbl ops = {query, add, release, start, finish, get, copp_get, configure};

HRESULT opm_output_new(OPM_VIDEO_OUTPUT_SEMANTICS semantics, IOPMVideoOutput **output) {
    *output = NULL;
    if (semantics == OPM_VOS_OPM_SEMANTICS)
        return OPM_E_NOT_SUPPORTED;
    if (semantics != OPM_VOS_COPP_SEMANTICS)
        return E_INVALIDARG;
    struct output *made = calloc(1, sizeof *made);
    if (!made)
        return E_OUTOFMEMORY;
    made->interface_part.lpVtbl = (IOPMVideoOutputVtbl *)(uintptr_t)&ops;
    made->references = 1;
    HRESULT hr = opm_code(host_open(&made->device)); /* a driver without COPP fails here, and not later */
    if (SUCCEEDED(hr))
        *output = &made->interface_part;
    else
        release(&made->interface_part);
    return hr;
}
