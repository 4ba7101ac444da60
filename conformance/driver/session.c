/* SES: how a session starts. */
#include "client.h"

/* A session that has started answers. */
static void starts(struct case_run *run) {
    const enum copp_handshake_form *form = run->test->with;
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    struct copp_status answer;
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client) || !client_seal(run, client, *form, &signature) ||
        !client_sequence_start(run, client, &signature, &hresult))
        return;
    if (want_hresult(run, NULL, "SequenceStart", hresult, COPP_HR_OK))
        (void)client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer);
}

static const enum copp_handshake_form swap40 = COPP_FORM_SWAP40;
static const enum copp_handshake_form swap256 = COPP_FORM_SWAP256;

static void wrong_random(struct case_run *run) {
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client))
        return;
    client->random[COPP_RANDOM_SIZE - 1] ^= 1;
    if (client_seal(run, client, COPP_FORM_SWAP40, &signature) && client_sequence_start(run, client, &signature, &hresult))
        (void)want_hresult(run, "SES-7", "SequenceStart with another random number", hresult, COPP_HR_UNEXPECTED);
}

const struct conformance_case driver_cases_session[] = {
    {.id = "DRV-SES-5-1",
     .title = "a handshake in the form swap40 opens",
     .rules = "SES-5 SES-4 SES-6",
     .source = "DirectShow, IAMCertifiedOutputProtection::SessionSequenceStart",
     .sends = "KeyExchange, SequenceStart (swap40), QueryConnectorType",
     .right = "all three answer S_OK",
     .semantics = COPP_SEMANTICS_COPP,
     .run = starts,
     .with = &swap40},
    {.id = "DRV-SES-5-2",
     .title = "a handshake in the form swap256 opens",
     .rules = "SES-5 SES-6",
     .source = "DirectShow, IAMCertifiedOutputProtection::SessionSequenceStart",
     .sends = "KeyExchange, SequenceStart (swap256), QueryConnectorType",
     .right = "all three answer S_OK",
     .semantics = COPP_SEMANTICS_COPP,
     .run = starts,
     .with = &swap256},
    {.id = "DRV-SES-7-1",
     .title = "a random number of another session is refused",
     .rules = "SES-7",
     .source = "WDK, COPPSequenceStart",
     .sends = "SequenceStart whose random number differs in its last bit",
     .right = "E_UNEXPECTED",
     .hostile = true,
     .semantics = COPP_SEMANTICS_COPP,
     .run = wrong_random},
    {.id = NULL},
};
