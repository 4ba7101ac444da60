/*
 * A Windows program that speaks OPM against libcopp's dxva2.dll: test_opm_client DXVA2.DLL SRM, where SRM is DCP's list of version 1
 * for HDCP 1 (OPM-SRM-9). The driver has chains for both semantics; its output is the simulator's HDMI-1. It links nothing of libcopp's.
 */
#include "com_server.h"
#include "opm_client.h"

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
#define ACP 2u
#define CGMSA 4u
#define OPM_HDCP 8u
#define DPCP 0x10u
#define ENFORCEMENT 0x20u
#define HDMI 5u
#define PCI_EXPRESS 3u
#define SRM_SIZE 48u

static const GUID get_connector = {0x81d0bfd5, 0x6afe, 0x48c2, {0x99, 0xc0, 0x95, 0xa0, 0x8f, 0x97, 0xc5, 0xda}};
static const GUID get_types = {0x38f2a801, 0x9a6c, 0x48bb, {0x91, 0x07, 0xb6, 0x69, 0x6e, 0x6f, 0x17, 0x97}};
static const GUID get_virtual = {0xb2075857, 0x3eda, 0x4d5d, {0x88, 0xdb, 0x74, 0x8f, 0x8c, 0x1a, 0x05, 0x49}};
static const GUID get_actual = {0x1957210a, 0x7766, 0x452a, {0xb9, 0x9a, 0xd2, 0x7a, 0xed, 0x54, 0xf0, 0x3a}};
static const GUID get_format = {0xd7bf1ba3, 0xad13, 0x4f8e, {0xaf, 0x98, 0x0d, 0xcb, 0x3c, 0xa2, 0x04, 0xcc}};
static const GUID get_bus = {0xc6f4d673, 0x6174, 0x4184, {0x8e, 0x35, 0xf6, 0xdb, 0x52, 0x00, 0xbc, 0xba}};
static const GUID get_srm_version = {0x99c5ceff, 0x5f1d, 0x4879, {0x81, 0xc1, 0xc5, 0x24, 0x43, 0xc9, 0x48, 0x2b}};
static const GUID get_output_id = {0x72cb6df3, 0x244f, 0x40ce, {0xb0, 0x9e, 0x20, 0x50, 0x6a, 0xf6, 0x30, 0x2f}};
static const GUID get_hardware = {0x3b129589, 0x2af8, 0x4ef0, {0x96, 0xa2, 0x70, 0x4a, 0x84, 0x5a, 0x21, 0x8e}};
static const GUID get_device = {0x0db59d74, 0xa992, 0x492e, {0xa0, 0xbd, 0xc2, 0x3f, 0xda, 0x56, 0x4e, 0x00}};
static const GUID get_signaling = {0x6629a591, 0x3b79, 0x4cf3, {0x92, 0x4a, 0x11, 0xe8, 0xe7, 0x81, 0x16, 0x71}};
static const GUID get_codec = {0x4f374491, 0x8f5f, 0x4445, {0x9d, 0xba, 0x95, 0x58, 0x8f, 0x6b, 0x58, 0xb4}};
static const GUID set_level = {0x9bb9327c, 0x4eb5, 0x4727, {0x9f, 0x00, 0xb4, 0x2b, 0x09, 0x19, 0xc0, 0xda}};
static const GUID set_srm = {0x8b5ef5d1, 0xc30d, 0x44ff, {0x84, 0xa5, 0xea, 0x71, 0xdc, 0xe7, 0x8f, 0x13}};

typedef HRESULT(WINAPI *from_monitor)(HMONITOR, OPM_VIDEO_OUTPUT_SEMANTICS, ULONG *, IOPMVideoOutput ***);
typedef HRESULT(WINAPI *for_target)(LUID *, ULONG, OPM_VIDEO_OUTPUT_SEMANTICS, IOPMVideoOutput **);

