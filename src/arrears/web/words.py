"""Words for what the rooms say in codes: buckets, states, verbs of the ledger, roles, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

BUCKET_DEPTH = {"": 0, "M1": 1, "M2": 2, "M3": 3, "M4": 4, "M5": 5, "M6": 6, "M7+": 6}
TABS = {
    "money": later("账务"), "timeline": later("时间线"), "people": later("当事人与联系方式"), "consents": later("同意与限制"),
    "access": later("查阅记录"),
}  # fmt: skip
EVENTS = {
    "opened": later("签约"), "disbursed": later("放款"), "schedule_set": later("还款计划"), "drawn": later("用款"),
    "statement_cut": later("出账单"), "charged": later("计收"), "paid": later("还款"), "reversed": later("冲回"),
    "charged_back": later("退单"), "refunded": later("退款"), "waived": later("减免"), "paused": later("暂停"), "resumed": later("恢复"),
    "rate_changed": later("利率变更"), "accelerated": later("提前到期"), "restructured": later("重组"), "written_off": later("核销"),
    "transferred": later("转让"), "closed": later("关闭"),
}  # fmt: skip
COMPONENTS = {
    "principal": later("本金"), "interest": later("利息"), "fee": later("费用"), "penalty": later("罚息"), "compound": later("复利"),
    "cost": later("实现债权费用"),
}  # fmt: skip
PRODUCTS = {
    "consumer_loan": later("消费贷"), "cash_instalment": later("现金分期"), "credit_card": later("信用卡"),
    "small_business": later("小微经营贷"), "auto": later("汽车贷"), "mortgage": later("按揭"), "other": later("其他"),
}  # fmt: skip
ROLES = {
    "debtor": later("债务人"), "co_debtor": later("共同债务人"), "guarantor": later("保证人"), "heir": later("继承人"),
    "representative": later("代理人"), "contact_person": later("联系人"), "spouse": later("配偶"), "third_party": later("第三人"),
}  # fmt: skip
POINTS = {
    "mobile": later("手机"),
    "landline": later("座机"),
    "email": later("电子邮件"),
    "address": later("地址"),
    "im": later("即时通讯"),
}
PROVENANCE = {
    "contract": later("合同"), "host": later("核心系统"), "debtor": later("本人提供"), "agency": later("受托机构"),
    "bureau": later("征信"), "search": later("查询"),
}  # fmt: skip
RIGHT_PARTY = {
    "unknown": ("none", later("未核验")), "confirmed": ("allow", later("本人已核验")), "wrong": ("stop", later("非本人")),
    "unreachable": ("wait", later("无法接通")),
}  # fmt: skip
RESTRICTIONS = {
    "stop": later("停止联系"), "dispute": later("争议中"), "deceased": later("已故"), "insolvency": later("破产"),
    "moratorium": later("暂缓期"), "minor": later("未成年人"), "represented": later("已委托代理"),
}  # fmt: skip
PROOFS = {
    "contract_clause": later("合同条款"), "recording": later("录音"), "form": later("表单"), "letter": later("信函"),
    "import": later("批量导入"),
}  # fmt: skip
GUARANTEES = {"general": later("一般保证"), "joint_and_several": later("连带责任保证")}
CHANNELS = {
    "voice": later("电话"), "ai_voice": later("智能语音"), "sms": later("短信"), "email": later("电子邮件"), "letter": later("信函"),
    "visit": later("外访"), "im": later("即时通讯"), "any": later("任何渠道"), "internal": later("内部"),
}  # fmt: skip
PURPOSES = {
    "collect": later("还款联系"), "reminder": later("到期提醒"), "off_hours": later("时段外联系"), "data_processing": later("处理个人信息"),
    "third_party": later("联系第三人"), "marketing": later("营销"), "any": later("任何用途"),
    "locate": later("寻找债务人"), "relay": later("请人转告"), "reply": later("答复来函来电"), "remedy_notice": later("补救通知"),
    "cease_confirmation": later("停止联系确认"), "opt_out_confirmation": later("退订确认"), "transfer_notice": later("债权转让通知"),
    "statutory_notice": later("法定通知"),
}  # fmt: skip
STAGES = {
    "written_off": later("已核销"), "grace": later("宽限期内"), "early": later("早期"), "middle": later("中期"), "late": later("后期"),
    "legal": later("法务"), "-": later("无阶段"),
}  # fmt: skip
PERMITS = {
    "allow": later("可以联系"), "wait": later("稍后可联系"), "stop": later("不可联系"), "none": later("无联系方式"), "office": later("内部事项"),
}  # fmt: skip
#: Acts of the journal. Ledger facts (``paid.recorded``) take the word of their verb.
ACTS = {
    "party.registered": later("登记当事人"), "party.updated": later("更新当事人资料"), "party.revealed": later("查看遮蔽信息"),
    "party.restricted": later("登记限制"), "party.restriction_lifted": later("解除限制"), "party.representative_appointed": later("登记代理人"),
    "party.vulnerability_noted": later("登记特殊情况"), "party.vulnerability_ended": later("特殊情况结束"), "party.resealed": later("更换加密密钥"),
    "contact_point.added": later("登记联系方式"), "contact_point.closed": later("停用联系方式"),
    "contact_point.right_party_recorded": later("记录本人核验"), "consent.given": later("记录同意"), "consent.withdrawn": later("记录撤回同意"),
    "customer.merged": later("归并客户"), "customer.separated": later("撤销归并"), "match.decided": later("决定是否同一人"),
    "role.added": later("登记借据身份"), "host_position.fed": later("接收核心系统余额"), "receipt.posted": later("收款入账"),
    "receipt.undone": later("撤销收款入账"), "permit.reserved": later("取得联系许可"), "permit.refused": later("联系许可被拒"),
    "permit.used": later("使用联系许可"), "permit.released": later("放弃联系许可"), "permit.settled": later("联系许可结案"),
    "contact.reported": later("登记联系结果"), "letter.issued": later("发出提醒函"),
    "letter.reprinted": later("重印提醒函"), "approval.requested": later("提交审批"),
    "authority.set": later("设定审批权限"),
    "approval.executed": later("审批通过并执行"), "approval.refused": later("审批不通过"), "approval.withdrawn": later("撤回审批"),
    "account.password_changed": later("修改密码"), "account.preferences_set": later("更改个人设置"),
    "account.recovery_codes_renewed": later("更换恢复码"), "account.totp_begun": later("开始设置两步验证"),
    "account.totp_confirmed": later("启用两步验证"), "account.totp_disabled": later("停用两步验证"),
    "agency.registered": later("登记受托机构"), "api_key.created": later("创建接口密钥"),
    "api_key.revoked": later("吊销接口密钥"), "approval.repeated": later("重复提交审批"), "book.built": later("生成资产簿"),
    "case.followed": later("更新案件"), "creditor.opened": later("开立机构"), "grant.given": later("授予角色"),
    "grant.taken": later("收回角色"), "import.received": later("接收导入文件"), "import.checked": later("检查导入文件"),
    "import.refused": later("导入被拒"), "import.approved": later("批准导入"),
    "import.approve_repeated": later("重复批准导入"), "import.part_committed": later("导入一部分"),
    "import.committed": later("导入完成"), "import.repeated": later("重复导入，未做任何事"),
    "import.discarded": later("放弃导入"), "import.undone": later("撤销导入"), "import.rechecked": later("重新检查挂起行"),
    "import.row_checked": later("检查一行"), "import.row_committed": later("补入一行"),
    "import.row_mended": later("改正一行"), "import.row_dropped": later("放弃一行"),
    "import.held_exported": later("导出挂起行"), "parties.imported": later("导入当事人"),
    "parties.import_undone": later("撤销导入当事人"), "contact_points.imported": later("导入联系方式"),
    "contact_points.import_undone": later("撤销导入联系方式"), "consents.imported": later("导入同意记录"),
    "consents.import_undone": later("撤销导入同意记录"), "agreements.imported": later("导入借据"),
    "agreements.import_undone": later("撤销导入借据"), "schedules.imported": later("导入还款计划"),
    "roles.imported": later("导入借据身份"), "roles.import_undone": later("撤销导入借据身份"),
    "positions.imported": later("导入核心系统余额"), "positions.import_undone": later("撤销导入核心系统余额"),
    "events.imported": later("导入账务事项"), "events.import_undone": later("撤销导入账务事项"),
    "match.searched": later("查找重复客户"), "host_position.repeated": later("核心系统余额重复，未记入"),
    "portfolio.added": later("新增组合"), "portfolio.created": later("导入时新增组合"), "profile.saved": later("保存导入方案"),
    "profile.unchanged": later("导入方案未变"), "receipt.marked_not_ours": later("标为非还款"),
    "receipt.matched_again": later("重新匹配收款"), "receipt.revealed": later("查看收款遮蔽信息"),
    "run.finished": later("完成日终清单"), "screen.unlocked": later("解锁屏幕"), "session.started": later("开始会话"),
    "session.ended": later("结束会话"), "session.signed_out": later("退出登录"), "sign_in.failed": later("登录失败"),
    "sign_in.held": later("登录被暂停"), "sign_in.password_right": later("密码正确，待第二步"),
    "sign_in.second_factor_failed": later("两步验证失败"), "sign_in.succeeded": later("登录成功"),
    "statement.imported": later("导入银行流水"), "statement.import_repeated": later("重复导入银行流水"),
    "statement.released": later("放行挂起的银行流水"), "team.added": later("新增小组"), "user.created": later("新增用户"),
    "user.activated": later("启用用户"), "user.deactivated": later("停用用户"), "user.password_reset": later("重设用户密码"),
}  # fmt: skip
ACTORS = {"person": later("员工"), "api_key": later("接口密钥"), "system": later("系统"), "rule": later("规则")}
VIAS = {
    "web": later("页面"), "api": later("接口"), "cli": later("命令行"), "python": later("编程会话"), "job": later("后台作业"),
}  # fmt: skip
#: Masked fields whose look-up is logged: subject kind and field.
FIELDS = {
    "party.name": later("姓名"), "party.id": later("证件号"), "contact_point.value": later("联系方式"), "party.birth_date": later("出生日期"),
}  # fmt: skip
SOURCES = {
    "manual": later("人工登记"), "host": later("核心系统"), "api": later("接口"), "import": later("批量导入"), "web": later("页面"),
}  # fmt: skip
#: How a ledger fact looks on a timeline: state of its node.
EVENT_STATES = {
    "paid": "allow",
    "reversed": "stop",
    "charged_back": "stop",
    "paused": "hold",
    "written_off": "wait",
    "waived": "allow",
}


def said(table: dict[str, str], key: str) -> str:
    """The word for a code, in the reader's language; the code itself where it has none."""
    return _(table[key]) if key in table else key


