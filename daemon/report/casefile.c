/*
 * The case bundle: one archive that tells an incident's whole story to somebody who has nothing but the archive.
 *
 *   index.html      all of it to read and to print
 *   csv/NAME.csv    the same rows for a program, RFC 4180
 *   messages/N.bin  what the devices sent, byte by byte
 *   rules/HASH.txt  the rule sets by which the alarms were raised
 *   proof/          what proves the rows, if whoever asks for the bundle adds it
 *   SHA256SUMS      checksums of all of them; `sha256sum -c` checks them
 *
 * Each part is asked for once; its rows go to the page and to its file as they come. Only the page and one file at a
 * time are held, and a part ends at CASEFILE_ROWS rows, which the page then says.
 */
#include "report/casefile.h"
#include "report/answer.h"
#include "report/casefile_zip.h"
#include "report/markup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAME_MAX_ 64 /* of PostgreSQL, with its zero */

struct column {
        char name[NAME_MAX_];
        enum inquiry_type type;
};

struct bundle {
        const struct casefile_options *options;
        struct casefile_zip *zip;
        struct buf page, file, proof; /* proof: what the page says of it */
        const struct casefile_part *part;
        struct column columns[INQUIRY_COLUMNS_MAX];
        size_t n_columns, rows;
        struct casefile_figures *figures;
        int error;
};

static _Thread_local char error_text[256];

const char *casefile_error(void) {
        return error_text;
}

/* --- the page --- */

static const char head[] =
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n";

static const char style[] =
        "<style>\n"
        ":root{font:14px/1.45 'Noto Sans','Noto Sans SC',sans-serif;color:#1a1a1a}\n"
        "body{max-width:1100px;margin:2rem auto;padding:0 1rem}\n"
        "h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2rem 0 .3rem;border-bottom:1px solid #999}\n"
        "p{margin:.3rem 0;max-width:75ch}nav a{margin-right:1em}\n"
        "table{border-collapse:collapse;width:100%;font-size:12px;margin-top:.4rem}\n"
        "th,td{border:1px solid #bbb;padding:.2rem "
        ".4rem;text-align:left;vertical-align:top}td{overflow-wrap:anywhere}\n"
        "th{background:#eee;font-weight:600}thead{display:table-header-group}tr{break-inside:avoid}\n"
        ".facts th{width:14em}.none{color:#555}.cut{font-weight:600}\n"
        "td.n{text-align:right;font-variant-numeric:tabular-nums}td.t{white-space:nowrap}\n"
        "td.j,td.raw{font-family:monospace;font-size:11px;white-space:pre-wrap}\n"
        "@page{size:A4 landscape;margin:14mm}\n"
        "@media print{body{margin:0;max-width:none}nav{display:none}h2{break-after:avoid}}\n"
        "</style>\n";

static void put_name(struct buf *out, const char *column) {
        for (; *column; column++)
                buf_put_u8(out, *column == '_' ? ' ' : (uint8_t)*column);
}

static const char *cell_class(enum inquiry_type type, const char *column) {
        if (strcmp(column, "payload") == 0)
                return " class=\"raw\"";
        switch (type) {
        case INQUIRY_NUMBER:
                return " class=\"n\"";
        case INQUIRY_TIME:
                return " class=\"t\"";
        case INQUIRY_JSON:
                return " class=\"j\"";
        case INQUIRY_TEXT:
        case INQUIRY_BOOL:
        case INQUIRY_ARRAY:
                break;
        }
        return "";
}

static void put_value(struct buf *out, enum inquiry_type type, const char *value) {
        if (value && type == INQUIRY_BOOL)
                buf_puts(out, *value == 't' ? "yes" : "no");
        else if (value)
                markup_text(out, ww_str(value));
}

static bool is_octal(const char *p) {
        for (int i = 0; i < 3; i++)
                if (p[i] < '0' || p[i] > '7')
                        return false;
        return true;
}

/* Out of escape notation, so that people can read it; what is no text becomes U+FFFD. */
static void put_payload(struct buf *out, const char *escaped) {
        _cleanup_buf_ struct buf bytes = BUF_INIT;

        while (*escaped) {
                bool octal = escaped[0] == '\\' && is_octal(escaped + 1);

                escaped += escaped[0] == '\\' && (octal || escaped[1] == '\\');
                buf_put_u8(&bytes,
                           octal ? (uint8_t)((escaped[0] - '0') << 6 | (escaped[1] - '0') << 3 | (escaped[2] - '0'))
                                 : (uint8_t)*escaped);
                escaped += octal ? 3 : 1;
        }
        out->error = out->error ? out->error : bytes.error;
        markup_text(out, buf_str(&bytes));
}

