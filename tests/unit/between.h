/*
 * Somebody between a player and its driver, who holds no key: a transport around the driver's, which plays tricks with requests,
 * answers and HRESULTs. Where answers are not bound (BIND), most of them make "protected" out of nothing.
 */
#ifndef COPP_TEST_BETWEEN_H
#define COPP_TEST_BETWEEN_H

#include "copp.h"

/* The simulated adapter that the tricks are made for. */
extern const char between_adapter[];

struct between {
    struct copp_transport transport; /* first: its calls find the rest through it */
    struct copp_transport *inner; /* the driver's; freed with the outer one */
    const struct between_trick *trick;
    const struct copp_call *call; /* under way */
    uint32_t shift; /* how far the driver's status sequence number is ahead of the player's */
    unsigned queries;
    struct copp_command kept;
    bool keeps;
    struct copp_status_output first; /* answer */
    bool answered;
};

struct between_trick {
    const char *name;
    /* NULL: handed on. input is the one's own copy. */
    enum copp_result (*command)(struct between *between, const struct copp_command *command, uint32_t *hresult);
    enum copp_result (*status)(struct between *between, struct copp_status_input *input, struct copp_status_output *output,
                               uint32_t *hresult);
    const char *connector; /* that the player asks for */
    const char *opened; /* that it is led to; NULL: the same */
    const char *before; /* an event before the session; NULL: none */
    const char *after; /* an event between protecting and the first poll; NULL: none */
    struct copp_requirement wanted;
    bool fools; /* a player of unbound answers takes it for protected */
};
extern const struct between_trick between_tricks[];
extern const size_t between_trick_count;

/* Takes inner over. */
void between_init(struct between *between, struct copp_transport *inner, const struct between_trick *trick);

#endif
