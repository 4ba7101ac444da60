/* IOPMVideoOutput under COPP semantics. */
#ifndef COPP_WIN32_OPM_H
#define COPP_WIN32_OPM_H

#include <windows.h>

#include <d3d9.h>
#include <opmapi.h>

/* winerror.h of MinGW's lacks them. */
#define OPM_E_NOT_SUPPORTED ((HRESULT)0xC0262500)
#define OPM_E_INVALID_INITIALIZATION ((HRESULT)0xC0262503)
#define OPM_E_RESOLUTION_TOO_HIGH ((HRESULT)0xC0262517)
#define OPM_E_INVALID_INFORMATION_REQUEST ((HRESULT)0xC026251D)
#define OPM_E_COPP_SEMANTICS ((HRESULT)0xC026251F)
#define OPM_E_INVALID_CONFIGURATION_REQUEST ((HRESULT)0xC0262521)

extern const GUID opm_iid_video_output; /* IID_IOPMVideoOutput */

/* A new object for one device; NULL without memory. */
IOPMVideoOutput *opm_output_new(void);

#endif
