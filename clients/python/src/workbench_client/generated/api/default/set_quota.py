from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.gateway_error import GatewayError
from ...models.set_quota_body import SetQuotaBody
from ...models.set_quota_response_200 import SetQuotaResponse200
from ...types import UNSET, Response, Unset


def _get_kwargs(
    scope: str,
    *,
    body: SetQuotaBody | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/quotas/{scope}".format(
            scope=quote(str(scope), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | GatewayError | SetQuotaResponse200 | None:
    if response.status_code == 200:
        response_200 = SetQuotaResponse200.from_dict(response.json())

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
) -> Response[Error | GatewayError | SetQuotaResponse200]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    scope: str,
    *,
    client: AuthenticatedClient | Client,
    body: SetQuotaBody | Unset = UNSET,
) -> Response[Error | GatewayError | SetQuotaResponse200]:
    """Replaces the limits that a scope sets.

     For operators; requires the admin scope. Each limit is one of a user, also those of the installation
    and of a group. `null` means no limit; without a field, the next scope decides; an empty object
    removes all limits of the scope. The limits apply to requests that begin afterwards. Workbenches
    beyond a lowered limit keep running, and nothing is added to them.

    Args:
        scope (str):
        body (SetQuotaBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | Error | GatewayError | GatewayError | SetQuotaResponse200]
    """

    kwargs = _get_kwargs(
        scope=scope,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    scope: str,
    *,
    client: AuthenticatedClient | Client,
    body: SetQuotaBody | Unset = UNSET,
) -> Error | GatewayError | SetQuotaResponse200 | None:
    """Replaces the limits that a scope sets.

     For operators; requires the admin scope. Each limit is one of a user, also those of the installation
    and of a group. `null` means no limit; without a field, the next scope decides; an empty object
    removes all limits of the scope. The limits apply to requests that begin afterwards. Workbenches
    beyond a lowered limit keep running, and nothing is added to them.

    Args:
        scope (str):
        body (SetQuotaBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | Error | GatewayError | GatewayError | SetQuotaResponse200
    """

    return sync_detailed(
        scope=scope,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    scope: str,
    *,
    client: AuthenticatedClient | Client,
    body: SetQuotaBody | Unset = UNSET,
) -> Response[Error | GatewayError | SetQuotaResponse200]:
    """Replaces the limits that a scope sets.

     For operators; requires the admin scope. Each limit is one of a user, also those of the installation
    and of a group. `null` means no limit; without a field, the next scope decides; an empty object
    removes all limits of the scope. The limits apply to requests that begin afterwards. Workbenches
    beyond a lowered limit keep running, and nothing is added to them.

    Args:
        scope (str):
        body (SetQuotaBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | Error | GatewayError | GatewayError | SetQuotaResponse200]
    """

    kwargs = _get_kwargs(
        scope=scope,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    scope: str,
    *,
    client: AuthenticatedClient | Client,
    body: SetQuotaBody | Unset = UNSET,
) -> Error | GatewayError | SetQuotaResponse200 | None:
    """Replaces the limits that a scope sets.

     For operators; requires the admin scope. Each limit is one of a user, also those of the installation
    and of a group. `null` means no limit; without a field, the next scope decides; an empty object
    removes all limits of the scope. The limits apply to requests that begin afterwards. Workbenches
    beyond a lowered limit keep running, and nothing is added to them.

    Args:
        scope (str):
        body (SetQuotaBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | Error | GatewayError | GatewayError | SetQuotaResponse200
    """

    return (
        await asyncio_detailed(
            scope=scope,
            client=client,
            body=body,
        )
    ).parsed
