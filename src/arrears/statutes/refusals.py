"""Reasons this room refuses."""

from arrears.kernel.refusals import RefusalCode

UNKNOWN_CALCULATOR = RefusalCode(
    "calculator.unknown",
    zh="没有名为 {name} 的计算器。",
    en="There is no calculator named {name}.",
    fix_zh="可用的有：{known}。",
    fix_en="Known ones: {known}.",
    status=404,
)
INPUT_WRONG = RefusalCode(
    "calculator.input_wrong",
    zh="{zh}。",
    en="{en}.",
    fix_zh="金额写成带引号的小数，日期写成 2026-11-23。",
    fix_en="Write amounts as quoted decimals and dates as 2026-11-23.",
)
UNKNOWN_CLOCK = RefusalCode(
    "clock.unknown",
    zh="没有名为 {name} 的时钟。",
    en="There is no clock named {name}.",
    fix_zh="可用的有：{known}。",
    fix_en="Known ones: {known}.",
    status=404,
)
EVENT_MISSING = RefusalCode(
    "clock.event_missing",
    zh="时钟 {name} 需要事件 {event}。",
    en="The clock {name} needs an event {event}.",
    fix_zh="在时间线中加入该事件及其日期。",
    fix_en="Add the event and its date to the timeline.",
)
UNKNOWN_SCHEME = RefusalCode(
    "classification.unknown",
    zh="没有名为 {name} 的分类办法。",
    en="There is no classification scheme named {name}.",
    fix_zh="可用的有：{known}。",
    fix_en="Known ones: {known}.",
    status=404,
)