static void put_cell(struct buf *out, const struct column *c, const char *value) {
        buf_printf(out, "<td dir=\"auto\"%s>", cell_class(c->type, c->name));
        if (value && strcmp(c->name, "payload") == 0)
                put_payload(out, value);
        else
                put_value(out, c->type, value);
        buf_puts(out, "</td>");
}

static void put_cells(struct bundle *b, const char *const *values) {
        buf_puts(&b->page, "<tr>");
        for (size_t i = 0; i < b->n_columns; i++)
                put_cell(&b->page, &b->columns[i], values[i]);
        buf_puts(&b->page, "</tr>\n");
}

static void put_facts(struct bundle *b, const char *const *values) {
        for (size_t i = 0; i < b->n_columns; i++) {
                if (!values[i] || !*values[i])
                        continue;
                buf_puts(&b->page, "<tr><th scope=\"row\">");
                put_name(&b->page, b->columns[i].name);
                buf_puts(&b->page, "</th><td dir=\"auto\">");
                put_value(&b->page, b->columns[i].type, values[i]);
                buf_puts(&b->page, "</td></tr>\n");
        }
}

static void put_heads(struct bundle *b) {
        buf_puts(&b->page, "<table>\n<thead><tr>");
        for (size_t i = 0; i < b->n_columns; i++) {
                buf_puts(&b->page, "<th scope=\"col\">");
                put_name(&b->page, b->columns[i].name);
                buf_puts(&b->page, "</th>");
        }
        buf_puts(&b->page, "</tr></thead>\n<tbody>\n");
}

static void begin_section(struct bundle *b) {
        const struct question *q = &b->part->question;

        buf_printf(&b->page, "<section id=\"%s\">\n<h2>%s</h2>\n", q->name, q->title);
        if (*q->answers)
                buf_printf(&b->page, "<p>%s</p>\n", q->answers);
}

static void end_section(struct bundle *b) {
        if (b->rows == 0)
                buf_puts(&b->page, "<p class=\"none\">Nothing.</p>\n");
        else
                buf_puts(&b->page, b->part->shape == CASEFILE_FACTS ? "</table>\n" : "</tbody></table>\n");
        if (b->rows == CASEFILE_ROWS)
                buf_printf(&b->page, "<p class=\"cut\">There may be more: the bundle holds the first %d rows.</p>\n",
                           CASEFILE_ROWS);
        buf_puts(&b->page, "</section>\n");
}

static void begin_page(struct bundle *b) {
        const struct casefile_options *o = b->options;
        time_t seconds = (time_t)(o->now / WW_SECOND);
        struct tm tm;
        char now[32];

        gmtime_r(&seconds, &tm);
        strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &tm);
        buf_puts(&b->page, head);
        buf_printf(&b->page, "<title>Incident %s</title>\n%s<body>\n<h1>Case bundle: incident %s</h1>\n", o->incident,
                   style, o->incident);
        buf_printf(&b->page, "<p>Made %s", now);
        if (*o->person) {
                buf_puts(&b->page, " by ");
                markup_text(&b->page, ww_str(o->person));
        }
        buf_puts(&b->page, " from the record in PostgreSQL. Times are ");
        markup_text(&b->page, ww_str(o->timezone));
        buf_puts(&b->page,
                 ". Texts from devices are in escape notation: a backslash is doubled, a byte that is no "
                 "character is \\nnn (octal). <code>sha256sum -c SHA256SUMS</code> tells whether a file of this "
                 "bundle has changed since.</p>\n");
        buf_put(&b->page, b->proof.p, b->proof.n);
        buf_puts(&b->page, "<nav>");
        for (size_t i = 0; casefile_part_at(i); i++)
                if (casefile_part_at(i)->shape != CASEFILE_FILES)
                        buf_printf(&b->page, "<a href=\"#%s\">%s</a>", casefile_part_at(i)->question.name,
                                   casefile_part_at(i)->question.title);
        buf_puts(&b->page, "</nav>\n");
}

/* --- the rows of a part --- */

static void put_csv_line(struct bundle *b, const char *const *values) {
        for (size_t i = 0; i < b->n_columns; i++) {
                buf_puts(&b->file, i ? "," : "");
                answer_csv_value(&b->file, values ? b->columns[i].type : INQUIRY_TEXT,
                                 values ? values[i] : b->columns[i].name);
        }
        buf_puts(&b->file, "\r\n");
}

