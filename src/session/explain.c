/* What a person is told of a session that failed: what went wrong, and what can be done about it. */
#include <string.h>

#include "copp/opm.h"
#include "session/internal.h"

/* What a driver's refusal most likely comes from. */
static const struct {
    uint32_t hresult;
    const char *remedy;
} refusals[] = {
    {COPP_HR_UNEXPECTED,
     "check that a display is plugged in and switched on, that cable and display support HDCP, and that HDCP is enabled in "
     "driver and display; if another session's command is in progress, try again; run copp probe to find the cause"},
    {COPP_HR_INVALIDARG,
     "ask for a protection and a level that this connector offers; if the level needs a television standard, set that first"},
    {COPP_HR_POINTER, "update the driver: this is a fault in it"},
    {COPP_HR_OUTOFMEMORY, "close other programs and try again: the driver is out of memory"},
    {COPP_HR_TOOBIGSIZE, "choose a lower resolution and try again: this one is too high for the protection"},
    {COPP_HR_UNSUPPORTEDMODE, "extend the desktop over the displays instead of clone or theatre mode"},
    {COPP_HR_NO_COPP_HW, "connect the renderer first, or update the driver: it may not have COPP"},
    {COPP_HR_OPM_NOT_SUPPORTED, "update the driver, or use COPP semantics: this driver does not have OPM"},
    {COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS, "start a new session on a new output; if it fails again, update the driver"},
    {COPP_HR_OPM_SPANNING_MODE, "extend the desktop over the displays instead of spanning them as one"},
    {COPP_HR_OPM_THEATER_MODE, "extend the desktop over the displays instead of theatre mode"},
    {COPP_HR_OPM_INVALID_SRM,
     "give the HDCP renewability message whole, as it was published, signed by a key that the driver accepts, and not older than "
     "the driver's own"},
    {COPP_HR_OPM_NO_HDCP, "use a connector and a display with HDCP, for Type 1 with HDCP 2.2"},
    {COPP_HR_OPM_NO_ACP, "use a connector that offers ACP, or do not ask for it"},
    {COPP_HR_OPM_NO_CGMSA, "use a connector that offers CGMS-A, or do not ask for it"},
    {COPP_HR_OPM_RESOLUTION_TOO_HIGH, "choose a lower resolution and try again: this one is too high for the protection"},
    {COPP_HR_OPM_HDCP_HARDWARE_IN_USE,
     "switch HDCP off on other displays and try again: they use all of the adapter's HDCP resources"},
    {COPP_HR_OPM_OUTPUT_GONE, "open the video output again, and start a new session on it"},
    {COPP_HR_OPM_DRIVER_INTERNAL_ERROR,
     "check that a display is plugged in and switched on, and that cable and display support HDCP; then start a new session"},
    {COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST, "start a new session on a new output: this one no longer accepts commands"},
    {COPP_HR_NO_MONITOR, "plug in a monitor, and leave a remote desktop session: this display device has no monitor"},
};

/* What to do about a call's result. */
static const struct {
    enum copp_result result;
    const char *remedy;
} failures[] = {
    {COPP_E_ARGUMENT,
     "give an anchor, an open transport and validated lists; of HDCP renewability messages, give only those of HDCP 1.x"},
    {COPP_E_MEMORY, "close other programs and try again"},
    {COPP_E_CRYPTO, "check the installation of the crypto library"},
    {COPP_E_RANDOM, "check the system's source of random numbers"},
    {COPP_E_STATE, "make each call once, in order: exchange, start, then the rest"},
    {COPP_E_TOO_LARGE, "update the driver: it does not present a certificate chain"},
    {COPP_E_INVALID, "do not use this driver; ask its vendor for one with a valid chain"},
    {COPP_E_REVOKED, "do not use this driver; ask its vendor for one with a new certificate"},
    {COPP_E_TRANSPORT, "check that the driver, or coppd, runs, then start a new session"},
    {COPP_E_AUTHENTICATION, "do not show content: somebody may be tampering with the answers; start a new session"},
    {COPP_E_LINK_LOST, "check the cable, then start a new session"},
    {COPP_E_UNSUPPORTED, "choose a connector that offers it"},
    {COPP_E_UNSUPPORTED_MODE, "extend the desktop over the displays instead of clone or theatre mode"},
    {COPP_E_RESOLUTION, "choose a lower resolution"},
    {COPP_E_NOT_FOUND, "check that coppd runs, and the names of output and lists"},
    {COPP_E_ROLLBACK, "keep the stored list: it is newer"},
    {COPP_E_IO, "check that the file exists and can be read"},
    {COPP_E_KEY, "give an RSA key of 1024 to 2048 bits as the anchor, for OPM a certificate whose key has 2048 to 4096 bits"},
    {COPP_E_FAILED, "check cable and display, then try again; run copp probe to find the cause"},
    {COPP_E_PENDING, "wait until the command in progress has ended, then try again"},
};

