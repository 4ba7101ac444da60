/* The commands: one cmd_*.c each, or one for a few that belong together. */
#ifndef COPP_CLI_COMMANDS_H
#define COPP_CLI_COMMANDS_H

#include "options.h"

extern const struct command command_demo;
extern const struct command command_status;
extern const struct command command_protect;
extern const struct command command_watch; /* not on Windows */
extern const struct command command_receivers; /* where there are the kernel's outputs (kms) */
extern const struct command command_lend; /* not on Windows */
extern const struct command command_chain_verify;
extern const struct command command_chain_show;
extern const struct command command_chain_issue;
extern const struct command command_crl_verify;
extern const struct command command_crl_show;
extern const struct command command_crl_issue;
extern const struct command command_crl_install;
extern const struct command command_handshake_seal;
extern const struct command command_handshake_open;
extern const struct command command_srm_verify;
extern const struct command command_srm_show;
extern const struct command command_srm_install; /* on Linux alone, as the next */
extern const struct command command_srm_sync;
extern const struct command command_omac;
extern const struct command command_decode;
extern const struct command command_record; /* not on Windows */
extern const struct command command_test_driver;
extern const struct command command_probe; /* on Windows another one */

#endif
