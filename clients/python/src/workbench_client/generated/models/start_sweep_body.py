from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.start_sweep_body_sweep import StartSweepBodySweep

T = TypeVar("T", bound="StartSweepBody")


@_attrs_define
class StartSweepBody:
    """
    Attributes:
        sweep (StartSweepBodySweep): The sweep, as reports name it. `tasks` and `hosts` run together, the tasks first.
            `cluster` exists on AWS only. `volumes`, and `cluster` for task definitions, check the part of the present
            interval, as they do by their schedule.
    """

    sweep: StartSweepBodySweep

    def to_dict(self) -> dict[str, Any]:
        sweep = self.sweep.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "sweep": sweep,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        sweep = StartSweepBodySweep(d.pop("sweep"))

        start_sweep_body = cls(
            sweep=sweep,
        )

        return start_sweep_body
