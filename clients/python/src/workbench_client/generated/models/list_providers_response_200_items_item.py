from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_providers_response_200_items_item_kind import (
    ListProvidersResponse200ItemsItemKind,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.list_providers_response_200_items_item_capacity import (
        ListProvidersResponse200ItemsItemCapacity,
    )
    from ..models.list_providers_response_200_items_item_default_workbench import (
        ListProvidersResponse200ItemsItemDefaultWorkbench,
    )
    from ..models.list_providers_response_200_items_item_free import (
        ListProvidersResponse200ItemsItemFree,
    )


T = TypeVar("T", bound="ListProvidersResponse200ItemsItem")


@_attrs_define
class ListProvidersResponse200ItemsItem:
    """
    Attributes:
        name (str): The name of the capacity provider, or of the instance type of hosts.
        kind (ListProvidersResponse200ItemsItemKind): `shared`: a capacity provider, whose instances hold several
            workbenches. `dedicated`: an instance type, for `allocated_instance_type`.
        capacity (ListProvidersResponse200ItemsItemCapacity): What one new instance offers to tasks.
        price_usd_per_hour (float | Unset): Price of one instance, USD per hour. Absent if the settings do not state it.
        default_workbench (ListProvidersResponse200ItemsItemDefaultWorkbench | Unset): A workbench of the default size.
            Absent if an instance cannot hold it, or without a price.
        free (ListProvidersResponse200ItemsItemFree | Unset): The sums over the running instances of a capacity
            provider, as they have reported them.
    """

    name: str
    kind: ListProvidersResponse200ItemsItemKind
    capacity: ListProvidersResponse200ItemsItemCapacity
    price_usd_per_hour: float | Unset = UNSET
    default_workbench: ListProvidersResponse200ItemsItemDefaultWorkbench | Unset = UNSET
    free: ListProvidersResponse200ItemsItemFree | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        kind = self.kind.value

        capacity = self.capacity.to_dict()

        price_usd_per_hour = self.price_usd_per_hour

        default_workbench: dict[str, Any] | Unset = UNSET
        if not isinstance(self.default_workbench, Unset):
            default_workbench = self.default_workbench.to_dict()

        free: dict[str, Any] | Unset = UNSET
        if not isinstance(self.free, Unset):
            free = self.free.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "kind": kind,
                "capacity": capacity,
            }
        )
        if price_usd_per_hour is not UNSET:
            field_dict["price_usd_per_hour"] = price_usd_per_hour
        if default_workbench is not UNSET:
            field_dict["default_workbench"] = default_workbench
        if free is not UNSET:
            field_dict["free"] = free

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.list_providers_response_200_items_item_capacity import (
            ListProvidersResponse200ItemsItemCapacity,
        )
        from ..models.list_providers_response_200_items_item_default_workbench import (
            ListProvidersResponse200ItemsItemDefaultWorkbench,
        )
        from ..models.list_providers_response_200_items_item_free import (
            ListProvidersResponse200ItemsItemFree,
        )

        d = dict(src_dict)
        name = d.pop("name")

        kind = ListProvidersResponse200ItemsItemKind(d.pop("kind"))

        capacity = ListProvidersResponse200ItemsItemCapacity.from_dict(
            d.pop("capacity")
        )

        price_usd_per_hour = d.pop("price_usd_per_hour", UNSET)

        _default_workbench = d.pop("default_workbench", UNSET)
        default_workbench: ListProvidersResponse200ItemsItemDefaultWorkbench | Unset
        if isinstance(_default_workbench, Unset):
            default_workbench = UNSET
        else:
            default_workbench = (
                ListProvidersResponse200ItemsItemDefaultWorkbench.from_dict(
                    _default_workbench
                )
            )

        _free = d.pop("free", UNSET)
        free: ListProvidersResponse200ItemsItemFree | Unset
        if isinstance(_free, Unset):
            free = UNSET
        else:
            free = ListProvidersResponse200ItemsItemFree.from_dict(_free)

        list_providers_response_200_items_item = cls(
            name=name,
            kind=kind,
            capacity=capacity,
            price_usd_per_hour=price_usd_per_hour,
            default_workbench=default_workbench,
            free=free,
        )

        list_providers_response_200_items_item.additional_properties = d
        return list_providers_response_200_items_item

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
