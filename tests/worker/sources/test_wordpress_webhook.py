"""The plugin that tells Briefcast of a post's changes: by itself in PHP, and (long) in a real WordPress."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from datetime import datetime

import pytest

from tests.support.hooks import receiver, signed_well
from tests.support.processes import ROOT, wait_for
from tests.support.wordpress import wordpress

PLUGIN = ROOT / "embeds" / "wordpress" / "briefcast-webhook" / "briefcast-webhook.php"
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
TEXT = "<!-- wp:paragraph --><p>The ferry runs again from Monday.</p><!-- /wp:paragraph -->"

#: What the plugin asks of WordPress, in as few words as possible; prints what is sent and what is put off.
WORDPRESS = """
define('ABSPATH', '/'); define('BRIEFCAST_ADDRESS', 'https://audio.example/'); define('BRIEFCAST_SOURCE', 'site');
$hooks = array(); $status = getenv('STATUS') ?: 202;
function add_action($n, $f) { global $hooks; $hooks[$n][] = $f; }
function get_option($n, $d = '') { return 'briefcast_webhook_secret' === $n ? getenv('SECRET') : $d; }
function get_post_meta($id, $key, $one) {
    $kept = json_decode(getenv('META') ?: '{}', true); return $kept[$key] ?? '';
}
function update_post_meta($id, $key, $value) { echo json_encode(array('kept' => $key, 'as' => $value)), "\n"; }
function wp_verify_nonce($n, $for) { return "of$for" === $n; } function current_user_can($what, $id) { return 8 !== $id; }
function sanitize_key($t) { return strtolower($t); } function sanitize_text_field($t) { return trim($t); }
function wp_unslash($t) { return stripslashes($t); } function wp_slash($t) { return addslashes($t); }
function register_rest_field($types, $name, $field) {
    echo json_encode(array('rest' => $name, 'types' => $types, 'value' => $field['get_callback'](array('id' => 7)))), "\n";
}
function apply_filters($n, $v) { return $v; }
function wp_is_post_revision($p) { return false; } function wp_is_post_autosave($p) { return !empty($p->autosave); }
function get_permalink($p) { return "https://paper.example/?p={$p->ID}"; }
function wp_generate_uuid4() { static $n = 0; return 'uuid-' . ++$n; }
function wp_json_encode($v, $f = 0) { return json_encode($v, $f); }
function untrailingslashit($t) { return rtrim($t, '/'); } function esc_url_raw($t) { return $t; }
function is_wp_error($a) { return null === $a; } function wp_remote_retrieve_response_code($a) { return $a; }
function wp_remote_post($address, $sent) {
    global $status; echo json_encode(array('post' => $address) + $sent), "\n"; return $sent['blocking'] ? $status : 0;
}
function wp_schedule_single_event($at, $hook, $arguments) {
    echo json_encode(array('again' => $at - time(), 'hook' => $hook, 'arguments' => $arguments)), "\n";
}
function happens($hook, ...$arguments) { global $hooks; foreach ($hooks[$hook] ?? array() as $f) $f(...$arguments); }
function post($id, $status = 'publish', $more = array()) {
    return (object) ($more + array('ID' => $id, 'post_status' => $status, 'post_type' => 'post'));
}
"""

PUBLISHED = "happens('transition_post_status', 'publish', 'draft', post(7));"
UPDATED = "happens('post_updated', 7, post(7), post(7));"


def played(script, **environment):
    """Run a script of WordPress's life with the plugin; return what it sent and what it put off."""
    code = f"{WORDPRESS} require $argv[1]; {script} happens('shutdown');"
    done = subprocess.run(
        ["php", "-d", "error_reporting=-1", "-d", "display_errors=stderr", "-r", code, PLUGIN],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "SECRET": SECRET} | environment,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return [one for one in told if "again" not in one], [one for one in told if "again" in one]


def said(sent):
    return [json.loads(one["body"]) for one in sent]


