from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.error_error_code import ErrorErrorCode
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.error_error_fields import ErrorErrorFields
    from ..models.error_error_quota import ErrorErrorQuota


T = TypeVar("T", bound="ErrorError")


@_attrs_define
class ErrorError:
    """
    Attributes:
        code (ErrorErrorCode):
        message (str): For people: what is wrong, and what to do.
        reason (str | Unset): For programs: a more specific cause than the code.
        fields (ErrorErrorFields | Unset): Each invalid field, and what is expected of it.
        quota (ErrorErrorQuota | Unset): Of `quota_exceeded`: the figures.
    """

    code: ErrorErrorCode
    message: str
    reason: str | Unset = UNSET
    fields: ErrorErrorFields | Unset = UNSET
    quota: ErrorErrorQuota | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        message = self.message

        reason = self.reason

        fields: dict[str, Any] | Unset = UNSET
        if not isinstance(self.fields, Unset):
            fields = self.fields.to_dict()

        quota: dict[str, Any] | Unset = UNSET
        if not isinstance(self.quota, Unset):
            quota = self.quota.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "message": message,
            }
        )
        if reason is not UNSET:
            field_dict["reason"] = reason
        if fields is not UNSET:
            field_dict["fields"] = fields
        if quota is not UNSET:
            field_dict["quota"] = quota

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.error_error_fields import ErrorErrorFields
        from ..models.error_error_quota import ErrorErrorQuota

        d = dict(src_dict)
        code = ErrorErrorCode(d.pop("code"))

        message = d.pop("message")

        reason = d.pop("reason", UNSET)

        _fields = d.pop("fields", UNSET)
        fields: ErrorErrorFields | Unset
        if isinstance(_fields, Unset):
            fields = UNSET
        else:
            fields = ErrorErrorFields.from_dict(_fields)

        _quota = d.pop("quota", UNSET)
        quota: ErrorErrorQuota | Unset
        if isinstance(_quota, Unset):
            quota = UNSET
        else:
            quota = ErrorErrorQuota.from_dict(_quota)

        error_error = cls(
            code=code,
            message=message,
            reason=reason,
            fields=fields,
            quota=quota,
        )

        error_error.additional_properties = d
        return error_error

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
