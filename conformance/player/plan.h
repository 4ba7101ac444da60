/* What the driver of a player's case does wrong, and what a player has to make of it. */
#ifndef COPP_CONFORMANCE_PLAN_H
#define COPP_CONFORMANCE_PLAN_H

#include "conformance/case.h"
#include "packets.h"

#define PLAN_OUTPUT PACKETS_PLAYER_OUTPUT
#define PLAN_LIMIT_MS 2000u /* APP-3 */

/* Requests that something is wrong with: an OR. */
#define ON_KEY_EXCHANGE 0x001u
#define ON_SEQUENCE_START 0x002u
#define ON_SET 0x004u /* a protection level above 0 */
#define ON_LOCAL 0x008u
#define ON_GLOBAL 0x010u
#define ON_RECEIVER 0x020u /* QueryHDCPKeyData */
#define ON_CONNECTOR 0x040u
#define ON_TYPES 0x080u
#define ON_OTHER 0x100u /* all other queries */
#define ON_SRM_VERSION 0x200u
#define ON_LEVELS (ON_LOCAL | ON_GLOBAL)
#define ON_QUERIES (ON_LEVELS | ON_RECEIVER | ON_CONNECTOR | ON_TYPES | ON_OTHER | ON_SRM_VERSION)

enum wrong_kind {
    WRONG_NOTHING = 0,
    WRONG_EDIT, /* bytes of an answer are changed */
    WRONG_REPLAY, /* the answer to the same question before is sent once more */
    WRONG_QUESTION, /* another question is answered: the global level in place of the local one, and the other way round */
    WRONG_STATUS, /* the request is not carried out, and value answered */
    WRONG_DONE_STATUS, /* it is carried out, and value answered */
    WRONG_SWALLOW, /* a command is not carried out, and S_OK answered */
    WRONG_SIZE, /* the answer's body has value bytes */
    WRONG_TYPE, /* the packet has the type value */
    WRONG_VERSION, /* the packet has the version value */
    WRONG_SILENCE, /* nothing is answered any more */
    WRONG_LATE, /* the answer comes value milliseconds later */
    WRONG_CLOSE, /* the connection is closed in place of an answer */
    WRONG_DISCONNECT, /* a disconnect packet with the reason value comes, and the end of the connection */
    WRONG_EVENT, /* something happens to the output */
    WRONG_WAKES /* wake-ups come without a reason, and nothing else is wrong */
};

enum edit_kind {
    EDIT_XOR = 0, /* value is XORed to each byte */
    EDIT_WORD, /* the word becomes value */
    EDIT_ZERO,
    EDIT_KEY /* the MAC is one under another key */
};

struct player_wrong {
    enum wrong_kind kind;
    bool playing; /* it begins when the player plays; else with its first request */
    bool once;
    unsigned on;
    uint32_t value;
    const char *event; /* as docs/simulator.md has them */
    enum edit_kind edit;
    uint16_t offset; /* in the answer */
    uint16_t size;
    bool sealed; /* the answer's MAC is made anew */
};

/* Which chain the driver shows. */
enum plan_chain {
    CHAIN_GOOD = 0,
    /* COPP's */
    CHAIN_EMPTY,
    CHAIN_TRUNCATED,
    CHAIN_DOCTYPE,
    CHAIN_NOT_UTF8,
    CHAIN_ENCODING,
    CHAIN_VERSION,
    CHAIN_TWO,
    CHAIN_FOUR,
    CHAIN_TWO_KEYINFO,
    CHAIN_LEAF_1024,
    CHAIN_EXPONENT,
    CHAIN_NO_ENCRYPT_KEY,
    CHAIN_NO_FEATURE,
    CHAIN_IHV_MAY_NOT_SIGN,
    CHAIN_OTHER_SIGNER,
    CHAIN_DIGEST,
    CHAIN_LEAF_SIGNATURE,
    CHAIN_IHV_SIGNATURE,
    CHAIN_ROOT_SIGNATURE,
    CHAIN_FORGED_KEYINFO,
    CHAIN_OTHER_ROOT,
    CHAIN_MISSING,
    CHAIN_COPP_COUNT,
    /* OPM's */
    CHAIN_OPM_TRUNCATED = CHAIN_COPP_COUNT,
    CHAIN_OPM_TRAILING,
    CHAIN_OPM_ONE,
    CHAIN_OPM_SAME_SUBJECT,
    CHAIN_OPM_TWO_LEAVES,
    CHAIN_OPM_LEAF_SIGNATURE,
    CHAIN_OPM_CA_SIGNATURE,
    CHAIN_OPM_OTHER_ROOT,
    CHAIN_OPM_NO_ROOT,
    CHAIN_OPM_CUT,
    CHAIN_OPM_LEAF_1024,
    CHAIN_OPM_TWO_HASHES,
    CHAIN_OPM_PURPOSE_CRL,
    CHAIN_OPM_PURPOSE_PE,
    CHAIN_OF_OTHER_KIND, /* of either: COPP's XML from a driver of OPM, and the other way round */
    CHAIN_COUNT
};

/* What the player finds in its state directory. */
enum plan_list {
    LIST_NONE = 0,
    LIST_EMPTY, /* a revocation list that revokes somebody else */
    LIST_LEAF,
    LIST_IHV,
    LIST_TRUNCATED,
    LIST_SIGNATURE,
    LIST_OTHER_ROOT,
    LIST_SRM, /* a renewability message, facsimile key */
    LIST_SRM_TRUNCATED,
    LIST_SRM_SIGNATURE
};

/* What is right. */
enum plan_expect {
    EXPECT_PLAY, /* it plays, and asks for the levels at least every 2 seconds */
    EXPECT_REQUESTS, /* the same, and every request is as the rules want it */
    EXPECT_FRESH, /* the same, and no random number comes twice */
    EXPECT_SECRETS, /* started twice, it chooses other secrets */
    EXPECT_NO_START, /* it does not send SessionSequenceStart, and shows nothing */
    EXPECT_NOTHING, /* it shows nothing, and gives up or waits */
    EXPECT_NO_HDCP, /* it does not ask for HDCP */
    EXPECT_STOP, /* it hides its content within 2 seconds, or gives the session up */
    EXPECT_CHECK_AGAIN, /* it does not begin the next session */
    EXPECT_SET_AGAIN /* it sets the level again, or gives the session up */
};

struct player_plan {
    struct player_wrong wrong;
    enum plan_chain chain;
    enum plan_chain later_chain; /* to sessions that begin after something was wrong */
    enum plan_list list;
    const char *output; /* more lines of the output's description (docs/simulator.md); NULL: type and protections are the usual */
    enum plan_expect expect;
    bool over; /* the session is over then: no level above 0 is asked for any more */
    bool optional; /* a player that never asks what something is wrong with has no part in the case: not supported */
};

#endif
