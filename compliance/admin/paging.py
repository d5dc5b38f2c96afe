"""Lists that do not count. A page asks for one row more than it shows, and that is all.

Counting reads every row that fits, so it takes the longer the more is kept; and nobody acts upon
"of 512,004". Whoever looks for something far down narrows the list instead: behind page 20 it says
so.
"""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest

from compliance.admin.lists import List

LAST_PAGE = 20


class Pages(List):
    """The list with "previous" and "next" instead of a count."""

    def get_results(self, request: HttpRequest) -> None:
        """The rows of this page in one statement."""
        self.page_num = min(max(self.page_num, 1), LAST_PAGE)
        first = (self.page_num - 1) * self.list_per_page
        rows = list(self.queryset[first : first + self.list_per_page + 1])
        self.result_list: Any = rows[: self.list_per_page]
        more = len(rows) > self.list_per_page
        self.cut = more and self.page_num == LAST_PAGE
        self.has_next = more and not self.cut
        # Django's templates ask for these; none of them is a count of anything but this page.
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(rows)
        self.paginator = Paginator(self.result_list, self.list_per_page)

    @property
    def previous_url(self) -> str:
        """The page before, or nothing on the first."""
        return self._url(self.page_num - 1) if self.page_num > 1 else ""

    @property
    def next_url(self) -> str:
        """The page after, or nothing on the last."""
        return self._url(self.page_num + 1) if self.has_next else ""

    def _url(self, number: int) -> str:
        return self.get_query_string({"p": number})
