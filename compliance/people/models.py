"""Logins, and who may act for which customer."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    Permission,
    PermissionsMixin,
)
from django.db import models
from django.db.models.functions import Lower
from django.dispatch import Signal

from retention.clock import host_now

# These come with a role and with nothing else: not even a superuser has them by rank.
BY_ROLE_ONLY = frozenset(
    f"retention.{verb}_policyversion" for verb in ("draft", "announce", "withdraw", "approve")
)
# Sent with `user` after a password was replaced by another one, whoever did it and where.
password_replaced = Signal()


class LowerCaseEmailField(models.EmailField):  # type: ignore[type-arg]
    """An address that is compared, stored and searched for in lower case, whoever writes it."""

    def to_python(self, value: Any) -> Any:
        """The address in lower case, also where a form cleans it."""
        return lower_case(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        """The address in lower case, also in look-ups and bulk writes."""
        return lower_case(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The address in lower case, on the object in memory too."""
        value = lower_case(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


def lower_case(value: Any) -> Any:
    """The whole address: a second login that differs in case only would be somebody's trap."""
    return value.strip().lower() if isinstance(value, str) else value


class UserManager(BaseUserManager["User"]):
    """Makes logins; the address is the only name they have."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A login with this address; without a password nobody can sign in with one."""
        if not lower_case(email):
            raise ValueError("A login needs an e-mail address.")
        user = self.model(email=lower_case(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A login that may do everything the admin offers."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """The login with this address, in whatever case it was typed."""
        return self.get(email=lower_case(username))


class User(AbstractBaseUser, PermissionsMixin):
    """A login. It is never deleted while the activity log names it, only switched off."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = LowerCaseEmailField("e-mail address", max_length=254, unique=True)
    is_active = models.BooleanField(
        "active", default=True, help_text="Switch off instead of deleting: no sign-in any more."
    )
    is_staff = models.BooleanField(
        "staff", default=False, help_text="May open these administration pages."
    )
    password_is_initial = models.BooleanField(
        "password is initial",
        default=False,
        db_default=False,
        editable=False,
        help_text="Somebody else chose it: it opens one page only, the one to set another.",
    )
    date_joined = models.DateTimeField("created", default=host_now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "user"
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")) & ~models.Q(email=""),
                name="user_email_is_lower_case",
            ),
        )

    def __str__(self) -> str:
        return str(self.email)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As ever, but for the rights that come with a role only."""
        if self.is_superuser and perm in BY_ROLE_ONLY:
            return bool(self.is_active and perm in self._rights_by_role())
        return super().has_perm(perm, obj)

    def _rights_by_role(self) -> set[str]:
        found = Permission.objects.filter(group__user=self).values_list(
            "content_type__app_label", "codename"
        )
        return {f"{app}.{codename}" for app, codename in found}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As ever; a password that replaced another one is told."""
        # Django keeps the password that was set here until it is saved.
        replaced = self.__dict__.get("_password") is not None and not self._state.adding
        super().save(*args, **kwargs)
        if replaced:
            password_replaced.send(sender=User, user=self)


class Session(models.Model):
    """Somebody's browser, signed in or about to. A trigger ends all of a login's when its password
    or its rights change, or when it is switched off.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    data = models.TextField()
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=40)

    class Meta:
        verbose_name = "session"
        ordering = ("-seen_at",)

    def __str__(self) -> str:
        return f"Session {self.pk}"


class MailCode(models.Model):
    """A single-use code that was mailed to an address, or would have been.

    `id` is known to the one browser that asked; the code itself is not kept.
    """

    MOST_TRIES = 3

    id = models.UUIDField(primary_key=True, editable=False)
    email = LowerCaseEmailField("e-mail address", max_length=254)
    code_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "code by mail"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(tries__gte=0, tries__lte=3), name="mailcode_three_tries"
            ),
            models.CheckConstraint(
                condition=models.Q(code_hash__regex=r"^[0-9a-f]{64}$"), name="mailcode_only_a_hash"
            ),
            models.UniqueConstraint(
                fields=("email",),
                condition=models.Q(used_at=None),
                name="mailcode_one_for_each_address",
            ),
        )

    def __str__(self) -> str:
        return f"Code {self.pk}"


class Member(models.Model):
    """A person's right to act for a customer; one person may belong to several."""

    class Role(models.TextChoices):
        """What a member may do in the customer's name."""

        ADMIN = "admin", "Admin"
        VIEWER = "viewer", "Viewer"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    customer = models.ForeignKey(
        "compliance.Customer", on_delete=models.PROTECT, related_name="members"
    )
    role = models.CharField(max_length=6, choices=Role.choices)

    class Meta:
        verbose_name = "customer's user"
        ordering = ("customer", "user")
        constraints = (
            models.UniqueConstraint(fields=("user", "customer"), name="member_once_per_customer"),
            models.CheckConstraint(
                condition=models.Q(role__in=("admin", "viewer")), name="member_role_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()}, {self.customer})"
