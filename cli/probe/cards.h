/* The kernel's view of this machine's graphics cards: who owns them, and what their connectors can do. */
#ifndef COPP_CLI_PROBE_CARDS_H
#define COPP_CLI_PROBE_CARDS_H

#include "cli/invocation.h"
#include "coppd.h"

/*
 * Displays' registers are read as copp receivers --direct does; nothing is changed. Those of coppd's outputs whose card has another
 * master, which does not lend it, do not protect.
 */
void probe_cards(const struct invocation *in, struct findings *findings, struct probe_outputs *outputs);

#endif
