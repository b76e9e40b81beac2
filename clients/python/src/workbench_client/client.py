"""The API of the Workbench Controller, for one user."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self, TypeVar, overload

import httpx

from .errors import read_retry_after
from .generated import Client
from .generated.api.default import (
    create_workbench,
    delete_share,
    delete_workbench,
    extend_workbench,
    get_me,
    get_workbench,
    list_history,
    list_logs,
    list_shares,
    list_workbenches,
    open_workbench,
    restart_workbench,
    restore_workbench,
    set_share,
    start_workbench,
    stop_workbench,
    update_workbench,
)
from .generated.models import (
    CreateWorkbenchBody,
    CreateWorkbenchBodyLabels,
    CreateWorkbenchResponse200Type0,
    CreateWorkbenchResponse200Type1,
    CreateWorkbenchResponse200Type1Item,
    CreateWorkbenchResponse201,
    DeleteWorkbenchResponse200,
    ExtendWorkbenchBody,
    ExtendWorkbenchResponse200,
    GetMeResponse200,
    GetMeResponse200Item,
    GetWorkbenchResponse200,
    HistoryEntry,
    ListHistoryResponse200,
    ListLogsResponse200,
    ListLogsResponse200ItemsItem,
    ListSharesResponse200,
    ListSharesResponse200ItemsItem,
    ListWorkbenchesResponse200,
    ListWorkbenchesStatus,
    OpenWorkbenchBody,
    OpenWorkbenchResponse200,
    RestoreWorkbenchResponse200,
    SetShareBody,
    SetShareBodyRole,
    UpdateWorkbenchBody,
    UpdateWorkbenchBodyLabels,
    UpdateWorkbenchResponse200,
    Workbench,
)
from .generated.types import UNSET, Response, Unset
from .http import BearerAuth, RetryingClient
from .wait import Progress, WaitTarget, wait_until

T = TypeVar("T")

_WAIT_TIMEOUT_S = 20 * 60
_REQUEST_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class OpenedWorkbench:
    url: str
    """Opens the workbench in a browser. With a ticket in it, it works once and until `expires_at`: do not store or log it."""
    expires_at: str | None
    """None if the workbench asks for no ticket."""


@dataclass(frozen=True)
class LogPage:
    lines: Sequence[ListLogsResponse200ItemsItem]
    next_cursor: str | None
    """Continues here, also later. None before the first task of the workbench."""
    complete: bool
    """The run has ended, and all of its output was returned."""


class WorkbenchClient:
    """
    The API of the Workbench Controller, for one user. Close it, or use it in `with`.

    Raises `WorkbenchApiError` for responses with an error status, and `WorkbenchConnectionError` if there is none.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: str | Callable[[], str] | None = None,
        user_id: str | None = None,
        attempts: int = 4,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        :param base_url: The address of the API with its prefix, for example `https://api.example.com/v1`.
        :param auth: The static key or a token, or a function that returns the current token. None for a local server
            without a key.
        :param user_id: The user in whose name requests are made. Optional if the token names one.
        :param attempts: How often a request is sent at most.
        :param transport, sleep, now: For tests.
        """
        if httpx.URL(base_url).scheme not in ("http", "https"):
            raise ValueError("base_url is not an http or https address")
        address = base_url.rstrip("/")
        self._user_id: str | Unset = UNSET if user_id is None else user_id
        self._sleep = sleep
        self._now = now
        self._http = RetryingClient(
            attempts=attempts,
            sleep=sleep,
            base_url=address,
            auth=None if auth is None else BearerAuth(auth),
            timeout=_REQUEST_TIMEOUT_S,
            transport=transport,
        )
        self.api: Client = Client(base_url=address).set_httpx_client(self._http)
        """
        For the functions in `workbench_client.generated.api.default`, which call each operation of the API with the same
        authorization, retries and errors: `list_machines.sync(client=client.api)`. Not for their `asyncio` variants.
        """

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def create(
        self,
        name: str | None = None,
        *,
        cpu: int | None = None,
        memory: int | None = None,
        gpu: int | None = None,
        template: str | None = None,
        size: str | None = None,
        instance_type: str | None = None,
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Workbench:
        """
        Creates a workbench and starts it. Wait with `wait_until` until it is running.

        :param cpu: CPU units: 1 vCPU is 1024.
        :param memory: MiB.
        :param template: A template of the installation, which fills in what is not given here.
        :param size: A size of the installation, instead of `cpu`, `memory` and `gpu`.
        :param instance_type: Gives it a dedicated instance of this type.
        :param idempotency_key: Two calls with the same key create one workbench. Without one the client draws a key for each call,
            so that it can repeat the request safely.
        """
        body = _create_body(name, cpu, memory, gpu, template, size, instance_type, labels)
        key = idempotency_key or str(uuid.uuid4())
        response = create_workbench.sync_detailed(
            client=self.api, body=body, user_id=self._user_id, idempotency_key=key
        )
        if isinstance(response.parsed, CreateWorkbenchResponse201):
            return response.parsed.item
        return _body(response, CreateWorkbenchResponse200Type0).item

    def preview_create(
        self,
        name: str | None = None,
        *,
        cpu: int | None = None,
        memory: int | None = None,
        gpu: int | None = None,
        template: str | None = None,
        size: str | None = None,
        instance_type: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> CreateWorkbenchResponse200Type1Item:
        """
        Checks a creation without making it. Returns what it would cost (`estimate`), and what it would hold and leave of the quota.
        The parameters are those of `create`.
        """
        body = _create_body(name, cpu, memory, gpu, template, size, instance_type, labels)
        response = create_workbench.sync_detailed(client=self.api, body=body, user_id=self._user_id, dry_run=True)
        return _body(response, CreateWorkbenchResponse200Type1).item

    def get(self, workbench_id: str) -> Workbench:
        return self._poll(workbench_id)[0]

    def list(
        self,
        *,
        status: str | None = None,
        name: str | None = None,
        search: str | None = None,
        labels: Mapping[str, str] | None = None,
        shared: bool = False,
        deleted: bool = False,
        page_size: int = 100,
    ) -> Iterator[Workbench]:
        """
        Iterates over the workbenches of the user that match, newest first. Reads the next page when it is needed.

        :param search: A part of the name, the id or the value of a label.
        :param shared: Those of other users that are shared with the user.
        :param deleted: Those that are deleted and can be restored, and no others.
        """
        cursor: str | Unset = UNSET
        label = ",".join(f"{key}:{value}" for key, value in (labels or {}).items())
        while True:
            response = list_workbenches.sync_detailed(
                client=self.api,
                user_id=self._user_id,
                shared=shared,
                deleted=deleted,
                status=UNSET if status is None else ListWorkbenchesStatus(status),
                name=_given(name),
                q=_given(search),
                label=label or UNSET,
                limit=page_size,
                cursor=cursor,
            )
            page = _body(response, ListWorkbenchesResponse200)
            yield from page.items
            cursor = page.next_cursor
            if isinstance(cursor, Unset):
                return

    def update(
        self,
        workbench_id: str,
        *,
        name: str | None = None,
        cpu: int | None = None,
        memory: int | None = None,
        gpu: int | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Workbench:
        """Renames a workbench, replaces its labels, or resizes it while it is stopped."""
        body = UpdateWorkbenchBody(
            workbench_name=_given(name),
            requested_cpu=_given(cpu),
            requested_memory=_given(memory),
            requested_gpu=_given(gpu),
            labels=UNSET if labels is None else UpdateWorkbenchBodyLabels.from_dict(labels),
        )
        response = update_workbench.sync_detailed(
            workbench_id, client=self.api, body=body, user_id=self._user_id
        )
        return _body(response, UpdateWorkbenchResponse200).item

    def start(self, workbench_id: str) -> None:
        start_workbench.sync_detailed(workbench_id, client=self.api, user_id=self._user_id)

    def stop(self, workbench_id: str) -> None:
        """Stops a workbench. Its files are kept."""
        stop_workbench.sync_detailed(workbench_id, client=self.api, user_id=self._user_id)

    def restart(self, workbench_id: str) -> None:
        restart_workbench.sync_detailed(workbench_id, client=self.api, user_id=self._user_id)

    def extend(self, workbench_id: str, minutes: int) -> Workbench:
        """Keeps a running workbench from being stopped for idleness, from now."""
        response = extend_workbench.sync_detailed(
            workbench_id, client=self.api, body=ExtendWorkbenchBody(minutes=minutes), user_id=self._user_id
        )
        return _body(response, ExtendWorkbenchResponse200).item

    def delete(self, workbench_id: str, *, now: bool = False) -> datetime | None:
        """Deletes a workbench and all its files. Wait with `wait_until` until they are deleted.

        Returns until when it can be restored, if the installation keeps deleted workbenches. `now`: deletes it at once, even if
        it is deleted already and can still be restored.
        """
        response = delete_workbench.sync_detailed(
            workbench_id, client=self.api, user_id=self._user_id, now=True if now else UNSET
        )
        until = _body(response, DeleteWorkbenchResponse200).restorable_until
        return None if isinstance(until, Unset) else until

    def restore(self, workbench_id: str) -> Workbench:
        """Restores a deleted workbench with its files. It is stopped."""
        response = restore_workbench.sync_detailed(workbench_id, client=self.api, user_id=self._user_id)
        return _body(response, RestoreWorkbenchResponse200).item

    def open(self, workbench_id: str, path: str | None = None) -> OpenedWorkbench:
        """Returns an address that opens the workbench in a browser. `path`: of the workbench, with its query."""
        response = open_workbench.sync_detailed(
            workbench_id, client=self.api, body=OpenWorkbenchBody(path=_given(path)), user_id=self._user_id
        )
        opened = _body(response, OpenWorkbenchResponse200)
        expires_at = opened.expires_at
        return OpenedWorkbench(
            url=opened.url,
            expires_at=None if isinstance(expires_at, Unset) else expires_at,
        )

    def history(self, workbench_id: str) -> Sequence[HistoryEntry]:
        """Returns what has happened to the workbench, newest first."""
        response = list_history.sync_detailed(workbench_id, client=self.api, user_id=self._user_id)
        return _body(response, ListHistoryResponse200).items

    def logs(
        self, workbench_id: str, *, cursor: str | None = None, limit: int = 1_000, newest: bool = False
    ) -> LogPage:
        """Returns a page of what the programs of the workbench have printed; what follows it with `cursor`, also later."""
        response = list_logs.sync_detailed(
            workbench_id,
            client=self.api,
            user_id=self._user_id,
            limit=limit,
            newest=newest,
            cursor=_given(cursor),
        )
        page = _body(response, ListLogsResponse200)
        following = page.next_cursor
        return LogPage(
            lines=page.items,
            next_cursor=None if isinstance(following, Unset) else following,
            complete=page.complete,
        )

    def shares(self, workbench_id: str) -> Sequence[ListSharesResponse200ItemsItem]:
        """Returns with whom the workbench is shared."""
        response = list_shares.sync_detailed(workbench_id, client=self.api, user_id=self._user_id)
        return _body(response, ListSharesResponse200).items

    def set_share(
        self,
        workbench_id: str,
        grantee: str,
        role: Literal["use", "manage"],
        expires_at: datetime | None = None,
    ) -> None:
        """Shares the workbench with `user:<id>`, `group:<name>` or `organisation`. `expires_at`: with a time zone."""
        body = SetShareBody(role=SetShareBodyRole(role), expires_at=_given(expires_at))
        set_share.sync_detailed(workbench_id, grantee, client=self.api, body=body, user_id=self._user_id)

    def delete_share(self, workbench_id: str, grantee: str) -> None:
        """Takes a share back."""
        delete_share.sync_detailed(workbench_id, grantee, client=self.api, user_id=self._user_id)

    def me(self) -> GetMeResponse200Item:
        """Returns who the caller is, and what it may do."""
        response = get_me.sync_detailed(client=self.api, user_id=self._user_id)
        return _body(response, GetMeResponse200).item

    @overload
    def wait_until(
        self,
        workbench_id: str,
        target: Literal["running", "stopped"],
        *,
        timeout_seconds: float = _WAIT_TIMEOUT_S,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Workbench: ...

    @overload
    def wait_until(
        self,
        workbench_id: str,
        target: Literal["deleted"],
        *,
        timeout_seconds: float = _WAIT_TIMEOUT_S,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None: ...

    def wait_until(
        self,
        workbench_id: str,
        target: WaitTarget,
        *,
        timeout_seconds: float = _WAIT_TIMEOUT_S,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Workbench | None:
        """
        Polls a workbench until it has the status, and continues while the API cannot be reached.

        Raises `WorkbenchWaitError` if it will not get the status, or after the time. Ending the wait leaves the workbench as it is.
        """
        return wait_until(
            target,
            lambda: self._poll(workbench_id),
            timeout_seconds=timeout_seconds,
            on_progress=on_progress,
            sleep=self._sleep,
            now=self._now,
        )

    def _poll(self, workbench_id: str) -> tuple[Workbench, int | None]:
        response = get_workbench.sync_detailed(workbench_id, client=self.api, user_id=self._user_id)
        retry_after = read_retry_after(httpx.Response(200, headers=dict(response.headers)))
        return _body(response, GetWorkbenchResponse200).item, retry_after


def _given(value: T | None) -> T | Unset:
    return UNSET if value is None else value


def _create_body(
    name: str | None,
    cpu: int | None,
    memory: int | None,
    gpu: int | None,
    template: str | None,
    size: str | None,
    instance_type: str | None,
    labels: Mapping[str, str] | None,
) -> CreateWorkbenchBody:
    return CreateWorkbenchBody(
        workbench_name=_given(name),
        requested_cpu=_given(cpu),
        requested_memory=_given(memory),
        requested_gpu=_given(gpu),
        template=_given(template),
        size=_given(size),
        allocated_instance_type=_given(instance_type),
        labels=UNSET if labels is None else CreateWorkbenchBodyLabels.from_dict(labels),
    )


def _body(response: Response[Any], model: type[T]) -> T:
    """Responses with an error status were raised when they were received."""
    if not isinstance(response.parsed, model):
        raise TypeError(f"The API responded with the unexpected status {response.status_code}.")
    return response.parsed