static int on_columns(void *userdata, const struct inquiry_column *columns, size_t n) {
        struct bundle *b = userdata;

        b->n_columns = n;
        for (size_t i = 0; i < n; i++) {
                (void)snprintf(b->columns[i].name, NAME_MAX_, "%s", columns[i].name);
                b->columns[i].type = columns[i].type;
        }
        if (b->part->shape != CASEFILE_FILES)
                put_csv_line(b, NULL);
        return b->file.error;
}

static int hex_digit(char c) {
        return c <= '9' ? c - '0' : c - 'a' + 10; /* PostgreSQL writes 0-9 and a-f */
}

static int add_file(struct bundle *b, const char *name, const char *hex) {
        buf_reset(&b->file);
        for (; hex && hex[0] && hex[1]; hex += 2)
                buf_put_u8(&b->file, (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1])));
        return b->file.error ? b->file.error : casefile_zip_add(b->zip, name, buf_str(&b->file));
}

static int on_row(void *userdata, const char *const *values, size_t n) {
        struct bundle *b = userdata;

        (void)n;
        b->rows++;
        switch (b->part->shape) {
        case CASEFILE_FILES:
                b->error = add_file(b, values[0], values[1]);
                return b->error;
        case CASEFILE_FACTS:
                if (b->rows == 1)
                        buf_puts(&b->page, "<table class=\"facts\">\n");
                put_facts(b, values);
                break;
        case CASEFILE_TABLE:
                if (b->rows == 1)
                        put_heads(b);
                put_cells(b, values);
                break;
        }
        put_csv_line(b, values);
        b->error = b->page.error ? b->page.error : b->file.error;
        return b->error;
}

static int ask(struct bundle *b) {
        const char *values[QUESTION_PARAMS] = { 0 };
        const struct inquiry_sink sink = { b, on_columns, on_row };
        char limit[16];
        int r;

        (void)snprintf(limit, sizeof limit, "%d", CASEFILE_ROWS);
        values[QUESTION_INCIDENT] = b->options->incident;
        values[QUESTION_JOURNAL] = b->options->journal;
        values[QUESTION_LIMIT] = question_uses(&b->part->question, QUESTION_LIMIT) ? limit : NULL;
        b->rows = 0;
        buf_reset(&b->file);
        r = inquiry_ask(b->options->inquiry, &b->part->question, values, &sink);
        b->figures->rows += b->rows;
        b->figures->cut |= b->rows == CASEFILE_ROWS;
        return r == INQUIRY_E_SINK ? b->error : r;
}

static int write_part(struct bundle *b) {
        char name[64];
        int r;

        if (b->part->shape == CASEFILE_FILES)
                return ask(b);
        begin_section(b);
        r = ask(b);
        end_section(b);
        if (r)
                return r;
        if (b->part->shape == CASEFILE_FACTS && b->rows == 0)
                return CASEFILE_E_NONE;
        (void)snprintf(name, sizeof name, "csv/%s.csv", b->part->question.name);
        return casefile_zip_add(b->zip, name, buf_str(&b->file));
}

static int file_failed(const char *path, int r) {
        if (r >= 0 || r == -ENOMEM)
                return r;
        (void)snprintf(error_text, sizeof error_text, "%s: %s", path, strerror(-r));
        return CASEFILE_E_FILE;
}

static void tell_progress(const struct casefile_options *options, size_t done) {
        size_t total = done;

        while (casefile_part_at(total))
                total++;
        if (options->progress)
                options->progress(options->userdata, done, total);
}

int casefile_write(const struct casefile_options *options, struct casefile_figures *ret) {
        _cleanup_(casefile_zip_freep) struct casefile_zip *zip = NULL;
        struct casefile_figures figures = { 0 };
        struct bundle b = { .options = options, .figures = &figures };
        int r = casefile_zip_new(&zip, options->path, options->now);

        b.zip = zip;
        if (!r && options->proof)
                r = options->proof(options->userdata, zip, &b.proof);
        r = r ? r : b.proof.error;
        if (!r)
                begin_page(&b);
        for (size_t i = 0; !r && (b.part = casefile_part_at(i)); i++) {
                tell_progress(options, i);
                r = write_part(&b);
        }
        buf_puts(&b.page, "</body>\n</html>\n");
        r = r ? r : b.page.error;
        r = r ? r : casefile_zip_add(zip, "index.html", buf_str(&b.page));
        r = r ? r : casefile_zip_finish(zip, figures.sha256);
        if (!r)
                figures.files = casefile_zip_files(zip);
        buf_deinit(&b.page);
        buf_deinit(&b.file);
        buf_deinit(&b.proof);
        if (!r)
                *ret = figures;
        return file_failed(options->path, r);
}
