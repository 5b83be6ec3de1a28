"""Why a run or a worklist question is refused."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

NO_CREDITOR = RefusalCode(
    "run.no_creditor",
    "没有机构 {code}。",
    "There is no creditor {code}.",
    "核对代码：arrears access 可列出。",
    "Check the code.",
    status=404,
)
UNBALANCED = RefusalCode(
    "run.unbalanced",
    "{currency} 金额不平：账簿 {book}，作业清单 {list}（最小单位）。",
    "{currency} does not balance: book {book}, worklist {list} (minor units).",
    "什么都没有写入；请报告此问题。",
    "Nothing was written; please report this.",
    status=500,
)
NO_RUN = RefusalCode(
    "run.none",
    "{day} 尚未运行。",
    "There is no run for {day}.",
    "先运行 arrears run --date {day}。",
    "Run arrears run --date {day} first.",
    status=404,
)
