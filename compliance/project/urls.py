"""Every surface, once."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# Django's own sign-in page is never shown: one way in for everybody.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("compliance.api.urls")),
    path("", include("compliance.devup.urls")),
    path("", include("compliance.people.urls")),
    path("", include("compliance.notices.urls")),
    path("", include("compliance.portal.urls")),
    path("admin/", admin.site.urls),
]
