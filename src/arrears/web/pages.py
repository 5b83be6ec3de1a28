"""The first page of each role, and the designed failures (ux principle 9: failure has a screen too)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from arrears.kernel.scope import Role

#: Where a role's day begins; the first that is installed and allowed wins.
HOMES: tuple[tuple[Role, str], ...] = (
    (Role.COLLECTOR, "worklist:mine"),
    (Role.LEAD, "worklist:list"),
    (Role.ANALYST, "web:overview"),
    (Role.OPERATOR, "intake:batches"),
    (Role.INTEGRATOR, "intake:batches"),
    (Role.COMPLIANCE, "access:access_log"),
    (Role.AUDITOR, "journal:entries"),
    (Role.LEGAL, "web:customers"),
    (Role.FIELD, "worklist:mine"),
    (Role.AGENCY, "worklist:mine"),
)


def home(request: HttpRequest) -> HttpResponse:
    """Straight to the caller's work, never a menu."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return redirect("access:sign_in")
    for role, name in (*HOMES, (None, "web:overview"), (None, "web:customers"), (None, "access:account")):
        if role is None or role in actor.scope.roles:
            try:
                return redirect(reverse(name))
            except NoReverseMatch:
                continue
    return redirect("access:account")


def _failure(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    context = {"status": status, "heading": title, "words": words}
    template = "web/failure.html" if getattr(request, "actor", None) else "web/failure_bare.html"
    return render(request, template, context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _failure(request, 400, _("请求无法理解"), _("地址或表单内容不完整。请返回上一页重试；已填写的内容没有提交。"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _failure(request, 403, _("没有权限"), _("您的角色或范围不包括这一页。如工作需要，请联系运营管理员授权。"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _failure(request, 404, _("没有找到"), _("该页不存在，或不在您的范围内。可用上方搜索查找客户。"))


def failed(request: HttpRequest) -> HttpResponse:
    return _failure(request, 500, _("系统出错"), _("操作没有生效，数据未改变。请把下方的追踪编号告诉运营管理员。"))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A stale form of yesterday, or a foreign one: nothing was done."""
    return _failure(request, 403, _("页面已过期"), _("该页打开太久或会话已更换，提交没有生效。请刷新后重试。"))
