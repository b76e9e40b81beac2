"""The client of Python without a server, with a transport and a clock of the test. Run by test/clients/e2e/python.test.ts."""

import unittest
from collections.abc import Callable
from typing import Any

import httpx
from workbench_client import (
    Progress,
    WorkbenchApiError,
    WorkbenchClient,
    WorkbenchConnectionError,
    WorkbenchWaitError,
)
from workbench_client.generated.api.default import get_health

ITEM: dict[str, Any] = {
    "user_id": "ada",
    "workbench_id": "w1",
    "workbench_name": "First",
    "status": "starting",
    "desired_status": "running",
    "public_endpoint": "http://127.0.0.1/project/w1",
    "requested_cpu": 1024,
    "requested_memory": 2048,
    "requested_gpu": 0,
    "on_interruption": "stop",
    "created_at": "2030-01-01T00:00:00.000Z",
    "updated_at": "2030-01-01T00:00:00.000Z",
}

Reply = httpx.Response | Exception


def item(**changes: Any) -> httpx.Response:
    return httpx.Response(200, json={"success": True, "item": {**ITEM, **changes}})


def refused(status: int, code: str, **more: Any) -> httpx.Response:
    headers = more.pop("headers", {})
    error = {"code": code, "message": "No.", **more}
    return httpx.Response(status, headers=headers, json={"success": False, "error": error})


