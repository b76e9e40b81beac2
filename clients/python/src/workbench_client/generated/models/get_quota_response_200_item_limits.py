from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="GetQuotaResponse200ItemLimits")


@_attrs_define
class GetQuotaResponse200ItemLimits:
    """The limits of the scope. Absent: that of the next scope applies.

    Attributes:
        workbenches (int | None | Unset):
        hosts (int | None | Unset):
        running (int | None | Unset):
        cpu (int | None | Unset):
        memory (int | None | Unset):
        gpus (int | None | Unset):
        usd_per_month (int | None | Unset):
    """

    workbenches: int | None | Unset = UNSET
    hosts: int | None | Unset = UNSET
    running: int | None | Unset = UNSET
    cpu: int | None | Unset = UNSET
    memory: int | None | Unset = UNSET
    gpus: int | None | Unset = UNSET
    usd_per_month: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workbenches: int | None | Unset
        if isinstance(self.workbenches, Unset):
            workbenches = UNSET
        else:
            workbenches = self.workbenches

        hosts: int | None | Unset
        if isinstance(self.hosts, Unset):
            hosts = UNSET
        else:
            hosts = self.hosts

        running: int | None | Unset
        if isinstance(self.running, Unset):
            running = UNSET
        else:
            running = self.running

        cpu: int | None | Unset
        if isinstance(self.cpu, Unset):
            cpu = UNSET
        else:
            cpu = self.cpu

        memory: int | None | Unset
        if isinstance(self.memory, Unset):
            memory = UNSET
        else:
            memory = self.memory

        gpus: int | None | Unset
        if isinstance(self.gpus, Unset):
            gpus = UNSET
        else:
            gpus = self.gpus

        usd_per_month: int | None | Unset
        if isinstance(self.usd_per_month, Unset):
            usd_per_month = UNSET
        else:
            usd_per_month = self.usd_per_month

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if workbenches is not UNSET:
            field_dict["workbenches"] = workbenches
        if hosts is not UNSET:
            field_dict["hosts"] = hosts
        if running is not UNSET:
            field_dict["running"] = running
        if cpu is not UNSET:
            field_dict["cpu"] = cpu
        if memory is not UNSET:
            field_dict["memory"] = memory
        if gpus is not UNSET:
            field_dict["gpus"] = gpus
        if usd_per_month is not UNSET:
            field_dict["usd_per_month"] = usd_per_month

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_workbenches(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        workbenches = _parse_workbenches(d.pop("workbenches", UNSET))

        def _parse_hosts(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        hosts = _parse_hosts(d.pop("hosts", UNSET))

        def _parse_running(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        running = _parse_running(d.pop("running", UNSET))

        def _parse_cpu(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        cpu = _parse_cpu(d.pop("cpu", UNSET))

        def _parse_memory(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        memory = _parse_memory(d.pop("memory", UNSET))

        def _parse_gpus(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        gpus = _parse_gpus(d.pop("gpus", UNSET))

        def _parse_usd_per_month(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        usd_per_month = _parse_usd_per_month(d.pop("usd_per_month", UNSET))

        get_quota_response_200_item_limits = cls(
            workbenches=workbenches,
            hosts=hosts,
            running=running,
            cpu=cpu,
            memory=memory,
            gpus=gpus,
            usd_per_month=usd_per_month,
        )

        get_quota_response_200_item_limits.additional_properties = d
        return get_quota_response_200_item_limits

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
