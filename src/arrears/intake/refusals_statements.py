"""Why a bank statement, or an act on a receipt, is refused."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

TOO_LARGE = RefusalCode(
    "statement.too_large",
    zh="对账单文件有 {size} 字节，超过上限 {limit} 字节。",
    en="The statement file has {size} bytes, more than the limit of {limit}.",
    fix_zh="请向银行按日获取较小的对账单。",
    fix_en="Ask the bank for smaller statements, by day for example.",
    status=413,
)
NOT_RECOGNISED = RefusalCode(
    "statement.not_recognised",
    zh="文件不是已知的对账单格式。",
    en="The file is no statement in a known format.",
    fix_zh="支持 camt.052、camt.053、camt.054（XML）、MT940、MT942 和带表头的 CSV。",
    fix_en="Known are camt.052, camt.053, camt.054 (XML), MT940, MT942 and CSV with a header row.",
)
ENCODING = RefusalCode(
    "statement.encoding",
    zh="无法按 {encodings} 解码文件，第 {position} 个字节有误。",
    en="The file cannot be decoded as {encodings}: byte {position} is wrong.",
    fix_zh="请以 UTF-8 或 GB18030 重新导出。",
    fix_en="Export it again as UTF-8 or GB18030.",
)
NOT_XML = RefusalCode(
    "statement.not_xml",
    zh="XML 无法解析：{problem}。",
    en="The XML cannot be parsed: {problem}.",
    fix_zh="文件可能被截断或改动，请重新获取。",
    fix_en="The file is perhaps truncated or edited; fetch it again.",
)
HAS_DOCTYPE = RefusalCode(
    "statement.has_doctype",
    zh="XML 含有文档类型声明或实体，出于安全不予读取。",
    en="The XML has a document type or entities; such a file is not read, for safety.",
    fix_zh="银行报文不应含 DOCTYPE，请核实来源。",
    fix_en="No bank message has a DOCTYPE; check where the file came from.",
)
NO_STATEMENT = RefusalCode(
    "statement.no_statement",
    zh="文件中没有任何对账单。",
    en="The file holds no statement.",
    fix_zh="请向银行重新获取完整文件。",
    fix_en="Fetch the complete file from the bank again.",
)
BAD_VALUE = RefusalCode(
    "statement.bad_value",
    zh="“{field}”的值“{value}”无法读取：{problem}。",
    en="“{field}” has the value “{value}”, which cannot be read: {problem}.",
    fix_zh="请更正该处或向银行索取更正后的文件。",
    fix_en="Correct it there, or ask the bank for a corrected file.",
)
MISSING_VALUE = RefusalCode(
    "statement.missing_value",
    zh="缺少“{field}”。",
    en="“{field}” is missing.",
    fix_zh="该项是必需的，请向银行索取完整文件。",
    fix_en="It is required; ask the bank for a complete file.",
)
NO_COLUMN = RefusalCode(
    "statement.no_column",
    zh="表头缺少列：{columns}。",
    en="The header lacks a column: {columns}.",
    fix_zh="表头至少需要日期，以及金额或借方、贷方金额。",
    fix_en="A header needs at least a date, and an amount or debit and credit columns.",
)
RAGGED_ROW = RefusalCode(
    "statement.ragged_row",
    zh="该行有 {found} 列，表头有 {expected} 列。",
    en="The row has {found} cells; the header has {expected}.",
    fix_zh="请检查分隔符和引号后重新导出。",
    fix_en="Check delimiter and quotes and export again.",
)
BALANCES_DIFFER = RefusalCode(
    "statement.balances_differ",
    zh="余额不平：期初 {opening} + 发生额 {movements} = {expected}，而期末为 {closing}，相差 {difference} {currency}。",
    en="The balances do not add up: opening {opening} + movements {movements} = {expected}, but closing is {closing}; "
    "off by {difference} {currency}.",
    fix_zh="请向银行核实；确需先行登记时可选择“挂起导入”，其中的款项不会入账。",
    fix_en="Ask the bank. To keep it meanwhile, import it on hold: none of its receipts is posted.",
)
BALANCE_CURRENCY = RefusalCode(
    "statement.balance_currency",
    zh="余额无法核对：账户币种为 {currency}，而“{field}”以 {other} 计。",
    en="The balances cannot be checked: the account is in {currency}, but “{field}” is in {other}.",
    fix_zh="请向银行核实；确需先行登记时可选择“挂起导入”。",
    fix_en="Ask the bank. To keep it meanwhile, import it on hold.",
)
UNKNOWN_CREDITOR = RefusalCode(
    "statement.unknown_creditor",
    zh="找不到债权人“{creditor}”，或您无权使用。",
    en="There is no creditor “{creditor}” that you may use.",
    fix_zh="请核对债权人代码。",
    fix_en="Check the creditor's code.",
    status=404,
)
NOT_FOUND = RefusalCode(
    "statement.not_found",
    zh="找不到该对账单或款项，或您无权查看。",
    en="There is no such statement or receipt that you may see.",
    fix_zh="请刷新列表后重试。",
    fix_en="Reload the list and try again.",
    status=404,
)
NOT_HELD = RefusalCode(
    "statement.not_held",
    zh="该对账单没有挂起，当前状态为 {state}。",
    en="The statement is not on hold; it is {state}.",
    fix_zh="无需放行。",
    fix_en="There is nothing to release.",
    status=409,
)
REASON_NEEDED = RefusalCode(
    "statement.reason_needed",
    zh="请填写原因。",
    en="A reason is needed.",
    fix_zh="原因会写入日志，供以后查核。",
    fix_en="It is kept in the journal for whoever looks later.",
)
NOT_OPEN = RefusalCode(
    "receipt.not_open",
    zh="该款项的状态是 {state}，不能再处理。",
    en="The receipt is {state} and cannot be dealt with again.",
    fix_zh="如需更改，请先撤销。",
    fix_en="To change it, undo it first.",
    status=409,
)
NOT_A_CREDIT = RefusalCode(
    "receipt.not_a_credit",
    zh="这笔是支出，不是收款。",
    en="This entry is money going out, not a receipt.",
    fix_zh="退款或退汇请在还款处冲正。",
    fix_en="Returned payments are reversed at the payment itself.",
)
SPLIT_SUM = RefusalCode(
    "receipt.split_sum",
    zh="拆分合计 {total} 与款项金额 {amount} {currency} 不符。",
    en="The parts sum to {total}, the receipt is {amount} {currency}.",
    fix_zh="每一分钱都要有去处，请调整各部分金额。",
    fix_en="Every cent needs a place: adjust the parts.",
)
SPLIT_PART = RefusalCode(
    "receipt.split_part",
    zh="拆分的各部分必须大于零，且每份合同只出现一次。",
    en="Every part must be above zero, and each agreement named once.",
    fix_zh="请合并或删除有误的部分。",
    fix_en="Merge or remove the wrong part.",
)
CURRENCY_MISMATCH = RefusalCode(
    "receipt.currency_mismatch",
    zh="款项为 {currency}，合同为 {other}。",
    en="The receipt is in {currency}, the agreement in {other}.",
    fix_zh="请选择同币种的合同。",
    fix_en="Choose an agreement in the same currency.",
)
NO_AGREEMENT = RefusalCode(
    "receipt.no_agreement",
    zh="找不到合同“{agreement}”，或您无权查看。",
    en="There is no agreement “{agreement}” that you may see.",
    fix_zh="请核对合同编号。",
    fix_en="Check the agreement number.",
    status=404,
)
NOTHING_TO_UNDO = RefusalCode(
    "receipt.nothing_to_undo",
    zh="该款项的状态是 {state}，没有可撤销的处理。",
    en="The receipt is {state}; there is nothing to undo.",
    fix_zh="请刷新列表。",
    fix_en="Reload the list.",
    status=409,
)
POSSIBLE_DUPLICATE = RefusalCode(
    "receipt.possible_duplicate",
    zh="这笔款项与已导入的一笔完全相同，且银行未给出流水号。",
    en="This receipt equals one imported before, and the bank gives no reference to tell them apart.",
    fix_zh="可能是重复导入，也可能确有两笔。请核对银行流水后再入账。",
    fix_en="It may be the same money twice or a second payment: look at the account before posting it.",
    status=409,
)
