"""The demonstration's own addresses."""

from django.urls import path

from compliance.devup import clockbar, mailbox_pages

urlpatterns = [
    path("demo/clock", clockbar.move, name="demo_clock"),
    path("demo/mailbox/", mailbox_pages.listed, name="demo_mailbox"),
    path("demo/mailbox/<str:name>/", mailbox_pages.one, name="demo_mail"),
    path("demo/mailbox/<str:name>/html/", mailbox_pages.html, name="demo_mail_html"),
    path("demo/mailbox/<str:name>/<int:number>/", mailbox_pages.attachment, name="demo_mail_file"),
]
