from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="UpdateWorkbenchBodyScheduleType0")


@_attrs_define
class UpdateWorkbenchBodyScheduleType0:
    """
    Attributes:
        time_zone (str): The IANA name of the time zone of both.
        start (str | Unset): When it starts: a cron expression (minute, hour, day of the month, month, day of the week).
            A workbench that runs is not changed.
        stop (str | Unset): When it stops, with a warning 10 minutes before: a cron expression.
    """

    time_zone: str
    start: str | Unset = UNSET
    stop: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        time_zone = self.time_zone

        start = self.start

        stop = self.stop

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "time_zone": time_zone,
            }
        )
        if start is not UNSET:
            field_dict["start"] = start
        if stop is not UNSET:
            field_dict["stop"] = stop

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        time_zone = d.pop("time_zone")

        start = d.pop("start", UNSET)

        stop = d.pop("stop", UNSET)

        update_workbench_body_schedule_type_0 = cls(
            time_zone=time_zone,
            start=start,
            stop=stop,
        )

        return update_workbench_body_schedule_type_0