static const char *const stop_remedies[] = {
    [COPP_STOP_INTERNAL] = "set a protection before you poll the session, and check that memory and random numbers are available",
    [COPP_STOP_LINK_LOST] = "plug the display in again, check the cable, then start a new session",
    [COPP_STOP_LEVEL] = "check display and cable; if the level does not hold, use another output",
    [COPP_STOP_REPEATER] = "connect the display directly, without a receiver, switch or splitter in between",
    [COPP_STOP_NO_RECEIVER] =
        "plug in a display with HDCP; if the driver does not name receivers, allow unnamed ones where the licence does",
    [COPP_STOP_KSV] = "use another display: this one's HDCP key is broken or forged",
    [COPP_STOP_REVOKED] = "use another display, or ask this one's vendor for new HDCP keys",
    [COPP_STOP_UNSUPPORTED] = "use an output that offers the protection, or ask for one that this output has",
    [COPP_STOP_RECONFIGURED] = "hide the content, release the output, and start a new session on a new one, with new surfaces",
    [COPP_STOP_REVOKED_DEVICE] = "use another display, or remove the repeater in between; then start a new session",
    [COPP_STOP_TAMPERING] = "show no protected content on any output of this machine, and have driver and adapter checked",
    [COPP_STOP_SRM] = "do not show content: somebody may be tampering with the driver's calls; update the driver",
    [COPP_STOP_OTHER_OUTPUT] = "do not show content: name the output that it is shown on, and start a new session there",
};

static const char *failure_remedy(enum copp_result result) {
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].result == result)
            return failures[i].remedy;
    }
    return "start a new session";
}

/* Most answers that are not authentic were tampered with; of these two the cause may be a simpler one. */
static const char *authentication_remedy(const struct copp_session *session) {
    if (session && session->not_bound) /* BIND-5 */
        return "do not show content: the driver does not bind its answers; update coppd, or allow unbound answers if this driver "
               "cannot bind them";
    if (session && session->other_connector) /* BIND-7 */
        return "do not show content: the answers are about another connector; name the opened connector in the session's "
               "configuration, and start a new session";
    return failure_remedy(COPP_E_AUTHENTICATION);
}

static const char *refusal_remedy(const struct copp_session *session) {
    for (size_t i = 0; session && i < sizeof refusals / sizeof refusals[0]; i++) {
        if (refusals[i].hresult == session->hresult)
            return refusals[i].remedy;
    }
    return "update the driver, or ask its vendor what this answer means";
}

/* The result that stands behind a stop; COPP_OK where the stop says more. */
static enum copp_result result_of(const struct copp_session *session, enum copp_stop stop) {
    switch (stop) {
    case COPP_STOP_REFUSED:
        return COPP_E_REFUSED;
    case COPP_STOP_AUTHENTICATION:
        return COPP_E_AUTHENTICATION;
    case COPP_STOP_TRANSPORT:
        return COPP_E_TRANSPORT;
    case COPP_STOP_DRIVER_REVOKED:
        return COPP_E_REVOKED;
    case COPP_STOP_INTERNAL:
        return session ? session->dead : COPP_OK;
    default:
        return COPP_OK;
    }
}

/* Of a list, where it is not the driver that is at fault. */
static const char *list_name(enum copp_rule rule) {
    if (rule >= COPP_RULE_CRL_1 && rule <= COPP_RULE_CRL_5 && rule != COPP_RULE_CRL_4)
        return "the revocation list: ";
    return rule >= COPP_RULE_SRM_1 && rule <= COPP_RULE_SRM_5 ? "the HDCP renewability message: " : NULL;
}

static bool rule_broken(enum copp_result result, const struct copp_verdict *verdict) {
    return (result == COPP_E_INVALID || result == COPP_E_REVOKED) && verdict && verdict->rule != COPP_RULE_NONE;
}

