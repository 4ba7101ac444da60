/*
 * Each object has two IUnknowns: its own, and that of all its interfaces, which is the outer object's where there is
 * one. A renderer of Windows' is aggregated in turn: its interfaces count on the same outer object.
 */
#include "object.h"

#include <stdlib.h>
#include <string.h>

#include <dshow.h>

#include "host.h"
#include "lifetime.h"
#include "renderers.h"

const GUID copp_class_protection = {0x36cd6f7a, 0x7d6c, 0x4c7c, {0x9e, 0x0b, 0x59, 0xb2, 0x1a, 0x40, 0xc3, 0xd1}};

/* IAMCertifiedOutputProtection: strmif.h declares it, but only younger releases of MinGW-w64's library have it. */
static const IID iid_protection = {0x6feded3e, 0x0ff1, 0x4901, {0xa2, 0xf1, 0x43, 0xf7, 0x01, 0x2c, 0x85, 0x15}};

struct object {
    IUnknown own;
    IAMCertifiedOutputProtection protection;
    IUnknown *outer; /* whose count the interfaces use: own, or a client's */
    IUnknown *renderer; /* Windows' own; NULL: there is none */
    IUnknown *marshaler; /* free-threaded, for an object without a renderer */
    struct host_device device;
    LONG references;
};

static struct object *from_own(IUnknown *own) {
    return CONTAINING_RECORD(own, struct object, own);
}

static struct object *from_protection(IAMCertifiedOutputProtection *protection) {
    return CONTAINING_RECORD(protection, struct object, protection);
}

/* --- the object's own IUnknown --- */

static HRESULT STDMETHODCALLTYPE own_query(IUnknown *own, REFIID id, void **out) {
    struct object *object = from_own(own);
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!id)
        return E_INVALIDARG;
    if (IsEqualGUID(id, &IID_IUnknown)) {
        *out = &object->own;
        IUnknown_AddRef(&object->own);
        return S_OK;
    }
    if (IsEqualGUID(id, &iid_protection)) {
        *out = &object->protection;
        IUnknown_AddRef(object->outer);
        return S_OK;
    }
    if (object->renderer)
        return IUnknown_QueryInterface(object->renderer, id, out);
    if (IsEqualGUID(id, &IID_IMarshal) && object->marshaler)
        return IUnknown_QueryInterface(object->marshaler, id, out);
    return E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE own_add(IUnknown *own) {
    return (ULONG)InterlockedIncrement(&from_own(own)->references);
}

static void destroy(struct object *object) {
    object->references = 1; /* its parts count on it once more while they go */
    host_close(&object->device);
    if (object->marshaler)
        IUnknown_Release(object->marshaler);
    if (object->renderer)
        IUnknown_Release(object->renderer);
    free(object);
    server_let_go();
}

static ULONG STDMETHODCALLTYPE own_release(IUnknown *own) {
    LONG left = InterlockedDecrement(&from_own(own)->references);
    if (left == 0)
        destroy(from_own(own));
    return (ULONG)left;
}

static const IUnknownVtbl own_ops = {own_query, own_add, own_release};

/* --- IAMCertifiedOutputProtection --- */

static HRESULT STDMETHODCALLTYPE protection_query(IAMCertifiedOutputProtection *protection, REFIID id, void **out) {
    return IUnknown_QueryInterface(from_protection(protection)->outer, id, out);
}

static ULONG STDMETHODCALLTYPE protection_add(IAMCertifiedOutputProtection *protection) {
    return IUnknown_AddRef(from_protection(protection)->outer);
}

static ULONG STDMETHODCALLTYPE protection_release(IAMCertifiedOutputProtection *protection) {
    return IUnknown_Release(from_protection(protection)->outer);
}

static bool pin_connected(IPin *pin) {
    IPin *peer = NULL;
    if (FAILED(IPin_ConnectedTo(pin, &peer)) || !peer)
        return false;
    IPin_Release(peer);
    return true;
}

/* A renderer that mixes has several pins, any of which may show something. */
static bool is_connected(IBaseFilter *filter) {
    IEnumPins *pins = NULL;
    IPin *pin = NULL;
    bool connected = false;
    if (FAILED(IBaseFilter_EnumPins(filter, &pins)))
        return false;
    while (!connected && IEnumPins_Next(pins, 1, &pin, NULL) == S_OK) {
        connected = pin_connected(pin);
        IPin_Release(pin);
    }
    IEnumPins_Release(pins);
    return connected;
}

/* Some drivers answer on a renderer that is not connected, and some players rely on that: COPP_UNCONNECTED=1. */
static bool may_be_unconnected(void) {
    WCHAR value[4];
    return GetEnvironmentVariableW(L"COPP_UNCONNECTED", value, 4) == 1 && value[0] == L'1';
}

