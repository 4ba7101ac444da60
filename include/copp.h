/*
 * libcopp: the Certified Output Protection Protocol, both sides.
 *
 * The one include. A player needs session.h, a driver device.h; each header also stands alone.
 *
 * NULL, everywhere: a pointer may be NULL only where its function's comment says so, and wherever a struct copp_verdict or a
 * struct copp_sim_error would be filled in. What is NULL elsewhere is noticed before
 * anything is read or changed, and is never good news:
 *
 * - an enum copp_result is COPP_E_ARGUMENT, an HRESULT COPP_HR_POINTER, an enum copp_stop COPP_STOP_INTERNAL;
 * - a bool is false, but copp_srm_revoked is true; a pointer is NULL, but a text "" or what the comment says; a count or a version is
 *   0, a file descriptor -1, a moment UINT64_MAX (never), events COPP_STATUS_LINK_LOST, a multi-adapter mode COPP_MODE_CLONE;
 * - a pointer to what was to be made is NULL;
 * - a function without an answer fills in zeros, but copp_session_poll says stop, and does nothing else; to free NULL, or what a cleared pointer points to, is always allowed.
 *
 * Structs that can grow begin with their size: set it to sizeof the struct. One without a size is refused as NULL is, and where a
 * function answers nothing the struct then says "not protected". docs/abi.md says how they grow.
 *
 * What an argument points to, such as the operations of a key or an output, is the caller's to fill in as its comment says.
 */
#ifndef COPP_H
#define COPP_H

#include "copp/base.h"
#include "copp/certificate.h"
#include "copp/ddi.h"
#include "copp/device.h"
#include "copp/handshake.h"
#include "copp/key.h"
#include "copp/log.h"
#include "copp/monitor.h"
#include "copp/omac.h"
#include "copp/opm.h"
#include "copp/output.h"
#include "copp/protocol.h"
#include "copp/revocation.h"
#include "copp/session.h"
#include "copp/sim.h"
#include "copp/socket.h"
#include "copp/srm.h"
#include "copp/transport.h"
#include "copp/x509.h"

#endif
