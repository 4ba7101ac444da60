/*
 * libcopp: the Certified Output Protection Protocol, both sides.
 *
 * The one include. A player needs session.h, a driver device.h; each header also stands alone.
 */
#ifndef COPP_H
#define COPP_H

#include "copp/base.h"
#include "copp/certificate.h"
#include "copp/device.h"
#include "copp/handshake.h"
#include "copp/key.h"
#include "copp/omac.h"
#include "copp/output.h"
#include "copp/protocol.h"
#include "copp/revocation.h"
#include "copp/session.h"
#include "copp/sim.h"
#include "copp/socket.h"
#include "copp/srm.h"
#include "copp/transport.h"

#endif
