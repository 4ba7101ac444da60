/* Base blocks as displays send them, without serial numbers. What they say is edid-decode's word. */
#ifndef COPP_TEST_EDIDS_H
#define COPP_TEST_EDIDS_H

/* Manufacturer: DEL, Model: 41083, Display Product Name: 'DELL U2412M' */
#define EDID_U2412M                                                                                                              \
    "00ffffffffffff0010ac7ba00000000035150104a53420783aee95a3544c9926"                                                           \
    "0f5054a1080081408180a940b300d1c0010101010101283c80a070b023403020"                                                           \
    "360006442100001a000000100000000000000000000000000000000000fc0044"                                                           \
    "454c4c2055323431324d0a20000000fd00323d1e5311000a20202020202000b3"
/* Manufacturer: BOE, Model: 2399; a panel, whose other texts are not names */
#define EDID_PANEL                                                                                                               \
    "00ffffffffffff0009e55f0900000000171d0104a51c137803de50a3544c9926"                                                           \
    "0f505400000001010101010101010101010101010101115cd01881e02d503020"                                                           \
    "36001dbe1000001aa749d01881e02d50302036001dbe1000001a000000fe0042"                                                           \
    "4f452043510a202020202020000000fe004e4531333546424d2d4e34310a00fb"
/* Manufacturer: SAM, Model: 30509, Display Product Name: 'Odyssey G93SD', which fills its descriptor */
#define EDID_ODYSSEY                                                                                                             \
    "00ffffffffffff004c2d2d77000000002a230104b57722783be095ae4e3abb25"                                                           \
    "0c505421080081c0810081809500a9c0b3000101010191e600a0f03896403020"                                                           \
    "3a00a9504100001a000000fd0c30f08b8bdd010a202020202020000000fc004f"                                                           \
    "6479737365792047393353440000001000000000000000000000000000000278"

#endif
