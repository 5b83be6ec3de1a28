"""ISO 20022 cash management: camt.052 (report), camt.053 (statement), camt.054 (notification), any version.

Read leniently by local names; where a message departs from its own schema, that is recorded as a deviation. Entities, DTDs and
network access are off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lxml import etree

from arrears.kernel.refusals import Refusal

from .. import refusals_statements as refusals
from . import values
from .model import Balance, Deviation, Entry, Statement, Status

_NAMESPACE = re.compile(r"camt\.05[234]\.001\.\d{2}")
_STATEMENTS = {"Stmt", "Rpt", "Ntfctn"}
_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)
_MOST_DEVIATIONS = 50


class _Unreadable(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def parse(data: bytes) -> tuple[str, tuple[Statement, ...], tuple[Deviation, ...]] | Refusal:
    """Format, statements and deviations of a camt message. Refuses ``statement.*`` with line numbers."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as problem:
        return refusals.NOT_XML.at(f"line {problem.lineno}", problem=str(problem.msg))
    if root.getroottree().docinfo.doctype or any(isinstance(n, etree._Entity) for n in root.iter()):
        return refusals.HAS_DOCTYPE.at("line 1")
    found = _NAMESPACE.search(root.tag if isinstance(root.tag, str) else "")
    message = found.group() if found else ""
    if not message:
        return refusals.NOT_RECOGNISED.at("line 1")
    deviations = _schema_deviations(root, message)
    try:
        statements = tuple(_statement(node, message) for node in root.iter() if _name(node) in _STATEMENTS)
    except _Unreadable as problem:
        return problem.refusal
    if not statements:
        return refusals.NO_STATEMENT.at("/Document")
    return message, statements, deviations


def _name(node: Any) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _children(node: Any, name: str) -> Iterator[Any]:
    return (child for child in node if _name(child) == name)


def _find(node: Any, path: str) -> Any:
    """The first node at a path of local names, or None."""
    for name in path.split("/"):
        node = next(_children(node, name), None) if node is not None else None
    return node


def _text(node: Any, *paths: str) -> str:
    """Trimmed text of the first path that has any."""
    for path in paths:
        found = _find(node, path)
        if found is not None and found.text and found.text.strip():
            return " ".join(found.text.split())
    return ""


def _at(node: Any) -> str:
    return f"line {node.sourceline}"


@lru_cache(maxsize=16)
def _schema(message: str) -> etree.XMLSchema | None:
    source = files("arrears.intake").joinpath(f"data/camt/{message}.xsd")
    return etree.XMLSchema(etree.fromstring(source.read_bytes())) if source.is_file() else None


def _schema_deviations(root: Any, message: str) -> tuple[Deviation, ...]:
    schema = _schema(message)
    if schema is None:
        return (Deviation("line 1", f"no schema of {message} is shipped; read without checking"),)
    if schema.validate(root):
        return ()
    log = list(schema.error_log)
    kept = [Deviation(f"line {e.line}", _without_values(e.message)) for e in log[:_MOST_DEVIATIONS]]
    if len(log) > _MOST_DEVIATIONS:
        kept.append(Deviation("line 1", f"and {len(log) - _MOST_DEVIATIONS} more deviations from {message}"))
    return tuple(kept)


def _without_values(message: str) -> str:
    """Schema messages quote the offending value, which may be a name or an account: take it out."""
    text = re.sub(r"\{[^}]*\}", "", message)
    return re.sub(r"(: )'[^']*'( is not)", r"\1the value\2", re.sub(r"The value '[^']*'", "The value", text))


