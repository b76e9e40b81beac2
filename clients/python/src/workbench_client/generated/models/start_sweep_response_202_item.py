from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.start_sweep_response_202_item_sweep import StartSweepResponse202ItemSweep

T = TypeVar("T", bound="StartSweepResponse202Item")


@_attrs_define
class StartSweepResponse202Item:
    """
    Attributes:
        sweep (StartSweepResponse202ItemSweep):
        requested_at (datetime.datetime): Its report is the first of this sweep in `GET /reports/reconcile` whose
            `started_at` is not earlier.
    """

    sweep: StartSweepResponse202ItemSweep
    requested_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        sweep = self.sweep.value

        requested_at = self.requested_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "sweep": sweep,
                "requested_at": requested_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        sweep = StartSweepResponse202ItemSweep(d.pop("sweep"))

        requested_at = datetime.datetime.fromisoformat(d.pop("requested_at"))

        start_sweep_response_202_item = cls(
            sweep=sweep,
            requested_at=requested_at,
        )

        start_sweep_response_202_item.additional_properties = d
        return start_sweep_response_202_item

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
