#include "registry.h"

#include <stdbool.h>
#include <wchar.h>

#include "object.h"

#define KEY_MAX 160
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "CLSID\{...}" and what follows. */
static void class_key(REFCLSID id, const WCHAR *rest, WCHAR *key) {
    WCHAR text[40];
    (void)StringFromGUID2(id, text, COUNT(text));
    (void)_snwprintf(key, KEY_MAX, L"CLSID\\%ls%ls", text, rest);
    key[KEY_MAX - 1] = 0;
}

/* A registry value as it lies there, whatever its type. */
struct value {
    BYTE bytes[2048];
    DWORD size;
    DWORD type;
};

static LSTATUS read_value(const WCHAR *path, const WCHAR *name, struct value *value) {
    HKEY key;
    LSTATUS status = RegOpenKeyExW(HKEY_CLASSES_ROOT, path, 0, KEY_QUERY_VALUE, &key);
    if (status)
        return status;
    value->size = sizeof value->bytes;
    status = RegQueryValueExW(key, name, NULL, &value->type, value->bytes, &value->size);
    RegCloseKey(key);
    return status;
}

static LSTATUS write_value(const WCHAR *path, const WCHAR *name, const struct value *value) {
    HKEY key;
    LSTATUS status = RegCreateKeyExW(HKEY_CLASSES_ROOT, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (status)
        return status;
    status = RegSetValueExW(key, name, 0, value->type, value->bytes, value->size);
    RegCloseKey(key);
    return status;
}

static void set_text(struct value *value, const WCHAR *text) {
    value->type = REG_SZ;
    value->size = (DWORD)((wcslen(text) + 1) * sizeof(WCHAR));
    memcpy(value->bytes, text, value->size);
}

static LSTATUS write_text(const WCHAR *path, const WCHAR *name, const WCHAR *text) {
    struct value value;
    set_text(&value, text);
    return write_value(path, name, &value);
}

static bool same(const struct value *one, const struct value *two) {
    return one->type == two->type && one->size == two->size && memcmp(one->bytes, two->bytes, one->size) == 0;
}

/* The server that this class has, which may be another copy of this DLL. */
static LSTATUS read_own(struct value *own) {
    WCHAR key[KEY_MAX];
    class_key(&copp_class_protection, L"\\InprocServer32", key);
    return read_value(key, NULL, own);
}

/* Where the path of Windows' own server is kept meanwhile: under this DLL's class. */
static void kept_key(WCHAR *key) {
    class_key(&copp_class_protection, L"\\Replaced", key);
}

/* mine takes the place of a renderer's server. One that is not registered is not there to be replaced; one of which this DLL, or
 * another copy of it, has taken the place already is kept as it was before that. */
static LSTATUS replace(REFCLSID id, const WCHAR *name, const struct value *mine, const struct value *previous) {
    WCHAR server[KEY_MAX];
    WCHAR kept[KEY_MAX];
    struct value before;
    class_key(id, L"\\InprocServer32", server);
    kept_key(kept);
    LSTATUS status = read_value(server, NULL, &before);
    if (status)
        return status == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : status;
    if (!same(&before, mine) && (!previous || !same(&before, previous)))
        status = write_value(kept, name, &before);
    return status ? status : write_value(server, NULL, mine);
}

static LSTATUS restore(REFCLSID id, const WCHAR *name, const struct value *own) {
    WCHAR server[KEY_MAX];
    WCHAR kept[KEY_MAX];
    struct value before;
    struct value now;
    class_key(id, L"\\InprocServer32", server);
    kept_key(kept);
    if (read_value(kept, name, &before) || read_value(server, NULL, &now) || !same(&now, own))
        return ERROR_SUCCESS;
    return write_value(server, NULL, &before);
}

static const struct {
    const GUID *id;
    const WCHAR *name;
} renderers[] = {{&copp_class_vmr7, L"VideoMixingRenderer"}, {&copp_class_vmr9, L"VideoMixingRenderer9"}};

static LSTATUS add(const struct value *mine, const struct value *previous) {
    WCHAR key[KEY_MAX];
    class_key(&copp_class_protection, L"", key);
    LSTATUS status = write_text(key, NULL, L"libcopp: Certified Output Protection Protocol, driver side");
    /* the renderers first: until this class has its server, that is the previous one's, by which they are known again */
    for (size_t i = 0; !status && i < COUNT(renderers); i++)
        status = replace(renderers[i].id, renderers[i].name, mine, previous);
    class_key(&copp_class_protection, L"\\InprocServer32", key);
    if (!status)
        status = write_value(key, NULL, mine);
    return status ? status : write_text(key, L"ThreadingModel", L"Both");
}

static LSTATUS restore_all(const struct value *own) {
    LSTATUS status = ERROR_SUCCESS;
    for (size_t i = 0; i < COUNT(renderers); i++) {
        LSTATUS one = restore(renderers[i].id, renderers[i].name, own);
        status = status ? status : one;
    }
    return status;
}

static LSTATUS remove_class(void) {
    WCHAR key[KEY_MAX];
    class_key(&copp_class_protection, L"", key);
    LSTATUS status = RegDeleteTreeW(HKEY_CLASSES_ROOT, key);
    return status == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : status;
}

HRESULT registry_add(HMODULE module) {
    WCHAR path[MAX_PATH];
    struct value mine;
    struct value previous;
    DWORD length = GetModuleFileNameW(module, path, MAX_PATH);
    if (length == 0 || length >= MAX_PATH)
        return E_UNEXPECTED;
    set_text(&mine, path);
    bool again = read_own(&previous) == ERROR_SUCCESS;
    LSTATUS status = add(&mine, again ? &previous : NULL);
    if (status && restore_all(&mine) == ERROR_SUCCESS && !again)
        (void)remove_class(); /* all of it or nothing */
    return HRESULT_FROM_WIN32((DWORD)status);
}

HRESULT registry_remove(void) {
    struct value own;
    LSTATUS status = read_own(&own);
    if (status == ERROR_FILE_NOT_FOUND)
        return S_OK;
    if (!status)
        status = restore_all(&own); /* where that fails, what was there before is still kept */
    if (!status)
        status = remove_class();
    return HRESULT_FROM_WIN32((DWORD)status);
}
