/* All commands, in the order in which help shows them. */
#include <stddef.h>

#include "commands.h"

const struct command *const commands[] = {
    &command_demo,
    &command_status,
    &command_protect,
#ifdef _WIN32
    &command_probe,
#else
    &command_watch,
    &command_lend,
#endif
    &command_chain_verify,
    &command_chain_show,
    &command_chain_issue,
    &command_crl_verify,
    &command_crl_show,
    &command_crl_issue,
    &command_crl_install,
    &command_handshake_seal,
    &command_handshake_open,
    &command_srm_verify,
    &command_srm_show,
    &command_omac,
    NULL,
};
