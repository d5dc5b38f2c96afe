"""Addresses of two providers at once; a service has one."""

from compliance.notices.urls import patterns

urlpatterns = [*patterns("postmark"), *patterns("mailgun")]
