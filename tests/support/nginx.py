"""A real nginx over a public folder, by the configurations in deploy/nginx, on a free port of this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import contextmanager

from tests.support.client import free_port
from tests.support.processes import ROOT, running, wait_for

EXAMPLES = ROOT / "deploy" / "nginx"

#: What surrounds a configuration of ours, as Debian's nginx.conf does; in the foreground, with no file elsewhere.
_AROUND = """
daemon off;
master_process {master};
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/{name};
}}
"""


def program():
    """Where nginx is."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert found, "nginx is missing: apt-get install nginx-light (or ./run.sh test, which does)"
    return found


def configured(
    folder, name, public, *, port, api=8000, address="127.0.0.1", workers=1, through_api=False, examples=EXAMPLES
):
    """Write a configuration of deploy/nginx (or of a changed copy) below `folder`, made to serve the folder `public` on `port` and to hand on
    to the API on port `api`; return the whole one's path. `through_api`: MP3s are asked of the API, which has
    nginx send them (X-Accel-Redirect).
    """
    folder.mkdir(parents=True, exist_ok=True)
    for example in examples.glob("*.conf"):
        said = (
            example.read_text().replace("/etc/nginx/", f"{folder}/").replace("/var/lib/briefcast/public", str(public))
        )
        said = said.replace("/var/lib/briefcast/members", str(public.parent / "members"))
        said = said.replace("/var/log/nginx/", f"{folder}/")
        said = said.replace("listen 80;", f"listen {address}:{port};").replace("127.0.0.1:8000", f"127.0.0.1:{api}")
        (folder / example.name).write_text(said.replace('"^/audio/[', '"^/never/[') if through_api else said)
    whole = folder / "nginx.conf"
    around = _AROUND.format(folder=folder, name=name, workers=workers, master="on" if workers > 1 else "off")
    whole.write_text(around)
    return whole


def checked(path):
    """What nginx says of a configuration, as (exit status, text)."""
    done = subprocess.run(
        [program(), "-t", "-p", path.parent, "-c", path], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stderr


@contextmanager
def nginx(folder, public, name="files-only.conf", *, port=None, api=8000, workers=1, **how):
    """Run nginx over the folder `public` (by default without the API); yield its address."""
    port = port or free_port()
    path = configured(folder, name, public.resolve(), port=port, api=api, workers=workers, **how)
    with running([program(), "-p", str(folder), "-c", str(path)], folder / "nginx.log"):
        wait_for(lambda: _listens(port), f"nginx; see {folder}/nginx.log")
        yield f"http://127.0.0.1:{port}"


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def cache(folder, api, port, secret="a-secret"):
    """Run nginx as a cache (deploy/nginx/cache.conf) on `port`, before the API on port `api`; yield its address."""
    folder.mkdir(parents=True, exist_ok=True)
    said = (EXAMPLES / "cache.conf").read_text().replace("/var/cache/nginx/briefcast", f"{folder}/cache")
    said = said.replace("/var/log/nginx/", f"{folder}/")
    said = said.replace("listen 8080;", f"listen 127.0.0.1:{port};").replace("127.0.0.1:8000", f"127.0.0.1:{api}")
    (folder / "cache.conf").write_text(said.replace('"SECRET"', f'"{secret}"'))
    path = folder / "nginx.conf"
    path.write_text(_AROUND.format(folder=folder, name="cache.conf", workers=1, master="off"))
    with running([program(), "-p", str(folder), "-c", str(path)], folder / "nginx.log"):
        wait_for(lambda: _listens(port), f"nginx; see {folder}/nginx.log")
        yield f"http://127.0.0.1:{port}"
