"""Synthetic people and companies with contact points and consents, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from arrears.parties.identifiers import PROVINCES, uscc_check_character

SURNAMES = list(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆汪范"
)
GIVEN = list("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文晓东海波宁雪婷鹏飞宇浩然子轩欣怡嘉俊博思远佳")
TRADES = ["餐饮", "服装", "五金", "物流", "建材", "农产品", "电子", "印刷", "家政", "汽修"]
BRANCHES = ["青禾一支行", "青禾二支行", "青禾三支行", "青禾四支行", "青禾网络金融部"]
GROUPS = ["工薪", "个体", "自由职业", "退休", "学生家庭"]
STREETS = ["甲子", "乙丑", "丙寅", "丁卯", "戊辰", "己巳", "庚午", "辛未"]
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_CHECKS = np.array(list("10X98765432"))
#: Shares of the kinds of dirt among people (of 1).
DUPLICATE, NEAR_DUPLICATE, NO_ID, NO_BIRTH, BAD_PHONE = 0.008, 0.004, 0.015, 0.01, 0.008
#: Customers without a loan of their own, at the end of each part: they stand surety or share a debt.
RELATED = 0.06


@dataclass(frozen=True, slots=True)
class People:
    """``frame``: one row per customer, with the generator's own columns beside those of the file. ``faulty`` rows are refused."""

    frame: pl.DataFrame
    borrowers: int  # the first so many rows take loans
    company: np.ndarray
    faulty: int


