from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ListTemplatesResponse200SizesItem")


@_attrs_define
class ListTemplatesResponse200SizesItem:
    """
    Attributes:
        name (str):
        requested_cpu (int): CPU units: 1 vCPU = 1024.
        requested_memory (int): MiB.
        requested_gpu (int): Number of GPUs.
        per_hour_running (float | Unset): An hour while it runs, on the placement that it would get now. Absent if the
            price is unknown.
    """

    name: str
    requested_cpu: int
    requested_memory: int
    requested_gpu: int
    per_hour_running: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        requested_cpu = self.requested_cpu

        requested_memory = self.requested_memory

        requested_gpu = self.requested_gpu

        per_hour_running = self.per_hour_running

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "requested_cpu": requested_cpu,
                "requested_memory": requested_memory,
                "requested_gpu": requested_gpu,
            }
        )
        if per_hour_running is not UNSET:
            field_dict["per_hour_running"] = per_hour_running

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        requested_cpu = d.pop("requested_cpu")

        requested_memory = d.pop("requested_memory")

        requested_gpu = d.pop("requested_gpu")

        per_hour_running = d.pop("per_hour_running", UNSET)

        list_templates_response_200_sizes_item = cls(
            name=name,
            requested_cpu=requested_cpu,
            requested_memory=requested_memory,
            requested_gpu=requested_gpu,
            per_hour_running=per_hour_running,
        )

        list_templates_response_200_sizes_item.additional_properties = d
        return list_templates_response_200_sizes_item

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
