"""A real WordPress for tests: Debian's package on a MariaDB of its own, served by PHP's own server, our plugin active.

Posts are written through its REST interface, as the block editor writes them. Everything lies in one short-lived folder
and runs as processes of this test's own, ended by their IDs.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.client import free_port
from tests.support.processes import ROOT, end, wait_for

_PACKAGE = Path("/usr/share/wordpress")
_PHP = Path(__file__).parent / "php"
_PLUGIN = ROOT / "embeds" / "wordpress" / "briefcast-webhook"
_INSTALL = (
    "WordPress is missing: apt-get install wordpress php-cli php-mysql mariadb-server (or ./run.sh soak, which does)"
)

#: MariaDB will not run as root; the first of these that there is.
_ACCOUNTS = ("mysql", "nobody")

_CONFIG = """<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:{socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'WP_HOME', '{address}' );
define( 'WP_SITEURL', '{address}' );
define( 'WP_ENVIRONMENT_TYPE', 'local' ); // application passwords without TLS
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1' );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'DISABLE_WP_CRON', true );
define( 'BRIEFCAST_ADDRESS', '{briefcast}' );
define( 'BRIEFCAST_SOURCE', 'paper' );
define( 'BRIEFCAST_WEBHOOK_SECRET', '{secret}' );
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) define( 'ABSPATH', __DIR__ . '/' );
require_once ABSPATH . 'wp-settings.php';
"""


class WordPress:
    """A running site. `address` is without a slash at its end, `host` with its port."""

    def __init__(self, folder):
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.address = f"http://{self.host}"
        self.folder = Path(tempfile.mkdtemp(prefix="bc-wp-", dir="/tmp"))
        self.log = folder / "wordpress.log"
        self._account = _account()
        self._running = []
        self.client = httpx.Client(base_url=self.address, timeout=60, trust_env=False)

    def start(self, briefcast="", secret=""):
        """Make the database, install the site and serve it; its plugin tells the Briefcast at `briefcast`."""
        assert _PACKAGE.is_dir(), _INSTALL
        assert shutil.which("php"), _INSTALL
        assert shutil.which("mariadb-install-db"), _INSTALL
        data, socket, site = self.folder / "db", self.folder / "db.sock", self.folder / "site"
        shutil.copytree(_PACKAGE, site, ignore_dangling_symlinks=True)
        for name in ("router.php", "install.php"):
            shutil.copy(_PHP / name, site)
        shutil.copytree(_PLUGIN, site / "wp-content" / "plugins" / _PLUGIN.name)
        theme = site / "wp-content" / "themes" / "bare"
        theme.mkdir()
        (theme / "style.css").write_text("/*\nTheme Name: Bare\n*/")
        (theme / "index.php").write_text("<html><head><?php wp_head(); ?></head><body>The Ledger</body></html>")
        (site / "wp-config.php").write_text(
            _CONFIG.format(socket=socket, address=self.address, briefcast=briefcast, secret=secret)
        )
        if self._account:
            shutil.chown(self.folder, self._account["user"], self._account["group"])
        made = self._popen(
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )
        assert made.wait(120) == 0, self.log.read_text()
        self._running.append(
            self._popen(
                "mariadbd",
                "--no-defaults",
                f"--datadir={data}",
                f"--socket={socket}",
                f"--pid-file={self.folder / 'db.pid'}",
                "--skip-networking",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=32M",
            )
        )
        wait_for(lambda: self._sql("CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4"), "MariaDB")
        done = subprocess.run(
            ["php", site / "install.php", self.host], capture_output=True, text=True, timeout=120, check=False
        )
        assert "password:" in done.stdout, done.stdout + done.stderr
        self.password = done.stdout.rsplit("password:", 1)[1].strip()
        self.client.auth = ("editor", self.password)
        self._running.append(
            self._popen("php", "-S", self.host, "-t", str(site), str(site / "router.php"), PHP_CLI_SERVER_WORKERS="3")
        )
        wait_for(self._answers, "WordPress")

    def _answers(self):
        try:
            return self.client.get("/wp-json/").status_code == 200
        except httpx.HTTPError:
            return False

    def _sql(self, statement):
        done = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.folder / 'db.sock'}", "--user=root", "-e", statement],
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def api(self, method, path, **fields):
        """Ask the REST interface as the editor; return the answer's JSON."""
        answer = self.client.request(method, f"/wp-json/wp/v2/{path}", json=fields or None)
        assert answer.is_success, answer.text
        return answer.json()

    def publish(self, title, html, **fields):
        """Publish a post; return its ID."""
        return str(self.api("POST", "posts", title=title, content=html, **{"status": "publish"} | fields)["id"])

    def tag(self, post, name):
        """Give a post a tag of that name."""
        self.edit(post, tags=[self.api("POST", "tags", name=name)["id"]])

    def edit(self, post, **fields):
        """Change a post."""
        return self.api("POST", f"posts/{post}", **fields)

    def trash(self, post):
        """Move a post to the trash."""
        self.api("DELETE", f"posts/{post}")

    def delete(self, post):
        """Delete a post for ever."""
        self.api("DELETE", f"posts/{post}?force=true")

    def option(self, name, value):
        """Set an option of the site, such as how its addresses look."""
        assert self._sql(f"UPDATE wordpress.wp_options SET option_value='{value}' WHERE option_name='{name}'")

    def cron(self, after_s=0):
        """Do what wp-cron has to do by `after_s` from now."""
        code = (
            "define('DOING_CRON', true); $_SERVER['HTTP_HOST'] = $argv[1]; require $argv[2];"
            "foreach (_get_cron_array() as $at => $hooks) foreach ($hooks as $hook => $events) foreach ($events as $event)"
            " if ($at <= time() + (int) $argv[3] && 'briefcast_webhook_again' === $hook) {"
            " wp_unschedule_event($at, $hook, $event['args']); do_action_ref_array($hook, $event['args']); }"
        )
        done = subprocess.run(
            ["php", "-r", code, self.host, self.folder / "site" / "wp-load.php", str(after_s)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def end(self):
        """End what runs and remove the site."""
        self.client.close()
        for process in reversed(self._running):
            end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _popen(self, *command, **extra):
        with self.log.open("ab") as out:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                # The tests' own folder for temporary files is not another account's to write in.
                env=os.environ | {"TMPDIR": str(self.folder)} | extra,
                start_new_session=True,
                **(self._account or {}),
            )


@contextmanager
def wordpress(folder, briefcast="", secret=""):
    """Run a WordPress of our own, its log in `folder`; its plugin tells the Briefcast at `briefcast`, signing by
    `secret`.
    """
    site = WordPress(folder)
    try:
        site.start(briefcast, secret)
        yield site
    finally:
        site.end()


def _account():
    """Whom to run as: none where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise AssertionError(f"MariaDB refuses root, and there is none of the accounts {_ACCOUNTS}: {_INSTALL}")
