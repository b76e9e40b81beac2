from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SetQuotaBody")


@_attrs_define
class SetQuotaBody:
    """
    Attributes:
        workbenches (int | None | Unset): Workbenches that exist, also those that are being deleted.
        hosts (int | None | Unset): Workbenches with a dedicated instance type, also while they are stopped.
        running (int | None | Unset): Workbenches that start, run or stop.
        cpu (int | None | Unset): CPU units of these (1 vCPU = 1024).
        memory (int | None | Unset): Memory of these, MiB.
        gpus (int | None | Unset): GPUs of these.
        usd_per_month (int | None | Unset): What the workbenches of the user cost in a month (UTC), in USD. Nothing
            starts when it is used up; running workbenches continue.
    """

    workbenches: int | None | Unset = UNSET
    hosts: int | None | Unset = UNSET
    running: int | None | Unset = UNSET
    cpu: int | None | Unset = UNSET
    memory: int | None | Unset = UNSET
    gpus: int | None | Unset = UNSET
    usd_per_month: int | None | Unset = UNSET

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

        set_quota_body = cls(
            workbenches=workbenches,
            hosts=hosts,
            running=running,
            cpu=cpu,
            memory=memory,
            gpus=gpus,
            usd_per_month=usd_per_month,
        )

        return set_quota_body
