"""Statutory calculators and clocks: court fees, delayed-performance interest, caps, limitation, enforcement, classification.

Pure and cited: every figure comes from ``data/*.yaml`` with its clause and dates, every answer carries its working step by step.
Public names: ``registry.CALCULATORS``, ``registry.CLOCKS``, ``registry.SCHEMES``, ``working.Answer``.
"""
