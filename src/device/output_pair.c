/* An S-Video and a composite output that carry the same signal (ARB-6). */
#include <assert.h>
#include <string.h>

#include "common/sized.h"
#include "copp/output.h"

static_assert(sizeof(struct copp_protection) <= sizeof(((struct copp_output_pair *)NULL)->room), "callers have made the room");

static enum copp_result apply_to(struct copp_output *half, const struct copp_protection *wanted) {
    enum copp_result result = half->ops->apply(half, wanted);
    if (result != COPP_E_PENDING)
        return result;
    half->ops->cancel(half);
    return COPP_E_FAILED;
}

static void pair_state(struct copp_output *output, struct copp_output_state *state) {
    struct copp_output *svideo = ((struct copp_output_pair *)output)->svideo;
    svideo->ops->state(svideo, state);
}

static enum copp_result pair_apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct copp_output_pair *pair = (struct copp_output_pair *)output;
    enum copp_result result = apply_to(pair->svideo, wanted);
    if (result)
        return result;
    result = apply_to(pair->composite, wanted);
    struct copp_protection applied;
    memcpy(&applied, pair->room, sizeof applied);
    if (!result)
        memcpy(pair->room, wanted, sizeof *wanted);
    else if (apply_to(pair->svideo, &applied))
        result = COPP_E_LINK_LOST; /* what was in force before is not any more */
    return result;
}

static void pair_cancel(struct copp_output *output) {
    (void)output; /* nothing is ever pending */
}

static uint32_t presence_of(struct copp_output *half) {
    return COPP_HAS_OP(half->ops, presence) ? half->ops->presence(half) : 0;
}

/* BIND-6: plugged in where both are, since both carry the signal. */
static uint32_t pair_presence(struct copp_output *output) {
    struct copp_output_pair *pair = (struct copp_output_pair *)output;
    return presence_of(pair->svideo) & presence_of(pair->composite);
}

static enum copp_result blank_half(struct copp_output *half, bool blank) {
    return COPP_HAS_OP(half->ops, blank) ? half->ops->blank(half, blank) : COPP_E_UNSUPPORTED;
}

/* OPM-STA-6: both signals or neither. */
static enum copp_result pair_blank(struct copp_output *output, bool blank) {
    struct copp_output_pair *pair = (struct copp_output_pair *)output;
    enum copp_result result = blank_half(pair->svideo, blank);
    if (result)
        return result;
    result = blank_half(pair->composite, blank);
    if (result) /* one that stayed lit while the pair counts as dark would not be told again when the next session breaks */
        (void)blank_half(pair->svideo, !blank);
    return result;
}

static const struct copp_output_ops pair_ops = {.size = sizeof pair_ops,
                                                .state = pair_state,
                                                .apply = pair_apply,
                                                .cancel = pair_cancel,
                                                .presence = pair_presence,
                                                .blank = pair_blank};

void copp_output_pair_init(struct copp_output_pair *pair, struct copp_output *svideo, struct copp_output *composite) {
    if (!pair)
        return;
    *pair = (struct copp_output_pair){.svideo = NULL};
    if (!svideo || !composite)
        return; /* without operations: no connector takes it */
    *pair = (struct copp_output_pair){.output = {&pair_ops}, .svideo = svideo, .composite = composite};
    memcpy(pair->room, &(struct copp_protection){.size = sizeof(struct copp_protection)}, sizeof(struct copp_protection));
}
