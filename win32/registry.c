#include "registry.h"

#include <stdbool.h>
#include <wchar.h>

#include "object.h"
#include "renderers.h"
#include "server_file.h"

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

/* The file that a server's value names; false if it is not text, or too long. */
static bool server_path(const struct value *value, WCHAR *path) {
    WCHAR text[MAX_PATH];
    size_t length = value->size / sizeof(WCHAR);
    if ((value->type != REG_SZ && value->type != REG_EXPAND_SZ) || length >= MAX_PATH)
        return false;
    memcpy(text, value->bytes, length * sizeof(WCHAR)); /* with a NUL at its end, or without */
    text[length] = 0;
    const WCHAR *name = text;
    size_t quoted = wcslen(text);
    if (quoted >= 2 && text[0] == L'"' && text[quoted - 1] == L'"') {
        text[quoted - 1] = 0;
        name = text + 1;
    }
    DWORD size = value->type == REG_EXPAND_SZ ? ExpandEnvironmentStringsW(name, path, MAX_PATH) : 0;
    if (value->type == REG_SZ)
        (void)wcscpy(path, name);
    return value->type == REG_SZ || (size > 0 && size <= MAX_PATH);
}

/* own: what is registered for this DLL's class, or NULL. */
static bool is_copp(const struct value *value, const struct value *own) {
    WCHAR path[MAX_PATH];
    return (own && same(value, own)) || (server_path(value, path) && server_is_copp(path));
}

/* What the system registers for a renderer of its own. */
static LSTATUS system_server(const struct renderer *renderer, struct value *value) {
    WCHAR path[MAX_PATH];
    if (!renderer_path(renderer, path) || !server_exists(path))
        return ERROR_FILE_NOT_FOUND;
    set_text(value, path);
    return ERROR_SUCCESS;
}

/* What was there before, where that is known and still there, else the system's. */
static LSTATUS find_before(const struct renderer *renderer, const struct value *own, struct value *before) {
    WCHAR kept[KEY_MAX];
    WCHAR path[MAX_PATH];
    kept_key(kept);
    if (!read_value(kept, renderer->name, before) && server_path(before, path) && server_exists(path) && !is_copp(before, own))
        return ERROR_SUCCESS;
    return system_server(renderer, before);
}

/* mine takes the place of a renderer's server. One that is not registered is not there to be replaced; one of which this DLL, or
 * another copy of it, has taken the place already is kept as it was before that. */
static LSTATUS replace(const struct renderer *renderer, const struct value *mine, const struct value *own) {
    WCHAR server[KEY_MAX];
    WCHAR kept[KEY_MAX];
    struct value before;
    class_key(&renderer->id, L"\\InprocServer32", server);
    kept_key(kept);
    LSTATUS status = read_value(server, NULL, &before);
    if (status)
        return status == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : status;
    if (is_copp(&before, own))
        status = find_before(renderer, own, &before);
    if (!status)
        status = write_value(kept, renderer->name, &before);
    return status ? status : write_value(server, NULL, mine);
}

static LSTATUS restore(const struct renderer *renderer, const struct value *own) {
    WCHAR server[KEY_MAX];
    struct value value;
    class_key(&renderer->id, L"\\InprocServer32", server);
    LSTATUS status = read_value(server, NULL, &value);
    if (status == ERROR_FILE_NOT_FOUND || status == ERROR_MORE_DATA) /* nothing, or longer than any path: not this DLL */
        return ERROR_SUCCESS;
    if (status || !is_copp(&value, own))
        return status;
    status = find_before(renderer, own, &value);
    return status ? status : write_value(server, NULL, &value);
}

/* own: the server that this class has had; NULL: none. */
static LSTATUS add(const struct value *mine, const struct value *own) {
    WCHAR key[KEY_MAX];
    class_key(&copp_class_protection, L"", key);
    LSTATUS status = write_text(key, NULL, SERVER_MARK);
    for (size_t i = 0; !status && i < RENDERERS; i++)
        status = replace(&renderers[i], mine, own);
    class_key(&copp_class_protection, L"\\InprocServer32", key);
    if (!status)
        status = write_value(key, NULL, mine);
    return status ? status : write_text(key, L"ThreadingModel", L"Both");
}

static LSTATUS restore_all(const struct value *own) {
    LSTATUS status = ERROR_SUCCESS;
    for (size_t i = 0; i < RENDERERS; i++) {
        LSTATUS one = restore(&renderers[i], own);
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

/* This DLL as a server. */
static bool module_server(HMODULE module, struct value *mine) {
    WCHAR path[MAX_PATH];
    DWORD length = GetModuleFileNameW(module, path, MAX_PATH);
    if (length == 0 || length >= MAX_PATH)
        return false;
    set_text(mine, path);
    return true;
}

HRESULT registry_add(HMODULE module) {
    struct value mine;
    struct value own;
    if (!module_server(module, &mine))
        return E_UNEXPECTED;
    bool again = read_own(&own) == ERROR_SUCCESS;
    LSTATUS status = add(&mine, again ? &own : NULL);
    if (status && restore_all(&mine) == ERROR_SUCCESS && !again)
        (void)remove_class(); /* all of it or nothing */
    return HRESULT_FROM_WIN32((DWORD)status);
}

/* Also where this class is not registered: who has deleted its key may have left the renderers as they were. */
HRESULT registry_remove(HMODULE module) {
    struct value own;
    LSTATUS status = read_own(&own);
    if (status == ERROR_FILE_NOT_FOUND)
        status = module_server(module, &own) ? ERROR_SUCCESS : ERROR_BAD_PATHNAME;
    if (!status)
        status = restore_all(&own); /* where that fails, what was there before is still kept */
    if (!status)
        status = remove_class();
    return HRESULT_FROM_WIN32((DWORD)status);
}
