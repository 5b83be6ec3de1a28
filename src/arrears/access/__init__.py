"""Who works here and what they may see: creditors, portfolios, teams, agencies, users, role grants, API keys, approvals.

Public names: ``Actor``/``Scope`` (kernel), ``scoping.ScopedModel``, ``queries``, ``actions``.
"""
