/* What the tests of copp.dll share: the server, objects of its class, short forms of what a client does, and counting. */
#ifndef COM_SERVER_H
#define COM_SERVER_H

#include "cryptoapi_client.h"

#define HDCP 1u

extern const GUID protection_class;
extern const GUID set_protection_level;
extern const GUID query_connector_type;
extern const GUID query_local_level;
extern const GUID query_global_level;

/* Loads the server, or uses the registered one if path is "--registered". False, said why, if it cannot be loaded. */
BOOL server_open(const char *path);
BOOL server_is_registered(void);

IClassFactory *class_factory(void);
IAMCertifiedOutputProtection *new_driver(void);

/* Nothing of the server's may be left. */
void assert_all_released(void);

HRESULT set_hdcp(struct client *client, DWORD level);
DWORD status_data(const AMCOPPStatusOutput *answer);

/* HDCP's level as one of the two queries has it; (DWORD)-1 if the driver does not answer S_OK. */
DWORD level_of(struct client *client, const GUID *query);

/* Blocks of COM's allocator that are in use since counting began, which must not be while any is. */
BOOL counting_begin(void);
LONG counting_blocks(void);
BOOL counting_end(void);

/* Blocks in use on the C library's heap, where the server's objects and devices live. */
size_t heap_blocks(void);

#endif
