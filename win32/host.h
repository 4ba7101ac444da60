/*
 * The driver of this process: an adapter described by an ini file, with a chain and a key of one's own, and the devices
 * open on it. Every function may be called on any thread.
 */
#ifndef COPP_WIN32_HOST_H
#define COPP_WIN32_HOST_H

#include <windows.h>

#include "copp.h"

/* To be called once, as the DLL is loaded. It is never unloaded: libcopp, which is linked in, keeps it. */
void host_init(HMODULE module);

/*
 * One video session's device, opened by the first call that needs it. Zero-initialised; its calls answer what
 * IAMCertifiedOutputProtection answers, and VFW_E_NO_COPP_HW while there is no driver to be had. Where a call fails, what it
 * would have written is zero or untouched.
 */
struct host_device {
    SRWLOCK lock; /* one call at a time: entered before the adapter's lock, and held while a command is pending */
    struct copp_transport *transport;
};

/* Opens the device now; the calls below then find it open. */
HRESULT host_open(struct host_device *device);

/* The mode that refuses devices (ARB-6) is theatre mode, and not clone mode. */
bool host_is_theatre(void);

HRESULT host_key_exchange(struct host_device *device, GUID *random, BYTE **chain_bytes, DWORD *chain_size);
HRESULT host_sequence_start(struct host_device *device, const void *signature);
HRESULT host_command(struct host_device *device, const void *command);
HRESULT host_status(struct host_device *device, const void *input, void *output);

/* Closes the device, after the call it is in: what it held is given back at once (EVT-5). */
void host_close(struct host_device *device);

#endif
