"""Django settings. Everything that differs between installations comes from the environment (see docs/reference/settings)."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from arrears.house import keys, rooms
from arrears.house.postgres import default_home

HOME = default_home()
DEBUG = False
SECRET_KEY = keys.secret("django", HOME)
ALLOWED_HOSTS = os.environ.get("ARREARS_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("ARREARS_TRUSTED_ORIGINS", "").split(",") if o]
ENVIRONMENT = os.environ.get("ARREARS_ENVIRONMENT", "demo")  # demo | test | production, shown in every footer
MAX_UPLOAD_BYTES = int(os.environ.get("ARREARS_MAX_UPLOAD_BYTES", str(4 * 1024**3)))


def SECRET_OF(name: str) -> str:  # noqa: N802 - Django reads capital names only
    """The secret ``name`` of this installation, for rooms that may not import the house."""
    return keys.secret(name, HOME)


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "arrears"},
        "TEST": {"NAME": os.environ.get("ARREARS_TEST_DATABASE", "test_arrears")},
    }


# The launcher (house.postgres) or the operator sets DATABASE_URL; a command that needs no database works without.
DATABASES = {"default": _database(os.environ.get("DATABASE_URL", "postgresql://arrears_app@127.0.0.1:5432/arrears"))}

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "csp",
    "template_partials",
    "ninja",
    "procrastinate.contrib.django",
    *rooms.installed(),
]
AUTH_USER_MODEL = "access.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"  # every room's jobs.py
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "arrears.house.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "arrears.access.middleware.ActorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "arrears.house.urls"
WSGI_APPLICATION = "arrears.house.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "arrears.web.context.shell",
            ],
        },
    }
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("ARREARS_TIME_ZONE", "Asia/Shanghai")
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["arrears.web.formats"]

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = os.environ.get("ARREARS_TMP") or None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2

LOGIN_URL = "access:sign_in"
CSRF_FAILURE_VIEW = "arrears.web.pages.csrf_failed"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False
TRUSTED_PROXIES = int(os.environ.get("ARREARS_TRUSTED_PROXIES", "0"))  # servers in front that append to X-Forwarded-For
IDLE_LOCK_SECONDS = int(os.environ.get("ARREARS_IDLE_LOCK_SECONDS", "900"))
if ENVIRONMENT == "production":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE], "script-src": [SELF], "style-src": [SELF], "img-src": [SELF, "data:"], "font-src": [SELF],
        "connect-src": [SELF], "form-action": [SELF], "frame-ancestors": [NONE], "base-uri": [NONE], "manifest-src": [SELF],
    }
}  # fmt: skip

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "arrears.house.logs.Redact"}},
    "formatters": {"json": {"()": "arrears.house.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["redact"]}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("ARREARS_LOG_LEVEL", "WARNING")},
    "loggers": {"arrears": {"level": os.environ.get("ARREARS_LOG_LEVEL", "INFO"), "propagate": True}},
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
FIXTURE_PASSWORD = os.environ.get("ARREARS_DEMO_PASSWORD", "arrears-demo-2026")
PROFILE_DIR = Path(os.environ.get("ARREARS_PROFILE_DIR", str(HOME / "profiles")))
BOOK_DIR = Path(os.environ.get("ARREARS_BOOK_DIR", str(HOME / "book")))
