#include "registry.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "object.h"

#define KEY_MAX 160

/* "CLSID\{...}" and what follows. */
static void class_key(REFCLSID id, const char *rest, char *key) {
    (void)snprintf(key, KEY_MAX, "CLSID\\{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}%s", (unsigned long)id->Data1,
                   id->Data2, id->Data3, id->Data4[0], id->Data4[1], id->Data4[2], id->Data4[3], id->Data4[4], id->Data4[5],
                   id->Data4[6], id->Data4[7], rest);
}

/* A registry value as it lies there, whatever its type. */
struct value {
    BYTE bytes[1024];
    DWORD size;
    DWORD type;
};

static LSTATUS read_value(const char *path, const char *name, struct value *value) {
    HKEY key;
    LSTATUS status = RegOpenKeyExA(HKEY_CLASSES_ROOT, path, 0, KEY_QUERY_VALUE, &key);
    if (status)
        return status;
    value->size = sizeof value->bytes;
    status = RegQueryValueExA(key, name, NULL, &value->type, value->bytes, &value->size);
    RegCloseKey(key);
    return status;
}

static LSTATUS write_value(const char *path, const char *name, const struct value *value) {
    HKEY key;
    LSTATUS status = RegCreateKeyExA(HKEY_CLASSES_ROOT, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (status)
        return status;
    status = RegSetValueExA(key, name, 0, value->type, value->bytes, value->size);
    RegCloseKey(key);
    return status;
}

static LSTATUS write_text(const char *path, const char *name, const char *text) {
    struct value value = {.size = (DWORD)strlen(text) + 1, .type = REG_SZ};
    memcpy(value.bytes, text, value.size);
    return write_value(path, name, &value);
}

static bool is_text(const struct value *value, const char *text) {
    return value->size == strlen(text) + 1 && strcmp((const char *)value->bytes, text) == 0;
}

/* Where the path of Windows' own server is kept meanwhile: under this DLL's class. */
static void kept_key(char *key) {
    class_key(&copp_class_protection, "\\Replaced", key);
}

/* path takes the place of a renderer's server. One that is not registered is not there to be replaced. */
static LSTATUS replace(REFCLSID id, const char *name, const char *path) {
    char server[KEY_MAX];
    char kept[KEY_MAX];
    struct value before;
    class_key(id, "\\InprocServer32", server);
    kept_key(kept);
    LSTATUS status = read_value(server, NULL, &before);
    if (status == ERROR_FILE_NOT_FOUND || (!status && is_text(&before, path)))
        return ERROR_SUCCESS;
    if (!status)
        status = write_value(kept, name, &before);
    return status ? status : write_text(server, NULL, path);
}

static LSTATUS restore(REFCLSID id, const char *name, const char *path) {
    char server[KEY_MAX];
    char kept[KEY_MAX];
    struct value before;
    struct value now;
    class_key(id, "\\InprocServer32", server);
    kept_key(kept);
    if (read_value(kept, name, &before) || read_value(server, NULL, &now) || !is_text(&now, path))
        return ERROR_SUCCESS;
    return write_value(server, NULL, &before);
}

static const struct {
    const GUID *id;
    const char *name;
} renderers[] = {{&copp_class_vmr7, "VideoMixingRenderer"}, {&copp_class_vmr9, "VideoMixingRenderer9"}};

static bool module_path(HMODULE module, char *path) {
    DWORD length = GetModuleFileNameA(module, path, MAX_PATH);
    return length > 0 && length < MAX_PATH;
}

HRESULT registry_add(HMODULE module) {
    char path[MAX_PATH];
    char key[KEY_MAX];
    if (!module_path(module, path))
        return E_UNEXPECTED;
    class_key(&copp_class_protection, "", key);
    LSTATUS status = write_text(key, NULL, "libcopp: Certified Output Protection Protocol, driver side");
    class_key(&copp_class_protection, "\\InprocServer32", key);
    if (!status)
        status = write_text(key, NULL, path);
    if (!status)
        status = write_text(key, "ThreadingModel", "Both");
    for (size_t i = 0; !status && i < sizeof renderers / sizeof renderers[0]; i++)
        status = replace(renderers[i].id, renderers[i].name, path);
    return HRESULT_FROM_WIN32((DWORD)status);
}

HRESULT registry_remove(HMODULE module) {
    char path[MAX_PATH];
    char key[KEY_MAX];
    LSTATUS status = ERROR_SUCCESS;
    if (!module_path(module, path))
        return E_UNEXPECTED;
    for (size_t i = 0; i < sizeof renderers / sizeof renderers[0]; i++) {
        LSTATUS one = restore(renderers[i].id, renderers[i].name, path);
        status = status ? status : one;
    }
    if (status)
        return HRESULT_FROM_WIN32((DWORD)status); /* what was there before is still kept */
    class_key(&copp_class_protection, "", key);
    status = RegDeleteTreeA(HKEY_CLASSES_ROOT, key);
    return status == ERROR_FILE_NOT_FOUND ? S_OK : HRESULT_FROM_WIN32((DWORD)status);
}
