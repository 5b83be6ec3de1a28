"""Why a condition or a decision table is refused. The pointer is ``line L, column C`` of the condition's own text."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

NOT_A_CONDITION = RefusalCode(
    "rules.not_a_condition",
    "条件无法读懂：{detail}",
    "The condition cannot be read: {detail}",
    "请按 SQL 表达式书写，例如 past_due_days >= 30 and product = 'credit_card'。",
    "Write an SQL expression, for example past_due_days >= 30 and product = 'credit_card'.",
)
WRONG = RefusalCode(
    "rules.condition_wrong",
    "条件有 {count} 处错误。",
    "The condition has {count} error(s).",
    "逐条按提示修改。",
    "Mend them one by one as told.",
)
UNKNOWN_NAME = RefusalCode(
    "rules.unknown_name",
    "词汇表中没有“{name}”。",
    "The vocabulary has no {name}.",
    "是否为：{suggestion}？",
    "Did you mean: {suggestion}?",
)
NOT_ALLOWED = RefusalCode(
    "rules.not_allowed",
    "条件语言中不允许“{what}”。",
    "The condition language does not allow {what}.",
    "{fix_zh}",
    "{fix_en}",
)
WRONG_TYPE = RefusalCode(
    "rules.wrong_type",
    "“{text}”是{found}，此处需要{wanted}。",
    "{text} is {found}; {wanted} is needed here.",
    "改为：{suggestion}",
    "Write: {suggestion}",
)
WRONG_UNIT = RefusalCode(
    "rules.wrong_unit",
    "单位不一致：“{left}”以{left_unit}计，“{right}”以{right_unit}计。",
    "Units differ: {left} is in {left_unit}, {right} in {right_unit}.",
    "改为：{suggestion}",
    "Write: {suggestion}",
)
NULL_TRAP = RefusalCode(
    "rules.null_trap",
    "空值陷阱：“{name}”可能为空；为空时“{text}”既不成立也不否定，该行会被悄悄漏掉。",
    "NULL trap: {name} may be missing; then {text} is neither true nor false and the row silently drops out.",
    "改为：{suggestion}",
    "Write: {suggestion}",
)
TOO_LARGE = RefusalCode(
    "rules.number_too_large",
    "数字过大：“{text}”。",
    "The number is too large: {text}.",
    "整数不超过 {limit}；乘数之积不超过 {factor_limit}。",
    "Whole numbers up to {limit}; factors up to {factor_limit} together.",
)
TABLE_WRONG = RefusalCode(
    "rules.table_wrong",
    "决策表有误：{detail}",
    "The decision table is wrong: {detail}",
    "按提示修改该行或该列。",
    "Mend the row or column named.",
)
SEVERAL_HOLD = RefusalCode(
    "rules.several_hold",
    "命中策略为“{policy}”，但第 {rows} 行同时成立。",
    "The hit policy is {policy}, yet rows {rows} hold together.",
    "收窄其中一行的条件，或改用其他命中策略。",
    "Narrow one of the rows, or choose another hit policy.",
)
