/* How the tables of cases are written. */
#ifndef COPP_CONFORMANCE_PLAYER_CASES_H
#define COPP_CONFORMANCE_PLAYER_CASES_H

#include "player.h"

#define USING_COPP "DirectShow, Using Certified Output Protection Protocol"
#define CHAIN_PAGE "DirectShow, COPP certificate validation"
#define LIST_PAGE "DirectShow, COPP certificate revocation list"
#define USING_OPM "OPM, Using Output Protection Manager"
#define OPM_CHAIN_PAGE "OPM, the driver's certificate chain"
#define OURS "libcopp, protocol.md: BIND"

/* What is right, in most cases. */
#define NO_START "the player does not send SessionSequenceStart, and shows nothing"
#define NO_FINISH "the player does not send FinishInitialization, and shows nothing"
#define NOTHING "the player shows nothing, and gives the session up"
#define STOPS "within 2 seconds the player hides its content, or gives the session up"
#define STOPS_FOR_GOOD STOPS "; it needs a new session"
#define SETS_AGAIN "within 2 seconds the player sets its level again, or gives the session up"
#define PLAYS "the player plays, and asks for the level at least every 2 seconds"
#define PLAYS_OPM "the player plays, and asks for virtual and actual level at least every 2 seconds"
#define CHAIN_SENT "KeyExchange is answered with a chain in which this alone is wrong"
#define CHAIN_SENT_OPM "StartInitialization is answered with a chain in which this alone is wrong"
#define LIST_SENT "a right chain; the list is in the player's state directory"

/* The end of a case's row. */
#define ROW(semantics, ...)                                                                                                      \
    0, false, COPP_SEMANTICS_##semantics, player_run, &(const struct player_plan) {                                              \
        __VA_ARGS__                                                                                                              \
    }

/* Plans. The bytes from offset on, size of them, are changed. */
#define EDIT(requests, at, bytes, ...)                                                                                           \
    .wrong = {.kind = WRONG_EDIT, .on = (requests), .offset = (at), .size = (bytes), __VA_ARGS__}
#define WRONG(what, requests, ...) .wrong = {.kind = WRONG_##what, .on = (requests), __VA_ARGS__}
#define HAPPENS(what) .wrong = {.kind = WRONG_EVENT, .playing = true, .event = (what)}
#define WORD(number) .edit = EDIT_WORD, .value = (number), .sealed = true
#define PLAYING .playing = true
#define ONCE .once = true
#define MUST(what) .expect = EXPECT_##what
#define OUTPUT_OF(more) .output = "type = hdmi\nprotections = hdcp\nmodes = 1080p60 720p60\nksv = b70361f714\nopm = type1\n" more

#endif
