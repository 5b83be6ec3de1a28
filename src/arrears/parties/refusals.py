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
NOT_FOUND = RefusalCode(
    "party.not_found",
    "找不到{kind}“{id}”。",
    "No {kind} {id}.",
    "请核对编号；您可能没有查看它的权限。",
    "Check the id; you may lack the right to see it.",
    status=404,
)
REFERENCE_TAKEN = RefusalCode(
    "party.reference_taken",
    "编号“{reference}”在该债权人下已存在。",
    "The reference {reference} exists at this creditor already.",
    "请改用“更新”，或核对编号。",
    "Update the existing party, or check the reference.",
    status=409,
)
CREDITOR_NOT_VISIBLE = RefusalCode(
    "party.creditor_not_visible",
    "找不到该债权人。",
    "No such creditor.",
    "请核对债权人代码。",
    "Check the creditor's code.",
    status=404,
)
NOTHING_CHANGED = RefusalCode(
    "party.nothing_changed",
    "提交的内容与现有记录相同。",
    "What was sent equals what is recorded.",
    "无需再次提交。",
    "There is nothing to do.",
    status=409,
)
BIRTH_CONFLICT = RefusalCode(
    "party.birth_conflict",
    "出生日期与证件号中的日期不同。",
    "The date of birth differs from the one inside the identity number.",
    "请与证件原件核对后改正其一。",
    "Compare with the document and correct one of them.",
)
BIRTH_FUTURE = RefusalCode(
    "party.birth_future",
    "出生日期晚于今天。",
    "The date of birth lies in the future.",
    "请核对日期。",
    "Check the date.",
)
POINT_TAKEN = RefusalCode(
    "contact_point.taken",
    "该联系方式已登记在此人名下（{id}）。",
    "This contact point is recorded for this party already ({id}).",
    "无需重复登记；如信息有变，请更新原记录。",
    "Use the existing record.",
    status=409,
)
POINT_CLOSED = RefusalCode(
    "contact_point.closed",
    "该联系方式已停用。",
    "This contact point is closed.",
    "请选择仍有效的联系方式，或重新登记。",
    "Choose one in use, or add it again.",
    status=409,
)
TIME_ZONE = RefusalCode(
    "contact_point.time_zone",
    "不认识的时区“{zone}”。",
    "Unknown time zone {zone}.",
    "请用 IANA 名称，例如 Asia/Shanghai。",
    "Use an IANA name such as Asia/Shanghai.",
)
DATES_REVERSED = RefusalCode(
    "party.dates_reversed",
    "结束时间早于开始时间。",
    "The end lies before the beginning.",
    "请核对两个日期。",
    "Check both dates.",
)
PROOF_MISSING = RefusalCode(
    "consent.proof_missing",
    "同意必须附证明：方式和出处都要填写。",
    "A consent needs proof: its kind and where it is kept.",
    "请填写合同条款、录音编号、表单编号等。",
    "Name the contract clause, the recording, the form.",
    rule="PIPL 14",
)
CONSENT_FUTURE = RefusalCode(
    "consent.in_future",
    "同意或撤回的时间不能晚于现在。",
    "A consent or withdrawal cannot take effect in the future.",
    "撤回立即生效：请填写当事人表示的时间。",
    "A withdrawal counts at once: give the instant it was said.",
    rule="PIPL 15",
)
RESTRICTION_OVER = RefusalCode(
    "restriction.over",
    "该限制已解除或已到期。",
    "This restriction is lifted or has run out.",
    "无需再次解除。",
    "There is nothing to lift.",
    status=409,
)
RESTRICTION_TARGET = RefusalCode(
    "restriction.target",
    "限制范围为“{scope}”时必须指明对象。",
    "A restriction of scope {scope} must name what it is about.",
    "请填写借据编号或选择联系方式。",
    "Give the agreement reference or the contact point.",
)
REASON_MISSING = RefusalCode(
    "party.reason_missing",
    "请说明原因。",
    "A reason is needed.",
    "请用一句话写明。",
    "One sentence will do.",
)
REPRESENTS_SELF = RefusalCode(
    "representation.self",
    "本人不能做自己的代理人。",
    "A party cannot represent itself.",
    "请选择另一人。",
    "Choose another party.",
)
REVEAL_EMPTY = RefusalCode(
    "reveal.empty",
    "没有登记“{field}”。",
    "No {field} is recorded.",
    "请先补充资料。",
    "Record it first.",
    status=404,
)
MATCH_DECIDED = RefusalCode(
    "match.decided",
    "这一对已经处理（{state}）。",
    "This pair is decided already ({state}).",
    "如需改变，请用“分开”撤销合并。",
    "To change it, separate the customers again.",
    status=409,
)
MERGE_SAME = RefusalCode(
    "merge.same_customer",
    "双方已经是同一客户。",
    "Both already are one customer.",
    "无需合并。",
    "There is nothing to merge.",
    status=409,
)
MERGE_CREDITORS = RefusalCode(
    "merge.creditors_differ",
    "不同债权人的客户不能合并。",
    "Customers of different creditors are never merged.",
    "请核对双方。",
    "Check both sides.",
)
MERGE_GONE = RefusalCode(
    "merge.gone",
    "其中一方已经并入别的客户（{id}）。",
    "One side is merged into another customer already ({id}).",
    "请用归并后的客户，或先撤销那次归并。",
    "Use the customer it was merged into, or undo that merge first.",
    status=409,
)
MERGE_UNDONE = RefusalCode(
    "merge.undone",
    "这次合并已经撤销。",
    "This merge is undone already.",
    "无需再次撤销。",
    "There is nothing to undo.",
    status=409,
)
MERGE_LATER = RefusalCode(
    "merge.later_merge",
    "之后还有涉及这些客户的合并，必须先撤销后来的（{id}）。",
    "A later merge concerns these customers; undo that one first ({id}).",
    "请先撤销较晚的合并。",
    "Undo the later merge first.",
    status=409,
)
