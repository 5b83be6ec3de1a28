"""Refusals of servicing terms, pauses and allocation (pure part)."""

from arrears.kernel.refusals import RefusalCode

TERMS_WRONG = RefusalCode(
    "servicing.wrong",
    zh="服务条款有误：{zh}。",
    en="A servicing term is wrong: {en}.",
    fix_zh="按字段说明改正后重试。",
    fix_en="Correct it as the field says and try again.",
)
TERMS_MANY = RefusalCode(
    "servicing.several_wrong",
    zh="服务条款有多处错误。",
    en="Several servicing terms are wrong.",
    fix_zh="逐项改正。",
    fix_en="Correct them one by one.",
)
PAUSE_ENDS_BEFORE_START = RefusalCode(
    "pause.ends_before_start",
    zh="暂停的结束 {until} 早于开始 {start}。",
    en="The pause ends {until} before it starts {start}.",
    fix_zh="结束日须不早于开始日。",
    fix_en="Give an end on or after the start.",
)
PAUSE_OVERLAPS = RefusalCode(
    "pause.overlaps",
    zh="与 {start} 至 {until} 的暂停重叠。",
    en="It overlaps the pause from {start} to {until}.",
    fix_zh="先恢复原暂停，或改用不重叠的日期。",
    fix_en="Resume that pause first, or choose dates that do not overlap.",
    status=409,
)
PAUSE_STARTS_LATER = RefusalCode(
    "pause.starts_later",
    zh="暂停的开始 {start} 晚于业务日 {on}。",
    en="The pause starts {start}, after the business date {on}.",
    fix_zh="暂停只能从当日或之前开始。",
    fix_en="A pause starts on the business date or before.",
)
NO_ACTIVE_PAUSE = RefusalCode(
    "pause.none_active",
    zh="{on} 没有生效的暂停可恢复。",
    en="No pause is active on {on}, so there is nothing to resume.",
    fix_zh="核对日期；已结束的暂停无需恢复。",
    fix_en="Check the date; a pause that has ended needs no resuming.",
    status=409,
)
RESUME_LATER = RefusalCode(
    "pause.resume_later",
    zh="恢复日 {day} 晚于业务日 {on}。",
    en="The resume is dated {day}, after the business date {on}.",
    fix_zh="恢复只能当日办理。",
    fix_en="Resume on the business date itself.",
)
