"""The demonstration's own address."""

from django.urls import path

from compliance.devup import clockbar

urlpatterns = [
    path("demo/clock", clockbar.move, name="demo_clock"),
]
