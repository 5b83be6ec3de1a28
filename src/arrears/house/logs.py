"""Log lines: one JSON object each, with the request id, and without personal data."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")

#: Digits as long as a phone, card or identity number, and e-mail addresses. Ids of ours are never pure digits.
_PERSONAL = re.compile(r"(?<![\w-])\d{11,19}[\dXx]?(?![\w-])|[\w.+-]+@[\w-]+\.[\w.-]+")


class Redact(logging.Filter):
    """Replaces what looks like an identity in the finished message; tracebacks are reduced to their frames."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _PERSONAL.sub("[redacted]", record.getMessage())
        record.args = ()
        return True


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.msg,
            "trace_id": request_id.get(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            frames = []
            while trace is not None:
                frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/src/', 1)[-1]}:{trace.tb_lineno}")
                trace = trace.tb_next
            line |= {
                "error": kind.__name__ if kind else "",
                "frames": frames,
            }  # the error's text may quote data: left out
        return json.dumps(line, ensure_ascii=False)
