"""Parts of the demo data generator: people, instalment loans, cards, host-kept loans. Everything is made from a seed.

Nothing here describes anyone: identity numbers carry region codes ``xx98nn`` that GB/T 2260 assigns to no county, mobile numbers
the prefix 154 that the numbering plan assigns to no carrier, e-mail addresses the reserved domain example.com (RFC 2606),
addresses a city that does not exist. Check digits are valid, so that every check of the product is passed as a real file would.
"""
