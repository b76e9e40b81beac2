from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ListUsageResponse200DaysItem")


@_attrs_define
class ListUsageResponse200DaysItem:
    """
    Attributes:
        day (str): `YYYY-MM-DD`, UTC.
        hours_running (float): Hours for which its task was on an instance, or its host ran.
        usd (float): What it has cost in the month.
    """

    day: str
    hours_running: float
    usd: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        day = self.day

        hours_running = self.hours_running

        usd = self.usd

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "day": day,
                "hours_running": hours_running,
                "usd": usd,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        day = d.pop("day")

        hours_running = d.pop("hours_running")

        usd = d.pop("usd")

        list_usage_response_200_days_item = cls(
            day=day,
            hours_running=hours_running,
            usd=usd,
        )

        list_usage_response_200_days_item.additional_properties = d
        return list_usage_response_200_days_item

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
