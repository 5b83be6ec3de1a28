"""May we contact this person, on this channel, now, and until when? No permit, no contact; unknown means no.

``engine.decide`` is the pure judgement: facts, rule packs (dated, cited data in ``packs/``) and an instant in, a decision with
every reason out. ``planning`` is the same judgement for a whole book. ``actions.request_permit`` reserves, signs and stores.
Public names: ``engine``, ``facts``, ``packs``, ``planning``, ``actions``, ``queries``.
"""
