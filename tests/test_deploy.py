"""What is deployed is well formed, hardened, and starts what the Procfile says. The image is built by `./run.sh image`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest
import yaml

from briefing import errors
from tests.support.client import free_port
from tests.support.processes import BIN, ROOT, environment, running, wait_for

DEPLOY = ROOT / "deploy"
PROCESSES = {line.partition(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()}


def passes(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def compose():
    return yaml.safe_load((DEPLOY / "compose.yml").read_text())


def manifests():
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())


def pod(found):
    """What a manifest starts, None for what starts nothing."""
    spec = found["spec"]["jobTemplate"]["spec"] if found["kind"] == "CronJob" else found.get("spec", {})
    return spec["template"]["spec"] if found["kind"] in {"Deployment", "Job", "CronJob"} else None


def test_the_dockerfile_is_linted():
    passes(BIN / "hadolint", DEPLOY / "Dockerfile")
    said = (DEPLOY / "Dockerfile").read_text()
    assert "--require-hashes" in said
    assert re.search(r"^USER 10001$", said, re.MULTILINE)
    assert not re.search(r"gcc|build-essential", said)
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", said, re.MULTILINE))
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {name.removeprefix("./") for name in copied} <= allowed


def test_the_compose_file_is_linted():
    # The schema that check-jsonschema brings; its command wants a newer click than gTTS allows.
    package = Path(find_spec("check_jsonschema").origin).parent
    schema = json.loads((package / "builtin_schemas" / "vendor" / "compose-spec.json").read_text())
    jsonschema.validate(compose(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(compose() | {"services": {"web": {"comand": "x"}}}, schema)


@pytest.mark.parametrize("name", ["web", "workers", "settings", "backup"])
def test_the_kubernetes_example_is_linted(name):
    passes(BIN / "kubernetes-validate", "--strict", DEPLOY / "kubernetes" / f"{name}.yaml")


def test_all_start_what_the_procfile_says():
    services = {name: service["command"] for name, service in compose()["services"].items() if "command" in service}
    ours = {name: command for name, command in services.items() if name != "redis"}
    assert all(command == [name] for name, command in ours.items())
    assert set(ours) == PROCESSES
    containers = [started["containers"][0] for found in manifests() if (started := pod(found))]
    assert {name for container in containers for name in container["args"]} == PROCESSES
    assert not any("command" in container for container in containers), "the image's entry reads the Procfile"
    for path in (DEPLOY / "systemd").glob("*.service"):
        (command,) = re.findall(r"^ExecStart=(.*)$", path.read_text(), re.MULTILINE)
        program, *words = command.split()
        if program.endswith("process"):
            assert words in [[name] for name in (*PROCESSES, "%i")]
        else:
            assert program == "/opt/briefcast/.venv/bin/briefcast"
            assert (
                subprocess.run([BIN / "briefcast", words[0], "--help"], check=False, capture_output=True).returncode
                == 0
            )


def test_the_units_leave_the_data_folder_closed_to_others():
    units = [path.read_text().splitlines() for path in (DEPLOY / "systemd").glob("*.service")]
    assert len(units) == 5
    assert all({"StateDirectory=briefcast", "StateDirectoryMode=0750"} <= set(lines) for lines in units)


def test_deployments_are_hardened_and_probed():
    kinds = [found for found in manifests() if found["kind"] == "Deployment"]
    assert len(kinds) == 4
    for found in kinds:
        container = pod(found)["containers"][0]
        assert pod(found)["terminationGracePeriodSeconds"] == 40
        assert pod(found)["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["resources"]["limits"]["memory"]
        assert {"startupProbe", "livenessProbe"} <= container.keys()
    web = next(found for found in kinds if found["metadata"]["name"] == "briefcast-web")
    container = web["spec"]["template"]["spec"]["containers"][0]
    # Readers come through the same Service: a database that is away must take no MP3 off the air.
    paths = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {"/livez"}
    # A pod that ends goes on answering until nobody is sent to it any more.
    assert container["lifecycle"]["preStop"] == {"exec": {"command": ["sleep", "5"]}}
    for service in compose()["services"].values():
        if service.get("image") == "briefcast":
            assert service["read_only"]
            assert service["stop_grace_period"] == "40s"


def test_a_pods_processes_fit_into_its_memory():
    (settings,) = (found["data"] for found in manifests() if found["kind"] == "ConfigMap")
    workers, bound_mb = int(settings["BRIEFCAST_WORKERS"]), int(settings["BRIEFCAST_WORKER_MEMORY_MB"])
    # Above its bound a process is replaced after the step at hand, half above it at once; and there is Celery's parent.
    at_most = workers * bound_mb * 1_024_000 * 1.5 + 250e6
    for found in manifests():
        if found["kind"] == "Deployment" and found["metadata"]["name"] in {"briefcast-worker", "briefcast-speech"}:
            limit = pod(found)["containers"][0]["resources"]["limits"]["memory"]
            assert at_most <= int(limit.removesuffix("Gi")) * 2**30


def test_every_setting_reaches_the_containers_of_the_compose_file():
    told = [service for service in compose()["services"].values() if service.get("image") == "briefcast"]
    assert len(told) == 6
    for service in told:
        assert service["env_file"] == [{"path": ".env", "required": False}]
        # What stands here counts before the file: it may be only what compose itself puts together.
        ours = {name for name in service["environment"] if name.startswith("BRIEFCAST_")}
        assert ours == {"BRIEFCAST_PUBLIC_URL", "BRIEFCAST_DATABASE_URL", "BRIEFCAST_BROKER_URL"}


def test_pods_that_keep_no_files_share_a_sealing_key():
    (settings,) = (found["data"] for found in manifests() if found["kind"] == "ConfigMap")
    (secret,) = (found["stringData"] for found in manifests() if found["kind"] == "Secret")
    assert settings["BRIEFCAST_STORAGE_URL"].startswith("s3://")
    assert "BRIEFCAST_SEALING_KEYS" in secret


def test_whatever_a_cluster_starts_is_confined_alike_and_its_secrets_travel_by_tls():
    started = [pod(found) for found in manifests() if pod(found)]
    assert len(started) == 6
    confined = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    for spec in started:
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = spec["containers"]
        assert container["securityContext"] == confined
        # What it writes has a place of its own
        assert {"/tmp", "/var/lib/briefcast"} <= {mount["mountPath"] for mount in container["volumeMounts"]}
    (secret,) = (found["stringData"] for found in manifests() if found["kind"] == "Secret")
    assert "sslmode=verify-full" in secret["BRIEFCAST_DATABASE_URL"]
    assert secret["BRIEFCAST_BROKER_URL"].startswith("rediss://")


def test_backups_are_made_every_five_minutes_where_no_systemd_is(tmp_path):
    (job,) = (found for found in manifests() if found["kind"] == "CronJob")
    assert (job["spec"]["schedule"], job["spec"]["concurrencyPolicy"]) == ("*/5 * * * *", "Forbid")
    container = pod(job)["containers"][0]
    assert pod(job)["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    # It writes below its own mount, a folder that it makes itself and closes to others.
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    (into,) = (told["value"] for told in container["env"] if told["name"] == "BACKUP_FOLDER")
    assert Path(into).parent.as_posix() in mounted
    service = compose()["services"]["backup"]
    assert service["environment"]["BACKUP_EVERY_S"] == "300"
    assert service["environment"]["BRIEFCAST_DATABASE_URL"]
    assert any(volume.endswith(":/srv/briefcast-backup") for volume in service["volumes"])
    # And the entry makes one, and then another where it is told how often
    told = {"BACKUP_FOLDER": str(tmp_path / "vault"), "BRIEFCAST_DATA": str(tmp_path / "var"), "BACKUP_KEEP": "3"}
    told["BACKUP_LET_GO"] = "yes"
    assert subprocess.run([BIN / "briefcast", "migrate"], env=environment(**told), check=False).returncode == 0
    made = tmp_path / "vault" / "database"
    done = subprocess.run([DEPLOY / "process", "backup"], env=environment(**told), check=False, timeout=180)
    assert (done.returncode, len(list(made.glob("*.json")))) == (0, 1)
    with running([DEPLOY / "process", "backup"], tmp_path / "backup.log", **told, BACKUP_EVERY_S="1"):
        wait_for(lambda: len(list(made.glob("*.json"))) > 2, "two more backups")
        first = min(made.glob("*.json"))
        wait_for(lambda: not first.exists(), "the oldest to be let go: three are kept, as it was told")


def test_the_entry_becomes_the_process(tmp_path):
    (tmp_path / "Procfile").write_text("web: A=$PORT sh -c 'echo $A $BRIEFCAST_X'\n")
    told = environment(BRIEFCAST_PROCFILE=str(tmp_path / "Procfile"), BRIEFCAST_X="x")
    command = [DEPLOY / "process", "web"]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=True)
    assert done.stdout == "8000 x\n"
    unknown = subprocess.run([DEPLOY / "process", "nothing"], env=told, capture_output=True, text=True, check=False)
    assert (unknown.returncode, "no process nothing" in unknown.stderr) == (64, True)


def test_the_entry_runs_any_command_of_ours():
    done = subprocess.run(
        [DEPLOY / "process", "briefcast", "keys", "list"], env=environment(), check=False, timeout=180
    )
    assert done.returncode == 0


def test_nginx_serves_the_folder_that_the_units_write():
    (state,) = set(re.findall(r"BRIEFCAST_DATA=(\S+)", "".join(p.read_text() for p in (DEPLOY / "systemd").iterdir())))
    said = "".join(path.read_text() for path in (DEPLOY / "nginx").glob("*.conf"))
    served = re.findall(r"^\s*(?:root|alias) (/\S+?)/?;", said, re.MULTILINE)
    assert set(served) == {f"{state}/public", f"{state}/members"}


def test_the_entry_runs_the_real_commands(tmp_path):
    port = str(free_port())
    assert subprocess.run([DEPLOY / "process", "release"], env=environment(), check=False, timeout=180).returncode == 0
    with running([DEPLOY / "process", "web"], tmp_path / "web.log", PORT=port):
        wait_for(
            lambda: subprocess.run(
                [BIN / "briefcast", "health", "api", "--port", port], env=environment(), capture_output=True, check=False
            ).returncode == 0,
            "the API",
        )  # fmt: skip


def test_redis_is_started_so_that_the_doctor_finds_nothing_wrong(tmp_path, monkeypatch):
    from types import SimpleNamespace

    from briefing.settings import WorkSettings
    from worker.doctor import broker

    port, password = free_port(), "a-password"
    # By any other first word the image's entry point has it run as root.
    name, *words = compose()["services"]["redis"]["command"]
    assert name == "redis-server"
    server = shutil.which(name)
    assert server, "redis-server is missing: apt-get install redis-server"
    given = [password if word.startswith("${REDIS_PASSWORD:?") else word for word in words]
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), *given]
    monkeypatch.setenv("BRIEFCAST_BROKER_URL", f"redis://:{password}@127.0.0.1:{port}/0")
    with running(command, tmp_path / "redis.log"):
        wait_for(lambda: "Ready to accept" in (tmp_path / "redis.log").read_text(), "Redis")
        session = SimpleNamespace(get=lambda *_: None)
        database = SimpleNamespace(reading=lambda: _given(session))
        asked = SimpleNamespace(database=database, work=WorkSettings())
        assert list(broker.look(asked, fix=False)) == []
        import redis

        with redis.Redis.from_url(WorkSettings().broker_url) as client, pytest.raises(redis.ResponseError):
            client.flushall()


def _given(value):
    from contextlib import nullcontext

    return nullcontext(value)


def complaints(*units):
    """What systemd says of units, line by line; of a template as of its instance "i"."""
    verify = shutil.which("systemd-analyze")
    assert verify, "systemd-analyze is missing: apt-get install systemd (or ./run.sh test, which does)"
    done = subprocess.run([verify, "verify", *units], capture_output=True, text=True, check=False, timeout=180)
    return [line for line in done.stderr.splitlines() if "briefcast" in line]


def test_the_units_are_hardened_and_verified(tmp_path):
    for path in (DEPLOY / "systemd").iterdir():
        said = path.read_text()
        if path.suffix == ".service":
            assert {"NoNewPrivileges=yes", "ProtectSystem=strict", "User=briefcast"} <= set(said.splitlines())
        # Nothing is installed under /opt here: the programs are ones that are there.
        (tmp_path / path.name).write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", said, flags=re.MULTILINE))
    template = tmp_path / "briefcast-worker@.service"
    for name in ("worker", "speech"):
        shutil.copy(template, tmp_path / f"briefcast-worker@{name}.service")
    units = sorted(tmp_path.glob("briefcast*"))
    assert len(units) == len(list((DEPLOY / "systemd").iterdir())) + 2
    assert complaints(*units) == []
    # And what is wrong in one would be told, in a template too
    template.write_text(template.read_text().replace("KillMode=mixed", "KillMood=mixed"))
    assert len(complaints(template)) == 1


def test_what_whoever_asked_has_to_mend_is_no_ticket_and_all_else_is():
    (rule,) = (rule for rule in alerts() if rule["alert"] == "BriefcastDead")
    (theirs,) = re.findall(r'reason!~"([^"]+)"', rule["expr"])
    of_articles = "not_found empty too_short behind_paywall too_long protected refused".split()
    mistakes = {f"article_{name}" for name in of_articles}
    mistakes |= {"page_too_large", "page_too_deep", "page_unreadable", "media_type_refused", "address_refused"}
    mistakes |= {"never_speak", "quota_exceeded", "budget_too_small", "nothing_to_digest"}
    assert {code for code in mistakes if not re.fullmatch(theirs, code)} == set()
    ours = {"worker_lost", "cms_key_refused", "feed_unreadable", "internal_error", "unknown_voice"}
    kinds = [errors.Misconfigured, errors.Unavailable, errors.Defect]
    for kind in kinds:
        ours.add(kind.code)
        kinds += kind.__subclasses__()
    ours -= {errors.PutOff.code}  # what waits has not failed
    assert {code for code in ours if re.fullmatch(theirs, code)} == set()


def alerts():
    """All rules of the example."""
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_the_alerts_are_yaml_with_all_that_an_alert_needs():
    rules = alerts()
    assert f"| {len(rules)} alerts |" in (ROOT / "docs" / "guarantees.md").read_text()
    page = (ROOT / "docs" / "on-call.md").read_text()
    for rule in rules:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert f"### {rule['alert']}" in page, "the person who is paged reads what it means"
    by_name = {rule["alert"]: rule for rule in rules}
    # What nobody answers a scrape for is no 0: it is not there
    assert by_name["BriefcastApiAway"]["expr"] == "absent(briefcast_database_up)"
    # Bulk work is meant to wait: nobody is woken for it
    assert 'queue!="bulk"' in by_name["BriefcastQueueStands"]["expr"]
    assert by_name["BriefcastBulkStands"]["labels"] == {"severity": "ticket"}
    # What is left of one day hides nothing that fails for the same reason on another
    assert by_name["BriefcastDead"]["expr"].startswith("max by (reason, day) (")