def source(text: str) -> str:
    """Where a record came from; the number of an import batch says nothing to the reader."""
    return said(SOURCES, "import" if text.startswith("batch:") else text)


def tab(name: str) -> str:
    return said(TABS, name)


def depth(bucket_name: str) -> int:
    return BUCKET_DEPTH.get(bucket_name, 0)


def bucket_name(code: str) -> str:
    """The word for a bucket: its code, or current and gone."""
    return _("正常") if code == "" else _("离开") if code == "gone" else code


def bucket(days: int) -> str:
    if days <= 0:
        return ""
    return f"M{(days + 29) // 30}" if days <= 180 else "M7+"


def status(row: Any) -> tuple[str, str]:
    """State and word of an agreement, from its position."""
    at = row.position
    if row.overdue_minor > 0:
        return "wait", _("逾期")
    table = {
        "written_off": ("hold", _("已核销")), "settled": ("allow", _("已结清")), "overpaid": ("allow", _("有溢缴")),
        "closed": ("none", _("已关闭")), "not_started": ("none", _("未放款")), "current": ("allow", _("正常")),
    }  # fmt: skip
    if row.is_host:
        return table["current"]
    return table.get(str(at.status), ("none", str(at.status)))


def groups(statement: Any) -> list[dict[str, Any]]:
    """The statement's lines by instalment, each with its sum."""
    found: list[dict[str, Any]] = []
    if statement is None:
        return found
    for line in statement.lines:
        key = (line.instalment, line.due_on)
        if not found or found[-1]["key"] != key:
            found.append({"key": key, "n": line.instalment, "due_on": line.due_on, "lines": [], "total": 0})
        found[-1]["lines"].append(line)
        found[-1]["total"] += line.amount_minor
    return found


