"""What was done: append-only entries written in the act's own transaction, sealed into a Merkle log with signed checkpoints.

Public names: ``actions.action`` (decorator of every state change), ``actions.record``, ``merkle``, ``queries``.
"""
