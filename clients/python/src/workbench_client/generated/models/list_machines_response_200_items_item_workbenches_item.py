from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_machines_response_200_items_item_workbenches_item_status import (
    ListMachinesResponse200ItemsItemWorkbenchesItemStatus,
)

T = TypeVar("T", bound="ListMachinesResponse200ItemsItemWorkbenchesItem")


@_attrs_define
class ListMachinesResponse200ItemsItemWorkbenchesItem:
    """
    Attributes:
        workbench_id (str):
        user_id (str): The owner.
        workbench_name (str):
        status (ListMachinesResponse200ItemsItemWorkbenchesItemStatus):
    """

    workbench_id: str
    user_id: str
    workbench_name: str
    status: ListMachinesResponse200ItemsItemWorkbenchesItemStatus
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workbench_id = self.workbench_id

        user_id = self.user_id

        workbench_name = self.workbench_name

        status = self.status.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "workbench_id": workbench_id,
                "user_id": user_id,
                "workbench_name": workbench_name,
                "status": status,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        workbench_id = d.pop("workbench_id")

        user_id = d.pop("user_id")

        workbench_name = d.pop("workbench_name")

        status = ListMachinesResponse200ItemsItemWorkbenchesItemStatus(d.pop("status"))

        list_machines_response_200_items_item_workbenches_item = cls(
            workbench_id=workbench_id,
            user_id=user_id,
            workbench_name=workbench_name,
            status=status,
        )

        list_machines_response_200_items_item_workbenches_item.additional_properties = d
        return list_machines_response_200_items_item_workbenches_item

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
