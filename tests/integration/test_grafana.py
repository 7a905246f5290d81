"""Every query of the dashboards, put to PostgreSQL by a login that may read and nothing else."""

import json
import pathlib
import re
import sys

import psycopg2
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import SOURCE  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.store import Store, find_driver  # noqa: E402
from test_figures import History  # noqa: E402
from test_report import fill  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

FOLDER = SOURCE / "contrib" / "grafana"
DASHBOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
GIVEN = {"$__timeFrom()": "'2026-03-02T00:00:00Z'", "$__timeTo()": "'2026-03-03T00:00:00Z'", "${hazard:sqlstring}": "''"}


def queries(path):
    made = json.loads(path.read_text())
    for variable in made["templating"]["list"]:
        yield f"variable {variable['name']}", variable["query"], variable["datasource"]
    for panel in made["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["rawSql"], target["datasource"]


def given(sql, zone):
    for name, value in (GIVEN | {"${zone:sqlstring}": f"'{zone}'"}).items():
        sql = sql.replace(name, value)
    assert "$" not in sql, sql
    return sql


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    with Postgres() as postgres, Store(tmp_path_factory.mktemp("grafana"), postgres) as store:
        store.migrate()
        connection = postgres.connect(autocommit=False)
        fill(History(connection.cursor()))
        connection.cursor().execute("CREATE ROLE grafana LOGIN; GRANT wardwatch_reader TO grafana")
        connection.commit()
        connection.close()
        # no search_path: the queries must not need one
        connection = psycopg2.connect(host=str(postgres.folder), port=postgres.port, user="grafana", dbname="wardwatch")
        connection.autocommit = True
        yield connection.cursor()
        connection.close()


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
@pytest.mark.parametrize("zone", ("", "W1"))
def test_every_query_runs(reader, path, zone):
    for title, sql, _ in queries(path):
        reader.execute(given(sql, zone))
        assert reader.description, title


def test_they_show_what_there_is(reader):
    sql = {title: given(text, "W1") for path in DASHBOARDS for title, text, _ in queries(path)}
    counts = {}
    for title, text in sql.items():
        reader.execute(text)
        counts[title] = len(reader.fetchall())
    for title in ("Figures", "Floods", "Bad actors", "Time to acknowledge", "Alarms for each operator in 10 minutes", "What must be so"):
        assert counts[title] > 0, title
    assert counts["Alarms for each operator in 10 minutes"] == 144


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path):
    made = json.loads(path.read_text())
    ids = [panel["id"] for panel in made["panels"]]
    assert len(set(ids)) == len(ids) and all(panel["description"] for panel in made["panels"])
    provisioned = (FOLDER / "provisioning" / "datasources" / "wardwatch.yaml").read_text()
    (uid,) = re.findall(r"uid: (\S+)", provisioned)
    assert {source["uid"] for _, _, source in queries(path)} == {uid}
    assert re.findall(r"password: (\S+)", provisioned) == ["$WARDWATCH_DB_PASSWORD"]
    cells = [(x, y) for panel in made["panels"] for g in [panel["gridPos"]] for x in range(g["x"], g["x"] + g["w"])
             for y in range(g["y"], g["y"] + g["h"])]
    assert len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24  # none covers another
