"""Why a letter is refused."""

from arrears.kernel.refusals import RefusalCode

NOTHING_OVERDUE = RefusalCode(
    "letter.nothing_overdue",
    zh="截至 {day}，该客户没有逾期款项。",
    en="As of {day} nothing is overdue for this customer.",
    fix_zh="无需发函；如刚还款，请等待入账。",
    fix_en="No letter is needed; if a payment is on its way, wait until it is recorded.",
    status=409,
)
NO_ADDRESS = RefusalCode(
    "letter.no_address",
    zh="该客户没有可用的通讯地址。",
    en="The customer has no usable postal address.",
    fix_zh="补充地址后重试，或改用其他渠道。",
    fix_en="Add an address and try again, or use another channel.",
    status=409,
)
CUSTOMER_UNKNOWN = RefusalCode(
    "letter.customer_unknown",
    zh="没有客户 {id}，或不在您的范围内。",
    en="There is no customer {id}, or it is outside your scope.",
    fix_zh="核对客户编号。",
    fix_en="Check the customer's id.",
    status=404,
)
LETTER_UNKNOWN = RefusalCode(
    "letter.unknown",
    zh="没有函件 {id}，或不在您的范围内。",
    en="There is no letter {id}, or it is outside your scope.",
    fix_zh="核对函件编号。",
    fix_en="Check the letter's id.",
    status=404,
)
REPRINT_DIFFERS = RefusalCode(
    "letter.reprint_differs",
    zh="函件 {id} 重印与原件不一致，未提供。",
    en="The reprint of {id} is not the original byte for byte; it is not given out.",
    fix_zh="模板版本已变更；请联系运营，以原版本重印。",
    fix_en="The template has changed; ask operations to reprint with the version of the original.",
    status=409,
)
ALREADY_SENT = RefusalCode(
    "letter.already_sent",
    zh="步骤 {step} 的函件已于 {sent_on} 发出。",
    en="The letter of step {step} already left on {sent_on}.",
    fix_zh="如需副本请重印；下一封由策略在到期日安排。",
    fix_en="Reprint it for a copy; the strategy plans the next one for its day.",
    status=409,
)