static HMODULE dxva2;
static BYTE srm[SRM_SIZE];

static IOPMVideoOutput *new_output(void) {
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    const POINT origin = {0, 0};
    from_monitor entry = (from_monitor)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputsFromHMONITOR");
    assert_non_null(entry);
    assert_int_equal(entry(MonitorFromPoint(origin, MONITOR_DEFAULTTOPRIMARY), OPM_VOS_OPM_SEMANTICS, &count, &outputs), S_OK);
    assert_int_equal(count, 1);
    IOPMVideoOutput *output = outputs[0];
    CoTaskMemFree(outputs);
    return output;
}

static void begin(struct opm_client *client) {
    assert_int_equal(opm_client_start(client, new_output()), S_OK);
}

static void end(struct opm_client *client) {
    assert_int_equal(IOPMVideoOutput_Release(client->output), 0);
    opm_client_close(client);
}

/* What a request is answered that tells of one number, at byte 20 of 32 (OPM-WIRE-6). */
static HRESULT word(struct opm_client *client, const GUID *id, const void *data, DWORD size, DWORD *value) {
    BYTE answer[32];
    HRESULT hr = opm_client_get(client, id, data, size, answer, sizeof answer);
    if (hr == S_OK)
        memcpy(value, answer + 20, sizeof *value);
    return hr;
}

static DWORD known_word(struct opm_client *client, const GUID *id) {
    DWORD value = 0;
    assert_int_equal(word(client, id, NULL, 0, &value), S_OK);
    return value;
}

/* The HRESULT of a level request, which is the same for both of them; where that is S_OK, the level is level. */
static HRESULT levels(struct opm_client *client, DWORD type, DWORD level) {
    DWORD held = 77;
    DWORD in_force = 77;
    HRESULT hr = word(client, &get_virtual, &type, sizeof type, &held);
    assert_int_equal(word(client, &get_actual, &type, sizeof type, &in_force), hr);
    assert_int_equal(held, hr == S_OK ? level : 77);
    assert_int_equal(in_force, hr == S_OK ? level : 77);
    return hr;
}

static HRESULT set(struct opm_client *client, DWORD type, DWORD level) {
    const DWORD data[4] = {type, level, 0, 0};
    return opm_client_configure(client, &set_level, data, sizeof data, NULL, 0);
}

/* --- what a client in the field was seen to do, in this order --- */

static void asks_all_it_knows(struct opm_client *client) {
    static const BYTE verifier[4056] = {4052 & 0xff, 4052 >> 8};
    BYTE answer[44];
    DWORD number;
    assert_int_equal(known_word(client, &get_connector), HDMI);
    assert_int_equal(known_word(client, &get_types), OPM_HDCP | ENFORCEMENT);
    assert_int_equal(word(client, &get_signaling, NULL, 0, &number), CODE(0x1C)); /* OPM-GET-5 */
    assert_int_equal(word(client, &get_device, NULL, 0, &number), CODE(0x1C));
    assert_int_equal(word(client, &get_srm_version, NULL, 0, &number), CODE(0x16)); /* OPM-GET-9 */
    assert_int_equal(known_word(client, &get_bus), PCI_EXPRESS);
    assert_int_equal(opm_client_get(client, &get_output_id, NULL, 0, answer, 28), S_OK); /* OPM-WIRE-8: packed */
    DWORD64 id;
    memcpy(&id, answer + 20, sizeof id);
    assert_true(id != 0);
    assert_int_equal(known_word(client, &get_hardware), 1);
    assert_int_equal(word(client, &get_codec, verifier, sizeof verifier, &number), CODE(0x1D));
    assert_int_equal(opm_client_get(client, &get_format, NULL, 0, answer, 44), S_OK);
    DWORD format[2];
    memcpy(format, answer + 20, sizeof format);
    assert_int_equal(format[0], 1920);
    assert_int_equal(format[1], 1080);
    assert_int_equal(levels(client, ACP, 0), CODE(0x14)); /* OPM-GET-6 */
    assert_int_equal(levels(client, CGMSA, 0), CODE(0x15));
    assert_int_equal(levels(client, OPM_HDCP, 0), S_OK);
    assert_int_equal(levels(client, DPCP, 0), CODE(0x1D)); /* OPM-ERR-2 */
}

