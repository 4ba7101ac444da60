/*
 * In place of cli/adapter.h and cli/revocation.h: an adapter with some outputs, whose drivers are fake ones (fake_driver.h) and
 * whose clock a test sets. What goes wrong is a test's to say.
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

#define STANDIN_OUTPUTS 3u /* there may be: HDMI-1, HDMI-2, HDMI-3 */

struct standin_output {
    bool unplugged; /* as its answers are bound; and as the list has it, unless that lies */
    bool simulated;
    bool really_simulated; /* as its answers are bound, whatever the list says */
    void (*prepare)(struct fake_driver *driver); /* what the driver of the next session is; NULL: an honest one */
    struct fake_driver driver; /* of the session there is */
    bool open; /* there is one */
};

struct adapter_standin {
    uint64_t now_ms;
    size_t count; /* of outputs; the list has no others */
    size_t twins; /* so many of the first ones show one picture, which goes by the name "monitor" */
    bool list_lies; /* it says of every output that nothing is plugged in */
    bool away; /* nobody listens */
    bool unbound; /* answers are not bound */
    bool bad_chain; /* which does not validate */
    bool clocked; /* the transports have the clock, for deadlines */
    enum standin_lists lists;
    bool reconfigures; /* the first connector, once: when somebody next asks whether the lists have changed */
    struct standin_output outputs[STANDIN_OUTPUTS];
    bool news_end; /* coppd tells no more of them */
    bool deaf; /* and lets nobody listen again */
    size_t told; /* outputs that news has told of */
    unsigned follows; /* so often somebody began to listen */
    unsigned sessions; /* so many have been opened */
    unsigned tries; /* so often somebody wanted one */
    unsigned renewals; /* so often lists were read */
    size_t renewed; /* sessions that got them the last time */
};
extern struct adapter_standin standin;

void standin_reset(void);

#endif
