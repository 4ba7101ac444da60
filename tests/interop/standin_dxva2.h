/* The parameters that standin_dxva2.c's UABGetCertificate has. */
#ifndef STANDIN_DXVA2_H
#define STANDIN_DXVA2_H

#include <windows.h>

#define SEEN_PARAMETERS DWORD64 a, double b, void *c, float d, DWORD64 e, double f, BYTE g

struct seen {
    DWORD64 a;
    double b;
    void *c;
    float d;
    DWORD64 e;
    double f;
    BYTE g;
};

#endif
