/* A DLL of a client's that releases what it holds as its process ends, when every other thread is gone already. */
#include <windows.h>

#include <objbase.h>

static IUnknown *held;

__declspec(dllexport) void hold(IUnknown *object);

void hold(IUnknown *object) {
    held = object;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *ending);

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *ending) {
    (void)instance;
    if (reason == DLL_PROCESS_DETACH && ending && held) {
        (void)IUnknown_Release(held);
        (void)TerminateProcess(GetCurrentProcess(), 0x5002); /* it came back */
    }
    return TRUE;
}
