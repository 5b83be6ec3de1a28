"""Why an act or an input about people is refused."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

ID_ROUNDED = RefusalCode(
    "id.rounded_by_spreadsheet",
    "证件号“{masked}”被表格软件改成了科学计数法或末位被清零，原号码已经丢失。",
    "The identity number {masked} was rounded by a spreadsheet (scientific notation or zeroed end); the true one is lost.",
    "请从源系统重新导出，并把该列设为文本格式。",
    "Export again from the source system with the column formatted as text.",
    rule="GB 11643-1999; a spreadsheet keeps 15 digits",
)
ID_SHAPE = RefusalCode(
    "id.shape",
    "“{masked}”不是居民身份证号：应为 18 位（末位可为 X）或旧的 15 位。",
    "{masked} is no resident identity number: 18 places (the last may be X) or the old 15 are needed.",
    "请核对号码，或把证件类型改为护照或其他。",
    "Check the number, or set the identity kind to passport or other.",
    rule="GB 11643-1999",
)
ID_CHECKSUM = RefusalCode(
    "id.checksum",
    "证件号“{masked}”的校验位不符，至少有一位写错。",
    "The check digit of {masked} does not fit: at least one place is wrong.",
    "请与证件原件核对后改正。",
    "Compare with the document and correct it.",
    rule="GB 11643-1999, ISO 7064 MOD 11-2",
)
ID_BIRTH_DATE = RefusalCode(
    "id.birth_date",
    "证件号“{masked}”中的出生日期不存在。",
    "The date of birth inside {masked} does not exist.",
    "请与证件原件核对后改正。",
    "Compare with the document and correct it.",
    rule="GB 11643-1999",
)
ID_REGION = RefusalCode(
    "id.region",
    "证件号“{masked}”的前两位不是省级行政区代码。",
    "The first two places of {masked} are no province code.",
    "请与证件原件核对后改正。",
    "Compare with the document and correct it.",
    rule="GB/T 2260",
)
USCC_SHAPE = RefusalCode(
    "uscc.shape",
    "“{masked}”不是统一社会信用代码：应为 18 位数字或大写字母（不含 I、O、S、V、Z）。",
    "{masked} is no unified social credit code: 18 digits or capitals without I, O, S, V, Z are needed.",
    "请与营业执照核对后改正。",
    "Compare with the business licence and correct it.",
    rule="GB 32100-2015",
)
USCC_CHECKSUM = RefusalCode(
    "uscc.checksum",
    "统一社会信用代码“{masked}”的校验位不符。",
    "The check character of the unified social credit code {masked} does not fit.",
    "请与营业执照核对后改正。",
    "Compare with the business licence and correct it.",
    rule="GB 32100-2015",
)
ID_KIND = RefusalCode(
    "id.kind",
    "不认识的证件类型“{kind}”。",
    "Unknown identity kind {kind}.",
    "可用：cn_resident_id、cn_uscc、passport、other。",
    "Use cn_resident_id, cn_uscc, passport or other.",
)
PHONE_SHAPE = RefusalCode(
    "phone.shape",
    "“{masked}”不是可以拨打的电话号码。",
    "{masked} is no dialable phone number.",
    "请填写 11 位手机号、带区号的固定电话，或以 + 开头的国际号码。",
    "Give an 11-digit mobile number, a landline with area code, or an international number starting with +.",
)
PHONE_ROUNDED = RefusalCode(
    "phone.rounded_by_spreadsheet",
    "电话号码被表格软件改成了科学计数法，原号码已经丢失。",
    "The phone number was turned into scientific notation by a spreadsheet; the true number is lost.",
    "请从源系统重新导出，并把该列设为文本格式。",
    "Export again from the source system with the column formatted as text.",
)
EMAIL_SHAPE = RefusalCode(
    "email.shape",
    "“{masked}”不是电子邮件地址。",
    "{masked} is no e-mail address.",
    "请按 name@example.com 的形式填写。",
    "Write it like name@example.com.",
)
VALUE_EMPTY = RefusalCode(
    "party.value_empty",
    "“{field}”不能为空。",
    "{field} must not be empty.",
    "请填写后再提交。",
    "Fill it in and try again.",
)
VALUE_UNKNOWN = RefusalCode(
    "party.value_unknown",
    "“{field}”不接受“{value}”。",
    "{field} does not accept {value}.",
    "可用：{allowed}。",
    "Use one of: {allowed}.",
)
