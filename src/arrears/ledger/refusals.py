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
TOO_FAR_AHEAD = _code(
    "too_far_ahead",
    "生效日 {day} 晚于允许的最后日期 {latest}。",
    "The effective date {day} is after {latest}, the last one allowed.",
    "核对日期；更远的安排到期前再登记。",
    "Check the date; record what lies further ahead when it comes nearer.",
)
BEFORE_OPENING = _code(
    "before_opening",
    "日期 {day} 早于签约日 {opened}。",
    "The date {day} is before the agreement was opened on {opened}.",
    "核对日期与借据编号。",
    "Check the date and the agreement number.",
)
DUE_BEFORE = _code(
    "due_before",
    "到期日 {due} 早于生效日 {day}。",
    "The due date {due} is before the effective date {day}.",
    "到期日须不早于生效日。",
    "Give a due date on or after the effective date.",
)
TRANSFERRED_ALREADY = _code(
    "transferred_already",
    "债权已于 {day} 转让，不再接受该操作。",
    "The claim was transferred on {day} and takes no such act.",
    "由受让人办理；转让有误请先冲回。",
    "The new creditor acts on it; reverse the transfer if it was a mistake.",
    409,
)
ACCELERATED_ALREADY = _code(
    "accelerated_already",
    "借据已于 {day} 提前到期。",
    "The agreement was accelerated on {day} already.",
    "无需再次办理。",
    "Nothing more to do.",
    409,
)
NOT_REVOLVING = _code(
    "not_revolving",
    "该借据不是循环授信，不能用信或出账。",
    "This agreement is not revolving; it takes neither draws nor statements.",
    "核对借据编号；普通贷款请登记还款计划。",
    "Check the agreement number; a loan takes a schedule.",
)
MINIMUM_ABOVE_BALANCE = _code(
    "minimum_above_balance",
    "最低还款额 {minimum} 为负或超过账单余额 {closing}。",
    "The minimum due {minimum} is negative or above the closing balance {closing}.",
    "核对账单。",
    "Check the statement.",
)
RATE_WRONG = _code(
    "rate_wrong",
    "“{rate}”不是 0 至 1000 之间的年利率（百分数）。",
    "“{rate}” is no rate between 0 and 1,000 percent a year.",
    "填写十进制百分数，例如 14.4。",
    "Give decimal percent, such as 14.4.",
)
NOT_HOST_KEPT = _code(
    "not_host_kept",
    "该借据由本系统核算，不接收主机余额。",
    "This agreement is kept by us and takes no host positions.",
    "将核算方式改为“主机”或“两者”后再报送。",
    "Set its keeping to host or both first.",
)
FIGURE_UNKNOWN = _code(
    "figure_unknown",
    "余额中没有可用的数，或“{word}”不认识；可用：{known}。",
    "No usable figure, or “{word}” is unknown; known: {known}.",
    "至少给出一个可用的数。",
    "Give at least one known figure.",
)
FIGURE_NEGATIVE = _code(
    "figure_negative",
    "{word} 为负：{value}。",
    "{word} is negative: {value}.",
    "只有余额可以为负（溢缴）。",
    "Only the balance may be negative (an overpayment).",
)
PARTS_ABOVE_WHOLE = _code(
    "parts_above_whole",
    "逾期各成分合计 {parts} 超过逾期金额 {whole}。",
    "The overdue parts add up to {parts}, more than the overdue amount {whole}.",
    "核对各成分或合计。",
    "Check the parts or the whole.",
)
SPLIT_UNREADABLE = _code(
    "split_unreadable",
    "分配中 {component} 的金额无法读取，或细于币种的最小单位。",
    "The split's amount of {component} cannot be read or is finer than the currency's minor unit.",
    '用带引号的小数填写，例如 "120.50"。',
    'Write decimal text, for example "120.50".',
)
LINE_UNREADABLE = _code(
    "line_unreadable",
    "这一行不是有效的 JSON 对象。",
    "This line is not a valid JSON object.",
    "每行一个 JSON 对象，UTF-8 编码。",
    "One JSON object a line, in UTF-8.",
    400,
)
LINE_WRONG = _code(
    "line_wrong",
    "这一行有 {count} 处不符合要求。",
    "{count} place(s) of this line do not fit.",
    "请按 errors 中的位置逐一改正。",
    "Correct the places named in errors.",
)
LINE_FIELD = _code(
    "line_field", "该字段不符合要求：{why}。", "The field does not fit: {why}.", "请改正该字段。", "Correct the field."
)
TOO_MANY_LINES = _code(
    "too_many_lines",
    "一次最多 {limit} 行。",
    "At most {limit} lines in one call.",
    "请分批发送，或通过导入上传文件。",
    "Send it in parts, or upload a file as an import.",
    413,
)
PORTFOLIO_UNKNOWN = _code(
    "portfolio_unknown",
    "没有资产包 {code}，或不在您的范围内。",
    "There is no portfolio {code}, or it is outside your scope.",
    "核对资产包代码。",
    "Check the portfolio's code.",
    404,
)
NUMBER_AMBIGUOUS = _code(
    "number_ambiguous",
    "借据号 {reference} 在多家机构存在，无法确定是哪一份。",
    "The agreement number {reference} exists at several creditors; it does not say which is meant.",
    "改用借据的公开编号（agr_…）。",
    "Use the agreement's public id (agr_…).",
    409,
)
