#pragma once
/*
 * The built-in decoders (wardwatch/decoder.h): their table, the state that they keep in one struct decode, and the
 * writer that makes a document of what they read.
 */
#include "base/buf.h"
#include "decode/document.h"
#include <wardwatch/decoder.h>

/* name in C, name in `format:`, help: one row each; format.c makes the rows of its table of them */
#define DECODERS(X)                                                                                                    \
        X(sparkplug, "sparkplug",                                                                                      \
          "Sparkplug B (protobuf): births, data, deaths; aliases, numbering and rebirth are taken care of")            \
        X(contact_id, "contact-id", "one Contact ID report: `[SSSS 18QEEEGGZZZC]`, or the message part of ADM-CID")    \
        X(sia_dc09, "sia-dc09", "a line of an alarm receiver, SIA DC-09 with SIA-DCS, ADM-CID or NULL in it")

#define DECODERS_EXTERN(symbol, name, help) extern const struct decoder decoder_##symbol;
DECODERS(DECODERS_EXTERN)
#undef DECODERS_EXTERN

/* `userdata` as of decoders_new; 0 or -errno, which ends the message */
typedef int (*decoders_publish)(void *userdata, struct ww_str topic, struct ww_str payload);

struct decoders; /* the states */

int decoders_new(struct decoders **ret);
struct decoders *decoders_free(struct decoders *d);
/** Reads `message` into `doc`, in the message's arena. 0, -EBADMSG (doc->error), -errno. */
int decoders_read(struct decoders *d, const struct decoder *decoder, const struct decoder_message *message,
                  struct document *doc, decoders_publish publish, void *userdata);
int decoders_save(const struct decoders *d, struct buf *out);
int decoders_load(struct decoders *d, struct rd *in); /* into new ones; 0, -EBADMSG, -ENOMEM */
uint64_t decoders_forgotten(const struct decoders *d);

/* decoder_out.c. In the document's arena; NULL without memory. */
struct decoder_out *decoder_out_new(struct document *doc, decoders_publish publish, void *userdata);
/** What came of it, `r` being the decoder's word: 0, -EBADMSG (doc->error), -errno. */
int decoder_out_finish(struct decoder_out *out, int r);
