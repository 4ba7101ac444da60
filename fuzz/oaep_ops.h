/* What the input of fuzz_oaep is, by its first byte: shared with the program that writes the seeds. */
#ifndef COPP_FUZZ_OAEP_OPS_H
#define COPP_FUZZ_OAEP_OPS_H

/* Bits of the first byte. */
#define OAEP_MASKED 1u /* what follows is masked as a sealer does it, so that it is looked at; else it is the block itself */
#define OAEP_LABEL 2u /* the 64 bytes where lHash stands are put right */
#define OAEP_RANDOM 4u /* the driver's random number is the one in the message, if there is a message */
#define OAEP_FAILS 8u /* the private operation says that it has failed */

#endif
