/* A session under OPM semantics, both sides in this process. */
#include <string.h>

#include "bench.h"

/* An output that is always content: only libcopp is measured. */
static void quiet_state(struct copp_output *output, struct copp_output_state *state) {
    (void)output;
    (void)state;
}

static enum copp_result quiet_apply(struct copp_output *output, const struct copp_protection *wanted) {
    (void)output;
    (void)wanted;
    return COPP_OK;
}

static void quiet_cancel(struct copp_output *output) {
    (void)output;
}

static const struct copp_output_ops quiet_ops = {
    .size = sizeof quiet_ops, .state = quiet_state, .apply = quiet_apply, .cancel = quiet_cancel};
static struct copp_output quiet = {&quiet_ops};

static struct {
    struct copp_private_key *leaf, *root;
    struct copp_opm_anchor anchor;
    uint8_t *chain_bytes;
    size_t chain_size;
    struct copp_adapter *adapter;
    struct copp_connector *connector;
    struct copp_transport *transport;
    struct copp_session *session;
    struct copp_omac *omac;
} opm;

/* Leaf and root, issued here: nobody trusts it unless told to. */
static void make_chain(void) {
    struct copp_opm_certificate_request requests[2] = {{.size = sizeof requests[0], .name = "Bench"},
                                                       {.size = sizeof requests[0], .name = "Bench root"}};
    struct copp_opm_chain *parsed;
    struct copp_opm_certificate root = {.size = sizeof root};
    struct copp_verdict verdict;
    bench_must(copp_private_key_generate(2048, &opm.leaf) == COPP_OK && copp_private_key_generate(2048, &opm.root) == COPP_OK,
               "no keys");
    requests[0].signer = requests[1].signer = opm.root;
    bench_must(opm.leaf->ops->public_key(opm.leaf, &requests[0].key) == COPP_OK &&
                   opm.root->ops->public_key(opm.root, &requests[1].key) == COPP_OK,
               "no public keys");
    bench_must(copp_opm_chain_issue(requests, 2, COPP_OPM_HASH_SHA1, &opm.chain_bytes, &opm.chain_size) == COPP_OK, "no chain");
    bench_must(copp_opm_chain_parse(opm.chain_bytes, opm.chain_size, NULL, &parsed, &verdict) == COPP_OK, "no parsed chain");
    opm.anchor.size = sizeof opm.anchor;
    bench_must(copp_opm_chain_certificate(parsed, 1, &root) == COPP_OK &&
                   copp_opm_anchor_read(root.der, root.der_size, &opm.anchor) == COPP_OK,
               "no anchor");
    copp_opm_chain_free(&parsed);
}

static void open_session(void) {
    const struct copp_adapter_config adapter = {
        .size = sizeof adapter, .opm_chain_bytes = opm.chain_bytes, .opm_chain_size = opm.chain_size, .opm_key = opm.leaf};
    const struct copp_connector_config hdmi = {.size = sizeof hdmi,
                                               .output = &quiet,
                                               .connector_type = COPP_CONNECTOR_HDMI,
                                               .protection_types = COPP_PROTECTION_TYPE_HDCP,
                                               .bus_type = COPP_BUS_PCI_EXPRESS};
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_OPM};
    const struct copp_session_config config = {.size = sizeof config, .opm_anchor = &opm.anchor};
    bench_must(copp_adapter_new(&adapter, &opm.adapter) == COPP_OK &&
                   copp_connector_add(opm.adapter, &hdmi, &opm.connector) == COPP_OK,
               "no connector");
    bench_must(copp_local_transport_open_as(opm.connector, &options, NULL, &opm.transport) == COPP_OK, "no transport");
    bench_must(copp_session_new(&config, opm.transport, &opm.session) == COPP_OK &&
                   copp_session_establish(opm.session, NULL) == COPP_OK,
               "no OPM session");
}

static void run_query(void) {
    uint32_t level;
    bench_must(copp_session_local_level(opm.session, COPP_PROTECTION_TYPE_OPM_HDCP, &level) == COPP_OK, "a query failed");
}

/* Request and answer, each made and verified (OPM-GET-1, OPM-GET-4). */
static void run_four_omacs(void) {
    static const uint8_t message[COPP_MESSAGE_SIZE];
    uint8_t tag[COPP_MAC_SIZE];
    for (unsigned i = 0; i < 4; i++)
        bench_must(copp_omac_tag(opm.omac, message, i < 2 ? COPP_MESSAGE_SIZE : COPP_AUTHENTICATED_SIZE, tag) == COPP_OK,
                   "no tag");
}

void bench_opm_query(void) {
    static const uint8_t key[COPP_KEY_SIZE] = {1, 2, 3};
    make_chain();
    open_session();
    bench_must(copp_omac_new(&opm.omac) == COPP_OK && copp_omac_set_key(opm.omac, key) == COPP_OK, "no MAC");
    const struct contender ours = {.run = run_query, .batch = 1000};
    const struct contender theirs = {.run = run_four_omacs, .batch = 1000};
    struct figure figure = bench_compare(&ours, &theirs);
    bench_report("OPM query in process against four OMACs", figure, figure.ratio, 1.15, 0);
    copp_omac_free(&opm.omac);
    copp_session_free(&opm.session);
    copp_transport_free(&opm.transport);
    copp_adapter_free(&opm.adapter);
    copp_release(opm.chain_bytes, opm.chain_size);
    copp_private_key_free(&opm.leaf);
    copp_private_key_free(&opm.root);
}
