/* The kernel's view of this machine's graphics cards: who owns them, and what their connectors can do. */
#ifndef COPP_CLI_PROBE_CARDS_H
#define COPP_CLI_PROBE_CARDS_H

#include "cli/invocation.h"
#include "findings.h"

/* Displays' registers are read as copp receivers --direct does; nothing is changed. */
void probe_cards(const struct invocation *in, struct findings *findings);

#endif
