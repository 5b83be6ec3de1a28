"""The product inside a Python process: the same acts and reads as screens, API and command line, with the same names.

``arrears.open()`` gives a ``Session``. Its attributes are the rooms (``house.ledger``, ``house.parties``, ...), and theirs the
functions of each room's ``queries*`` and ``actions*`` modules, without the first parameter (scope or actor), which the session
supplies. Each call is one transaction. A refusal is raised as ``Refused``; what is read comes back frozen and masked.
"""

from __future__ import annotations

import atexit
import dataclasses
import functools
import html
import inspect
import os
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Actor

_SHOWN = 20
_HIDDEN = ("_sealed", "_index", "_hash", "password")


class Refused(Exception):
    """An act or read was refused; nothing changed. ``code`` is stable, ``refusal`` the whole value."""

    def __init__(self, refusal: Refusal) -> None:
        from arrears.cli.conventions import language

        lang = language()
        place = f" [{refusal.pointer}]" if refusal.pointer else ""
        super().__init__(f"{refusal.code}{place}: {refusal.sentence.in_language(lang)} {refusal.fix.in_language(lang)}")
        self.refusal = refusal
        self.code = refusal.code


class Record(Mapping[str, Any]):
    """A stored row as it is, frozen: fields as attributes or keys. Sealed columns are left out; ``reveal`` is an act."""

    __slots__ = ("_kind", "_values")

    def __init__(self, kind: str, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_values", dict(values))

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"{self._kind} has no field {name!r}; it has {', '.join(self._values)}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a record is read only; use an act")

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"{self._kind}({', '.join(f'{k}={v!r}' for k, v in self._values.items())})"

    def _repr_html_(self) -> str:
        return _table(["field", "value"], self._values.items())


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    def cells(tag: str, values: Iterable[Any]) -> str:
        return "".join(f"<{tag}>{html.escape('' if v is None else str(v))}</{tag}>" for v in values)

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"


