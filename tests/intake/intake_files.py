"""Small files through the ordinary import, for the tests of this room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arrears.intake import profiles, running
from arrears.intake.actions import AlreadyLoaded
from arrears.intake.fields import sentences
from arrears.intake.models import Batch, BatchRow
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Actor

ACTOR = Actor(SYSTEM_SCOPE, "system", "test", "python")
CUSTOMERS = "客户号,客户姓名,客户类型,证件类型,证件号码,出生日期\n"
AGREEMENTS = "借据号,客户号,资产组合,产品,币种,签约日期,放款日期,放款本金,年利率,还款方式,期数,首期应还日,核算方式\n"
PAYMENTS = "流水号,借据号,交易类型,记账日期,金额,币种,科目,截止日期,原流水号\n"
POSITIONS = "借据号,数据日期,币种,贷款余额,逾期金额,逾期天数\n"
SCHEDULES = "借据号,期次,应还日期,应还本金,应还利息\n"


class Importer:
    """Writes a file, imports it with a shipped profile or given words, and gives the batch or the refusal."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def path(self, data: bytes | str, suffix: str = ".csv") -> Path:
        self.count += 1
        path = self.folder / f"f{self.count}{suffix}"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def __call__(
        self,
        profile: str | dict[str, Any],
        data: bytes | str | Path,
        *,
        commit: bool = True,
        suffix: str = ".csv",
        **options: Any,
    ) -> Any:
        chosen = profiles.from_words(profile) if isinstance(profile, dict) else running.profile(profile)
        assert isinstance(chosen, profiles.Profile), [(e.pointer, e.sentence.en) for e in (chosen, *chosen.errors)]
        path = data if isinstance(data, Path) else self.path(data, suffix)
        batch = running.begin(ACTOR, path, "BANK-A", chosen, {"new_portfolios": True, **options})
        if isinstance(batch, Refusal | AlreadyLoaded) or not commit or batch.state != "checked" or batch.rows_good == 0:
            return batch
        return running.commit(ACTOR, batch.public_id)


def held(batch: Batch) -> list[BatchRow]:
    return list(BatchRow.objects.visible_to(SYSTEM_SCOPE).filter(batch=batch, state="held").order_by("row"))


def faults(batch: Batch) -> list[tuple[int, str, str]]:
    """(row, column, rule) of everything held; every sentence must be complete in both languages."""
    found = []
    for row in held(batch):
        for one in row.faults:
            sentence, fix = sentences(one)
            assert all((sentence.zh, sentence.en, fix.zh, fix.en))
            assert "{" not in sentence.zh + sentence.en + fix.zh + fix.en
            found.append((row.row, one["column"], one["code"]))
    return found
