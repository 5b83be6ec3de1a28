"""The one router of the room's REST: reads and acts of one address must stand in the same one."""

from ninja import Router

router = Router(tags=["ledger"])
