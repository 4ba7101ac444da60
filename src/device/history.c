/* What has come of a device's requests (BIND-3). */
#include "base/memory.h"
#include "device/internal.h"

/* Where the record cannot be made, the application's is another one, and its session ends: it errs on the safe side. */
void copp_device_note(struct copp_device *device, enum copp_history_kind kind, const uint8_t *head, uint32_t hresult) {
    if (copp_history_add(&device->history, device->omac, kind, head, hresult))
        copp_wipe(device->history.record, sizeof device->history.record);
}
