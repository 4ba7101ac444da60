/* What copp.dll's classes make: IAMCertifiedOutputProtection alone, or added to a renderer of the system's (renderers.h). */
#ifndef COPP_WIN32_OBJECT_H
#define COPP_WIN32_OBJECT_H

#include <windows.h>

#include <objbase.h>

/* {36CD6F7A-7D6C-4C7C-9E0B-59B21A40C3D1}: the driver's interface without a renderer. */
extern const GUID copp_class_protection;

/* A new object of that class or a renderer's. outer is NULL, or the object it becomes a part of; *made is then its own
 * IUnknown, which belongs to the outer object alone. */
HRESULT object_new(REFCLSID class_id, IUnknown *outer, IUnknown **made);

#endif
