from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="GetOwnQuotaResponse200ItemLimits")


@_attrs_define
class GetOwnQuotaResponse200ItemLimits:
    """The limits in force. `null`: no limit.

    Attributes:
        workbenches (int | None):
        hosts (int | None):
        running (int | None):
        cpu (int | None):
        memory (int | None):
        gpus (int | None):
        usd_per_month (int | None):
    """

    workbenches: int | None
    hosts: int | None
    running: int | None
    cpu: int | None
    memory: int | None
    gpus: int | None
    usd_per_month: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workbenches: int | None
        workbenches = self.workbenches

        hosts: int | None
        hosts = self.hosts

        running: int | None
        running = self.running

        cpu: int | None
        cpu = self.cpu

        memory: int | None
        memory = self.memory

        gpus: int | None
        gpus = self.gpus

        usd_per_month: int | None
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

        def _parse_workbenches(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        workbenches = _parse_workbenches(d.pop("workbenches"))

        def _parse_hosts(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        hosts = _parse_hosts(d.pop("hosts"))

        def _parse_running(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        running = _parse_running(d.pop("running"))

        def _parse_cpu(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        cpu = _parse_cpu(d.pop("cpu"))

        def _parse_memory(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        memory = _parse_memory(d.pop("memory"))

        def _parse_gpus(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        gpus = _parse_gpus(d.pop("gpus"))

        def _parse_usd_per_month(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        usd_per_month = _parse_usd_per_month(d.pop("usd_per_month"))

        get_own_quota_response_200_item_limits = cls(
            workbenches=workbenches,
            hosts=hosts,
            running=running,
            cpu=cpu,
            memory=memory,
            gpus=gpus,
            usd_per_month=usd_per_month,
        )

        get_own_quota_response_200_item_limits.additional_properties = d
        return get_own_quota_response_200_item_limits

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
