"""Every golden case in this folder, through the same runner as ``arrears cases run``."""

from pathlib import Path

import pytest

from arrears.conformance import commands, running

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(FOLDER)) for p in FILES])
def test_golden(path):
    report = running.run([path], commands.kinds())
    told = [f"{r.case.id}: {r.reason} {[d.as_json() for d in r.differences[:5]]}" for r in report.of("failed")]
    assert not told, "\n".join(told)
    assert report.results


def test_the_folder_is_there():
    assert len(FILES) > 5
