"""syslog-ng with ten rules of its pattern database, as fast as it goes: one thread, no name look-ups, no statistics."""

ZONES = 10
LAST = "that was the last line"
LAST_LINE = f"<134>1 2023-11-14T22:18:20.000Z bench marker - - - {LAST}\n"

RULE = """\
   <rule provider="bench" id="probing-{zone}" class="security" context-scope="global"
         context-id="probing-{zone} ${{badge}}" context-timeout="300">
    <patterns><pattern>denied badge @ESTRING:badge: @zone Z{zone} door @ANYSTRING:door@</pattern></patterns>
    <actions>
     <action condition='"$(context-length)" == "3"'>
      <message inherit-properties="FALSE">
       <values>
        <value name="PROGRAM">alarm</value>
        <value name="MESSAGE">probing-{zone} badge=${{badge}}@1</value>
       </values>
      </message>
     </action>
    </actions>
   </rule>
"""

DATABASE = """\
<?xml version="1.0" encoding="UTF-8"?>
<patterndb version="4" pub_date="2026-01-01">
 <ruleset name="access" id="access">
  <patterns><pattern>access</pattern></patterns>
  <rules>
{rules}  </rules>
 </ruleset>
</patterndb>
"""

CONFIG = """\
@version: 3.38
options {{ stats-freq(0); keep-hostname(yes); use-dns(no); dns-cache(no); threaded(no); flush-lines(100); }};
source lines {{ stdin(flags(syslog-protocol) log-fetch-limit(1000) log-iw-size(10000)); }};
parser rules {{ db-parser(file("{folder}/patterndb.xml") inject-mode("pass-through")); }};
filter told {{ program("alarm" type(string)) or program("marker" type(string)); }};
destination alarms {{ file("{folder}/patterndb.alarms" template("$MESSAGE\\n")); }};
log {{ source(lines); parser(rules); filter(told); destination(alarms); flags(flow-control); }};
"""


class Patterndb:
    name = "syslog-ng"
    reads_stdin = True  # it ends at the end of it

    def __init__(self, folder):
        self.folder = folder
        rules = "".join(RULE.format(zone=zone) for zone in range(ZONES))
        (folder / "patterndb.xml").write_text(DATABASE.format(rules=rules))
        (folder / "syslog-ng.conf").write_text(CONFIG.format(folder=folder))

    def command(self, _lines):
        (self.folder / "patterndb.alarms").unlink(missing_ok=True)
        state = {"cfgfile": "syslog-ng.conf", "persist-file": "persist", "pidfile": "pid", "control": "control"}
        return ["/usr/sbin/syslog-ng", "-F", "--no-caps"] + [f"--{name}={self.folder / file}" for name, file in state.items()]

    def finish(self, _out):
        if self.lines()[-1:] != [LAST]:
            raise SystemExit("syslog-ng ended before the last line")

    def lines(self):
        return (self.folder / "patterndb.alarms").read_text().splitlines()

    def alarms(self):
        return self.lines()[:-1]
