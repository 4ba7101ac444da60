/* Chains to take apart: the good one of tests/vectors, edited as text and signed again with the keys it was made with. */
#ifndef COPP_TEST_CHAIN_KIT_H
#define COPP_TEST_CHAIN_KIT_H

#include "harness.h"

#define LEAF 0
#define IHV 1
#define ROOT 2
#define WHOLE (-1) /* the document, where a certificate is asked for; in a verdict: none in particular */

/* A document being edited. */
struct document {
    char *text; /* NUL-terminated; may hold NULs of its own */
    size_t size;
};

struct document good_chain(void);
struct document document_from(const char *text, size_t size);
void document_free(struct document *document);

/* Replaces the nth (from 0) occurrence of from in that certificate, or in the whole document. Fails the test
 * if it does not occur. */
void edit(struct document *document, int certificate, unsigned nth, const char *from, const char *to);
void edit_all(struct document *document, const char *from, const char *to);
/* Renames an element: for the rules it is then missing. */
void rename_element(struct document *document, int certificate, unsigned nth, const char *name, const char *new_name);
/* Computes every DigestValue and SignatureValue anew, over Data as it is now. */
void sign_again(struct document *document);
/* The same for one certificate, with any key. */
void sign_certificate(struct document *document, int certificate, struct copp_private_key *signer);

/* Validates against the vectors' anchor: rule COPP_RULE_NONE means valid. */
void expect(const struct document *document, enum copp_rule rule, int certificate);
/* The same, and frees the document. what is printed if it fails. */
void expect_then_free(struct document *document, enum copp_rule rule, int certificate, const char *what);

/* The keys of good_chain by certificate that they sign: ihv.pem, root.pem, root.pem. */
struct copp_private_key *signer_of(int certificate);

#endif
