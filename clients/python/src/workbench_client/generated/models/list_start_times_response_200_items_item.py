from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_start_times_response_200_items_item_kind import (
    ListStartTimesResponse200ItemsItemKind,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="ListStartTimesResponse200ItemsItem")


@_attrs_define
class ListStartTimesResponse200ItemsItem:
    """
    Attributes:
        kind (ListStartTimesResponse200ItemsItemKind): `first`: starts of new workbenches. `later`: starts of
            workbenches that had run before.
        count (int): Number of starts.
        p50_seconds (float): Half of them took no longer, with an error of at most a quarter.
        p95_seconds (float): 95 of 100 took no longer.
        instance_type (str | Unset): The type of the dedicated instance. Absent on shared instances.
    """

    kind: ListStartTimesResponse200ItemsItemKind
    count: int
    p50_seconds: float
    p95_seconds: float
    instance_type: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        count = self.count

        p50_seconds = self.p50_seconds

        p95_seconds = self.p95_seconds

        instance_type = self.instance_type

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "count": count,
                "p50_seconds": p50_seconds,
                "p95_seconds": p95_seconds,
            }
        )
        if instance_type is not UNSET:
            field_dict["instance_type"] = instance_type

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kind = ListStartTimesResponse200ItemsItemKind(d.pop("kind"))

        count = d.pop("count")

        p50_seconds = d.pop("p50_seconds")

        p95_seconds = d.pop("p95_seconds")

        instance_type = d.pop("instance_type", UNSET)

        list_start_times_response_200_items_item = cls(
            kind=kind,
            count=count,
            p50_seconds=p50_seconds,
            p95_seconds=p95_seconds,
            instance_type=instance_type,
        )

        list_start_times_response_200_items_item.additional_properties = d
        return list_start_times_response_200_items_item

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
