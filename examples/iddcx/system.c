/*
 * The other side of the callbacks, so that they can be tried: a transport that makes the calls as Windows does, and a player on
 * it. The test hierarchy is made here; a driver's maker reads his chain and key from where they are installed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "idd.h"

/* What the player's libcopp speaks through. */
struct way {
    struct copp_transport transport; /* first */
    struct idd_adapter *adapter;
    struct idd_opm_context context;
    uint8_t *chain_bytes;
    uint32_t last; /* the NTSTATUS of the last callback */
};

/* The interface hands an application an HRESULT for the driver's NTSTATUS. */
static uint32_t hresult_of(struct way *way, uint32_t status) {
    way->last = status;
    return copp_opm_hresult(status);
}

static uint32_t fetch_chain(struct way *way, size_t *chain_size) {
    const struct idd_client_config *driver = idd_config();
    struct idd_in_certificate_size in_size = {.size = sizeof in_size, .certificate_type = COPP_OPM_VOS_OPM};
    struct idd_out_certificate_size out_size = {.size = sizeof out_size};
    uint32_t status = driver->opm_get_certificate_size(way->adapter, &in_size, &out_size);
    if (status)
        return status;
    free(way->chain_bytes);
    way->chain_bytes = malloc(out_size.certificate_size);
    if (!way->chain_bytes)
        return copp_opm_ntstatus(COPP_HR_OUTOFMEMORY);
    *chain_size = out_size.certificate_size;
    const struct idd_in_certificate in = {.size = sizeof in,
                                          .certificate_type = COPP_OPM_VOS_OPM,
                                          .certificate_size = out_size.certificate_size,
                                          .certificate = way->chain_bytes};
    return driver->opm_get_certificate(way->adapter, &in);
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    (void)call; /* no clock, so no deadline */
    struct way *way = (struct way *)transport;
    struct idd_out_random out = {.size = sizeof out};
    uint32_t status = fetch_chain(way, chain_size);
    if (!status)
        status = idd_config()->opm_get_random_number(&way->context, &out);
    for (size_t i = 0; i < sizeof out.random; i++)
        random[i] = out.random[i];
    *chain_bytes = way->chain_bytes;
    *hresult = hresult_of(way, status);
    return COPP_OK;
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    (void)call;
    struct way *way = (struct way *)transport;
    const struct idd_in_key in = {.size = sizeof in, .parameters = *signature};
    *hresult = hresult_of(way, idd_config()->opm_set_signing_key_and_sequence_numbers(&way->context, &in));
    return COPP_OK;
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    struct way *way = (struct way *)transport;
    const struct idd_in_configure in = {.size = sizeof in,
                                        .parameters = *message,
                                        .additional_size = (uint32_t)call->additional_size,
                                        .additional = call->additional};
    *hresult = hresult_of(way, idd_config()->opm_configure_protected_output(&way->context, &in));
    return COPP_OK;
}

/* The OMAC comes beside the message, and stands before it in what the driver gets (OPM-WIRE-1). */
static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    struct way *way = (struct way *)transport;
    struct idd_in_information in = {.size = sizeof in};
    struct idd_out_information out = {.size = sizeof out};
    if (call->additional_size != COPP_MAC_SIZE)
        return COPP_E_ARGUMENT;
    for (size_t i = 0; i < COPP_MAC_SIZE; i++)
        in.parameters[i] = call->additional[i];
    for (size_t i = 0; i < sizeof input->bytes; i++)
        in.parameters[COPP_MAC_SIZE + i] = input->bytes[i];
    *hresult = hresult_of(way, idd_config()->opm_get_information(&way->context, &in, &out));
    *output = out.information;
    return COPP_OK;
}

static void info(const struct copp_transport *transport, struct copp_transport_info *info) {
    (void)transport;
    info->semantics = COPP_SEMANTICS_OPM;
}

static void hang_up(struct copp_transport *transport) {
    struct way *way = (struct way *)transport;
    (void)idd_config()->opm_destroy_protected_output(&way->context); /* gives back what the player held, at once */
    free(way->chain_bytes);
    free(way);
}

static struct way *reach_driver(struct idd_adapter *adapter) {
    static const struct copp_transport_ops ops = {.size = sizeof ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = hang_up,
                                                  .info = info};
    const struct idd_in_create in = {.size = sizeof in, .semantics = COPP_OPM_VOS_OPM};
    struct way *way = calloc(1, sizeof *way);
    if (!way)
        return NULL;
    *way = (struct way){.transport = {&ops}, .adapter = adapter};
    if (!idd_config()->opm_create_protected_output(idd_monitor(adapter), &way->context, &in))
        return way;
    free(way);
    return NULL;
}

/* A chain as a driver's maker would have it, leaf first, and the anchor that its root is. */
static enum copp_result issue(struct copp_private_key *const keys[3], struct copp_opm_anchor *anchor, uint8_t **chain_bytes,
                              size_t *chain_size) {
    struct copp_opm_certificate_request requests[3] = {
        {.size = sizeof *requests, .signer = keys[1], .name = "example indirect display"},
        {.size = sizeof *requests, .signer = keys[2], .name = "example maker"},
        {.size = sizeof *requests, .signer = keys[2], .name = "example root"},
    };
    struct copp_opm_certificate root = {.size = sizeof root};
    struct copp_opm_chain *chain = NULL;
    enum copp_result result = COPP_OK;
    for (int i = 0; i < 3 && !result; i++)
        result = keys[i]->ops->public_key(keys[i], &requests[i].key);
    if (!result)
        result = copp_opm_chain_issue(requests, 3, COPP_OPM_HASH_SHA256, chain_bytes, chain_size);
    if (!result)
        result = copp_opm_chain_parse(*chain_bytes, *chain_size, NULL, &chain, NULL);
    if (!result)
        result = copp_opm_chain_certificate(chain, 2, &root);
    if (!result)
        result = copp_opm_anchor_read(root.der, root.der_size, anchor);
    copp_opm_chain_free(&chain);
    return result;
}

