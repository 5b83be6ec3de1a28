"""Why a file, a row or a batch is refused. ``masked`` is always the masked value; places stand in the pointer."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode as Code

FILE_EMPTY = Code(
    "file.empty",
    "文件是空的。",
    "The file is empty.",
    "请重新导出后再导入。",
    "Export it again.",
)
FILE_NO_ROWS = Code(
    "file.no_rows",
    "文件只有表头，没有数据行。",
    "The file has a header and no rows.",
    "请检查导出条件。",
    "Check the export's filter.",
)
FILE_TOO_LARGE = Code(
    "file.too_large",
    "文件有 {size} 字节，超过上限 {limit} 字节。",
    "The file has {size} bytes; at most {limit} are taken.",
    "请分成几个文件，或由管理员调高 ARREARS_MAX_UPLOAD_BYTES。",
    "Split it, or have the operator raise ARREARS_MAX_UPLOAD_BYTES.",
    status=413,
)
FILE_MISSING = Code(
    "file.missing",
    "找不到文件。",
    "There is no such file.",
    "请检查路径。",
    "Check the path.",
    status=404,
)
FILE_CHANGED = Code(
    "file.changed",
    "文件内容与本批次登记的指纹不同。",
    "The file is no longer the one this batch was made from (fingerprints differ).",
    "请用原文件继续，或作为新批次导入。",
    "Resume with the original file, or import it as a new batch.",
    status=409,
)
FILE_FORMAT = Code(
    "file.format_unknown",
    "认不出文件格式（{found}）。",
    "The file format is not known ({found}).",
    "支持 CSV、XLSX、Parquet 和 JSON 行；旧版 .xls 请另存为 .xlsx 或 CSV。",
    "CSV, XLSX, Parquet and JSON lines are read; save an old .xls as .xlsx or CSV.",
)
ENCODING = Code(
    "file.encoding",
    "第 {row} 行附近（字节 {offset}）不是有效的 {encoding} 文本。",
    "Near row {row} (byte {offset}) the text is not valid {encoding}.",
    "请以 UTF-8 或 GB18030 重新导出，或用 --encoding 指明编码。",
    "Export as UTF-8 or GB18030, or name the encoding with --encoding.",
)
NUL_BYTE = Code(
    "file.nul_byte",
    "第 {row} 行含有 NUL 字节，文件可能损坏或是二进制文件。",
    "Row {row} holds a NUL byte; the file is damaged or binary.",
    "请从源系统重新导出。",
    "Export it again from the source system.",
)
PARQUET_BROKEN = Code(
    "file.parquet_broken",
    "Parquet 文件不完整或已损坏。",
    "The Parquet file is truncated or damaged.",
    "请重新传输，并核对文件大小与指纹。",
    "Transfer it again and compare size and fingerprint.",
)
XLSX_BROKEN = Code(
    "file.xlsx_broken",
    "XLSX 文件不完整、已损坏或有密码。",
    "The XLSX file is truncated, damaged or protected by a password.",
    "请去掉密码并重新保存。",
    "Remove the password and save it again.",
)
ZIP_BOMB = Code(
    "file.zip_bomb",
    "压缩包展开后为 {expanded} 字节（{ratio} 倍），超过安全上限。",
    "Unpacked, the workbook has {expanded} bytes ({ratio} times its size), beyond the safe limit.",
    "请改用 CSV 导出。",
    "Export as CSV instead.",
)
SHEET_MISSING = Code(
    "file.sheet_missing",
    "工作簿中没有名为“{sheet}”的工作表。",
    "The workbook has no sheet {sheet}.",
    "现有工作表：{known}。",
    "There are: {known}.",
)
HEADER_MISSING = Code(
    "header.missing",
    "缺少必需的列：{missing}。",
    "Required columns are missing: {missing}.",
    "文件的列为：{found}。请改表头，或改用合适的对应方案。",
    "The file has: {found}. Rename the header or choose the profile that fits.",
)
HEADER_DUPLICATE = Code(
    "header.duplicate",
    "表头中“{column}”出现了不止一次（{letters}）。",
    "The header names {column} more than once ({letters}).",
    "请给每一列不同的名称。",
    "Give every column its own name.",
)
HEADER_TOO_WIDE = Code(
    "header.too_many_columns",
    "表头有 {count} 列，上限为 {limit}。",
    "The header has {count} columns; at most {limit} are taken.",
    "请只导出需要的列，并检查分隔符。",
    "Export the columns needed, and check the delimiter.",
)
HEADER_AGAIN = Code(
    "row.header_again",
    "表头在文件中间又出现了一次。",
    "The header stands in the file a second time.",
    "文件像是由几个文件拼接而成；请删除这一行。",
    "Files seem to be pasted together; delete this row.",
)
ROW_RAGGED = Code(
    "row.ragged",
    "这一行有 {found} 个值，表头有 {expected} 列。",
    "The row has {found} values, the header {expected} columns.",
    "检查是否有未加引号的分隔符或缺失的值。",
    "Look for an unquoted delimiter or a missing value.",
)
ROW_QUOTING = Code(
    "row.quoting",
    "引号没有正确闭合。",
    "A quotation mark is not closed properly.",
    "值中的引号要写两次；请从源系统重新导出这一行。",
    "Double the quotation marks inside a value; export this line again.",
)
ROW_JSON = Code(
    "row.json",
    "这一行不是一个 JSON 对象。",
    "The line is not one JSON object.",
    "每行写一个以花括号括起的对象。",
    "Write one object in braces a line.",
)
ROW_UNKNOWN_COLUMN = Code(
    "row.unknown_column",
    "这一行有表头之外的键：{keys}。",
    "The line has keys that the first lines do not: {keys}.",
    "请让每一行的键相同。",
    "Give every line the same keys.",
)
CELL_FORMULA = Code(
    "cell.formula",
    "单元格里是公式，不是值。",
    "The cell holds a formula, not a value.",
    "请把公式粘贴为值后再导出。",
    "Paste the formula as a value and export again.",
)
CELL_ERROR = Code(
    "cell.error",
    "单元格是表格软件的错误值 {masked}。",
    "The cell is a spreadsheet error ({masked}).",
    "请在源表中改正。",
    "Correct it in the source sheet.",
)
TEXT_BROKEN = Code(
    "text.mojibake",
    "文字已在之前的转码中损坏（出现“�”或“锟斤拷”）。",
    "The text was destroyed by an earlier conversion of encodings (replacement characters).",
    "请从源系统以 UTF-8 重新导出。",
    "Export it again from the source system as UTF-8.",
)
TEXT_LONG = Code(
    "text.too_long",
    "文字有 {size} 个字符，上限 {limit}。",
    "The text has {size} characters; at most {limit} are taken.",
    "请缩短。",
    "Shorten it.",
)
FIELD_MISSING = Code(
    "field.missing",
    "缺少“{label}”。",
    "{label_en} is missing.",
    "请从源系统补取。",
    "Fetch it from the source system.",
)
CODE_UNKNOWN = Code(
    "code.unknown",
    "“{label}”不认识值“{masked}”。",
    "{label_en} does not know the value {masked}.",
    "可用：{known}。或在对应方案中添加。",
    "Known: {known}. Or add it to the profile.",
)
DATE_INVALID = Code(
    "date.invalid",
    "“{masked}”不是存在的日期。",
    "{masked} is no day of the calendar.",
    "改为真实存在的日期；2 月 29 日只在闰年有。",
    "Give a day that exists; 29 February exists in leap years only.",
)
DATE_FORMAT = Code(
    "date.format",
    "“{masked}”不是认识的日期写法。",
    "{masked} is not a date in a known form.",
    "请写成 2026-11-23、2026/11/23 或 20261123，或在对应方案中写明格式。",
    "Write 2026-11-23, 2026/11/23 or 20261123, or state the form in the profile.",
)
DATE_RANGE = Code(
    "date.out_of_range",
    "日期 {masked} 不在 1900 至 2200 年之间。",
    "The date {masked} lies outside the years 1900 to 2200.",
    "请核对年份。",
    "Check the year.",
)
DATE_FUTURE = Code(
    "date.in_future",
    "“{label}”{masked} 晚于业务日期 {today}。",
    "{label_en} {masked} lies after the business date {today}.",
    "请核对日期；未来的事实不能预先登记。",
    "Check the date; facts cannot be recorded ahead.",
)
NUMBER_FORMAT = Code(
    "number.format",
    "“{masked}”不是数字。",
    "{masked} is no number.",
    "请写成 12480.35 或 12,480.35。",
    "Write 12480.35 or 12,480.35.",
)
NUMBER_SCIENTIFIC = Code(
    "number.scientific",
    "“{masked}”是科学计数法，可能已丢失位数。",
    "{masked} is in scientific notation and may have lost digits.",
    "请以文本或普通数字重新导出；确认无误时可在对应方案中写 scientific: true。",
    "Export as plain number; where it is known to be exact, say scientific: true in the profile.",
)
AMOUNT_FINE = Code(
    "amount.too_fine",
    "“{masked}”比 {currency} 的最小单位更细。",
    "{masked} is finer than the minor unit of {currency}.",
    "请核对小数位数和币种。",
    "Check decimals and currency.",
)
AMOUNT_NOT_POSITIVE = Code(
    "amount.not_positive",
    "“{label}”必须大于零，现为 {masked}。",
    "{label_en} must be above zero; it is {masked}.",
    "负数的还款请用冲正或退款表示。",
    "Express a negative payment as a reversal or refund.",
)
AMOUNT_NEGATIVE = Code(
    "amount.negative",
    "“{label}”不能为负数（{masked}）。",
    "{label_en} cannot be negative ({masked}).",
    "请核对。",
    "Check it.",
)
INSTALMENT_NOT_POSITIVE = Code(
    "instalment.not_positive",
    "这一期应还合计为零或为负。",
    "The instalment sums to zero or less.",
    "请核对应还本金与利息。",
    "Check principal and interest due.",
)
COUNT_NOT_POSITIVE = Code(
    "count.not_positive",
    "“{label}”必须是正整数，现为 {masked}。",
    "{label_en} must be a positive whole number; it is {masked}.",
    "请核对。",
    "Check it.",
)
RATE_RANGE = Code(
    "rate.out_of_range",
    "“{label}”{masked} 不在 0 至 100（年百分比）之间。",
    "{label_en} {masked} lies outside 0 to 100 percent a year.",
    "年利率以百分比书写：7.2 表示 7.2 %。",
    "Rates are percent a year: 7.2 means 7.2 %.",
)
CURRENCY_UNKNOWN = Code(
    "currency.unknown",
    "“{masked}”不是币种代码。",
    "{masked} is no currency code.",
    "请用 ISO 4217 代码，例如 CNY。",
    "Use an ISO 4217 code such as CNY.",
)
CURRENCY_MISMATCH = Code(
    "currency.mismatch",
    "币种 {masked} 与借据的 {expected} 不同。",
    "The currency {masked} differs from the agreement's {expected}.",
    "请核对；系统不做换算。",
    "Check it; nothing is converted.",
)
DATES_REVERSED = Code(
    "dates.reversed",
    "“{label}”早于“{other}”。",
    "{label_en} lies before {other_en}.",
    "请核对两个日期。",
    "Check both dates.",
)
KEY_TWICE = Code(
    "key.duplicate_in_file",
    "关键字“{key}”在第 {first} 行已经出现过。",
    "The key {key} stands already in row {first}.",
    "请只保留正确的一行。",
    "Keep the row that is right.",
)
KEY_CONFLICT = Code(
    "key.conflict",
    "“{key}”已登记且内容不同（{differs}）。",
    "{key} is recorded already with other content ({differs}).",
    "已登记的事实不会被覆盖；请先冲正或撤销原批次。",
    "Recorded facts are not overwritten; reverse the former one or undo its batch first.",
    status=409,
)
AGREEMENT_UNKNOWN = Code(
    "agreement.unknown",
    "没有借据“{key}”。",
    "There is no agreement {key}.",
    "请先导入借据，或核对编号。",
    "Import the agreement first, or check the number.",
)
PARTY_UNKNOWN = Code(
    "party.unknown",
    "没有客户号“{key}”。",
    "There is no customer {key}.",
    "请先导入客户，或核对编号。",
    "Import the customer first, or check the number.",
)
PORTFOLIO_UNKNOWN = Code(
    "portfolio.unknown",
    "没有资产组合“{key}”。",
    "There is no portfolio {key}.",
    "请由管理员先建立，或用 --new-portfolios 一并建立。",
    "Have the operator create it, or pass --new-portfolios.",
)
BEFORE_DISBURSEMENT = Code(
    "payment.before_disbursement",
    "日期 {masked} 早于借据的起始日 {opened_on}。",
    "The date {masked} lies before the agreement began ({opened_on}).",
    "请核对记账日期和借据号。",
    "Check the posting date and the agreement.",
)
TARGET_UNKNOWN = Code(
    "event.target_unknown",
    "借据下没有原流水“{key}”。",
    "The agreement has no posting {key}.",
    "请核对原流水号。",
    "Check the number of the original posting.",
)
REVERSAL_OF_REVERSAL = Code(
    "event.reversal_of_reversal",
    "“{key}”本身是一笔冲正，不能再冲正。",
    "{key} is itself a reversal and cannot be reversed.",
    "如需恢复，请重新登记原来的一笔。",
    "Record the original posting anew instead.",
)
TARGET_REVERSED = Code(
    "event.target_reversed",
    "“{key}”已被冲正。",
    "{key} is reversed already.",
    "无需再次冲正。",
    "There is nothing to reverse.",
    status=409,
)
TARGET_KIND = Code(
    "event.target_kind",
    "“{key}”的类型是 {found}，不能这样处理。",
    "{key} is a {found}; this cannot be done to it.",
    "冲正适用于任何流水，撤销还款只适用于还款，恢复只适用于暂停。",
    "A reversal fits any posting, a chargeback a payment, a resumption a pause.",
)
PAUSE_OVERLAP = Code(
    "pause.overlap",
    "与该借据 {from_on} 至 {until} 的暂停重叠。",
    "It overlaps a pause of this agreement from {from_on} to {until}.",
    "请先恢复原暂停，或改日期。",
    "Resume the former pause first, or change the dates.",
)
SPLIT_SUM = Code(
    "payment.split_sum",
    "各项分配合计 {found} 与金额 {masked} 不符。",
    "The split sums to {found}, the amount is {masked}.",
    "请核对分配。",
    "Check the split.",
)
SCHEDULE_PRINCIPAL = Code(
    "schedule.principal_sum",
    "还款计划本金合计 {found}，放款本金为 {expected}。",
    "The schedule's principal sums to {found}; {expected} was disbursed.",
    "请核对是否缺期或重复。",
    "Look for a missing or doubled instalment.",
)
SCHEDULE_ORDER = Code(
    "schedule.dates_not_increasing",
    "第 {n} 期的应还日期不晚于前一期。",
    "The due date of instalment {n} is not after the one before.",
    "请核对期次与日期。",
    "Check number and date.",
)
TERMS = Code(
    "agreement.terms",
    "条款无法成立：{why}",
    "The terms cannot be: {why_en}",
    "请核对合同条款。",
    "Check the contract's terms.",
)
CONTROL_ROWS = Code(
    "control.rows",
    "控制行数为 {expected}，实际为 {found}。",
    "The control count is {expected}; the file has {found} rows.",
    "文件可能不完整；请重新传输。",
    "The file may be incomplete; transfer it again.",
)
CONTROL_TOTAL = Code(
    "control.total",
    "控制总额（{column}）为 {expected}，实际为 {found}。",
    "The control total ({column}) is {expected}; the file sums to {found}.",
    "文件可能不完整或被改动；请与来源核对。",
    "The file may be incomplete or altered; compare with the source.",
)
CONTROL_HASH = Code(
    "control.sha256",
    "清单上的指纹与文件不符。",
    "The fingerprint on the manifest is not that of the file.",
    "请重新传输。",
    "Transfer it again.",
)
TOO_MANY_ERRORS = Code(
    "batch.too_many_errors",
    "超过 {limit} 行有错误；多半是对应方案或文件不对。",
    "More than {limit} rows have errors; the profile or the file is most likely the wrong one.",
    "请先看前几行错误的原因，改正后重新导入。",
    "Look at the first errors, correct the cause and import again.",
)
CREDITOR_UNKNOWN = Code(
    "batch.creditor_unknown",
    "没有可用的债权人“{code}”。",
    "There is no creditor {code} within reach.",
    "请核对代码。",
    "Check the code.",
    status=404,
)
BATCH_UNKNOWN = Code(
    "batch.not_found",
    "找不到批次 {id}。",
    "There is no batch {id}.",
    "请核对编号。",
    "Check the id.",
    status=404,
)
BATCH_STATE = Code(
    "batch.state",
    "批次目前是“{state}”，不能执行此操作。",
    "The batch is {state}; that cannot be done now.",
    "请看批次的下一步。",
    "See what the batch's next step is.",
    status=409,
)
NOTHING_GOOD = Code(
    "batch.nothing_good",
    "没有一行可以导入。",
    "No row of the file can go in.",
    "请看错误的原因（例如先要导入客户或借据），改正后重新导入。",
    "Look at the rules that failed (customers or agreements may have to come first), then import again.",
    status=409,
)
BATCH_PENDING = Code(
    "batch.awaiting_approval",
    "批次正在等待第二人审批（{approval}）。",
    "The batch waits for a second person's approval ({approval}).",
    "请由有权限的人审批。",
    "Have it decided by somebody with the authority.",
    status=409,
)
BATCH_BUSY = Code(
    "batch.busy",
    "批次正由另一进程处理。",
    "Another process is working on this batch.",
    "请稍候再试。",
    "Try again shortly.",
    status=409,
)
SPOOL_LOST = Code(
    "batch.spool_lost",
    "批次的检查结果已不在磁盘上，需要原文件重新检查。",
    "What the check prepared is no longer on disk; the original file is needed to check again.",
    "请用原文件重新导入。",
    "Import the original file again.",
    status=409,
)
ROW_UNKNOWN = Code(
    "batch.row_not_held",
    "批次中没有被暂扣的第 {row} 行。",
    "The batch holds no row {row}.",
    "请看暂扣清单。",
    "See the list of held rows.",
    status=404,
)
MEND_COLUMN = Code(
    "batch.no_such_column",
    "文件中没有列“{column}”。",
    "The file has no column {column}.",
    "可用的列：{known}。",
    "There are: {known}.",
)
UNDO_DEPENDENTS = Code(
    "batch.undo_dependents",
    "后来的登记依赖于本批次，不能撤销：{dependents}。",
    "Later records depend on this batch, so it cannot be undone: {dependents}.",
    "请先撤销这些登记。",
    "Undo those first.",
    status=409,
)
PROFILE_UNKNOWN = Code(
    "profile.not_found",
    "没有对应方案“{id}”。",
    "There is no profile {id}.",
    "可用：{known}。",
    "There are: {known}.",
    status=404,
)
PROFILE_INVALID = Code(
    "profile.invalid",
    "对应方案有误：{why}",
    "The profile is wrong: {why_en}",
    "见 {pointer}。",
    "See {pointer}.",
)
EXPRESSION = Code(
    "profile.expression",
    "推算式无法使用：{why}",
    "The expression cannot be used: {why_en}",
    "可用四则（不含除法）、case、least、greatest、coalesce、|| 与比较。",
    "Use + - *, case, least, greatest, coalesce, || and comparisons.",
)
SCHEDULE_COMPANION = Code(
    "schedule.companion_held",
    "同一借据的其他期次有错误，整份还款计划一起暂扣。",
    "Another instalment of this agreement has an error; a schedule waits as a whole.",
    "改正有错误的期次后，整份计划一并导入。",
    "Mend the instalment in error; the whole schedule then goes in.",
)
