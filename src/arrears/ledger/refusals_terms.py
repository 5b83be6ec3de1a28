"""Why terms of a loan are refused."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

UNKNOWN_WORD = RefusalCode(
    "terms.unknown_word",
    zh="合同条款中有不认识的字段“{word}”。",
    en="The terms hold the unknown word “{word}”.",
    fix_zh="可用字段：{known}。",
    fix_en="Known words: {known}.",
)
UNKNOWN_VALUE = RefusalCode(
    "terms.unknown_value",
    zh="条款“{word}”的值“{value}”无法识别。",
    en="The term “{word}” has the value “{value}”, which is not known.",
    fix_zh="可用取值：{known}。",
    fix_en="Possible values: {known}.",
)
MISSING = RefusalCode(
    "terms.missing",
    zh="缺少条款“{word}”。",
    en="The term “{word}” is missing.",
    fix_zh="请补充“{word}”。",
    fix_en="Add “{word}”.",
)
NOT_A_NUMBER = RefusalCode(
    "terms.not_a_number",
    zh="条款“{word}”的值“{value}”不是十进制数。",
    en="The term “{word}” is “{value}”, which is not a decimal number.",
    fix_zh='请用带引号的十进制数，例如 "250.00"。',
    fix_en='Write a quoted decimal number such as "250.00".',
)
NOT_A_DATE = RefusalCode(
    "terms.not_a_date",
    zh="条款“{word}”的值“{value}”不是存在的日期。",
    en="The term “{word}” is “{value}”, which is no date of the calendar.",
    fix_zh="请用年-月-日，例如 2026-11-23。",
    fix_en="Write year-month-day, such as 2026-11-23.",
)
CURRENCY = RefusalCode(
    "terms.currency",
    zh="“{value}”不是三位大写币种代码。",
    en="“{value}” is not a currency code of three capital letters.",
    fix_zh="请用 ISO 4217 代码，例如 CNY。",
    fix_en="Use the ISO 4217 code, such as CNY.",
    rule="ISO 4217",
)
FINER_THAN_CURRENCY = RefusalCode(
    "terms.finer_than_currency",
    zh="“{word}”为 {value}，小于 {currency} 的最小货币单位。",
    en="“{word}” is {value}, finer than the smallest unit of {currency}.",
    fix_zh="请按币种的小数位填写。",
    fix_en="Give it in whole smallest units of the currency.",
)
NOT_POSITIVE = RefusalCode(
    "terms.not_positive",
    zh="“{word}”必须大于零，实际为 {value}。",
    en="“{word}” must be above zero and is {value}.",
    fix_zh="请核对合同后更正。",
    fix_en="Check the contract and correct it.",
)
RATE_OUT_OF_RANGE = RefusalCode(
    "terms.rate_out_of_range",
    zh="年利率 {value}% 超出可计算范围（大于 -100%，不超过 10000%）。",
    en="An annual rate of {value} percent cannot be computed with (above -100, at most 10,000).",
    fix_zh="利率以每年百分比填写，例如 12 表示 12%。",
    fix_en="Rates are percent a year: 12 means 12 percent.",
)
BEFORE_DISBURSEMENT = RefusalCode(
    "terms.before_disbursement",
    zh="“{word}”（{value}）不能早于放款日 {disbursed_on}。",
    en="“{word}” ({value}) is before the disbursement on {disbursed_on}.",
    fix_zh="请核对放款日与到期日。",
    fix_en="Check the day of disbursement and the due days.",
)
NOT_INCREASING = RefusalCode(
    "terms.not_increasing",
    zh="“{word}”中的日期 {value} 没有晚于前一个日期。",
    en="In “{word}” the date {value} is not after the one before it.",
    fix_zh="日期必须逐个递增且不重复。",
    fix_en="The dates must increase, each once.",
)
NO_END = RefusalCode(
    "terms.no_end",
    zh="还款计划没有终点：没有期数、到期日，也无法由还款额推出。",
    en="The schedule has no end: no count, no maturity, and no payment it could follow from.",
    fix_zh="请填写 instalments.count、maturity 或 amortized_until。",
    fix_en="Give instalments.count, maturity or amortized_until.",
)
NEVER_REPAID = RefusalCode(
    "terms.never_repaid",
    zh="每期还款 {value} 不足以在 {limit} 期内还清本金。",
    en="With {value} an instalment the principal is not repaid within {limit} instalments.",
    fix_zh="请提高每期还款额，或填写到期日。",
    fix_en="Raise the instalment, or give a maturity.",
)
TOO_MANY = RefusalCode(
    "terms.too_many_instalments",
    zh="期数 {value} 超过上限 {limit}。",
    en="{value} instalments are more than the limit of {limit}.",
    fix_zh="请核对期数与还款间隔。",
    fix_en="Check the count and the step.",
)
CONFLICT = RefusalCode(
    "terms.conflict",
    zh="条款“{word}”与“{other}”不能同时使用。",
    en="The terms “{word}” and “{other}” cannot stand together.",
    fix_zh="请删去其中之一。",
    fix_en="Remove one of them.",
)
DOWN_PAYMENT = RefusalCode(
    "terms.down_payment",
    zh="首付 {value} 必须大于零并小于本金 {principal}。",
    en="The down payment of {value} must be above zero and below the principal of {principal}.",
    fix_zh="请核对首付比例或金额。",
    fix_en="Check the percentage or amount.",
)
GRACE = RefusalCode(
    "terms.grace",
    zh="宽限期数 {value} 不能达到或超过总期数 {count}。",
    en="A grace of {value} instalments leaves none of the {count} to pay.",
    fix_zh="请减少宽限期数。",
    fix_en="Shorten the grace.",
)
INSTALMENT_TOO_SMALL = RefusalCode(
    "terms.instalment_not_positive",
    zh="第 {n} 期（{due_on}）应还 {value}，不大于零。",
    en="Instalment {n}, due {due_on}, would be {value}, which is not above zero.",
    fix_zh="请核对利率、期数和取整规则。",
    fix_en="Check rate, count and rounding.",
)
