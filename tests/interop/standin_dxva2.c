/*
 * Stands in for the system's dxva2.dll: two of its functions, with parameters of which some travel in registers of both kinds
 * and some on the stack. What arrived is answered, and written where the last parameter points. And the functions for video
 * outputs, which nobody may reach: they answer what no other does.
 */
#include "standin_dxva2.h"

__declspec(dllexport) double WINAPI UABGetCertificate(SEEN_PARAMETERS, struct seen *seen);
__declspec(dllexport) BOOL WINAPI SetMonitorBrightness(HANDLE monitor, DWORD brightness);
__declspec(dllexport) LONG WINAPI OPMGetVideoOutputForTarget(void *adapter, ULONG target, int semantics, void **output);
__declspec(dllexport) LONG WINAPI OPMGetVideoOutputsFromHMONITOR(HMONITOR monitor, int semantics, ULONG *count, void **outputs);
__declspec(dllexport) LONG WINAPI
    OPMGetVideoOutputsFromIDirect3DDevice9Object(void *device, int semantics, ULONG *count, void **outputs);

double WINAPI UABGetCertificate(SEEN_PARAMETERS, struct seen *seen) {
    *seen = (struct seen){a, b, c, d, e, f, g};
    return b + f;
}

BOOL WINAPI SetMonitorBrightness(HANDLE monitor, DWORD brightness) {
    return (DWORD)(UINT_PTR)monitor + 1 == brightness;
}

LONG WINAPI OPMGetVideoOutputForTarget(void *adapter, ULONG target, int semantics, void **output) {
    (void)adapter, (void)target, (void)semantics, (void)output;
    return 0x2a;
}

LONG WINAPI OPMGetVideoOutputsFromHMONITOR(HMONITOR monitor, int semantics, ULONG *count, void **outputs) {
    (void)monitor, (void)semantics, (void)count, (void)outputs;
    return 0x2a;
}

LONG WINAPI OPMGetVideoOutputsFromIDirect3DDevice9Object(void *device, int semantics, ULONG *count, void **outputs) {
    (void)device, (void)semantics, (void)count, (void)outputs;
    return 0x2a;
}
