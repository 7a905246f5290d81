"""SEC with its ten rules behind a jump: lines go to a set of rules that is chosen by their kind, or by kind and zone.

By kind, a refusal meets the rules of all zones; by kind and zone (the rules' own pattern, done once) it meets the one that
it may fit, and other zones are turned away at the door.
"""

import patterndb

JUMPS = {
    "kind": "type=Jump\nptype=RegExp\npattern=access - - - (\\w+) badge\ncfset=$1\nconstset=no\n\n",
    "zone": "type=Jump\nptype=RegExp\npattern=access - - - (denied) badge \\S+ zone Z(\\d)\\b\ncfset=$1-$2\nconstset=no\n\n",
}
LAST = "type=Single\nptype=SubStr\npattern={last}\ndesc=last\naction=write {alarms} {last}\n"
SET = "type=Options\njoincfset={name}\nprocallin=no\n\n"
IGNORED = "type=Suppress\nptype=SubStr\npattern=granted\n"
RULE = """\
type=SingleWithThreshold
ptype=RegExp
pattern=denied badge (\\S+) zone Z{zone}\\b
desc=probing-{zone} badge=$1
action=write {alarms} %s
window=300
thresh=3

"""


class Sec:
    def __init__(self, folder, jump):
        self.name = f"sec by {jump}"
        self.folder = folder / f"sec-{jump}"
        self.folder.mkdir()
        self.alarms_file = self.folder / "alarms"
        (self.folder / "main.rules").write_text(JUMPS[jump] + LAST.format(alarms=self.alarms_file, last=patterndb.LAST))
        rules = [RULE.format(zone=zone, alarms=self.alarms_file) for zone in range(patterndb.ZONES)]
        if jump == "kind":
            self.write_set("granted", IGNORED)
            self.write_set("denied", "".join(rules))
        else:
            for zone, rule in enumerate(rules):
                self.write_set(f"denied-{zone}", rule)

    def write_set(self, name, rules):
        (self.folder / f"{name}.rules").write_text(SET.format(name=name) + rules)

    def command(self, lines):
        self.alarms_file.unlink(missing_ok=True)
        return ["/usr/bin/sec", f"--conf={self.folder}/*.rules", f"--input={lines}", "--notail", "--debug=3"]

    def finish(self, _out):
        if self.lines()[-1:] != [patterndb.LAST]:
            raise SystemExit("SEC ended before the last line")

    def lines(self):
        return self.alarms_file.read_text().splitlines()

    def alarms(self):
        return self.lines()[:-1]
