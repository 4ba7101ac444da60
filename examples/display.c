/*
 * A display driver of one's own: a virtual display whose HDCP takes a while to come up, and two players on it.
 * display CHAIN KEY ANCHOR [CRL], as `copp chain issue --new-keys` and `copp crl issue` make them.
 */
#include <copp.h>
#include <stdio.h>
#include <stdlib.h>

#define HDCP_MS 300u

/* The output: what really protects the connector. Here it is a clock; there it is hardware. */
struct display {
    struct copp_output output; /* first: the calls find the rest through it */
    struct copp_connector *connector;
    struct copp_protection in_force;
    struct copp_protection coming; /* in force once up_ms has come */
    uint64_t up_ms; /* UINT64_MAX: nothing is coming */
};
static uint64_t now_ms;

static void state(struct copp_output *output, struct copp_output_state *state) {
    (void)output;
    state->display = (struct copp_display){1920, 1080, COPP_SAMPLE_PROGRESSIVE_FRAME, 22, 60, 1};
    state->hdcp_receiver = true;
    for (size_t i = 0; i < 5; i++)
        state->bksv[i] = 0x0f; /* 20 ones (SRM-5) */
}

static enum copp_result apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct display *display = (struct display *)output;
    if (wanted->hdcp && !display->in_force.hdcp) {
        display->coming = *wanted;
        display->up_ms = now_ms + HDCP_MS;
        return COPP_E_PENDING; /* copp_connector_applied tells how it ended */
    }
    display->in_force = *wanted;
    return COPP_OK;
}

static void cancel(struct copp_output *output) {
    ((struct display *)output)->up_ms = UINT64_MAX;
}

/* The driver's event loop: lets time pass, tells the connector what happened, polls the adapter. */
static void step(struct copp_adapter *adapter, struct display *display) {
    now_ms += 100;
    if (now_ms >= display->up_ms) {
        display->in_force = display->coming;
        display->up_ms = UINT64_MAX;
        copp_connector_applied(display->connector, COPP_OK);
    }
    if (now_ms >= copp_adapter_deadline_ms(adapter))
        copp_adapter_dispatch(adapter, now_ms);
}

/* A player's way to its device: here a call, between two processes whatever carries the four messages. */
struct way {
    struct copp_transport transport; /* first */
    struct copp_adapter *adapter;
    struct display *display;
    struct copp_device *device;
};

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    (void)call; /* no clock, so no deadline */
    *hresult = copp_device_exchange(((struct way *)transport)->device, random, chain_bytes, chain_size);
    return COPP_OK;
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    (void)call;
    *hresult = copp_device_sequence_start(((struct way *)transport)->device, signature);
    return COPP_OK;
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    (void)call;
    struct way *way = (struct way *)transport;
    *hresult = copp_device_command(way->device, message, now_ms);
    while (*hresult == COPP_HR_PENDING) { /* the output is not ready; copp_adapter_dispatch gives up when the time is up */
        step(way->adapter, way->display);
        *hresult = copp_device_command_result(way->device);
    }
    return COPP_OK;
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    (void)call;
    *hresult = copp_device_status(((struct way *)transport)->device, input, output);
    return COPP_OK;
}

static void hang_up(struct copp_transport *transport) {
    copp_device_close(&((struct way *)transport)->device); /* gives back what the player held, at once */
    free(transport);
}

/* For the next session, after this one has ended: the same way, another device. */
static enum copp_result reopen(struct copp_transport *transport) {
    struct way *way = (struct way *)transport;
    copp_device_close(&way->device);
    return copp_device_open(way->display->connector, &way->device);
}

static struct copp_session *player(struct copp_adapter *adapter, struct display *display,
                                   const struct copp_session_config *config, struct copp_transport **transport) {
    static const struct copp_transport_ops ops = {.size = sizeof ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = hang_up,
                                                  .reopen = reopen};
    struct copp_session *session = NULL;
    struct copp_verdict verdict = {.detail = ""};
    char why[512];
    struct way *way = calloc(1, sizeof *way);
    if (!way)
        return NULL;
    *way = (struct way){.transport = {&ops}, .adapter = adapter, .display = display};
    *transport = &way->transport;
    enum copp_result result = copp_device_open(display->connector, &way->device);
    if (!result)
        result = copp_session_new(config, *transport, &session);
    if (!result)
        result = copp_session_establish(session, &verdict);
    if (result)
        printf("no session: %s\n", copp_session_explain(session, result, &verdict, COPP_STOP_NONE, why, sizeof why));
    return session;
}

