from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ListMachinesResponse200ItemsItemAgent")


@_attrs_define
class ListMachinesResponse200ItemsItemAgent:
    """The ECS agent. Absent in local mode.

    Attributes:
        connected (bool):
        outdated (bool): Its version is below 1.106.1: deploy, then replace the instance.
        version (str | Unset):
    """

    connected: bool
    outdated: bool
    version: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        connected = self.connected

        outdated = self.outdated

        version = self.version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "connected": connected,
                "outdated": outdated,
            }
        )
        if version is not UNSET:
            field_dict["version"] = version

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        connected = d.pop("connected")

        outdated = d.pop("outdated")

        version = d.pop("version", UNSET)

        list_machines_response_200_items_item_agent = cls(
            connected=connected,
            outdated=outdated,
            version=version,
        )

        list_machines_response_200_items_item_agent.additional_properties = d
        return list_machines_response_200_items_item_agent

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
