#include "driver.h"

#include <stddef.h>
#include <stdio.h>

/* One adapter is all that an example needs. */
static struct {
    struct copp_pump pump; /* lets time pass while a link comes up (CMD-6) */
    struct copp_private_key *leaf;
    char *chain_bytes;
    size_t chain_size;
    struct copp_revocation_list *list;
    struct copp_sim *sim;
    uint64_t now_ms;
} host;

uint64_t driver_now(void) {
    return host.now_ms;
}

void driver_wait(uint64_t deadline_ms) {
    if (deadline_ms > host.now_ms && deadline_ms != UINT64_MAX)
        host.now_ms = deadline_ms;
    copp_sim_dispatch(host.sim, host.now_ms);
}

static uint64_t pump_now(struct copp_pump *pump) {
    (void)pump;
    return driver_now();
}

static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    (void)pump;
    uint64_t sim_deadline_ms = copp_sim_deadline_ms(host.sim);
    driver_wait(sim_deadline_ms < deadline_ms ? sim_deadline_ms : deadline_ms);
}

/* A chain as a driver's maker would issue it: a leaf signed by an IHV signed by a root (CERT-4). */
static enum copp_result issue(struct copp_private_key *ihv, struct copp_private_key *root, struct copp_public_key *anchor) {
    struct copp_certificate_request requests[] = {
        {.size = sizeof *requests,
         .signer = ihv,
         .encrypt_key = true,
         .copp_certificate = true,
         .manufacturer = "example driver"},
        {.size = sizeof *requests, .signer = root, .sign_certificate = true, .manufacturer = "example IHV"},
        {.size = sizeof *requests, .signer = root, .sign_certificate = true, .manufacturer = "example root"},
    };
    struct copp_private_key *subjects[] = {host.leaf, ihv, root};
    for (int i = 0; i < 3; i++) {
        enum copp_result result = subjects[i]->ops->public_key(subjects[i], &requests[i].subject);
        if (result)
            return result;
    }
    *anchor = requests[2].subject;
    return copp_chain_issue(requests, 3, &host.chain_bytes, &host.chain_size);
}

/* The list of what is revoked under the same root: nothing is. Its signer is the root's as directly as the IHV is. */
static enum copp_result issue_list(struct copp_private_key *root, const struct copp_public_key *anchor) {
    struct copp_certificate_request request = {
        .size = sizeof request, .signer = root, .sign_crl = true, .manufacturer = "example revocation"};
    struct copp_private_key *signer = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum copp_result result = copp_private_key_generate(1024, &signer);
    if (!result)
        result = signer->ops->public_key(signer, &request.subject);
    if (!result)
        result = copp_revocation_issue(1, NULL, 0, &request, 1, signer, &bytes, &size);
    if (!result)
        result = copp_revocation_validate(bytes, size, anchor, &host.list, NULL);
    copp_release(bytes, size);
    copp_private_key_free(&signer);
    return result;
}

const struct copp_session_lists *driver_lists(void) {
    static struct copp_session_lists lists;
    lists = (struct copp_session_lists){.size = sizeof lists,
                                        .revocations = (const struct copp_revocation_list *const *)&host.list,
                                        .revocation_count = host.list ? 1 : 0};
    return &lists;
}

static enum copp_result make_chain(struct copp_public_key *anchor) {
    struct copp_private_key *ihv = NULL;
    struct copp_private_key *root = NULL;
    enum copp_result result = copp_private_key_generate(2048, &host.leaf);
    if (!result)
        result = copp_private_key_generate(2048, &ihv);
    if (!result)
        result = copp_private_key_generate(1024, &root);
    if (!result)
        result = issue(ihv, root, anchor);
    if (!result)
        result = issue_list(root, anchor);
    copp_private_key_free(&ihv);
    copp_private_key_free(&root);
    return result;
}

struct copp_transport *driver_open(struct copp_public_key *anchor) {
    static const struct copp_pump_ops ops = {sizeof ops, pump_now, pump_wait};
    host.pump.ops = &ops;
    struct copp_transport *driver = NULL;
    struct copp_sim_error error = {0, ""};
    enum copp_result result = make_chain(anchor);
    if (!result) {
        const struct copp_sim_config config = {.size = sizeof config,
                                               .chain_bytes = (const uint8_t *)host.chain_bytes,
                                               .chain_size = host.chain_size,
                                               .key = host.leaf};
        result = copp_sim_new(&config, &host.sim, &error);
    }
    if (!result)
        result = copp_local_transport_open(copp_sim_connector(host.sim, "HDMI-1"), &host.pump, &driver);
    if (!result)
        return driver;
    fprintf(stderr, "no simulated driver: %s%s%s\n", copp_strerror(result), error.text[0] ? ": " : "", error.text);
    driver_close(&driver);
    return NULL;
}

void driver_close(struct copp_transport **driver) {
    copp_transport_free(driver);
    copp_sim_free(&host.sim);
    copp_private_key_free(&host.leaf);
    copp_revocation_free(&host.list);
    copp_release(host.chain_bytes, host.chain_size);
    host.chain_bytes = NULL;
}
