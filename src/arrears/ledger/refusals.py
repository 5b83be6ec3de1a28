"""Why a ledger act is refused. One test row per code: tests/ledger/test_refusals.py."""

from arrears.kernel.refusals import RefusalCode


def _code(code: str, zh: str, en: str, fix_zh: str, fix_en: str, status: int = 422, rule: str = "") -> RefusalCode:
    return RefusalCode(f"ledger.{code}", zh, en, fix_zh, fix_en, status, rule)


AGREEMENT_UNKNOWN = _code(
    "agreement_unknown",
    "没有借据 {reference}，或不在您的范围内。",
    "There is no agreement {reference}, or it is outside your scope.",
    "核对编号；如属其他机构或资产包，请联系运营。",
    "Check the number; ask operations if it belongs to another creditor or portfolio.",
    404,
)
AGREEMENT_EXISTS = _code(
    "agreement_exists",
    "借据 {reference} 已存在。",
    "The agreement {reference} exists already.",
    "改用登记事件，或换用新的编号。",
    "Record an event on it, or use a new number.",
    409,
)
PARTY_UNKNOWN = _code(
    "party_unknown",
    "没有当事人 {reference}，或不在您的范围内。",
    "There is no party {reference}, or it is outside your scope.",
    "先登记当事人。",
    "Register the party first.",
    404,
)
EVENT_UNKNOWN = _code(
    "event_unknown",
    "该借据没有事件 {target}。",
    "This agreement has no event {target}.",
    "核对事件编号。",
    "Check the event id.",
    404,
)
KEY_REUSED = _code(
    "key_reused",
    "标识 {key} 已用于内容不同的事件。",
    "The key {key} was used for an event with other content.",
    "更正请先冲回原事件，再用新标识登记。",
    "To correct, reverse the first event and record anew under a new key.",
    409,
)
AMOUNT_NOT_POSITIVE = _code(
    "amount_not_positive",
    "金额须大于零，收到 {amount}。",
    "The amount must be above zero; {amount} was given.",
    "填写正数；减少欠款请用减免或冲回。",
    "Give a positive amount; to lower a debt use a waiver or a reversal.",
)
CURRENCY_MISMATCH = _code(
    "currency_mismatch",
    "币种 {given} 与借据币种 {agreement} 不同。",
    "The currency {given} is not the agreement's {agreement}.",
    "按借据币种登记，或登记到另一笔借据。",
    "Record it in the agreement's currency, or on another agreement.",
)
BEFORE_DISBURSEMENT = _code(
    "before_disbursement",
    "日期 {day} 早于放款日 {start}。",
    "The date {day} is before the disbursement on {start}.",
    "核对日期与借据编号。",
    "Check the date and the agreement number.",
)
NOT_DISBURSED = _code(
    "not_disbursed",
    "借据尚未放款，不能登记还款。",
    "The agreement has not been disbursed, so nothing can be paid on it.",
    "先登记放款。",
    "Record the disbursement first.",
)
IN_FUTURE = _code(
    "in_future",
    "生效日 {day} 晚于业务日 {today}。",
    "The effective date {day} is after the business date {today}.",
    "只能登记已发生的事实；将来的安排请用计划或暂停。",
    "Record what has happened; use a schedule or a pause for what is to come.",
)
REVERSAL_OF_REVERSAL = _code(
    "reversal_of_reversal",
    "冲回本身不能再被冲回。",
    "A reversal cannot itself be reversed.",
    "重新登记原事件即可恢复。",
    "Record the original event anew to bring it back.",
    409,
)
ALREADY_REVERSED = _code(
    "already_reversed",
    "事件 {target} 已被冲回。",
    "The event {target} has been reversed already.",
    "无需再次冲回。",
    "Nothing more to do.",
    409,
)
NOT_REVERSIBLE = _code(
    "not_reversible",
    "{kind} 事件有后续事件依赖，不能冲回。",
    "Later events depend on this {kind} event; it cannot be reversed.",
    "先冲回依赖它的事件。",
    "Reverse the events that depend on it first.",
    409,
)
NOT_A_PAYMENT = _code(
    "not_a_payment",
    "事件 {target} 不是还款，不能退单。",
    "The event {target} is no payment and cannot be charged back.",
    "选择一笔还款。",
    "Choose a payment.",
)
MORE_THAN_PAID = _code(
    "more_than_paid",
    "退单 {amount} 超过该笔还款余下的 {most}。",
    "The chargeback of {amount} is more than the {most} left of that payment.",
    "核对金额。",
    "Check the amount.",
)
MORE_THAN_OWED = _code(
    "more_than_owed",
    "减免 {amount} 超过该成分未还的 {most}。",
    "The waiver of {amount} is more than the {most} open of that component.",
    "减免额不超过未还金额。",
    "Waive at most what is open.",
)
MORE_THAN_CREDIT = _code(
    "more_than_credit",
    "退款 {amount} 超过溢缴款 {most}。",
    "The refund of {amount} is more than the credit of {most}.",
    "退款不超过溢缴款。",
    "Refund at most the credit.",
)
SPLIT_DIFFERS = _code(
    "split_differs",
    "拆分合计 {parts} 与还款金额 {amount} 不符。",
    "The split adds up to {parts}, not to the payment of {amount}.",
    "让各成分之和等于还款金额。",
    "Let the parts add up to the payment.",
)
PRINCIPAL_DIFFERS = _code(
    "principal_differs",
    "计划本金合计 {rows} 与放款 {loan} 不符。",
    "The schedule's principal adds up to {rows}, the loan is {loan}.",
    "补齐或更正计划行。",
    "Complete or correct the rows.",
)
ROW_WRONG = _code(
    "row_wrong", "计划第 {n} 行有误：{zh}。", "Row {n} of the schedule is wrong: {en}.", "更正该行。", "Correct the row."
)
SCHEDULE_EMPTY = _code(
    "schedule_empty", "还款计划没有任何一期。", "The schedule has no rows.", "至少给出一期。", "Give at least one instalment."
)
CLOSED = _code(
    "closed",
    "借据已于 {day} 关闭，不再接受该操作。",
    "The agreement was closed on {day} and takes no such act.",
    "如关闭有误，请先冲回关闭。",
    "If it was closed by mistake, reverse the closing first.",
    409,
)
WRITTEN_OFF_ALREADY = _code(
    "written_off_already",
    "借据已于 {day} 核销。",
    "The agreement was written off on {day} already.",
    "无需再次核销。",
    "Nothing more to do.",
    409,
)
TERMS_WRONG = _code(
    "terms_wrong", "条款有误，见各项。", "The terms are wrong; see each item.", "逐项更正。", "Correct each item."
)
PAUSE_ENDS_BEFORE_START = _code(
    "pause_ends_before_start",
    "暂停的结束 {until} 早于开始 {start}。",
    "The pause ends {until} before it starts {start}.",
    "结束日须不早于开始日。",
    "Give an end on or after the start.",
)
PAUSE_OVERLAPS = _code(
    "pause_overlaps",
    "与 {start} 至 {until} 的暂停重叠。",
    "It overlaps the pause from {start} to {until}.",
    "先恢复原暂停，或改用不重叠的日期。",
    "Resume that pause first, or choose dates that do not overlap.",
    409,
)
NO_ACTIVE_PAUSE = _code(
    "no_active_pause",
    "{on} 没有生效的暂停可恢复。",
    "No pause is active on {on}, so there is nothing to resume.",
    "核对日期；已结束的暂停无需恢复。",
    "Check the date; a pause that has ended needs no resuming.",
    409,
)
RESUME_LATER = _code(
    "resume_later",
    "恢复日 {day} 晚于业务日 {on}。",
    "The resume is dated {day}, after the business date {on}.",
    "恢复只能当日或之前办理。",
    "Resume on the business date or earlier.",
)
