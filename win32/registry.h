/* Registration: copp.dll's own class, and its place before the system's video renderers. */
#ifndef COPP_WIN32_REGISTRY_H
#define COPP_WIN32_REGISTRY_H

#include <windows.h>

HRESULT registry_add(HMODULE module);

/*
 * Puts back what was there before this DLL, or a copy of it in another folder, was registered; what somebody else has put there
 * since is left alone. Where that is not known any more, or is no longer there itself, the system's own is put there: after
 * S_OK no renderer is a copy of this DLL.
 */
HRESULT registry_remove(HMODULE module);

#endif
