#include "unlike.h"

#include <stdio.h>

int fail_unlike(const struct invocation *in, const char *file, const struct blob *blob, unsigned wanted,
                enum collection collection, enum copp_result result, const struct copp_verdict *verdict) {
    const char *name, *remedy;
    char text[160];
    if (result != COPP_E_INVALID || !recognise_other(blob->bytes, blob->size, wanted, &name, &remedy))
        return fail_validation(in, file, collection, result, verdict);
    snprintf(text, sizeof text, "it is %s", name);
    const struct copp_verdict told = {.rule = verdict->rule, .because = COPP_RULE_NONE, .certificate = -1, .detail = text};
    return fail_verdict_with(in, STATUS_NO, file, collection, &told, remedy);
}

int fail_kind(const struct invocation *in, const char *file, const struct blob *blob, unsigned wanted, const char *text,
              const struct kind_remedy *remedies) {
    const char *name, *remedy;
    if (!recognise_other(blob->bytes, blob->size, wanted, &name, &remedy))
        return fail(in, STATUS_UNKNOWN, file, "%s", text);
    unsigned kind = KIND(recognise(blob->bytes, blob->size));
    for (; remedies != NULL && remedies->kinds != 0; remedies++) {
        if ((remedies->kinds & kind) != 0)
            remedy = remedies->text;
    }
    return fail_with(in, STATUS_UNKNOWN, file, remedy, "%s; it is %s", text, name);
}
