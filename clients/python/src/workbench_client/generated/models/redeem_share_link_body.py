from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="RedeemShareLinkBody")


@_attrs_define
class RedeemShareLinkBody:
    """
    Attributes:
        code (str): What follows the `#` in the address of the link.
    """

    code: str

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = d.pop("code")

        redeem_share_link_body = cls(
            code=code,
        )

        return redeem_share_link_body
