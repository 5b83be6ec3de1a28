"""``arrears import profile`` and ``arrears import kinds``: what can be imported, and how columns become fields."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from arrears.cli import conventions
from arrears.kernel.refusals import Refusal

app = typer.Typer(no_args_is_help=True, help="Mapping profiles: list, show, save, lint, propose.")
_JSON = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command("list")
def list_profiles(as_json: _JSON = False) -> None:
    """Profiles that come with the product and saved ones, with their newest version."""
    from arrears.intake import queries

    found = queries.profile_list()
    if as_json:
        conventions.put(found)
        return
    lang = conventions.language()
    for one in found:
        title = one["title"]["zh" if lang.startswith("zh") else "en"]
        conventions.say(f"{one['id']:24} v{one['version']:<3} {one['origin']:8} {', '.join(one['kinds']):40} {title}")


@app.command("show")
def show(profile: Annotated[str, typer.Argument(help="Profile id.")], as_json: _JSON = False) -> None:
    """The newest version of a profile, as YAML (or JSON)."""
    from arrears.intake import running

    found = running.profile(profile)
    if isinstance(found, Refusal):
        conventions.refuse(found, as_json=as_json)
    if as_json:
        conventions.put(found.words)
    else:
        print(yaml.safe_dump(dict(found.words), allow_unicode=True, sort_keys=False), end="")


@app.command("save")
def save(path: Annotated[Path, typer.Argument(help="YAML file.", exists=True, dir_okay=False)], as_json: _JSON = False) -> None:
    """Keep a profile; changed content makes a new version, old batches keep theirs."""
    from arrears.intake import actions

    with conventions.unit_of_work():
        done = actions.save_profile(conventions.system_actor("import"), path.read_text(encoding="utf-8"))
    if isinstance(done, Refusal):
        conventions.refuse(done, as_json=as_json)
    if as_json:
        conventions.put({"id": done.profile.code, "version": done.version})
    conventions.say(f"{done.profile.code} v{done.version}")


@app.command("lint")
def lint(
    paths: Annotated[list[Path], typer.Argument(help="YAML files.", exists=True, dir_okay=False)], as_json: _JSON = False
) -> None:
    """Check profiles without keeping them. Exit code 3 when one is wrong."""
    from arrears.intake import profiles

    for path in paths:
        found = profiles.read(path.read_text(encoding="utf-8"))
        if isinstance(found, Refusal):
            conventions.say(str(path))
            conventions.refuse(found, as_json=as_json)
        conventions.say(f"{path}: {found.id} v{found.version} ok")


@app.command("propose")
def propose(
    path: Annotated[Path, typer.Argument(help="A file to be imported.", exists=True, dir_okay=False)],
    kind: Annotated[str, typer.Option(help="Kind (default: the one that fits best).")] = "",
) -> None:
    """Propose a profile from the header names of a file (Chinese and English synonyms), as YAML to edit and save."""
    from arrears.intake import profiles
    from arrears.intake.kinds import KINDS
    from arrears.intake.reading import open_file

    opened = open_file(path)
    if isinstance(opened, Refusal):
        conventions.refuse(opened)
    chosen = KINDS.get(kind) or profiles.best_kind(opened.source.columns)
    words = profiles.propose(opened.source.columns, chosen)
    print(yaml.safe_dump(words, allow_unicode=True, sort_keys=False), end="")
    taken = words["outputs"][0]["columns"]
    if left := [c for c in opened.source.columns if c not in taken]:
        conventions.say(f"not matched: {', '.join(left)}")
    if missing := [f.name for f in chosen.fields if f.required and f.name not in taken.values()]:
        conventions.say(f"required and not found: {', '.join(missing)}")


def kind_document(name: str = "") -> list[dict[str, Any]]:
    """Every kind as plain data: fields with type, rule, unit and labels, key, what happens on a known key, how it is undone."""
    from arrears.intake.kinds import KINDS

    return [
        {
            "kind": k.name, "label": {"zh": k.label.zh, "en": k.label.en}, "meaning": {"zh": k.meaning.zh, "en": k.meaning.en},
            "key": list(k.key), "on_conflict": k.on_conflict, "control": k.control, "free_fields": [f"{p}.*" for p in k.open_prefixes],
            "needs": k.needs.split(), "undo": {"zh": k.undo.zh, "en": k.undo.en},
            "fields": [
                {
                    "name": f.name, "type": f.type, "required": f.required, "unit": f.unit, "codes": list(f.codes), "rule": f.rule,
                    "default": f.default, "label": {"zh": f.label.zh, "en": f.label.en}, "synonyms": list(f.synonyms),
                    "identity": f.is_identity,
                }
                for f in k.fields
            ],
        }
        for k in KINDS.values() if not name or k.name == name
    ]  # fmt: skip


def kinds(
    kind: Annotated[str, typer.Argument(help="One kind (default: all).")] = "", as_json: _JSON = False
) -> None:  # fmt: skip
    """What can be imported: fields, types, rules, keys, and how a batch of it is undone."""
    found = kind_document(kind)
    if as_json:
        conventions.put(found)
        return
    side = "zh" if conventions.language().startswith("zh") else "en"
    for one in found:
        conventions.say(f"{one['kind']}  {one['label'][side]}: {one['meaning'][side]}")
        conventions.say(f"  key {', '.join(one['key'])}; known key: {one['on_conflict']}; undo: {one['undo'][side]}")
        for f in one["fields"]:
            more = " ".join(filter(None, [f["unit"], f["rule"], "|".join(f["codes"])]))
            conventions.say(f"  {'*' if f['required'] else ' '} {f['name']:20} {f['type']:10} {f['label'][side]:16} {more}")
