from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="OpenWorkbenchBody")


@_attrs_define
class OpenWorkbenchBody:
    """
    Attributes:
        path (str | Unset): The page of the workbench that opens: path and query. The default is `/`.
    """

    path: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        path = self.path

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if path is not UNSET:
            field_dict["path"] = path

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        path = d.pop("path", UNSET)

        open_workbench_body = cls(
            path=path,
        )

        return open_workbench_body
