"""Sealing and verification against a real PostgreSQL, with a superuser who tampers in every way we can think of."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from arrears.journal import actions, actions_seal, checkpoints, keys, proofs, queries, rights
from arrears.journal.models import Checkpoint, Entry, Leaf, Pending
from arrears.journal.verification import verify
from arrears.kernel.refusals import RefusalCode
from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
ACTOR = Actor(SYSTEM_SCOPE, "system", "test", "job")


def write(count, **facts):
    return [
        actions.record(ACTOR, "thing.done", ("thing", f"t{n}"), creditor_id=1, payload={"n": n, "name": "合同"} | facts).id
        for n in range(count)
    ]


@pytest.fixture
def log():
    """Three sealings of four entries and two entries that wait. What a test breaks is rolled back before Django looks."""
    with transaction.atomic():
        ids = []
        for _ in range(3):
            ids += write(4)
            actions_seal.seal(NOW)
        ids += write(2)
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
        yield ids
        transaction.set_rollback(True)


def sql(*statements):
    """As a superuser with every trigger and foreign key switched off."""
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("set local session_replication_role = origin")


def faults(**options):
    return {(f.kind, f.at) for f in verify(keys.verifiers(), **options).faults}


def test_whole(log):
    report = verify(keys.verifiers())
    assert report.is_whole
    assert (report.entries, report.checkpoints, report.waiting) == (14, 3, 2)
    assert report.root == bytes(queries.last_checkpoint().root_hash).hex()


def test_empty_journal_is_whole():
    assert verify(keys.verifiers()).is_whole
    assert actions_seal.seal(NOW) is None


def test_sealing_in_small_batches_gives_the_same_root(log):
    assert actions_seal.seal_all(NOW, batch=1) == 2
    assert Checkpoint.objects.count() == 5
    assert verify(keys.verifiers()).is_whole


@pytest.mark.parametrize(
    "change",
    [
        "payload = payload || '{\"n\": 99}'",
        "act = 'thing.undone'",
        "actor_id = 'somebody'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "creditor_id = 2",
        "customer_id = 7",
        "subject_id = 'other'",
        "subject_kind = 'other'",
        "via = 'web'",
        "actor_kind = 'person'",
        "request_id = 'r'",
    ],
)
@pytest.mark.parametrize("place", [0, 5, 11, 13])
def test_any_edited_field_names_the_entry(log, change, place):
    sql(f"update journal_entry set {change} where id = {log[place]}")
    assert faults() == {("content", str(log[place]))}


def rehash(entry_id, **changes):
    from arrears.journal import canonical
    from arrears.journal.verification import content_of

    row = Entry.objects.get(id=entry_id)
    for name, value in changes.items():
        setattr(row, name, value)
    digest = canonical.sha256(content_of(row))
    sql(*(f"update journal_entry set {n} = '{v}' where id = {entry_id}" for n, v in changes.items()))
    sql(f"update journal_entry set content_hash = '\\x{digest.hex()}' where id = {entry_id}")
    return digest


def test_edit_with_a_new_hash_names_the_entry(log):
    rehash(log[5], act="thing.undone")
    assert faults() == {("hash", str(log[5]))}


def test_edit_with_new_hash_and_new_leaf_breaks_the_signed_root(log):
    digest = rehash(log[5], act="thing.undone")
    sql(f"update journal_leaf set leaf_hash = '\\x{actions_seal.leaf_of(log[5], digest).hex()}' where entry_id = {log[5]}")
    assert faults() == {("root", "4-7")}


def test_altered_leaf(log):
    sql(f"update journal_leaf set leaf_hash = sha256('x') where entry_id = {log[6]}")
    assert faults() == {("leaf", str(log[6]))}


def test_deleted_entry(log):
    sql(f"delete from journal_entry where id = {log[2]}")
    assert faults() == {("deleted", str(log[2]))}


def test_deleted_entry_and_leaf(log):
    sql(f"delete from journal_entry where id = {log[2]}", f"delete from journal_leaf where entry_id = {log[2]}")
    assert ("leaf_missing", "2") in faults()


def test_deleted_entry_with_leaves_closed_up(log):
    sql(
        f"delete from journal_entry where id = {log[2]}",
        f"delete from journal_leaf where entry_id = {log[2]}",
        "update journal_leaf set index = index - 1 where index > 2",
    )
    assert {k for k, _ in faults()} >= {"root", "tail"}


def test_deleted_tail(log):
    sql(f"delete from journal_entry where id >= {log[8]}", "delete from journal_leaf where index >= 8")
    assert ("tail", "8") in faults()


def test_deleted_tail_with_its_checkpoint_needs_a_witness(log):
    note = queries.note_of(queries.last_checkpoint())
    signed = checkpoints.read_note(note, keys.verifiers())
    assert faults(witness=signed) == set()
    sql(
        "delete from journal_pending",
        f"delete from journal_entry where id >= {log[8]}",
        "delete from journal_leaf where index >= 8",
        "delete from journal_checkpoint where size = 12",
    )
    assert faults() == set()
    assert faults(witness=signed) == {("witness", "12")}


def test_reordered_within_a_sealing(log):
    a, b = log[5], log[6]
    sql(
        f"update journal_leaf set index = 1000 where entry_id = {a}",
        f"update journal_leaf set index = 5 where entry_id = {b}",
        f"update journal_leaf set index = 6 where entry_id = {a}",
    )
    assert faults() == {("order", str(a)), ("root", "4-7")}


def test_reordered_across_sealings(log):
    a, b = log[1], log[6]
    sql(
        f"update journal_leaf set index = 1000 where entry_id = {a}",
        f"update journal_leaf set index = 1 where entry_id = {b}",
        f"update journal_leaf set index = 6 where entry_id = {a}",
    )
    assert {("root", "0-3"), ("root", "4-7")} <= faults()


def test_two_entries_exchanged(log):
    a, b = log[1], log[2]
    sql(
        f"update journal_entry set id = 9000001 where id = {a}",
        f"update journal_entry set id = {a} where id = {b}",
        f"update journal_entry set id = {b} where id = 9000001",
    )
    assert faults() == {("hash", str(a)), ("hash", str(b))}


def test_inserted_past_the_queue(log):
    columns = "creditor_id, actor_kind, actor_id, via, subject_kind, subject_id, customer_id, payload, request_id, content_hash"
    sql(
        f"insert into journal_entry (id, recorded_at, act, {columns}) "
        f"select 9000001, recorded_at, 'thing.forged', {columns} from journal_entry where id = {log[0]}"
    )
    assert faults() == {("unsealed", "9000001")}


def test_leaf_beyond_the_last_checkpoint(log):
    sql(f"insert into journal_leaf (index, entry_id, leaf_hash) values (12, {log[12]}, sha256('x'))")
    assert ("beyond", "12") in faults()


@pytest.mark.parametrize(
    "change",
    ["root_hash = sha256('x')", "signed_at = signed_at - interval '1 day'", "signature = sha512('x')", "key_id = '00000000'"],
)
def test_altered_checkpoint(log, change):
    sql(f"update journal_checkpoint set {change} where size = 8")
    assert ("signature", "8") in faults()


def test_altered_subtree_hashes_stop_the_sealer(log):
    sql("update journal_checkpoint set frontier = sha256('x') || sha256('y') where size = 12")
    assert faults() == {("frontier", "12")}
    with pytest.raises(actions_seal.SealBrokenError):
        actions_seal.seal(NOW)


def test_another_installations_key_does_not_verify(log):
    stranger = checkpoints.Signer.from_secret("somebody else").public
    assert {f.kind for f in verify([stranger]).faults} == {"signature"}


@pytest.mark.parametrize("table", ["journal_entry", "journal_leaf", "journal_checkpoint"])
@pytest.mark.parametrize("verb", ["update {} set {} = {}", "delete from {}", "truncate {} cascade"])
def test_even_the_owner_is_stopped_by_the_trigger(log, table, verb):
    column = {"journal_entry": "id", "journal_leaf": "index", "journal_checkpoint": "size"}[table]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local arrears.may_truncate = ''")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(verb.format(table, column, column))
    assert Entry.objects.count() == 14


@pytest.fixture
def app_role():
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = 'arrears_app'")
        if cursor.fetchone() is None:  # another server than the embedded one; rolled back with the test
            cursor.execute("create role arrears_app")
            assert rights.grant_app_role()
        cursor.execute("set local role arrears_app")
        yield cursor
        cursor.execute("reset role")


KEY_COLUMN = {
    "journal_entry": "id", "journal_leaf": "index", "journal_checkpoint": "size", "access_accesslog": "id",
    "parties_consentevent": "id", "parties_partyversion": "id",
}  # fmt: skip


@pytest.mark.parametrize("table", KEY_COLUMN)
@pytest.mark.parametrize("verb", ["update {0} set {1} = {1}", "delete from {0}", "truncate {0}"])
def test_the_products_role_has_no_right_to_change(app_role, table, verb):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        app_role.execute(verb.format(table, KEY_COLUMN[table]))


def test_the_products_role_can_do_its_work(app_role):
    write(2)
    assert actions_seal.seal(NOW).size == 2
    assert verify(keys.verifiers()).is_whole
    app_role.execute("update parties_restriction set lifted_reason = '' where false")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        app_role.execute("update parties_restriction set kind = '' where false")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        app_role.execute("set session_replication_role = replica")
    with pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic():
        app_role.execute("alter table journal_entry disable trigger all")


def test_append_only_tables_are_read_from_the_catalogue():
    tables = rights.append_only_tables()
    assert tables["journal_entry"] == []
    assert tables["parties_restriction"] == ["lifted_at", "lifted_by", "lifted_reason"]
    assert not rights.grant_app_role(role="no_such_role")


def test_proof_is_checked_offline(log):
    for place in (0, 5, 11):
        document = json.loads(json.dumps(queries.proof(SYSTEM_SCOPE, log[place])))
        key = [checkpoints.Verifier.parse(str(keys.verifiers()[0]))]
        assert proofs.check(document, key)
        assert not proofs.check(document, [checkpoints.Signer.from_secret("x").public])
        for name, value in (
            ("entry", 1_000_000), ("leaf_index", 3 if place != 3 else 4), ("path", document["path"][1:]),
            ("form", "other"),
            ("content", document["content"] | {"act": "thing.undone"}), 
            ("checkpoint", document["checkpoint"].replace("2026", "2027")),
        ):  # fmt: skip
            assert not proofs.check(document | {name: value}, key)
    assert not proofs.check({}, keys.verifiers())
    assert queries.proof(SYSTEM_SCOPE, log[12]).code == "journal.not_sealed"
    assert queries.proof(SYSTEM_SCOPE, 10**9).code == "journal.not_found"
    assert queries.proof(Scope(frozenset({2})), log[0]).code == "journal.not_found"


def test_consistency_between_two_notes(log):
    from arrears.journal import merkle

    proof = queries.consistency(4)
    old, new = (checkpoints.read_note(proof[side], keys.verifiers()) for side in ("old", "new"))
    assert merkle.is_consistent(old.size, new.size, old.root, new.root, [bytes.fromhex(n) for n in proof["path"]])
    assert queries.consistency(5) is None


def test_export_and_searches(log):
    rows = list(queries.export(SYSTEM_SCOPE))
    assert [r["leaf_index"] for r in rows] == [*range(12), None, None]
    assert list(queries.export(Scope(frozenset({2})))) == []
    assert queries.search(SYSTEM_SCOPE, act="thing.").count() == 14
    assert queries.search(SYSTEM_SCOPE, act="thing.", before_id=log[1]).count() == 1
    assert queries.search(SYSTEM_SCOPE, act="thing.undone").count() == 0
    assert len(queries.of_subject(SYSTEM_SCOPE, "thing", "t3")) == 3
    assert queries.waiting() == 2


def test_verifier_key_text():
    key = keys.verifiers()[0]
    assert str(checkpoints.Verifier.parse(f" {key}\n")) == str(key)
    for wrong in ("", "x", str(key).replace("journal", "other"), str(key)[:-4], str(key).replace(key.key_id, "00000000")):
        with pytest.raises(ValueError, match="key"):
            checkpoints.Verifier.parse(wrong)


@pytest.mark.parametrize("text", ["", "arrears.journal\n1\n\n\n", "arrears.journal\nx\ny\nz\n\n"])
def test_unreadable_notes(text):
    assert checkpoints.read_note(text, keys.verifiers()) is None


def test_note_with_another_line_is_not_ours(log):
    note = queries.note_of(queries.last_checkpoint())
    assert checkpoints.read_note(note, keys.verifiers()).size == 12
    assert checkpoints.read_note(note.replace("\nsigned_at", "\nextra\nsigned_at"), keys.verifiers()) is None


CODE = RefusalCode("test.refused", "否", "no", "不", "no")


def test_action_rules():
    @actions.action("thing.do")
    def do(actor, outcome):
        if outcome != "silent":
            actions.record(actor, "thing.done", ("thing", "t"), creditor_id=None)
        if outcome == "raise":
            raise RuntimeError("no")
        return CODE.at() if outcome == "refuse" else outcome

    assert do(ACTOR, "ok") == "ok"
    assert do(ACTOR, "refuse").code == "test.refused"
    with pytest.raises(RuntimeError, match="no"):
        do(ACTOR, "raise")
    assert Entry.objects.count() == 1
    with pytest.raises(actions.ActionError, match="journal entry"):
        do(ACTOR, "silent")
    with pytest.raises(actions.ActionError, match="first argument"):
        do("me", "ok")
    nobody = Actor(Scope(frozenset({1})), "person", "usr_x", "web")
    assert do(nobody, "ok").code in {"access.act_unknown", "access.not_allowed"}
    assert Entry.objects.count() == 1


def test_many_at_once_equal_one_by_one():
    facts = {
        "act": "thing.done",
        "subject": ("thing", "t"),
        "creditor_id": None,
        "payload": {"合同": 'a"\t\n\\N', "n": [1, None]},
    }
    assert actions.record_many(actions.entry_of(ACTOR, **facts) for _ in range(5)) == 5
    actions.record(ACTOR, **facts)
    assert Entry.objects.filter(payload=facts["payload"]).count() == 6
    assert actions_seal.seal_all(NOW) == 6
    assert verify(keys.verifiers()).is_whole


def test_leaf_is_over_the_canonical_form():
    from arrears.journal import canonical, merkle

    data = canonical.canonical_bytes({"entry": 7, "content": (b"x" * 32).hex()})
    assert actions_seal.leaf_of(7, b"x" * 32) == merkle.leaf_hash(data)


def test_payloads_take_no_float():
    with pytest.raises(TypeError, match="float"):
        actions.record(ACTOR, "thing.done", ("thing", "t"), creditor_id=None, payload={"rate": 0.1})


def test_waiting_is_filled_by_the_database(log):
    assert set(Pending.objects.values_list("entry_id", flat=True)) == set(log[12:])
    assert Leaf.objects.count() == 12
