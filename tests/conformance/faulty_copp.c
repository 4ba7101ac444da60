#include "faulty_copp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct fault faults_copp[] = {
#define FAULT(identifier, what, cases) {#identifier, what, cases},
#include "faults_copp.def"
#undef FAULT
    {NULL, NULL, NULL},
};

static struct faulty_device *of(struct copp_transport *transport) {
    return (struct faulty_device *)(void *)transport;
}

static bool is(const struct faulty_device *device, enum faulty_copp_fault fault) {
    return faulty(device->driver, fault);
}

/* Good enough to be different each time. */
static void draw(struct faulty_driver *driver, uint8_t *bytes) {
    for (size_t i = 0; i < COPP_RANDOM_SIZE; i++) {
        driver->random = driver->random * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(driver->random >> 33);
    }
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct faulty_device *device = of(transport);
    (void)call;
    *hresult = COPP_HR_UNEXPECTED;
    if (device->state == ACTIVE && !is(device, FAULT_exchange_while_active))
        return COPP_OK;
    if (device->state == EXCHANGED && !is(device, FAULT_exchange_twice))
        return COPP_OK;
    if (is(device, FAULT_exchange_refused))
        return COPP_OK;
    draw(device->driver, device->random);
    if (is(device, FAULT_random_fixed))
        memset(device->random, 0x11, sizeof device->random);
    if (is(device, FAULT_random_half))
        memset(device->random, 0, sizeof device->random / 2);
    device->state = EXCHANGED;
    memcpy(device->driver->last_random, device->random, sizeof device->random);
    memcpy(random, device->random, sizeof device->random);
    *chain_bytes = device->driver->chain_bytes;
    *chain_size = device->driver->chain_size;
    *hresult = COPP_HR_OK;
    return COPP_OK;
}

static void reverse(const uint8_t *in, size_t size, uint8_t *out) {
    for (size_t i = 0; i < size; i++)
        out[size - 1 - i] = in[i];
}

/* SES-6. The plaintext's 256 bytes, big-endian. */
static enum copp_result decrypt(struct faulty_device *device, const struct copp_signature *signature, uint8_t *plain) {
    struct copp_private_key *key = device->driver->key;
    uint8_t number[COPP_SIGNATURE_SIZE];
    reverse(signature->bytes, sizeof number, number);
    return key->ops->decrypt_raw(key, number, plain, sizeof number);
}

/* SES-7 */
static bool random_is_right(const struct faulty_device *device, const uint8_t *secrets) {
    if (is(device, FAULT_random_ignored))
        return true;
    if (is(device, FAULT_random_of_anybody) && memcmp(secrets, device->driver->last_random, COPP_RANDOM_SIZE) == 0)
        return true;
    if (is(device, FAULT_random_but_9))
        return memcmp(secrets, device->random, 9) == 0 && memcmp(secrets + 10, device->random + 10, 6) == 0;
    if (is(device, FAULT_random_first_4))
        return memcmp(secrets, device->random, 4) == 0;
    if (is(device, FAULT_random_first_12))
        return memcmp(secrets, device->random, 12) == 0;
    if (is(device, FAULT_random_last_8))
        return memcmp(secrets + 8, device->random + 8, 8) == 0;
    return memcmp(secrets, device->random, COPP_RANDOM_SIZE) == 0;
}

static bool padding_is_right(const struct faulty_device *device, const uint8_t *plain) {
    return !is(device, FAULT_padding_checked) || (plain[0] == 0 && plain[1] == 2);
}

/* SES-4 */
static void take_secrets(struct faulty_device *device, const uint8_t *secrets) {
    memcpy(device->key, secrets + 16, sizeof device->key);
    memcpy(device->driver->last_key, device->key, sizeof device->key);
    device->driver->last_command_sequence = faulty_get(secrets + 36);
    device->status_sequence = faulty_get(secrets + 32);
    device->command_sequence = faulty_get(secrets + 36);
    if (is(device, FAULT_sequences_exchanged)) {
        device->status_sequence = faulty_get(secrets + 36);
        device->command_sequence = faulty_get(secrets + 32);
    }
    if (is(device, FAULT_commands_use_status_number))
        device->command_sequence = device->status_sequence;
    if (is(device, FAULT_status_starts_at_0))
        device->status_sequence = 0;
    if (copp_omac_set_key(device->omac, device->key) == COPP_OK)
        device->state = ACTIVE;
}

