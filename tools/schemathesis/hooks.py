"""
Drops generated requests that docs/api.yaml cannot describe as invalid, because JSON Schema has no words for it. Waits for the
end of deletions.
"""

import re
import time
import unicodedata
import zoneinfo
from urllib.parse import unquote

import requests
import schemathesis

# Of `user_id`, in contract/parameters.ts. JSON Schema counts characters.
USER_ID_MAX_BYTES = 96
GROUP_MAX_BYTES = 128
# Of all labels together, in core/workbench/labels.ts.
LABELS_MAX_BYTES = 256

# Of `from` and `to`: Date of JavaScript knows neither leap seconds nor offsets of a day and more.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1\d|2[0-3]):[0-5]\d)")
# A time in a later year is in the future.
LATER = str(time.gmtime().tm_year + 1)
EXPIRY_MAX = 32

# Which expressions come to a time, and how often, only core/workbench/cron.ts knows. These come once a day.
DAILY = re.compile(r"([0-9]|[1-5][0-9]) ([0-9]|1[0-9]|2[0-3]) \* \* \*")

# Of local mode.
TEMPLATES = {"standard", "long"}
SIZES = {"small", "medium", "large"}

# Users who have created a workbench. It cannot be shared with its owner, and no schema names the owner.
OWNERS = set()

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
    if isinstance(query, dict) and not all(TIME.fullmatch(str(query[name])) for name in ("from", "to") if name in query):
        return False
    # A share expires in the future.
    if isinstance(case.body, dict) and "expires_at" in case.body:
        expiry = str(case.body["expires_at"])
        if not TIME.fullmatch(expiry) or expiry < LATER or len(expiry) > EXPIRY_MAX:
            return False
    user_id = query.get("user_id", "") if isinstance(query, dict) else ""
    owner = case.body.get("owner", "") if isinstance(case.body, dict) else ""
    if max(bytes_of(user_id), bytes_of(owner)) > USER_ID_MAX_BYTES:
        return False
    kind, _, grantee = unquote(str((case.path_parameters or {}).get("grantee", ""))).partition(":")
    if kind == "user" and grantee in OWNERS:
        return False
    if bytes_of(grantee) > (GROUP_MAX_BYTES if kind == "group" else USER_ID_MAX_BYTES):
        return False
    body = case.body if isinstance(case.body, dict) else {}
    labels = body.get("labels")
    if isinstance(labels, dict) and bytes_of("".join(f"{key}{value}" for key, value in labels.items())) > LABELS_MAX_BYTES:
        return False
    # A report has one of two times, and a reason only with the second. The generators of the clients do not know `anyOf` beside properties.
    if case.path == "/workbenches/{wid}/activity" and (
        not {"last_activity", "keepalive_until"} & body.keys() or ("reason" in body and "keepalive_until" not in body)
    ):
        return False
    # Parameters that exclude each other.
    group = query.get("group", "") if isinstance(query, dict) else ""
    if group and str(query.get("all")).lower() == "true" or bytes_of(group) > GROUP_MAX_BYTES:
        return False
    # The names that an installation has are in its settings.
    if body.get("template", "standard") not in TEMPLATES or body.get("size", "small") not in SIZES:
        return False
    # Local mode has no cluster.
    if body.get("sweep") == "cluster":
        return False
    schedule = body.get("schedule")
    if isinstance(schedule, dict) and not is_daily(schedule):
        return False
    # In a query a label has a colon that does not count, and a key is given once.
    pairs = str(query.get("label", "") if isinstance(query, dict) else "").split(",")
    if sum(bytes_of(pair) - 1 for pair in pairs) > LABELS_MAX_BYTES or len({pair.partition(":")[0] for pair in pairs}) < len(pairs):
        return False
    name = case.body.get("workbench_name") if isinstance(case.body, dict) else None
    return not isinstance(name, str) or any(map(is_visible, name))


def is_daily(schedule):
    times = [schedule[name] for name in ("start", "stop") if name in schedule]
    return schedule["time_zone"] in zoneinfo.available_timezones() and all(DAILY.fullmatch(str(time)) for time in times)


def bytes_of(text):
    return len(str(text).encode("utf-8", "surrogatepass"))


def is_visible(character):
    """Whether it is a letter, a number, punctuation or a symbol: some of these are invisible, too."""
    return unicodedata.category(character)[0] in "LNPS" and character not in "\u2800\u115f\u1160\u3164\uffa0"


@schemathesis.hook
def after_call(context, case, response):
    """Notes owners. A workbench can be read while it is deleted. Afterwards it must be gone for all requests, which schemathesis checks."""
    if (case.method.upper(), case.path, response.status_code) == ("POST", "/workbenches", 201):
        OWNERS.add(str((case.query or {}).get("user_id", "")))
    if case.method.upper() != "DELETE" or response.status_code != 200 or case.path != "/workbenches/{wid}":
        return
    headers = {"Authorization": response.request.headers["Authorization"]}
    deadline = time.monotonic() + DELETION_MAX
    while requests.get(response.request.url, headers=headers, timeout=DELETION_MAX).status_code != 404:
        if time.monotonic() > deadline:
            raise AssertionError(f"{response.request.url} was not deleted within {DELETION_MAX} s")
        time.sleep(0.02)
