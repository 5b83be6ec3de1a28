"""The static check of scopes finds each way round, and nothing else."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
spec = importlib.util.spec_from_file_location("check_scope", ROOT / "tools/check_scope.py")
check_scope = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check_scope)

TABLES = {"parties_party", "ledger_event"}
PAGE = "arrears/cases/pages.py"


@pytest.mark.parametrize(
    ("source", "path", "breaches"),
    [
        ("Party.objects.visible_to(scope)", PAGE, 0),
        ("Party.everything.all()", PAGE, 1),
        ("if actor.scope.everything: pass", PAGE, 0),
        ("Party._base_manager.all()", PAGE, 1),
        ("Party.objects.unscoped('a reason of some length')", PAGE, 1),
        ("Party.objects.unscoped('a reason of some length')", "arrears/cases/actions.py", 0),
        ("Party.objects.unscoped('a reason of some length')", "arrears/cases/jobs.py", 0),
        ("Party.objects.unscoped('')", "arrears/cases/actions.py", 1),
        ("Party.objects.unscoped(why)", "arrears/cases/actions.py", 1),
        ("x = SYSTEM_SCOPE", PAGE, 1),
        ("x = SYSTEM_SCOPE", "arrears/cases/jobs.py", 0),
        ("x = Scope(frozenset({1}))", PAGE, 1),
        ("x = Scope(frozenset({1}))", "arrears/access/hats.py", 0),
        ("x = dataclasses.replace(scope, everything=True)", PAGE, 1),
        ("Party.objects.raw('select 1')", PAGE, 1),
        ("Entry.objects.all()", PAGE, 1),
        ("Entry.objects.all()", "arrears/journal/queries.py", 0),
        ("class A(ScopedModel):\n    p = models.ForeignKey(Party, related_name='as')", PAGE, 1),
        ("class A(ScopedModel):\n    p = models.ForeignKey(Party)", PAGE, 1),
        ("class A(ScopedModel):\n    p = models.OneToOneField(Party, related_name='+')", PAGE, 0),
        ("class A(models.Model):\n    p = models.ForeignKey(Party)", PAGE, 0),
        ("c.execute('select name from parties_party')", PAGE, 1),
        ("c.execute('select name from parties_party where creditor_id = any(%s)')", PAGE, 0),
        ("c.execute(f'select {x} from \"parties_party\" p')", PAGE, 1),
        ("c.execute('select 1 from parties_partyversion2')", PAGE, 0),
        ("c.execute('delete from ledger_event')", "arrears/house/x.py", 1),
        ("c.execute('update ledger_event set x = 1')", "arrears/house/x.py", 1),
        ("c.execute('update ledger_event set x = 1')", "arrears/ledger/actions_bulk.py", 0),
    ],
)
def test_rules(source, path, breaches):
    found = check_scope.breaches_in(source, path, TABLES)
    assert len(found) == breaches, found
    assert all(line.startswith(f"src/{path}:") for line in found)


def test_the_mechanism_may():
    assert check_scope.breaches_in("Party.everything.all()", "arrears/access/scoping.py", TABLES) == []


def test_the_product_keeps_the_wall(capsys):
    assert check_scope.main() == 0, capsys.readouterr().out
    assert len(check_scope.scoped_tables(ROOT / "src")) > 10


def test_exit_status_names_file_and_line(tmp_path, capsys):
    room = tmp_path / "arrears" / "cases"
    room.mkdir(parents=True)
    (room / "pages.py").write_text("import x\nParty.everything.all()\n")
    assert check_scope.main(tmp_path) == 1
    assert "src/arrears/cases/pages.py:2:" in capsys.readouterr().out