static void does_what_was_seen(void **state) {
    (void)state;
    const DWORD version = 1;
    struct opm_client first;
    struct opm_client second;
    begin(&first);
    asks_all_it_knows(&first);
    begin(&second); /* and the first output is still there: that client releases none */
    assert_int_equal(known_word(&second, &get_types), OPM_HDCP | ENFORCEMENT);
    assert_int_equal(opm_client_configure(&second, &set_srm, &version, sizeof version, srm, sizeof srm), S_OK);
    assert_int_equal(set(&second, OPM_HDCP, 1), S_OK);
    assert_int_equal(levels(&second, OPM_HDCP, 1), S_OK);
    assert_int_equal(known_word(&second, &get_srm_version), 1);
    end(&second);
    assert_int_equal(levels(&first, OPM_HDCP, 0), S_OK); /* EVT-5 */
    end(&first);
}

/* --- what a sandbox lets through: these requests and no others, with these sizes to the letter --- */

static void works_in_a_sandbox(void **state) {
    (void)state;
    struct opm_client client;
    begin(&client);
    assert_int_equal(known_word(&client, &get_connector), HDMI);
    assert_int_equal(known_word(&client, &get_types), OPM_HDCP | ENFORCEMENT);
    assert_int_equal(levels(&client, OPM_HDCP, 0), S_OK);
    assert_int_equal(set(&client, OPM_HDCP, 1), S_OK);
    assert_int_equal(levels(&client, OPM_HDCP, 1), S_OK);
    assert_int_equal(set(&client, OPM_HDCP, 1), S_OK); /* OPM-SET-5 */
    assert_int_equal(set(&client, DPCP, 1), CODE(0x21)); /* OPM-ERR-2 */
    assert_int_equal(set(&client, DPCP, 0), CODE(0x21));
    assert_int_equal(set(&client, OPM_HDCP, 0), S_OK);
    assert_int_equal(levels(&client, OPM_HDCP, 0), S_OK);
    end(&client);
}

/* --- outputs --- */

static void outputs_of_opm(void **state) {
    (void)state;
    IOPMVideoOutput **outputs = (IOPMVideoOutput **)&dxva2;
    IOPMVideoOutput *output = (IOPMVideoOutput *)(void *)&dxva2;
    const POINT origin = {0, 0};
    LUID adapter = {1, 2};
    ULONG count = 7;
    from_monitor entry = (from_monitor)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputsFromHMONITOR");
    for_target target = (for_target)(void *)GetProcAddress(dxva2, "OPMGetVideoOutputForTarget");
    assert_non_null(entry);
    assert_non_null(target);
    HMONITOR monitor = MonitorFromPoint(origin, MONITOR_DEFAULTTOPRIMARY);
    for (int vos = 2; vos < 5; vos++) { /* OPM-OUT-3 */
        count = 7;
        outputs = (IOPMVideoOutput **)&dxva2;
        assert_int_equal(entry(monitor, (OPM_VIDEO_OUTPUT_SEMANTICS)vos, &count, &outputs), E_INVALIDARG);
        assert_int_equal(count, 0);
        assert_null(outputs);
    }
    assert_int_equal(target(&adapter, 3, OPM_VOS_OPM_SEMANTICS, &output), S_OK);
    struct opm_client client;
    assert_int_equal(opm_client_start(&client, output), S_OK);
    assert_int_equal(known_word(&client, &get_connector), HDMI);
    end(&client);
}

