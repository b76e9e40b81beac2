from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.gateway_error import GatewayError
from ...models.list_usage_by import ListUsageBy
from ...models.list_usage_format import ListUsageFormat
from ...models.list_usage_response_200 import ListUsageResponse200
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    user_id: str | Unset = UNSET,
    month: str | Unset = UNSET,
    format_: ListUsageFormat | Unset = UNSET,
    by: ListUsageBy | Unset = ListUsageBy.WORKBENCH,
    group: str | Unset = UNSET,
    all_: bool | Unset = False,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params["month"] = month

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_.value

    params["format"] = json_format_

    json_by: str | Unset = UNSET
    if not isinstance(by, Unset):
        json_by = by.value

    params["by"] = json_by

    params["group"] = group

    params["all"] = all_

    params["cursor"] = cursor

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/usage",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | GatewayError | ListUsageResponse200 | None:
    if response.status_code == 200:
        response_200 = ListUsageResponse200.from_dict(response.json())

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
) -> Response[Error | GatewayError | ListUsageResponse200]:
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
    month: str | Unset = UNSET,
    format_: ListUsageFormat | Unset = UNSET,
    by: ListUsageBy | Unset = ListUsageBy.WORKBENCH,
    group: str | Unset = UNSET,
    all_: bool | Unset = False,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[Error | GatewayError | ListUsageResponse200]:
    """Lists what workbenches have cost in a month: of a user, of a group or of all users.

     Workbenches that were deleted or given to another user in the month are included, each with the part
    of this user; a workbench that cost nothing and did not run is not. Months are kept for 15 months.
    With `group` or `all=true` it lists the users who have created or started a workbench, each newest
    workbench first; `limit` then counts users, at most 25, and `user_id` is not used. A page may have
    fewer items than `limit`, or none, although there is a `next_cursor`. As CSV the cursor is in the
    header `X-Next-Cursor`, and a text that a spreadsheet could read as a formula begins with an
    apostrophe.

    Args:
        user_id (str | Unset):
        month (str | Unset):
        format_ (ListUsageFormat | Unset):
        by (ListUsageBy | Unset):  Default: ListUsageBy.WORKBENCH.
        group (str | Unset):
        all_ (bool | Unset):  Default: False.
        cursor (str | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GatewayError | GatewayError | ListUsageResponse200]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        month=month,
        format_=format_,
        by=by,
        group=group,
        all_=all_,
        cursor=cursor,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    month: str | Unset = UNSET,
    format_: ListUsageFormat | Unset = UNSET,
    by: ListUsageBy | Unset = ListUsageBy.WORKBENCH,
    group: str | Unset = UNSET,
    all_: bool | Unset = False,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Error | GatewayError | ListUsageResponse200 | None:
    """Lists what workbenches have cost in a month: of a user, of a group or of all users.

     Workbenches that were deleted or given to another user in the month are included, each with the part
    of this user; a workbench that cost nothing and did not run is not. Months are kept for 15 months.
    With `group` or `all=true` it lists the users who have created or started a workbench, each newest
    workbench first; `limit` then counts users, at most 25, and `user_id` is not used. A page may have
    fewer items than `limit`, or none, although there is a `next_cursor`. As CSV the cursor is in the
    header `X-Next-Cursor`, and a text that a spreadsheet could read as a formula begins with an
    apostrophe.

    Args:
        user_id (str | Unset):
        month (str | Unset):
        format_ (ListUsageFormat | Unset):
        by (ListUsageBy | Unset):  Default: ListUsageBy.WORKBENCH.
        group (str | Unset):
        all_ (bool | Unset):  Default: False.
        cursor (str | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GatewayError | GatewayError | ListUsageResponse200
    """

    return sync_detailed(
        client=client,
        user_id=user_id,
        month=month,
        format_=format_,
        by=by,
        group=group,
        all_=all_,
        cursor=cursor,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    month: str | Unset = UNSET,
    format_: ListUsageFormat | Unset = UNSET,
    by: ListUsageBy | Unset = ListUsageBy.WORKBENCH,
    group: str | Unset = UNSET,
    all_: bool | Unset = False,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[Error | GatewayError | ListUsageResponse200]:
    """Lists what workbenches have cost in a month: of a user, of a group or of all users.

     Workbenches that were deleted or given to another user in the month are included, each with the part
    of this user; a workbench that cost nothing and did not run is not. Months are kept for 15 months.
    With `group` or `all=true` it lists the users who have created or started a workbench, each newest
    workbench first; `limit` then counts users, at most 25, and `user_id` is not used. A page may have
    fewer items than `limit`, or none, although there is a `next_cursor`. As CSV the cursor is in the
    header `X-Next-Cursor`, and a text that a spreadsheet could read as a formula begins with an
    apostrophe.

    Args:
        user_id (str | Unset):
        month (str | Unset):
        format_ (ListUsageFormat | Unset):
        by (ListUsageBy | Unset):  Default: ListUsageBy.WORKBENCH.
        group (str | Unset):
        all_ (bool | Unset):  Default: False.
        cursor (str | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GatewayError | GatewayError | ListUsageResponse200]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        month=month,
        format_=format_,
        by=by,
        group=group,
        all_=all_,
        cursor=cursor,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    month: str | Unset = UNSET,
    format_: ListUsageFormat | Unset = UNSET,
    by: ListUsageBy | Unset = ListUsageBy.WORKBENCH,
    group: str | Unset = UNSET,
    all_: bool | Unset = False,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Error | GatewayError | ListUsageResponse200 | None:
    """Lists what workbenches have cost in a month: of a user, of a group or of all users.

     Workbenches that were deleted or given to another user in the month are included, each with the part
    of this user; a workbench that cost nothing and did not run is not. Months are kept for 15 months.
    With `group` or `all=true` it lists the users who have created or started a workbench, each newest
    workbench first; `limit` then counts users, at most 25, and `user_id` is not used. A page may have
    fewer items than `limit`, or none, although there is a `next_cursor`. As CSV the cursor is in the
    header `X-Next-Cursor`, and a text that a spreadsheet could read as a formula begins with an
    apostrophe.

    Args:
        user_id (str | Unset):
        month (str | Unset):
        format_ (ListUsageFormat | Unset):
        by (ListUsageBy | Unset):  Default: ListUsageBy.WORKBENCH.
        group (str | Unset):
        all_ (bool | Unset):  Default: False.
        cursor (str | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GatewayError | GatewayError | ListUsageResponse200
    """

    return (
        await asyncio_detailed(
            client=client,
            user_id=user_id,
            month=month,
            format_=format_,
            by=by,
            group=group,
            all_=all_,
            cursor=cursor,
            limit=limit,
        )
    ).parsed
