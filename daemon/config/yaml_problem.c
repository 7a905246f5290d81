/*
 * What libyaml cannot read, in words for somebody who sees the file and not its parser. Its texts are an interface of
 * years: what is not known here is told as it is.
 */
#include "config/yaml_problem.h"

struct problem {
        const char *problem, *text, *help;
        bool begun; /* the cause lies where the innermost text or group begins, which is told as well */
};

static const struct problem problems[] = {
        { "mapping values are not allowed in this context", "no `key: value` can stand here",
          "quote a text that holds `: `, and check the indentation", false },
        { "could not find expected ':'", "a key without `: ` after it", "add the colon; check the indentation", true },
        { "did not find expected key", "this does not belong to the group of keys before it",
          "keys of one group begin in one column; an item of a list begins with `- `", true },
        { "did not find expected '-' indicator", "this does not belong to the list before it",
          "items of one list begin with `- ` in one column", true },
        { "did not find expected ',' or ']'", "the list in brackets does not go on like this",
          "separate by `,` and close with `]`; in brackets a text that holds , [ ] { } needs quotes", true },
        { "did not find expected ',' or '}'", "the group in braces does not go on like this",
          "separate by `,` and close with `}`; in braces a text that holds , [ ] { } needs quotes", true },
        { "did not find expected <document start>", "this does not belong to what stands before it",
          "a file is one list, or one group of keys: check the indentation", false },
        { "did not find expected node content", "a value is missing here", "write one, or take the comma out", false },
        { "block sequence entries are not allowed in this context", "no list can begin here",
          "put `- ` on a line of its own below the key, or write `[one, two]`", false },
        { "block mapping values are not allowed in this context", "no `key: value` can stand here",
          "put it on a line of its own", false },
        { "block collections are not allowed in this context", "no list or group can begin here",
          "put it on a line of its own", false },
        { "found unexpected end of stream", "a quote has no end", "close it with the same quote", true },
        { "found unknown escape character", "after the backslash stands what is no escape",
          "in double quotes a backslash is written \\\\; single quotes take it as it is", false },
        { "found a tab character that violates indentation", "a tab cannot indent", "indent with blanks", false },
        { "found a tab character where an indentation space is expected", "a tab cannot indent", "indent with blanks",
          false },
        { "did not find expected alphabetic or numeric character", "`&` and `*` begin no text",
          "quote a text that begins with one of them", false },
        { "did not find expected comment or line break", "behind `|` or `>` the line ends",
          "begin the text on the next line, indented", false },
        { "found unexpected document indicator", "`---` or `...` inside a quoted text", "close the quote before it",
          true },
};

/* The character at a mark, '\0' at the end of the text. A mark counts characters; the text is UTF-8, which was looked
 * at before. */
static char char_at(struct ww_str text, const yaml_mark_t *mark) {
        size_t line = 0, column = 0;

        for (size_t i = 0; i < text.n; i++) {
                if (((unsigned char)text.p[i] & 0xc0) == 0x80)
                        continue;
                if (line == mark->line && column == mark->column)
                        return text.p[i];
                column++;
                if (text.p[i] == '\n') {
                        line++;
                        column = 0;
                }
        }
        return '\0';
}

static struct diag_pos pos_of(struct ww_str file, const yaml_mark_t *mark) {
        return (struct diag_pos){ file, (unsigned)mark->line + 1, (unsigned)mark->column + 1 };
}

/* A character that begins nothing in YAML: which one says what was meant. */
static int tell_bad_start(struct diag *d, struct diag_pos pos, char c) {
        if (c == '\t')
                return diag_error(d, pos, "indent with blanks", "a tab cannot indent");
        return diag_error(d, pos, "quote a text that begins with it", "no text can begin with `%c`", c);
}

static int tell(const yaml_parser_t *p, const struct problem *problem, struct ww_str file, struct ww_str text,
                struct diag *d) {
        const yaml_mark_t *at = &p->problem_mark;

        if (!problem->begun || !p->context || p->context_mark.line == at->line)
                return diag_error(d, pos_of(file, at), problem->help, "%s", problem->text);
        if (!char_at(text, at)) /* the end of the file shows nothing */
                return diag_error(d, pos_of(file, &p->context_mark), problem->help, "what begins here has no end");
        return diag_error(d, pos_of(file, at), problem->help, "%s; it begins in line %zu", problem->text,
                          p->context_mark.line + 1);
}

int yaml_problem_tell(const yaml_parser_t *p, struct ww_str file, struct ww_str text, struct diag *d) {
        const char *problem = p->problem ? p->problem : "unreadable";

        if (p->error == YAML_MEMORY_ERROR)
                return -ENOMEM;
        if (strcmp(problem, "found character that cannot start any token") == 0)
                return tell_bad_start(d, pos_of(file, &p->problem_mark), char_at(text, &p->problem_mark));
        if (strchr("]}", char_at(text, &p->problem_mark)) && char_at(text, &p->problem_mark))
                return diag_error(d, pos_of(file, &p->problem_mark), "take it out, or open what it should close",
                                  "this `%c` closes nothing that is open here", char_at(text, &p->problem_mark));
        for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
                if (strcmp(problems[i].problem, problem) == 0)
                        return tell(p, &problems[i], file, text, d);
        return diag_error(d, pos_of(file, &p->problem_mark),
                          "look at this line and the one before: indentation, quotes, brackets", "not valid YAML: %s",
                          problem);
}