/* Clients in the field take the leaf by its place: it is issued first, and so crypt32 enumerates it last. */
static void the_leaf_is_found_by_its_place(void **state) {
    (void)state;
    struct opm_leaf by_names = {.exponent = 0};
    struct opm_leaf by_place = {.exponent = 1};
    OPM_RANDOM_NUMBER random;
    BYTE *chain_bytes = NULL;
    ULONG size = 0;
    IOPMVideoOutput *output = new_output();
    assert_int_equal(IOPMVideoOutput_StartInitialization(output, &random, &chain_bytes, &size), S_OK);
    assert_true(opm_read_chain(chain_bytes, size, OPM_LEAF_BY_NAMES, &by_names));
    assert_true(opm_read_chain(chain_bytes, size, OPM_LEAF_BY_PLACE, &by_place));
    assert_memory_equal(&by_names, &by_place, sizeof by_names);
    chain_bytes[size - 1] ^= 1; /* and the client's own checks can fail */
    chain_bytes[size / 2] ^= 1;
    assert_false(opm_read_chain(chain_bytes, size, OPM_LEAF_BY_NAMES, &by_names));
    CoTaskMemFree(chain_bytes);
    assert_int_equal(IOPMVideoOutput_Release(output), 0);
}

/* --- refusals --- */

static void calls_out_of_order(void **state) {
    (void)state;
    static OPM_GET_INFO_PARAMETERS request;
    static OPM_CONFIGURE_PARAMETERS command;
    static OPM_REQUESTED_INFORMATION information;
    OPM_ENCRYPTED_INITIALIZATION_PARAMETERS sealed;
    OPM_RANDOM_NUMBER random;
    struct opm_client client;
    struct opm_leaf leaf;
    BYTE *chain_bytes = (BYTE *)&random;
    ULONG size = 7;
    IOPMVideoOutput *output = new_output();
    memset(&sealed, 0, sizeof sealed);
    assert_int_equal(IOPMVideoOutput_GetInformation(output, &request, &information), CODE(0x1D));
    assert_int_equal(IOPMVideoOutput_Configure(output, &command, 0, NULL), CODE(0x21));
    assert_int_equal(IOPMVideoOutput_FinishInitialization(output, &sealed), CODE(0x03)); /* OPM-INI-9 */
    assert_int_equal(opm_client_begin(&client, output, &leaf), S_OK);
    assert_int_equal(IOPMVideoOutput_StartInitialization(output, &random, &chain_bytes, &size), E_UNEXPECTED); /* OPM-INI-1 */
    assert_null(chain_bytes);
    assert_int_equal(size, 0);
    assert_true(opm_client_seal(&client, &leaf, sealed.abEncryptedInitializationParameters));
    assert_int_equal(IOPMVideoOutput_FinishInitialization(output, &sealed), S_OK);
    assert_int_equal(IOPMVideoOutput_FinishInitialization(output, &sealed), CODE(0x03)); /* OPM-INI-9 */
    assert_int_equal(known_word(&client, &get_connector), HDMI);
    end(&client);
}

/* OPM-INI-5, OPM-INI-8: COPP's order of bytes is a wrong guess, after which the right one comes too late. */
static void one_guess(void **state) {
    (void)state;
    OPM_ENCRYPTED_INITIALIZATION_PARAMETERS sealed;
    OPM_ENCRYPTED_INITIALIZATION_PARAMETERS reversed;
    struct opm_client client;
    struct opm_leaf leaf;
    assert_int_equal(opm_client_begin(&client, new_output(), &leaf), S_OK);
    assert_true(opm_client_seal(&client, &leaf, sealed.abEncryptedInitializationParameters));
    for (size_t i = 0; i < sizeof sealed; i++)
        ((BYTE *)&reversed)[i] = ((const BYTE *)&sealed)[sizeof sealed - 1 - i];
    ((BYTE *)&reversed)[0] = 0; /* below the modulus */
    assert_int_equal(IOPMVideoOutput_FinishInitialization(client.output, &reversed), CODE(0x03));
    assert_int_equal(IOPMVideoOutput_FinishInitialization(client.output, &sealed), CODE(0x03));
    end(&client);
}

