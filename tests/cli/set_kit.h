/* For the tests of copp protect with several outputs: a set on the stand-in, its steps, and what happens to an output. */
#ifndef COPP_TEST_SET_KIT_H
#define COPP_TEST_SET_KIT_H

#include "adapter_standin.h"
#include "cli/protect/protection_set.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define HOLD_MS 2000u
#define LIMIT_MS 5000u
#define LOOK_MS 1000u /* as long as a look may take beside others */
#define QUESTIONS 5u /* of a look */
#define NEWS 1 /* of what dispatch takes */
#define OUTPUT(index) (2 + (index))

static struct standin_output *const outputs = standin.outputs;

extern const char *set_names[STANDIN_OUTPUTS];
extern const struct text_list all; /* --output all */
extern struct text_list first_names; /* as many as begin_some was told */

/* To be called first. */
bool set_kit_open(void);

int open_set(struct protection_set *set, const struct text_list *list, uint64_t reconnect_ms);

/* All that there are of the set; an output without a display says nothing. */
void begin_outputs(struct protection_set *set);

void begin_some(struct protection_set *set, size_t count, uint64_t reconnect_ms);

/* With --output all; the last of them has no display. */
void begin_all(struct protection_set *set, size_t count, uint64_t reconnect_ms);

void pass(uint64_t ms);

struct protection_report step(struct protection_set *set);

bool dispatch(struct protection_set *set, size_t woken);

/* What is due now. How it ended. */
enum protection_state look_at_all(struct protection_set *set);

void assert_event(const struct protection_report *r, enum protection_state state, const char *event, const char *output);

void assert_lost(const struct protection_report *r, const char *output, enum copp_rule rule, const char *text);

/* The next step with an event, or that is a loss; nothing is shown before it if hidden. */
struct protection_report next_event(struct protection_set *set, bool hidden);

void loses_link(struct fake_driver *driver);

void is_reconfigured(struct fake_driver *driver);

void refuses(struct fake_driver *driver);

void offers_nothing(struct fake_driver *driver);

void is_gone(struct fake_driver *driver);

void is_plugged(size_t index, bool event);

void is_unplugged(size_t index);

#endif
