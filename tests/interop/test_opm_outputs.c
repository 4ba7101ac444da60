/*
 * Getting outputs under OPM semantics from libcopp's dxva2.dll (OPM-OUT): test_opm_outputs DXVA2.DLL. COPP_DRIVER is a directory with
 * chains and keys for both semantics; copies of them lie in a directory of the test's own, with an adapter of which two outputs show one
 * picture. It links nothing of libcopp's.
 */
#include "com_server.h"
#include "opm_client.h"
#include "rules_log.h"

#include <stdio.h>
#include <string.h>

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define CODE(nn) ((HRESULT)(0xC0262500 | (nn)))
#define OPM_HDCP 8u

static const GUID get_virtual = {0xb2075857, 0x3eda, 0x4d5d, {0x88, 0xdb, 0x74, 0x8f, 0x8c, 0x1a, 0x05, 0x49}};
static const GUID get_actual = {0x1957210a, 0x7766, 0x452a, {0xb9, 0x9a, 0xd2, 0x7a, 0xed, 0x54, 0xf0, 0x3a}};
static const GUID get_output_id = {0x72cb6df3, 0x244f, 0x40ce, {0xb0, 0x9e, 0x20, 0x50, 0x6a, 0xf6, 0x30, 0x2f}};
static const GUID set_level = {0x9bb9327c, 0x4eb5, 0x4727, {0x9f, 0x00, 0xb4, 0x2b, 0x09, 0x19, 0xc0, 0xda}};

/* The output that is used is the last one, and one between the two shows something else. */
static const char description[] = "[output HDMI-1]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\n"
                                  "multi_adapter = clone\n"
                                  "[output HDMI-2]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\n"
                                  "[output DP-1]\ntype = displayport\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\n"
                                  "multi_adapter = clone\n";

typedef HRESULT(WINAPI *from_monitor)(HMONITOR, OPM_VIDEO_OUTPUT_SEMANTICS, ULONG *, IOPMVideoOutput ***);
typedef HRESULT(WINAPI *for_target)(LUID *, ULONG, OPM_VIDEO_OUTPUT_SEMANTICS, IOPMVideoOutput **);

static from_monitor outputs_from_monitor;
static for_target output_for_target;
static char given[MAX_PATH]; /* what COPP_DRIVER was */
static char directory[MAX_PATH]; /* and what it is now */

static HMONITOR primary(void) {
    const POINT origin = {0, 0};
    return MonitorFromPoint(origin, MONITOR_DEFAULTTOPRIMARY);
}

static void put_file(const char *name, const char *text) {
    char path[2 * MAX_PATH];
    (void)snprintf(path, sizeof path, "%s\\%s", directory, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void copy_file(const char *name) {
    char from[2 * MAX_PATH];
    char to[2 * MAX_PATH];
    (void)snprintf(from, sizeof from, "%s\\%s", given, name);
    (void)snprintf(to, sizeof to, "%s\\%s", directory, name);
    assert_true(CopyFileA(from, to, FALSE));
}

static const char *const credentials[] = {"chain.xml", "leaf.pem", "chain.p7b", "opm-leaf.pem"};
#define CREDENTIALS (sizeof credentials / sizeof credentials[0])

/* Nothing is handed out, whatever stood there before. */
static void assert_no_outputs(HMONITOR monitor, int semantics, HRESULT hr) {
    IOPMVideoOutput **outputs = (IOPMVideoOutput **)&given;
    ULONG count = 7;
    assert_int_equal(outputs_from_monitor(monitor, (OPM_VIDEO_OUTPUT_SEMANTICS)semantics, &count, &outputs), hr);
    assert_int_equal(count, 0);
    assert_null(outputs);
}

static void assert_no_target(int semantics, HRESULT hr) {
    LUID adapter = {1, 2};
    IOPMVideoOutput *output = (IOPMVideoOutput *)(void *)&given;
    assert_int_equal(output_for_target(&adapter, 3, (OPM_VIDEO_OUTPUT_SEMANTICS)semantics, &output), hr);
    assert_null(output);
}

/* The getters need the chain, which nobody has asked for yet. */
static void without_a_chain_there_are_no_outputs(void) {
    assert_no_outputs(primary(), OPM_VOS_OPM_SEMANTICS, CODE(0x00));
    assert_no_outputs(primary(), OPM_VOS_COPP_SEMANTICS, CODE(0x01));
    assert_no_target(OPM_VOS_OPM_SEMANTICS, CODE(0x00));
    assert_no_target(OPM_VOS_COPP_SEMANTICS, CODE(0x01));
    copy_file("chain.p7b");
    assert_no_outputs(primary(), OPM_VOS_OPM_SEMANTICS, CODE(0x00)); /* and its key */
    for (size_t i = 0; i < CREDENTIALS; i++)
        copy_file(credentials[i]);
}

static void failures_hand_out_nothing(void) {
    IOPMVideoOutput **outputs = (IOPMVideoOutput **)&given;
    ULONG count = 7;
    assert_no_outputs((HMONITOR)(uintptr_t)0x7777, OPM_VOS_OPM_SEMANTICS, HRESULT_FROM_WIN32(ERROR_INVALID_MONITOR_HANDLE));
    assert_no_outputs(primary(), 2, E_INVALIDARG);
    assert_no_target(2, E_INVALIDARG);
    assert_no_outputs(primary(), OPM_VOS_COPP_SEMANTICS, CODE(0x0F)); /* ARB-6 */
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_OPM_SEMANTICS, NULL, &outputs), E_POINTER);
    assert_ptr_equal(outputs, &given);
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_OPM_SEMANTICS, &count, NULL), E_POINTER);
    assert_int_equal(count, 7);
}

