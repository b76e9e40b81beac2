from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_machines_response_200_items_item_state import (
    ListMachinesResponse200ItemsItemState,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.list_machines_response_200_items_item_agent import (
        ListMachinesResponse200ItemsItemAgent,
    )
    from ..models.list_machines_response_200_items_item_capacity import (
        ListMachinesResponse200ItemsItemCapacity,
    )
    from ..models.list_machines_response_200_items_item_draining import (
        ListMachinesResponse200ItemsItemDraining,
    )
    from ..models.list_machines_response_200_items_item_free import (
        ListMachinesResponse200ItemsItemFree,
    )
    from ..models.list_machines_response_200_items_item_workbenches_item import (
        ListMachinesResponse200ItemsItemWorkbenchesItem,
    )


T = TypeVar("T", bound="ListMachinesResponse200ItemsItem")


@_attrs_define
class ListMachinesResponse200ItemsItem:
    """
    Attributes:
        machine_id (str): The id of the EC2 instance; in local mode `local`.
        state (ListMachinesResponse200ItemsItemState): `starting`: it has not registered yet. `active`: it takes
            workbenches. `draining`: it takes no new workbench. `stopped`: a host whose workbench is stopped. `failed`: ECS
            could not complete its registration; terminate it.
        workbenches (list[ListMachinesResponse200ItemsItemWorkbenchesItem]):
        provider (str | Unset): The capacity provider that launched it, or `dedicated` for the host of one workbench.
            Absent if no capacity provider launched it.
        instance_type (str | Unset):
        agent (ListMachinesResponse200ItemsItemAgent | Unset): The ECS agent. Absent in local mode.
        draining (ListMachinesResponse200ItemsItemDraining | Unset): An operator empties it. Absent if AWS drains it,
            for example to replace it.
        registered_at (datetime.datetime | Unset): When it registered with the cluster; in local mode when the server
            started.
        capacity (ListMachinesResponse200ItemsItemCapacity | Unset): What it offers to tasks. Absent until it has
            registered.
        free (ListMachinesResponse200ItemsItemFree | Unset): What no task uses. In local mode workbenches share CPU and
            GPUs, and the memory is what the system reports as available.
    """

    machine_id: str
    state: ListMachinesResponse200ItemsItemState
    workbenches: list[ListMachinesResponse200ItemsItemWorkbenchesItem]
    provider: str | Unset = UNSET
    instance_type: str | Unset = UNSET
    agent: ListMachinesResponse200ItemsItemAgent | Unset = UNSET
    draining: ListMachinesResponse200ItemsItemDraining | Unset = UNSET
    registered_at: datetime.datetime | Unset = UNSET
    capacity: ListMachinesResponse200ItemsItemCapacity | Unset = UNSET
    free: ListMachinesResponse200ItemsItemFree | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        machine_id = self.machine_id

        state = self.state.value

        workbenches = []
        for workbenches_item_data in self.workbenches:
            workbenches_item = workbenches_item_data.to_dict()
            workbenches.append(workbenches_item)

        provider = self.provider

        instance_type = self.instance_type

        agent: dict[str, Any] | Unset = UNSET
        if not isinstance(self.agent, Unset):
            agent = self.agent.to_dict()

        draining: dict[str, Any] | Unset = UNSET
        if not isinstance(self.draining, Unset):
            draining = self.draining.to_dict()

        registered_at: str | Unset = UNSET
        if not isinstance(self.registered_at, Unset):
            registered_at = self.registered_at.isoformat()

        capacity: dict[str, Any] | Unset = UNSET
        if not isinstance(self.capacity, Unset):
            capacity = self.capacity.to_dict()

        free: dict[str, Any] | Unset = UNSET
        if not isinstance(self.free, Unset):
            free = self.free.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "machine_id": machine_id,
                "state": state,
                "workbenches": workbenches,
            }
        )
        if provider is not UNSET:
            field_dict["provider"] = provider
        if instance_type is not UNSET:
            field_dict["instance_type"] = instance_type
        if agent is not UNSET:
            field_dict["agent"] = agent
        if draining is not UNSET:
            field_dict["draining"] = draining
        if registered_at is not UNSET:
            field_dict["registered_at"] = registered_at
        if capacity is not UNSET:
            field_dict["capacity"] = capacity
        if free is not UNSET:
            field_dict["free"] = free

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.list_machines_response_200_items_item_agent import (
            ListMachinesResponse200ItemsItemAgent,
        )
        from ..models.list_machines_response_200_items_item_capacity import (
            ListMachinesResponse200ItemsItemCapacity,
        )
        from ..models.list_machines_response_200_items_item_draining import (
            ListMachinesResponse200ItemsItemDraining,
        )
        from ..models.list_machines_response_200_items_item_free import (
            ListMachinesResponse200ItemsItemFree,
        )
        from ..models.list_machines_response_200_items_item_workbenches_item import (
            ListMachinesResponse200ItemsItemWorkbenchesItem,
        )

        d = dict(src_dict)
        machine_id = d.pop("machine_id")

        state = ListMachinesResponse200ItemsItemState(d.pop("state"))

        workbenches = []
        _workbenches = d.pop("workbenches")
        for workbenches_item_data in _workbenches:
            workbenches_item = (
                ListMachinesResponse200ItemsItemWorkbenchesItem.from_dict(
                    workbenches_item_data
                )
            )

            workbenches.append(workbenches_item)

        provider = d.pop("provider", UNSET)

        instance_type = d.pop("instance_type", UNSET)

        _agent = d.pop("agent", UNSET)
        agent: ListMachinesResponse200ItemsItemAgent | Unset
        if isinstance(_agent, Unset):
            agent = UNSET
        else:
            agent = ListMachinesResponse200ItemsItemAgent.from_dict(_agent)

        _draining = d.pop("draining", UNSET)
        draining: ListMachinesResponse200ItemsItemDraining | Unset
        if isinstance(_draining, Unset):
            draining = UNSET
        else:
            draining = ListMachinesResponse200ItemsItemDraining.from_dict(_draining)

        _registered_at = d.pop("registered_at", UNSET)
        registered_at: datetime.datetime | Unset
        if isinstance(_registered_at, Unset):
            registered_at = UNSET
        else:
            registered_at = datetime.datetime.fromisoformat(_registered_at)

        _capacity = d.pop("capacity", UNSET)
        capacity: ListMachinesResponse200ItemsItemCapacity | Unset
        if isinstance(_capacity, Unset):
            capacity = UNSET
        else:
            capacity = ListMachinesResponse200ItemsItemCapacity.from_dict(_capacity)

        _free = d.pop("free", UNSET)
        free: ListMachinesResponse200ItemsItemFree | Unset
        if isinstance(_free, Unset):
            free = UNSET
        else:
            free = ListMachinesResponse200ItemsItemFree.from_dict(_free)

        list_machines_response_200_items_item = cls(
            machine_id=machine_id,
            state=state,
            workbenches=workbenches,
            provider=provider,
            instance_type=instance_type,
            agent=agent,
            draining=draining,
            registered_at=registered_at,
            capacity=capacity,
            free=free,
        )

        list_machines_response_200_items_item.additional_properties = d
        return list_machines_response_200_items_item

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
