"""The demonstration's own address, and the pages that everybody passes through."""

from django.urls import include, path

from compliance.devup import clockbar

urlpatterns = [
    path("", include("compliance.people.urls")),
    path("demo/clock", clockbar.move, name="demo_clock"),
]
