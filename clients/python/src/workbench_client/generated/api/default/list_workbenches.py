from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.gateway_error import GatewayError
from ...models.list_workbenches_response_200 import ListWorkbenchesResponse200
from ...models.list_workbenches_status import ListWorkbenchesStatus
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    user_id: str | Unset = UNSET,
    shared: bool | Unset = False,
    deleted: bool | Unset = False,
    status: ListWorkbenchesStatus | Unset = UNSET,
    name: str | Unset = UNSET,
    q: str | Unset = UNSET,
    label: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params["shared"] = shared

    params["deleted"] = deleted

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status.value

    params["status"] = json_status

    params["name"] = name

    params["q"] = q

    params["label"] = label

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/workbenches",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | GatewayError | ListWorkbenchesResponse200 | None:
    if response.status_code == 200:
        response_200 = ListWorkbenchesResponse200.from_dict(response.json())

        return response_200

    if response.status_code == 400:

        def _parse_response_400(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_400_type_0 = Error.from_dict(data)

                return response_400_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_400_type_1 = GatewayError.from_dict(data)

            return response_400_type_1

        response_400 = _parse_response_400(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = GatewayError.from_dict(response.json())

        return response_401

    if response.status_code == 403:

        def _parse_response_403(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_403_type_0 = Error.from_dict(data)

                return response_403_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_403_type_1 = GatewayError.from_dict(data)

            return response_403_type_1

        response_403 = _parse_response_403(response.json())

        return response_403

    if response.status_code == 429:

        def _parse_response_429(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_429_type_0 = Error.from_dict(data)

                return response_429_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_429_type_1 = GatewayError.from_dict(data)

            return response_429_type_1

        response_429 = _parse_response_429(response.json())

        return response_429

    if response.status_code == 500:

        def _parse_response_500(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_500_type_0 = Error.from_dict(data)

                return response_500_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_500_type_1 = GatewayError.from_dict(data)

            return response_500_type_1

        response_500 = _parse_response_500(response.json())

        return response_500

    if response.status_code == 503:

        def _parse_response_503(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_503_type_0 = Error.from_dict(data)

                return response_503_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_503_type_1 = GatewayError.from_dict(data)

            return response_503_type_1

        response_503 = _parse_response_503(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | GatewayError | ListWorkbenchesResponse200]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    shared: bool | Unset = False,
    deleted: bool | Unset = False,
    status: ListWorkbenchesStatus | Unset = UNSET,
    name: str | Unset = UNSET,
    q: str | Unset = UNSET,
    label: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Response[Error | GatewayError | ListWorkbenchesResponse200]:
    """Lists the workbenches of a user, newest first.

     Strongly consistent: a workbench is listed as soon as its creation was confirmed. With
    `deleted=true` it lists those that were deleted and can be restored. With `shared=true` it lists the
    workbenches of others that are shared with the user, with a `role` each: a new share may be missing
    for a second, and a page may have fewer items than `limit` although another one follows. So may
    every page of a list with `status`, `name`, `q` or `label`, also none at all: one request reads at
    most 500 workbenches (200 shared ones) to find those that match. Follow `next_cursor` with the same
    filters.

    Args:
        user_id (str | Unset):
        shared (bool | Unset):  Default: False.
        deleted (bool | Unset):  Default: False.
        status (ListWorkbenchesStatus | Unset):
        name (str | Unset):
        q (str | Unset):
        label (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GatewayError | GatewayError | ListWorkbenchesResponse200]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        shared=shared,
        deleted=deleted,
        status=status,
        name=name,
        q=q,
        label=label,
        limit=limit,
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    shared: bool | Unset = False,
    deleted: bool | Unset = False,
    status: ListWorkbenchesStatus | Unset = UNSET,
    name: str | Unset = UNSET,
    q: str | Unset = UNSET,
    label: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Error | GatewayError | ListWorkbenchesResponse200 | None:
    """Lists the workbenches of a user, newest first.

     Strongly consistent: a workbench is listed as soon as its creation was confirmed. With
    `deleted=true` it lists those that were deleted and can be restored. With `shared=true` it lists the
    workbenches of others that are shared with the user, with a `role` each: a new share may be missing
    for a second, and a page may have fewer items than `limit` although another one follows. So may
    every page of a list with `status`, `name`, `q` or `label`, also none at all: one request reads at
    most 500 workbenches (200 shared ones) to find those that match. Follow `next_cursor` with the same
    filters.

    Args:
        user_id (str | Unset):
        shared (bool | Unset):  Default: False.
        deleted (bool | Unset):  Default: False.
        status (ListWorkbenchesStatus | Unset):
        name (str | Unset):
        q (str | Unset):
        label (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GatewayError | GatewayError | ListWorkbenchesResponse200
    """

    return sync_detailed(
        client=client,
        user_id=user_id,
        shared=shared,
        deleted=deleted,
        status=status,
        name=name,
        q=q,
        label=label,
        limit=limit,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    shared: bool | Unset = False,
    deleted: bool | Unset = False,
    status: ListWorkbenchesStatus | Unset = UNSET,
    name: str | Unset = UNSET,
    q: str | Unset = UNSET,
    label: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Response[Error | GatewayError | ListWorkbenchesResponse200]:
    """Lists the workbenches of a user, newest first.

     Strongly consistent: a workbench is listed as soon as its creation was confirmed. With
    `deleted=true` it lists those that were deleted and can be restored. With `shared=true` it lists the
    workbenches of others that are shared with the user, with a `role` each: a new share may be missing
    for a second, and a page may have fewer items than `limit` although another one follows. So may
    every page of a list with `status`, `name`, `q` or `label`, also none at all: one request reads at
    most 500 workbenches (200 shared ones) to find those that match. Follow `next_cursor` with the same
    filters.

    Args:
        user_id (str | Unset):
        shared (bool | Unset):  Default: False.
        deleted (bool | Unset):  Default: False.
        status (ListWorkbenchesStatus | Unset):
        name (str | Unset):
        q (str | Unset):
        label (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GatewayError | GatewayError | ListWorkbenchesResponse200]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        shared=shared,
        deleted=deleted,
        status=status,
        name=name,
        q=q,
        label=label,
        limit=limit,
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    shared: bool | Unset = False,
    deleted: bool | Unset = False,
    status: ListWorkbenchesStatus | Unset = UNSET,
    name: str | Unset = UNSET,
    q: str | Unset = UNSET,
    label: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Error | GatewayError | ListWorkbenchesResponse200 | None:
    """Lists the workbenches of a user, newest first.

     Strongly consistent: a workbench is listed as soon as its creation was confirmed. With
    `deleted=true` it lists those that were deleted and can be restored. With `shared=true` it lists the
    workbenches of others that are shared with the user, with a `role` each: a new share may be missing
    for a second, and a page may have fewer items than `limit` although another one follows. So may
    every page of a list with `status`, `name`, `q` or `label`, also none at all: one request reads at
    most 500 workbenches (200 shared ones) to find those that match. Follow `next_cursor` with the same
    filters.

    Args:
        user_id (str | Unset):
        shared (bool | Unset):  Default: False.
        deleted (bool | Unset):  Default: False.
        status (ListWorkbenchesStatus | Unset):
        name (str | Unset):
        q (str | Unset):
        label (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GatewayError | GatewayError | ListWorkbenchesResponse200
    """

    return (
        await asyncio_detailed(
            client=client,
            user_id=user_id,
            shared=shared,
            deleted=deleted,
            status=status,
            name=name,
            q=q,
            label=label,
            limit=limit,
            cursor=cursor,
        )
    ).parsed
