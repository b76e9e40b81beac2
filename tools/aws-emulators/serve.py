"""Runs one AWS emulator on 127.0.0.1: `serve.py moto|patched-moto|ministack PORT`.

Exits when its standard input is closed, which also happens when its parent is killed. A killed test run therefore
leaves no emulator behind.
"""

import logging
import os
import shutil
import sys
import tempfile
import threading
from typing import Any


def exit_with_parent(folder: str) -> None:
    def wait() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def serve_moto(port: int, application: Any) -> None:
    from moto.server import MotoRequestHandler
    from werkzeug.serving import run_simple

    # Request logs add nothing to the report of a failed test.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    run_simple("127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler)


def moto(port: int) -> None:
    from moto.server import DomainDispatcherApplication, create_backend_app

    serve_moto(port, DomainDispatcherApplication(create_backend_app))


def patched_moto(port: int) -> None:
    import patched_moto

    serve_moto(port, patched_moto.application())


def ministack(port: int) -> None:
    # Prevents ministack from starting containers.
    os.environ["DOCKER_HOST"] = "unix:///nonexistent"
    os.environ.update(GATEWAY_PORT=str(port), BIND_HOST="127.0.0.1", LOG_LEVEL="ERROR")
    from ministack.app import main

    sys.argv[1:] = []
    main()


if __name__ == "__main__":
    # Writes no __pycache__ next to this file.
    sys.dont_write_bytecode = True
    emulator, port = sys.argv[1], int(sys.argv[2])
    # The files of the emulator are here and are deleted with it.
    tempfile.tempdir = tempfile.mkdtemp(prefix="workbench-emulator-")
    os.environ["TMPDIR"] = tempfile.tempdir
    exit_with_parent(tempfile.tempdir)
    {"moto": moto, "patched-moto": patched_moto, "ministack": ministack}[emulator](port)