class Api:
    """Replies one after another, and records requests and waits."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []
        self.authorizations: list[str | None] = []
        self.waits: list[float] = []

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        # A repeated request is the same object.
        self.authorizations.append(request.headers.get("authorization"))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def client(self, auth: str | Callable[[], str] | None = None) -> WorkbenchClient:
        return WorkbenchClient(
            "http://127.0.0.1:1/v1/",
            user_id="ada",
            auth=auth,
            transport=httpx.MockTransport(self._handle),
            sleep=self.waits.append,
            now=lambda: sum(self.waits),
        )


class Requests(unittest.TestCase):
    def test_sends_user_token_body_and_a_key_that_a_retry_repeats(self) -> None:
        created = httpx.Response(201, json={"success": True, "item": ITEM})
        api = Api(httpx.ConnectError("refused"), refused(503, "unavailable", headers={"retry-after": "7"}), created)
        tokens = iter(["one", "two", "three"])
        workbench = api.client(auth=lambda: next(tokens)).create("First", labels={"team": "a"})
        self.assertEqual(workbench.workbench_id, "w1")
        first, second, third = api.requests
        self.assertEqual((first.url.host, first.url.path), ("127.0.0.1", "/v1/workbenches"))
        self.assertEqual(first.url.params["user_id"], "ada")
        self.assertEqual(first.content, b'{"workbench_name":"First","labels":{"team":"a"}}')
        self.assertRegex(first.headers["idempotency-key"], "^[0-9a-f-]{36}$")
        self.assertEqual({each.headers["idempotency-key"] for each in (second, third)}, {first.headers["idempotency-key"]})
        self.assertEqual(api.authorizations, ["Bearer one", "Bearer two", "Bearer three"])
        self.assertLess(api.waits[0], 0.51)
        self.assertEqual(api.waits[1], 7)

    def test_repeats_a_restart_only_after_429(self) -> None:
        done = httpx.Response(200, json={"success": True})
        api = Api(refused(429, "too_many_requests", headers={"retry-after": "1"}), done)
        api.client().restart("w1")
        self.assertEqual(len(api.requests), 2)
        api = Api(httpx.ReadError("broken"))
        with self.assertRaises(WorkbenchConnectionError) as caught:
            api.client(auth="secret-key").restart("w1")
        self.assertEqual(str(caught.exception), "No response from http://127.0.0.1:1: broken")

    def test_gives_up_after_four_attempts_and_does_not_wait_long(self) -> None:
        api = Api(*[httpx.ConnectError("refused")] * 4)
        with self.assertRaises(WorkbenchConnectionError):
            api.client().get("w1")
        api = Api(refused(503, "unavailable", headers={"retry-after": "31"}))
        with self.assertRaises(WorkbenchApiError) as caught:
            api.client().get("w1")
        self.assertEqual(caught.exception.retry_after_seconds, 31)

    def test_raises_what_the_api_says(self) -> None:
        fields = {"requested_cpu": "a whole number"}
        refusal = refused(400, "invalid_request", fields=fields, headers={"x-request-id": "r1"})
        with self.assertRaises(WorkbenchApiError) as caught:
            Api(refusal).client().create(cpu=1)
        error = caught.exception
        self.assertEqual((error.status, error.code, str(error)), (400, "invalid_request", "No."))
        self.assertEqual((error.fields, error.request_id), (fields, "r1"))
        for body in ["<html>", '{"message": "Unauthorized"}', "[]"]:
            with self.assertRaises(WorkbenchApiError) as caught:
                Api(httpx.Response(401, text=body)).client().get("w1")
            self.assertIsNone(caught.exception.code)

    def test_reads_pages_when_they_are_needed(self) -> None:
        page = {"success": True, "items": [ITEM], "next_cursor": "c" * 51}
        last = {"success": True, "items": [{**ITEM, "workbench_id": "w2"}]}
        api = Api(httpx.Response(200, json=page), httpx.Response(200, json=last))
        listed = api.client().list(status="running", labels={"a": "b", "c": "d e"}, page_size=1)
        self.assertEqual(next(listed).workbench_id, "w1")
        self.assertEqual(len(api.requests), 1)
        self.assertEqual([each.workbench_id for each in listed], ["w2"])
        query = api.requests[1].url.params
        self.assertEqual((query["status"], query["label"], query["cursor"]), ("running", "a:b,c:d e", "c" * 51))

    def test_keeps_values_that_it_does_not_know(self) -> None:
        reason = {"code": "struck_by_lightning", "message": "It was loud."}
        workbench = Api(item(status="resting", status_reason=reason, colour="red")).client().get("w1")
        self.assertEqual(workbench.status, "resting")
        self.assertEqual(str(workbench.status_reason.code), "struck_by_lightning")
        self.assertEqual(workbench.additional_properties, {"colour": "red"})

    def test_calls_all_operations_with_the_same_retries(self) -> None:
        healthy = httpx.Response(200, json={"success": True, "item": {"status": "ok", "version": "1"}})
        api = Api(httpx.ConnectError("refused"), healthy)
        client = api.client()
        found = get_health.sync(client=client.api)
        self.assertEqual(found.item.version, "1")

    def test_refuses_another_kind_of_address(self) -> None:
        with self.assertRaises(ValueError):
            WorkbenchClient("ftp://127.0.0.1")


class Waiting(unittest.TestCase):
    def test_polls_as_often_as_the_api_asks_for(self) -> None:
        starting = httpx.Response(200, headers={"retry-after": "5"}, json={"success": True, "item": ITEM})
        api = Api(starting, item(status="pending"), item(status="running"))
        seen: list[Progress] = []
        running = api.client().wait_until("w1", "running", on_progress=seen.append)
        self.assertEqual(running.status, "running")
        self.assertEqual(api.waits, [5, 2])
        self.assertEqual([each.elapsed_seconds for each in seen], [0, 5, 7])

    def test_goes_on_while_the_api_cannot_be_reached(self) -> None:
        api = Api(*[httpx.ConnectError("refused")] * 4, item(status="running"))
        seen: list[Progress] = []
        api.client().wait_until("w1", "running", on_progress=seen.append)
        self.assertIsInstance(seen[0].problem, WorkbenchConnectionError)
        self.assertIsNone(seen[0].workbench)

    def test_ends_with_the_reason_of_a_failed_start(self) -> None:
        reason = {"code": "exited", "message": "Exit code 1."}
        stopped = item(status="stopped", desired_status="stopped", status_reason=reason)
        with self.assertRaises(WorkbenchWaitError) as caught:
            Api(stopped).client().wait_until("w1", "running")
        self.assertEqual(str(caught.exception), "The workbench does not start: stopped, Exit code 1. (exited).")
        self.assertEqual((caught.exception.kind, caught.exception.workbench.status), ("failed", "stopped"))

    def test_ends_after_the_time(self) -> None:
        with self.assertRaises(WorkbenchWaitError) as caught:
            Api(*[item()] * 3).client().wait_until("w1", "running", timeout_seconds=5)
        self.assertEqual(caught.exception.kind, "timeout")

    def test_returns_when_the_workbench_is_deleted_and_not_before(self) -> None:
        deleting = item(status="deleting", desired_status="deleted")
        gone = refused(404, "workbench_not_found")
        self.assertIsNone(Api(deleting, gone).client().wait_until("w1", "deleted"))
        with self.assertRaises(WorkbenchWaitError):
            Api(refused(404, "workbench_not_found")).client().wait_until("w1", "stopped")
        with self.assertRaises(WorkbenchWaitError):
            Api(item()).client().wait_until("w1", "deleted")

    def test_raises_a_refusal_at_once(self) -> None:
        with self.assertRaises(WorkbenchApiError):
            Api(refused(403, "forbidden", reason="token_expired")).client().wait_until("w1", "running")


if __name__ == "__main__":
    unittest.main()
