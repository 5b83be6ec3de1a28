"""Channels: letters from the ledger at the moment of sending. Nothing leaves without a permit of the gate."""
