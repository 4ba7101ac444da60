#include "renderers.h"

#include <wchar.h>

#include <objbase.h>

/* The filter graph itself, where a player names no renderer, creates the default one or the old one. */
const struct renderer renderers[RENDERERS] = {
    {{0xb87beb7b, 0x8d29, 0x423f, {0xae, 0x4d, 0x65, 0x82, 0xc1, 0x01, 0x75, 0xac}}, L"VideoMixingRenderer", L"quartz.dll"},
    {{0x51b4abf3, 0x748f, 0x4e3b, {0xa2, 0x76, 0xc8, 0x28, 0x33, 0x0e, 0x92, 0x6a}}, L"VideoMixingRenderer9", L"quartz.dll"},
    {{0xfa10746c, 0x9b63, 0x4b6c, {0xbc, 0x49, 0xfc, 0x30, 0x0e, 0xa5, 0xf2, 0x56}}, L"EnhancedVideoRenderer", L"evr.dll"},
    {{0x6bc1cffa, 0x8fc1, 0x4261, {0xac, 0x22, 0xcf, 0xb4, 0xcc, 0x38, 0xdb, 0x50}}, L"VideoRendererDefault", L"quartz.dll"},
    {{0x70e102b0, 0x5556, 0x11ce, {0x97, 0xc0, 0x00, 0xaa, 0x00, 0x55, 0x59, 0x5a}}, L"VideoRenderer", L"quartz.dll"},
};

const struct renderer *renderer_find(REFCLSID id) {
    for (size_t i = 0; i < RENDERERS; i++) {
        if (IsEqualGUID(id, &renderers[i].id))
            return &renderers[i];
    }
    return NULL;
}

bool renderer_path(const struct renderer *renderer, WCHAR *path) {
    UINT length = GetSystemDirectoryW(path, MAX_PATH);
    if (length == 0 || length + 1 + wcslen(renderer->file) >= MAX_PATH)
        return false;
    path[length] = L'\\';
    (void)wcscpy(path + length + 1, renderer->file);
    return true;
}
