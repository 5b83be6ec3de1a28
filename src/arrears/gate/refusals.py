"""Why the gate refuses. Refused contacts themselves carry the rules' own sentences in ``values`` (see ``actions``)."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

PACK_FAULTY = RefusalCode(
    "gate.pack_faulty",
    "规则包 {pack} 有误：{detail}",
    "Rule pack {pack} is faulty: {detail}",
    "修改该处后重新载入；在此之前规则包不生效。",
    "Mend it and load again; until then the pack is not in force.",
)
NOT_PERMITTED = RefusalCode(
    "gate.not_permitted",
    "不可联系：{reasons}",
    "Contact is not permitted: {reasons_en}",
    "{fix_zh}",
    "{fix_en}",
    status=403,
)
UNKNOWN_PERSON = RefusalCode(
    "gate.unknown_person",
    "找不到该当事人。",
    "This party is not known.",
    "核对编号；您可能无权查看该客户。",
    "Check the id; you may not be allowed to see this customer.",
    status=404,
)
UNKNOWN_POINT = RefusalCode(
    "gate.unknown_point",
    "找不到该联系方式，或它不属于该当事人，或已失效。",
    "This contact point is not known, belongs to somebody else, or is closed.",
    "选择该当事人名下有效的联系方式。",
    "Choose a valid contact point of this party.",
    status=404,
)
PERMIT_UNKNOWN = RefusalCode(
    "gate.permit_unknown",
    "许可不存在。",
    "There is no such permit.",
    "重新申请许可。",
    "Ask for a permit again.",
    status=404,
)
PERMIT_FORGED = RefusalCode(
    "gate.permit_forged",
    "许可签名不符。",
    "The permit's signature does not match.",
    "不得联系；请通知合规部门。",
    "Do not contact; tell the compliance department.",
    status=403,
)
PERMIT_EXPIRED = RefusalCode(
    "gate.permit_expired",
    "许可已于 {expired_at} 失效。",
    "The permit expired at {expired_at}.",
    "重新申请许可。",
    "Ask for a permit again.",
    status=409,
)
PERMIT_SPENT = RefusalCode(
    "gate.permit_spent",
    "许可已使用或已撤销（{state}）。",
    "The permit has been used or revoked ({state}).",
    "每次联系须单独申请许可。",
    "Every contact needs a permit of its own.",
    status=409,
)
PERMIT_FOREIGN = RefusalCode(
    "gate.permit_foreign",
    "许可用于另一{what}，不能用于本次联系。",
    "The permit is for another {what}, not for this contact.",
    "按本次联系的渠道、联系方式和目的申请许可。",
    "Ask for a permit for this channel, contact point and purpose.",
    status=403,
)
OUTCOME_UNKNOWN = RefusalCode(
    "gate.outcome_unknown",
    "没有“{outcome}”这种结果。",
    "There is no outcome called {outcome}.",
    "可用结果：{known}",
    "Known outcomes: {known}",
)
DECISION_UNKNOWN = RefusalCode(
    "gate.decision_unknown",
    "没有编号为 {id} 的判定。",
    "There is no decision {id}.",
    "核对编号。",
    "Check the id.",
    status=404,
)
REQUEST_WRONG = RefusalCode(
    "gate.request_wrong",
    "请求有误：{detail}",
    "The request is wrong: {detail}",
    "按提示修改。",
    "Mend it as told.",
)