static void null_pointers_come_first(void **state) {
    (void)state;
    static OPM_GET_INFO_PARAMETERS request;
    static OPM_CONFIGURE_PARAMETERS command;
    static OPM_REQUESTED_INFORMATION information;
    IOPMVideoOutput *output = new_output();
    assert_int_equal(IOPMVideoOutput_StartInitialization(output, NULL, NULL, NULL), E_POINTER);
    assert_int_equal(IOPMVideoOutput_FinishInitialization(output, NULL), E_POINTER);
    assert_int_equal(IOPMVideoOutput_GetInformation(output, NULL, &information), E_POINTER);
    assert_int_equal(IOPMVideoOutput_GetInformation(output, &request, NULL), E_POINTER);
    assert_int_equal(IOPMVideoOutput_COPPCompatibleGetInformation(output, NULL, &information), E_POINTER);
    assert_int_equal(IOPMVideoOutput_Configure(output, NULL, 0, NULL), E_POINTER);
    assert_int_equal(IOPMVideoOutput_Configure(output, &command, 1, NULL), E_POINTER); /* OPM-SET-3 */
    assert_int_equal(IOPMVideoOutput_Release(output), 0);
}

/* OPM-GET-1..3: what is refused writes nothing and moves no number on. Request and answer may share memory. */
static void wrong_requests(void **state) {
    (void)state;
    static union {
        OPM_GET_INFO_PARAMETERS request;
        OPM_REQUESTED_INFORMATION answer;
    } shared, before;
    BYTE tag[16];
    DWORD size = 0;
    struct opm_client client;
    begin(&client);
    assert_int_equal(IOPMVideoOutput_COPPCompatibleGetInformation(
                         client.output, (const OPM_COPP_COMPATIBLE_GET_INFO_PARAMETERS *)(const void *)&shared, &shared.answer),
                     CODE(0x1C));
    assert_true(opm_client_request(&client, &get_connector, NULL, 0, &shared.request));
    shared.request.abParameters[4055] ^= 1; /* the OMAC covers all of it */
    before = shared;
    assert_int_equal(IOPMVideoOutput_GetInformation(client.output, &shared.request, &shared.answer), CODE(0x1D));
    assert_memory_equal(&shared, &before, sizeof shared);
    client.status_sequence++;
    assert_true(opm_client_request(&client, &get_connector, NULL, 0, &shared.request));
    client.status_sequence--;
    assert_int_equal(IOPMVideoOutput_GetInformation(client.output, &shared.request, &shared.answer), CODE(0x1D));
    assert_int_equal(word(&client, &get_connector, &size, sizeof size, &size), CODE(0x1D)); /* OPM-GET-2: the exact size */
    assert_int_equal(word(&client, &set_level, NULL, 0, &size), CODE(0x1D));
    assert_true(opm_client_request(&client, &get_connector, NULL, 0, &shared.request));
    assert_int_equal(IOPMVideoOutput_GetInformation(client.output, &shared.request, &shared.answer), S_OK);
    assert_true(opm_client_omac(&client, (const BYTE *)&shared + 16, 4080, tag));
    assert_memory_equal(tag, &shared, 16);
    client.status_sequence++;
    assert_int_equal(known_word(&client, &get_connector), HDMI);
    end(&client);
}

