/* The devices open on this process's driver (driver.h). Every function may be called on any thread. */
#ifndef COPP_WIN32_HOST_H
#define COPP_WIN32_HOST_H

#include <windows.h>

#include "copp.h"

/* To be called once, as the DLL is loaded. It is never unloaded: libcopp, which is linked in, keeps it. */
void host_init(HMODULE module);

/*
 * One video session's device, opened by the first call that needs it. Zero-initialised, but for opm and connector. While there is no driver to be
 * had, its calls answer VFW_E_NO_COPP_HW, under OPM semantics OPM_NOT_SUPPORTED. Where a call fails, what it would have written
 * is zero or untouched. What they are given may be memory that the application changes meanwhile.
 */
struct host_device {
    SRWLOCK lock; /* one call at a time: entered before the adapter's lock, and held while a command is pending */
    bool opm; /* under OPM semantics */
    struct copp_connector *connector; /* one of host_shown's; NULL: the driver's output */
    struct copp_device *device;
    struct remote *remote; /* or one of another process (remote.h) */
};

/*
 * The connectors that show what the driver's output shows: its own first and, if it is in clone mode, all others that are (OPM-OUT-1).
 * While no driver is available, the only one is NULL. Free the array, whose entries live as long as the process. NULL: no memory, or
 * the process ends.
 */
struct copp_connector **host_shown(size_t *count);

/* Opens the device now; the calls below then find it open. */
HRESULT host_open(struct host_device *device);

/* The mode that refuses devices (ARB-6) is theatre mode, and not clone mode. */
bool host_is_theatre(void);

HRESULT host_key_exchange(struct host_device *device, void *random, BYTE **chain_bytes, DWORD *chain_size);
HRESULT host_sequence_start(struct host_device *device, const void *signature);

/* IAMCertifiedOutputProtection's, of COPP semantics. */
HRESULT host_command(struct host_device *device, const void *command);
HRESULT host_status(struct host_device *device, const void *input, void *output);

/* IOPMVideoOutput's, of either semantics (OPM-DDI-6). parameters have COPP_OPM_GET_INFO_SIZE bytes. */
HRESULT host_information(struct host_device *device, const void *parameters, void *information);
HRESULT host_copp_information(struct host_device *device, const void *parameters, void *information);
HRESULT host_configure(struct host_device *device, const void *parameters, const void *additional, size_t additional_size);

/* Closes the device, after the call it is in: what it held is given back at once (EVT-5). */
void host_close(struct host_device *device);

#endif
