"""Why the REST door refuses, before or around an act."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

SIGN_IN_NEEDED = RefusalCode(
    "request.not_authenticated",
    "请求没有身份凭证。",
    "The request carries no credentials.",
    "请在请求头加入 Authorization: Bearer ark_…，或先登录。",
    "Send the header Authorization: Bearer ark_…, or sign in first.",
    status=401,
)
CSRF = RefusalCode(
    "request.csrf",
    "会话请求缺少有效的 CSRF 令牌。",
    "A request with a session needs a valid CSRF token.",
    "请在请求头 X-CSRFToken 中带上 csrftoken Cookie 的值，或改用 API 密钥。",
    "Send the value of the csrftoken cookie in the header X-CSRFToken, or use an API key.",
    status=403,
)
INVALID = RefusalCode(
    "request.invalid",
    "请求中有 {count} 处不符合要求。",
    "{count} place(s) of the request do not fit.",
    "请按 errors 中的位置逐一改正。",
    "Correct the places named in errors.",
)
FIELD = RefusalCode(
    "request.field",
    "“{field}”不符合要求：{why}。",
    "{field} does not fit: {why}.",
    "请按接口文档填写该字段。",
    "Fill the field as the API reference says.",
)
NOT_JSON = RefusalCode(
    "request.not_json",
    "请求正文不是有效的 JSON，或含有无法存储的字符（NUL、半个代理对）。",
    "The body is not valid JSON, or holds characters that cannot be stored (NUL, half of a surrogate pair).",
    "请以 UTF-8 编码发送 JSON，并设置 Content-Type: application/json。",
    "Send JSON in UTF-8 with Content-Type: application/json.",
    status=400,
)
BAD_REQUEST = RefusalCode(
    "request.bad",
    "请求格式有误，无法处理。",
    "The request is malformed.",
    "请核对请求头、编码和多部分边界。",
    "Check headers, encoding and multipart boundaries.",
    status=400,
)
NO_SUCH_PATH = RefusalCode(
    "request.no_such_path",
    "没有这个地址。",
    "There is nothing at this address.",
    "请对照接口文档核对路径。",
    "Compare the path with the API reference.",
    status=404,
)
METHOD = RefusalCode(
    "request.method",
    "此地址不支持 {method}。",
    "This address does not take {method}.",
    "可用方法见响应头 Allow。",
    "The header Allow names what it takes.",
    status=405,
)
TOO_LARGE = RefusalCode(
    "request.too_large",
    "请求正文超过 {limit} 字节。",
    "The body is larger than {limit} bytes.",
    "请分批发送，或通过导入上传文件。",
    "Send it in parts, or upload a file as an import.",
    status=413,
)
RATE = RefusalCode(
    "request.rate",
    "请求过于频繁。",
    "Too many requests.",
    "请在 {seconds} 秒后重试。",
    "Try again in {seconds} seconds.",
    status=429,
)
METRICS = RefusalCode(
    "metrics.not_allowed",
    "您的角色不能查看运行指标。",
    "Your roles do not include the metrics.",
    "请使用操作员或审计员的 API 密钥。",
    "Use an API key of an operator or auditor.",
    status=403,
)
SERVER = RefusalCode(
    "server.error",
    "服务器出错，没有改变任何数据。",
    "The server failed; nothing was changed.",
    "请重试；若仍失败，请把 trace_id 告诉管理员。",
    "Try again; if it fails again, give the trace_id to the operator.",
    status=500,
)
CURSOR = RefusalCode(
    "cursor.invalid",
    "游标无效或不属于这个列表。",
    "The cursor is not valid or belongs to another list.",
    "请从第一页重新开始，并原样传回 next_cursor。",
    "Start again at the first page and pass next_cursor back unchanged.",
    status=400,
)
LIMIT = RefusalCode(
    "page.limit",
    "limit 必须是 1 到 {limit} 的整数。",
    "limit is a whole number between 1 and {limit}.",
    "请改正 limit。",
    "Correct limit.",
)
KEY_SHAPE = RefusalCode(
    "idempotency.key",
    "Idempotency-Key 必须是 1 到 200 个可见 ASCII 字符。",
    "Idempotency-Key has 1 to 200 visible ASCII characters.",
    "建议使用随机 UUID。",
    "A random UUID is a good key.",
    status=400,
)
KEY_REUSED = RefusalCode(
    "idempotency.other_request",
    "这个 Idempotency-Key 已用于另一个请求。",
    "This Idempotency-Key was used for another request.",
    "新的请求请用新的键；重试请原样发送。",
    "Use a fresh key for a new request; repeat a request unchanged.",
)
KEY_RUNNING = RefusalCode(
    "idempotency.running",
    "带有这个 Idempotency-Key 的请求仍在处理。",
    "A request with this Idempotency-Key is still running.",
    "请稍后用同一个键重试。",
    "Try again in a moment with the same key.",
    status=409,
)
ANSWER_LOST = RefusalCode(
    "idempotency.answer_lost",
    "这个请求已经执行，但保存的答复已无法打开。",
    "This request was carried out, but its kept answer can no longer be opened.",
    "请查询结果，不要用新键重发。",
    "Read the result; do not send it again with a new key.",
    status=409,
)
MATCH_MISSING = RefusalCode(
    "precondition.missing",
    "修改前必须带 If-Match。",
    "A change needs If-Match.",
    "请先读取该资源，把 ETag 放入 If-Match。",
    "Read the resource first and send its ETag in If-Match.",
    status=428,
)
MATCH_FAILED = RefusalCode(
    "precondition.failed",
    "该资源在读取之后已被修改。",
    "The resource was changed since it was read.",
    "请重新读取，核对后再修改。",
    "Read it again, compare, and change it then.",
    status=412,
)

#: Every refusal of the door itself; the documented answers of each operation follow from these.
DOOR_STATUSES = (400, 401, 403, 404, 409, 412, 413, 422, 428, 429, 500)
