/* What the first byte of an input of fuzz_x509 says of the rest; seeds.c writes them. */
#ifndef COPP_FUZZ_X509_OPS_H
#define COPP_FUZZ_X509_OPS_H

enum {
    X509_EDIT = 'E', /* places and bytes, in pairs of 3: to be put into a good chain */
    X509_COMPOSE = 'C', /* certificates of the pool, by number, in a container made for them */
    X509_EXTENSIONS = 'X', /* contents of [3] */
    X509_PURPOSE = 'P', /* text */
    X509_ANCHOR = 'A' /* a certificate, DER or PEM; anything else is a chain */
};

#endif
