"""Floor 4: files into facts. Readers, mapping profiles, checks, batches that can be mended, resumed and undone.

The flow is ``reading`` (any file as chunks of text cells) → ``mapping`` (a profile turns cells into typed fields of a kind) →
``checking`` (against the kind's rules, the rest of the file and the base) → spool → ``actions`` (chunk by chunk into parties and
ledger). Screen, command line and API drive the same ``running``.
"""
