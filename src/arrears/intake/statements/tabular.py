"""Statements as CSV, the export of online banking: a header row in Chinese or English, one row for each movement.

Lines before the header (title, account, period) are skipped; the account may stand in them or in a column. A running balance
column, where given, is checked row by row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from arrears.kernel.refusals import Refusal

from .. import refusals_statements as refusals
from . import values
from .model import Balance, Deviation, Entry, Statement

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "booked_on": ("交易日期", "记账日期", "入账日期", "交易时间", "日期", "date", "booking date", "transaction date"),
    "value_on": ("起息日", "起息日期", "value date"),
    "amount": ("金额", "发生额", "交易金额", "amount"),
    "credit": ("贷方发生额", "贷方金额", "收入", "收入金额", "存入金额", "credit", "credit amount"),
    "debit": ("借方发生额", "借方金额", "支出", "支出金额", "支取金额", "debit", "debit amount"),
    "direction": ("借贷标志", "借贷方向", "收支方向", "收/支", "direction", "credit/debit"),
    "currency": ("币种", "货币", "currency"),
    "balance": ("余额", "账户余额", "本次余额", "balance"),
    "counterparty_name": ("对方户名", "对方名称", "付款人", "付款人名称", "付款方", "counterparty", "counterparty name", "payer"),
    "counterparty_account": ("对方账号", "对方账户", "付款人账号", "付款账号", "counterparty account", "payer account"),
    "remittance": ("摘要", "附言", "用途", "备注", "交易摘要", "remittance", "description", "details", "memo"),
    "structured_reference": ("合同号", "合同编号", "借据号", "reference", "payment reference"),
    "bank_reference": ("流水号", "交易流水号", "银行流水号", "凭证号", "bank reference", "transaction id"),
    "account": ("账号", "本方账号", "账户", "account", "account number"),
}  # fmt: skip
_CURRENCY_NAMES = {"人民币": "CNY", "人民币元": "CNY", "RMB": "CNY", "美元": "USD", "欧元": "EUR", "港币": "HKD", "日元": "JPY"}
_CREDIT_WORDS = {"贷", "收", "收入", "c", "credit", "crdt", "cr", "+"}
_DEBIT_WORDS = {"借", "支", "支出", "d", "debit", "dbit", "dr", "-"}
_LOOK_FOR_HEADER = 40
_MOST_REFUSALS = 50
_ACCOUNT_LINE = re.compile(r"(?:账号|账户|account)[^0-9A-Za-z]*([0-9A-Z]{8,34})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Header:
    row: int  # number of the header row, from 1
    width: int
    columns: dict[str, list[int]]  # field -> positions (several remittance columns are joined)


def looks_like(text: str) -> bool:
    """Whether a text has a header row that we understand."""
    return _header(_rows(text)) is not None


def parse(
    text: str, account: str = "", currency: str = "CNY"
) -> tuple[str, tuple[Statement, ...], tuple[Deviation, ...]] | Refusal:
    """Format, statement and deviations. ``account`` and ``currency`` stand in where the file names none."""
    rows = _rows(text)
    header = _header(rows)
    if header is None:
        return refusals.NO_COLUMN.at("row 1", columns="date, amount | 日期, 金额")
    named = [f for row in rows[: header.row - 1] for f in _ACCOUNT_LINE.findall(" ".join(row))]
    account = account or (named[0] if named else "")
    reader = _RowReader(header, currency)
    body = [(n, row) for n, row in enumerate(rows[header.row :], header.row + 1) if any(cell.strip() for cell in row)]
    for n, row in body:
        reader.add(n, row)
    if reader.refusals:
        return replace(reader.refusals[0], errors=tuple(reader.refusals[1:_MOST_REFUSALS]))
    if not reader.entries:
        return refusals.NO_STATEMENT.at(f"row {header.row}")
    account = account or next((a for a in reader.accounts if a), "")
    if not account:
        return refusals.MISSING_VALUE.at(f"row {header.row}", field="account | 账号")
    return "CSV", (reader.statement(account),), tuple(reader.deviations)


def _rows(text: str) -> list[list[str]]:
    lines = text.lstrip("\ufeff")
    sample = "\n".join(lines.splitlines()[:_LOOK_FOR_HEADER])
    delimiter = max((",", ";", "\t", "|"), key=sample.count)
    return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter)]


def _header(rows: list[list[str]]) -> _Header | None:
    fields = {name.lower(): field for field, names in _SYNONYMS.items() for name in names}
    for number, row in enumerate(rows[:_LOOK_FOR_HEADER], 1):
        columns: dict[str, list[int]] = {}
        for position, cell in enumerate(row):
            field = fields.get(re.sub(r"[(（].*$", "", cell).strip().lower())
            if field is not None:
                columns.setdefault(field, []).append(position)
        if "booked_on" in columns and ("amount" in columns or "credit" in columns):
            return _Header(number, len(row), columns)
    return None


class _RowReader:
    """Collects entries, running balances and every reason to refuse."""

    def __init__(self, header: _Header, currency: str) -> None:
        self.header = header
        self.currency = currency
        self.entries: list[Entry] = []
        self.balances: list[int | None] = []
        self.accounts: list[str] = []
        self.refusals: list[Refusal] = []
        self.deviations: list[Deviation] = []

    def cell(self, row: list[str], field: str) -> str:
        texts = (row[p] for p in self.header.columns.get(field, ()))
        return " ".join(" ".join(t for t in texts if t).split())

    def refuse(self, row: int, field: str, value: str, problem: str) -> None:
        column = self.header.columns.get(field, [0])[0] + 1
        place = f"row {row}, column {column} ({field})"
        self.refusals.append(refusals.BAD_VALUE.at(place, field=field, value=value[:40], problem=problem))

    def add(self, n: int, row: list[str]) -> None:
        if len(row) != self.header.width:
            self.refusals.append(refusals.RAGGED_ROW.at(f"row {n}", found=len(row), expected=self.header.width))
            return
        booked = self.cell(row, "booked_on")
        booked_on = values.written_day(booked)
        if booked_on is None:
            self.refuse(n, "booked_on", booked, "no day of the calendar | 日期不存在")
        currency = self.cell(row, "currency") or self.currency
        currency = _CURRENCY_NAMES.get(currency, currency)
        if not values.CURRENCY.match(currency):
            self.refuse(n, "currency", currency, "no currency code | 不是币种代码")
            return
        minor = self.amount(n, row, currency)
        if booked_on is None or minor is None:
            return
        account = self.cell(row, "counterparty_account")
        if re.match(r"^[0-9.]+E\+?[0-9]+$", account, re.IGNORECASE):
            self.deviations.append(Deviation(f"row {n}", "counterparty account was rounded by a spreadsheet: not used"))
            account = ""
        value_text = self.cell(row, "value_on")
        self.accounts.append(self.cell(row, "account"))
        balance = self.cell(row, "balance")
        self.balances.append(values.grouped_minor(balance, currency) if balance else None)
        if balance and self.balances[-1] is None:
            self.refuse(n, "balance", balance, "not an amount | 不是金额")
        self.entries.append(
            Entry(
                n=len(self.entries) + 1, at=f"row {n}", amount_minor=minor, currency=currency, booked_on=booked_on,
                value_on=values.written_day(value_text) if value_text else None,
                bank_reference=self.cell(row, "bank_reference"), structured_reference=self.cell(row, "structured_reference"),
                remittance=self.cell(row, "remittance"), counterparty_name=self.cell(row, "counterparty_name"),
                counterparty_account=account, after_minor=self.balances[-1],
            )
        )  # fmt: skip

    def amount(self, n: int, row: list[str], currency: str) -> int | None:
        """Signed minor units from a signed amount, an amount with a direction, or debit and credit columns."""
        for field in ("amount", "credit", "debit"):
            text = self.cell(row, field)
            if text and values.grouped_minor(text, currency) is None:
                self.refuse(n, field, text, f"not an amount of {currency} | 不是 {currency} 金额")
                return None
        if "amount" in self.header.columns:
            minor = values.grouped_minor(self.cell(row, "amount"), currency)
            if minor is None:
                self.refuse(n, "amount", "", "empty | 为空")
                return None
            return self.directed(n, row, minor)
        credit, debit = (values.grouped_minor(self.cell(row, f) or "0", currency) or 0 for f in ("credit", "debit"))
        if credit and debit:
            self.refuse(n, "credit", self.cell(row, "credit"), "debit and credit in one row | 同一行借贷均有金额")
            return None
        return credit - abs(debit)

    def directed(self, n: int, row: list[str], minor: int) -> int | None:
        direction = self.cell(row, "direction").lower()
        if not direction:
            return minor
        if direction in _CREDIT_WORDS:
            return abs(minor)
        if direction in _DEBIT_WORDS:
            return -abs(minor)
        self.refuse(n, "direction", direction, "neither credit nor debit | 无法判断借贷")
        return None

    def statement(self, account: str) -> Statement:
        currency = self.entries[0].currency
        days = sorted(e.booked_on for e in self.entries)
        opening, closing = _ends(self.entries, self.balances)
        if opening is None or closing is None:
            self.deviations.append(Deviation(f"row {self.header.row}", "no running balance: balances cannot be checked"))
        return (
            Statement(
                at=f"row {self.header.row}", statement_id="", account=account, currency=currency, from_on=days[0],
                to_on=days[-1], entries=tuple(self.entries),
                opening=Balance("first row", opening, currency, days[0]) if opening is not None else None,
                closing=Balance("last row", closing, currency, days[-1]) if closing is not None else None,
            )
        )  # fmt: skip


def _ends(entries: Iterable[Entry], balances: list[int | None]) -> tuple[int | None, int | None]:
    """Opening and closing balance from a running balance, for files that run forwards or backwards in time."""
    listed = list(entries)
    if not listed or balances[0] is None or balances[-1] is None:
        return None, None
    forwards = balances[0] - listed[0].amount_minor, balances[-1]
    backwards = balances[-1] - listed[-1].amount_minor, balances[0]
    backwards_in_time = listed[0].booked_on > listed[-1].booked_on
    return backwards if backwards_in_time else forwards
