/* What the faults of faults_opm.def do. */
#ifndef COPP_TEST_FAULTY_OPM_RULE_HOOKS_H
#define COPP_TEST_FAULTY_OPM_RULE_HOOKS_H

#include "faulty_opm_rule.h"

/* faulty_opm_messages.c: before the device. Where not said, a hook is for requests and commands alike. */
faulty_hook accept_mac; /* a MAC is not looked at, or not as far as bytes first to last count, of which 0 and 0 are all */
faulty_hook accept_short_mac; /* one over 4080 bytes is taken */
faulty_hook ignore_mac_bytes; /* bytes first to last of the MAC itself */
faulty_hook accept_any_key; /* a MAC of another session's */
faulty_hook
    accept_number; /* number + value is taken, or any that agrees in mask, or with text "swapped", or of the other counter */
faulty_hook accept_size; /* sizes from from to to are taken for the right one */
faulty_hook accept_guid; /* what is unknown is taken for value's */
faulty_hook accept_near_guid; /* a GUID that differs in one bit is taken for the known one */
faulty_hook accept_type; /* type from is taken for to */
faulty_hook accept_level; /* level from is taken for to */
faulty_hook accept_reserved; /* reserved words are not looked at */
faulty_hook accept_beside; /* nor are additional bytes */
faulty_hook accept_srm_version; /* nor is the version beside a list, in so far as mask says */
faulty_hook answer_if; /* to, if text holds */
faulty_hook ask_instead; /* another request: value */
faulty_hook accept_level_if_old; /* accept_level with a receiver of HDCP 1.4 */
faulty_hook accept_answer; /* what is authentic and no command succeeds */
faulty_hook refuse_pointer; /* a pointer to no bytes answers to */
faulty_hook css_apart; /* what a command for DVDs has set, the other one does not take back */

/* After it. */
faulty_hook change_code; /* from becomes to, if text holds */
faulty_hook count_refusal; /* a refused message counts, if text holds */
faulty_hook count_both; /* one that succeeds moves both counters */
faulty_hook skip_zero; /* a counter goes from 2^32 - 1 to 1 */
faulty_hook set_anyway; /* the level of a refused command is set, if text holds */
faulty_hook change_any; /* whatever the code is, it is S_OK */
faulty_hook css_strict; /* a command for DVDs that comes to nothing answers to */
faulty_hook drop_on_failure; /* a command that fails takes the level that was held */
faulty_hook fail_for_all; /* and HDCP from all other sessions */
faulty_hook hold_twice; /* a level that was set twice goes when it is taken back twice */
faulty_hook list_replaces; /* after a list of version 2 code from of level commands is to */
faulty_hook count_for_all; /* what succeeds moves the counter of every session */
faulty_hook css_uncounted; /* a command for DVDs that came to nothing does not count */
faulty_hook set_and_forget; /* the level is taken back at once */
faulty_hook release_all; /* level 0 takes the level from all sessions */
faulty_hook keep_list_version; /* for tell_list_version */

/* faulty_opm_answers.c */
faulty_hook answer_word; /* the word at at, by mask and value */
faulty_hook answer_mac, answer_short_mac;
faulty_hook answer_random; /* of the request before */
faulty_hook answer_same_id; /* every output's id is value */
faulty_hook answer_other_id; /* the id of a session is its number */
faulty_hook answer_types_by_event; /* types are value after event text */
faulty_hook answer_code_as_word; /* with hresult from, the answer is S_OK and the word value */
faulty_hook unpack_id; /* the id as an unpacked structure has it */
faulty_hook flags_again, flags_once_for_all, flags_for_new, flags_after_refusal, flags_after_command, flags_one_by_one,
    flags_stuck;
faulty_hook note_command; /* for flags_after_command */
faulty_hook answer_late; /* the first level after a command is 0 */
faulty_hook loss_hidden; /* after events that begin with text, losses are not told */
faulty_hook flags_of_bus_only; /* answers to other requests deliver nothing */
faulty_hook flags_by_event; /* after event text the flags are (flags & mask) ^ value, where there are any */
faulty_hook revoked_at_once, revoked_again, revoked_to_all;
faulty_hook virtual_stays, virtual_is_actual, actual_stays, actual_of_sessions, actual_after_end, actual_of_first, actual_of_last;
faulty_hook tell_list_version; /* of any session's list */
faulty_hook copp_sees_itself; /* COPP's global level is its local one */

/* faulty_opm_start.c */
faulty_start_hook start_random; /* bytes first to last of the random number are value */
faulty_start_hook start_same_random; /* every session's number is the first one's */
faulty_start_hook start_again; /* a second one answers S_OK */
faulty_start_hook start_again_renews; /* answers E_UNEXPECTED, and draws another number */
faulty_start_hook start_when_active, start_when_spent;
faulty_start_hook start_chain; /* the chain is the file text */
faulty_start_hook start_copp_key; /* the chain is about COPP's key */
faulty_finish_hook finish_any; /* every ciphertext is taken for S_OK */
faulty_finish_hook finish_refuses_long; /* more than 40 bytes are refused */
faulty_finish_hook finish_refuses_all;
faulty_finish_hook finish_form; /* a wrong form is taken: text names it */
faulty_finish_hook finish_random; /* of the random number bytes first to last are not looked at */
faulty_finish_hook finish_zero_random, finish_any_random; /* one of zeros is taken; or another session's */
faulty_finish_hook finish_code; /* wrong ciphertexts of kind text answer to */
faulty_finish_hook finish_unspent; /* wrong ciphertexts of kind text do not spend the number */
faulty_finish_hook finish_early_code, finish_early_spends; /* before StartInitialization */
faulty_finish_hook finish_again_code, finish_again_rekeys;
faulty_finish_hook finish_numbers; /* the first numbers are one higher; with text "end", where they are 2^32 - 1 */

#endif
