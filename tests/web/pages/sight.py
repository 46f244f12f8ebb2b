"""Looking at pages as a browser does: what they say, and that nothing foreign is markup."""

import re

from tests.web.seed import HOSTILE

PAGE = {"Accept": "text/html"}
FORM = PAGE | {"Sec-Fetch-Site": "same-origin"}
WITHIN = re.compile(r"</?(?:a|b|time|code|small)\b[^>]*>")  # a word, not an end of one
INLINE = re.compile(r"<script(?![^>]* src=)|<style|\son[a-z]+=|\sstyle=|javascript:", re.IGNORECASE)


def text_of(client, path, status=200):
    """The page, which has to be there and to obey the policy that it is sent with."""
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == status, answer.text
    assert HOSTILE not in answer.text
    assert not INLINE.search(answer.text)
    return answer.text


def words_of(text):
    """What a reader sees of a page: its main part without marks, on one line."""
    main = text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", WITHIN.sub("", main)))


def told_after(client, answer):
    """What the page says to which a form has led."""
    assert answer.status_code == 303, answer.text
    return words_of(text_of(client, answer.headers["location"]))
