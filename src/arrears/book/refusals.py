"""Why a book is refused."""

from arrears.kernel.refusals import RefusalCode

CREDITOR_UNKNOWN = RefusalCode(
    "book.creditor_unknown",
    zh="没有机构 {code}，或不在您的范围内。",
    en="There is no creditor {code}, or it is outside your scope.",
    fix_zh="核对机构代码。",
    fix_en="Check the creditor's code.",
    status=404,
)
NO_BOOK = RefusalCode(
    "book.none",
    zh="{day} 没有资产簿。",
    en="There is no book of {day}.",
    fix_zh="运行 arrears book build --date {day}。",
    fix_en="Run arrears book build --date {day}.",
    status=404,
)