static bool said(bool good, const char *what) {
    printf("%s: %s\n", good ? "yes" : "NO", what);
    return good;
}

/* A player's session from its beginning to the loss of its link. */
static bool play(struct idd_adapter *adapter, struct copp_session *session) {
    const struct copp_requirement requirement = {.size = sizeof requirement, .hdcp = COPP_HDCP_ON};
    struct copp_poll poll = {.size = sizeof poll};
    struct copp_verdict verdict = {.detail = ""};
    bool good = said(!copp_session_establish(session, &verdict), "the player trusts the driver and shares a key with it");
    good = good && said(copp_session_protect(session, &requirement, 0) == COPP_STOP_NONE, "HDCP is on, by the driver's word");
    good = good && said(idd_encrypted(adapter), "and at the link");
    copp_session_poll(session, 1, &poll);
    good = good && said(poll.state == COPP_POLL_PROTECTED, "content may be shown");
    good = good && said(copp_session_bound(session) & COPP_BOUND_PLUGGED, "a display is there, by the driver's word");
    idd_unplug(adapter);
    copp_session_poll(session, 2, &poll);
    return good && said(poll.stop == COPP_STOP_LINK_LOST, "the player stops when the link is lost");
}

/* Without a link the driver's word is that nothing is there, and nothing is protected. */
static bool play_unplugged(struct idd_adapter *adapter, const struct copp_session_config *config) {
    const struct copp_requirement requirement = {.size = sizeof requirement, .hdcp = COPP_HDCP_ON};
    struct copp_session *session = NULL;
    struct way *way = reach_driver(adapter);
    if (!said(way, "a protected output without a link"))
        return false;
    struct copp_verdict verdict = {.detail = ""};
    bool good = !copp_session_new(config, &way->transport, &session) &&
                said(!copp_session_establish(session, &verdict), "another player shares a key with the driver");
    good = good && said(copp_session_protect(session, &requirement, 0) != COPP_STOP_NONE, "HDCP does not come up");
    good = good && said(!(copp_session_bound(session) & (COPP_BOUND_PLUGGED | COPP_BOUND_RECEIVER)), "no display is there");
    good = good && said(!idd_encrypted(adapter), "and the link is not encrypted");
    struct copp_transport *transport = &way->transport;
    copp_session_free(&session);
    copp_transport_free(&transport);
    return good;
}

/* What an application other than libcopp's may try. */
static bool misuse(struct idd_adapter *adapter, struct way *way) {
    const struct idd_client_config *driver = idd_config();
    struct idd_in_certificate_size in_size = {.size = sizeof in_size, .certificate_type = COPP_OPM_CERTIFICATE_OPM};
    struct idd_out_certificate_size out_size = {.size = sizeof out_size};
    struct idd_out_random out = {.size = sizeof out};
    uint8_t certificate[1];
    const struct idd_in_certificate in = {.size = sizeof in, .certificate_size = 1, .certificate = certificate};
    bool good = said(driver->opm_get_random_number(&way->context, &out) == 0xC01E050Bu, "a random number is given once");
    good &= said(driver->opm_get_certificate(adapter, &in) == 0xC01E050Eu, "a certificate of another size is not");
    good &= said(!driver->opm_get_certificate_size(adapter, &in_size, &out_size), "either number is OPM's certificate");
    in_size.size--;
    good &= said(driver->opm_get_certificate_size(adapter, &in_size, &out_size) != 0, "a shorter structure is refused");
    /* by both players, who ask for size and certificate */
    good &= said(idd_other_types(adapter) == 2 * 2, "and the other number was noticed");
    idd_power(adapter, false);
    in_size.size++;
    return said(driver->opm_get_certificate_size(adapter, &in_size, &out_size) == 0xC01E0511u,
                "hardware that fails its check answers nothing") &&
           good;
}

static bool run(struct idd_adapter *adapter, const struct copp_opm_anchor *anchor) {
    struct copp_session *session = NULL;
    if (!said(!reach_driver(adapter), "no output before the hardware is checked"))
        return false;
    idd_power(adapter, true);
    struct way *way = reach_driver(adapter);
    if (!said(way, "a protected output"))
        return false;
    const struct copp_session_config config = {.size = sizeof config, .opm_anchor = anchor, .connector = "INDIRECT-1"};
    bool good = !copp_session_new(&config, &way->transport, &session) && play(adapter, session) &&
                play_unplugged(adapter, &config) && misuse(adapter, way);
    copp_session_free(&session);
    struct copp_transport *transport = &way->transport;
    copp_transport_free(&transport);
    return good;
}

int main(void) {
    struct copp_private_key *keys[3] = {NULL};
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    uint8_t *chain_bytes = NULL;
    size_t chain_size = 0;
    enum copp_result result = COPP_OK;
    for (int i = 0; i < 3 && !result; i++)
        result = copp_private_key_generate(2048, &keys[i]);
    if (!result)
        result = issue(keys, &anchor, &chain_bytes, &chain_size);
    if (result)
        fprintf(stderr, "no chain: %s\n", copp_strerror(result));
    struct idd_adapter *adapter = result ? NULL : idd_start(chain_bytes, chain_size, keys[0]);
    bool good = adapter && run(adapter, &anchor);
    if (adapter)
        idd_stop(&adapter);
    copp_release(chain_bytes, chain_size);
    for (int i = 0; i < 3; i++)
        copp_private_key_free(&keys[i]);
    return good ? 0 : 1;
}