def _amount(node: Any, field: str, signed_by: Any) -> tuple[int, str]:
    """Signed minor units and currency of an ``Amt`` with its ``CdtDbtInd``."""
    amount = _find(node, "Amt")
    if amount is None:
        raise _Unreadable(refusals.MISSING_VALUE.at(_at(node), field=field))
    currency = (amount.get("Ccy") or "").strip()
    if not values.CURRENCY.match(currency):
        raise _Unreadable(refusals.BAD_VALUE.at(_at(amount), field="Ccy", value=currency, problem="no currency code"))
    minor = values.minor(amount.text or "", currency)
    if minor is None or minor < 0:
        problem = "not an amount of the currency in whole minor units, zero or above"
        raise _Unreadable(refusals.BAD_VALUE.at(_at(amount), field=field, value=amount.text, problem=problem))
    indicator = _text(signed_by, "CdtDbtInd")
    if indicator not in ("CRDT", "DBIT"):
        raise _Unreadable(refusals.BAD_VALUE.at(_at(signed_by), field="CdtDbtInd", value=indicator, problem="CRDT or DBIT"))
    return (minor if indicator == "CRDT" else -minor), currency


def _day(node: Any, path: str, field: str) -> date | None:
    holder = _find(node, path)
    text = _text(holder, "Dt", "DtTm") if holder is not None else ""
    if not text:
        return None
    day = values.day(text)
    if day is None:
        raise _Unreadable(refusals.BAD_VALUE.at(_at(holder), field=field, value=text, problem="no day of the calendar"))
    return day


def _account(node: Any) -> str:
    return _text(node, "Id/IBAN", "Id/Othr/Id", "Id/BBAN", "Id/PrtryAcct/Id", "Id/UPIC")


def _statement(node: Any, message: str) -> Statement:
    holder = _find(node, "Acct")
    account = _account(holder) if holder is not None else ""
    deviations: list[Deviation] = []
    if not account:
        raise _Unreadable(refusals.MISSING_VALUE.at(_at(node), field="Acct"))
    balances = [_balance(b) for b in _children(node, "Bal")]
    currency = _text(holder, "Ccy")
    entries = _entries(node, deviations)
    if not currency:
        currency = next((b.currency for b in balances), next((e.currency for e in entries), ""))
        deviations.append(Deviation(_at(holder), f"account currency not stated; taken as {currency or 'unknown'}"))
    opening = _chosen(balances, _OPENING)
    closing = _chosen(list(reversed(balances)), _CLOSING)
    if opening is None or closing is None:
        deviations.append(Deviation(_at(node), "opening or closing booked balance not stated: balances cannot be checked"))
    days = sorted(e.booked_on for e in entries)
    return Statement(
        at=_at(node),
        statement_id=_text(node, "Id"),
        account=account,
        currency=currency,
        from_on=_period(node, "FrDtTm") or (days[0] if days else None),
        to_on=_period(node, "ToDtTm") or (days[-1] if days else None),
        sequence=_text(node, "ElctrncSeqNb", "LglSeqNb"),
        opening=opening,
        closing=closing,
        entries=tuple(entries),
        deviations=tuple(deviations),
    )


def _period(node: Any, name: str) -> date | None:
    text = _text(node, f"FrToDt/{name}")
    return values.day(text) if text else None


def _balance(node: Any) -> Balance:
    minor, currency = _amount(node, "Bal/Amt", node)
    code = _text(node, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "Tp/Cd")
    return Balance(code, minor, currency, _day(node, "Dt", "Bal/Dt"))


def _chosen(balances: list[Balance], codes: tuple[str, ...]) -> Balance | None:
    return next((b for code in codes for b in balances if b.code == code), None)


def _entries(statement: Any, deviations: list[Deviation]) -> list[Entry]:
    found: list[Entry] = []
    for node in _children(statement, "Ntry"):
        for entry in _parts(node, len(found) + 1, deviations):
            found.append(entry)
    return found


def _status(node: Any) -> Status:
    code = _text(node, "Sts/Cd", "Sts")
    return {"BOOK": Status.BOOKED, "PDNG": Status.PENDING, "INFO": Status.INFO}.get(code, Status.INFO)


