/* All commands, in the order in which help shows them. */
#include <stddef.h>

#include "commands.h"

/* clang-format off */ /* it loses the lines among the conditions */
const struct command *const commands[] = {
    &command_demo,
    &command_status,
    &command_protect,
    &command_probe,
#ifndef _WIN32
    &command_watch,
    &command_lend,
#endif
#ifdef COPP_RECEIVERS
    &command_receivers,
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
#ifdef __linux__
    &command_srm_install,
    &command_srm_sync,
#endif
    &command_omac,
    &command_decode,
#ifndef _WIN32
    &command_record,
#endif
    &command_test_driver,
#if defined __linux__ || defined _WIN32
    &command_test_player,
#endif
    NULL,
};
/* clang-format on */
