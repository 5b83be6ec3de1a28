"""Why the door stays shut."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

NOT_ALLOWED = RefusalCode(
    "access.not_allowed",
    "您的角色不能执行“{act}”。",
    "Your roles do not include {act}.",
    "请联系有此权限的同事（{roles}），或请管理员授予角色。",
    "Ask a colleague who may do this ({roles}), or ask the administrator for the role.",
    status=403,
)
ACT_UNKNOWN = RefusalCode(
    "access.act_unknown",
    "没有任何角色被授权执行“{act}”。",
    "No role is allowed {act}.",
    "请在权限表中登记该操作后再用。",
    "Enter the act in the table of rights before using it.",
    status=403,
)
KEY_NOT_SCOPED = RefusalCode(
    "access.key_not_scoped",
    "此 API 密钥不含操作“{act}”。",
    "This API key does not carry the act {act}.",
    "请新建含有该操作的密钥。",
    "Create a key that carries the act.",
    status=403,
)
CREDITOR_NOT_VISIBLE = RefusalCode(
    "access.creditor_not_visible",
    "找不到该债权人。",
    "No such creditor.",
    "请核对编号，或请管理员授予该债权人的角色。",
    "Check the code, or ask the administrator for a role at this creditor.",
    status=404,
)
NOT_FOUND = RefusalCode(
    "access.not_found",
    "找不到{kind}“{id}”。",
    "No {kind} {id}.",
    "请核对编号；您可能没有查看它的权限。",
    "Check the id; you may lack the right to see it.",
    status=404,
)
APPROVAL_OWN = RefusalCode(
    "approval.own_request",
    "不能审批自己提交的申请。",
    "You cannot decide your own request.",
    "请由另一位有权限的同事审批。",
    "A second person with authority decides.",
    status=403,
)
APPROVAL_NOT_OPEN = RefusalCode(
    "approval.not_open",
    "该申请已处理（{state}）。",
    "This request is already {state}.",
    "如仍需要，请重新提交。",
    "File a new request if it is still needed.",
    status=409,
)
APPROVAL_BEYOND = RefusalCode(
    "approval.beyond_authority",
    "金额或数量 {total} {unit} 超出您的审批权限 {limit} {unit}。",
    "{total} {unit} is beyond your authority to decide ({limit} {unit}).",
    "请由权限更高的同事审批。",
    "A colleague with more authority decides.",
    status=403,
)
APPROVAL_PERSON = RefusalCode(
    "approval.person_needed",
    "审批必须由登录的本人作出。",
    "Only a signed-in person decides.",
    "请登录网页处理。",
    "Sign in on the web and decide there.",
    status=403,
)
APPROVAL_OUTGROWN = RefusalCode(
    "approval.outgrown",
    "现在需要 {amount} {unit}，超出批准的 {approved} {unit}；情况在提交后有变。",
    "{amount} {unit} is needed now, more than the {approved} {unit} asked for: the facts changed since the request.",
    "请拒绝或撤回，按现在的数额重新提交。",
    "Refuse or withdraw it and ask anew with the present amount.",
    status=409,
)
APPROVAL_NO_EXECUTOR = RefusalCode(
    "approval.no_executor",
    "操作“{act}”没有登记执行方式，批准后无法执行。",
    "The act {act} has no executor; an approval could not be carried out.",
    "请联系技术支持。",
    "Report this to support.",
    status=500,
)
AUTHORITY_AMOUNT = RefusalCode(
    "authority.amount",
    "金额或数量不能为负：{amount}。",
    "The amount must not be negative: {amount}.",
    "请核对后再提交。",
    "Check it and try again.",
)
SIGN_IN = RefusalCode(
    "sign_in.refused",
    "用户名或密码不正确。",
    "The user name or password is not right.",
    "请核对后重试；多次失败会暂时锁定。",
    "Check and try again; repeated failures lock for a while.",
    status=401,
)
SIGN_IN_WAIT = RefusalCode(
    "sign_in.wait",
    "尝试次数过多，请在 {seconds} 秒后再试。",
    "Too many attempts; try again in {seconds} seconds.",
    "请稍候；忘记密码请联系管理员。",
    "Please wait; if the password is forgotten, ask the administrator.",
    status=429,
)
SECOND_FACTOR = RefusalCode(
    "sign_in.second_factor",
    "验证码不正确或已用过。",
    "The code is not right or was already used.",
    "请输入验证器中当前的 6 位数字，或一个未用过的恢复码。",
    "Enter the current 6 digits of your authenticator, or an unused recovery code.",
    status=401,
)
PASSWORD_WRONG = RefusalCode(
    "password.wrong",
    "当前密码不正确。",
    "The current password is not right.",
    "请重新输入。",
    "Enter it again.",
    status=403,
)
PASSWORD_WEAK = RefusalCode(
    "password.weak",
    "新密码不符合要求：{why}",
    "The new password does not meet the rules: {why}",
    "请使用至少 12 个字符且不常见的密码。",
    "Use at least 12 characters that are no common password.",
)
TOTP_STATE = RefusalCode(
    "totp.state",
    "两步验证的当前状态不允许此操作。",
    "The second factor is not in a state that allows this.",
    "请刷新页面后重试。",
    "Reload the page and try again.",
    status=409,
)
USER_TAKEN = RefusalCode(
    "user.taken",
    "用户名“{username}”已被使用。",
    "The user name {username} is taken.",
    "请换一个用户名。",
    "Choose another one.",
    status=409,
)
ROLE_UNKNOWN = RefusalCode(
    "grant.role_unknown",
    "没有角色“{role}”。",
    "No role {role}.",
    "可用：{allowed}。",
    "Use one of: {allowed}.",
)
GRANT_OWN = RefusalCode(
    "grant.own",
    "不能给自己授予角色。",
    "You cannot grant yourself a role.",
    "请由另一位管理员授予。",
    "Another administrator grants it.",
    status=403,
)
GRANT_NARROWING = RefusalCode(
    "grant.narrowing",
    "{what}不属于该债权人。",
    "The {what} does not belong to this creditor.",
    "请核对代码。",
    "Check the code.",
)
KEY_LIFETIME = RefusalCode(
    "api_key.lifetime",
    "API 密钥的有效期必须在 1 到 {limit} 天之间。",
    "An API key lives between 1 and {limit} days.",
    "请改短有效期，到期前再新建。",
    "Choose a shorter life and make a new one before it ends.",
)
KEY_INVALID = RefusalCode(
    "api_key.invalid",
    "API 密钥无效、已过期或已撤销。",
    "The API key is not valid, has expired or was revoked.",
    "请使用有效密钥：Authorization: Bearer ark_…",
    "Use a valid key: Authorization: Bearer ark_…",
    status=401,
)
PREFERENCE = RefusalCode(
    "account.preference",
    "不接受“{value}”。",
    "{value} is not accepted.",
    "可用：{allowed}。",
    "Use one of: {allowed}.",
)
VALUE_EMPTY = RefusalCode(
    "access.value_empty",
    "“{field}”不能为空。",
    "{field} must not be empty.",
    "请填写后再提交。",
    "Fill it in and try again.",
)