/* A renderer that is not connected shows nothing on any output: there is no device for it, or no longer. */
static HRESULT check_connected(struct object *object) {
    IBaseFilter *filter = NULL;
    if (!object->renderer || may_be_unconnected())
        return S_OK;
    if (FAILED(IUnknown_QueryInterface(object->renderer, &IID_IBaseFilter, (void **)&filter)))
        return VFW_E_NO_COPP_HW;
    bool connected = is_connected(filter);
    IBaseFilter_Release(filter);
    if (connected)
        return S_OK;
    host_close(&object->device);
    return VFW_E_NO_COPP_HW;
}

static HRESULT STDMETHODCALLTYPE key_exchange(IAMCertifiedOutputProtection *protection, GUID *random, BYTE **chain_bytes,
                                              DWORD *chain_size) {
    struct object *object = from_protection(protection);
    if (!random || !chain_bytes || !chain_size)
        return E_POINTER;
    *chain_bytes = NULL;
    *chain_size = 0;
    HRESULT hr = check_connected(object);
    return FAILED(hr) ? hr : host_key_exchange(&object->device, random, chain_bytes, chain_size);
}

static HRESULT STDMETHODCALLTYPE sequence_start(IAMCertifiedOutputProtection *protection, AMCOPPSignature *signature) {
    struct object *object = from_protection(protection);
    if (!signature)
        return E_POINTER;
    HRESULT hr = check_connected(object);
    return FAILED(hr) ? hr : host_sequence_start(&object->device, signature);
}

static HRESULT STDMETHODCALLTYPE command(IAMCertifiedOutputProtection *protection, const AMCOPPCommand *wanted) {
    struct object *object = from_protection(protection);
    if (!wanted)
        return E_POINTER;
    HRESULT hr = check_connected(object);
    return FAILED(hr) ? hr : host_command(&object->device, wanted);
}

static HRESULT STDMETHODCALLTYPE status(IAMCertifiedOutputProtection *protection, const AMCOPPStatusInput *input,
                                        AMCOPPStatusOutput *output) {
    struct object *object = from_protection(protection);
    if (!input || !output)
        return E_POINTER;
    HRESULT hr = check_connected(object);
    return FAILED(hr) ? hr : host_status(&object->device, input, output);
}

static const IAMCertifiedOutputProtectionVtbl protection_ops = {
    protection_query, protection_add, protection_release, key_exchange, sequence_start, command, status};

/* --- making one --- */

typedef HRESULT(WINAPI *get_class_object)(REFCLSID, REFIID, void **);

static get_class_object entry_of(const struct renderer *renderer) {
    WCHAR path[MAX_PATH];
    HMODULE system =
        renderer_path(renderer, path) ? LoadLibraryW(path) : NULL; /* stays: its objects may outlive the one asked for */
    return system ? (get_class_object)(void *)GetProcAddress(system, "DllGetClassObject") : NULL;
}

/* Windows' renderer as a part of outer. */
static HRESULT new_renderer(REFCLSID class_id, IUnknown *outer, IUnknown **renderer) {
    IClassFactory *factory = NULL;
    const struct renderer *class = renderer_find(class_id);
    get_class_object entry = class ? entry_of(class) : NULL;
    if (!entry)
        return REGDB_E_CLASSNOTREG;
    HRESULT hr = entry(class_id, &IID_IClassFactory, (void **)&factory);
    if (FAILED(hr))
        return hr;
    hr = IClassFactory_CreateInstance(factory, outer, &IID_IUnknown, (void **)renderer);
    IClassFactory_Release(factory);
    return hr;
}

HRESULT object_new(REFCLSID class_id, IUnknown *outer, IUnknown **made) {
    struct object *object = calloc(1, sizeof *object);
    *made = NULL;
    if (!object)
        return E_OUTOFMEMORY;
    server_keep();
    object->own.lpVtbl = (IUnknownVtbl *)(uintptr_t)&own_ops;
    object->protection.lpVtbl = (IAMCertifiedOutputProtectionVtbl *)(uintptr_t)&protection_ops;
    object->outer = outer ? outer : &object->own;
    object->references = 1;
    HRESULT hr;
    if (IsEqualGUID(class_id, &copp_class_protection))
        hr = CoCreateFreeThreadedMarshaler(object->outer, &object->marshaler);
    else
        hr = new_renderer(class_id, object->outer, &object->renderer);
    if (SUCCEEDED(hr))
        *made = &object->own;
    else
        IUnknown_Release(&object->own);
    return hr;
}
