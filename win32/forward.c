/* The system's dxva2.dll behind the one in the application's folder. */
#include <string.h>
#include <windows.h>

/* Found anew each time: these functions are called a few times in a program's life. */
static FARPROC system_function(const char *name) {
    WCHAR path[MAX_PATH];
    UINT length = GetSystemDirectoryW(path, MAX_PATH - 11);
    if (length == 0 || length > MAX_PATH - 11)
        return NULL;
    memcpy(path + length, L"\\dxva2.dll", sizeof L"\\dxva2.dll");
    HMODULE dxva2 = LoadLibraryW(path);
    return dxva2 ? GetProcAddress(dxva2, name) : NULL;
}

#define FORWARD(result, failure, name, parameters, arguments)                                                                    \
    result WINAPI name parameters;                                                                                               \
    result WINAPI name parameters {                                                                                              \
        result(WINAPI *function) parameters = (void *)system_function(#name);                                                    \
        return function ? function arguments : failure;                                                                          \
    }
#include "forward.h"
