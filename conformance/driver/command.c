/* CMD: commands. */
#include "client.h"

static void wrong_mac(struct case_run *run) {
    struct driver_client *client = client_start(run);
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {COPP_PROTECTION_TYPE_HDCP};
    struct copp_command command;
    uint32_t hresult;
    if (client == NULL)
        return;
    client_make_command(client, COPP_SET_PROTECTION_LEVEL, data, sizeof data, &command);
    command.bytes[0] ^= 1;
    if (!client_command(run, client, &command, &hresult))
        return;
    case_mark(run, false, 0, COPP_MAC_SIZE);
    (void)want_hresult(run, "CMD-2", "a command with a wrong MAC", hresult, COPP_HR_UNEXPECTED);
}

const struct conformance_case driver_cases_command[] = {
    {.id = "DRV-CMD-2-1",
     .title = "a MAC with one bit flipped is refused",
     .rules = "CMD-2 CMD-1",
     .source = "WDK, COPPCommand",
     .sends = "SetProtectionLevel, HDCP off, whose MAC differs in its first bit",
     .right = "E_UNEXPECTED",
     .needs = NEED_HDCP,
     .hostile = true,
     .semantics = COPP_SEMANTICS_COPP,
     .run = wrong_mac},
    {.id = NULL},
};
