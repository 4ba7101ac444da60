/* Every call of the socket transport's that can fail does, in turn: the caller is told, and nothing is taken for an answer. */
#include <string.h>
#include <unistd.h>

#include "../unit/faults.h"
#include "daemon_kit.h"

/* A recording, on a connection of its own. */
static enum copp_result record(const struct kit *kit) {
    const struct copp_socket_config config = {.size = sizeof config, .path = kit->socket, .answer_ms = 20000};
    struct copp_socket *connection = NULL;
    int fd = -1;
    enum copp_result result = copp_socket_connect(&config, &connection);
    if (!result)
        result = copp_socket_record(connection, 0, &fd);
    assert_int_equal(fd >= 0, result == COPP_OK);
    if (fd >= 0)
        close(fd);
    copp_socket_close(&connection);
    return result;
}

static enum copp_result use(const struct kit *kit) {
    const struct copp_socket_config config = {
        .size = sizeof config, .path = kit->socket, .answer_ms = 20000, .command_ms = 20000};
    struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    static const struct copp_command command;
    static const struct copp_status_input input;
    struct copp_status_output output;
    struct copp_socket *connection = NULL;
    struct copp_socket_connector told = {.size = sizeof told};
    struct copp_transport *transport = NULL;
    uint8_t random[COPP_RANDOM_SIZE];
    const uint8_t *chain_bytes = NULL;
    size_t size = 0;
    uint32_t hresult = COPP_HR_OK;
    enum copp_result result = copp_socket_connect(&config, &connection);
    if (!result)
        result = copp_socket_connector(connection, 0, &told);
    if (!result)
        result = copp_socket_transport_open(&connection, told.name, &transport);
    if (!result)
        result = transport->ops->key_exchange(transport, &call, random, &chain_bytes, &size, &hresult);
    if (!result) {
        assert_int_equal(hresult, COPP_HR_OK);
        assert_true(size > 5000);
        result = transport->ops->protection_command(transport, &call, &command, &hresult);
    }
    if (!result) {
        assert_int_equal(hresult, COPP_HR_UNEXPECTED); /* there is no session */
        result = transport->ops->protection_status(transport, &call, &input, &output, &hresult);
    }
    if (!result) { /* with a deadline waiting is another call */
        call.deadline_ms = transport->ops->now_ms(transport) + 20000;
        result = transport->ops->protection_status(transport, &call, &input, &output, &hresult);
    }
    if (!result)
        result = copp_transport_reopen(transport);
    copp_transport_free(&transport);
    copp_socket_close(&connection);
    return result ? result : record(kit);
}

/* What is interrupted goes on; that a descriptor could not be closed is of no interest. */
static bool may_succeed(const struct fault *fault) {
    return fault->mode == FAULT_ONE_OTHERWISE || strcmp(fault->name, "close") == 0;
}

static void every_call_fails(void) {
    struct kit kit;
    kit_make(&kit, "connections_per_second = 0\n");
    kit_start(&kit);
    EACH_FAULT(fault) {
        fault_arm(&fault);
        enum copp_result result = use(&kit);
        if (!fault_disarm(&fault))
            assert_int_equal(result, COPP_OK);
        else if (fault_was_memory(&fault))
            assert_int_equal(result, COPP_E_MEMORY);
        else if (strcmp(fault.name, "socketpair") == 0)
            assert_int_equal(result, COPP_E_IO);
        else if (fault.mode == FAULT_ALL_ON &&
                 strcmp(fault.name, "close") == 0) /* what is called after it fails in ways of its own */
            assert_true(result == COPP_OK || result == COPP_E_MEMORY || result == COPP_E_IO || result == COPP_E_TRANSPORT);
        else if (result)
            assert_int_equal(result, COPP_E_TRANSPORT);
        else
            assert_true(may_succeed(&fault));
        assert_int_equal(use(&kit), COPP_OK);
    }
    kit_end(&kit);
}

static const struct test_case cases[] = {TEST(every_call_fails, "")};

int main(void) {
    return RUN_SUITE("socket_faults", cases);
}
