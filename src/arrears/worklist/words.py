"""Why a line stands as it stands: sentences in both languages, made from codes and the documents' own titles. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from arrears.gate.engine import UNKNOWN
from arrears.gate.packs import Pack
from arrears.kernel.refusals import Text
from arrears.strategy.document import Strategy

BECAUSE = {
    "mandatory": Text(
        "必须送达的步骤尚未完成，不可跳过（方案要求 {planned_on}）",
        "a mandatory step is not done and is never skipped (wanted {planned_on})",
    ),
    "due": Text("方案的步骤已到期（{planned_on}）", "the plan's step is due ({planned_on})"),
    "planned": Text("方案的下一步在 {planned_on}", "the plan's next step is on {planned_on}"),
    "hold": Text("{hold}：常规催收暂停，只做此步", "{hold}: ordinary work rests, only this step is done"),
    "no_step_left": Text("本阶段步骤已做完，由人决定下一步", "every step of the stage is done; a person decides"),
    "no_segment": Text("不属于任何分群，由人决定", "no segment fits; a person decides"),
    "no_stage": Text("不符合任何阶段的条件，由人决定", "no stage fits; a person decides"),
    "no_strategy": Text("不在任何策略的适用范围内，由人决定", "no strategy covers this case; a person decides"),
}
OWNER = {
    "kept": Text("一直由其负责", "already had the case"),
    "least_loaded": Text("组内当日工作最少", "least work in the team today"),
    "team_lead": Text("自动发送，由组长负责", "goes out by itself; the lead answers for it"),
    "over_capacity": Text("全组今日工时已满，放入小组队列", "the team is full today; in the common queue"),
    "team_empty": Text("小组没有成员，放入小组队列", "the team has nobody; in its queue"),
    "team_missing": Text("机构没有设置小组", "the creditor has no team"),
}
PERMIT = {
    "office": Text("内部事项，不涉及联系", "internal work, no contact"),
    "allow": Text("{at} 可以联系，至 {until}", "contact permitted at {at}, until {until}"),
    "always": Text("可以联系，不限时段", "contact permitted at any hour"),
    "wait": Text("{at} 不可联系：{rule}；最早 {next}", "not permitted at {at}: {rule}; earliest {next}"),
    "stop": Text("不可联系：{rule}", "contact not permitted: {rule}"),
}
MISSING_POINT = {
    "voice": Text("没有可用电话，先补充联系方式", "no usable phone number on file: find one first"),
    "sms": Text("没有可用手机号，先补充联系方式", "no usable mobile number on file: find one first"),
    "email": Text("没有可用邮箱，先补充联系方式", "no usable e-mail address on file: find one first"),
    "letter": Text("没有可用通信地址，先补充地址", "no usable postal address on file: find one first"),
    "visit": Text("没有可用地址，先补充地址", "no usable address on file: find one first"),
}
STAGE = Text("逾期 {days} 天，{stage}（{enter}）", "{days} days past due, stage {stage} ({enter})")


class Sentences:
    """Looks titles and clauses up once for a whole list."""

    def __init__(self, strategies: Sequence[Strategy], packs: Mapping[str, Pack], zone: ZoneInfo) -> None:
        self.zone = zone
        self.holds = {(s.id, h.id): h.title for s in strategies for h in s.holds}
        self.stages: dict[tuple[str, str], tuple[Text, str]] = {}
        self.steps: dict[tuple[str, str], Text] = {}
        for strategy in strategies:
            self.steps[strategy.id, "review"] = strategy.review.title
            self.steps["", "review"] = strategy.review.title
            self.steps |= {(strategy.id, f"hold/{h.id}"): h.step.title for h in strategy.holds}
            for plan in (s.plan for s in strategy.segments):
                self.stages |= {(plan.id, s.id): (s.title, s.enter.text) for s in plan.stages}
                self.steps |= {(strategy.id, plan.key(s)): s.title for s in plan.steps()}
        self.rules = {
            r.id: Text(f"{r.sentence.zh}（{r.authority.ref}）", f"{r.sentence.en} ({r.authority.ref})")
            for p in packs.values()
            for r in p.rules
        }
        self.rules |= {code: text.format(what="") for code, text in UNKNOWN.items()}

    def stage_title(self, plan: str, stage: str) -> Text:
        return self.stages[plan, stage][0] if stage else Text("", "")

    def step_title(self, strategy: str, key: str) -> Text:
        return self.steps[strategy, key]

    def why(self, row: Mapping[str, Any]) -> list[dict[str, str]]:
        """Every reason of one line, in the order: where it stands, what next, may we, can we, who."""
        return [{"zh": t.zh, "en": t.en} for t in self._why(row)]

    def _why(self, row: Mapping[str, Any]) -> Iterator[Text]:
        if row["stage"]:
            title, enter = self.stages[row["plan"], row["stage"]]
            yield _both(STAGE, days=row["past_due_days"], stage=title, enter=enter)
        hold = self.holds.get((row["strategy"], row["hold"]), Text("", ""))
        yield _both(BECAUSE[row["because"]], planned_on=row["planned_on"], hold=hold)
        yield self._permit(row)
        if not row["reachable"] and row["channel"] in MISSING_POINT:
            yield MISSING_POINT[row["channel"]]
        yield OWNER[row["owner_why"]]

    def _permit(self, row: Mapping[str, Any]) -> Text:
        rules = [self.rules.get(r, Text(r, r)) for r in row["rules"].split(",") if r]
        rule = Text("；".join(r.zh for r in rules), "; ".join(r.en for r in rules))
        state = "always" if row["permit_state"] == "allow" and row["permitted_until"] is None else row["permit_state"]
        return _both(
            PERMIT[state],
            at=self._clock(row["permit_at"]), until=self._clock(row["permitted_until"]), next=self._clock(row["next_permitted"]), rule=rule,
        )  # fmt: skip

    def _clock(self, value: datetime | None) -> str:
        return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if value else "—"


def _both(text: Text, **values: Any) -> Text:
    zh = {k: v.zh if isinstance(v, Text) else v for k, v in values.items()}
    en = {k: v.en if isinstance(v, Text) else v for k, v in values.items()}
    return Text(text.zh.format(**zh), text.en.format(**en))
