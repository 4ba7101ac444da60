/* IOPMVideoOutput, under COPP or OPM semantics. */
#ifndef COPP_WIN32_OPM_H
#define COPP_WIN32_OPM_H

#include <windows.h>

#include <d3d9.h>
#include <opmapi.h>

extern const GUID opm_iid_video_output; /* IID_IOPMVideoOutput */

struct copp_connector;

/* A new object for one device on a connector of host.h's, which is open: an error is what the getters of outputs answer. */
HRESULT opm_output_new(OPM_VIDEO_OUTPUT_SEMANTICS semantics, struct copp_connector *connector, IOPMVideoOutput **output);

#endif