const char *copp_session_remedy(const struct copp_session *session, enum copp_result result, const struct copp_verdict *verdict,
                                enum copp_stop stop) {
    bool stopped = stop != COPP_STOP_NONE;
    if (stopped)
        result = result_of(session, stop);
    if (stopped && !result)
        return (size_t)stop < sizeof stop_remedies / sizeof stop_remedies[0] ? stop_remedies[stop] : failure_remedy(result);
    if (!result)
        return "";
    if (result == COPP_E_REFUSED)
        return refusal_remedy(session);
    if (result == COPP_E_AUTHENTICATION)
        return authentication_remedy(session);
    if (result == COPP_E_UNSUPPORTED && !session) /* OPM-CERT-11, OPM-OUT-4 */
        return "open the transport with the semantics (COPP or OPM) that the driver supports, and give the anchor for them";
    if (!stopped && rule_broken(result, verdict) && list_name(verdict->rule))
        return "fetch it again; it must be signed under the anchor, or by the key, that is in use";
    if (!stopped && rule_broken(result, verdict) && verdict->rule == COPP_RULE_CERT_12)
        return "trust the anchor that this driver's chain leads to, if you have reason to, or use another driver";
    return failure_remedy(result);
}

/* Text that is put together, cut off where there is no more room. */
struct sentence {
    char *text;
    size_t size;
    size_t used;
};

static void add(struct sentence *s, const char *words) {
    size_t length = strlen(words);
    size_t room = s->size - s->used - 1;
    if (length > room)
        length = room;
    memcpy(&s->text[s->used], words, length);
    s->used += length;
    s->text[s->used] = '\0';
}

/* A driver's answer: its name, or the number of one without. */
static void add_hresult(struct sentence *s, uint32_t hresult) {
    static const char digits[] = "0123456789ABCDEF";
    const char *name = copp_hresult_name(hresult);
    char number[] = "0x00000000";
    for (size_t i = 0; i < 8; i++)
        number[9 - i] = digits[hresult >> (4 * i) & 15];
    add(s, ": ");
    add(s, strncmp(name, "unknown", 7) == 0 ? number : name);
}

static void add_rule(struct sentence *s, enum copp_rule rule) {
    if (rule == COPP_RULE_NONE)
        return;
    add(s, " (");
    add(s, copp_rule_id(rule));
    add(s, ")");
}

static void add_verdict(struct sentence *s, const struct copp_verdict *verdict) {
    static const char *const places[] = {"the driver's certificate: ", "its maker's certificate: ", "the root certificate: "};
    bool opm = verdict->rule >= COPP_RULE_OPM_CERT_1 && verdict->rule <= COPP_RULE_OPM_CERT_11; /* in no order (OPM-CERT-2) */
    int certificate = opm ? -1 : verdict->certificate;
    const char *list = list_name(verdict->rule);
    add(s, list ? list : certificate >= 0 && certificate < 3 ? places[certificate] : "the driver's chain: ");
    add(s, verdict->detail);
    add_rule(s, verdict->rule);
}

static void add_result(struct sentence *s, enum copp_result result) {
    add(s, copp_strerror(result));
    add_rule(s, result == COPP_E_AUTHENTICATION ? COPP_RULE_QRY_4
                : result == COPP_E_LINK_LOST    ? COPP_RULE_EVT_4
                : result == COPP_E_REVOKED      ? COPP_RULE_CRL_4
                                                : COPP_RULE_NONE);
}

const char *copp_session_explain(const struct copp_session *session, enum copp_result result, const struct copp_verdict *verdict,
                                 enum copp_stop stop, char *text, size_t size) {
    struct sentence s = {text, size, 0};
    if (!text || !size)
        return "";
    text[0] = '\0';
    bool stopped = stop != COPP_STOP_NONE;
    enum copp_result behind = stopped ? result_of(session, stop) : result;
    if (stop == COPP_STOP_INTERNAL && behind)
        add_result(&s, behind);
    else if (stopped || !result)
        add(&s, copp_stop_text(stop));
    else if (rule_broken(result, verdict))
        add_verdict(&s, verdict);
    else
        add_result(&s, result);
    if (behind == COPP_E_REFUSED && session)
        add_hresult(&s, session->hresult);
    if (stopped)
        add_rule(&s, copp_stop_rule(stop));
    const char *remedy = copp_session_remedy(session, result, verdict, stop);
    if (remedy[0]) {
        add(&s, "; ");
        add(&s, remedy);
    }
    return text;
}
