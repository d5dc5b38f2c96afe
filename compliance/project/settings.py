"""Settings: one file, from the environment. Odd spellings and missing secrets stop the process."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from compliance.project import env
from compliance.project.logs import logging_config
from compliance.project.rest import REST_FRAMEWORK as REST_FRAMEWORK
from compliance.project.rest import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS

BASE_DIR = Path(__file__).resolve().parents[2]
STATE_DIR = env.path("STATE_DIR", BASE_DIR / "var")

# A demonstration state has a clock that can be moved; the mark is made by `up --demo` only.
DEMO = (STATE_DIR / "demo").exists()
DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.secret("SECRET_KEY", STATE_DIR / "keys" / "secret.key")
ROOT_KEY_FILE = env.path("ROOT_KEY_FILE", STATE_DIR / "keys" / "root.key")
LEDGER_DIR = env.path("LEDGER_DIR", STATE_DIR / "ledger")
REPORTS_DIR = env.path("REPORTS_DIR", STATE_DIR / "reports")
VAULT_COPY = env.text("VAULT_COPY", "")
# Exchanges are refused while a disk has less left: deletion needs room too.
DISK_RESERVE_MB = env.number("DISK_RESERVE_MB", 200)

# Without a token there are no metrics.
METRICS_TOKEN = env.secret("METRICS_TOKEN", None)

PUBLIC_URL = env.text("PUBLIC_URL", "http://localhost:8000").rstrip("/")
if urlsplit(PUBLIC_URL).scheme not in ("http", "https") or not urlsplit(PUBLIC_URL).hostname:
    raise ImproperlyConfigured("PUBLIC_URL must be a full address such as https://data.example.com")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", f"localhost,127.0.0.1,{urlsplit(PUBLIC_URL).hostname}")
HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if HTTPS else []

INSTALLED_APPS = [
    "retention",
    "retention.vault",
    "compliance",
    "compliance.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "auditlog",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "compliance.people.gate.Gate",
    "auditlog.middleware.AuditlogMiddleware",
    "compliance.project.logs.RequestLogMiddleware",
    "compliance.health.counters.CountRequests",
]

ROOT_URLCONF = "compliance.project.urls"
WSGI_APPLICATION = "compliance.project.wsgi.application"
APPEND_SLASH = False

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "compliance.devup.clockbar.clock_bar",
            ]
        },
    }
]

# ---- stores

POSTGRESQL = ("postgres://", "postgresql://")
POSTGRESQL_EXAMPLE = "postgres://user:password@db.example.com:5432/sandglass"


def _postgresql(name: str, url: str) -> dict[str, Any]:
    found = env.address(name, url, environ.Env.db_url_config, example=POSTGRESQL_EXAMPLE)
    if not found["NAME"]:
        raise ImproperlyConfigured(f"{name} names no database: write it as {POSTGRESQL_EXAMPLE}")
    return found


if not env.text("DATABASE_URL").startswith(POSTGRESQL):
    raise ImproperlyConfigured(
        f"DATABASE_URL must name a PostgreSQL database (15 or newer): {POSTGRESQL_EXAMPLE}"
    )
_database = _postgresql("DATABASE_URL", env.text("DATABASE_URL"))
# A statement that waits for ever holds everybody else up; DDL sets a shorter lock timeout itself.
_database.setdefault("OPTIONS", {})["options"] = (
    "-c timezone=UTC -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
)
_database |= {"CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}

VAULT_OPTIONS = {
    # IMMEDIATE: a deferred transaction that turns into a writing one fails at once under load.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # TRUNCATE and secure_delete: a destroyed key stays neither in the journal nor in free pages.
    "init_command": "PRAGMA secure_delete=ON; PRAGMA journal_mode=TRUNCATE;"
    " PRAGMA synchronous=FULL;",
}


def _vault_config() -> dict[str, Any]:
    url = env.text("VAULT_URL", str(STATE_DIR / "vault" / "vault.sqlite3"))
    if url.startswith(POSTGRESQL):
        return {**_postgresql("VAULT_URL", url), "CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}
    if "://" in url and not url.startswith("sqlite://"):
        raise ImproperlyConfigured("VAULT_URL must be a path (SQLite) or a postgres:// address.")
    name = url.removeprefix("sqlite://")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "OPTIONS": VAULT_OPTIONS,
        "CONN_MAX_AGE": 300,
        # In memory the vault would prove nothing: tests too keep it in a file.
        "TEST": {"NAME": name + ".test"},
    }


DATABASES = {"default": _database, "vault": _vault_config()}
if env.text("VAULT_URL", "") == env.text("DATABASE_URL"):
    raise ImproperlyConfigured(
        "VAULT_URL and DATABASE_URL are the same database: a backup of the records would hold "
        "their keys. Give the vault a database, and better a server, of its own."
    )
DATABASE_ROUTERS = ["retention.vault.router.VaultRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "compliance.people.store"

# ---- jobs: the schedule is static, nobody edits legal clocks in a form

CELERY_BROKER_URL = env.text("BROKER_URL", "memory://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # A tick that nobody took within its minute is worthless: the next one finds all the work.
    "tick": {"task": "retention.tick", "schedule": 60.0, "options": {"expires": 55}},
    "tidy": {"task": "people.tidy", "schedule": 3600.0, "options": {"expires": 3000}},
    "lists": {"task": "arrival.tidy", "schedule": 3600.0, "options": {"expires": 3000}},
    "alarms": {"task": "compliance.alarms", "schedule": 60.0, "options": {"expires": 55}},
}

# ---- people and sessions

AUTH_USER_MODEL = "compliance.User"
AUTHENTICATION_BACKENDS = ["compliance.people.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "compliance.people.passwords.NotTooLong"},
    {"NAME": "compliance.people.passwords.NotGuessable"},
    {"NAME": "compliance.people.passwords.NotBreached"},
]
BREACHED_PASSWORDS_FILE = env.text("BREACHED_PASSWORDS_FILE", "")
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "compliance.people.signin.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
# A reset mails nobody who has no login here.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {"reset_password": "compliance.people.forms.ResetPasswordForm"}
ACCOUNT_LOGOUT_ON_GET = False
# Counted in `CACHES`, by every process together. By login: how often it is signed in to in vain.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key,50/d/key",
    "reset_password": "10/m/ip,3/15m/key,10/d/key",
}
# How many proxies before us add a line to X-Forwarded-For; addresses of visitors are read there.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXIES", 1 if HTTPS else 0)
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "compliance.people.links.Tokens"
# Mails about logins go out after the answer: it does not tell whether there was one to send.
MAIL_LATER = True
# How long a session lives is decided in `people/limits.py`; the cookie goes with the browser.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
ACCOUNT_SESSION_REMEMBER = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# `__Host-`: no other host, not even a neighbour under the same domain, can set or read them.
_host_only = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_host_only}sessionid"
CSRF_COOKIE_NAME = f"{_host_only}csrftoken"
KNOWN_COOKIE_NAME = f"{_host_only}known"
CACHES = {
    "default": {
        "BACKEND": "compliance.people.counters.Counters",
        "LOCATION": CELERY_BROKER_URL,
        "KEY_PREFIX": "sandglass",
    }
}

# Mails name people: without a mail server they are files of the state, never lines of a log.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(STATE_DIR / "mail")
# A mail server that does not answer holds nobody up for longer.
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text(
    "EMAIL_FROM", f"Sandglass <no-reply@{urlsplit(PUBLIC_URL).hostname}>"
)
if EMAIL_URL := env.text("EMAIL_URL", ""):
    EMAIL_EXAMPLE = "smtp+tls://user:password@mail.example.com:587"
    vars().update(
        env.address("EMAIL_URL", EMAIL_URL, environ.Env.email_url_config, example=EMAIL_EXAMPLE)
    )

# ---- web

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# The API reads bodies itself, in measured steps; forms are small.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

STATIC_URL = "/static/"
# Served from where the packages have them: there is nothing to collect.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Requests of one key in a minute; 0: as many as it likes.
RATES_PER_MINUTE = {
    "ingest": env.number("INGEST_PER_MINUTE", 12_000),
    "read": env.number("READ_PER_MINUTE", 1_200),
    "lookup": env.number("LOOKUP_PER_MINUTE", 60),
}

AUDITLOG_DISABLE_REMOTE_ADDR = False
AUDITLOG_STORE_JSON_CHANGES = True

LOGGING = logging_config(level=env.text("LOG_LEVEL", "INFO"))
