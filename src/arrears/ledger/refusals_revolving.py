"""Why the policy of a revolving account is refused."""

from __future__ import annotations

from arrears.kernel.refusals import RefusalCode

BAD_POLICY = RefusalCode(
    "revolving.bad_policy",
    zh="循环账户条款“{word}”的值 {value} 无效，应在 {low} 到 {high} 之间。",
    en="The revolving term “{word}” is {value}; it must lie between {low} and {high}.",
    fix_zh="请核对信用卡章程后更正。",
    fix_en="Check the card agreement and correct it.",
)
UNKNOWN_WORD = RefusalCode(
    "revolving.unknown_word",
    zh="循环账户条款中有不认识的字段“{word}”。",
    en="The revolving terms hold the unknown word “{word}”.",
    fix_zh="可用字段：{known}。",
    fix_en="Known words: {known}.",
)
