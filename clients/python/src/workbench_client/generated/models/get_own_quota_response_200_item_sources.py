from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="GetOwnQuotaResponse200ItemSources")


@_attrs_define
class GetOwnQuotaResponse200ItemSources:
    """The scope that sets each limit. Absent where none sets it.

    Attributes:
        workbenches (str | Unset): `installation`, `group:<name>` or `user:<user id>`.
        hosts (str | Unset): `installation`, `group:<name>` or `user:<user id>`.
        running (str | Unset): `installation`, `group:<name>` or `user:<user id>`.
        cpu (str | Unset): `installation`, `group:<name>` or `user:<user id>`.
        memory (str | Unset): `installation`, `group:<name>` or `user:<user id>`.
        gpus (str | Unset): `installation`, `group:<name>` or `user:<user id>`.
        usd_per_month (str | Unset): `installation`, `group:<name>` or `user:<user id>`.
    """

    workbenches: str | Unset = UNSET
    hosts: str | Unset = UNSET
    running: str | Unset = UNSET
    cpu: str | Unset = UNSET
    memory: str | Unset = UNSET
    gpus: str | Unset = UNSET
    usd_per_month: str | Unset = UNSET
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
        workbenches = d.pop("workbenches", UNSET)

        hosts = d.pop("hosts", UNSET)

        running = d.pop("running", UNSET)

        cpu = d.pop("cpu", UNSET)

        memory = d.pop("memory", UNSET)

        gpus = d.pop("gpus", UNSET)

        usd_per_month = d.pop("usd_per_month", UNSET)

        get_own_quota_response_200_item_sources = cls(
            workbenches=workbenches,
            hosts=hosts,
            running=running,
            cpu=cpu,
            memory=memory,
            gpus=gpus,
            usd_per_month=usd_per_month,
        )

        get_own_quota_response_200_item_sources.additional_properties = d
        return get_own_quota_response_200_item_sources

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
