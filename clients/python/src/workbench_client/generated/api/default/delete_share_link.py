from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.delete_share_link_response_200 import DeleteShareLinkResponse200
from ...models.error import Error
from ...models.gateway_error import GatewayError
from ...types import UNSET, Response, Unset


def _get_kwargs(
    wid: str,
    link_id: str,
    *,
    shares: bool | Unset = False,
    user_id: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["shares"] = shares

    params["user_id"] = user_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/workbenches/{wid}/share-links/{link_id}".format(
            wid=quote(str(wid), safe=""),
            link_id=quote(str(link_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DeleteShareLinkResponse200 | Error | GatewayError | None:
    if response.status_code == 200:
        response_200 = DeleteShareLinkResponse200.from_dict(response.json())

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
) -> Response[DeleteShareLinkResponse200 | Error | GatewayError]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    wid: str,
    link_id: str,
    *,
    client: AuthenticatedClient | Client,
    shares: bool | Unset = False,
    user_id: str | Unset = UNSET,
) -> Response[DeleteShareLinkResponse200 | Error | GatewayError]:
    """Revokes a link. Has no effect if there is none.

     For the owner and administrators. The shares that it gave stay, unless `shares` is `true`: also
    after the link itself is gone. The body is ignored.

    Args:
        wid (str):
        link_id (str):
        shares (bool | Unset):  Default: False.
        user_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeleteShareLinkResponse200 | Error | Error | GatewayError | GatewayError]
    """

    kwargs = _get_kwargs(
        wid=wid,
        link_id=link_id,
        shares=shares,
        user_id=user_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    wid: str,
    link_id: str,
    *,
    client: AuthenticatedClient | Client,
    shares: bool | Unset = False,
    user_id: str | Unset = UNSET,
) -> DeleteShareLinkResponse200 | Error | GatewayError | None:
    """Revokes a link. Has no effect if there is none.

     For the owner and administrators. The shares that it gave stay, unless `shares` is `true`: also
    after the link itself is gone. The body is ignored.

    Args:
        wid (str):
        link_id (str):
        shares (bool | Unset):  Default: False.
        user_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeleteShareLinkResponse200 | Error | Error | GatewayError | GatewayError
    """

    return sync_detailed(
        wid=wid,
        link_id=link_id,
        client=client,
        shares=shares,
        user_id=user_id,
    ).parsed


async def asyncio_detailed(
    wid: str,
    link_id: str,
    *,
    client: AuthenticatedClient | Client,
    shares: bool | Unset = False,
    user_id: str | Unset = UNSET,
) -> Response[DeleteShareLinkResponse200 | Error | GatewayError]:
    """Revokes a link. Has no effect if there is none.

     For the owner and administrators. The shares that it gave stay, unless `shares` is `true`: also
    after the link itself is gone. The body is ignored.

    Args:
        wid (str):
        link_id (str):
        shares (bool | Unset):  Default: False.
        user_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeleteShareLinkResponse200 | Error | Error | GatewayError | GatewayError]
    """

    kwargs = _get_kwargs(
        wid=wid,
        link_id=link_id,
        shares=shares,
        user_id=user_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    wid: str,
    link_id: str,
    *,
    client: AuthenticatedClient | Client,
    shares: bool | Unset = False,
    user_id: str | Unset = UNSET,
) -> DeleteShareLinkResponse200 | Error | GatewayError | None:
    """Revokes a link. Has no effect if there is none.

     For the owner and administrators. The shares that it gave stay, unless `shares` is `true`: also
    after the link itself is gone. The body is ignored.

    Args:
        wid (str):
        link_id (str):
        shares (bool | Unset):  Default: False.
        user_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeleteShareLinkResponse200 | Error | Error | GatewayError | GatewayError
    """

    return (
        await asyncio_detailed(
            wid=wid,
            link_id=link_id,
            client=client,
            shares=shares,
            user_id=user_id,
        )
    ).parsed
