#include "com_server.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

const GUID protection_class = {0x36cd6f7a, 0x7d6c, 0x4c7c, {0x9e, 0x0b, 0x59, 0xb2, 0x1a, 0x40, 0xc3, 0xd1}};
const GUID set_protection_level = {0x9bb9327c, 0x4eb5, 0x4727, {0x9f, 0x00, 0xb4, 0x2b, 0x09, 0x19, 0xc0, 0xda}};
const GUID query_connector_type = {0x81d0bfd5, 0x6afe, 0x48c2, {0x99, 0xc0, 0x95, 0xa0, 0x8f, 0x97, 0xc5, 0xda}};
const GUID query_local_level = {0xb2075857, 0x3eda, 0x4d5d, {0x88, 0xdb, 0x74, 0x8f, 0x8c, 0x1a, 0x05, 0x49}};
const GUID query_global_level = {0x1957210a, 0x7766, 0x452a, {0xb9, 0x9a, 0xd2, 0x7a, 0xed, 0x54, 0xf0, 0x3a}};

typedef HRESULT(WINAPI *get_class_object)(REFCLSID, REFIID, void **);
typedef HRESULT(WINAPI *can_unload)(void);

static HMODULE server; /* NULL: the registered one */

BOOL server_open(const char *path) {
    if (strcmp(path, "--registered") == 0)
        return TRUE;
    server = LoadLibraryA(path);
    if (!server)
        printf("%s cannot be loaded: %lu\n", path, GetLastError());
    return server != NULL;
}

BOOL server_is_registered(void) {
    return server == NULL;
}

IClassFactory *class_factory(void) {
    IClassFactory *factory = NULL;
    if (!server) {
        assert_int_equal(CoGetClassObject(&protection_class, CLSCTX_INPROC_SERVER, NULL, &IID_IClassFactory, (void **)&factory),
                         S_OK);
        return factory;
    }
    get_class_object entry = (get_class_object)(void *)GetProcAddress(server, "DllGetClassObject");
    assert_non_null(entry);
    assert_int_equal(entry(&protection_class, &IID_IClassFactory, (void **)&factory), S_OK);
    return factory;
}

IAMCertifiedOutputProtection *new_driver(void) {
    IAMCertifiedOutputProtection *driver = NULL;
    IClassFactory *factory = class_factory();
    assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &iid_protection, (void **)&driver), S_OK);
    IClassFactory_Release(factory);
    return driver;
}

void assert_all_released(void) {
    if (!server)
        return;
    can_unload entry = (can_unload)(void *)GetProcAddress(server, "DllCanUnloadNow");
    assert_non_null(entry);
    assert_int_equal(entry(), S_OK);
}

HRESULT set_hdcp(struct client *client, DWORD level) {
    const DWORD data[4] = {HDCP, level, 0, 0};
    return client_command(client, &set_protection_level, data, sizeof data);
}

DWORD status_data(const AMCOPPStatusOutput *answer) {
    DWORD data;
    memcpy(&data, answer->COPPStatus + 20, sizeof data);
    return data;
}

DWORD level_of(struct client *client, const GUID *query) {
    AMCOPPStatusOutput answer;
    const DWORD type = HDCP;
    return client_query(client, query, &type, sizeof type, &answer) == S_OK ? status_data(&answer) : (DWORD)-1;
}

/* --- counting --- */

static volatile LONG blocks;

static HRESULT STDMETHODCALLTYPE spy_query(IMallocSpy *spy, REFIID id, void **out) {
    BOOL known = IsEqualGUID(id, &IID_IUnknown) || IsEqualGUID(id, &IID_IMallocSpy);
    *out = known ? spy : NULL;
    return known ? S_OK : E_NOINTERFACE;
}

/* It is static: nothing counts on it. */
static ULONG STDMETHODCALLTYPE spy_count(IMallocSpy *spy) {
    (void)spy;
    return 1;
}

static SIZE_T STDMETHODCALLTYPE before_alloc(IMallocSpy *spy, SIZE_T size) {
    (void)spy;
    return size;
}

static void *STDMETHODCALLTYPE after_alloc(IMallocSpy *spy, void *made) {
    (void)spy;
    if (made)
        InterlockedIncrement(&blocks);
    return made;
}

static void *STDMETHODCALLTYPE before_free(IMallocSpy *spy, void *block, BOOL spied) {
    (void)spy;
    if (block && spied)
        InterlockedDecrement(&blocks);
    return block;
}

static void STDMETHODCALLTYPE after_free(IMallocSpy *spy, BOOL spied) {
    (void)spy;
    (void)spied;
}

static SIZE_T STDMETHODCALLTYPE before_realloc(IMallocSpy *spy, void *block, SIZE_T size, void **changed, BOOL spied) {
    (void)spy;
    (void)spied;
    *changed = block;
    return size;
}

static void *STDMETHODCALLTYPE same_block(IMallocSpy *spy, void *block, BOOL spied) {
    (void)spy;
    (void)spied;
    return block;
}

static SIZE_T STDMETHODCALLTYPE after_size(IMallocSpy *spy, SIZE_T size, BOOL spied) {
    (void)spy;
    (void)spied;
    return size;
}

static int STDMETHODCALLTYPE after_did_alloc(IMallocSpy *spy, void *block, BOOL spied, int actual) {
    (void)spy;
    (void)block;
    (void)spied;
    return actual;
}

static void STDMETHODCALLTYPE minimize(IMallocSpy *spy) {
    (void)spy;
}

BOOL counting_begin(void) {
    static IMallocSpyVtbl ops = {spy_query,   spy_count,  spy_count,       before_alloc, after_alloc,
                                 before_free, after_free, before_realloc,  same_block,   same_block,
                                 after_size,  same_block, after_did_alloc, minimize,     minimize};
    static IMallocSpy spy = {&ops};
    blocks = 0;
    return SUCCEEDED(CoRegisterMallocSpy(&spy));
}

LONG counting_blocks(void) {
    return blocks;
}

BOOL counting_end(void) {
    return CoRevokeMallocSpy() == S_OK;
}

size_t heap_blocks(void) {
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    HANDLE heap = (HANDLE)_get_heap_handle();
    size_t busy = 0;
    assert_true(HeapLock(heap));
    while (HeapWalk(heap, &entry))
        busy += (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
    assert_true(HeapUnlock(heap));
    return busy;
}
