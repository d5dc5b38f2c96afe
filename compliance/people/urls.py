"""The front page, and of the sign-in package exactly the pages that are in use.

There is no page on which somebody gives a login another address: the address is the login, and
whoever controls a new one would control it.
"""

from allauth.account import views
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from compliance.people import own, second_factor
from compliance.people.pages import home, nothing

sign_in = [
    path("login/", second_factor.sign_in, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", second_factor.index, name="mfa_index"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", own.listed, name="account_sessions"),
    path("sessions/others/end/", own.end_others, name="account_end_other_sessions"),
    path("sessions/<uuid:session>/end/", own.end_one, name="account_end_session"),
    re_path("", nothing),
]

urlpatterns = [
    path("", home, name="home"),
    path("accounts/", include(sign_in)),
    # Django's own form for that counts no tries: one way to change a password for everybody.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
]
