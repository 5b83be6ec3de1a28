"""Why a question to the journal is refused."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

NOT_FOUND = RefusalCode(
    "journal.not_found",
    "找不到日志记录 {id}。",
    "No journal entry {id}.",
    "请核对编号；您可能没有查看它的权限。",
    "Check the number; you may lack the right to see it.",
    status=404,
)
NOT_SEALED = RefusalCode(
    "journal.not_sealed",
    "日志记录 {id} 尚未封存。",
    "Entry {id} is not sealed yet.",
    "请稍候一分钟，或运行 arrears journal seal。",
    "Wait a minute, or run arrears journal seal.",
    status=409,
)
KEY_UNREADABLE = RefusalCode(
    "journal.key_unreadable",
    "公钥文件无法读取。",
    "The public key cannot be read.",
    "应为一行文本：arrears.journal+编号+密钥。",
    "One line of text is expected: arrears.journal+hash+key.",
)
NOTE_UNREADABLE = RefusalCode(
    "journal.note_unreadable",
    "检查点文件无法读取，或不是由这些密钥签名的。",
    "The checkpoint cannot be read or was not signed by these keys.",
    "请使用 arrears journal export 写出的检查点。",
    "Use a checkpoint written by arrears journal export.",
)
NOT_ALLOWED = RefusalCode(
    "journal.not_allowed",
    "您的角色不能查看日志。",
    "Your roles do not include the journal.",
    "请联系审计、合规或运维人员。",
    "Ask an auditor, compliance or the operator.",
    status=403,
)
