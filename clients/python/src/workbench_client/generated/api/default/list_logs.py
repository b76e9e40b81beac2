from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.gateway_error import GatewayError
from ...models.list_logs_response_200 import ListLogsResponse200
from ...types import UNSET, Response, Unset


def _get_kwargs(
    wid: str,
    *,
    user_id: str | Unset = UNSET,
    limit: int | Unset = 1000,
    newest: bool | Unset = False,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params["limit"] = limit

    params["newest"] = newest

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/workbenches/{wid}/logs".format(
            wid=quote(str(wid), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | GatewayError | ListLogsResponse200 | None:
    if response.status_code == 200:
        response_200 = ListLogsResponse200.from_dict(response.json())

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

    if response.status_code == 404:
        response_404 = Error.from_dict(response.json())

        return response_404

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
) -> Response[Error | GatewayError | ListLogsResponse200]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    limit: int | Unset = 1000,
    newest: bool | Unset = False,
    cursor: str | Unset = UNSET,
) -> Response[Error | GatewayError | ListLogsResponse200]:
    """Returns what the programs of a workbench have printed in its current or last run.

     Not for the role `use`: output may contain secrets. To follow the output, repeat the request with
    `next_cursor` every few seconds until `complete`; a page without items means that there is none at
    present. A line is returned once its line break was written or the run has ended, on AWS some
    seconds later. Local mode keeps the last 8 MB of a run. On AWS CloudWatch Logs keeps it for
    `logs.workbenchRetentionDays`. If lines after the cursor are no longer kept, the page begins with
    the oldest that is.

    Args:
        wid (str):
        user_id (str | Unset):
        limit (int | Unset):  Default: 1000.
        newest (bool | Unset):  Default: False.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | Error | GatewayError | GatewayError | ListLogsResponse200]
    """

    kwargs = _get_kwargs(
        wid=wid,
        user_id=user_id,
        limit=limit,
        newest=newest,
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    limit: int | Unset = 1000,
    newest: bool | Unset = False,
    cursor: str | Unset = UNSET,
) -> Error | GatewayError | ListLogsResponse200 | None:
    """Returns what the programs of a workbench have printed in its current or last run.

     Not for the role `use`: output may contain secrets. To follow the output, repeat the request with
    `next_cursor` every few seconds until `complete`; a page without items means that there is none at
    present. A line is returned once its line break was written or the run has ended, on AWS some
    seconds later. Local mode keeps the last 8 MB of a run. On AWS CloudWatch Logs keeps it for
    `logs.workbenchRetentionDays`. If lines after the cursor are no longer kept, the page begins with
    the oldest that is.

    Args:
        wid (str):
        user_id (str | Unset):
        limit (int | Unset):  Default: 1000.
        newest (bool | Unset):  Default: False.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | Error | GatewayError | GatewayError | ListLogsResponse200
    """

    return sync_detailed(
        wid=wid,
        client=client,
        user_id=user_id,
        limit=limit,
        newest=newest,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    limit: int | Unset = 1000,
    newest: bool | Unset = False,
    cursor: str | Unset = UNSET,
) -> Response[Error | GatewayError | ListLogsResponse200]:
    """Returns what the programs of a workbench have printed in its current or last run.

     Not for the role `use`: output may contain secrets. To follow the output, repeat the request with
    `next_cursor` every few seconds until `complete`; a page without items means that there is none at
    present. A line is returned once its line break was written or the run has ended, on AWS some
    seconds later. Local mode keeps the last 8 MB of a run. On AWS CloudWatch Logs keeps it for
    `logs.workbenchRetentionDays`. If lines after the cursor are no longer kept, the page begins with
    the oldest that is.

    Args:
        wid (str):
        user_id (str | Unset):
        limit (int | Unset):  Default: 1000.
        newest (bool | Unset):  Default: False.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | Error | GatewayError | GatewayError | ListLogsResponse200]
    """

    kwargs = _get_kwargs(
        wid=wid,
        user_id=user_id,
        limit=limit,
        newest=newest,
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    limit: int | Unset = 1000,
    newest: bool | Unset = False,
    cursor: str | Unset = UNSET,
) -> Error | GatewayError | ListLogsResponse200 | None:
    """Returns what the programs of a workbench have printed in its current or last run.

     Not for the role `use`: output may contain secrets. To follow the output, repeat the request with
    `next_cursor` every few seconds until `complete`; a page without items means that there is none at
    present. A line is returned once its line break was written or the run has ended, on AWS some
    seconds later. Local mode keeps the last 8 MB of a run. On AWS CloudWatch Logs keeps it for
    `logs.workbenchRetentionDays`. If lines after the cursor are no longer kept, the page begins with
    the oldest that is.

    Args:
        wid (str):
        user_id (str | Unset):
        limit (int | Unset):  Default: 1000.
        newest (bool | Unset):  Default: False.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | Error | GatewayError | GatewayError | ListLogsResponse200
    """

    return (
        await asyncio_detailed(
            wid=wid,
            client=client,
            user_id=user_id,
            limit=limit,
            newest=newest,
            cursor=cursor,
        )
    ).parsed
