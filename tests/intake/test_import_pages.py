"""The screens of an import: upload, proposed mapping, findings, mending, download, commit and undo; without a script."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from intake_files import CUSTOMERS, PAYMENTS

from arrears.access.models import AccessLog, Grant, User
from arrears.intake import jobs
from arrears.intake.models import Batch
from arrears.kernel.scope import SYSTEM_SCOPE, Role
from arrears.ledger.models import Event
from arrears.parties.models import Party

pytestmark = pytest.mark.django_db
ROWS = "A,J1,还款,2026-02-10,100.00,,,,\nB,J1,还款,2026-13-10,50.00,,,,\n"


@pytest.fixture
def client(creditor):
    def make(name, *roles):
        user = User.objects.create(username=name, display_name=name)
        for role in roles:
            Grant.objects.create(user=user, role=role, creditor=creditor)
        browser = Client()
        browser.force_login(user)
        return browser

    return make


@pytest.fixture
def staff(client):
    return client("op", Role.OPERATOR)


def send(browser, data, **fields):
    form = {"file": SimpleUploadedFile("流水.csv", data.encode()), "creditor": "BANK-A", "profile": "core-payments", **fields}
    return browser.post(reverse("intake:new_import"), form, follow=True)


def the_batch():
    return Batch.objects.visible_to(SYSTEM_SCOPE).order_by("-id").first()


def test_upload_findings_mend_commit_undo(book, staff, tmp_path):
    page = send(staff, PAYMENTS + ROWS)
    text = page.content.decode()
    batch = the_batch()
    assert page.status_code == 200
    assert "date.invalid" in text
    assert "D 记账日期" in text
    assert not list((tmp_path / "spool").glob("*.upload"))
    row = reverse("intake:held_row", args=[batch.public_id, 3])
    form = staff.get(row).content.decode()
    assert 'value="2026-13-10"' in form
    wrong = staff.post(row, {"column": ["记账日期"], "value": ["2026-14-10"]})
    assert wrong.status_code == 422
    assert "date.invalid" in wrong.content.decode()
    assert staff.post(row, {"column": ["记账日期"], "value": ["2026-03-10"]}).status_code == 302
    assert staff.post(reverse("intake:commit_batch", args=[batch.public_id])).status_code == 302
    waiting = staff.get(reverse("intake:batch_progress", args=[batch.public_id]))
    assert b"hx-trigger" in waiting.content
    jobs.commit_batch(batch=batch.public_id)
    assert Event.objects.visible_to(SYSTEM_SCOPE).filter(kind="paid").count() == 2
    assert staff.get(reverse("intake:batch_progress", args=[batch.public_id]))["HX-Refresh"] == "true"
    assert "整批撤销" in staff.get(reverse("intake:batch", args=[batch.public_id])).content.decode()
    staff.post(reverse("intake:undo_batch", args=[batch.public_id]), {"reason": "错文件"})
    assert the_batch().state == "undone"
    assert "流水.csv" in staff.get(reverse("intake:imports")).content.decode()


def test_a_refused_upload_tells_why_and_keeps_no_file(book, staff, tmp_path):
    page = send(staff, "")
    assert page.status_code == 422
    assert "文件是空的" in page.content.decode()
    page = send(staff, "a,b\n1,2\n")
    assert "header.missing" in page.content.decode()
    assert not list((tmp_path / "spool").glob("*.upload"))


def test_the_same_file_again(book, staff):
    send(staff, PAYMENTS + ROWS)
    batch = the_batch()
    staff.post(reverse("intake:commit_batch", args=[batch.public_id]))
    page = send(staff, PAYMENTS + ROWS)
    assert "已经导入过" in page.content.decode()
    assert Batch.objects.visible_to(SYSTEM_SCOPE).filter(profile_version__profile__code="core-payments").count() == 1


def test_identity_is_masked_on_every_page_and_the_clear_file_is_logged(load, staff):
    data = CUSTOMERS + "K1,诸葛孔明,机构,,110101199003070919,\n"
    page = send(staff, data, profile="core-customers")
    batch = the_batch()
    row = staff.get(reverse("intake:held_row", args=[batch.public_id, 2])).content.decode()
    csv = staff.get(reverse("intake:batch_errors", args=[batch.public_id, "csv"]))
    for text in (page.content.decode(), row, csv.content.decode()):
        assert "诸葛孔明" not in text
        assert "110101199003070919" not in text
    assert "诸**明" in row
    assert "110101********0919" in row
    staff.post(
        reverse("intake:held_row", args=[batch.public_id, 2]), {"column": ["客户姓名", "客户类型"], "value": ["诸**明", "个人"]}
    )
    staff.post(reverse("intake:commit_batch", args=[batch.public_id]))
    clear = reverse("intake:batch_errors", args=[batch.public_id, "csv"])
    assert staff.post(clear, {"reason": ""}).status_code == 422
    staff.post(clear, {"reason": "核对源系统"})
    assert AccessLog.objects.visible_to(SYSTEM_SCOPE).filter(subject_id=batch.public_id).count() == 1


def test_a_mapping_is_proposed_saved_and_used(load, staff):
    data = "客户编号,姓名,备注\nX1,王明,无\n"
    page = send(staff, data, profile="propose", kind="customers")
    text = page.content.decode()
    assert '<option value="reference" selected>' in text
    upload = text.split('name="upload" value="')[1].split('"')[0]
    form = {
        "upload": upload, "file_name": "c.csv", "kind": "customers", "creditor": "BANK-A", "code": "own-customers",
        "column": ["客户编号", "姓名", "备注"], "target": ["reference", "name", ""], "constant-kind": "person",
    }  # fmt: skip
    wrong = staff.post(reverse("intake:map_import"), form | {"target": ["reference", "", ""]})
    assert wrong.status_code == 422
    staff.post(reverse("intake:map_import"), form)
    batch = the_batch()
    assert (batch.state, batch.rows_good, batch.profile_version.profile.code) == ("checked", 1, "own-customers")
    staff.post(reverse("intake:commit_batch", args=[batch.public_id]))
    jobs.commit_batch(batch=batch.public_id)
    assert Party.objects.visible_to(SYSTEM_SCOPE).get().reference == "X1"


def test_a_large_upload_is_checked_by_a_job(book, staff, monkeypatch):
    monkeypatch.setattr("arrears.intake.pages.AT_ONCE_BYTES", 10)
    page = send(staff, PAYMENTS + ROWS)
    assert "正在检查" in page.content.decode()
    jobs.check_batch(batch=the_batch().public_id)
    assert the_batch().state == "checked"


def test_who_may_not_sees_nothing(book, client):
    other = client("col", Role.COLLECTOR)
    assert other.get(reverse("intake:imports")).status_code == 403
    assert send(other, PAYMENTS + ROWS).status_code == 403


def test_in_english_no_chinese_of_ours_is_left(book, staff):
    staff.cookies["django_language"] = "en"
    send(staff, PAYMENTS + ROWS)
    text = staff.get(reverse("intake:batch", args=[the_batch().public_id]), headers={"accept-language": "en"}).content.decode()
    assert "Columns and fields" in text
    assert "is no day of the calendar" in text
