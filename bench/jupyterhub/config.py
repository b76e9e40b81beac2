"""JupyterHub for a measurement of its API: one administrator with a token, no proxy, no servers of users.

The rest is JupyterHub's default, the SQLite database included. Logs are limited to warnings, because by default
JupyterHub writes a line for each request and the local server writes none for a GET.

Exits when its standard input is closed, which also happens when its parent is killed.
"""

import os
import sys
import threading

from jupyterhub.proxy import Proxy

c = get_config()  # noqa: F821


class NoProxy(Proxy):
    """Requests go straight to the hub. The default proxy is a second process between client and hub."""

    should_start = False

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.routes = {}

    async def add_route(self, routespec, target, data):
        self.routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec):
        self.routes.pop(routespec, None)

    async def get_all_routes(self):
        return self.routes


def exit_with_parent():
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


threading.Thread(target=exit_with_parent, daemon=True).start()

c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = int(os.environ["BENCH_HUB_PORT"])
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.log_level = "WARN"
c.JupyterHub.services = [{"name": "bench", "api_token": os.environ["BENCH_HUB_TOKEN"]}]
c.JupyterHub.load_roles = [{"name": "bench", "services": ["bench"], "scopes": ["admin:users", "list:users"]}]
