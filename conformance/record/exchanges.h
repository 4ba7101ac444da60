/* What a suite has kept of its cases, as messages of a recording. */
#ifndef COPP_CONFORMANCE_EXCHANGES_H
#define COPP_CONFORMANCE_EXCHANGES_H

#include "common/recording.h"
#include "conformance/exchange.h"

/* A note, or a request and its answer if it has one: how many messages. They borrow the exchange's bytes; their time is the exchange's. */
size_t exchange_messages(const struct exchange *exchange, uint32_t number, struct recording_message messages[2]);

/* WIRE-9: RECORDING_IDENTIFIES of a status request's answer, or 0. */
uint32_t exchange_flags(const uint8_t request[COPP_MESSAGE_SIZE]);

#endif
