#include "command/case_proof.h"

#include "command/export_pick.h"
#include "report/casefile_zip.h"
#include "wardwatch-build.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define VERIFIER "verify/verify.py"

static const char readme[] =
        "What is in this folder\n"
        "\n"
        "  record.export  the rows of the record from which this bundle was made, byte by byte, and what proves them\n"
        "  verify.py      a program that checks them; it needs Python 3.8 or later, and no network\n"
        "\n"
        "To check, unpack the archive and say in its folder:\n"
        "\n"
        "  python3 proof/verify.py --key KEY --bundle . proof/record.export\n"
        "\n"
        "KEY is the public key of the hospital's Wardwatch: 64 letters and digits. Ask for it by another way than the\n"
        "one by which this archive came. Without --key the program names the key that has signed. `wardwatch verify\n"
        "--export` checks the same, and whoever trusts neither can write a third one: schema/README.md of Wardwatch,\n"
        "\"Proof\", says how everything is computed.\n"
        "\n"
        "WHOLE says: each row of record.export is as it was when it was stored, and the files in messages/ and rules/\n"
        "are what these rows hold, byte for byte. Each row belongs to a chain, and the chain's end was signed soon\n"
        "after by a key that is not in the database. To change a row unseen one must have that key.\n"
        "\n"
        "The proven file is record.export. index.html and csv/ were made from the same rows, to be read; if they are\n"
        "in doubt, hold them against it. That they have not changed since the archive was made, SHA256SUMS tells.\n"
        "\n"
        "What it does not show: that a device said the truth; that nobody else governed the machine when the rows "
        "were\n"
        "written; that the bundle holds all rows that belong to the incident - it shows that those in it are genuine.\n"
        "Times are those of the machine's clock.\n";

static int add_readme(struct casefile_zip *zip) {
        return casefile_zip_add(zip, "proof/README.txt", ww_str(readme));
}

/* --- the verifier --- */

static int file_read(const char *path, struct buf *out) {
        FILE *file = fopen(path, "re");
        char chunk[4096];
        size_t n;
        int e = 0;

        if (!file)
                return -errno;
        while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
                buf_put(out, chunk, n);
        if (ferror(file))
                e = -EIO;
        (void)fclose(file);
        return e ? e : out->error;
}

/* As the schema: of the installation, or of the source that it was built from. */
static int add_verifier(struct casefile_zip *zip) {
        static const char *const places[] = { WARDWATCH_DATADIR "/" VERIFIER, WARDWATCH_SOURCE_VERIFIER };
        _cleanup_buf_ struct buf text = BUF_INIT;
        int e = -ENOENT;

        for (size_t i = 0; i < sizeof places / sizeof *places && e == -ENOENT; i++)
                e = file_read(places[i], &text);
        if (e) {
                (void)fprintf(stderr, "wardwatch case: %s: %s\n  help: it belongs to the installation\n", places[0],
                              strerror(-e));
                return e == -ENOMEM ? e : CASEFILE_E_PROOF;
        }
        return casefile_zip_add(zip, "proof/verify.py", buf_str(&text));
}

/* --- the export --- */

static void tell_page(const struct export_result *r, struct buf *told) {
        buf_puts(told,
                 "<p>What is told here can be proved: <code>proof/README.txt</code> says how to check that the rows of "
                 "the record, the messages and the rules of this bundle are as they were stored, and what that "
                 "does not show.");
        if (r->findings > 0)
                buf_printf(told,
                           " <strong>When this bundle was made, %" PRIu64
                           " of them were not as they were stored</strong>: "
                           "the check names them.",
                           r->findings);
        if (r->checkpoints == 0)
                buf_puts(told,
                         " No signed checkpoint was at hand: the proof is that of the database alone, and who owned "
                         "it could have made all of it anew.");
        if (r->older > 0)
                buf_printf(told, " %zu rows are from before there was a proof, and not in it.", r->older);
        buf_puts(told, "</p>\n");
}

static int proof_write(struct case_proof *p, struct verify_picks *picks, struct casefile_zip *zip, struct buf *told) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        char about[64];
        const struct export_request request = {
                .database = p->database, .checkpoints = p->checkpoints, .to = INT64_MAX, .picks = picks, .about = about
        };
        int e;

        (void)snprintf(about, sizeof about, "incident %.32s", p->incident);
        e = export_write(&request, &out, &p->result);
        if (e > 0)
                return CASEFILE_E_PROOF;
        e = e ? e : casefile_zip_add(zip, "proof/record.export", buf_str(&out));
        e = e ? e : add_verifier(zip);
        e = e ? e : add_readme(zip);
        if (!e)
                tell_page(&p->result, told);
        return e;
}

int case_proof_add(void *userdata, struct casefile_zip *zip, struct buf *told) {
        struct case_proof *p = userdata;
        struct verify_picks picks = { 0 };
        int e = export_pick_incident(p->inquiry, p->incident, p->journal, &picks);

        if (e == EXPORT_PICK_E_MANY) {
                buf_printf(
                        told,
                        "<p>The incident has more than %d rows: this bundle has no proof of its own. <code>wardwatch "
                        "export --from --to</code> makes one of a span.</p>\n",
                        VERIFY_PICKS_MAX);
                e = 0;
        } else if (!e && picks.n > 0) {
                e = proof_write(p, &picks, zip, told);
        }
        verify_picks_deinit(&picks);
        return e;
}
