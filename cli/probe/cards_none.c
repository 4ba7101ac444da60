#include "cards.h"

void probe_cards(struct findings *findings) {
    findings_at(findings, "cards");
    findings_add(findings, FINDING_UNKNOWN, "driver", "build copp with -Dkms=enabled",
                 "this copp is built without the kernel's outputs");
}
