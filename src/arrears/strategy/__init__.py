"""What next for every case: a strategy is a document; stage, step and date are derived from facts each day, never by timers.

``document`` reads and checks a strategy, ``derive`` answers for one row, ``columnar`` for a whole book (twins). Shipped
strategies stand in ``data/``. Public names: ``document``, ``derive``, ``columnar``.
"""
