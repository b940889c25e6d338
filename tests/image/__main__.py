"""`./run.sh image`: build the image, start its processes as the compose file does, and have it narrate an article.

Real are the Dockerfile, its entry, PostgreSQL and Redis; the first is built upon Debian's own Python (`building`), and
containers are folders here, without a network or limits of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.image.building import Buildah, build, make_base
from tests.image.containers import Container
from tests.support.client import free_port
from tests.support.postgres import postgres
from tests.support.processes import ROOT, redis, wait_for
from tests.support.product import Product

_KEPT = ROOT / "var" / "image"

_PROCESSES = ("web", "dispatcher", "worker", "speech")

#: Seconds: a start loads a model, and a busy machine takes its time.
_PATIENT_S = 300.0


def _say(what):
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")


def _configured(image, buildah):
    """Check what the image says of itself."""
    told = json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]
    assert told["User"] == "10001", told["User"]
    assert told["Entrypoint"] == ["/opt/briefcast/deploy/process"]
    assert told["Volumes"] == {"/var/lib/briefcast": {}}
    assert not any("SECRET" in name or "PASSWORD" in name for name in told["Env"])


def _hardened(container):
    """Check what is in it: nothing that installs or compiles, nothing of this machine's pip, a data folder of its own."""
    for program in ("pip", "gcc", "cc", "make"):
        assert container.run("sh", "-c", f"command -v {program} || echo none") == "none", program
    assert container.run("sh", "-c", "cat /etc/pip.conf 2>/dev/null || true") == ""
    assert container.run("id", "-u") == "10001"
    assert container.run("sh", "-c", "ls -A /var/lib/briefcast; stat -c '%u %a' /var/lib/briefcast") == "10001 750"
    assert container.run("pg_dump", "--version").startswith("pg_dump (PostgreSQL) 15.")


def _narrate(container, port):
    """Have the sample newsroom's first article made; return it when it is live."""
    container.run("briefcast", "apply", "/srv/newsroom/briefcast.toml")
    key = container.run("briefcast", "keys", "create", "--name", "image", "--scope", "admin")
    product = Product(port, key)
    wait_for(product.answers, "/readyz", _PATIENT_S)
    _say(f"/readyz: {product.client.get('/readyz').json()}")
    done = product.finished(product.ask("reactor-inspection"), _PATIENT_S)
    assert done["state"] == "live", done
    audio = product.client.get(done["live"]["url"]).raise_for_status().content
    assert len(audio) > 100_000, "a minute of Piper's speech"
    product.client.close()
    return done


def main(folder):
    """Do all of it in a folder of its own."""
    # Of this process too: the test's own product asks for it.
    os.environ["BRIEFCAST_DATA"] = str(folder / "data")
    _KEPT.mkdir(parents=True, exist_ok=True)
    buildah = Buildah(folder / "buildah")
    _say("the base, of Debian's packages")
    make_base(buildah, _KEPT)
    _say("deploy/Dockerfile")
    image = build(buildah, folder)
    _configured(image, buildah)
    _say("a container of it")
    container = Container(buildah, image, folder)
    _hardened(container)
    with ExitStack() as stack:
        database = stack.enter_context(postgres(folder / "postgres")).new_database(migrated=False)
        port = free_port()
        container.environment = {
            "BRIEFCAST_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "BRIEFCAST_DATABASE_URL": database,
            "BRIEFCAST_BROKER_URL": stack.enter_context(redis(folder / "redis")),
            "BRIEFCAST_WORKERS": "1",
        }
        container.put(ROOT / "samples", "/srv/newsroom")
        container.run("/opt/briefcast/deploy/process", "release")
        processes = [stack.enter_context(container.process(name, port)) for name in _PROCESSES]
        done = _narrate(container, port)
        for asked in ("api", "dispatcher", "worker"):
            container.run("briefcast", "health", asked, *(["--port", str(port)] if asked == "api" else []))
        _say(f"live: {done['live']['url']}; all say that they are well")
        for process in reversed(processes):
            _say(f"{process.name} ended by SIGTERM in {process.stop():.0f} s")
        written = container.written()
        assert written == [], f"a read-only container could not write {written}"
    _say("all well: nothing was written outside of the volume and /tmp")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bc-image-") as made:
        try:
            main(Path(made))
        finally:
            shutil.rmtree(Path(made) / "buildah", ignore_errors=True)
