"""One condition language for strategies, rule packs, segments and reports, and decision tables and dated figures beside it.

A condition is an SQL expression over the published vocabulary. ``language.compile_condition`` parses and checks it into a
small typed tree (``terms``); from that tree come the answer for one row (``scalar``), the Polars expression for a whole book
(``columnar``) and the DuckDB text (``duckdb_sql``) that serves as independent oracle. Same rule, same answer.

Public names: ``language``, ``vocabulary``, ``tables`` (decision tables), ``parameters`` (dated figures).
"""
