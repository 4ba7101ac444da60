/* copp.dll's entry points and its class factory. */
#include "object.h"

#include <stdlib.h>

#include <olectl.h>

#include "host.h"
#include "lifetime.h"
#include "registry.h"
#include "renderers.h"

static HMODULE this_module;

struct factory {
    IClassFactory interface_part;
    GUID class_id;
    LONG references;
};

static HRESULT STDMETHODCALLTYPE query(IClassFactory *factory, REFIID id, void **out) {
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!id)
        return E_INVALIDARG;
    if (!IsEqualGUID(id, &IID_IUnknown) && !IsEqualGUID(id, &IID_IClassFactory))
        return E_NOINTERFACE;
    IClassFactory_AddRef(factory);
    *out = factory;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE add(IClassFactory *factory) {
    return (ULONG)InterlockedIncrement(&((struct factory *)factory)->references);
}

static ULONG STDMETHODCALLTYPE release(IClassFactory *factory) {
    LONG left = InterlockedDecrement(&((struct factory *)factory)->references);
    if (left == 0) {
        free(factory);
        server_let_go();
    }
    return (ULONG)left;
}

static HRESULT STDMETHODCALLTYPE create(IClassFactory *factory, IUnknown *outer, REFIID id, void **out) {
    IUnknown *made;
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!id)
        return E_INVALIDARG;
    if (outer && !IsEqualGUID(id, &IID_IUnknown))
        return E_NOINTERFACE; /* a part of another object is handed out by its own IUnknown alone */
    HRESULT hr = object_new(&((struct factory *)factory)->class_id, outer, &made);
    if (FAILED(hr))
        return hr;
    hr = IUnknown_QueryInterface(made, id, out);
    IUnknown_Release(made);
    return hr;
}

static HRESULT STDMETHODCALLTYPE lock(IClassFactory *factory, BOOL locked) {
    (void)factory;
    if (locked)
        server_keep();
    else
        server_let_go();
    return S_OK;
}

static const IClassFactoryVtbl factory_ops = {query, add, release, create, lock};

HRESULT WINAPI DllGetClassObject(REFCLSID class_id, REFIID id, void **out) {
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!class_id)
        return E_INVALIDARG;
    if (!IsEqualGUID(class_id, &copp_class_protection) && !renderer_find(class_id))
        return CLASS_E_CLASSNOTAVAILABLE;
    struct factory *factory = calloc(1, sizeof *factory);
    if (!factory)
        return E_OUTOFMEMORY;
    server_keep();
    factory->interface_part.lpVtbl = (IClassFactoryVtbl *)(uintptr_t)&factory_ops;
    factory->class_id = *class_id;
    factory->references = 1;
    HRESULT hr = query(&factory->interface_part, id, out);
    release(&factory->interface_part);
    return hr;
}

HRESULT WINAPI DllCanUnloadNow(void) {
    return server_in_use() ? S_FALSE : S_OK;
}

HRESULT WINAPI DllRegisterServer(void) {
    return registry_add(this_module);
}

HRESULT WINAPI DllUnregisterServer(void) {
    return registry_remove(this_module);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *ending);

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *ending) {
    (void)ending;
    if (reason == DLL_PROCESS_ATTACH) { /* at the process's end its memory goes as a whole */
        this_module = instance;
        host_init(instance);
        DisableThreadLibraryCalls(instance);
    }
    return TRUE;
}