def timeline(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Ledger facts as timeline entries; a reversed one says so."""
    entries = []
    for row in rows:
        title = said(EVENTS, row.kind)
        if row.component:
            title += " · " + said(COMPONENTS, row.component)
        meta = []
        if row.data.get("channel"):
            meta.append(str(row.data["channel"]))
        if row.data.get("reason"):
            meta.append(str(row.data["reason"]))
        entries.append(
            {
                "row": row, "title": title, "meta": " · ".join(meta), "reversed": bool(row.reversed_by),
                "state": "none" if row.reversed_by else EVENT_STATES.get(row.kind, ""),
                "by": "system" if row.source != "web" else "human",
                "late": not row.source.startswith(("batch:", "import")) and timezone.localdate(row.recorded_at) > row.effective_on,
            }
        )  # fmt: skip
    return entries


def acts(entries: Iterable[Any], names: dict[str, str]) -> list[dict[str, Any]]:
    """Journal entries in words; a run of the same act by the same actor in the same minute is one line with a count."""
    found: list[dict[str, Any]] = []
    for e in entries:
        key = (e.act, e.actor_id, e.via, e.recorded_at.replace(second=0, microsecond=0))
        if found and found[-1]["key"] == key:
            found[-1]["times"] += 1
            continue
        who = names.get(e.actor_id, "") or said(ACTORS, e.actor_kind)
        by = "human" if e.actor_kind == "person" else "system"
        found.append(
            {"key": key, "entry": e, "by": by, "what": said_act(e.act), "who": who, "via": said(VIAS, e.via), "times": 1}
        )
    return found


def said_act(act: str) -> str:
    """The sentence for an act of the journal: its own, or the ledger verb's, or the code where it has none."""
    noun, _dot, verb = act.partition(".")
    if act in ACTS:
        return _(ACTS[act])
    if noun not in EVENTS or verb not in ("recorded", "repeated"):
        return act
    return said(EVENTS, noun) if verb == "recorded" else _("%(fact)s（重复，未记入）") % {"fact": said(EVENTS, noun)}


def roles(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {"row": r, "role": said(ROLES, r.role), "guarantee": said(GUARANTEES, r.guarantee_kind) if r.guarantee_kind else ""}
        for r in rows
    ]


def schedule(position: Any) -> list[dict[str, Any]]:
    """Instalments with billed and open amounts by component, for the schedule table."""
    rows = []
    for one in position.instalments:
        parts = {c.component.value: c for c in one.components}
        kind = "stop" if one.overdue else "allow" if one.outstanding_minor == 0 else "none"
        word = _("逾期") if one.overdue else _("已还清") if one.outstanding_minor == 0 else _("未到期")
        rows.append(
            {
                "one": one, "state": "wait" if kind == "stop" else kind, "word": word,
                **{name: parts[name].billed_minor if name in parts else 0 for name in ("principal", "interest", "penalty", "fee")},
            }
        )  # fmt: skip
    return rows