def _flat(value: Any) -> Any:
    """``value`` as Arrow takes it: enums by value, mappings as JSON text, nested objects as mappings."""
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _flat(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Record):
        return {k: _flat(v) for k, v in value.items()}
    if isinstance(value, Mapping):
        import json

        return json.dumps({str(k): _flat(v) for k, v in value.items()}, ensure_ascii=False, default=str)
    if isinstance(value, list | tuple | set | frozenset):
        return [_flat(v) for v in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    return value


class Rows(Sequence[Any]):
    """A frozen list of results that becomes an Arrow table or a Polars frame."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = tuple(rows)

    def __getitem__(self, place: Any) -> Any:
        return Rows(self._rows[place]) if isinstance(place, slice) else self._rows[place]

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"Rows({len(self._rows)})"

    def _dicts(self) -> list[dict[str, Any]]:
        flat = [_flat(row) for row in self._rows]
        return [row if isinstance(row, dict) else {"value": row} for row in flat]

    def to_arrow(self) -> Any:
        """A ``pyarrow.Table``; no rows give a table without columns."""
        import pyarrow as pa

        return pa.Table.from_pylist(self._dicts())

    def to_polars(self) -> Any:
        """A ``polars.DataFrame``."""
        import polars as pl

        return pl.from_arrow(self.to_arrow())

    def _repr_html_(self) -> str:
        rows = self._dicts()
        head = list(dict.fromkeys(k for row in rows for k in row))
        shown = _table(head, ([row.get(k) for k in head] for row in rows[:_SHOWN]))
        return shown + (f"<p>… {len(rows) - _SHOWN} more</p>" if len(rows) > _SHOWN else "")


def _record(row: Any) -> Record:
    values: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        name = field.attname
        if not name.endswith(_HIDDEN):
            values[name] = getattr(row, name)
    for name, related in row._state.fields_cache.items():
        if related is not None:
            values[name] = _record(related)
    return Record(type(row).__name__, values)


def _given(value: Any) -> Any:
    """What a function answered, as the caller gets it."""
    from django.db.models import Model, QuerySet

    if isinstance(value, Refusal):
        raise Refused(value)
    if isinstance(value, Model):
        return _record(value)
    if isinstance(value, QuerySet | list):
        return Rows(_given(v) for v in value)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(_given(v) for v in value)
    if isinstance(value, Iterator):
        return Rows(_given(v) for v in value)
    return value


def _taken(parameter: inspect.Parameter, value: Any) -> Any:
    """A date or instant may be given as ISO text."""
    note = str(parameter.annotation)
    if isinstance(value, str) and "datetime" in note:
        return datetime.fromisoformat(value)
    if isinstance(value, str) and "date" in note and "str" not in note:
        return date.fromisoformat(value)
    return value


class Room:
    """The reads and acts of one room."""

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name
        self._verbs = {verb: self._bound(function, first) for verb, function, first in _functions(name)}

    def _bound(self, function: Callable[..., Any], first: str) -> Callable[..., Any]:
        signature = inspect.signature(function)
        parameters = list(signature.parameters.values())
        kept = parameters[1:] if first else parameters
        shown = signature.replace(parameters=kept)

        @functools.wraps(function)
        def call(*args: Any, **values: Any) -> Any:
            from django.db import transaction

            bound = shown.bind(*args, **values)
            given = {k: _taken(shown.parameters[k], v) for k, v in bound.arguments.items() if k in shown.parameters}
            bound.arguments.update(given)
            lead = {"actor": (self._session.actor,), "scope": (self._session.actor.scope,)}.get(first, ())
            with transaction.atomic():
                return _given(function(*lead, *bound.args, **bound.kwargs))

        call.__signature__ = shown  # type: ignore[attr-defined]
        return call

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        try:
            return self._verbs[verb]
        except KeyError:
            raise AttributeError(f"room {self._name} has no {verb!r}; it has {', '.join(sorted(self._verbs))}") from None

    def __dir__(self) -> list[str]:
        return sorted(self._verbs)

    def __repr__(self) -> str:
        return f"<room {self._name}: {', '.join(sorted(self._verbs))}>"


def _functions(room: str) -> Iterator[tuple[str, Callable[..., Any], str]]:
    """(verb, function, what the session supplies first) of a room; an act wins over a read of the same name."""
    package = import_module(room)
    modules = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    for prefix in ("queries", "actions"):
        for name in [m for m in modules if m == prefix or m.startswith(prefix + "_")]:
            module = import_module(f"{room}.{name}")
            for verb, function in vars(module).items():
                if verb.startswith("_") or not inspect.isfunction(function) or function.__module__ != module.__name__:
                    continue
                if prefix == "actions" and not hasattr(function, "verb"):
                    continue
                first = next(iter(inspect.signature(function).parameters), "")
                yield verb, function, first if first in ("actor", "scope") else ""


class Session:
    """An open product. ``actor`` is who acts; rooms are attributes. Close it, or use it in ``with``."""

    def __init__(self, actor: Actor, started: Path | None = None) -> None:
        self.actor = actor
        self._started = started
        self._rooms: dict[str, Room] = {}

    def __getattr__(self, name: str) -> Room:
        from arrears.house import rooms

        known = {room.rsplit(".", 1)[-1]: room for room in rooms.installed()}
        if name.startswith("_") or name not in known:
            raise AttributeError(f"no room {name!r}; there are {', '.join(known)}")
        return self._rooms.setdefault(name, Room(self, known[name]))

    def __dir__(self) -> list[str]:
        from arrears.house import rooms

        return sorted([*super().__dir__(), *(room.rsplit(".", 1)[-1] for room in rooms.installed())])

    def as_user(self, username: str, hat: str = "") -> Session:
        """The same product seen and used by one person. Raises ``LookupError`` for an unknown name."""
        from arrears.access.models import User
        from arrears.access.queries import actor_of_user

        user = User.objects.filter(username=username).first()
        if user is None:
            raise LookupError(f"no user {username!r}")
        return Session(actor_of_user(user, "python", hat=hat))

    def close(self) -> None:
        """Give back connections, and the lease on the embedded database; the last lease stops it."""
        from django.db import connections

        connections.close_all()
        if self._started is not None:
            from arrears.house import postgres

            postgres.release(self._started)
            self._started = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_default: Session | None = None


def open(home: str | Path | None = None, *, database_url: str = "", user: str = "") -> Session:
    """Open the product in this process.

    ``home`` is the installation's folder, ``database_url`` any PostgreSQL; without both, what the environment says. Without
    ``user`` the session may do everything, as the person at the server's shell; the journal says so. One process opens one
    installation: a second call gives another session of the same one.
    """
    global _default  # noqa: PLW0603 - the session that `arrears.book()` uses
    import django
    from django.apps import apps

    from arrears.house import postgres

    started = None
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arrears.house.settings")
        os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # a notebook runs cells inside an event loop
        if home is not None:
            os.environ["ARREARS_HOME"] = str(home)
        if database_url:
            os.environ["DATABASE_URL"] = database_url
        elif "DATABASE_URL" not in os.environ:
            started = postgres.default_home()
            os.environ["DATABASE_URL"] = postgres.acquire(started).url(postgres.APP)
            atexit.register(postgres.release, started)
        django.setup()
    elif home is not None or database_url:
        raise RuntimeError("this process has an installation open already; start another process for another one")
    session = Session(Actor(SYSTEM_SCOPE, "system", "python", "python"), started)
    _default = _default or session
    return session.as_user(user) if user else session


connect = open


def _session() -> Session:
    return _default or open()


def book(on: date | str, creditor: str = "") -> Any:
    """The book of a day as a ``pyarrow.Table``: one row per customer and currency. Refused where the day has no book."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    house = _session()
    if not house.book.exists(day):
        from arrears.book.refusals import NO_BOOK

        raise Refused(NO_BOOK.at(day=day.isoformat()))
    return house.book.read(day, creditor).collect().to_arrow()


def position(agreement_id: str, as_of: date | str | None = None, **asked: Any) -> Any:
    """What is owed under an agreement at the end of a day, default today: ``house.ledger.position``."""
    return _session().ledger.position(agreement_id, as_of=as_of or _today(), **asked)


def statement(agreement_id: str, as_of: date | str | None = None, **asked: Any) -> Any:
    """Why exactly that amount: ``house.ledger.statement``."""
    return _session().ledger.statement(agreement_id, as_of=as_of or _today(), **asked)


def _today() -> date:
    from arrears.kernel import clock

    return clock.today()
