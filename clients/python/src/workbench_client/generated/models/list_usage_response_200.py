from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.list_usage_response_200_days_item import ListUsageResponse200DaysItem
    from ..models.list_usage_response_200_items_item import (
        ListUsageResponse200ItemsItem,
    )
    from ..models.list_usage_response_200_total import ListUsageResponse200Total
    from ..models.list_usage_response_200_users_item import (
        ListUsageResponse200UsersItem,
    )


T = TypeVar("T", bound="ListUsageResponse200")


@_attrs_define
class ListUsageResponse200:
    """
    Attributes:
        success (bool):
        month (str): `YYYY-MM`, UTC.
        items (list[ListUsageResponse200ItemsItem]):
        days (list[ListUsageResponse200DaysItem]): The sums of this page by day, without days that have none. Months
            before days were counted have none.
        total (ListUsageResponse200Total): The sum of this page.
        currency (Literal['USD']):
        basis (str): Which prices were used, for example `list prices of 2026-07, not the bill`.
        users (list[ListUsageResponse200UsersItem] | Unset): With `group` or `all`: the sum of each user on this page.
            The rest of the last user may be on the next page.
        next_cursor (str | Unset): Send it as `cursor` to get the next page. Absent on the last page.
    """

    success: bool
    month: str
    items: list[ListUsageResponse200ItemsItem]
    days: list[ListUsageResponse200DaysItem]
    total: ListUsageResponse200Total
    currency: Literal["USD"]
    basis: str
    users: list[ListUsageResponse200UsersItem] | Unset = UNSET
    next_cursor: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        month = self.month

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        days = []
        for days_item_data in self.days:
            days_item = days_item_data.to_dict()
            days.append(days_item)

        total = self.total.to_dict()

        currency = self.currency

        basis = self.basis

        users: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.users, Unset):
            users = []
            for users_item_data in self.users:
                users_item = users_item_data.to_dict()
                users.append(users_item)

        next_cursor = self.next_cursor

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "month": month,
                "items": items,
                "days": days,
                "total": total,
                "currency": currency,
                "basis": basis,
            }
        )
        if users is not UNSET:
            field_dict["users"] = users
        if next_cursor is not UNSET:
            field_dict["next_cursor"] = next_cursor

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.list_usage_response_200_days_item import (
            ListUsageResponse200DaysItem,
        )
        from ..models.list_usage_response_200_items_item import (
            ListUsageResponse200ItemsItem,
        )
        from ..models.list_usage_response_200_total import ListUsageResponse200Total
        from ..models.list_usage_response_200_users_item import (
            ListUsageResponse200UsersItem,
        )

        d = dict(src_dict)
        success = d.pop("success")

        month = d.pop("month")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = ListUsageResponse200ItemsItem.from_dict(items_item_data)

            items.append(items_item)

        days = []
        _days = d.pop("days")
        for days_item_data in _days:
            days_item = ListUsageResponse200DaysItem.from_dict(days_item_data)

            days.append(days_item)

        total = ListUsageResponse200Total.from_dict(d.pop("total"))

        currency = cast(Literal["USD"], d.pop("currency"))
        if currency != "USD":
            raise ValueError(f"currency must match const 'USD', got '{currency}'")

        basis = d.pop("basis")

        _users = d.pop("users", UNSET)
        users: list[ListUsageResponse200UsersItem] | Unset = UNSET
        if _users is not UNSET:
            users = []
            for users_item_data in _users:
                users_item = ListUsageResponse200UsersItem.from_dict(users_item_data)

                users.append(users_item)

        next_cursor = d.pop("next_cursor", UNSET)

        list_usage_response_200 = cls(
            success=success,
            month=month,
            items=items,
            days=days,
            total=total,
            currency=currency,
            basis=basis,
            users=users,
            next_cursor=next_cursor,
        )

        list_usage_response_200.additional_properties = d
        return list_usage_response_200

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
