/*
 * How a card is read by a host that cannot wait. While a driver carries out a commit, and authenticates inside it, or asks a display who
 * it is, the kernel lets nobody read any connector of the card: for seconds, and nothing interrupts who waits. So a program of its
 * own reads (read_card.c), one process a card, by an open file of its own. Its answer is waited for, for a moment; one that comes later
 * is taken when it comes, and until then the connectors are as they were read last, for as long as that may be believed.
 */
#ifndef COPP_OUTPUTS_KMS_READING_H
#define COPP_OUTPUTS_KMS_READING_H

#include "outputs/kms/card.h"

#define KMS_READ_MS 100u /* an answer is waited for no longer than that, and not at all while an earlier one is late */
#define KMS_START_MS 1000u /* the same while the host starts, and with it that program */
#define KMS_TRUST_MS 2000u /* from the request on, what was read is believed (APP-3) */
#define KMS_HANG_MS 10000u /* the process is killed then: the kernel gives up a commit that hangs after as long */

/* Reads the card by a process from here on; epoll, borrowed, is readable when a late answer has come. False: there is no memory. */
COPP_NODISCARD bool kms_reading_begin(struct kms_card *card, int epoll, uint32_t read_ms);
/* Ends its process. The next call may start another one: the card's device has been opened anew. */
void kms_reading_stop(struct kms_card *card);
/* Frees it all. To be called before kms_card_close. */
void kms_reading_end(struct kms_card *card);

/*
 * As kms_card_observe, and exactly that for a card that is not read by a process. What was read before the last write there, or 2 s ago,
 * is HDCP_UNREADABLE: no level is believed that nobody could read, whatever the reason (EVT-3, QRY-5). What else was seen stays.
 */
void kms_reading_observe(struct kms_card *card, size_t index, struct hdcp_observation *observation);
/* As kms_card_scan. Connectors that are found late are there when kms_reading_take has told. starts: the host has time, KMS_START_MS. */
void kms_reading_scan(struct kms_card *card, bool starts);

/* The connector has been written to, or may have: what was read before tells nothing of that. */
void kms_reading_written(struct kms_card *card, size_t index);
/* Whether the card lets nobody read, as far as can be seen: a write would have to wait as well. */
bool kms_reading_hangs(const struct kms_card *card);

/* Takes what has come, goes on with what is wanted, and kills what hangs. Whether there was any late answer. */
bool kms_reading_take(struct kms_card *card);
/* When kms_reading_take has something to do, or what was read is not believed any longer; COPP_BACKEND_NEVER: nothing is late. */
uint64_t kms_reading_deadline_ms(const struct kms_card *card);

#endif
