"""Tables of the access room."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

from arrears.kernel.ids import new_id
from arrears.kernel.scope import Role

from .scoping import ScopedModel


def _user_id() -> str:
    return new_id("usr")


def _approval_id() -> str:
    return new_id("apv")


def _session_id() -> str:
    return new_id("ses")


ROLE_CHOICES = [(role.value, role.value) for role in Role]


class Creditor(models.Model):
    """A lender. The wall between creditors is the outermost scope."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=40, default="bank")  # bank | consumer_finance | small_loan | other
    jurisdiction = models.CharField(max_length=10, default="CN")
    time_zone = models.CharField(max_length=60, default="Asia/Shanghai")
    phone = models.CharField(max_length=40, blank=True)
    is_demo = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.code


class Portfolio(models.Model):
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="portfolios")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["creditor", "code"], name="portfolio_code_once_per_creditor")]

    def __str__(self) -> str:
        return self.code


class Team(models.Model):
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="teams")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["creditor", "code"], name="team_code_once_per_creditor")]

    def __str__(self) -> str:
        return self.code


class Agency(models.Model):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.code


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """A person who signs in. Rights come from ``Grant`` rows only; there is no superuser."""

    public_id = models.CharField(max_length=40, unique=True, default=_user_id)
    username = models.CharField(max_length=150, unique=True)
    display_name = models.CharField(max_length=150)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True)  # zh-hans | en | "" = browser
    theme = models.CharField(max_length=10, default="system")  # light | dark | system
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    must_change_password = models.BooleanField(default=False)
    totp_secret_sealed = models.BinaryField(null=True, blank=True)
    totp_confirmed_at = models.DateTimeField(null=True, blank=True)  # null while enrolment waits for its first code
    totp_last_step = models.BigIntegerField(default=0)  # a code counts once

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = ["display_name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.public_id


class RecoveryCode(models.Model):
    """A code that stands in for the second factor once. Only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    code_hash = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True, blank=True)


class SignInThrottle(models.Model):
    """Failed sign-ins of one user name or one address, known or not. Names and addresses are kept as keyed hashes."""

    key = models.BinaryField(max_length=32, unique=True)
    failed_count = models.IntegerField(default=0)
    window_from = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)


class UserSession(models.Model):
    """One signed-in browser of a user, for the list of sessions and for ending one from afar."""

    public_id = models.CharField(max_length=40, unique=True, default=_session_id)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    browser = models.CharField(max_length=60, blank=True)  # coarse: Firefox, Linux
    address = models.CharField(max_length=45, blank=True)  # network part only: 203.0.113.*


class Grant(models.Model):
    """One role of one user, within one creditor, optionally narrowed to a portfolio, team or agency."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT)
    portfolio = models.ForeignKey(Portfolio, null=True, blank=True, on_delete=models.PROTECT)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT)
    agency = models.ForeignKey(Agency, null=True, blank=True, on_delete=models.PROTECT)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)


class ApiKey(models.Model):
    """A machine's credential: only a hash is kept. ``prefix`` (public) finds the row, the secret is compared by hash."""

    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=128)
    label = models.CharField(max_length=100)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    acts = ArrayField(models.CharField(max_length=60), default=list)  # empty = read only
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class AuthorityLimit(models.Model):
    """Up to which amount a role may do an act alone, or decide another's request. Beats ``rights.DEFAULT_LIMITS``."""

    creditor = models.ForeignKey(Creditor, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    act = models.CharField(max_length=60)  # import.commit, ledger.waive, ...
    unit = models.CharField(max_length=10)  # currency code, or "rows"
    alone_up_to = models.BigIntegerField(default=0)  # minor units or rows
    decide_up_to = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["creditor", "role", "act", "unit"], name="authority_limit_once")]


class Approval(ScopedModel):
    """A request that a second person decides. One shared mechanism for every act beyond authority."""

    public_id = models.CharField(max_length=40, unique=True, default=_approval_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    amount = models.BigIntegerField(default=0)  # minor units or rows, as `unit` says
    total = models.BigIntegerField(default=0)  # with earlier acts on the same subject in the window; the decider's limit applies
    unit = models.CharField(max_length=10, blank=True)
    reason = models.TextField(blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=20, default="open")  # open | approved | refused | withdrawn | executed
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(blank=True)
    executed_at = models.DateTimeField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["creditor", "state", "-requested_at"], name="approval_by_state")]


class AuthorityUse(ScopedModel):
    """What was done alone under an authority limit. Earlier uses count, so splitting an act cannot pass a limit."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=60)
    unit = models.CharField(max_length=10)
    amount = models.BigIntegerField()
    actor_id = models.CharField(max_length=60)
    approval = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["creditor", "act", "subject_kind", "subject_id", "-at"], name="authority_use_by_subject")
        ]


class AccessLog(ScopedModel):
    """Who looked at which masked field of whom, and why. Append-only (database trigger)."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    viewer_id = models.CharField(max_length=60)
    via = models.CharField(max_length=10)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=60)
    fields = ArrayField(models.CharField(max_length=60))
    reason = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=60, blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["subject_kind", "subject_id", "-at"], name="access_log_by_subject")]
