/* The scenes of test_after_open.c: each plays in a process of its own, which ends with it. */
#ifndef COPP_TEST_AFTER_OPEN_H
#define COPP_TEST_AFTER_OPEN_H

#include "opm_rig.h"

enum phase {
    NOT_MEASURED = 0,
    HANDSHAKE, /* GetCertificateLength, KeyExchange, SequenceStart */
    SESSION, /* whatever comes then */
    LIST, /* but SET_HDCP_SRM */
    CLOSING,
    PHASES
};

/* An adapter, its connector and an application; key and random source as the scene has them. */
struct scene {
    struct rig rig; /* its output alone, where the defaults are played */
    struct copp_private_key *own_key; /* NULL: the rig's */
    struct app app;
    struct copp_ddi *ddi; /* NULL: the device is called itself */
    uintptr_t output;
};

/* What is asked for from now on belongs to that phase. */
void measure(enum phase phase);
/* Ends what is measured, and the process if good is false. */
void must_at(const char *file, int line, bool good);
#define must(good) must_at(__FILE__, __LINE__, good)

/* An OPM key whose operation leaves the number as it is. */
enum copp_result public_of_2048(struct copp_private_key *key, struct copp_public_key *out);
enum copp_result in_clear(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size);

/* Ends the process in which the scene has played. */
_Noreturn void end_scene(void);

void begin_driver(struct scene *scene);
_Noreturn void play_driver(struct scene *scene);

#endif
