/* The kernel's view of this machine's graphics cards: who owns them, and what their connectors can do. */
#ifndef COPP_CLI_PROBE_CARDS_H
#define COPP_CLI_PROBE_CARDS_H

#include "findings.h"

void probe_cards(struct findings *findings);

#endif