static void wrong_commands(void **state) {
    (void)state;
    static OPM_CONFIGURE_PARAMETERS command;
    const DWORD on[4] = {OPM_HDCP, 1, 0, 0};
    struct opm_client client;
    begin(&client);
    assert_true(opm_client_command(&client, &set_level, on, sizeof on, &command));
    command.abParameters[4055] ^= 1;
    assert_int_equal(IOPMVideoOutput_Configure(client.output, &command, 0, NULL), CODE(0x21));
    client.command_sequence++;
    assert_int_equal(set(&client, OPM_HDCP, 1), CODE(0x21));
    client.command_sequence--;
    assert_int_equal(set(&client, HDCP, 1), CODE(0x1C)); /* OPM-SET-4: COPP's */
    assert_int_equal(set(&client, OPM_HDCP | ENFORCEMENT, 1), CODE(0x21));
    assert_int_equal(set(&client, OPM_HDCP, 2), CODE(0x21));
    assert_int_equal(opm_client_configure(&client, &get_connector, on, sizeof on, NULL, 0), CODE(0x21));
    assert_int_equal(opm_client_configure(&client, &set_level, on, sizeof on, on, 1), CODE(0x21)); /* OPM-SET-3 */
    assert_int_equal(levels(&client, OPM_HDCP, 0), S_OK);
    assert_int_equal(opm_client_configure(&client, &set_level, on, sizeof on, on, 0), S_OK); /* a pointer to nothing */
    assert_int_equal(levels(&client, OPM_HDCP, 1), S_OK);
    end(&client);
}

/* --- additional parameters --- */

/* The list lies across two pages, of which one alone can be read at a time: how often that has changed tells how often
 * it was read through. */
#define PAGE 4096u
#define CHANGES_MAX 50u
static struct {
    BYTE *pages;
    unsigned changes;
} torn;

static LONG CALLBACK on_page(EXCEPTION_POINTERS *fault) {
    const EXCEPTION_RECORD *record = fault->ExceptionRecord;
    DWORD old;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION || record->NumberParameters < 2)
        return EXCEPTION_CONTINUE_SEARCH;
    UINT_PTR at = record->ExceptionInformation[1] - (UINT_PTR)torn.pages;
    if (at >= 2 * PAGE)
        return EXCEPTION_CONTINUE_SEARCH;
    torn.changes++;
    BOOL both = torn.changes > CHANGES_MAX; /* a read of both at once would never end */
    (void)VirtualProtect(torn.pages + (at < PAGE ? 0 : PAGE), PAGE, PAGE_READWRITE, &old);
    if (!both)
        (void)VirtualProtect(torn.pages + (at < PAGE ? PAGE : 0), PAGE, PAGE_NOACCESS, &old);
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* How often the pages had to change while the list was read that begins so many bytes before the second one. */
static unsigned changes_for(struct opm_client *client, size_t before) {
    const DWORD version = 1;
    DWORD old;
    BYTE *list = torn.pages + PAGE - before;
    torn.changes = 0;
    assert_true(VirtualProtect(torn.pages, 2 * PAGE, PAGE_READWRITE, &old));
    memcpy(list, srm, sizeof srm);
    assert_true(VirtualProtect(torn.pages, 2 * PAGE, PAGE_NOACCESS, &old));
    assert_int_equal(opm_client_configure(client, &set_srm, &version, sizeof version, list, sizeof srm), S_OK);
    return torn.changes;
}

/* OPM-SET-3: it is copied, once, before it is judged: nobody can change it in between. Where the copy reads 16 bytes at a time, as the C
 * library may, a place is needed where none of these reads is of both pages. */
