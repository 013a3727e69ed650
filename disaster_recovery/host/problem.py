"""One kind of failure for every job: a code for machines, a sentence in Chinese and in English for people."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - it is told to an operator, not raised past main()
    """Something an operator must know; the job that meets it never counts as a success."""

    def __init__(self, code: str, chinese: str, english: str, detail: str = "") -> None:
        super().__init__(f"{chinese} | {english}" + (f" ({detail})" if detail else ""))
        self.code = code
        self.chinese = chinese
        self.english = english
        self.detail = detail