/* --- several outputs of one monitor --- */

#define SHOWN 2u

static void begin_all(struct opm_client *clients) {
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_OPM_SEMANTICS, &count, &outputs), S_OK);
    assert_int_equal(count, SHOWN);
    assert_ptr_not_equal(outputs[0], outputs[1]);
    for (ULONG i = 0; i < count; i++)
        assert_int_equal(opm_client_start(&clients[i], outputs[i]), S_OK);
    CoTaskMemFree(outputs);
}

static void end_all(struct opm_client *clients) {
    for (size_t i = 0; i < SHOWN; i++) {
        assert_int_equal(IOPMVideoOutput_Release(clients[i].output), 0);
        opm_client_close(&clients[i]);
    }
}

static DWORD64 output_id(struct opm_client *client) {
    BYTE answer[28];
    DWORD64 id;
    assert_int_equal(opm_client_get(client, &get_output_id, NULL, 0, answer, sizeof answer), S_OK);
    memcpy(&id, answer + 20, sizeof id);
    return id;
}

static void assert_hdcp(struct opm_client *client, DWORD held, DWORD in_force) {
    const DWORD type = OPM_HDCP;
    BYTE answer[32];
    DWORD level;
    assert_int_equal(opm_client_get(client, &get_virtual, &type, sizeof type, answer, sizeof answer), S_OK);
    memcpy(&level, answer + 20, sizeof level);
    assert_int_equal(level, held);
    assert_int_equal(opm_client_get(client, &get_actual, &type, sizeof type, answer, sizeof answer), S_OK);
    memcpy(&level, answer + 20, sizeof level);
    assert_int_equal(level, in_force);
}

static void set_opm_hdcp(struct opm_client *client, DWORD level) {
    const DWORD data[4] = {OPM_HDCP, level, 0, 0};
    assert_int_equal(opm_client_configure(client, &set_level, data, sizeof data, NULL, 0), S_OK);
}

/* Each object is one connector: what protects one protects no other, and the application protects them all (OPM-OUT-7). */
static void each_connector_is_an_output(void) {
    struct opm_client clients[SHOWN];
    struct opm_client again[SHOWN];
    begin_all(clients);
    assert_true(output_id(&clients[0]) != output_id(&clients[1]));
    set_opm_hdcp(&clients[0], 1);
    assert_hdcp(&clients[0], 1, 1);
    assert_hdcp(&clients[1], 0, 0);
    set_opm_hdcp(&clients[1], 1);
    begin_all(again); /* in the same order */
    assert_true(output_id(&again[0]) == output_id(&clients[0]) && output_id(&again[1]) == output_id(&clients[1]));
    set_opm_hdcp(&clients[0], 0);
    assert_hdcp(&again[0], 0, 0);
    assert_hdcp(&again[1], 0, 1);
    end_all(again);
    end_all(clients);
}

