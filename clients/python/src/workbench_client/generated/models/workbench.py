from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.workbench_desired_status import WorkbenchDesiredStatus
from ..models.workbench_idle_because import WorkbenchIdleBecause
from ..models.workbench_on_interruption import WorkbenchOnInterruption
from ..models.workbench_role import WorkbenchRole
from ..models.workbench_status import WorkbenchStatus
from ..models.workbench_stops_because import WorkbenchStopsBecause
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.workbench_cost import WorkbenchCost
    from ..models.workbench_labels import WorkbenchLabels
    from ..models.workbench_schedule import WorkbenchSchedule
    from ..models.workbench_status_reason import WorkbenchStatusReason


T = TypeVar("T", bound="Workbench")


@_attrs_define
class Workbench:
    """
    Attributes:
        user_id (str): The owner.
        workbench_id (str): 26 lower-case letters and digits. Sorts by creation time.
        workbench_name (str):
        status (WorkbenchStatus): Poll until it is `running`: then the workbench responds to HTTP requests. `stopped`
            means that no task and no dedicated instance of it is running. A start whose task fails on the side of the
            platform is retried: the status is then `stopping` with `desired_status` `running`, and `starting` again.
        desired_status (WorkbenchDesiredStatus): The state that was last requested.
        public_endpoint (str): The address of the workbench for a browser.
        requested_cpu (int): CPU units: 1 vCPU = 1024.
        requested_memory (int): MiB.
        requested_gpu (int): Number of GPUs.
        on_interruption (WorkbenchOnInterruption): What follows when AWS takes the instance of the workbench back, or an
            operator empties its machine at a given time.
        created_at (datetime.datetime): ISO 8601, UTC, with milliseconds.
        updated_at (datetime.datetime): ISO 8601, UTC, with milliseconds.
        labels (WorkbenchLabels | Unset): Keys and values that users have given it. Absent without any.
        role (WorkbenchRole | Unset): The role in which the acting user sees a workbench of another user: `manage` or
            `use` if it is shared, `administrator` for an administrator. Absent for the owner.
        status_detail (str | Unset): What a workbench in transition is waiting for: `queued` (calls of the controller
            are throttled), `no_space` (the controller cannot store what the start needs), `volume`, `host`, `capacity`,
            `run` (an earlier task must end first), `retry` (the task of the start failed, and another one is started once
            it has stopped), `gate` (the workbench is ready, and the gate must say that it reaches it; if it does not, a
            text says why), `instance_unreachable` (a stop is overdue), or the status that ECS reports for the task. In
            local mode also a text about the start, for example `nothing listens on port 20123 (PORT) of localhost`. Also of
            a running workbench: `spot_interruption` (AWS takes its instance back within two minutes), `instance_draining`
            (its instance is being replaced), `machine_draining` (an operator empties its machine; `stops_at` says when),
            `unhealthy` (the IDE no longer responds to its health check; a restart helps if it does not recover),
            `idle_unknown` (its activity cannot be read, so that it is not stopped for idleness), and in local mode
            `volume_almost_full` (the limit of its files is almost reached) or `disk_almost_full`: delete files that you no
            longer need. Of a stopped one: `deletion_planned` (it was stopped for long, and is deleted at `deletes_at`
            unless it is used), `schedule_missed` (the controller did not work when its schedule was to start it),
            `schedule_refused` (a quota refused this start); the next start is at `next_start_at`.
        status_reason (WorkbenchStatusReason | Unset): Why the workbench stopped or is stopping without a request to
            stop it.
        allocated_instance_type (str | Unset): The type of its dedicated instance, if it was created with one.
        allocated_instance_id (str | Unset): The id of its dedicated instance, once it is launched.
        started_at (datetime.datetime | Unset): When the current or last run was requested.
        ready_at (datetime.datetime | Unset): When the current or last run became ready.
        stopped_at (datetime.datetime | Unset): When the last run ended.
        stops_at (datetime.datetime | Unset): When the controller stops the running workbench: the earliest of the stops
            that are planned. An idle stop is planned 10 minutes before at the latest, and only if it is not used until
            then.
        stops_because (WorkbenchStopsBecause | Unset): The code of the `status_reason` that the stop at `stops_at` will
            have.
        idle_stop_minutes (int | None | Unset): Of a running workbench, the limit in force: it is stopped when it was
            not used for so many minutes; `null`: never. Otherwise the limit that its user has set; absent if the default of
            the installation applies from its next start.
        idle_since (datetime.datetime | Unset): The last known use of the running workbench. Activity is read when the
            limit could be reached, so that the true time may be later, except in the responses of `GET`, which know of
            browsers.
        idle_because (WorkbenchIdleBecause | Unset): What keeps the running workbench, or kept it last. `browser`: a
            person used it in a browser. `ide`: its IDE worked. `busy`: its processors or GPUs are busy. `keepalive`: a
            program asked to keep it. `start`: it was started. `extend`: a person extended it.
        keepalive_until (datetime.datetime | Unset): The running workbench is not stopped for idleness before this time.
        keepalive_reason (str | Unset): Why a program keeps it until `keepalive_until`, as the program has said. Only in
            the responses of `GET` of a single workbench.
        max_run_hours (int | Unset): The limit of a run that its user has set.
        stop_at (datetime.datetime | Unset): When the workbench is to be stopped, as its user has set.
        schedule (WorkbenchSchedule | Unset): When it starts and stops by itself: cron expressions of five fields.
        next_start_at (datetime.datetime | Unset): When the stopped workbench starts by its schedule. The next stop of a
            running one is `stops_at`, if it is the earliest.
        last_activity_at (datetime.datetime | Unset): When a person last used the workbench, as the gate has seen it:
            data that a browser sent on a WebSocket, or a request that is not repeated by a program. At most about a minute
            old. Only in the responses of `GET`, of a running or stopped workbench that was used in the last 400 days.
        deletes_at (datetime.datetime | Unset): When the workbench is deleted because it was stopped for long, where the
            installation does so (`WB_RETENTION_DAYS`). Its owner is warned 7 days before, and can restore it for some time.
            A start or a change begins the time anew.
        deleted_at (datetime.datetime | Unset): When it was deleted. Only of a deleted workbench that can be restored.
        restorable_until (datetime.datetime | Unset): It can be restored until this time. Then it is deleted with its
            files.
        offered_to (str | Unset): The user to whom the owner offers the workbench, until `offer_expires_at`.
        offer_expires_at (datetime.datetime | Unset): ISO 8601, UTC, with milliseconds.
        cost (WorkbenchCost | Unset): What the workbench costs, in USD. Only in the responses of `GET`; absent if it
            costs nothing, as in local mode.
    """

    user_id: str
    workbench_id: str
    workbench_name: str
    status: WorkbenchStatus
    desired_status: WorkbenchDesiredStatus
    public_endpoint: str
    requested_cpu: int
    requested_memory: int
    requested_gpu: int
    on_interruption: WorkbenchOnInterruption
    created_at: datetime.datetime
    updated_at: datetime.datetime
    labels: WorkbenchLabels | Unset = UNSET
    role: WorkbenchRole | Unset = UNSET
    status_detail: str | Unset = UNSET
    status_reason: WorkbenchStatusReason | Unset = UNSET
    allocated_instance_type: str | Unset = UNSET
    allocated_instance_id: str | Unset = UNSET
    started_at: datetime.datetime | Unset = UNSET
    ready_at: datetime.datetime | Unset = UNSET
    stopped_at: datetime.datetime | Unset = UNSET
    stops_at: datetime.datetime | Unset = UNSET
    stops_because: WorkbenchStopsBecause | Unset = UNSET
    idle_stop_minutes: int | None | Unset = UNSET
    idle_since: datetime.datetime | Unset = UNSET
    idle_because: WorkbenchIdleBecause | Unset = UNSET
    keepalive_until: datetime.datetime | Unset = UNSET
    keepalive_reason: str | Unset = UNSET
    max_run_hours: int | Unset = UNSET
    stop_at: datetime.datetime | Unset = UNSET
    schedule: WorkbenchSchedule | Unset = UNSET
    next_start_at: datetime.datetime | Unset = UNSET
    last_activity_at: datetime.datetime | Unset = UNSET
    deletes_at: datetime.datetime | Unset = UNSET
    deleted_at: datetime.datetime | Unset = UNSET
    restorable_until: datetime.datetime | Unset = UNSET
    offered_to: str | Unset = UNSET
    offer_expires_at: datetime.datetime | Unset = UNSET
    cost: WorkbenchCost | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        user_id = self.user_id

        workbench_id = self.workbench_id

        workbench_name = self.workbench_name

        status = self.status.value

        desired_status = self.desired_status.value

        public_endpoint = self.public_endpoint

        requested_cpu = self.requested_cpu

        requested_memory = self.requested_memory

        requested_gpu = self.requested_gpu

        on_interruption = self.on_interruption.value

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        role: str | Unset = UNSET
        if not isinstance(self.role, Unset):
            role = self.role.value

        status_detail = self.status_detail

        status_reason: dict[str, Any] | Unset = UNSET
        if not isinstance(self.status_reason, Unset):
            status_reason = self.status_reason.to_dict()

        allocated_instance_type = self.allocated_instance_type

        allocated_instance_id = self.allocated_instance_id

        started_at: str | Unset = UNSET
        if not isinstance(self.started_at, Unset):
            started_at = self.started_at.isoformat()

        ready_at: str | Unset = UNSET
        if not isinstance(self.ready_at, Unset):
            ready_at = self.ready_at.isoformat()

        stopped_at: str | Unset = UNSET
        if not isinstance(self.stopped_at, Unset):
            stopped_at = self.stopped_at.isoformat()

        stops_at: str | Unset = UNSET
        if not isinstance(self.stops_at, Unset):
            stops_at = self.stops_at.isoformat()

        stops_because: str | Unset = UNSET
        if not isinstance(self.stops_because, Unset):
            stops_because = self.stops_because.value

        idle_stop_minutes: int | None | Unset
        if isinstance(self.idle_stop_minutes, Unset):
            idle_stop_minutes = UNSET
        else:
            idle_stop_minutes = self.idle_stop_minutes

        idle_since: str | Unset = UNSET
        if not isinstance(self.idle_since, Unset):
            idle_since = self.idle_since.isoformat()

        idle_because: str | Unset = UNSET
        if not isinstance(self.idle_because, Unset):
            idle_because = self.idle_because.value

        keepalive_until: str | Unset = UNSET
        if not isinstance(self.keepalive_until, Unset):
            keepalive_until = self.keepalive_until.isoformat()

        keepalive_reason = self.keepalive_reason

        max_run_hours = self.max_run_hours

        stop_at: str | Unset = UNSET
        if not isinstance(self.stop_at, Unset):
            stop_at = self.stop_at.isoformat()

        schedule: dict[str, Any] | Unset = UNSET
        if not isinstance(self.schedule, Unset):
            schedule = self.schedule.to_dict()

        next_start_at: str | Unset = UNSET
        if not isinstance(self.next_start_at, Unset):
            next_start_at = self.next_start_at.isoformat()

        last_activity_at: str | Unset = UNSET
        if not isinstance(self.last_activity_at, Unset):
            last_activity_at = self.last_activity_at.isoformat()

        deletes_at: str | Unset = UNSET
        if not isinstance(self.deletes_at, Unset):
            deletes_at = self.deletes_at.isoformat()

        deleted_at: str | Unset = UNSET
        if not isinstance(self.deleted_at, Unset):
            deleted_at = self.deleted_at.isoformat()

        restorable_until: str | Unset = UNSET
        if not isinstance(self.restorable_until, Unset):
            restorable_until = self.restorable_until.isoformat()

        offered_to = self.offered_to

        offer_expires_at: str | Unset = UNSET
        if not isinstance(self.offer_expires_at, Unset):
            offer_expires_at = self.offer_expires_at.isoformat()

        cost: dict[str, Any] | Unset = UNSET
        if not isinstance(self.cost, Unset):
            cost = self.cost.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "user_id": user_id,
                "workbench_id": workbench_id,
                "workbench_name": workbench_name,
                "status": status,
                "desired_status": desired_status,
                "public_endpoint": public_endpoint,
                "requested_cpu": requested_cpu,
                "requested_memory": requested_memory,
                "requested_gpu": requested_gpu,
                "on_interruption": on_interruption,
                "created_at": created_at,
                "updated_at": updated_at,
            }
        )
        if labels is not UNSET:
            field_dict["labels"] = labels
        if role is not UNSET:
            field_dict["role"] = role
        if status_detail is not UNSET:
            field_dict["status_detail"] = status_detail
        if status_reason is not UNSET:
            field_dict["status_reason"] = status_reason
        if allocated_instance_type is not UNSET:
            field_dict["allocated_instance_type"] = allocated_instance_type
        if allocated_instance_id is not UNSET:
            field_dict["allocated_instance_id"] = allocated_instance_id
        if started_at is not UNSET:
            field_dict["started_at"] = started_at
        if ready_at is not UNSET:
            field_dict["ready_at"] = ready_at
        if stopped_at is not UNSET:
            field_dict["stopped_at"] = stopped_at
        if stops_at is not UNSET:
            field_dict["stops_at"] = stops_at
        if stops_because is not UNSET:
            field_dict["stops_because"] = stops_because
        if idle_stop_minutes is not UNSET:
            field_dict["idle_stop_minutes"] = idle_stop_minutes
        if idle_since is not UNSET:
            field_dict["idle_since"] = idle_since
        if idle_because is not UNSET:
            field_dict["idle_because"] = idle_because
        if keepalive_until is not UNSET:
            field_dict["keepalive_until"] = keepalive_until
        if keepalive_reason is not UNSET:
            field_dict["keepalive_reason"] = keepalive_reason
        if max_run_hours is not UNSET:
            field_dict["max_run_hours"] = max_run_hours
        if stop_at is not UNSET:
            field_dict["stop_at"] = stop_at
        if schedule is not UNSET:
            field_dict["schedule"] = schedule
        if next_start_at is not UNSET:
            field_dict["next_start_at"] = next_start_at
        if last_activity_at is not UNSET:
            field_dict["last_activity_at"] = last_activity_at
        if deletes_at is not UNSET:
            field_dict["deletes_at"] = deletes_at
        if deleted_at is not UNSET:
            field_dict["deleted_at"] = deleted_at
        if restorable_until is not UNSET:
            field_dict["restorable_until"] = restorable_until
        if offered_to is not UNSET:
            field_dict["offered_to"] = offered_to
        if offer_expires_at is not UNSET:
            field_dict["offer_expires_at"] = offer_expires_at
        if cost is not UNSET:
            field_dict["cost"] = cost

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workbench_cost import WorkbenchCost
        from ..models.workbench_labels import WorkbenchLabels
        from ..models.workbench_schedule import WorkbenchSchedule
        from ..models.workbench_status_reason import WorkbenchStatusReason

        d = dict(src_dict)
        user_id = d.pop("user_id")

        workbench_id = d.pop("workbench_id")

        workbench_name = d.pop("workbench_name")

        status = WorkbenchStatus(d.pop("status"))

        desired_status = WorkbenchDesiredStatus(d.pop("desired_status"))

        public_endpoint = d.pop("public_endpoint")

        requested_cpu = d.pop("requested_cpu")

        requested_memory = d.pop("requested_memory")

        requested_gpu = d.pop("requested_gpu")

        on_interruption = WorkbenchOnInterruption(d.pop("on_interruption"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updated_at"))

        _labels = d.pop("labels", UNSET)
        labels: WorkbenchLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = WorkbenchLabels.from_dict(_labels)

        _role = d.pop("role", UNSET)
        role: WorkbenchRole | Unset
        if isinstance(_role, Unset):
            role = UNSET
        else:
            role = WorkbenchRole(_role)

        status_detail = d.pop("status_detail", UNSET)

        _status_reason = d.pop("status_reason", UNSET)
        status_reason: WorkbenchStatusReason | Unset
        if isinstance(_status_reason, Unset):
            status_reason = UNSET
        else:
            status_reason = WorkbenchStatusReason.from_dict(_status_reason)

        allocated_instance_type = d.pop("allocated_instance_type", UNSET)

        allocated_instance_id = d.pop("allocated_instance_id", UNSET)

        _started_at = d.pop("started_at", UNSET)
        started_at: datetime.datetime | Unset
        if isinstance(_started_at, Unset):
            started_at = UNSET
        else:
            started_at = datetime.datetime.fromisoformat(_started_at)

        _ready_at = d.pop("ready_at", UNSET)
        ready_at: datetime.datetime | Unset
        if isinstance(_ready_at, Unset):
            ready_at = UNSET
        else:
            ready_at = datetime.datetime.fromisoformat(_ready_at)

        _stopped_at = d.pop("stopped_at", UNSET)
        stopped_at: datetime.datetime | Unset
        if isinstance(_stopped_at, Unset):
            stopped_at = UNSET
        else:
            stopped_at = datetime.datetime.fromisoformat(_stopped_at)

        _stops_at = d.pop("stops_at", UNSET)
        stops_at: datetime.datetime | Unset
        if isinstance(_stops_at, Unset):
            stops_at = UNSET
        else:
            stops_at = datetime.datetime.fromisoformat(_stops_at)

        _stops_because = d.pop("stops_because", UNSET)
        stops_because: WorkbenchStopsBecause | Unset
        if isinstance(_stops_because, Unset):
            stops_because = UNSET
        else:
            stops_because = WorkbenchStopsBecause(_stops_because)

        def _parse_idle_stop_minutes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        idle_stop_minutes = _parse_idle_stop_minutes(d.pop("idle_stop_minutes", UNSET))

        _idle_since = d.pop("idle_since", UNSET)
        idle_since: datetime.datetime | Unset
        if isinstance(_idle_since, Unset):
            idle_since = UNSET
        else:
            idle_since = datetime.datetime.fromisoformat(_idle_since)

        _idle_because = d.pop("idle_because", UNSET)
        idle_because: WorkbenchIdleBecause | Unset
        if isinstance(_idle_because, Unset):
            idle_because = UNSET
        else:
            idle_because = WorkbenchIdleBecause(_idle_because)

        _keepalive_until = d.pop("keepalive_until", UNSET)
        keepalive_until: datetime.datetime | Unset
        if isinstance(_keepalive_until, Unset):
            keepalive_until = UNSET
        else:
            keepalive_until = datetime.datetime.fromisoformat(_keepalive_until)

        keepalive_reason = d.pop("keepalive_reason", UNSET)

        max_run_hours = d.pop("max_run_hours", UNSET)

        _stop_at = d.pop("stop_at", UNSET)
        stop_at: datetime.datetime | Unset
        if isinstance(_stop_at, Unset):
            stop_at = UNSET
        else:
            stop_at = datetime.datetime.fromisoformat(_stop_at)

        _schedule = d.pop("schedule", UNSET)
        schedule: WorkbenchSchedule | Unset
        if isinstance(_schedule, Unset):
            schedule = UNSET
        else:
            schedule = WorkbenchSchedule.from_dict(_schedule)

        _next_start_at = d.pop("next_start_at", UNSET)
        next_start_at: datetime.datetime | Unset
        if isinstance(_next_start_at, Unset):
            next_start_at = UNSET
        else:
            next_start_at = datetime.datetime.fromisoformat(_next_start_at)

        _last_activity_at = d.pop("last_activity_at", UNSET)
        last_activity_at: datetime.datetime | Unset
        if isinstance(_last_activity_at, Unset):
            last_activity_at = UNSET
        else:
            last_activity_at = datetime.datetime.fromisoformat(_last_activity_at)

        _deletes_at = d.pop("deletes_at", UNSET)
        deletes_at: datetime.datetime | Unset
        if isinstance(_deletes_at, Unset):
            deletes_at = UNSET
        else:
            deletes_at = datetime.datetime.fromisoformat(_deletes_at)

        _deleted_at = d.pop("deleted_at", UNSET)
        deleted_at: datetime.datetime | Unset
        if isinstance(_deleted_at, Unset):
            deleted_at = UNSET
        else:
            deleted_at = datetime.datetime.fromisoformat(_deleted_at)

        _restorable_until = d.pop("restorable_until", UNSET)
        restorable_until: datetime.datetime | Unset
        if isinstance(_restorable_until, Unset):
            restorable_until = UNSET
        else:
            restorable_until = datetime.datetime.fromisoformat(_restorable_until)

        offered_to = d.pop("offered_to", UNSET)

        _offer_expires_at = d.pop("offer_expires_at", UNSET)
        offer_expires_at: datetime.datetime | Unset
        if isinstance(_offer_expires_at, Unset):
            offer_expires_at = UNSET
        else:
            offer_expires_at = datetime.datetime.fromisoformat(_offer_expires_at)

        _cost = d.pop("cost", UNSET)
        cost: WorkbenchCost | Unset
        if isinstance(_cost, Unset):
            cost = UNSET
        else:
            cost = WorkbenchCost.from_dict(_cost)

        workbench = cls(
            user_id=user_id,
            workbench_id=workbench_id,
            workbench_name=workbench_name,
            status=status,
            desired_status=desired_status,
            public_endpoint=public_endpoint,
            requested_cpu=requested_cpu,
            requested_memory=requested_memory,
            requested_gpu=requested_gpu,
            on_interruption=on_interruption,
            created_at=created_at,
            updated_at=updated_at,
            labels=labels,
            role=role,
            status_detail=status_detail,
            status_reason=status_reason,
            allocated_instance_type=allocated_instance_type,
            allocated_instance_id=allocated_instance_id,
            started_at=started_at,
            ready_at=ready_at,
            stopped_at=stopped_at,
            stops_at=stops_at,
            stops_because=stops_because,
            idle_stop_minutes=idle_stop_minutes,
            idle_since=idle_since,
            idle_because=idle_because,
            keepalive_until=keepalive_until,
            keepalive_reason=keepalive_reason,
            max_run_hours=max_run_hours,
            stop_at=stop_at,
            schedule=schedule,
            next_start_at=next_start_at,
            last_activity_at=last_activity_at,
            deletes_at=deletes_at,
            deleted_at=deleted_at,
            restorable_until=restorable_until,
            offered_to=offered_to,
            offer_expires_at=offer_expires_at,
            cost=cost,
        )

        workbench.additional_properties = d
        return workbench

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
