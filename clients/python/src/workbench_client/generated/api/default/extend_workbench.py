from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.extend_workbench_body import ExtendWorkbenchBody
from ...models.extend_workbench_response_200 import ExtendWorkbenchResponse200
from ...models.gateway_error import GatewayError
from ...types import UNSET, Response, Unset


def _get_kwargs(
    wid: str,
    *,
    body: ExtendWorkbenchBody,
    user_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/workbenches/{wid}/extend".format(
            wid=quote(str(wid), safe=""),
        ),
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | GatewayError | ExtendWorkbenchResponse200 | None:
    if response.status_code == 200:
        response_200 = ExtendWorkbenchResponse200.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = Error.from_dict(response.json())

        return response_409

    if response.status_code == 413:

        def _parse_response_413(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_413_type_0 = Error.from_dict(data)

                return response_413_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_413_type_1 = GatewayError.from_dict(data)

            return response_413_type_1

        response_413 = _parse_response_413(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Error.from_dict(response.json())

        return response_415

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
) -> Response[Error | GatewayError | ExtendWorkbenchResponse200]:
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
    body: ExtendWorkbenchBody,
    user_id: str | Unset = UNSET,
) -> Response[Error | GatewayError | ExtendWorkbenchResponse200]:
    """Keeps a running workbench from being stopped for idleness for some time.

     Takes a warning back. The next idle stop, and a stop by the schedule, come `minutes` from now at the
    earliest. Other planned stops stay: see `stops_at`.

    Args:
        wid (str):
        user_id (str | Unset):
        body (ExtendWorkbenchBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | Error | GatewayError | ExtendWorkbenchResponse200 | GatewayError]
    """

    kwargs = _get_kwargs(
        wid=wid,
        body=body,
        user_id=user_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    body: ExtendWorkbenchBody,
    user_id: str | Unset = UNSET,
) -> Error | GatewayError | ExtendWorkbenchResponse200 | None:
    """Keeps a running workbench from being stopped for idleness for some time.

     Takes a warning back. The next idle stop, and a stop by the schedule, come `minutes` from now at the
    earliest. Other planned stops stay: see `stops_at`.

    Args:
        wid (str):
        user_id (str | Unset):
        body (ExtendWorkbenchBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | Error | GatewayError | ExtendWorkbenchResponse200 | GatewayError
    """

    return sync_detailed(
        wid=wid,
        client=client,
        body=body,
        user_id=user_id,
    ).parsed


async def asyncio_detailed(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    body: ExtendWorkbenchBody,
    user_id: str | Unset = UNSET,
) -> Response[Error | GatewayError | ExtendWorkbenchResponse200]:
    """Keeps a running workbench from being stopped for idleness for some time.

     Takes a warning back. The next idle stop, and a stop by the schedule, come `minutes` from now at the
    earliest. Other planned stops stay: see `stops_at`.

    Args:
        wid (str):
        user_id (str | Unset):
        body (ExtendWorkbenchBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | Error | GatewayError | ExtendWorkbenchResponse200 | GatewayError]
    """

    kwargs = _get_kwargs(
        wid=wid,
        body=body,
        user_id=user_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    body: ExtendWorkbenchBody,
    user_id: str | Unset = UNSET,
) -> Error | GatewayError | ExtendWorkbenchResponse200 | None:
    """Keeps a running workbench from being stopped for idleness for some time.

     Takes a warning back. The next idle stop, and a stop by the schedule, come `minutes` from now at the
    earliest. Other planned stops stay: see `stops_at`.

    Args:
        wid (str):
        user_id (str | Unset):
        body (ExtendWorkbenchBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | Error | GatewayError | ExtendWorkbenchResponse200 | GatewayError
    """

    return (
        await asyncio_detailed(
            wid=wid,
            client=client,
            body=body,
            user_id=user_id,
        )
    ).parsed
