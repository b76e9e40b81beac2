from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_audit_response_200_items_item_subject_kind import (
    ListAuditResponse200ItemsItemSubjectKind,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="ListAuditResponse200ItemsItemSubject")


@_attrs_define
class ListAuditResponse200ItemsItemSubject:
    """What the act concerns besides a workbench, such as the user or group of a share.

    Attributes:
        kind (ListAuditResponse200ItemsItemSubjectKind):
        id (str | Unset):
    """

    kind: ListAuditResponse200ItemsItemSubjectKind
    id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        id = self.id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
            }
        )
        if id is not UNSET:
            field_dict["id"] = id

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kind = ListAuditResponse200ItemsItemSubjectKind(d.pop("kind"))

        id = d.pop("id", UNSET)

        list_audit_response_200_items_item_subject = cls(
            kind=kind,
            id=id,
        )

        list_audit_response_200_items_item_subject.additional_properties = d
        return list_audit_response_200_items_item_subject

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
