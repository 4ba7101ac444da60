#include "cards.h"

void probe_cards(const struct invocation *in, struct findings *findings, struct probe_outputs *outputs) {
    (void)in;
    (void)outputs;
    findings_at(findings, "cards");
    findings_add(findings, FINDING_UNKNOWN, "driver", "build copp with -Dkms=enabled",
                 "this copp is built without the kernel's outputs");
}