static size_t load(const char *name, char *text, size_t size) {
    FILE *file = fopen(name, "rb");
    size_t got = file ? fread(text, 1, size, file) : 0;
    if (file)
        fclose(file);
    return got;
}

/* Two players ask for different things; the connector applies the highest of each (ARB-2). Then the cable goes. */
static int play(struct copp_adapter *adapter, struct display *display, const struct copp_session_config *config) {
    struct copp_transport *transports[2] = {NULL};
    struct copp_session *one = player(adapter, display, config, &transports[0]);
    struct copp_session *two = player(adapter, display, config, &transports[1]);
    struct copp_poll watch = {.size = sizeof watch};
    uint64_t asked_ms = now_ms;
    bool good =
        copp_session_protect(one, &(struct copp_requirement){.size = sizeof(struct copp_requirement), .hdcp = COPP_HDCP_ON},
                             now_ms) == COPP_STOP_NONE;
    printf("HDCP %s after %u ms\n", display->in_force.hdcp ? "on" : "off", (unsigned)(now_ms - asked_ms));
    good = good &&
           copp_session_protect(two, &(struct copp_requirement){.size = sizeof(struct copp_requirement), .hdcp = COPP_HDCP_ON},
                                now_ms) == COPP_STOP_NONE;
    copp_session_free(&one);
    copp_transport_free(&transports[0]);
    good = good && display->in_force.hdcp; /* the other one still holds it */
    display->in_force.hdcp = COPP_HDCP_OFF;
    copp_connector_unplugged(display->connector);
    copp_session_poll(two, now_ms, &watch);
    printf("%s\n", copp_stop_text(watch.stop));
    good = good && watch.stop == COPP_STOP_LINK_LOST;
    copp_session_free(&two);
    copp_transport_free(&transports[1]);
    return good ? 0 : 1;
}

int main(int argc, char **argv) {
    static const struct copp_output_ops ops = {.size = sizeof ops, .state = state, .apply = apply, .cancel = cancel};
    static char chain_bytes[COPP_CHAIN_SIZE_MAX], text[4096];
    struct display display = {.output = {&ops}, .up_ms = UINT64_MAX};
    struct copp_private_key *key = NULL;
    struct copp_adapter *adapter = NULL;
    struct copp_public_key anchor;
    struct copp_revocation_list *list = NULL;
    if (argc != 4 && argc != 5) {
        fputs("Usage: display CHAIN KEY ANCHOR [CRL]\n", stderr);
        return 2;
    }
    size_t chain_size = load(argv[1], chain_bytes, sizeof chain_bytes);
    enum copp_result result = copp_public_key_read(text, load(argv[3], text, sizeof text), &anchor);
    if (!result && argc == 5)
        result = copp_revocation_load(argv[4], &anchor, &list, NULL);
    if (!result)
        result = copp_private_key_open(argv[2], NULL, &key);
    const struct copp_adapter_config driver = {
        .size = sizeof driver, .chain_bytes = (const uint8_t *)chain_bytes, .chain_size = chain_size, .key = key};
    if (!result)
        result = copp_adapter_new(&driver, &adapter);
    const struct copp_connector_config connector = {.size = sizeof connector,
                                                    .output = &display.output,
                                                    .connector_type = COPP_CONNECTOR_HDMI,
                                                    .protection_types = COPP_PROTECTION_TYPE_HDCP,
                                                    .bus_type = COPP_BUS_PCI_EXPRESS,
                                                    .name = "HDMI-1"}; /* and .real = true, were there a display */
    if (!result)
        result = copp_connector_add(adapter, &connector, &display.connector);
    const struct copp_revocation_list *const revocations[] = {list};
    const struct copp_session_lists lists = {.size = sizeof lists, .revocations = revocations, .revocation_count = list ? 1 : 0};
    const struct copp_session_config config = {
        .size = sizeof config, .anchor = &anchor, .lists = &lists, .connector = connector.name};
    int status = result ? 2 : play(adapter, &display, &config);
    if (result)
        fprintf(stderr, "display: %s\n", copp_strerror(result));
    copp_adapter_free(&adapter);
    copp_private_key_free(&key);
    copp_revocation_free(&list);
    return status;
}
