"""Who: people and companies, contact points with provenance, consents, restrictions, vulnerability;
one customer across all loans.

Public names: ``queries``, ``actions``, ``masking``.
"""
