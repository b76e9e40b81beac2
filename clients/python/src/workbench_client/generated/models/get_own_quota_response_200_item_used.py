from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="GetOwnQuotaResponse200ItemUsed")


@_attrs_define
class GetOwnQuotaResponse200ItemUsed:
    """What the workbenches of the user hold, and have cost in this month.

    Attributes:
        workbenches (int):
        hosts (int):
        running (int):
        cpu (int):
        memory (int):
        gpus (int):
        usd_per_month (float):
    """

    workbenches: int
    hosts: int
    running: int
    cpu: int
    memory: int
    gpus: int
    usd_per_month: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workbenches = self.workbenches

        hosts = self.hosts

        running = self.running

        cpu = self.cpu

        memory = self.memory

        gpus = self.gpus

        usd_per_month = self.usd_per_month

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "workbenches": workbenches,
                "hosts": hosts,
                "running": running,
                "cpu": cpu,
                "memory": memory,
                "gpus": gpus,
                "usd_per_month": usd_per_month,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        workbenches = d.pop("workbenches")

        hosts = d.pop("hosts")

        running = d.pop("running")

        cpu = d.pop("cpu")

        memory = d.pop("memory")

        gpus = d.pop("gpus")

        usd_per_month = d.pop("usd_per_month")

        get_own_quota_response_200_item_used = cls(
            workbenches=workbenches,
            hosts=hosts,
            running=running,
            cpu=cpu,
            memory=memory,
            gpus=gpus,
            usd_per_month=usd_per_month,
        )

        get_own_quota_response_200_item_used.additional_properties = d
        return get_own_quota_response_200_item_used

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