static uint32_t start(struct faulty_device *device, const struct copp_signature *signature) {
    uint8_t plain[COPP_SIGNATURE_SIZE] = {0};
    uint8_t secrets[COPP_SIGNATURE_SIZE];
    if (device->spent || device->driver->spent)
        return COPP_HR_UNEXPECTED;
    enum copp_result result = decrypt(device, signature, plain);
    if (result == COPP_E_INVALID && !is(device, FAULT_above_not_spent))
        device->spent = true; /* SES-8 */
    if (result == COPP_E_INVALID && is(device, FAULT_above_modulus_ok))
        return COPP_HR_OK;
    if (result != COPP_OK && !is(device, FAULT_either_byte_order)) /* that one's other order may be below the modulus */
        return is(device, FAULT_above_hresult) ? COPP_HR_INVALIDARG : COPP_HR_UNEXPECTED;
    reverse(plain, sizeof plain, secrets);
    if (is(device, FAULT_swap256_refused) && plain[11] == 0 && plain[12] == 0 && plain[13] == 0 && plain[14] == 0 &&
        plain[1] == 2)
        return COPP_HR_UNEXPECTED;
    if (is(device, FAULT_plaintext_not_reversed))
        memcpy(secrets, plain + sizeof plain - 40, 40);
    if (random_is_right(device, secrets) && padding_is_right(device, plain)) {
        take_secrets(device, secrets);
        return COPP_HR_OK;
    }
    uint8_t number[COPP_SIGNATURE_SIZE];
    reverse(signature->bytes, sizeof number, number);
    if (is(device, FAULT_either_byte_order) &&
        device->driver->key->ops->decrypt_raw(device->driver->key, signature->bytes, plain, sizeof plain) == COPP_OK) {
        reverse(plain, sizeof plain, secrets);
        if (random_is_right(device, secrets)) {
            take_secrets(device, secrets);
            return COPP_HR_OK;
        }
    }
    if (is(device, FAULT_fixed_points_ok) && memcmp(number, plain, sizeof number) == 0)
        return COPP_HR_OK; /* 0, 1 and n - 1 */
    if (is(device, FAULT_mismatch_keeps_key))
        take_secrets(device, secrets);
    device->spent = !is(device, FAULT_mismatch_not_spent);
    device->driver->spent = is(device, FAULT_spent_everywhere);
    return is(device, FAULT_mismatch_hresult) ? COPP_HR_INVALIDARG : COPP_HR_UNEXPECTED;
}

static void replace_secrets(struct faulty_device *device, const struct copp_signature *signature) {
    uint8_t plain[COPP_SIGNATURE_SIZE];
    uint8_t secrets[COPP_SIGNATURE_SIZE];
    if (decrypt(device, signature, plain) != COPP_OK)
        return;
    reverse(plain, sizeof plain, secrets);
    take_secrets(device, secrets);
}

static enum copp_result session_sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                               const struct copp_signature *signature, uint32_t *hresult) {
    struct faulty_device *device = of(transport);
    (void)call;
    *hresult = COPP_HR_UNEXPECTED;
    const bool ok = (device->state == OPENED && is(device, FAULT_start_unopened)) ||
                    (device->state == ACTIVE && is(device, FAULT_start_again_ok));
    if (device->state == EXCHANGED)
        *hresult = start(device, signature);
    else if (ok)
        *hresult = COPP_HR_OK;
    else if (device->state == OPENED)
        device->spent = is(device, FAULT_start_unopened_spends);
    else if (is(device, FAULT_start_again_replaces))
        replace_secrets(device, signature);
    return COPP_OK;
}

static enum copp_result protection_command(struct copp_transport *transport, const struct copp_call *call,
                                           const struct copp_command *command, uint32_t *hresult) {
    (void)call;
    *hresult = faulty_command(of(transport), command->bytes);
    return COPP_OK;
}

static enum copp_result protection_status(struct copp_transport *transport, const struct copp_call *call,
                                          const struct copp_status_input *input, struct copp_status_output *output,
                                          uint32_t *hresult) {
    (void)call;
    *hresult = faulty_status(of(transport), input->bytes, output->bytes);
    return COPP_OK;
}

static void free_device(struct copp_transport *transport) {
    struct faulty_device *device = of(transport);
    faulty_leave(device);
    device->driver->spent = false;
    device->driver->over = is(device, FAULT_close_ends_others) && device->output->devices != NULL;
    copp_omac_free(&device->omac);
    free(device);
}

static const struct copp_transport_ops transport_ops = {
    .size = sizeof transport_ops,
    .key_exchange = key_exchange,
    .session_sequence_start = session_sequence_start,
    .protection_command = protection_command,
    .protection_status = protection_status,
    .free = free_device,
};

static const char *output_name(struct driver_target *target, size_t index) {
    return index < 5 ? ((struct faulty_driver *)(void *)target)->outputs[index].name : NULL;
}

