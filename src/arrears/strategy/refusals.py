"""Why a strategy is refused. The pointer names plan, stage and step."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

FAULTY = RefusalCode(
    "strategy.faulty",
    "策略 {strategy} 有误：{detail}",
    "Strategy {strategy} is faulty: {detail}",
    "修改该处；策略未生效。",
    "Mend it; the strategy is not in force.",
)
CONDITION = RefusalCode(
    "strategy.condition",
    "策略 {strategy} 的条件有误：{detail}",
    "A condition of strategy {strategy} is wrong: {detail}",
    "{fix_zh}",
    "{fix_en}",
)