def _parts(node: Any, n: int, deviations: list[Deviation]) -> list[Entry]:
    """One entry, or the parts of a batch where its details carry amounts that sum to it."""
    minor, currency = _amount(node, "Ntry/Amt", node)
    value_on = _day(node, "ValDt", "ValDt")
    booked_on = _day(node, "BookgDt", "BookgDt") or value_on or _statement_day(node)
    if booked_on is None:
        raise _Unreadable(refusals.MISSING_VALUE.at(_at(node), field="BookgDt"))
    details = [t for d in _children(node, "NtryDtls") for t in _children(d, "TxDtls")]
    status = _status(node)
    if status is Status.INFO and _text(node, "Sts/Cd", "Sts") != "INFO":
        deviations.append(Deviation(_at(node), "entry status not known: taken as information, not posted"))
    whole = Entry(
        n=n, at=_at(node), amount_minor=minor, currency=currency, booked_on=booked_on, value_on=value_on, status=status,
        is_reversal=_text(node, "RvslInd") in ("true", "1"), bank_reference=_text(node, "AcctSvcrRef", "NtryRef"),
        code=_text(node, "BkTxCd/Domn/Fmly/SubFmlyCd", "BkTxCd/Prtry/Cd"),
    )  # fmt: skip
    if len(details) > 1:
        parts = _batch(node, whole, details)
        if parts is not None:
            return parts
        deviations.append(Deviation(_at(node), f"{len(details)} details do not sum to the entry: kept as one entry"))
        return [whole]
    return [_detailed(whole, details[0], node)] if details else [_detailed(whole, node, node)]


def _statement_day(node: Any) -> date | None:
    text = _text(node.getparent(), "CreDtTm")
    return values.day(text) if text else None


def _batch(node: Any, whole: Entry, details: list[Any]) -> list[Entry] | None:
    parts: list[Entry] = []
    for i, detail in enumerate(details):
        amount = _find(detail, "Amt")
        if amount is None:
            amount = _find(detail, "AmtDtls/TxAmt/Amt")
        if amount is None or (amount.get("Ccy") or "") != whole.currency:
            return None
        minor = values.minor(amount.text or "", whole.currency)
        if minor is None:
            return None
        indicator = _text(detail, "CdtDbtInd")
        sign = (1 if whole.amount_minor >= 0 else -1) if not indicator else (1 if indicator == "CRDT" else -1)
        part = _detailed(whole, detail, node)
        changes: dict[str, Any] = {"n": whole.n + i, "at": _at(detail), "amount_minor": sign * abs(minor)}
        parts.append(replace(part, **changes))
    return parts if sum(p.amount_minor for p in parts) == whole.amount_minor else None


def _detailed(whole: Entry, detail: Any, node: Any) -> Entry:
    """The entry with what a detail says of references, counterparty and remittance."""
    role = "Dbtr" if whole.amount_minor >= 0 else "Cdtr"
    parties = _find(detail, "RltdPties")
    account = _find(parties, f"{role}Acct") if parties is not None else None
    name = ""
    if parties is not None:
        paths = (f"Ultmt{role}/Nm", f"Ultmt{role}/Pty/Nm", f"{role}/Nm", f"{role}/Pty/Nm")
        name = _text(parties, *paths)
    structured = [
        _text(s, "CdtrRefInf/Ref", "CdtrRefInf/CdtrRef") for r in _children(detail, "RmtInf") for s in _children(r, "Strd")
    ]
    texts = [" ".join((u.text or "").split()) for r in _children(detail, "RmtInf") for u in _children(r, "Ustrd")]
    texts += [_text(detail, "AddtlTxInf"), _text(node, "AddtlNtryInf")]
    end_to_end = _text(detail, "Refs/EndToEndId")
    changes: dict[str, Any] = {
        "bank_reference": _text(detail, "Refs/AcctSvcrRef", "Refs/TxId") or whole.bank_reference,
        "end_to_end_id": "" if end_to_end == "NOTPROVIDED" else end_to_end,
        "structured_reference": " ".join(s for s in structured if s),
        "remittance": " ".join(dict.fromkeys(t for t in texts if t)),
        "counterparty_name": name,
        "counterparty_account": _account(account) if account is not None else "",
    }
    return replace(whole, **changes)
