"""The REST door: one API at ``/api/v1`` composed of every room's ``api.py``, and the pages that explain it.

Rooms bring handlers (``router``, ``PREFIX``) in the form of ``kernel.door``. This room adds what all of them share: who is
asking (``authentication``), problem documents (``problems``), pages with signed cursors (``cursors``), entity tags,
idempotency keys (``idempotency``), rate limits (``limits``) and the OpenAPI document (``openapi``).
"""
