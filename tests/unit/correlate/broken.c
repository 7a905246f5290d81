/* Rules that are wrong: each with the place, the words and the cure that its author reads. */
#include "harness.h"

static const struct {
        const char *rules;
        unsigned line, column;
        const char *text, *help;
} broken[] = {
        { "rule: r\n", 1, 1, "a file of rules is a list of rules",
          "write `- rule: name`, and what belongs to it below" },
        { "- 5\n", 1, 3, "a rule is a mapping", "write `- rule: name`" },
        { "- select: {a: {kind: panic}}\n", 1, 3, "this rule has no name", "write `- rule: name`" },
        { "- rule: My Rule\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          1, 9, "`My Rule` cannot name a rule", "use small letters, digits and `-`, at most 64" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {hazard: theft, priority: high}\n"
          "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 9, "a second rule named `r` (the other: rules.yaml:1)", "choose another name" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  widthin: 5m\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: unknown key `widthin`", "did you mean `within`?" },
        { "- rule: r\n"
          "  raise: {hazard: theft, priority: high}\n",
          1, 3, "rule `r` selects nothing", "add `select: {alias: {kind: …}}`" },
        { "- rule: r\n"
          "  select: [a]\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 11, "rule `r`: `select` is not a mapping of selections", "write `select: {alias: {kind: …}}`" },
        { "- rule: r\n"
          "  select: {a: panic}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 15, "selection `a` is not a mapping", "write `{kind: …}`" },
        { "- rule: r\n"
          "  select: {a: {zone: W3}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 15, "selection `a` names no kind", "add `kind: …`: rules are found by the kind of an event" },
        { "- rule: r\n"
          "  select: {a: {kind: acces.denied}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 22, "selection `a`: unknown kind `acces.denied`", "did you mean `access.denied`?" },
        { "- rule: r\n"
          "  select: {a: {kind: [access.denied, door.opened]}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 38, "selection `a` mixes states and pulses: `door.opened`", "make two selections of it" },
        { "- rule: r\n"
          "  select: {a: {kind: []}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 22, "selection `a`: an empty list of kinds", NULL },
        { "- rule: r\n"
          "  select: {a: {kind: alarm.raised, rule: r}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          1, 9, "rules depend on each other in a circle: r → r",
          "let one of them read events instead of another's alarms" },
        { "- rule: r\n"
          "  select: {a: {kind: alarm.raised, rule: q}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 42, "rule `r`: there is no rule `q`", NULL },
        { "- rule: r\n"
          "  select: {A-b: {kind: access.denied}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 12, "`A-b` cannot name a selection", "use small letters, digits and `_`" },
        { "- rule: r\n"
          "  select: {not: {kind: access.denied}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 12, "`not` is a word of the language and cannot name a selection", "choose another name" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied, role: \"@maternty\"}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 43, "selection `a`: unknown list `@maternty`", "did you mean `@maternity`?" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied, flags: suspct}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 44, "selection `a`: unknown flag `suspct`", "did you mean `suspect`?" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied, devcie: x}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 37, "rule `r`: unknown field `devcie`", "did you mean `device`?" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied, zone: {a: b}}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 43, "selection `a`: `zone` takes plain values", "write a word, or a list of words" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied, where: value >}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 51, "the expression ends where a value is missing", NULL },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted, where: b.badge == a.badge}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 38, "selection `b` reads another one that no earlier step takes",
          "an earlier step's selection can be read, by a step of a `sequence`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
          "  by: {a: badge}\n"
          "  within: 5s\n"
          "  when: count(a) > count(b)\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 7, "rule `r`: `by` says nothing about selection `b`", "name a field for each selection" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  by: [[badge]]\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 8, "rule `r`: a part of the key is a field",
          "write `by: ward`, `by: [ward, badge]` or `by: {a: f, b: g}`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  when: count(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: `when` counts in a window, and there is none", "add `within: 5m`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  when: count(x) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 15, "rule `r`: unknown selection `x`", "there is only: a" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  when: cuont(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 9, "unknown function `cuont`", "did you mean `count`?" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  when: a\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 9, "`a` is a selection, and no value to compare", "write `count(a) >= 1`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  when: sum(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 13, "`a` is no field of a selection", "write `sum(alias.field)`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  when: pct(a.value, 101) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 9, "`pct` takes something else, or more", "write `pct(alias.field, 95)`, above 0 up to 100" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  when: score(a, 5) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 9, "`score` takes something else, or more",
          "write `score(alias.field, 30m)` or `score(alias, 30m)`: the time in which it halves" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  when: score(a, 5m) >= count(a)\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 9, "rule `r`: a score is compared with a constant, by <, <=, > or >=",
          "write `score(alias.field, 30m) >= 100`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  when: mode(armed)\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 9, "rule `r`: `mode` cannot be asked here",
          "schedules, modes and other rules' alarms belong into `while`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  while: count(a) > 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 10, "rule `r`: `count` cannot be asked here", "what is counted belongs into `when`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: panic}}\n"
          "  while: b\n"
          "  raise: {hazard: theft, class: panic, priority: high}\n",
          3, 10, "rule `r`: `b` selects a pulse, and has no state",
          "a guard reads states; what comes before belongs into a `sequence`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  every: 7m\n"
          "  when: count(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 10, "rule `r`: `every` divides 24 hours, or is whole days", "such as 15m, 1h, 8h, 1d or 7d" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  every: 1h\n"
          "  within: 5m\n"
          "  when: count(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 3, "rule `r`: `every` lays windows of its own", "take one of them out" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  gap: 5s\n"
          "  when: count(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: a session without `within` might never close",
          "add `within: 10m`, the longest that a session may last" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  gap: 5s\n"
          "  within: 1m\n"
          "  when: rate(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          5, 9, "rule `r`: a session has no length of its own for a rate", "count, or use `within` or `every`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  when: distinct(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 18, "`a` is no field of a selection", "write `distinct(alias.field)`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  when: 1 >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 9, "rule `r`: `when` counts nothing", "write `count(a) >= 3`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5\n"
          "  when: count(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 11, "rule `r`: `within` must be a span such as 90s, 5m or 26h, not `5`",
          "give it a unit: us, ms, s, m, h or d" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  within: 5m\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: nothing uses `within`", "add `when: count(a) >= 3`, or take it out" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
          "  within: 5m\n"
          "  when: count(a) >= 3\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 38, "rule `r`: selection `b` is never used", "use it, or take it out" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
          "  sequence: [a, b]\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: a sequence without `within` would remember for ever", "add `within: 60s`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
          "  within: 5m\n"
          "  sequence: [a, c]\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 17, "rule `r`: unknown selection `c`", "one of: a, b" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
          "  within: 5m\n"
          "  sequence: [not a, not b]\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 13, "rule `r`: a sequence needs a step that is not negated", "what never comes is said by `expect`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted, where: b.badge == a.badge}}\n"
          "  within: 5m\n"
          "  sequence: [not b, a]\n"
          "  raise: {hazard: theft, priority: high}\n",
          2, 38, "selection `b` reads another one that no earlier step takes",
          "an earlier step's selection can be read, by a step of a `sequence`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
          "  within: 5m\n"
          "  sequence: a\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 13, "rule `r`: `sequence` is not a list", "write `sequence: [a, b]`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
          "  within: 5m\n"
          "  sequence: [a, b]\n"
          "  when: count(a) >= 1\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 3, "rule `r` has two conditions: `when` and `sequence`", "make two rules of it" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  gap: 5s\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: `gap` goes with `sequence` or `when` only",
          "add `when: count(a) >= 3` for a session, or a `sequence`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  expect: a\n"
          "  for: 5s\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: `expect` needs `each` or `after`",
          "add `each: assets(class)`, or `after: alias` for the event that starts the clock" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  each: assets(door)\n"
          "  expect: a\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 3, "rule `r`: `expect` needs `for`", "add `for: 15m`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  each: doors\n"
          "  expect: a\n"
          "  for: 5s\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 9, "rule `r`: `each` names no assets", "write `each: assets(class)`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  after: schedule(nigth)\n"
          "  expect: a\n"
          "  for: 5s\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 10, "rule `r`: unknown schedule `nigth`", "did you mean `schedule(night)`?" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  by: badge\n"
          "  after: schedule(night)\n"
          "  expect: a\n"
          "  for: 5s\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 10, "rule `r`: a schedule starts the clock of all keys, and which they are is not known",
          "add `each: assets(class)`, or take `by` out" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  each: assets(door)\n"
          "  by: badge\n"
          "  expect: a\n"
          "  for: 5s\n"
          "  raise: {hazard: theft, priority: high}\n",
          4, 7, "rule `r`: with `each` the key is the asset", "take `by` out" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  hold: 5s\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: `hold` is for levels only",
          "a pulse cannot last; use a state kind or `when` over `within`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  clear: {quit: 5s}\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 11, "rule `r`: `clear`: unknown key `quit`", "did you mean `quiet`?" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  clear: x\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 10, "unknown name `x`", "one of: a, manual" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  while: mode(armde)\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 15, "rule `r`: unknown mode `armde`", "did you mean `mode(armed)`?" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  mute: {match: {rule: x}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 24, "rule `r`: there is no rule `x`", NULL },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  mute: {settle: 5s}\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: `mute` does not say which alarms",
          "write `mute: {match: {rule: device-offline}, under: asset, settle: 10s}`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  mute: {match: {class: fire}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 25, "rule `r`: alarms of class fire are never muted", "take it out" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  every: 1h\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 3, "rule `r`: `every` goes with `when` only", "add `when: count(a) >= 3`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  regrade: [{after: 5m, if: count(a) > 3, priority: high}]\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 13, "rule `r`: a row of `regrade` needs `if` or `after`, and `priority`",
          "write `{if: count(a) >= 10, priority: critical}`, or `{after: 2m, priority: high}` for a time "
          "unacknowledged" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  regrade: [{if: count(a) > 3, priority: high}]\n"
          "  raise: {hazard: theft, priority: high}\n",
          1, 9, "rule `r` counts in a window, and there is none", "add `within: 5m`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {hazard: theft, priority: high, weight: heavy}\n",
          3, 50, "rule `r`: a weight is a number above 0, up to 1000000000", "write `weight: 50`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  limits: {keys: 0}\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 18, "rule `r`: `keys` must be a whole number from 1 to 10000000, not `0`", NULL },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  title: 'Badge {badge'\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 11, "rule `r`: `{` in the title without its word", "write `{ward}`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n",
          1, 3, "rule `r` raises nothing", "add `raise: {hazard: …, priority: …}`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {priority: high}\n",
          3, 10, "rule `r`: `raise` names no hazard",
          "one of: fire, theft, robbery, explosion, sabotage, fraud, loss, disaster, system" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {hazard: fier, priority: high}\n",
          3, 19, "rule `r`: unknown hazard `fier`", "did you mean `fire`?" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {hazard: fire}\n",
          3, 10, "rule `r`: `raise` names no priority", "one of: low, medium, high, critical" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {hazard: fire, priority: urgent}\n",
          3, 35, "rule `r`: unknown priority `urgent`", "one of: low, medium, high, critical" },
        { "- rule: r\n"
          "  select: {a: {kind: panic}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          3, 10, "rule `r` selects `panic`, so `raise` has to name a class that is protected from shelving",
          "add `class: panic`" },
        { "- rule: r\n"
          "  select: {a: {kind: panic}}\n"
          "  raise: {hazard: robbery, class: general, priority: high}\n",
          3, 35, "rule `r` selects `panic`, so `raise` has to name a class that is protected from shelving",
          "add `class: panic`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {hazard: fire, priority: high, covert: maybe}\n",
          3, 49, "rule `r`: `covert` must be true or false, not `maybe`",
          "write true or false, without quotes; yes, no, on and off are plain words here" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  raise: {hazard: fire, priority: high, procdure: x}\n",
          3, 41, "rule `r`: `raise`: unknown key `procdure`", "did you mean `procedure`?" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, d: {kind: door.opened}}\n"
          "  raise: {hazard: theft, priority: high}\n",
          1, 9, "rule `r`: its selections mix states and pulses", "make two rules of it, or count them with `when`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
          "  after: a\n"
          "  expect: b\n"
          "  for: asset.supervision\n"
          "  raise: {hazard: theft, priority: high}\n",
          5, 8, "rule `r`: `for: asset.supervision` goes with `each` only", "write `for: 15m`" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}}\n"
          "  clear: count(a) < 1\n"
          "  raise: {hazard: theft, priority: high}\n",
          1, 9, "rule `r`: nothing raises it", "add a selection that raises" },
        { "- rule: r\n"
          "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
          "  within: 5s\n"
          "  sequence: [a, b]\n"
          "  each: assets(door)\n"
          "  raise: {hazard: theft, priority: high}\n",
          5, 3, "rule `r`: `each` goes with `expect` or `every` only",
          "add `expect: alias`, or `every: 1d` with `when`" }
};

static void test_broken(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
                const struct diag_message *m = NULL;
                struct harness h;

                assert_int_equal(harness_compile(&h, broken[i].rules), DIAG_E_USER);
                for (size_t j = 0; j < h.diag.n && !m; j++)
                        if (h.diag.messages[j].level == DIAG_ERROR)
                                m = &h.diag.messages[j];
                assert_non_null(m);
                assert_true(ww_str_is(m->pos.file, "rules.yaml"));
                assert_string_equal(m->text, broken[i].text);
                if (broken[i].help)
                        assert_string_equal(m->help, broken[i].help);
                assert_int_equal(m->pos.line, broken[i].line);
                assert_int_equal(m->pos.column, broken[i].column);
                assert_null(h.rules);
                harness_deinit(&h);
        }
}

/* examples that do not hold tell what came instead */
static void test_examples(void **state) {
        static const char rules[] = "- rule: r\n  select: {a: {kind: access.denied}}\n  by: badge\n  within: 10s\n"
                                    "  when: count(a) >= 2\n  raise: {hazard: fraud, priority: low}\n  examples:\n"
                                    "    - given: [0s a 7, 1s a 7]\n      alarms: []\n"
                                    "    - given: [0s a 7, 1s a 7]\n      alarms: [1s 7 high]\n"
                                    "    - given: [0s b 7]\n      alarms: []\n"
                                    "- rule: s\n  select: {a: {kind: access.denied}}\n"
                                    "  raise: {hazard: fraud, priority: low}\n";
        static const char *const want[] = {
                "rule `r`: example 1: expected alarms [], got [1s 7 low]",
                "rule `r`: example 2: expected alarms [1s 7 high], got [1s 7 low]",
                "rule `r`: example: no selection of the rule, and no act: `0s b 7`",
                "rule `s` has no example",
        };
        struct harness h;
        size_t run;

        (void)state;
        assert_int_equal(harness_compile(&h, rules), 0);
        assert_int_equal(harness_examples(&h, &run), DIAG_E_USER);
        assert_int_equal(h.diag.n, sizeof want / sizeof *want);
        for (size_t i = 0; i < h.diag.n; i++)
                assert_string_equal(h.diag.messages[i].text, want[i]);
        harness_deinit(&h);
}

/* a row's own fields are judged by the selection; what it does not name is taken as given */
static void test_example_fields(void **state) {
        static const char rules[] =
                "- rule: r\n  select:\n    a: {kind: access.denied, role: [guard, \"7\"], "
                "where: \"number % 100 == 50 and (site == x or number > 200) and badge != '9'\"}\n"
                "  by: device\n  raise: {hazard: fraud, priority: low}\n  examples:\n"
                "    - given: [0s a d number=51]\n      alarms: []\n"
                "    - given: [0s a d number=50]\n      alarms: [0s d]\n"
                "    - given: [0s a d number=50 site=y]\n      alarms: []\n"
                "    - given: [0s a d number=250 site=y]\n      alarms: [0s d]\n"
                "    - given: [0s a d site=y]\n      alarms: [0s d]\n"
                "    - given: [0s a d role=nurse]\n      alarms: []\n"
                "    - given: [0s a d role=7]\n      alarms: [0s d]\n"
                "    - given: [0s a d role=guard number=51]\n      alarms: []\n"
                "    - given: ['0s a d badge=\"9\"']\n      alarms: []\n"
                "    - given: ['0s a d badge=\"8\"']\n      alarms: [0s d]\n"
                "    - given: [0s a d]\n      alarms: [0s d]\n"
                "    - given: [0s a d zone=W3]\n      alarms: [0s d]\n"
                /* a level goes on until its device says something else: also something that is not selected */
                "- rule: s\n  select: {o: {kind: door.opened, where: number == 1}}\n  by: zone\n"
                "  raise: {hazard: theft, priority: low}\n  examples:\n"
                "    - given: [0s o W number=1, 5s o W number=2]\n      alarms: [0s W]\n      clears: [5s W]\n";
        struct harness h;
        size_t run;

        (void)state;
        assert_int_equal(harness_compile(&h, rules), 0);
        assert_int_equal(harness_examples(&h, &run), 0);
        assert_int_equal(run, 13);
        harness_deinit(&h);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_broken), cmocka_unit_test(test_examples),
                                            cmocka_unit_test(test_example_fields) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
