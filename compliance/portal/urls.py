"""The customer's pages."""

from django.urls import path

from compliance.portal import notices, policy, profile, signin

urlpatterns = [
    path("portal/", policy.home, name="portal_home"),
    path("portal/sign-in/", signin.sign_in, name="portal_sign_in"),
    path("portal/code/", signin.code, name="portal_code"),
    path("portal/choose/", signin.choose, name="portal_choose"),
    path("portal/sign-out/", signin.sign_out, name="portal_sign_out"),
    path("portal/notices/", notices.listed, name="portal_notices"),
    path("portal/notices/<uuid:notice>/", notices.one, name="portal_notice"),
    path("portal/notices/<uuid:notice>/text/", notices.as_text, name="portal_notice_text"),
    path("portal/notices/<uuid:notice>/read/", notices.acknowledge, name="portal_acknowledge"),
    path("portal/notices/<uuid:notice>/object/", notices.object_to, name="portal_object"),
    path("portal/policy/", policy.policy, name="portal_policy"),
    path("portal/policy/versions/<int:number>/", policy.version, name="portal_version"),
    path("portal/policy/keep/<slug:name>/", profile.choose, name="portal_profile"),
]