/* A target is one connector, whatever else shows the picture. */
static void a_target_is_one_output(void) {
    LUID adapter = {1, 2};
    IOPMVideoOutput *output = NULL;
    struct opm_client clients[SHOWN];
    struct opm_client target;
    begin_all(clients);
    assert_int_equal(output_for_target(&adapter, 3, OPM_VOS_OPM_SEMANTICS, &output), S_OK);
    assert_int_equal(opm_client_start(&target, output), S_OK);
    assert_true(output_id(&target) == output_id(&clients[0]));
    assert_int_equal(IOPMVideoOutput_Release(output), 0);
    opm_client_close(&target);
    end_all(clients);
}

/* What the output was made with is what it hands out, whatever becomes of the driver's files. */
static void the_chain_is_the_outputs(void) {
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    struct opm_client clients[SHOWN];
    assert_int_equal(outputs_from_monitor(primary(), OPM_VOS_OPM_SEMANTICS, &count, &outputs), S_OK);
    put_file("chain.p7b", "nothing");
    put_file("opm-leaf.pem", "nothing");
    for (ULONG i = 0; i < count; i++)
        assert_int_equal(opm_client_start(&clients[i], outputs[i]), S_OK);
    CoTaskMemFree(outputs);
    end_all(clients);
}

/* Arrays, chains and outputs, also those of failures */
static void nothing_is_left(void) {
    assert_true(counting_begin());
    failures_hand_out_nothing();
    each_connector_is_an_output();
    LONG left = counting_blocks();
    assert_true(counting_end());
    assert_int_equal(left, 0);
}

static const struct rules_test cases[] = {
    {"without_a_chain_there_are_no_outputs", without_a_chain_there_are_no_outputs, "OPM-OUT-2 OPM-OUT-4 OPM-OUT-5"},
    {"failures_hand_out_nothing", failures_hand_out_nothing, "OPM-OUT-2 OPM-OUT-3 OPM-OUT-6"},
    {"each_connector_is_an_output", each_connector_is_an_output, "OPM-OUT-1"},
    {"a_target_is_one_output", a_target_is_one_output, "OPM-OUT-1"},
    {"the_chain_is_the_outputs", the_chain_is_the_outputs, "OPM-OUT-5"},
    {"nothing_is_left", nothing_is_left, ""},
};

/* An empty directory takes the place of the driver's. */
static BOOL make_directory(void) {
    char base[MAX_PATH];
    DWORD length = GetEnvironmentVariableA("COPP_DRIVER", given, sizeof given);
    if (length == 0 || length >= sizeof given || GetTempPathA(sizeof base - 64, base) == 0)
        return FALSE;
    (void)snprintf(directory, sizeof directory, "%scopp-outputs-%lu", base, GetCurrentProcessId());
    if (!CreateDirectoryA(directory, NULL))
        return FALSE;
    put_file("adapter.ini", description);
    return SetEnvironmentVariableA("COPP_DRIVER", directory) && SetEnvironmentVariableA("COPP_OUTPUT", "DP-1");
}

static void remove_directory(void) {
    char path[2 * MAX_PATH];
    for (size_t i = 0; i <= CREDENTIALS; i++) {
        (void)snprintf(path, sizeof path, "%s\\%s", directory, i < CREDENTIALS ? credentials[i] : "adapter.ini");
        (void)DeleteFileA(path);
    }
    (void)RemoveDirectoryA(directory);
}

int main(int argc, char **argv) {
    HMODULE dxva2 = argc == 2 ? LoadLibraryA(argv[1]) : NULL;
    if (dxva2) {
        outputs_from_monitor = (from_monitor)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputsFromHMONITOR");
        output_for_target = (for_target)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputForTarget");
    }
    if (!outputs_from_monitor || !output_for_target || FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED)) || !make_directory())
        return 2;
    int failed = rules_run("opm-outputs", cases, sizeof cases / sizeof cases[0]);
    remove_directory();
    CoUninitialize();
    return failed;
}
