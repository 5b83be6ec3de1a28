"""Every kind of import, by name. ``arrears import kinds`` documents them from here."""

from types import ModuleType

from arrears.intake.fields import Kind

from . import agreements, consents, contact_points, customers, payments, positions, roles, schedules

#: In the order a file of several outputs brings them into the base.
MODULES: dict[str, ModuleType] = {
    module.KIND.name: module
    for module in (customers, contact_points, agreements, roles, schedules, positions, payments, consents)
}
KINDS: dict[str, Kind] = {name: module.KIND for name, module in MODULES.items()}

__all__ = ["KINDS", "MODULES"]
