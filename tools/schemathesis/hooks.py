"""
Drops generated requests that docs/api.yaml cannot describe as invalid, because JSON Schema has no words for it. Waits for the
end of deletions.
"""

import time
import unicodedata

import requests
import schemathesis

# Of `user_id`, in contract/parameters.ts. JSON Schema counts characters.
USER_ID_MAX_BYTES = 96

# Seconds.
DELETION_MAX = 60


@schemathesis.hook
def filter_case(context, case):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return True
    query = case.query or {}
    # A cursor of this form is valid only if a page contained it.
    if isinstance(query, dict) and "cursor" in query:
        return False
    user_id = query.get("user_id", "") if isinstance(query, dict) else ""
    if len(str(user_id).encode("utf-8", "surrogatepass")) > USER_ID_MAX_BYTES:
        return False
    name = case.body.get("workbench_name") if isinstance(case.body, dict) else None
    return not isinstance(name, str) or any(map(is_visible, name))


def is_visible(character):
    """Whether it is a letter, a number, punctuation or a symbol: some of these are invisible, too."""
    return unicodedata.category(character)[0] in "LNPS" and character not in "\u2800\u115f\u1160\u3164\uffa0"


@schemathesis.hook
def after_call(context, case, response):
    """A workbench can be read while it is deleted. Afterwards it must be gone for all requests, which schemathesis checks."""
    if case.method.upper() != "DELETE" or response.status_code != 200 or case.path != "/workbenches/{wid}":
        return
    headers = {"Authorization": response.request.headers["Authorization"]}
    deadline = time.monotonic() + DELETION_MAX
    while requests.get(response.request.url, headers=headers, timeout=DELETION_MAX).status_code != 404:
        if time.monotonic() > deadline:
            raise AssertionError(f"{response.request.url} was not deleted within {DELETION_MAX} s")
        time.sleep(0.02)
