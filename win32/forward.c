/* The system's dxva2.dll behind the one in the application's folder: what the thunks jump to. */
#include <string.h>
#include <windows.h>

void *forward_find(unsigned index);
BOOL forward_missing_false(void);
HRESULT forward_missing_hresult(void);

#define FORWARD(name, size, failure) void missing_##name(void); /* never called from C */
#include "forward.h"
#undef FORWARD

static const struct {
    const char *name;
    void (*missing)(void);
} functions[] = {
#define FORWARD(name, size, failure) {#name, missing_##name},
#include "forward.h"
#undef FORWARD
};

extern IMAGE_DOS_HEADER __ImageBase; /* where this DLL begins, which is its handle */

/*
 * By its whole path: by its name alone it would be this one. It may be so all the same, where DLLs are redirected into the
 * application's folder or this one lies in the system's: then there is none. Not in DllMain, where nothing may be loaded.
 */
static HMODULE system_dxva2(void) {
    WCHAR path[MAX_PATH];
    UINT length = GetSystemDirectoryW(path, MAX_PATH - 11);
    if (length == 0 || length > MAX_PATH - 11)
        return NULL;
    memcpy(path + length, L"\\dxva2.dll", sizeof L"\\dxva2.dll");
    HMODULE loaded = LoadLibraryW(path);
    return loaded != (HMODULE)&__ImageBase ? loaded : NULL;
}

/* Found anew each time: these functions are called a few times in a program's life. */
void *forward_find(unsigned index) {
    HMODULE dxva2 = system_dxva2();
    FARPROC found = dxva2 ? GetProcAddress(dxva2, functions[index].name) : NULL;
    return found ? (void *)found : (void *)functions[index].missing;
}

BOOL forward_missing_false(void) {
    SetLastError(ERROR_PROC_NOT_FOUND);
    return FALSE;
}

HRESULT forward_missing_hresult(void) {
    return HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND);
}
