from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.create_workbench_response_200_type_1_item_estimate import (
        CreateWorkbenchResponse200Type1ItemEstimate,
    )
    from ..models.create_workbench_response_200_type_1_item_quota import (
        CreateWorkbenchResponse200Type1ItemQuota,
    )


T = TypeVar("T", bound="CreateWorkbenchResponse200Type1Item")


@_attrs_define
class CreateWorkbenchResponse200Type1Item:
    """
    Attributes:
        quota (CreateWorkbenchResponse200Type1ItemQuota):
        estimate (CreateWorkbenchResponse200Type1ItemEstimate):
    """

    quota: CreateWorkbenchResponse200Type1ItemQuota
    estimate: CreateWorkbenchResponse200Type1ItemEstimate
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        quota = self.quota.to_dict()

        estimate = self.estimate.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "quota": quota,
                "estimate": estimate,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.create_workbench_response_200_type_1_item_estimate import (
            CreateWorkbenchResponse200Type1ItemEstimate,
        )
        from ..models.create_workbench_response_200_type_1_item_quota import (
            CreateWorkbenchResponse200Type1ItemQuota,
        )

        d = dict(src_dict)
        quota = CreateWorkbenchResponse200Type1ItemQuota.from_dict(d.pop("quota"))

        estimate = CreateWorkbenchResponse200Type1ItemEstimate.from_dict(
            d.pop("estimate")
        )

        create_workbench_response_200_type_1_item = cls(
            quota=quota,
            estimate=estimate,
        )

        create_workbench_response_200_type_1_item.additional_properties = d
        return create_workbench_response_200_type_1_item

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
