/* Registration: copp.dll's own class, and its place before Windows' video mixing renderers. */
#ifndef COPP_WIN32_REGISTRY_H
#define COPP_WIN32_REGISTRY_H

#include <windows.h>

HRESULT registry_add(HMODULE module);

/* Puts back what was there before this DLL, or a copy of it in another folder, was registered; what somebody else has put there
 * since is left alone. */
HRESULT registry_remove(void);

#endif