def test_every_plugin_is_php_without_faults():
    for path in (ROOT / "embeds" / "wordpress").glob("*/*.php"):
        done = subprocess.run(["php", "-l", path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_a_message_says_which_post_and_is_signed_over_its_id_time_and_body():
    sent, again = played("happens('transition_post_status', 'publish', 'draft', post(7));")
    (message,) = sent
    assert message["post"] == "https://audio.example/v1/hooks/site"
    body, moment = message["body"], int(message["headers"]["webhook-timestamp"])
    data = {"id": "7", "address": "https://paper.example/?p=7", "updated_at": json.loads(body)["data"]["updated_at"]}
    assert body == json.dumps({"type": "article.published", "data": data}, separators=(",", ":"))
    # Then it says when that was so, as it is stamped anew whenever it is sent again
    assert 0 <= moment - datetime.fromisoformat(data["updated_at"]).timestamp() <= 60
    assert signed_well(SECRET, message["headers"], body.encode())
    assert not signed_well(SECRET, message["headers"], body.replace("7", "8").encode())
    # Then nothing waits for the answer, and the same message goes once more by itself
    assert (message["blocking"], message["redirection"]) == (False, 0)
    assert [(one["again"], one["hook"]) for one in again] == [(60, "briefcast_webhook_again")]
    assert again[0]["arguments"] == [message["headers"]["webhook-id"], body, 0]


@pytest.mark.parametrize(
    ("script", "types"),
    [
        ("happens('transition_post_status', 'draft', 'publish', post(7, 'draft'));", ["article.unpublished"]),
        ("happens('transition_post_status', 'trash', 'publish', post(7, 'trash'));", ["article.unpublished"]),
        ("happens('transition_post_status', 'private', 'publish', post(7, 'private'));", ["article.unpublished"]),
        ("happens('transition_post_status', 'future', 'draft', post(7, 'future'));", ["article.updated"]),
        ("happens('transition_post_status', 'publish', 'future', post(7));", ["article.published"]),
        ("happens('post_updated', 7, post(7), post(7));", ["article.updated"]),
        # One save is one message, whatever of it WordPress tells
        (
            "happens('transition_post_status', 'publish', 'publish', post(7));" + 2 * UPDATED,
            ["article.updated"],
        ),
        (
            f"{PUBLISHED} happens('post_updated', 7, post(7), post(7, 'draft'));",
            ["article.published"],
        ),
        ("happens('before_delete_post', 7, post(7, 'trash')); happens('post_updated', 7, post(7), post(7));", ["article.deleted"]),
        ("happens('transition_post_status', 'draft', 'auto-draft', post(7, 'draft'));", []),
        ("happens('before_delete_post', 7, post(7, 'auto-draft'));", []),
        ("happens('transition_post_status', 'publish', 'draft', post(7, 'publish', array('post_type' => 'page')));", []),
        ("happens('transition_post_status', 'publish', 'draft', post(7, 'publish', array('autosave' => 1)));", []),
    ],
)  # fmt: skip
def test_what_becomes_of_a_post_is_told_once(script, types):
    sent, _ = played(script)
    assert [message["type"] for message in said(sent)] == types


def test_two_posts_of_one_request_are_two_messages():
    sent, _ = played("happens('post_updated', 7, post(7), post(7)); happens('post_updated', 8, post(8), post(8));")
    assert [message["data"]["id"] for message in said(sent)] == ["7", "8"]
    assert len({message["headers"]["webhook-id"] for message in sent}) == 2


NOTE = "The board’s name was wrong."


@pytest.mark.parametrize(
    ("kept", "correction"),
    [
        ({"_briefcast_correction": "1", "_briefcast_correction_note": f" {NOTE} "}, {"note": NOTE}),
        ({"_briefcast_correction": "1"}, {}),
        ({"_briefcast_correction": "", "_briefcast_correction_note": NOTE}, None),
        ({}, None),
    ],
)
def test_what_the_box_says_is_told_by_message_and_interface(kept, correction):
    meta = json.dumps(kept)
    (message,) = said(played(UPDATED, META=meta)[0])
    assert message["data"].get("correction") == correction
    (field,) = played("happens('rest_api_init');", META=meta)[0]
    assert field == {"rest": "briefcast_correction", "types": ["post"], "value": correction}
    # Then what is taken back tells of none
    (message,) = said(played("happens('before_delete_post', 7, post(7));", META=meta)[0])
    assert "correction" not in message["data"]


def boxed(note, post=7, nonce="ofbriefcast_correction_7"):
    """What is kept when the box of post 7 is sent."""
    sent = {"briefcast_correction_nonce": nonce, "briefcast_correction": "1", "briefcast_correction_note": note}
    fields = json.dumps(sent).replace("\\", "\\\\").replace("'", "\\'")
    code = f"$_POST = array_map('addslashes', json_decode('{fields}', true)); briefcast_webhook_save({post});"
    return {one["kept"]: one["as"] for one in played(code)[0]}


def test_the_box_is_kept_from_whoever_may_edit_the_post_alone():
    note = "It's \\ “wrong”"
    kept = {"_briefcast_correction": "1", "_briefcast_correction_note": "It\\'s \\\\ “wrong”"}
    assert boxed(note) == kept
    assert boxed(note, nonce="of another") == {}
    assert boxed(note, post=8, nonce="ofbriefcast_correction_8") == {}
    assert boxed("є" * 501)["_briefcast_correction_note"] == "є" * 500, "whole characters, as many as are taken"


def test_what_did_not_arrive_is_sent_again_later_and_later_under_its_id():
    again = "happens('briefcast_webhook_again', 'msg_1', '{}', %d);"
    sent, put_off = played(again % 0, STATUS="503")
    assert (sent[0]["blocking"], sent[0]["headers"]["webhook-id"]) == (True, "msg_1")
    assert (put_off[0]["again"], put_off[0]["arguments"]) == (300, ["msg_1", "{}", 1])
    assert played(again % 0)[1] == []
    # Then after the fourth it is for polling to find
    assert played(again % 3, STATUS="503")[1] == []


@pytest.mark.parametrize("secret", ["", "not a secret", "whsec_", "whsec_%%%"])
def test_without_a_secret_nothing_is_sent(secret):
    assert played("happens('post_updated', 7, post(7), post(7));", SECRET=secret)[0] == []


@pytest.mark.long
def test_a_real_wordpress_tells_of_every_change_and_again_of_what_did_not_arrive(tmp_path):
    with receiver() as desk, wordpress(tmp_path, desk.address, SECRET) as site:

        def told(kind, number):
            wait_for(lambda: (kind, number) in desk.said(), f"{kind} of {number} among {desk.said()}")

        # When an editor publishes, edits, sets a password, unpublishes, publishes, trashes, deletes
        number = site.publish("Ferry", TEXT)
        told("article.published", number)
        site.edit(number, content=TEXT.replace("Monday", "Tuesday"))
        told("article.updated", number)
        desk.received.clear()
        site.edit(number, password="secret")
        told("article.updated", number)
        site.edit(number, password="", status="draft")
        told("article.unpublished", number)
        desk.received.clear()
        site.edit(number, status="publish")
        told("article.published", number)
        site.trash(number)
        told("article.unpublished", number)
        site.delete(number)
        told("article.deleted", number)
        # Then each save was one message, well signed, for the source
        assert desk.said() == [
            ("article.published", number),
            ("article.unpublished", number),
            ("article.deleted", number),
        ]
        assert {path for path, _, _ in desk.received} == {"/v1/hooks/paper"}
        assert all(signed_well(SECRET, headers, body) for _, headers, body in desk.received)
        # When Briefcast is away at a save / Then wp-cron sends that message again, under its ID, until it arrives
        desk.received.clear()
        desk.status = 503
        other = site.publish("Crane", TEXT)
        told("article.published", other)
        site.cron(61)
        site.cron(61)
        sent = [headers["webhook-id"] for _, headers, body in desk.received if json.loads(body)["data"]["id"] == other]
        first = sent[0]
        assert sent == [first, first]
        desk.status = 202
        desk.received.clear()
        site.cron(400)
        assert first in {headers["webhook-id"] for _, headers, _ in desk.received}
        assert all(signed_well(SECRET, headers, body) for _, headers, body in desk.received)
        desk.received.clear()
        site.cron(100_000)
        assert desk.received == []


@pytest.mark.long
def test_a_real_wordpress_publishes_as_fast_while_briefcast_does_not_answer(tmp_path):
    # Given a Briefcast at an address where nobody listens
    with wordpress(tmp_path, "http://127.0.0.1:9", SECRET) as site:
        began = time.monotonic()
        site.publish("Ferry", TEXT)
        assert time.monotonic() - began < 2
