/*
 * A card has one coppd: two that write the same property would take down what the other has put up. The lock is the card's own open
 * file, so that it holds whatever directories they use; nobody else locks these devices, and a kill -9 frees it.
 */
#ifndef COPP_OUTPUTS_KMS_CLAIM_H
#define COPP_OUTPUTS_KMS_CLAIM_H

#include <stdbool.h>
#include <stddef.h>

#define KMS_HOLDER_SIZE 64u

/* Locks the open file fd of a card. False: another open file has it, of "coppd (process 812)" if /proc tells, else of "". */
bool kms_claim(int fd, char holder[KMS_HOLDER_SIZE]);

#endif