static enum copp_result open_device(struct driver_target *target, const char *output, enum copp_semantics semantics,
                                    struct copp_transport **transport) {
    struct faulty_driver *driver = (struct faulty_driver *)(void *)target;
    size_t index = 0;
    while (index < 5 && strcmp(driver->outputs[index].name, output) != 0)
        index++;
    if (index == 5 || semantics != COPP_SEMANTICS_COPP)
        return COPP_E_NOT_FOUND;
    if (driver->outputs[index].clone && !faulty(driver, FAULT_clone_opens))
        return COPP_E_UNSUPPORTED_MODE; /* ARB-6 */
    struct faulty_device *device = calloc(1, sizeof *device);
    if (device == NULL || copp_omac_new(&device->omac) != COPP_OK) {
        free(device);
        return COPP_E_MEMORY;
    }
    device->transport.ops = &transport_ops;
    device->driver = driver;
    device->output = &driver->outputs[index];
    faulty_join(device);
    *transport = &device->transport;
    return COPP_OK;
}

static const struct driver_target_ops ops = {.output = output_name, .open = open_device, .cause = faulty_cause};

static enum faulty_copp_fault fault_number(const char *name) {
    for (int i = 0; name != NULL && faults_copp[i].name != NULL; i++) {
        if (strcmp(faults_copp[i].name, name) == 0)
            return (enum faulty_copp_fault)(i + 1);
    }
    return FAULT_NONE;
}

static uint8_t *read_vector(const char *name, size_t *size) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/vectors/%s", COPP_TESTS_DIR, name);
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = calloc(1, 65536);
    *size = file != NULL && bytes != NULL ? fread(bytes, 1, 65535, file) : 0;
    if (file != NULL)
        fclose(file);
    return bytes;
}

/* A fault whose name begins with "cert_" is the chain that it has. */
static const char *chain_of(const struct faulty_driver *driver) {
    static const struct {
        enum faulty_copp_fault fault;
        const char *file;
    } chains[] = {
        {FAULT_cert_doctype, "chain-bad-doctype-bomb.xml"},
        {FAULT_cert_encoding, "chain-bad-not-utf8.xml"},
        {FAULT_cert_version, "chain-bad-version-1.xml"},
        {FAULT_cert_two, "chain-bad-two-certificates.xml"},
        {FAULT_cert_duplicate, "chain-bad-leaf-duplicate-child.xml"},
        {FAULT_cert_small_key, "chain-bad-leaf-1024.xml"},
        {FAULT_cert_exponent, "chain-bad-leaf-long-exponent.xml"},
        {FAULT_cert_usage, "chain-bad-leaf-usage-zero.xml"},
        {FAULT_cert_signer_usage, "chain-bad-ihv-usage-zero.xml"},
        {FAULT_cert_digest, "chain-bad-leaf-wrong-digest.xml"},
        {FAULT_cert_signature, "chain-bad-leaf-bad-signature.xml"},
        {FAULT_cert_root, "chain-bad-other-root.xml"},
    };
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        if (faulty(driver, chains[i].fault))
            return chains[i].file;
    }
    return "chain-good.xml";
}

static enum copp_result load(struct faulty_driver *driver) {
    char path[512];
    size_t size;
    uint8_t *anchor = read_vector("root-modulus.b64", &size);
    enum copp_result result = copp_public_key_read((const char *)anchor, size, &driver->anchor);
    free(anchor);
    (void)snprintf(path, sizeof path, "%s/vectors/leaf.pem", COPP_TESTS_DIR);
    if (result == COPP_OK)
        result = copp_private_key_open(path, NULL, &driver->key);
    driver->chain_bytes = read_vector(chain_of(driver), &driver->chain_size);
    char *at = (char *)driver->chain_bytes;
    for (int tag = 0; faulty(driver, FAULT_cert_missing) && tag < 2 && at != NULL; tag++) {
        at = strstr(at, "PublicKey>"); /* the leaf's, which is then an element that no rule names */
        if (at != NULL)
            at[0] = 'p';
    }
    return result;
}

struct driver_target *faulty_copp_new(const char *fault) {
    struct faulty_driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL)
        return NULL;
    struct driver_target *target = &driver->target;
    *target = (struct driver_target){.ops = &ops, .anchor = &driver->anchor};
    driver->fault = fault_number(fault);
    driver->bound = !faulty(driver, FAULT_unbound);
    driver->random = 20040801;
    faulty_outputs_init(driver);
    if (load(driver) != COPP_OK)
        faulty_copp_free(&target);
    return target;
}

void faulty_copp_free(struct driver_target **target) {
    struct faulty_driver *driver = (struct faulty_driver *)(void *)*target;
    if (driver == NULL)
        return;
    copp_private_key_free(&driver->key);
    free(driver->chain_bytes);
    free(driver);
    *target = NULL;
}
