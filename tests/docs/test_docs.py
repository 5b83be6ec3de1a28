"""The documentation says what the code says: generated pages are current, settings complete, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "tools"))
import generate_reference  # noqa: E402

PAGES = sorted(p for p in DOCS.rglob("*.md"))
GLOSSARY = [term for group in yaml.safe_load((DOCS / "glossary.yaml").read_text(encoding="utf-8")) for term in group["terms"]]


@pytest.mark.parametrize("name", sorted(generate_reference.PAGES))
def test_generated_pages_are_current(name):
    text = generate_reference.PAGES[name]()
    wanted = text if name.endswith(".json") else generate_reference.HEAD + text
    assert (DOCS / name).read_text(encoding="utf-8") == wanted, "run python tools/generate_reference.py"


def test_every_setting_is_described_and_every_description_is_a_setting():
    listed = {row["name"] for row in yaml.safe_load((DOCS / "reference/settings.yaml").read_text(encoding="utf-8"))}
    source = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.py"))
    read = set(re.findall(r"environ(?:\.get|\.setdefault|\.pop)?[\[(]\s*\"((?:ARREARS|DATABASE)_[A-Z_]+)\"", source))
    read |= {f"ARREARS_SECRET_{name.upper()}" for name in re.findall(r"SECRET_OF\(\"([a-z_]+)\"\)", source)} | {
        "ARREARS_SECRET_DJANGO"
    }
    own = {"ARREARS_TEST_HOME", "ARREARS_TEST_DATABASE", "ARREARS_EMBEDDED"}  # of the test plugin and between our own processes
    assert read - own == listed


def test_decisions_name_checks_that_exist():
    for page in sorted((DOCS / "decisions").glob("0*.md")):
        text = page.read_text(encoding="utf-8")
        for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**What holds it.**"):
            assert part in text, f"{page.name}: {part}"
        for path in re.findall(r"`((?:src|tests|tools)/[\w/.-]+)", text):
            assert (ROOT / path.rstrip(".")).exists(), f"{page.name}: {path}"


def test_links_lead_to_pages():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).resolve().exists(), f"{page.relative_to(DOCS)}: {target}"


def test_readmes_link_to_pages():
    for name in ("README.md", "README.zh.md"):
        for target in re.findall(r"\]\(([^)#\s]+)\)", (ROOT / name).read_text(encoding="utf-8")):
            if "://" not in target:
                assert (ROOT / target).exists(), f"{name}: {target}"


def test_commands_in_the_docs_exist():
    """Every `arrears ...` in a shell block names a command of the product, and its options are options of that command."""
    from arrears.cli import conventions

    root = conventions.build()
    for page in [*PAGES, ROOT / "README.md", ROOT / "README.zh.md"]:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```sh\n(.*?)```", text, re.S):
            for line in block.replace("\\\n", " ").splitlines():
                words = line.split("#")[0].split()
                if words[:1] != ["arrears"]:
                    continue
                command, rest = root, words[1:]
                while hasattr(command, "commands") and rest:
                    assert rest[0] in command.commands, f"{page.name}: {line}"
                    command, rest = command.commands[rest[0]], rest[1:]
                known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
                for word in rest:
                    if word.startswith("--"):
                        assert word.split("=")[0] in known, f"{page.name}: {word} in {line}"


def test_glossary_terms_are_whole_and_distinct():
    assert len(GLOSSARY) >= 120
    for term in GLOSSARY:
        assert set(term) == {"key", "en", "zh", "means", "means_zh", "avoid"}, term["key"]
        assert all(term[k] for k in ("en", "zh", "means", "means_zh")), term["key"]
    for field in ("key", "en", "zh"):
        values = [t[field] for t in GLOSSARY]
        assert len(values) == len(set(values)), sorted(v for v in values if values.count(v) > 1)
    words = {t["zh"] for t in GLOSSARY}
    for term in GLOSSARY:
        assert not words & set(term["avoid"]), term["key"]


def breaches(text: str, where: str) -> list[str]:
    """Wordings in ``text`` that the glossary tells to avoid."""
    return [f"{where}: {bad}, say {t['zh']} ({t['key']})" for t in GLOSSARY for bad in t["avoid"] if bad in text]


def test_the_lint_finds_a_wrong_word():
    assert breaches("本页显示逾期日数", "x") == ["x: 逾期日数, say 逾期天数 (past_due_days)"]


def test_screens_use_the_words_of_the_glossary():
    found = []
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix == ".html" or path.name in ("columns.py", "nav.py", "refusals.py", "pages.py"):
            found += breaches(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    assert found == []


def test_no_page_needs_the_network():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in text
    assert not re.search(r"https?://", text)


def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<(?:script|link)[^>]+(?:src|href)=\"(?:https?:)?//", page)


def test_the_page_of_terms_says_what_the_code_reads():
    from arrears.ledger.caps import PROFILES
    from arrears.ledger.servicing import NAMED_WATERFALLS, ServicingTerms
    from arrears.ledger.terms_reading import WORDS

    text = (DOCS / "reference/servicing-terms.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.S)
    terms = ServicingTerms.from_dict(yaml.safe_load(example))
    assert terms.grace_days == 3
    assert terms.cap is not None
    named = set(re.findall(r"`([^`]+)`", text))
    assert set(terms.to_dict()) - {"currency", "instalment_ageing"} <= named
    assert {*NAMED_WATERFALLS, *PROFILES} <= named
    schedule = text.split("## Servicing")[0]
    rows = [row.split("|")[1] for row in schedule.splitlines() if row.startswith("| `")]
    assert set(re.findall(r"`([^`]+)`", "".join(rows))) <= set(WORDS)
