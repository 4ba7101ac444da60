/* IOPMVideoOutput under COPP semantics. */
#ifndef COPP_WIN32_OPM_H
#define COPP_WIN32_OPM_H

#include <windows.h>

#include <d3d9.h>
#include <opmapi.h>

/* winerror.h of MinGW's lacks them. */
#define OPM_E_NOT_SUPPORTED ((HRESULT)0xC0262500)
#define OPM_E_COPP_NOT_SUPPORTED ((HRESULT)0xC0262501)
#define OPM_E_INVALID_INITIALIZATION ((HRESULT)0xC0262503)
#define OPM_E_SPANNING_MODE ((HRESULT)0xC026250F)
#define OPM_E_THEATER_MODE ((HRESULT)0xC0262510)
#define OPM_E_RESOLUTION_TOO_HIGH ((HRESULT)0xC0262517)
#define OPM_E_INVALID_INFORMATION_REQUEST ((HRESULT)0xC026251D)
#define OPM_E_COPP_SEMANTICS ((HRESULT)0xC026251F)
#define OPM_E_INVALID_CONFIGURATION_REQUEST ((HRESULT)0xC0262521)

extern const GUID opm_iid_video_output; /* IID_IOPMVideoOutput */

/* A new object for one device, which is open: an error is what the getters of outputs answer. */
HRESULT opm_output_new(OPM_VIDEO_OUTPUT_SEMANTICS semantics, IOPMVideoOutput **output);

#endif