static void a_list_is_read_once(void **state) {
    (void)state;
    unsigned told = 0;
    struct opm_client client;
    begin(&client);
    torn.pages = VirtualAlloc(NULL, 2 * PAGE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    assert_non_null(torn.pages);
    void *handler = AddVectoredExceptionHandler(1, on_page);
    assert_non_null(handler);
    for (size_t before = 16; before < 32; before++) {
        unsigned changes = changes_for(&client, before);
        if (changes > CHANGES_MAX)
            continue;
        assert_in_range(changes, 2, 3); /* forwards or backwards, or the end first; a second time through would be two more */
        told++;
    }
    assert_true(told > 0);
    assert_true(RemoveVectoredExceptionHandler(handler));
    assert_true(VirtualFree(torn.pages, 0, MEM_RELEASE));
    end(&client);
}

/* OPM-SET-3: more than 64 KiB are judged by their size alone, without a look at them. */
static void large_lists_are_not_read(void **state) {
    (void)state;
    const DWORD version = 1;
    struct opm_client client;
    begin(&client);
    BYTE *unreadable = VirtualAlloc(NULL, 0x20000, MEM_COMMIT | MEM_RESERVE, PAGE_NOACCESS);
    assert_non_null(unreadable);
    assert_int_equal(opm_client_configure(&client, &set_srm, &version, sizeof version, unreadable, 0x10001), CODE(0x12));
    assert_int_equal(opm_client_configure(&client, &set_srm, &version, sizeof version, unreadable, 0xffffffff), CODE(0x12));
    assert_true(VirtualFree(unreadable, 0, MEM_RELEASE));
    assert_int_equal(levels(&client, OPM_HDCP, 0), S_OK);
    end(&client);
}

/* OPM-SRM-1, OPM-SRM-2: what is not DCP's, or not of the version that the command names */
static void wrong_lists(void **state) {
    (void)state;
    const DWORD version = 1;
    const DWORD other = 2;
    DWORD number;
    BYTE bad[SRM_SIZE];
    struct opm_client client;
    begin(&client);
    memcpy(bad, srm, sizeof bad);
    bad[SRM_SIZE - 1] ^= 1;
    assert_int_equal(opm_client_configure(&client, &set_srm, &version, sizeof version, bad, sizeof bad), CODE(0x12));
    assert_int_equal(opm_client_configure(&client, &set_srm, &other, sizeof other, srm, sizeof srm), CODE(0x12));
    assert_int_equal(opm_client_configure(&client, &set_srm, &version, sizeof version, NULL, 0), CODE(0x12));
    assert_int_equal(word(&client, &get_srm_version, NULL, 0, &number), CODE(0x16));
    assert_int_equal(opm_client_configure(&client, &set_srm, &version, sizeof version, srm, sizeof srm), S_OK);
    assert_int_equal(known_word(&client, &get_srm_version), 1);
    end(&client);
}

/* The counting allocator over what OPM hands out: arrays, chains and outputs */
static void nothing_is_left(void **state) {
    assert_true(counting_begin());
    does_what_was_seen(state);
    outputs_of_opm(state);
    one_guess(state);
    wrong_lists(state);
    LONG left = counting_blocks();
    assert_true(counting_end());
    assert_int_equal(left, 0);
}

static BOOL read_srm(const char *path) {
    FILE *file = fopen(path, "rb");
    BOOL whole = file && fread(srm, 1, sizeof srm, file) == sizeof srm && fgetc(file) == EOF;
    if (file)
        (void)fclose(file);
    return whole;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_what_was_seen),       cmocka_unit_test(works_in_a_sandbox),
        cmocka_unit_test(outputs_of_opm),           cmocka_unit_test(the_leaf_is_found_by_its_place),
        cmocka_unit_test(calls_out_of_order),       cmocka_unit_test(one_guess),
        cmocka_unit_test(null_pointers_come_first), cmocka_unit_test(wrong_requests),
        cmocka_unit_test(wrong_commands),           cmocka_unit_test(a_list_is_read_once),
        cmocka_unit_test(large_lists_are_not_read), cmocka_unit_test(wrong_lists),
        cmocka_unit_test(nothing_is_left),
    };
    dxva2 = argc == 3 ? LoadLibraryA(argv[1]) : NULL;
    if (!dxva2 || !GetProcAddress(dxva2, "OPMGetVideoOutputForTarget") || !read_srm(argv[2]))
        return 2;
    if (FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED)))
        return 2;
    int failed = cmocka_run_group_tests_name("opm-client", tests, NULL, NULL);
    CoUninitialize();
    return failed;
}
