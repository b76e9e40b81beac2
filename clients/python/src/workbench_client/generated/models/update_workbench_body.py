from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.update_workbench_body_on_interruption import (
    UpdateWorkbenchBodyOnInterruption,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.update_workbench_body_labels import UpdateWorkbenchBodyLabels
    from ..models.update_workbench_body_schedule_type_0 import (
        UpdateWorkbenchBodyScheduleType0,
    )


T = TypeVar("T", bound="UpdateWorkbenchBody")


@_attrs_define
class UpdateWorkbenchBody:
    """
    Attributes:
        workbench_name (str | Unset): The name, with at least one visible character. The workbench gets it as the
            environment variable WORKBENCH_NAME.
        labels (UpdateWorkbenchBodyLabels | Unset): Keys and values of your choice, to find workbenches by `label`. At
            most 256 bytes of UTF-8 together. An update replaces all of them.
        requested_memory (int | Unset): Memory in MiB.
        requested_cpu (int | Unset): CPU units: 1 vCPU = 1024.
        requested_gpu (int | Unset): Number of GPUs.
        on_interruption (UpdateWorkbenchBodyOnInterruption | Unset): What follows when AWS takes the instance of the
            workbench back: `stop`, or `restart` on another instance. The default is `stop`. Can be changed at any time.
        idle_stop_minutes (int | Unset): The workbench is stopped when it was not used for so many minutes. The default
            is that of the installation. Where the administrator allows it, `null` stops it never. Applies at once.
        max_run_hours (int | None | Unset): The workbench is stopped when a run has lasted so many hours, used or not.
            The limit of the installation also applies; with `null`, the default, only this one does.
        stop_at (datetime.datetime | None | Unset): When the workbench is to be stopped, once. A time in the past stops
            it at once if it is running. `null` takes the plan back.
        schedule (None | Unset | UpdateWorkbenchBodyScheduleType0): When the workbench starts and stops by itself.
            `null` removes the schedule; an update replaces all of it.
    """

    workbench_name: str | Unset = UNSET
    labels: UpdateWorkbenchBodyLabels | Unset = UNSET
    requested_memory: int | Unset = UNSET
    requested_cpu: int | Unset = UNSET
    requested_gpu: int | Unset = UNSET
    on_interruption: UpdateWorkbenchBodyOnInterruption | Unset = UNSET
    idle_stop_minutes: int | Unset = UNSET
    max_run_hours: int | None | Unset = UNSET
    stop_at: datetime.datetime | None | Unset = UNSET
    schedule: None | Unset | UpdateWorkbenchBodyScheduleType0 = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.update_workbench_body_schedule_type_0 import (
            UpdateWorkbenchBodyScheduleType0,
        )

        workbench_name = self.workbench_name

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        requested_memory = self.requested_memory

        requested_cpu = self.requested_cpu

        requested_gpu = self.requested_gpu

        on_interruption: str | Unset = UNSET
        if not isinstance(self.on_interruption, Unset):
            on_interruption = self.on_interruption.value

        idle_stop_minutes = self.idle_stop_minutes

        max_run_hours: int | None | Unset
        if isinstance(self.max_run_hours, Unset):
            max_run_hours = UNSET
        else:
            max_run_hours = self.max_run_hours

        stop_at: None | str | Unset
        if isinstance(self.stop_at, Unset):
            stop_at = UNSET
        elif isinstance(self.stop_at, datetime.datetime):
            stop_at = self.stop_at.isoformat()
        else:
            stop_at = self.stop_at

        schedule: dict[str, Any] | None | Unset
        if isinstance(self.schedule, Unset):
            schedule = UNSET
        elif isinstance(self.schedule, UpdateWorkbenchBodyScheduleType0):
            schedule = self.schedule.to_dict()
        else:
            schedule = self.schedule

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if workbench_name is not UNSET:
            field_dict["workbench_name"] = workbench_name
        if labels is not UNSET:
            field_dict["labels"] = labels
        if requested_memory is not UNSET:
            field_dict["requested_memory"] = requested_memory
        if requested_cpu is not UNSET:
            field_dict["requested_cpu"] = requested_cpu
        if requested_gpu is not UNSET:
            field_dict["requested_gpu"] = requested_gpu
        if on_interruption is not UNSET:
            field_dict["on_interruption"] = on_interruption
        if idle_stop_minutes is not UNSET:
            field_dict["idle_stop_minutes"] = idle_stop_minutes
        if max_run_hours is not UNSET:
            field_dict["max_run_hours"] = max_run_hours
        if stop_at is not UNSET:
            field_dict["stop_at"] = stop_at
        if schedule is not UNSET:
            field_dict["schedule"] = schedule

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.update_workbench_body_labels import UpdateWorkbenchBodyLabels
        from ..models.update_workbench_body_schedule_type_0 import (
            UpdateWorkbenchBodyScheduleType0,
        )

        d = dict(src_dict)
        workbench_name = d.pop("workbench_name", UNSET)

        _labels = d.pop("labels", UNSET)
        labels: UpdateWorkbenchBodyLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = UpdateWorkbenchBodyLabels.from_dict(_labels)

        requested_memory = d.pop("requested_memory", UNSET)

        requested_cpu = d.pop("requested_cpu", UNSET)

        requested_gpu = d.pop("requested_gpu", UNSET)

        _on_interruption = d.pop("on_interruption", UNSET)
        on_interruption: UpdateWorkbenchBodyOnInterruption | Unset
        if isinstance(_on_interruption, Unset):
            on_interruption = UNSET
        else:
            on_interruption = UpdateWorkbenchBodyOnInterruption(_on_interruption)

        idle_stop_minutes = d.pop("idle_stop_minutes", UNSET)

        def _parse_max_run_hours(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_run_hours = _parse_max_run_hours(d.pop("max_run_hours", UNSET))

        def _parse_stop_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                stop_at_type_0 = datetime.datetime.fromisoformat(data)

                return stop_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        stop_at = _parse_stop_at(d.pop("stop_at", UNSET))

        def _parse_schedule(
            data: object,
        ) -> None | Unset | UpdateWorkbenchBodyScheduleType0:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                schedule_type_0 = UpdateWorkbenchBodyScheduleType0.from_dict(data)

                return schedule_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UpdateWorkbenchBodyScheduleType0, data)

        schedule = _parse_schedule(d.pop("schedule", UNSET))

        update_workbench_body = cls(
            workbench_name=workbench_name,
            labels=labels,
            requested_memory=requested_memory,
            requested_cpu=requested_cpu,
            requested_gpu=requested_gpu,
            on_interruption=on_interruption,
            idle_stop_minutes=idle_stop_minutes,
            max_run_hours=max_run_hours,
            stop_at=stop_at,
            schedule=schedule,
        )

        return update_workbench_body
