from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ListProvidersResponse200ItemsItemCapacity")


@_attrs_define
class ListProvidersResponse200ItemsItemCapacity:
    """What one new instance offers to tasks.

    Attributes:
        cpu (int): CPU units: 1 vCPU = 1024.
        memory (int): MiB.
        gpu (int): Number of GPUs.
        interfaces (int | Unset): Number of tasks for which it has a network interface; in local mode the number of
            workbenches that may run. Absent without such a limit.
    """

    cpu: int
    memory: int
    gpu: int
    interfaces: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cpu = self.cpu

        memory = self.memory

        gpu = self.gpu

        interfaces = self.interfaces

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cpu": cpu,
                "memory": memory,
                "gpu": gpu,
            }
        )
        if interfaces is not UNSET:
            field_dict["interfaces"] = interfaces

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        cpu = d.pop("cpu")

        memory = d.pop("memory")

        gpu = d.pop("gpu")

        interfaces = d.pop("interfaces", UNSET)

        list_providers_response_200_items_item_capacity = cls(
            cpu=cpu,
            memory=memory,
            gpu=gpu,
            interfaces=interfaces,
        )

        list_providers_response_200_items_item_capacity.additional_properties = d
        return list_providers_response_200_items_item_capacity

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