def resident_ids(rng: np.random.Generator, born: np.ndarray, male: np.ndarray) -> np.ndarray:
    """Identity numbers of 18 places: unassigned region, the birth date, a serial of the right parity, a valid check place."""
    provinces = np.array(sorted(int(p) for p in PROVINCES if int(p) < 70), dtype=np.int64)
    count = len(born)
    region = provinces[rng.integers(0, len(provinces), count)] * 10_000 + 9800 + rng.integers(1, 60, count)
    days = born.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    serial = rng.integers(0, 500, count) * 2 + male.astype(np.int64)
    first = ((region * 10_000 + year) * 100 + month) * 100 + day
    first = first * 1000 + serial
    digits = (first[:, None] // 10 ** np.arange(16, -1, -1, dtype=np.int64)) % 10
    check = _CHECKS[(digits * _WEIGHTS).sum(axis=1) % 11]
    return np.char.add(first.astype(str), check)


def uscc(serial: int) -> str:
    """A unified social credit code of an unassigned region with a valid check character."""
    first = f"9111980{serial % 10}" + f"{serial:09d}"
    return first + uscc_check_character(first)


def make(rng: np.random.Generator, first: int, count: int, until: date) -> People:
    """Customers ``first`` to ``first + count``; ages 20 to 74."""
    number = np.arange(first, first + count)
    born = np.datetime64(until) - rng.integers(20 * 365 + 6, 75 * 365, count).astype("timedelta64[D]")
    male = rng.random(count) < 0.52
    company = rng.random(count) < 0.03
    ids = resident_ids(rng, born, male).astype(object)
    surname = np.array(SURNAMES, dtype=object)[rng.integers(0, len(SURNAMES), count)]
    one, two = (np.array(GIVEN, dtype=object)[rng.integers(0, len(GIVEN), count)] for _ in range(2))
    name = surname + one + np.where(rng.random(count) < 0.8, two, "")
    phone = np.array([f"154{n:08d}" for n in rng.integers(0, 100_000_000, count)], dtype=object)
    for at in np.flatnonzero(company):
        trade = TRADES[int(number[at]) % len(TRADES)]
        name[at], ids[at] = f"青禾虚构{surname[at]}{one[at]}{trade}有限公司", uscc(int(number[at]))
    born_text = born.astype(str).astype(object)
    born_text[company] = None
    _blur(rng, company, name, ids, born_text, phone)
    borrowers = max(1, int(count * (1 - RELATED)))
    company[borrowers:] = False
    faulty = _spoil(number, borrowers, name, ids, born_text)
    is_company = np.char.endswith(name.astype(str), "有限公司")
    kinds = np.where(is_company, "统一社会信用代码", "居民身份证").astype(object)
    kinds[ids == None] = None  # noqa: E711 - elementwise
    frame = pl.DataFrame(
        {
            "客户号": [f"K{n:08d}" for n in number],
            "客户姓名": pl.Series(name.tolist(), dtype=pl.String),
            "客户类型": np.where(is_company, "企业", "个人"),
            "证件类型": pl.Series(kinds.tolist(), dtype=pl.String),
            "证件号码": pl.Series(ids.tolist(), dtype=pl.String),
            "出生日期": pl.Series(born_text.tolist(), dtype=pl.String),
            "语言": np.where(rng.random(count) < 0.985, "中文", "英文"),
            "客户群": np.where(is_company, "小微企业", np.array(GROUPS)[rng.integers(0, len(GROUPS), count)]),
            "开户机构": np.array(BRANCHES)[rng.integers(0, len(BRANCHES), count)],
            "_phone": pl.Series(phone.tolist(), dtype=pl.String),
        }
    )
    return People(frame, borrowers - faulty, is_company, faulty)


def _blur(
    rng: np.random.Generator, company: np.ndarray, name: np.ndarray, ids: np.ndarray, born: np.ndarray, phone: np.ndarray
) -> None:
    """The same person under two customer numbers, with the number or only with name, birth date and phone; fields missing."""
    count = len(name)
    roll = rng.random(count)
    for at in np.flatnonzero((roll < DUPLICATE + NEAR_DUPLICATE) & ~company):
        twin = int(rng.integers(0, count))
        if company[twin] or twin == at:
            continue
        name[at], born[at] = name[twin], born[twin]
        if roll[at] < DUPLICATE:
            ids[at] = ids[twin]
        else:
            ids[at], phone[at] = None, phone[twin]
    plain = ~company & (roll >= DUPLICATE + NEAR_DUPLICATE)
    ids[plain & (rng.random(count) < NO_ID)] = None
    born[plain & (rng.random(count) < NO_BIRTH)] = None


def _spoil(number: np.ndarray, borrowers: int, name: np.ndarray, ids: np.ndarray, born: np.ndarray) -> int:
    """Rows that the import must refuse: customers at the end of the borrowers, who then take no loan. Returns how many."""
    if borrowers < 60:
        return 0
    at = borrowers - 5
    name[at] = None  # the name is missing
    name[at + 1], ids[at + 1], born[at + 1] = "王虚构", "119801199001010000", None  # last places rounded by a spreadsheet
    name[at + 2], ids[at + 2], born[at + 2] = "李虚构", "1.19801E+17", None
    name[at + 3], ids[at + 3], born[at + 3] = "张虚构", None, "2023-02-29"  # no such day
    name[at + 4], ids[at + 4], born[at + 4] = "=1+1", None, None  # a formula in a cell
    return 5


def contact_points(rng: np.random.Generator, people: People) -> pl.DataFrame:
    """One to four points a customer; some numbers have a place too few and are refused."""
    base = people.frame.filter(pl.col("客户姓名").is_not_null() & ~pl.col("客户姓名").str.contains("虚构$|=")).select(
        "客户号", "_phone"
    )
    count = base.height
    roll = rng.random((5, count))
    street, house = rng.integers(0, len(STREETS), count), rng.integers(1, 400, count)
    address = [f"青禾市虚构区{STREETS[s]}路{h}号{h % 30 + 1}室" for s, h in zip(street, house, strict=True)]
    second = np.array([f"154{n:08d}" for n in rng.integers(0, 100_000_000, count)], dtype=object)
    bad = roll[4] < BAD_PHONE
    second[bad] = np.array([t[:10] for t in second[bad]], dtype=object)
    frame = base.with_columns(pl.Series("_address", address), pl.Series("_second", second.tolist(), dtype=pl.String))

    def part(mask: np.ndarray, kind: str, value: pl.Expr, label: str | None, origin: str, first: bool) -> pl.DataFrame:
        return frame.filter(pl.Series(mask)).select(
            "客户号", pl.lit(kind).alias("类型"), value.alias("号码或地址"), pl.lit(label, dtype=pl.String).alias("用途"),
            pl.lit(origin).alias("来源"), pl.lit(None, dtype=pl.String).alias("有效期起"),
            pl.lit(None, dtype=pl.String).alias("有效期止"), pl.lit("是" if first else "否").alias("是否首选"),
        )  # fmt: skip

    mail = pl.format("{}@example.com", pl.col("客户号").str.to_lowercase())
    return pl.concat(
        [
            part(roll[0] < 0.96, "手机", pl.col("_phone"), None, "合同", True),
            part((roll[1] < 0.14) | bad, "手机", pl.col("_second"), "单位", "本人", False),
            part(roll[2] < 0.3, "电子邮箱", mail, None, "合同", False),
            part(roll[3] < 0.72, "地址", pl.col("_address"), "家庭", "合同", False),
        ]
    )


def consents(rng: np.random.Generator, people: People, until: date) -> pl.DataFrame:
    """Consent by contract for most, some to contact off hours, some withdrawn later."""
    base = people.frame.filter(pl.col("客户姓名").is_not_null() & ~pl.col("客户姓名").str.contains("虚构$|=")).select("客户号")
    roll = rng.random((3, base.height))
    given = pl.Series([until - timedelta(days=int(d)) for d in rng.integers(200, 1000, base.height)], dtype=pl.Date)
    later = pl.Series([until - timedelta(days=int(d)) for d in rng.integers(1, 190, base.height)], dtype=pl.Date)
    frame = base.with_columns(given.alias("_given"), later.alias("_later"))

    def part(mask: np.ndarray, event: str, channel: str, purpose: str, day: str, proof: str, sign: str) -> pl.DataFrame:
        return frame.filter(pl.Series(mask)).select(
            "客户号", pl.lit(event).alias("动作"), pl.lit(channel).alias("渠道"), pl.lit(purpose).alias("用途"),
            (pl.col(day).dt.to_string("%Y-%m-%d") + " 10:30:00").alias("生效时间"),
            pl.lit(None, dtype=pl.String).alias("截止时间"), pl.lit(proof).alias("证明类型"),
            pl.format("{}-{}", pl.lit(sign), pl.col("客户号")).alias("证明编号"),
            pl.lit(None, dtype=pl.String).alias("文本"),
        )  # fmt: skip

    return pl.concat(
        [
            part(roll[0] < 0.9, "同意", "全部", "数据处理", "_given", "合同条款", "HT"),
            part(roll[1] < 0.04, "同意", "电话", "非工作时间", "_given", "录音", "LY"),
            part(roll[2] < 0.015, "撤回", "短信", "提醒", "_later", "表单", "BD"),
        ]
    )
