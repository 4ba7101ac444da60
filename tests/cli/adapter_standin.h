/*
 * In place of cli/adapter.h and cli/revocation.h: an adapter with one output, whose driver is a fake one (fake_driver.h) and whose
 * clock a test sets. What goes wrong is a test's to say.
 */
#ifndef COPP_TEST_ADAPTER_STANDIN_H
#define COPP_TEST_ADAPTER_STANDIN_H

#include "unit/fake_driver.h"

#undef fail /* cmocka's; the tool has a function of that name */
#include "cli/adapter.h"
#include "cli/report.h"

enum standin_lists {
    STANDIN_LISTS_SAME = 0,
    STANDIN_LISTS_NEWER, /* and nobody is on them */
    STANDIN_LISTS_REVOKE, /* the driver */
    STANDIN_LISTS_INVALID
};

struct adapter_standin {
    uint64_t now_ms;
    bool away; /* nobody listens */
    bool unplugged;
    bool simulated;
    bool really_simulated; /* as its answers are bound, whatever the list says */
    bool unbound; /* its answers are not */
    bool bad_chain; /* which does not validate */
    enum standin_lists lists;
    bool reconfigures; /* the connector, once: when somebody next asks whether the lists have changed */
    void (*prepare)(struct fake_driver *driver); /* what the driver of the next session is; NULL: an honest one */
    struct fake_driver driver; /* of the session there is */
    bool open; /* there is one */
    unsigned sessions; /* so many have been opened */
    unsigned tries; /* so often somebody wanted one */
    unsigned renewals; /* so often lists were read */
};
extern struct adapter_standin standin;

void standin_reset(void);

#endif
