/*
 * Stands in for the system's dxva2.dll: two of its functions, with parameters of which some travel in registers of both kinds
 * and some on the stack. What arrived is answered, and written where the last parameter points.
 */
#include "standin_dxva2.h"

__declspec(dllexport) double WINAPI UABGetCertificate(SEEN_PARAMETERS, struct seen *seen);
__declspec(dllexport) BOOL WINAPI SetMonitorBrightness(HANDLE monitor, DWORD brightness);

double WINAPI UABGetCertificate(SEEN_PARAMETERS, struct seen *seen) {
    *seen = (struct seen){a, b, c, d, e, f, g};
    return b + f;
}

BOOL WINAPI SetMonitorBrightness(HANDLE monitor, DWORD brightness) {
    return (DWORD)(UINT_PTR)monitor + 1 == brightness;
}
